"""Every AWS call, and the providers', fails once in creating an account with its messages and in sending them.

The CSR's client repeats with the same key, the queue delivers again, the minute's sweep runs. Then: one account, one
link, and each message once at the provider, or reported to the CSR as `unknown`."""

import importlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from functions.common import clock
from functions.messaging.gateways import Answer
from tests.api.world import House, World
from tests.fakes.server import Fakes
from tests.faults.injection import Crash, Fault, injected
from tests.faults.sending import SENT, make_able_to_send

PERSON = {"full_name": "A Person", "number": "+12025550104", "email": "ok@example.net", "messages": SENT}


def create(house: House) -> int:
    return house.csr.post("/v1/accounts", {**PERSON, "group_id": house.group}, key="the one").status


def queued(world: World) -> list[str]:
    """What lies in the outbox queue."""
    queue = world.cloud.queue("QUEUE_OUTBOX")
    found = world.cloud.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    return [message["Body"] for message in found]


def deliver(world: World, bodies: Sequence[str]) -> None:
    """The queue has these, once more or for the first time."""
    for body in bodies:
        world.cloud.sqs.send_message(QueueUrl=world.cloud.queue("QUEUE_OUTBOX"), MessageBody=body)


def recover(world: World) -> None:
    """What time and the queue do by themselves: leases end, the sweep looks, what is queued is delivered."""
    for _ in range(4):
        clock.tick(timedelta(minutes=6))
        world.sweep()
        world.pump()


def check(house: House, fakes: Fakes, where: str) -> None:
    (account,) = house.csr.get("/v1/accounts").json["items"]
    (link,) = house.csr.get(f"/v1/accounts/{account['id']}/links").json
    messages = house.csr.get(f"/v1/accounts/{account['id']}/messages").json["items"]
    assert len(messages) == 2, where
    for message in messages:
        recorded = fakes.sms if message["channel"] == "sms" else fakes.mails
        assert len(recorded) <= 1, f"{where}: {len(recorded)} × {message['channel']}"
        if not recorded:
            assert message["state"] == "unknown", f"{where}: {message['channel']} lost, and {message['state']}"
        else:
            assert message["state"] in ("sent", "delivered", "unknown"), f"{where}: {message}"
    assert link["state"] == "live", where


def every_fault(
    world: World, house: House, fakes: Fakes, fault: Fault, flow: Callable[[], object], bodies: Sequence[str] = ()
) -> None:
    """The flow with each of its calls failing in turn, each time from the same beginning; the queue delivers twice."""
    beginning = world.cloud.keep()
    deliver(world, bodies)
    with injected() as calls:
        flow()
    for at in range(len(calls.names)):
        world.cloud.begin(beginning)
        fakes.reset()
        with clock.frozen(clock.now()):
            deliver(world, bodies)
            with injected(at, fault) as failing, suppress(Crash):
                flow()
            where = f"{fault} at call {at}: {failing.names[-1]}"
            assert failing.hit, where
            assert create(house) == 201, where
            deliver(world, bodies)
            recover(world)
            check(house, fakes, where)


@pytest.mark.parametrize("fault", list(Fault))
def test_creating(world: World, house: House, fakes: Fakes, fault: Fault) -> None:
    make_able_to_send(house, fakes)
    every_fault(world, house, fakes, fault, lambda: create(house))


@pytest.mark.parametrize("fault", list(Fault))
def test_sending(world: World, house: House, fakes: Fakes, fault: Fault) -> None:
    make_able_to_send(house, fakes)
    assert create(house) == 201
    every_fault(world, house, fakes, fault, world.pump, queued(world))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["vonage_sms", "smtp"])
def test_dying_beside_the_provider_is_reported_and_never_repeated(
    world: World, house: House, fakes: Fakes, monkeypatch: pytest.MonkeyPatch, kind: str, when: str
) -> None:
    module = importlib.import_module(f"functions.messaging.gateways.{kind}")
    send = module.send

    def dying(*given: Any) -> Answer:
        if when == "after":
            send(*given)
        raise Crash

    with clock.frozen(clock.now()):
        make_able_to_send(house, fakes)
        create(house)
        monkeypatch.setattr(module, "send", dying)
        for _ in range(3):
            with suppress(Crash):
                world.pump()
        monkeypatch.setattr(module, "send", send)
        recover(world)
        check(house, fakes, f"dead {when} {kind}")
        (account,) = house.csr.get("/v1/accounts").json["items"]
        messages = house.csr.get(f"/v1/accounts/{account['id']}/messages").json["items"]
        assert "unknown" in {message["state"] for message in messages}
