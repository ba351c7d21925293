"""What a message's state is, whatever order and however often its answer and its receipts come in."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.messaging import state
from functions.messaging.gateways import Answer, Outcome, Receipt, ReceiptStatus
from functions.messaging.state import AFTER, Attempt, State

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
Event = Answer | Receipt


def attempt(number: int = 1, **fields: object) -> Attempt:
    return Attempt(number=number, gateway="g", gateway_tenant="t", started_at=NOON, **fields)  # type: ignore[arg-type]


def receipt(status: ReceiptStatus, part: str | None = "p1", **fields: Any) -> Receipt:
    return Receipt(reference="r", provider_id=part, part=part is not None, status=status, **fields)


def accepted(*parts: str, refused: int = 0) -> Answer:
    return Answer(outcome=Outcome.accepted, provider_ids=parts, refused_parts=refused)


def after(events: Sequence[Event], attempts: tuple[Attempt, ...] = (attempt(),)) -> tuple[State, tuple[Attempt, ...]]:
    """The message after these events, as the settling of an answer and the placing of receipts do it."""
    current = State.sending
    for event in events:
        own = current
        if isinstance(event, Answer):
            attempts = state.settled(attempts, 1, event, NOON)
            own = AFTER[event.outcome] if current in (State.sending, State.unknown) else current
        else:
            attempts = state.received(attempts, 1, event)
        current = state.state_of(own, attempts)
    return current, attempts


PARTS = st.sampled_from([None, "p1", "p2", "p3"])
RECEIPTS = st.builds(
    receipt,
    st.sampled_from(ReceiptStatus),
    PARTS,
    code=st.sampled_from(["0", "1", "9"]),
    at=st.sampled_from(["2026-11-22T12:00:01.000Z", "2026-11-22T12:00:02.000Z"]),
)
ANSWERS = st.builds(
    lambda outcome, parts, refused: Answer(outcome=outcome, provider_ids=tuple(parts), refused_parts=refused),
    st.sampled_from(Outcome),
    st.lists(st.sampled_from(["p1", "p2", "p3"]), unique=True),
    st.sampled_from([0, 0, 0, 1]),
)


@given(st.data())
def test_any_order_and_repetition_of_answer_and_receipts_ends_in_the_same_state(data: st.DataObject) -> None:
    events: list[Event] = [data.draw(ANSWERS), *data.draw(st.lists(RECEIPTS, max_size=6))]
    repeated = events + data.draw(st.lists(st.sampled_from(events[1:]), max_size=4) if events[1:] else st.just([]))
    shuffled = data.draw(st.permutations(repeated))
    first = (attempt(counted_parts=data.draw(st.integers(1, 3))),)
    assert after(shuffled, first) == after(events, first)


@given(st.lists(RECEIPTS, max_size=6), RECEIPTS)
def test_a_part_never_goes_back(earlier: list[Receipt], one_more: Receipt) -> None:
    rank = state._RANK
    before = after(earlier)[1][0].reports
    reports = after([*earlier, one_more])[1][0].reports
    assert all(rank[reports[part].status] >= rank[report.status] for part, report in before.items())


@given(ANSWERS, st.lists(RECEIPTS, min_size=1, max_size=6))
def test_a_receipt_never_brings_a_message_back_to_the_queue(answer: Answer, receipts: list[Receipt]) -> None:
    came, _ = after([*receipts, answer])
    assert came in (State.sent, State.buffered, State.delivered, State.undelivered)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.accepted, State.sent),
        (Outcome.rejected_recipient, State.failed),
        (Outcome.rejected_config, State.queued),
        (Outcome.not_sent_transient, State.queued),
        (Outcome.unknown, State.unknown),
    ],
)
def test_every_outcome_has_its_state(outcome: Outcome, expected: State) -> None:
    assert after([Answer(outcome=outcome)])[0] is expected


def test_a_message_of_several_parts_is_delivered_when_every_part_is() -> None:
    delivered = [receipt(ReceiptStatus.delivered, part) for part in ("p1", "p2")]
    assert after([accepted("p1", "p2"), delivered[0], delivered[0]])[0] is State.sent
    assert after([accepted("p1", "p2"), *delivered])[0] is State.delivered


def test_one_part_that_fails_makes_the_message_undelivered() -> None:
    parts = [receipt(ReceiptStatus.delivered, "p1"), receipt(ReceiptStatus.undelivered, "p2")]
    assert after([accepted("p1", "p2"), *parts])[0] is State.undelivered


def test_a_part_that_was_refused_keeps_the_message_from_being_delivered() -> None:
    answer = accepted("p1", refused=1)
    assert after([answer, receipt(ReceiptStatus.delivered, "p1")])[0] is State.undelivered


def test_one_receipt_may_stand_for_all_parts() -> None:
    first = (attempt(counted_parts=3),)
    assert after([accepted("only"), receipt(ReceiptStatus.delivered, "only")], first)[0] is State.delivered
    assert (
        after([Answer(outcome=Outcome.accepted), receipt(ReceiptStatus.delivered, None)], first)[0] is State.delivered
    )


def test_an_early_receipt_of_one_part_does_not_claim_the_others() -> None:
    first = (attempt(counted_parts=2),)
    assert after([receipt(ReceiptStatus.delivered, "p1")], first)[0] is State.sent


def test_a_receipt_settles_what_was_unknown() -> None:
    lost = Answer(outcome=Outcome.unknown)
    assert after([lost, receipt(ReceiptStatus.delivered)])[0] is State.delivered


def test_a_provider_may_correct_undelivered_to_delivered_and_not_back() -> None:
    both = [receipt(ReceiptStatus.undelivered), receipt(ReceiptStatus.delivered)]
    assert after([accepted("p1"), *both])[0] is State.delivered
    assert after([accepted("p1"), *reversed(both)])[0] is State.delivered


def test_an_attempt_is_answered_once() -> None:
    once = state.settled((attempt(),), 1, accepted("p1"), NOON)
    assert state.settled(once, 1, Answer(outcome=Outcome.unknown), NOON) == once


def test_a_late_receipt_of_an_earlier_attempt_moves_that_attempt_alone() -> None:
    attempts = (attempt(1, outcome=Outcome.not_sent_transient), attempt(2, outcome=Outcome.accepted))
    moved = state.received(attempts, 1, receipt(ReceiptStatus.undelivered))
    assert moved[1] == attempts[1]
    assert state.state_of(State.sent, moved) is State.sent
    assert state.state_of(State.sent, state.received(moved, 1, receipt(ReceiptStatus.delivered))) is State.delivered


@pytest.mark.parametrize(("retries", "seconds"), [(0, 60), (1, 300), (2, 900), (3, 3600), (9, 3600)])
def test_pauses_grow_with_jitter_around_their_length(retries: int, seconds: int) -> None:
    assert state.pause(retries, None, 0.5) == seconds
    assert state.pause(retries, None, 0.0) == seconds * 0.8
    assert seconds < state.pause(retries, None, 0.999) <= seconds * 1.2


def test_a_provider_that_asks_for_a_longer_pause_gets_it() -> None:
    assert state.pause(0, 1800, 0.5) == 1800
    assert state.pause(0, 1, 0.5) == 60
