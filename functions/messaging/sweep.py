"""Looks after every message that waits or is being worked on: brings what is due to the queue, and ends lost leases.

Runs each minute, until its time is over, and may run twice at once or not at all for a while: each step is one
conditional write, and what it does not reach is due again at the next run."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from itertools import count
from typing import Final

from pynamodb.expressions.condition import Condition

from functions.common import aws, clock, settings
from functions.common.errors import Changed
from functions.common.observability import logger
from functions.common.table import update
from functions.common.transaction import Update, commit
from functions.messaging import outbox
from functions.messaging.models import SHARDS, Message, moved, shard
from functions.messaging.outbox import LONGEST_DELAY, MessageKey
from functions.messaging.state import GIVE_UP, State

AHEAD: Final = 90  # seconds that are looked ahead: the queue delays to the second, the schedule only to the minute
AGAIN: Final = 300  # seconds after which a message that was brought to the queue is looked at again
CROWDED: Final = 100  # entries in the queue: what was brought there before is still in it, most likely
PAGE: Final = 100


def run(time_is_over: Callable[[], bool]) -> int:
    """One round; returns how many messages it looked at."""
    looked_at = count()
    outbox.enqueue_later(_to_enqueue(clock.now(), time_is_over, looked_at))
    return next(looked_at)


def _to_enqueue(
    now: datetime, time_is_over: Callable[[], bool], looked_at: Iterator[int]
) -> Iterator[tuple[MessageKey, int]]:
    """Moves on what is due, and gives what belongs into the queue with the seconds until it does."""
    for message in _due(int(now.timestamp())):
        if time_is_over():
            logger.warning("swept in part")
            return
        next(looked_at)
        try:
            delay = _move_on(message, now)
        except Changed:  # another run, or a worker, was faster
            continue
        if delay is not None:
            yield outbox.key_of(message), delay


def _due(moment: int) -> Iterator[Message]:
    for offset in range(SHARDS):  # each minute another shard first, so that none starves
        yield from Message.due.query(
            str((moment // 60 + offset) % SHARDS), Message.due_at <= moment + AHEAD, page_size=PAGE
        )


def _move_on(message: Message, now: datetime) -> int | None:
    """One message's step; the seconds until it may be sent, when it belongs into the queue. Raises Changed."""
    moment = int(now.timestamp())
    lost = message.lease_until is not None and message.lease_until <= moment
    match State(message.state):
        case State.queued:
            return _look_again(message, moment)
        case State.claimed if lost and now > message.wanted_at + GIVE_UP:
            _end(message, State.failed, "It could not be prepared for sending. The reason has been recorded.")
        case State.claimed if lost:
            return _give_back(message, moment)
        case State.sending if lost:
            _end(message, State.unknown, "Whether the provider took it is not known: its answer was lost.")
        case State.unknown:  # its provider is to be asked; whoever asks moves it on
            return max(int(message.due_at or 0) - moment, 0)
        case _:  # the lease is alive
            pass
    return None


def _look_again(message: Message, moment: int) -> int | None:
    """Brings it to the queue; once more where its entry may have been lost, but not behind a crowd that waits there."""
    later = max(int(message.not_before), moment)
    was_brought = int(message.due_at or 0) - int(message.not_before) >= outbox.SWEPT_AFTER
    unmoved = (Message.state == State.queued.value) & (Message.due_at == message.due_at)
    update(message, [Message.due_at.set(later + AGAIN)], unmoved, Changed())
    return None if was_brought and _crowded(moment // 60) else min(later - moment, LONGEST_DELAY)


@lru_cache(maxsize=1)
def _crowded(_minute: int) -> bool:
    """Whether many entries wait in the queue; asked once in a minute, when it matters."""
    try:
        answer = aws.client("sqs").get_queue_attributes(
            QueueUrl=settings.setting("QUEUE_OUTBOX"), AttributeNames=["ApproximateNumberOfMessages"]
        )
    except Exception:
        logger.warning("queue not asked", exc_info=True)
        return False
    return int(answer["Attributes"]["ApproximateNumberOfMessages"]) > CROWDED


def _give_back(message: Message, moment: int) -> int:
    """Nothing was on the wire: the message is sent as if it had never been taken up."""
    actions = [
        *moved(message, State.queued),
        Message.due_shard.set(shard(outbox.key_of(message).message)),
        Message.due_at.set(moment + AGAIN),
    ]
    update(message, actions, _still(message), Changed())
    return 0


def _end(message: Message, state: State, reason: str) -> None:
    step = Update(item=message, actions=moved(message, state, reason), condition=_still(message), otherwise=Changed())
    commit([step, *outbox.recorded(message, state, reason=reason)])


def _still(message: Message) -> Condition:
    """The same worker's lease, which is lost."""
    still: Condition = (Message.state == message.state) & (Message.owner == message.owner)
    return still
