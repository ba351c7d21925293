"""Writes what a provider answered, beside whatever receipts have said in the meantime."""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from pynamodb.expressions.update import Action

from functions.activation import links
from functions.common import clock
from functions.common.errors import Changed, Unavailable
from functions.common.observability import logger
from functions.common.transaction import Put, Step, Update, commit
from functions.messaging import other_channel, outbox
from functions.messaging.gateways import Answer, Outcome, Trouble
from functions.messaging.kinds import ACTIVATING, TEST
from functions.messaging.models import Message, ProviderId, moved, owner_of, provider_id_key, shard
from functions.messaging.state import AFTER, GIVE_UP, Attempt, State, pause, settled, state_of

TRIES: Final = 6  # receipts of several parts may all come at this moment
SENDERS: Final = 4  # attempts that follow each other at once because a sender was refused
ANSWERABLE: Final = (State.sending, State.unknown)  # a late answer still tells more than `unknown`

jitter: Callable[[], float] = random.random  # tests set it


def settle(
    message: Message, number: int, answer: Answer, alternatives: int = 0, link: links.Link | None = None
) -> State:
    """The message's state after the provider's answer to one attempt; `alternatives` are further gateways to try,
    `link` is the message's, where it has been read.

    A message that goes back to the queue is enqueued. A receipt that was faster is kept: the answer joins it."""
    if answer.outcome is Outcome.accepted:
        begin_life(message, link)
    current: Message | None = message
    for _ in range(TRIES):
        assert current is not None  # messages are not deleted while they are sent
        try:
            return _write(current, number, answer, alternatives)
        except Changed:
            current = outbox.find(outbox.key_of(message))
    raise Unavailable


def begin_life(message: Message, link: links.Link | None = None) -> None:
    """The provider took a message with this link, so its life begins: before the message says so, lest a crash in
    between leaves a link that never does."""
    if message.link_id is None or message.kind not in ACTIVATING:
        return
    try:
        links.accepted(link or links.find(message.tenant, message.account_id, message.link_id), clock.now())
    except Exception:  # the link keeps the longer life of one that waits for its first message; the sending goes on
        logger.warning("link's life not begun", extra={"link": message.link_id}, exc_info=True)


def back_in_queue(message: Message, delay: int, reason: str | None) -> tuple[State, list[Action]]:
    """The actions that let a message wait `delay` seconds; or end it, when it has waited for too long."""
    now = clock.now()
    if now + timedelta(seconds=delay) > message.wanted_at + GIVE_UP:
        given_up = f"Given up after {GIVE_UP.total_seconds() / 3600:.0f} hours. {reason or ''}".strip()
        return State.failed, moved(message, State.failed, given_up)
    not_before = int(now.timestamp()) + delay
    actions = [
        *moved(message, State.queued, reason),
        Message.retries.set(Message.retries + 1),
        Message.not_before.set(not_before),
        Message.due_shard.set(shard(outbox.key_of(message).message)),
        Message.due_at.set(outbox.due_after(not_before)),
    ]
    return State.queued, actions


def _write(message: Message, number: int, answer: Answer, alternatives: int) -> State:
    attempts = settled(message.attempts, number, answer, clock.now())
    before = State(message.state)
    state = state_of(_own(message, answer) if before in ANSWERABLE else before, attempts)
    actions: list[Action] = []
    delay = _delay(message, answer, alternatives)
    if state is State.queued:
        state, actions = back_in_queue(message, delay, answer.words)
    elif state is not before:
        actions = moved(message, state, answer.words if state is not State.sent else None)
    else:
        actions = [Message.version.set(Message.version + 1)]
    steps: list[Step] = [
        Update(
            item=message,
            actions=[*actions, Message.attempts.set(attempts)],
            condition=Message.version == message.version,
            otherwise=Changed(),
        )
    ]
    if state is not before:
        steps += outbox.recorded(message, state, **_told(attempts, number))
    other = other_channel.instead(message, state) if state is not before else other_channel.Instead()
    commit([*steps, *_findable(message, attempts, number), *other.steps])
    if state is State.queued:
        outbox.enqueue_soon(outbox.key_of(message), delay)
    outbox.enqueue(other.keys)
    return state


def _told(attempts: Sequence[Attempt], number: int) -> dict[str, str | int | None]:
    """An attempt as the account's history tells it. An inherited gateway is its owner's affair."""
    attempt = attempts[number - 1]
    return {"attempt": number, "outcome": attempt.outcome, "code": attempt.code, "words": attempt.words}


def _own(message: Message, answer: Answer) -> State:
    """What the answer alone makes of the message. A test is not repeated."""
    after = AFTER[answer.outcome]
    return State.failed if after is State.queued and message.account_id == TEST else after


def _delay(message: Message, answer: Answer, alternatives: int) -> int:
    if answer.trouble is Trouble.sender and len(message.attempts) < SENDERS:
        return 0  # another sender, or another gateway
    another = bool(alternatives) and len(message.attempts) <= alternatives + 1
    if another and not answer.throttled and answer.retry_after is None:
        return 0  # another gateway
    return pause(int(message.retries), answer.retry_after, jitter())


def _findable(message: Message, attempts: Sequence[Attempt], number: int) -> list[Put]:
    """Some providers' receipts name only their own id."""
    found = []
    for attempt in attempts:
        for provider_id in attempt.provider_ids if attempt.number == number else ():
            item = ProviderId(
                pk=provider_id_key(owner_of(attempt.kind, attempt.gateway), provider_id),
                sk="-",
                tenant=message.tenant,
                account_id=message.account_id,
                message=outbox.key_of(message).message,
                attempt=number,
            )
            found.append(Put(item=item))
    return found
