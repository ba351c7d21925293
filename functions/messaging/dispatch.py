"""Sends one message: claim, prepare, begin, ask the provider, settle. At most one of all workers comes past `begin`.

A crash before `begin` costs a lease and nothing else. From `begin` on the provider may have been asked: whoever finds
the message in `sending` after its lease makes it `unknown`, and nobody sends it again."""

import dataclasses
from typing import Final

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from functions.activation import links
from functions.common import clock, ids
from functions.common.errors import NotReady
from functions.common.observability import logger
from functions.common.table import update
from functions.common.transaction import Step, Update, commit
from functions.messaging import gateway_choice, outbox, settle
from functions.messaging.gateway_fields import Gateway
from functions.messaging.gateways import Channel, Outcome
from functions.messaging.lines import Broken, Line, Prepared, open_line
from functions.messaging.models import PREFIX, Message, message_key, moved, shard
from functions.messaging.outbox import MessageKey
from functions.messaging.prepare import Pointless, prepare
from functions.messaging.state import LEASE, MOST_ATTEMPTS, Attempt, State, pause

EARLY: Final = 5  # seconds: the queue's clock and ours may differ


class NotOurs(Exception):
    """Another worker has it, or it needs no sending any more."""


def dispatch(wanted: MessageKey) -> State | None:
    """Sends a message if it is due and nobody else does; returns its state, or None when there was nothing to do."""
    try:
        message = _claim(wanted)
        return _attempt(message)
    except NotOurs:
        logger.info("nothing to send", extra={"message_id": wanted.id})
        return None


def _claim(wanted: MessageKey) -> Message:
    """Takes the message for LEASE seconds. Raises NotOurs."""
    message = Message(pk=message_key(wanted.tenant, wanted.account), sk=PREFIX + wanted.message)
    now = clock.epoch()
    free = (Message.state == State.queued.value) & (Message.not_before <= now + EARLY)
    abandoned = (Message.state == State.claimed.value) & (Message.lease_until < now)
    actions = [
        Message.state.set(State.claimed.value),
        Message.owner.set(ids.new_id()),
        Message.version.set(Message.version + 1),
        *_lease(wanted.message),
    ]
    update(message, actions, free | abandoned, NotOurs())
    return message


def _attempt(message: Message) -> State:
    try:
        prepared = prepare(message)
    except Pointless as pointless:
        return _end(message, pointless.state, pointless.reason)
    except NotReady as gap:
        return _wait(message, gap.message)
    tried = [attempt.gateway for attempt in message.attempts]
    choices = gateway_choice.usable(message.tenant, Channel(message.channel), message.sk, tried)
    for position, gateway in enumerate(choices):
        try:
            line = open_line(gateway)
        except Broken as broken:
            gateway_choice.take_out(gateway, str(broken))
            continue
        return _send(message, line, prepared, alternatives=len(choices) - position - 1)
    return _wait(message, f"No gateway for {message.channel} works at present.")


def _send(message: Message, line: Line, prepared: Prepared, alternatives: int) -> State:
    number = len(message.attempts) + 1
    if number > MOST_ATTEMPTS:
        return _end(message, State.failed, f"Given up after {MOST_ATTEMPTS} attempts.")
    receipt_url = line.receipt_url()
    try:
        _begin(message, _new_attempt(number, line.gateway, prepared))
    except links.LinkNotLive:
        return _end(message, State.cancelled, "Its activation link is no longer live.")
    answer = line.send(outbox.key_of(message).reference(number), prepared, receipt_url)
    if answer.outcome is Outcome.rejected_config:  # before the message can be taken up again
        gateway_choice.refused(line.gateway, answer)
    elif answer.outcome is Outcome.accepted:
        gateway_choice.worked(line.gateway)
    state = settle.settle(message, number, answer, alternatives)
    extra = {"message_id": outbox.key_of(message).id, "attempt": number, "gateway": line.gateway.id}
    logger.info("attempted", extra={**extra, "outcome": answer.outcome, "code": answer.code, "state": state})
    return state


def _begin(message: Message, attempt: Attempt) -> None:
    """The point of no return: ours and the lease alive, and the link, where it carries one, still live.

    Raises NotOurs, LinkNotLive."""
    attempts = (*message.attempts, attempt)
    actions = [
        Message.state.set(State.sending.value),
        Message.attempts.set(attempts),
        Message.version.set(Message.version + 1),
        *_lease(outbox.key_of(message).message),
    ]
    ours = _ours(message) & (Message.lease_until > clock.epoch())
    if message.link_id is None:
        update(message, actions, ours, NotOurs())
        return
    live = links.check_live(message.tenant, message.account_id, message.link_id)
    steps: list[Step] = [
        Update(item=message, actions=actions, condition=ours, otherwise=NotOurs()),
        dataclasses.replace(live, otherwise=links.LinkNotLive()),
    ]
    commit(steps)
    message.state, message.attempts, message.version = State.sending.value, attempts, message.version + 1


def _wait(message: Message, reason: str) -> State:
    """Nothing was asked: back to the queue, or ended when it has waited for too long."""
    delay = pause(int(message.retries), None, settle.jitter())
    state, actions = settle.back_in_queue(message, delay, reason)
    steps: list[Step] = [Update(item=message, actions=actions, condition=_ours(message), otherwise=NotOurs())]
    commit([*steps, *outbox.recorded(message, state, reason=reason)])
    if state is State.queued:
        outbox.enqueue_soon(outbox.key_of(message), delay)
    return state


def _end(message: Message, state: State, reason: str) -> State:
    step = Update(item=message, actions=moved(message, state, reason), condition=_ours(message), otherwise=NotOurs())
    commit([step, *outbox.recorded(message, state, reason=reason)])
    return state


def _ours(message: Message) -> Condition:
    ours: Condition = (Message.state == State.claimed.value) & (Message.owner == message.owner)
    return ours


def _lease(message: str) -> list[Action]:
    until = clock.epoch() + LEASE
    return [Message.lease_until.set(until), Message.due_shard.set(shard(message)), Message.due_at.set(until)]


def _new_attempt(number: int, gateway: Gateway, prepared: Prepared) -> Attempt:
    return Attempt(
        number=number,
        gateway=gateway.id,
        gateway_tenant=gateway.tenant,
        kind=gateway.fields.kind,
        started_at=clock.now(),
        counted_parts=prepared.parts,
    )
