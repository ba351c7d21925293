"""A worker dies, or is overtaken by another one, at every step of its way with a message, through every kind of gateway.

The queue delivers again at that very moment and afterwards, leases end, the sweep runs, providers are asked. Then no
provider has a message twice; and one that none of them has is shown to the CSR as `unknown`."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

import pytest

from functions.common import clock
from functions.messaging.outbox import MessageKey
from functions.messaging.state import LEASE, State
from tests.faults.crowd import Crowd, Person
from tests.faults.injection import Crash
from tests.faults.sending import NOON, Step, at_step, deliver, entry, recover, work

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
    with clock.frozen(NOON):
        told = list(zip(CASES, everybody.people, everybody.begin(kind), strict=False))
        assert len(told) == len(CASES)
        for case, _, message in told:
            first_worker(everybody, message, case)
        deliver(everybody.world, [entry(message) for _, _, message in told])
        everybody.world.pump()
        recover(everybody.world)
        for case, person, message in told:
            state = check(everybody, person, message, str(case))
            assert (len(everybody.got(person)), state) == (case.recorded, case.state(kind)), str(case)
