"""An SMS that cannot be sent, or does not arrive, goes by e-mail: exactly once, whatever fails on the way."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from itertools import permutations

import msgspec
import pytest

from functions.common import clock
from functions.messaging import outbox, receipts
from functions.messaging.gateways import Receipt, ReceiptStatus
from functions.messaging.outbox import MessageKey
from functions.messaging.state import LEASE
from tests.api.world import House, World
from tests.fakes.server import Fakes
from tests.faults.injection import Crash, Fault, injected
from tests.faults.sending import NOON, Step, at_step, entry, forget, make_able_to_send, recover, work

REFUSED, UNDELIVERED = "0010", "0002"
TO = "person@example.net"


def wanted(house: House, fakes: Fakes, suffix: str, email: str = TO) -> MessageKey:
    """An SMS with a link to somebody whose number decides its fate; it has been written and not sent."""
    make_able_to_send(house, fakes)
    account = house.account(
        mobile=f"+4179000{suffix}", email=email, messages=[{"kind": "activation", "channel": "sms"}]
    )["id"]
    (message,) = outbox.all_of(house.tenant, account)
    return outbox.key_of(message)


def report(sms: MessageKey, status: ReceiptStatus) -> None:
    """The provider reports on the first attempt."""
    found = outbox.find(sms)
    assert found is not None
    receipt = Receipt(reference=sms.reference(1), provider_id=None, status=status, code="9", words="Absent")
    arrived = receipts.Arrived(receipt=receipt, gateway=found.attempts[0].gateway)
    receipts.take(msgspec.json.encode(arrived).decode())


def check(house: House, fakes: Fakes, sms: MessageKey, where: str = "") -> dict[str, str]:
    """One e-mail in place of an SMS that surely failed, none in place of another; the states by channel."""
    listed = house.csr.get(f"/v1/accounts/{sms.account}/messages").json["items"]
    states = {each["channel"]: each["state"] for each in listed}
    assert len(states) == len(listed), where
    mails = [mail for mail in fakes.mails if mail.to == TO]
    if states["sms"] in ("failed", "undelivered"):
        assert (len(mails), states["email"]) == (1, "sent"), f"{where}: {len(mails)} e-mails, {states}"
    else:
        assert (mails, states) == ([], {"sms": "unknown"}), where
    assert len({each["link_id"] for each in listed}) == 1, where
    return states


def every_fault(
    world: World, house: House, fakes: Fakes, fault: Fault, sms: MessageKey, flow: Callable[[], None], start: int = 0
) -> list[str]:
    """The flow with each of its calls, from the one numbered `start`, failing, and then again; the SMS's end each
    time."""
    beginning = world.cloud.keep()
    with injected(fakes=fakes) as calls:
        flow()
    ends = []
    for at in [position for position in calls.positions(fault) if position >= start]:
        world.cloud.begin(beginning)
        forget(fakes)
        with clock.frozen(clock.now()):
            with injected(at, fault) as failing, suppress(Crash):
                flow()
            where = f"{fault} at call {at}: {failing.names[-1]}"
            assert failing.hit, where
            flow()
            recover(world)
            ends.append(check(house, fakes, sms, where)["sms"])
    return ends


@pytest.mark.parametrize("fault", list(Fault))
def test_a_refused_message_goes_by_mail_once(world: World, house: House, fakes: Fakes, fault: Fault) -> None:
    with clock.frozen(NOON):
        sms = wanted(house, fakes, REFUSED)
        beginning, reached = world.cloud.keep(), []
        with injected() as calls, at_step(Step.taken, lambda: reached.append(len(calls.names))):
            work(entry(sms))
        world.cloud.begin(beginning)
        ends = every_fault(world, house, fakes, fault, sms, lambda: work(entry(sms)), reached[0])
    assert "failed" in ends


@pytest.mark.parametrize("fault", list(Fault))
def test_an_undelivered_message_goes_by_mail_once(world: World, house: House, fakes: Fakes, fault: Fault) -> None:
    with clock.frozen(NOON):
        sms = wanted(house, fakes, UNDELIVERED)
        work(entry(sms))
        ends = every_fault(world, house, fakes, fault, sms, partial(report, sms, ReceiptStatus.undelivered))
    assert set(ends) == {"undelivered"}


@pytest.mark.parametrize("step", [Step.begun, Step.taken, Step.answered, Step.saved])
def test_a_report_at_any_moment_and_twice_causes_one_mail(world: World, house: House, fakes: Fakes, step: Step) -> None:
    with clock.frozen(NOON):
        sms = wanted(house, fakes, UNDELIVERED)
        with at_step(step, partial(report, sms, ReceiptStatus.undelivered)):
            work(entry(sms))
        assert house.csr.get(f"/v1/messages/{sms.id}").json["state"] == "undelivered"
        for status in (ReceiptStatus.buffered, ReceiptStatus.undelivered, ReceiptStatus.sent):
            report(sms, status)
        recover(world)
        assert check(house, fakes, sms)["sms"] == "undelivered"


@pytest.mark.parametrize("order", sorted(set(permutations(["undelivered", "undelivered", "delivered"]))))
def test_reports_in_any_order_cause_at_most_one_mail(
    world: World, house: House, fakes: Fakes, order: tuple[str, ...]
) -> None:
    with clock.frozen(NOON):
        sms = wanted(house, fakes, UNDELIVERED)
        work(entry(sms))
        for status in order:
            report(sms, ReceiptStatus(status))
            world.pump()
        recover(world)
        listed = house.csr.get(f"/v1/accounts/{sms.account}/messages").json["items"]
        assert {each["state"] for each in listed if each["channel"] == "sms"} == {"delivered"}
        assert len([mail for mail in fakes.mails if mail.to == TO]) == (order[0] == "undelivered")


@pytest.mark.parametrize("other", ["undelivered", "delivered"])
def test_two_reports_come_at_once(world: World, house: House, fakes: Fakes, other: str) -> None:
    """The other one is taken at every AWS call in taking the first one, and none of both is lost."""
    with clock.frozen(NOON):
        sms = wanted(house, fakes, UNDELIVERED)
        work(entry(sms))
        taking = partial(report, sms, ReceiptStatus.undelivered)
        beginning = world.cloud.keep()
        with injected() as calls:
            taking()
        for at in range(len(calls.names)):
            world.cloud.begin(beginning)
            forget(fakes)
            with clock.frozen(clock.now()):
                with injected(at, None, meanwhile=partial(report, sms, ReceiptStatus(other))) as met:
                    taking()
                where = f"at call {at}: {met.names[at]}"
                assert met.hit, where
                recover(world)
                assert house.csr.get(f"/v1/messages/{sms.id}").json["state"] == other, where
                mails = [mail for mail in fakes.mails if mail.to == TO]
                assert len(mails) <= 1 if other == "delivered" else len(mails) == 1, where


def test_a_refusal_that_comes_after_the_lease_still_causes_one_mail(world: World, house: House, fakes: Fakes) -> None:
    def overtaken() -> None:
        clock.tick(timedelta(seconds=LEASE + 1))
        world.sweep()
        assert house.csr.get(f"/v1/messages/{sms.id}").json["state"] == "unknown"

    with clock.frozen(NOON):
        sms = wanted(house, fakes, REFUSED)
        with at_step(Step.taken, overtaken):
            work(entry(sms))
        recover(world)
        assert check(house, fakes, sms)["sms"] == "failed"


def test_a_late_report_is_taken_when_the_mail_has_failed_too(world: World, house: House, fakes: Fakes) -> None:
    with clock.frozen(NOON):
        sms = wanted(house, fakes, REFUSED, email="reject@example.net")
        world.pump()
        listed = house.csr.get(f"/v1/accounts/{sms.account}/messages").json["items"]
        assert {each["channel"]: each["state"] for each in listed} == {"sms": "failed", "email": "failed"}
        report(sms, ReceiptStatus.undelivered)
        assert house.csr.get(f"/v1/messages/{sms.id}").json["state"] == "undelivered"
