"""What every SMS gateway knows beside the sending, against its fake: of our account, and what became of a message."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations

import pytest

from functions.messaging.gateways import (
    Answer,
    Outcome,
    Receipt,
    ReceiptStatus,
    Trouble,
)
from functions.messaging.state import Attempt, State, received, settled, state_of
from tests.fakes.server import Fakes
from tests.unit.gateways import (
    REFERENCE,
    Sms,
    forget_everything,
    reports_to,
)
from tests.unit.sms_contract import (
    KINDS,
    OVER_HTTP_PROBED,
    OWES_NOTHING,
    POLLED,
    PROBED,
    REPORTING,
    REPORTS_NOTHING,
    TELLS_NO_CREDIT,
    TELLS_NO_TIME,
    nowhere,
    of,
)

# The account


@of(PROBED)
def test_a_probe_of_an_account_in_order_sends_nothing(sms: Sms, fakes: Fakes) -> None:
    health = sms.probe()
    assert (health.works, health.trouble) == (True, None)
    assert fakes.sms == []
    told = None if sms.kind in TELLS_NO_CREDIT else sms.provider.get_credit()
    assert (None if health.credit is None else Decimal(health.credit)) == told
    assert (health.unit is None) is (told is None)


@of([kind for kind in PROBED if kind not in TELLS_NO_CREDIT])
def test_an_account_without_credit_does_not_work(sms: Sms) -> None:
    for amount in ("0",) if sms.kind in OWES_NOTHING else ("0", "-3"):
        sms.provider.set_credit(amount)
        health = sms.probe()
        assert (health.works, health.trouble) == (False, Trouble.credit)
        assert Decimal(health.credit or "1") == Decimal(amount)
        assert health.unit


@of(OVER_HTTP_PROBED)
def test_a_probe_with_wrong_credentials_says_so(sms: Sms, fakes: Fakes) -> None:
    assert sms.probe().works
    health = sms.with_secrets("wrong").probe()
    assert (health.works, health.trouble) == (False, Trouble.credentials)
    assert health.code
    assert health.words
    assert fakes.sms == []


@of(PROBED)
def test_who_cannot_be_asked_says_nothing_of_the_account(
    sms: Sms, fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    sms.provider.dead = True
    dead = sms.probe()
    assert (dead.works, dead.trouble) == (None, None)
    forget_everything()
    gone = nowhere(sms, fakes, monkeypatch).probe()
    assert (gone.works, gone.trouble) == (None, None)
    assert gone.words or gone.code


# Reports

ENDS = {
    "0001": State.delivered,
    "0002": State.undelivered,
    "0003": State.undelivered,
    "0005": State.delivered,
    "0006": State.delivered,
    "0007": State.delivered,
}
BEGAN = datetime(2026, 11, 22, tzinfo=UTC)


def end(answer: Answer, receipts: Iterable[Receipt]) -> State:
    """Of a message of two parts, by its receipts in this order and the answer after them."""
    attempts: tuple[Attempt, ...] = (
        Attempt(number=1, gateway="g", gateway_tenant="t", started_at=BEGAN, counted_parts=2),
    )
    for receipt in receipts:
        attempts = received(attempts, 1, receipt)
    return state_of(State.unknown, settled(attempts, 1, answer, BEGAN))


@of(REPORTING)
@pytest.mark.parametrize("suffix", ENDS)
def test_receipts_end_a_message_in_whatever_order_they_come(sms: Sms, fakes: Fakes, suffix: str) -> None:
    with reports_to(sms, fakes) as (url, came):
        answer = sms.send(suffix, text="a" * 161, receipt_url=url)
        receipts = sms.read(came())
    assert receipts
    for receipt in receipts:
        assert receipt.reference in (None, REFERENCE)
        assert receipt.reference == REFERENCE or receipt.provider_id in answer.provider_ids
        assert receipt.at is None or datetime.fromisoformat(receipt.at).tzinfo
    lost = Answer(outcome=Outcome.unknown)
    for order in permutations(receipts):
        assert end(answer, order) is end(lost, order) is ENDS[suffix]


@of(KINDS)
def test_without_a_receipt_a_message_is_sent_and_no_more(sms: Sms, fakes: Fakes) -> None:
    with reports_to(sms, fakes) as (url, came):
        answer = sms.send("0001" if sms.kind in REPORTS_NOTHING else "0004", receipt_url=url)
        assert came() == []
    assert end(answer, []) is State.sent


# Asking


@of(POLLED)
@pytest.mark.parametrize("suffix", ["0001", "0002", "0003", "0006", "0007"])
def test_it_can_be_asked_what_became_of_a_message(sms: Sms, suffix: str) -> None:
    answer = sms.send(suffix)
    receipts = sms.poll(answer.provider_ids, to=suffix)
    assert end(answer, receipts) is ENDS[suffix]
    assert all(receipt.reference == REFERENCE for receipt in receipts)
    assert all((receipt.at is None) is (sms.kind in TELLS_NO_TIME) for receipt in receipts)


@of(POLLED)
def test_what_has_not_happened_yet_is_not_told(sms: Sms) -> None:
    ids = sms.send("0004").provider_ids
    assert {receipt.status for receipt in sms.poll(ids)} <= {ReceiptStatus.sent, ReceiptStatus.buffered}


@of(POLLED)
@pytest.mark.parametrize("provider_ids", [(), ("0" * 32,), ("../balance",), ("",)])
def test_nothing_is_known_of_a_message_that_was_never_there(sms: Sms, provider_ids: tuple[str, ...]) -> None:
    sms.send()
    assert sms.poll(provider_ids, reference=f"{REFERENCE[:-1]}2") == []


@of(POLLED)
def test_nothing_is_known_while_nobody_answers(sms: Sms, fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = sms.send().provider_ids
    assert sms.with_secrets("wrong").poll(ids) == []
    assert nowhere(sms, fakes, monkeypatch).poll(ids) == []
    sms.provider.dead = True
    assert sms.poll(ids) == []
