"""What no provider should say, and some day one will: every SMS gateway among answers and reports that are cut off,
garbled or somebody else's."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.common.errors import Unavailable
from functions.messaging.gateways import Answer, Delivery, Outcome, Receipt, ReceiptRefused, gateway, poll_of, probe_of
from functions.messaging.gateways._transport import Response
from tests.fakes.server import Fakes
from tests.unit.gateways import (
    Sms,
    at_its_fake,
    environment,
    forget_everything,
    overheard,
    replayed,
    reports_to,
)
from tests.unit.odd import SPOILS, Spoil
from tests.unit.sms_contract import IDS_OF_ANY_FORM, KINDS, OVER_HTTP, REPORTS_NOTHING

STATUSES = [200, 201, 202, 204, 207, 301, 302, 400, 401, 402, 403, 404, 422, 429, 500, 503]


class Honest(NamedTuple):
    """What a provider says when all is well: the replies in one sending, probing and polling, and its reports."""

    sms: Sms
    sending: list[Response]
    probing: list[Response]
    polling: list[Response]
    reports: list[Delivery]


@pytest.fixture(scope="module")
def honest(running: Fakes) -> Iterator[Callable[[str], Honest]]:
    with pytest.MonkeyPatch.context() as patched:
        for name, value in environment(running).items():
            patched.setenv(name, value)

        @cache
        def heard_of(kind: str) -> Honest:
            running.reset()
            sms = at_its_fake(kind, running)
            forget_everything()
            with overheard(lambda _, reply: reply) as sending, reports_to(sms, running) as (url, came):
                answer = sms.send("0003", receipt_url=url)
                reports = came()
            assert answer.outcome is Outcome.accepted
            forget_everything()
            with overheard(lambda _, reply: reply) as probing:
                works = probe_of(sms.module) is None or sms.probe().works
            with overheard(lambda _, reply: reply) as polling:
                known = poll_of(sms.module) is None or sms.poll(answer.provider_ids)
            assert works
            assert known
            return Honest(sms, sending, probing, polling, reports)

        yield heard_of
        forget_everything()
    running.aws_sms.publish = None


class OddReply(NamedTuple):
    """What one of the replies, counted round and round, is instead of what it should be."""

    which: int
    status: int | None  # None: the right one
    pause: str
    spoil: Spoil

    def among(self, replies: list[Response]) -> list[Response]:
        """The replies up to this one."""
        number = self.which % len(replies)
        right = replies[number]
        odd = Response(self.status or right.status, {"retry-after": self.pause}, self.spoil.apply(right.body))
        return [*replies[:number], odd]


ODD_REPLIES = st.builds(
    OddReply,
    which=st.integers(0, 2),
    status=st.none() | st.sampled_from(STATUSES),
    pause=st.sampled_from(["7", "-1", "soon", "9" * 30]),
    spoil=SPOILS,
)


@pytest.mark.parametrize("kind", OVER_HTTP)
@settings(max_examples=40, deadline=None)
@given(odd=ODD_REPLIES)
def test_no_answer_can_break_a_sending(honest: Callable[[str], Honest], kind: str, odd: OddReply) -> None:
    sms, sending, *_ = honest(kind)
    with replayed(odd.among(sending)):
        answer = sms.send()
    assert (answer.trouble is not None) is (answer.outcome is Outcome.rejected_config)
    assert answer.outcome is Outcome.not_sent_transient or not answer.throttled
    assert len(answer.words or "") <= 300
    assert answer.retry_after is None or answer.retry_after >= 0
    assert msgspec.json.decode(msgspec.json.encode(answer), type=Answer) == answer  # as it is kept


@pytest.mark.parametrize("kind", OVER_HTTP)
@settings(max_examples=40, deadline=None)
@given(odd=ODD_REPLIES)
def test_no_answer_can_break_a_probe_or_a_poll(honest: Callable[[str], Honest], kind: str, odd: OddReply) -> None:
    sms, _, probing, polling, _ = honest(kind)
    if probing:
        with replayed(odd.among(probing)):
            health = sms.probe()
        assert (health.trouble is not None) is (health.works is False)
    if polling:
        with replayed(odd.among(polling)):
            receipts = sms.poll(("0" * 32,))
        assert all(receipt.reference or receipt.provider_id for receipt in receipts)


@pytest.mark.parametrize("kind", [kind for kind in OVER_HTTP if kind not in IDS_OF_ANY_FORM])
def test_an_answer_that_breaks_off_anywhere_is_unknown(honest: Callable[[str], Honest], kind: str) -> None:
    sms, [*before, last], *_ = honest(kind)
    for end in range(len(last.body.rstrip())):
        with replayed([*before, last._replace(body=last.body[:end])]):
            assert sms.send().outcome is Outcome.unknown


WORDS = st.text(max_size=20)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(
    signed=st.booleans(),
    which=st.integers(0, 3),
    spoil=st.none() | SPOILS,
    query=st.dictionaries(WORDS, WORDS, max_size=3),
    changes=st.dictionaries(st.integers(0, 20), WORDS, max_size=3),
    content_type=st.none() | st.sampled_from(["", "application/json", "application/x-www-form-urlencoded"]),
    login=st.none() | WORDS,
)
def test_no_report_can_break_the_reading(
    honest: Callable[[str], Honest],
    kind: str,
    signed: bool,
    which: int,
    spoil: Spoil | None,
    query: dict[str, str],
    changes: dict[int, str],
    content_type: str | None,
    login: str | None,
) -> None:
    sms, *_, reports = honest(kind)
    right = reports[which % len(reports)] if reports else Delivery()
    names = sorted(right.query)
    told = msgspec.structs.replace(
        right,
        body=right.body if spoil is None else spoil.apply(right.body),
        query=query | right.query | {names[at % len(names)]: text for at, text in changes.items() if names},
        content_type=right.content_type if content_type is None else content_type,
        headers=right.headers if login is None else right.headers | {"authorization": login},
    )
    try:
        receipts = sms.module.read_receipts(told, sms.settings, sms.secrets if signed else unsigned(kind, sms.secrets))
    except (ReceiptRefused, Unavailable):
        return
    assert receipts == [] or kind not in REPORTS_NOTHING
    assert all(receipt.reference or receipt.provider_id for receipt in receipts)
    assert msgspec.json.decode(msgspec.json.encode(receipts), type=list[Receipt]) == receipts


def unsigned(kind: str, secrets: msgspec.Struct) -> msgspec.Struct:
    """The secrets without any that need not be: those by which reports are told from others'."""
    needed = {field.encode_name for field in msgspec.structs.fields(gateway(kind).Secrets) if field.required}
    return msgspec.convert({name: getattr(secrets, name) for name in needed}, gateway(kind).Secrets)
