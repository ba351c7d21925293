"""`resend_unknown`: a message of which nobody knows whether it was sent goes once more, and never a third time."""

from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Final

import msgspec
import pytest

from functions.common import clock, records
from functions.messaging import outbox, receipts
from functions.messaging.gateways import Receipt, ReceiptStatus
from functions.messaging.outbox import MessageKey
from functions.messaging.plan import Plan
from functions.messaging.state import INQUIRIES, LEASE, State
from tests.api.world import House, World
from tests.fakes.records import Recorded
from tests.fakes.server import Fakes
from tests.faults.crowd import Crowd, Person
from tests.faults.injection import Crash, Fault, injected
from tests.faults.sending import NOON, Step, at_step, entry, make_able_to_send, recover, work

RESENDING: Final = Plan(other_channel=False, resend_unknown=True)


def die_with(message: MessageKey, step: Step = Step.taken) -> None:
    def dying() -> None:
        raise Crash

    with at_step(step, dying), suppress(Crash):
        work(entry(message))


def lost(
    crowd: Crowd, count: int, kind: str = "vonage_sms", step: Step = Step.taken
) -> list[tuple[Person, MessageKey]]:
    """So many messages of which nobody knows whether the provider has them; the last inquiry is due."""
    told = crowd.begin(kind, count, RESENDING)
    for _, message in told:
        die_with(message, step)
    clock.tick(timedelta(seconds=LEASE + 1))
    crowd.world.sweep()
    for before, after in zip((0, *INQUIRIES), INQUIRIES, strict=False):
        clock.tick(timedelta(seconds=after - before))
        if after != INQUIRIES[-1]:
            for _, message in told:
                work(entry(message))
    return told


def report(message: MessageKey, recorded: Recorded) -> None:
    """The provider reports, late, that the first one has arrived."""
    found = outbox.find(message)
    assert found is not None
    receipt = Receipt(
        reference=recorded.reference, provider_id=recorded.provider_ids[0], status=ReceiptStatus.delivered, part=True
    )
    arrived = receipts.Arrived(receipt=receipt, gateway=found.attempts[0].gateway)
    receipts.take(msgspec.json.encode(arrived).decode())


def check(crowd: Crowd, person: Person, where: str) -> int:
    """At most two, with the same link; how many."""
    recorded = crowd.got(person)
    assert 1 <= len(recorded) <= 2, f"{where}: sent {len(recorded)} times"
    assert len({each.text for each in recorded}) == 1, where
    return len(recorded)


def test_it_goes_once_more_after_the_last_inquiry_and_with_the_same_link(
    world: World, house: House, fakes: Fakes
) -> None:
    with clock.frozen(NOON):
        make_able_to_send(house, fakes)
        policy = {"message_policy": {"resend_unknown": True, "other_channel": False}}
        assert house.admin.patch(f"/v1/profiles/{house.profile}", policy).status == 200
        account = house.account(mobile="+41790005001", messages=[{"kind": "activation", "channel": "sms"}])["id"]
        (message,) = map(outbox.key_of, outbox.all_of(house.tenant, account))
        world.cloud.sqs.purge_queue(QueueUrl=world.cloud.queue("QUEUE_OUTBOX"))
        die_with(message)
        seconds = 0
        while len(fakes.sms) < 2:
            assert seconds < 3600
            clock.tick(timedelta(seconds=30))
            seconds += 30
            world.sweep()
            assert len(fakes.sms) == 1
            world.pump()
        assert seconds >= LEASE + INQUIRIES[-1]
        recover(world)
        first, second = fakes.sms
        assert first.text == second.text
        assert "/a/" in first.text
        assert house.csr.get(f"/v1/messages/{message.id}").json["state"] == "sent"


@pytest.mark.parametrize("dies", [True, False])
def test_the_second_one_meets_another_worker_at_every_step(everybody: Crowd, dies: bool) -> None:
    with clock.frozen(NOON):
        told = list(zip(Step, lost(everybody, len(Step)), strict=True))
        for step, (person, message) in told:
            work(entry(message))
            assert (everybody.state(message), len(everybody.got(person))) == (State.queued, 1)

            def meanwhile(message: MessageKey = message) -> None:
                work(entry(message))
                if dies:
                    raise Crash

            with at_step(step, meanwhile), suppress(Crash):
                work(entry(message))
            work(entry(message))
        recover(everybody.world)
        for step, (person, message) in told:
            sent = 1 if dies and step is Step.begun else 2
            unknown = dies and step in (Step.begun, Step.taken, Step.answered)
            assert check(everybody, person, step) == sent, step
            assert everybody.state(message) is (State.unknown if unknown else State.sent), step


def counted(crowd: Crowd) -> int:
    """How many AWS calls the last inquiry makes that sends a message once more."""
    with clock.frozen(NOON):
        ((_, message),) = lost(crowd, 1)
        records.forget()
        with injected() as calls:
            work(entry(message))
        assert crowd.state(message) is State.queued
    assert len(calls.names) > 5
    return len(calls.names)


@pytest.mark.parametrize(("late", "fault"), [(0, Fault.crash_before), (0, None), (LEASE + 1, None)])
def test_two_workers_ask_for_the_last_time(everybody: Crowd, late: int, fault: Fault | None) -> None:
    def other(message: MessageKey) -> None:
        clock.tick(timedelta(seconds=late))
        work(entry(message))
        work(entry(message))

    calls = counted(everybody)
    with clock.frozen(NOON):
        where = {}
        for at, (person, message) in enumerate(lost(everybody, calls)):
            records.forget()
            with injected(at, fault, meanwhile=partial(other, message)) as failing, suppress(Crash):
                work(entry(message))
            where[person] = f"{fault} at call {at}: {failing.names[-1]}"
            work(entry(message))
        recover(everybody.world)
        for person, name in where.items():
            assert check(everybody, person, name) == 2, name


def test_a_report_at_any_moment_of_the_last_inquiry_keeps_it_from_being_sent_again(everybody: Crowd) -> None:
    calls = counted(everybody)
    with clock.frozen(NOON):
        told = lost(everybody, calls)
        for at, (person, message) in enumerate(told):
            records.forget()
            reporting = partial(report, message, everybody.got(person)[0])
            with injected(at, None, meanwhile=reporting) as met:
                work(entry(message))
            assert met.hit
        recover(everybody.world)
        for at, (person, message) in enumerate(told):
            assert (len(everybody.got(person)), everybody.state(message)) == (1, State.delivered), f"at call {at}"


def test_a_late_report_keeps_it_from_being_sent_again(everybody: Crowd) -> None:
    with clock.frozen(NOON):
        asked, waiting, *prepared = lost(everybody, 4)
        for person, message in (asked,):
            report(message, everybody.got(person)[0])
            work(entry(message))
        for person, message in (waiting,):
            work(entry(message))
            assert everybody.state(message) is State.queued
            report(message, everybody.got(person)[0])
            work(entry(message))
        for step, (person, message) in zip((Step.claimed, Step.prepared), prepared, strict=True):
            work(entry(message))
            with at_step(step, partial(report, message, everybody.got(person)[0])):
                work(entry(message))
        recover(everybody.world)
        for person, message in (asked, waiting, *prepared):
            assert (len(everybody.got(person)), everybody.state(message)) == (1, State.delivered)
            assert everybody.shown(message) == "delivered"


def test_its_provider_is_asked_about_the_second_one_too(everybody: Crowd) -> None:
    """The first one never came to the provider; the second one did, and its answer was lost."""
    with clock.frozen(NOON):
        ((person, message),) = lost(everybody, 1, "aspsms", Step.begun)
        work(entry(message))
        die_with(message)
        recover(everybody.world)
        assert len(everybody.got(person)) == 1
        assert everybody.shown(message) == "delivered"
