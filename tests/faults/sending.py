"""Houses that can send, workers that die or are overtaken on their way, and what queue and time do by themselves."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from threading import Event, current_thread
from typing import Final

import msgspec
import pytest

from functions.common import clock, records
from functions.messaging import dispatch, settle, triggers
from functions.messaging.gateways import _tokens
from functions.messaging.lines import Line
from functions.messaging.models import SHARDS, Message
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
PATIENCE: Final = 120  # seconds until a worker that does not come has failed the test
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
    """The providers have seen nothing, report when a test says so, and take what comes as fast as it comes."""
    fakes.reset()
    _tokens.forget_all()
    fakes.courier.hold()
    for provider in fakes.providers.values():
        provider.per_second = None


def entry(message: MessageKey) -> str:
    """A message's entry in the queue."""
    return msgspec.json.encode(message).decode()


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
        if not due():
            return
    raise AssertionError("it never comes to rest")


def due() -> bool:
    """Whether any message will be looked at by itself."""
    return any(True for shard in range(SHARDS) for _ in Message.due.query(str(shard), limit=1))


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
def at_step(step: Step, happens: Callable[[], None], whose: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """`happens` once, when the first worker inside that `whose` holds for has come to this step; it may be the worker's
    death."""
    owner, name = _AT[step]
    whole = getattr(owner, name)
    waiting = [happens]

    def interrupted(*given: object, **named: object) -> object:
        if not waiting or not whose():
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


def interleaved(body: str, first: Step, before: Callable[[], None], second: Step) -> None:
    """Two workers with the same entry: one comes to `first`, then the other one as far as `second`; then the one goes
    on to its end, and the other one after it. `before` happens before the other one starts.

    They are two threads of which only one runs at a time."""
    stopped, go_on, here = Event(), Event(), current_thread()

    def stop() -> None:
        stopped.set()
        assert go_on.wait(PATIENCE)

    def start() -> None:
        before()
        others.append(pool.submit(work, body))
        assert stopped.wait(PATIENCE)

    others: list[Future[None]] = []
    with (
        records.remembered(0),  # what they set for the process ends with them, in whatever order they end
        ThreadPoolExecutor(1) as pool,
        at_step(second, stop, lambda: current_thread() is not here),
    ):
        try:
            with at_step(first, start, lambda: current_thread() is here):
                work(body)
        finally:
            go_on.set()
        others[0].result(PATIENCE)
