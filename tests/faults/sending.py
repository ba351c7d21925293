"""Houses that can send, workers that die or are overtaken on their way, and what the queue and time do by themselves."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
import pytest

from functions.common import clock
from functions.messaging import dispatch, settle, triggers
from functions.messaging.lines import Line
from functions.messaging.outbox import MessageKey
from tests.api.client import Context
from tests.api.world import House, World, made
from tests.fakes.gateways import Body, mail_bodies, sms_bodies
from tests.fakes.server import Fakes

NOON: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
SENT: Final = {"kind": "activation", "channel": "sms"}, {"kind": "activation", "channel": "email"}
SENDER: Final = "phones@example.net"
TESTED: Final = {"sms": "+41790009999", "email": "ok@example.net"}  # with whom gateways are tested
LATER: Final = (2, 6, 31, 31)  # minutes: leases end, what was lost is found, and providers are asked thrice
AT_REST: Final = 12  # rounds after which a message that still moves never comes to rest


def add_gateway(house: House, body: Body, channel: str) -> str:
    """A tested gateway that is never too fast; its id."""
    gateway = str(made(house.admin.post("/v1/gateways", {**body, "rate": 1000}))["id"])
    tested = house.admin.post(f"/v1/gateways/{gateway}/test", {"to": TESTED[channel]})
    assert tested.json["outcome"] == "accepted", tested.text
    return gateway


def make_able_to_send(house: House, fakes: Fakes) -> None:
    """Gives the house an SMS gateway and a mail server; the fakes have forgotten what they saw before."""
    add_gateway(house, sms_bodies(fakes)["vonage_sms"], "sms")
    add_gateway(house, mail_bodies(fakes, SENDER)["smtp"], "email")
    forget(fakes)


def forget(fakes: Fakes) -> None:
    """The providers have seen nothing, and report when a test says so."""
    fakes.reset()
    fakes.courier.hold()


def entry(message: MessageKey) -> str:
    """A message's entry in the queue."""
    return msgspec.json.encode(message).decode()


def queued(world: World) -> list[str]:
    """What lies in the outbox queue."""
    queue = world.cloud.queue("QUEUE_OUTBOX")
    found = world.cloud.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    return [message["Body"] for message in found]


def deliver(world: World, bodies: Sequence[str]) -> None:
    """The queue has these, once more or for the first time."""
    for body in bodies:
        world.cloud.sqs.send_message(QueueUrl=world.cloud.queue("QUEUE_OUTBOX"), MessageBody=body)


def work(body: str) -> None:
    """A worker is handed one entry and is done with it. Raises Crash."""
    record = {"messageId": "1", "receiptHandle": "1", "body": body}
    assert triggers.dispatch({"Records": [record]}, Context()) == {"batchItemFailures": []}


def recover(world: World) -> None:
    """What time and the queue do by themselves, until nothing is due any more: leases end, the sweep looks, what is
    queued is delivered."""
    for turn in range(AT_REST):
        clock.tick(timedelta(minutes=LATER[min(turn, len(LATER) - 1)]))
        world.sweep()
        world.pump()
        if not due(world):
            return
    raise AssertionError("it never comes to rest")


def due(world: World) -> bool:
    """Whether any message will be looked at by itself."""
    return any("due_at" in row and "account_id" in row for row in world.cloud.rows("messages"))


class Step(StrEnum):
    """How far a worker has come with a message."""

    unclaimed = "before the claim"
    claimed = "after the claim"
    prepared = "before it begins"
    begun = "begun, nothing on the wire"
    taken = "taken by the provider"
    answered = "before the answer is saved"
    saved = "after the answer is saved"


_AT: Final[dict[Step, tuple[object, str]]] = {
    Step.unclaimed: (dispatch, "_claim"),
    Step.claimed: (dispatch, "_claim"),
    Step.prepared: (dispatch, "_begin"),
    Step.begun: (dispatch, "_begin"),
    Step.taken: (Line, "send"),
    Step.answered: (settle, "settle"),
    Step.saved: (settle, "settle"),
}
_BEFORE: Final = (Step.unclaimed, Step.prepared, Step.answered)


@contextmanager
def at_step(step: Step, happens: Callable[[], None]) -> Iterator[None]:
    """`happens` once, when the first worker inside has come to this step; it may be the worker's death."""
    owner, name = _AT[step]
    whole = getattr(owner, name)
    waiting = [happens]

    def interrupted(*given: object, **named: object) -> object:
        if not waiting:
            return whole(*given, **named)
        event = waiting.pop()
        if step in _BEFORE:
            event()
            return whole(*given, **named)
        result = whole(*given, **named)
        event()
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, interrupted)
        yield
    assert not waiting, f"nobody came to {step}"
