"""The outbox: messages written in the transaction of what caused them, and brought to the queue after it.

The queue carries keys alone, and losing one is harmless: every message that waits is due at a known time, and the sweep
brings what is due."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

import msgspec
from pynamodb.expressions.update import Action

from functions.accounts import history
from functions.common import aws, clock, ids, settings
from functions.common.errors import Changed
from functions.common.observability import logger
from functions.common.table import read, update
from functions.common.transaction import Put, Step, Update, new
from functions.messaging.gateways import Channel
from functions.messaging.kinds import NOTICES, TEST, Kind
from functions.messaging.models import PREFIX, message_key, moved, shard
from functions.messaging.models import Message as Message  # what this module gives has this type
from functions.messaging.plan import PLAIN, Plan
from functions.messaging.shown import MessageView as MessageView
from functions.messaging.shown import show
from functions.messaging.state import UNSENT, State

ID_LENGTH: Final = 8
SWEPT_AFTER: Final = 180  # seconds after its time at which the sweep looks after a message that was enqueued
LONGEST_DELAY: Final = 900  # seconds: SQS's limit


class MessageKey(msgspec.Struct, frozen=True, kw_only=True):
    """Which message; also the body of its entry in the queue."""

    tenant: str
    account: str
    message: str

    @property
    def id(self) -> str:
        """As the API names it."""
        return f"{self.account}-{self.message}"

    def reference(self, attempt: int) -> str:
        """What a provider is told of an attempt and hands back in receipts: at most 40 characters."""
        return f"{self.tenant}-{self.id}-{ids.ALPHABET[attempt]}"


@dataclass(frozen=True)
class Composed:
    """A message to be: the step that makes it, and what to enqueue after the commit."""

    key: MessageKey
    step: Put

    @property
    def channel(self) -> Channel:
        assert isinstance(self.step.item, Message)
        return Channel(self.step.item.channel)

    @property
    def due_now(self) -> list[MessageKey]:
        """Its key, unless its time comes so late that the sweep brings it."""
        item = self.step.item
        assert isinstance(item, Message)
        return [self.key] if item.not_before <= clock.epoch() else []


def compose(
    tenant: str,
    account_id: str,
    kind: Kind,
    channel: Channel,
    cause: str,
    link_id: str | None,
    send_at: datetime | None = None,
    plan: Plan = PLAIN,
    waits_for: str | None = None,
) -> Composed:
    """A message that is sent once its step is committed, not before `send_at`. The same cause is always the same
    message. With `waits_for` it is sent at that event (`release`), if that comes first. No I/O."""
    now = clock.now()
    wanted = send_at if send_at is not None and send_at > now else now
    not_before = int(wanted.timestamp())
    message = named(tenant, account_id, kind, channel, cause)
    item = Message(
        pk=message_key(tenant, account_id),
        sk=PREFIX + message.message,
        tenant=tenant,
        account_id=account_id,
        kind=kind.value,
        channel=channel.value,
        cause=cause,
        link_id=link_id,
        state=State.queued.value,
        attempts=(),
        plan=plan,
        retries=0,
        waits_for=waits_for,
        wanted_at=wanted,
        not_before=not_before,
        due_shard=shard(message.message),
        due_at=not_before if wanted > now else not_before + SWEPT_AFTER,
        version=1,
        created_at=now,
        changed_at=now,
    )
    return Composed(message, new(item))


def named(tenant: str, account_id: str, kind: Kind, channel: Channel, cause: str) -> MessageKey:
    """The message that this cause makes."""
    derived = ids.derived_id("message", tenant, account_id, kind.value, channel.value, cause, length=ID_LENGTH)
    return MessageKey(tenant=tenant, account=account_id, message=derived)


def key_of(message: Message) -> MessageKey:
    return MessageKey(tenant=message.tenant, account=message.account_id, message=message.sk.removeprefix(PREFIX))


def enqueue(keys: Sequence[MessageKey]) -> None:
    """Brings messages to the queue, after the commit that made them. What fails is left to the sweep."""
    enqueue_later((message, 0) for message in keys)


def enqueue_later(entries: Iterable[tuple[MessageKey, int]]) -> None:
    """The same, each with the seconds after which it may be seen, at most LONGEST_DELAY."""
    for batch in _batches(entries):
        found = [
            {"Id": str(number), "MessageBody": msgspec.json.encode(message).decode(), "DelaySeconds": delay}
            for number, (message, delay) in enumerate(batch)
        ]
        try:
            answer = aws.client("sqs").send_message_batch(QueueUrl=settings.setting("QUEUE_OUTBOX"), Entries=found)
        except Exception:
            logger.warning("not enqueued", extra={"messages": len(batch)}, exc_info=True)
            continue
        if answer.get("Failed"):
            logger.warning("not enqueued", extra={"messages": len(answer["Failed"])})


def enqueue_soon(message: MessageKey, delay: int) -> None:
    """Brings a message back to the queue after `delay` seconds; a longer wait than SQS knows is left to the sweep."""
    if delay <= LONGEST_DELAY:
        enqueue_later([(message, delay)])


def held(message: Message, until: datetime, reason: str | None) -> list[Action]:
    """The actions that put a claimed message back until its time, as if it had been wanted for then. What it waited
    for is not counted against it."""
    not_before = int(until.timestamp())
    return [
        *moved(message, State.queued, reason),
        Message.wanted_at.set(until),
        Message.not_before.set(not_before),
        Message.due_shard.set(shard(key_of(message).message)),
        Message.due_at.set(due_after(not_before)),
    ]


def release(tenant: str, account_id: str, event: str) -> None:
    """What waits for this event is sent now. Repeatable; whatever fails comes by its own time."""
    now = clock.now()
    released = []
    for message in all_of(tenant, account_id):
        if message.waits_for != event or message.state != State.queued.value:
            continue
        actions = [
            Message.waits_for.remove(),
            Message.wanted_at.set(now),
            Message.not_before.set(int(now.timestamp())),
            Message.due_at.set(int(now.timestamp()) + SWEPT_AFTER),
            Message.version.set(Message.version + 1),
            Message.changed_at.set(now),
        ]
        with suppress(Changed):  # cancelled, or sent, in the meantime
            update(message, actions, (Message.state == State.queued.value) & (Message.waits_for == event), Changed())
            released.append(key_of(message))
    enqueue(released)


def due_after(not_before: int) -> int:
    """When the sweep looks at a message that waits until `not_before` and is given to `enqueue_soon`."""
    return not_before + SWEPT_AFTER if not_before - clock.epoch() <= LONGEST_DELAY else not_before


def cancel(tenant: str, account_id: str, link_id: str | None) -> list[Step]:
    """The steps that cancel what is not yet on the wire: a link's messages, or all of the account's; but no notices.

    They raise Changed when one of them is being sent at this very moment: read again and repeat."""
    steps: list[Step] = []
    for message in all_of(tenant, account_id):
        if message.state not in UNSENT or message.kind in NOTICES:
            continue
        if link_id is None or message.link_id == link_id:
            steps.append(cancelling(message, "Its link has ended." if link_id else "The account has changed."))
    return steps


def cancelling(message: Message, reason: str, otherwise: Exception | None = None) -> Update:
    """The step that cancels a message which is not yet on the wire, whoever prepares it."""
    unsent = Message.state.is_in(*(state.value for state in UNSENT))
    actions = moved(message, State.cancelled, reason)
    return Update(item=message, actions=actions, condition=unsent, otherwise=otherwise or Changed())


def recorded(message: Message, state: State, **details: str | int | None) -> list[Put]:
    """The entry in the account's history that its message has come to `state`; a test message has no account."""
    if message.account_id == TEST:
        return []
    names = {"message": key_of(message).id, "kind": message.kind, "channel": message.channel}
    return [history.step(message.tenant, message.account_id, f"message.{state.value}", **names, **details)]


def for_account(tenant: str, account_id: str) -> list[MessageView]:
    """All messages of an account, newest first."""
    newest_first = sorted(all_of(tenant, account_id), key=lambda each: (each.created_at, each.sk), reverse=True)
    return [show(message) for message in newest_first]


def find(message: MessageKey) -> Message | None:
    return read(Message, message_key(message.tenant, message.account), PREFIX + message.message)


def all_of(tenant: str, account_id: str) -> list[Message]:
    """The account's messages, in no order."""
    return list(Message.query(message_key(tenant, account_id), Message.sk.startswith(PREFIX), consistent_read=True))


def _batches(entries: Iterable[tuple[MessageKey, int]]) -> Iterator[list[tuple[MessageKey, int]]]:
    """Tens: SQS takes no more at once."""
    rest = iter(entries)
    while batch := list(islice(rest, 10)):
        yield batch
