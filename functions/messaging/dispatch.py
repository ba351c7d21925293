"""Sends one message: claim, prepare, take its turn, begin, ask the provider, settle. At most one of all workers comes
past `begin`.

A crash before `begin` costs a lease and nothing else. From `begin` on the provider may have been asked: whoever finds
the message in `sending` after its lease makes it `unknown`, and it is not sent again unless its plan says so."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from functions.activation import links
from functions.common import clock, ids
from functions.common.errors import NotReady
from functions.common.observability import logger
from functions.common.table import update
from functions.common.transaction import Step, Update, commit
from functions.messaging import (
    caps,
    gateway_choice,
    health,
    other_channel,
    outbox,
    rates,
    send_limits,
    settle,
)
from functions.messaging.gateway_choice import Choice
from functions.messaging.gateway_fields import Gateway
from functions.messaging.gateways import Answer, Channel, Outcome, daily_limit_of
from functions.messaging.kinds import NOTICES, WHILE_LIVE
from functions.messaging.lines import Broken, Line, Prepared, open_line
from functions.messaging.models import PREFIX, Message, Reserved, message_key, moved, shard
from functions.messaging.outbox import MessageKey
from functions.messaging.plan import quiet_until
from functions.messaging.prepare import Pointless, prepare
from functions.messaging.state import LEASE, MOST_ATTEMPTS, Attempt, State, pause
from functions.messaging.trial_tenants import keeps
from functions.tenants import tenants
from functions.tenants.tenants import TenantFields

EARLY: Final = 5  # seconds: the queue's clock and ours may differ


class NotOurs(Exception):
    """Another worker has it, or it needs no sending any more."""


class Turn(NamedTuple):
    """A gateway that may be asked at its moment."""

    choice: Choice
    line: Line
    moment: rates.Moment


class NoTurn(Exception):
    """No gateway may be asked now; one may in so many seconds, or at `until`."""

    def __init__(self, reason: str, seconds: float | None = None, until: datetime | None = None) -> None:
        self.reason, self.seconds, self.until = reason, seconds, until
        super().__init__(reason)


def dispatch(wanted: MessageKey) -> State | None:
    """Does what a message's time has come for: sends it, if nobody else does, or asks what became of it.

    Returns its state, or None when there was nothing to do."""
    try:
        message = _claim(wanted)
    except NotOurs:
        from functions.messaging import inquire  # few entries have nothing to send

        return inquire.inquire(wanted)
    try:
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
    if message.plan.quiet is not None and (loud := quiet_until(message.plan.quiet, clock.now())) is not None:
        return _hold(message, loud, "Quiet hours.")
    try:
        prepared = prepare(message)
    except Pointless as pointless:
        return _end(message, pointless.state, pointless.reason)
    except NotReady as gap:
        return _wait(message, gap.message)
    tenant = tenants.get(message.tenant).fields
    if tenant.closed:
        return _end(message, State.cancelled, "The tenant is closed.")
    if keeps(tenant, prepared.to):
        return _keep(message, prepared)
    if len(message.attempts) >= MOST_ATTEMPTS:
        return _end(message, State.failed, f"Given up after {MOST_ATTEMPTS} attempts.")
    choices = gateway_choice.usable(
        message.tenant, Channel(message.channel), message.sk, prepared.country, message.attempts
    )
    try:
        turn = _turn(message, choices)
        reserved = _reserved(message, tenant, turn, prepared)
    except send_limits.TooManyNotices as many:
        return _end(message, State.cancelled, str(many))
    except NoTurn as no:
        if no.until is not None:
            return _hold(message, no.until, no.reason)
        if no.seconds is not None:
            return _defer(message, no.seconds)
        if _told_elsewhere(message):
            return _end(message, State.failed, no.reason)
        return _wait(message, no.reason)
    rates.nearly(turn.moment)
    return _send(message, turn, prepared, reserved, alternatives=len(choices) - 1)


def _turn(message: Message, choices: Sequence[Choice]) -> Turn:
    """The first gateway of the lowest order that can be asked soon. Raises NoTurn."""
    soonest: float | None = None
    full: str | None = None
    order = None
    for choice in choices:
        if soonest is not None and choice.order != order:
            break  # one of the order before will be free: no reason to pay another
        try:
            line = open_line(choice.gateway)
        except Broken as broken:
            health.take_out(choice.gateway, str(broken))
            continue
        try:
            turn = Turn(choice, line, rates.turn(choice.gateway.id, choice.rate(line.module.RATE)))
            # Counted last: only what is sent.
            if caps.gateway_today(choice.gateway, choice.standing, daily_limit_of(line.module)):
                return turn
            full = f"The gateway {choice.gateway.fields.name} has reached its limit of the day."
        except rates.Later as later:
            soonest = min(soonest, later.seconds) if soonest is not None else later.seconds
            order = choice.order
    if soonest is not None:
        raise NoTurn("Its turn comes later.", seconds=soonest)
    if full is not None:
        raise NoTurn(full, until=caps.tomorrow())
    raise NoTurn(f"No gateway for {message.channel} works at present.")


def _reserved(message: Message, tenant: TenantFields, turn: Turn, prepared: Prepared) -> Reserved:
    """What the attempt takes from the day's limits. Raises NoTurn; TooManyNotices for one that nobody asked for."""
    if not message.attempts:
        send_limits.count_notice(message, prepared.to)
    try:
        micros = caps.price(tenant, turn.choice.gateway, prepared.country, prepared.parts)
        return caps.reserve(message.tenant, tenant, prepared.to, micros)
    except caps.AtLimit as limit:
        raise NoTurn(str(limit), until=limit.until) from None


def _send(message: Message, turn: Turn, prepared: Prepared, reserved: Reserved, alternatives: int) -> State:
    number = len(message.attempts) + 1
    line, sender = turn.line, turn.choice.sender
    receipt_url = line.receipt_url()
    try:
        _begin(message, _new_attempt(number, turn, prepared), reserved)
    except links.LinkNotLive:
        caps.release(message.tenant, reserved)
        return _end(message, State.cancelled, "Its activation link is no longer live.")
    rates.now_or_next(turn.moment)
    answer = line.send(outbox.key_of(message).reference(number), prepared, receipt_url, sender)
    _learn(line.gateway, answer)  # before the message can be taken up again
    state = settle.settle(message, number, answer, alternatives, prepared.link)
    if answer.suppress:
        from functions.messaging import receipts  # few answers say so

        receipts.leave_in_peace(message, answer)
    if answer.outcome not in (Outcome.accepted, Outcome.unknown):
        caps.release(message.tenant, reserved)
    extra = {"message_id": outbox.key_of(message).id, "attempt": number, "gateway": line.gateway.id}
    logger.info("attempted", extra={**extra, "outcome": answer.outcome, "code": answer.code, "state": state})
    return state


def _learn(gateway: Gateway, answer: Answer) -> None:
    """What the answer says of the gateway. A failure here must not cost the message its answer."""
    try:
        health.answered(gateway, answer)
    except Exception:
        logger.exception("gateway's health not noted", extra={"gateway": gateway.id})


def _begin(message: Message, attempt: Attempt, reserved: Reserved) -> None:
    """The point of no return: ours and the lease alive, and the link, where it carries one, still live.

    Raises NotOurs, LinkNotLive."""
    attempts = (*message.attempts, attempt)
    actions = [
        Message.state.set(State.sending.value),
        Message.attempts.set(attempts),
        Message.reserved.set(reserved),
        Message.version.set(Message.version + 1),
        *_lease(outbox.key_of(message).message),
    ]
    ours = _ours(message) & (Message.lease_until > clock.epoch())
    if message.link_id is None or message.kind not in WHILE_LIVE:
        update(message, actions, ours, NotOurs())
        return
    live = links.check_live(message.tenant, message.account_id, message.link_id)
    steps: list[Step] = [
        Update(item=message, actions=actions, condition=ours, otherwise=NotOurs()),
        msgspec.structs.replace(live, otherwise=links.LinkNotLive()),
    ]
    commit(steps)
    message.state, message.attempts, message.version = State.sending.value, attempts, message.version + 1


def _wait(message: Message, reason: str) -> State:
    """Nothing was asked: back to the queue, or ended when it has waited for too long."""
    delay = pause(int(message.retries), None, settle.jitter())
    state, actions = settle.back_in_queue(message, delay, reason)
    if state is State.failed:
        return _end(message, state, f"Given up. {reason}")
    commit(
        [
            Update(item=message, actions=actions, condition=_ours(message), otherwise=NotOurs()),
            *outbox.recorded(message, state, reason=reason),
        ]
    )
    outbox.enqueue_soon(outbox.key_of(message), delay)
    return state


def _hold(message: Message, until: datetime, reason: str) -> State:
    """Its time is not yet: back to the queue as if it had been wanted for then."""
    actions = outbox.held(message, until, reason)
    commit(
        [
            Update(item=message, actions=actions, condition=_ours(message), otherwise=NotOurs()),
            *outbox.recorded(message, State.queued, reason=reason, until=clock.text(until)),
        ]
    )
    outbox.enqueue_soon(outbox.key_of(message), int(until.timestamp()) - clock.epoch())
    return State.queued


def _told_elsewhere(message: Message) -> bool:
    """Whether a notice goes by the other channel rather than wait for a gateway of this one."""
    return message.kind in NOTICES and bool(other_channel.instead(message, State.failed).steps)


def _defer(message: Message, seconds: float) -> State:
    """Its gateway is busy: out of the queue until its turn. No event of its life."""
    delay = max(int(seconds), 1)
    until = clock.now() + timedelta(seconds=delay)
    update(message, outbox.held(message, until, "Its gateway is busy."), _ours(message), NotOurs())
    outbox.enqueue_soon(outbox.key_of(message), delay)
    return State.queued


def _keep(message: Message, prepared: Prepared) -> State:
    """A trial tenant's message to somebody who is not on its guest list."""
    settle.begin_life(message, prepared.link)
    reason = "The tenant is on trial: kept in its inbox, sent to nobody."
    step = Update(
        item=message, actions=moved(message, State.kept, reason), condition=_ours(message), otherwise=NotOurs()
    )
    commit([step, *outbox.recorded(message, State.kept, parts=prepared.parts)])
    return State.kept


def _end(message: Message, state: State, reason: str) -> State:
    step = Update(item=message, actions=moved(message, state, reason), condition=_ours(message), otherwise=NotOurs())
    other = other_channel.instead(message, state)
    commit([step, *outbox.recorded(message, state, reason=reason), *other.steps])
    outbox.enqueue(other.keys)
    return state


def _ours(message: Message) -> Condition:
    ours: Condition = (Message.state == State.claimed.value) & (Message.owner == message.owner)
    return ours


def _lease(message: str) -> list[Action]:
    until = clock.epoch() + LEASE
    return [Message.lease_until.set(until), Message.due_shard.set(shard(message)), Message.due_at.set(until)]


def _new_attempt(number: int, turn: Turn, prepared: Prepared) -> Attempt:
    gateway = turn.line.gateway
    return Attempt(
        number=number,
        gateway=gateway.id,
        gateway_tenant=gateway.tenant,
        kind=gateway.fields.kind,
        name=gateway.fields.name,
        sender=turn.choice.sender,
        started_at=clock.now(),
        counted_parts=prepared.parts,
    )
