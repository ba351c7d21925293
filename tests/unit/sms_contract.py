"""In what SMS gateways differ where the tests of all of them would have it otherwise, and how those tests name them."""

import pytest

from tests.fakes.gateways import aws_endpoint
from tests.fakes.server import Fakes
from tests.unit.gateways import Sms, sms_kinds

KINDS = sms_kinds()

# What one of them does not do, or cannot say.
RATES = {
    "aspsms": 5.0,
    "aws_sms": 1.0,
    "clickatell": 10.0,
    "clickatell_http": 10.0,
    "orange": 5.0,
    "orange_contact": 5.0,
    "orange_contact_light": 5.0,
}
POLLED = ["aspsms", "clickatell", "clickatell_http"]
NOT_PROBED = ["orange_contact_light"]
TELLS_NO_CREDIT = ["aws_sms", "orange_contact"]
OWES_NOTHING = ["orange"]  # units are bought before they are used
TELLS_NO_TIME = ["clickatell_http"]
TELLS_NO_ADDRESS = ["vonage_messages", "vonage_sms"]  # a balance that is not there says nothing of the account
REPORTS_NOTHING = ["orange_contact", "orange_contact_light"]
NAMED_BY_US = ["aspsms", "clickatell_http"]  # the message can be found there when the answer was lost
TAKES_NO_REFERENCE = ["orange"]
TAKES_NO_SENDER = ["orange_contact_light"]
CHECKS_NO_NUMBER = ["orange_contact_light"]
IDS_OF_ANY_FORM = ["orange_contact_light"]  # half an id is one, too: the status has said that the message was taken
IN_UNICODE = ["clickatell_http"]  # whatever is not ASCII, as long as nothing is said of the encoding
WITH_AWS = ["aws_sms"]  # over botocore, in the functions' own name: credentials and hostile answers are in its own file

OVER_HTTP = [kind for kind in KINDS if kind not in WITH_AWS]
PROBED = [kind for kind in KINDS if kind not in NOT_PROBED]
OVER_HTTP_PROBED = [kind for kind in PROBED if kind not in WITH_AWS]
REPORTING = [kind for kind in KINDS if kind not in REPORTS_NOTHING]


def of(kinds: list[str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("sms", kinds, indirect=True)


def nowhere(sms: Sms, fakes: Fakes, monkeypatch: pytest.MonkeyPatch, where: str = "http://127.0.0.1:1") -> Sms:
    for name in aws_endpoint(fakes):
        monkeypatch.setenv(name, where)
    return sms.moved(fakes, where)
