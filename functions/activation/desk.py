"""A person stands before the operator: a fresh link as a QR code to point the phone at, or, for a client that reads
nothing else, the configuration itself."""

from typing import Annotated, NamedTuple

import msgspec

from functions.accounts import history
from functions.accounts.configuration import effective
from functions.accounts.people import visible
from functions.activation import claim, deliver, issue, links
from functions.activation.issue import Slot
from functions.activation.models import Link
from functions.common.caller import Caller
from functions.common.errors import Conflict
from functions.common.requests import RequestMark
from functions.provisioning.clients import Delivery, client


class AtDesk(Slot, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to show. Some clients read their configuration from the code itself, password and all: whoever photographs
    the screen has the account. That must be asked for."""

    password_in_code: Annotated[
        bool, msgspec.Meta(description="Needed for such a client (grandstream): the code shown holds the password")
    ] = False


class PasswordInCode(Conflict):
    code = "password_in_code"
    message = (
        "This client reads its password from the code on the screen: whoever photographs it has the account. "
        "Send password_in_code: true to show it all the same."
    )


class Code(NamedTuple):
    """`text` is what the QR code holds; `url` the link's address, where it is one."""

    text: str
    url: str | None
    link: Link


def show(caller: Caller, account_id: str, wanted: AtDesk, mark: RequestMark) -> Code:
    """A fresh link of fifteen minutes, nothing sent; the same again when the request is repeated.

    Raises NotFound, Conflict, Invalid, NotReady, PasswordInCode."""
    app = client(effective(visible(caller, account_id)).client)
    itself = app.DELIVERY is Delivery.shown
    if itself and not wanted.password_in_code:
        raise PasswordInCode
    link = issue.unsent(caller, account_id, "desk", wanted, mark)
    url = links.address(link.tenant, link.account_id, link.id)
    if not itself:
        return Code(url, url, link)
    found = links.find(link.tenant, link.account_id, link.id)
    assert found is not None  # just written
    claimed = claim.tap(found, claim.claim_id_of(found, "desk"), "shown at the desk", "")
    file = deliver.fetch(claimed.ticket, body=True).file
    history.add(link.tenant, account_id, "link.password_shown", link=link.id, by=caller.operator)
    return Code(file.body.decode(), None, link)
