"""A worker dies, or is overtaken by another, at every step of its way with a message, through every kind of gateway.

The queue delivers again at that very moment and afterwards, leases end, the sweep runs, providers are asked. Then no
provider has a message twice; and one that none of them has is shown to the CSR as `unknown`."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Final

import pytest

from functions.common import clock, records
from functions.messaging import outbox
from functions.messaging.outbox import MessageKey
from functions.messaging.state import LEASE, State
from tests.faults.crowd import Crowd, Person
from tests.faults.injection import Crash, Fault, injected
from tests.faults.sending import NOON, Step, at_step, deliver, entry, interleaved, recover, work

SMS: Final = (
    "aspsms",
    "aws_sms",
    "clickatell",
    "clickatell_http",
    "orange",
    "orange_contact",
    "orange_contact_light",
    "vonage_messages",
    "vonage_sms",
)
MAIL: Final = ("gmail", "ses", "smtp")
ANSWERS_BY_REFERENCE: Final = ("aspsms", "clickatell_http")  # say what became of a message whose answer was lost
HALF_IS_ENOUGH: Final = ("orange_contact_light",)  # it answers with an id and nothing else: half an id is one
OVERTAKEN: Final = ("aspsms",)  # with which workers may be so slow, too, that they lose their lease


class Other(StrEnum):
    """When another worker is handed the same entry."""

    nobody = "alone"
    beside = "beside another"
    late = "overtaken after its lease"


@dataclass(frozen=True)
class Case:
    step: Step
    other: Other
    dies: bool

    def __str__(self) -> str:
        return f"{self.step}, {self.other}, {'dies' if self.dies else 'goes on'}"

    @property
    def recorded(self) -> int:
        return 0 if self.step is Step.begun and self.dies else 1

    def state(self, kind: str) -> State:
        """Where it ends when the provider tells nothing by itself."""
        if not self.dies or self.step not in (Step.begun, Step.taken, Step.answered):
            return State.sent
        return State.delivered if self.recorded and kind in ANSWERS_BY_REFERENCE else State.unknown


CASES: Final = [
    Case(step, other, dies)
    for other in Other  # time passes in the last ones
    for step in Step
    for dies in (True, False)
    if dies or other is not Other.nobody
]


def first_worker(crowd: Crowd, message: MessageKey, case: Case) -> None:
    def meanwhile() -> None:
        overtake(crowd, message, case.other)
        if case.dies:
            raise Crash

    with at_step(case.step, meanwhile), suppress(Crash):
        work(entry(message))


def overtake(crowd: Crowd, message: MessageKey, other: Other) -> None:
    """Another worker's whole way with the same message."""
    if other is Other.late:
        clock.tick(timedelta(seconds=LEASE + 1))
        work(entry(message))
        crowd.world.sweep()
    if other is not Other.nobody:
        work(entry(message))


def check(crowd: Crowd, person: Person, message: MessageKey, where: str) -> State:
    """The promise."""
    recorded, state = crowd.got(person), crowd.state(message)
    assert len(recorded) <= 1, f"{where}: sent {len(recorded)} times"
    assert recorded or state is State.unknown, f"{where}: lost, and {state}"
    if state is State.unknown:
        assert crowd.shown(message) == "unknown", where
    return state


@pytest.mark.parametrize("kind", [*SMS, *MAIL])
def test_a_worker_dies_or_is_overtaken_at_every_step(everybody: Crowd, kind: str) -> None:
    cases = [case for case in CASES if case.other is not Other.late or kind in OVERTAKEN]
    with clock.frozen(NOON):
        told = list(zip(cases, everybody.begin(kind, len(cases)), strict=True))
        for case, (_, message) in told:
            first_worker(everybody, message, case)
        for case, (_, message) in told:
            if case.other is Other.nobody:
                work(entry(message))
        clock.tick(timedelta(seconds=LEASE + 1))  # their leases are over, and no sweep has ended them yet
        for case, (_, message) in told:
            if case.other is not Other.nobody:
                work(entry(message))
        recover(everybody.world)
        for case, (person, message) in told:
            state = check(everybody, person, message, str(case))
            assert (len(everybody.got(person)), state) == (case.recorded, case.state(kind)), str(case)


@pytest.mark.parametrize("kind", [*SMS, *MAIL])
def test_what_the_provider_took_without_a_whole_answer_is_not_sent_again(everybody: Crowd, kind: str) -> None:
    with clock.frozen(NOON):
        told = everybody.begin_unlucky(kind)
        for _, message in told:
            work(entry(message))
        reset, broken = (everybody.state(message) for _, message in told)
        assert (reset, broken) == (State.unknown, State.sent if kind in HALF_IS_ENOUGH else State.unknown)
        recover(everybody.world)
        for before, (person, message) in zip((reset, broken), told, strict=True):
            work(entry(message))
            state = check(everybody, person, message, person.email)
            assert len(everybody.got(person)) == 1
            assert state is (State.delivered if kind in ANSWERS_BY_REFERENCE else before)


@pytest.mark.parametrize(("kind", "fault"), [*(("vonage_sms", fault) for fault in Fault), ("smtp", Fault.crash_before)])
def test_every_aws_call_fails(everybody: Crowd, kind: str, fault: Fault) -> None:
    every_call(everybody, kind, Other.nobody, fault)


@pytest.mark.parametrize(
    ("other", "fault"), [(Other.beside, Fault.crash_before), (Other.beside, None), (Other.late, None)]
)
def test_another_worker_comes_at_every_aws_call(everybody: Crowd, other: Other, fault: Fault | None) -> None:
    every_call(everybody, "vonage_sms", other, fault)


def every_call(crowd: Crowd, kind: str, other: Other, fault: Fault | None) -> None:
    """Each AWS call of a worker's way with a message meets this, each with another person's."""
    with clock.frozen(NOON):
        ((_, first),) = crowd.begin(kind, 1)
        records.forget()
        with injected(fakes=crowd.fakes) as whole:
            work(entry(first))
        calls = range(len(whole.names)) if fault is not Fault.crash_after else whole.positions(fault)
        assert calls[-1] > 10
        met = []
        for at, (person, message) in zip(calls, crowd.begin(kind, len(calls)), strict=True):
            records.forget()
            meanwhile = partial(overtake, crowd, message, other)
            with injected(at, fault, meanwhile=meanwhile) as failing, suppress(Crash):
                work(entry(message))
            assert failing.hit or at > 15  # now and then the gateway's pace takes a call less
            met.append((f"{other}, {fault} at call {at}: {failing.names[-1]}", person, message))
        for _, _, message in met:
            work(entry(message))
        recover(crowd.world)
        for where, person, message in met:
            state = check(crowd, person, message, where)
            assert state is State.sent or fault in (Fault.crash_before, Fault.crash_after), where


@pytest.mark.parametrize("second", [step for step in Step if step is not Step.unclaimed])
def test_two_workers_take_turns(everybody: Crowd, second: Step) -> None:
    """One comes to a step, the other one to `second`, and then both go on to their ends."""
    with clock.frozen(NOON):
        firsts = {
            Step.unclaimed: timedelta(),
            Step.claimed: timedelta(seconds=LEASE + 1),
            Step.prepared: timedelta(seconds=LEASE + 1),
        }
        told = list(zip(firsts.items(), everybody.begin("vonage_sms", len(firsts)), strict=True))
        for (first, pause), (_, message) in told:
            interleaved(entry(message), first, partial(clock.tick, pause), second)
        recover(everybody.world)
        for (first, _), (person, message) in told:
            where = f"{first}, then the other {second}"
            assert check(everybody, person, message, where) is State.sent, where


def test_a_throttled_message_leaves_the_queue_and_comes_back(everybody: Crowd) -> None:
    with clock.frozen(NOON):
        told = everybody.begin("vonage_sms", 6)
        house, world = everybody.house, everybody.world
        (gateway,) = house.admin.get("/v1/gateways").json["items"]
        assert house.admin.patch(f"/v1/gateways/{gateway['id']}", {"rate": 0.25}).status == 200
        deliver(world, [entry(message) for _, message in told])
        assert world.pump() == len(told)
        waiting = [message for person, message in told if not everybody.got(person)]
        assert len(waiting) == len(told) - 1
        queue = world.cloud.sqs.get_queue_attributes(
            QueueUrl=world.cloud.queue("QUEUE_OUTBOX"), AttributeNames=["All"]
        )["Attributes"]
        assert queue["ApproximateNumberOfMessages"] == queue["ApproximateNumberOfMessagesNotVisible"] == "0"
        assert queue["ApproximateNumberOfMessagesDelayed"] == str(len(waiting))
        for message in waiting:
            found = outbox.find(message)
            assert found is not None
            assert (found.state, found.retries, tuple(found.attempts)) == ("queued", 0, ())
        for _ in range(3 * len(waiting)):
            clock.tick(timedelta(seconds=4))
            for message in waiting:
                work(entry(message))
        assert [(len(everybody.got(person)), everybody.state(message)) for person, message in told] == [
            (1, State.sent)
        ] * len(told)
