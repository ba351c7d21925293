"""What became of a message whose answer was lost: its provider is asked where it can be, a few times, and then, where
the plan says so, the message is sent once more."""

from contextlib import suppress
from typing import Final

from functions.common import clock
from functions.common.errors import Changed
from functions.common.observability import logger
from functions.common.table import update
from functions.common.transaction import Step, Update, commit
from functions.messaging import outbox, receipts
from functions.messaging.gateway_accounts import GATEWAYS
from functions.messaging.gateways import Outcome, Receipt
from functions.messaging.lines import Broken, open_line
from functions.messaging.models import Message, done_with, inquiring, shard
from functions.messaging.outbox import MessageKey
from functions.messaging.state import INQUIRIES, State

REASON: Final = "Nobody knows whether it was sent: it is sent once more."


def inquire(wanted: MessageKey) -> State | None:
    """Asks, if the message is unknown and due for it. Its state; None when there was nothing to ask."""
    message = outbox.find(wanted)
    if message is None or message.state != State.unknown.value or message.due_at is None:
        return None
    if message.due_at > clock.epoch() + 5:
        return State.unknown
    try:
        message.inquiries += 1
        update(
            message,
            [Message.inquiries.set(message.inquiries), *inquiring(message)],
            (Message.state == State.unknown.value) & (Message.due_at == message.due_at),
            Changed(),
        )
    except Changed:  # another worker asks, or a report was faster
        return State.unknown
    attempt = message.attempts[-1]
    for receipt in _ask(message):
        receipts.apply(message, attempt.number, receipt)
    found = outbox.find(wanted)
    if found is None or found.state != State.unknown.value:
        return State(found.state) if found is not None else None
    if int(found.inquiries) < len(INQUIRIES):
        return State.unknown
    if found.plan.resend_unknown and _may_be_resent(found):
        return _resend(found)
    with suppress(Changed):
        update(found, done_with(), Message.state == State.unknown.value, Changed())
    return State.unknown


def _ask(message: Message) -> list[Receipt]:
    attempt = message.attempts[-1]
    gateway = GATEWAYS.find(attempt.gateway_tenant, attempt.gateway)
    if gateway is None:
        return []
    try:
        line = open_line(gateway)
    except Broken:
        return []
    found = line.poll(attempt, outbox.key_of(message).reference(attempt.number))
    extra = {"message_id": outbox.key_of(message).id, "gateway": gateway.id, "found": len(found)}
    logger.info("asked what became of it", extra=extra)
    return found


def _may_be_resent(message: Message) -> bool:
    """Only one attempt may be of which nobody knows."""
    return sum(attempt.outcome in (None, Outcome.unknown) for attempt in message.attempts) == 1


def _resend(message: Message) -> State:
    """Once more, for a message that may then be there twice: it carries the same link."""
    now = clock.epoch()
    actions = [
        Message.state.set(State.queued.value),
        Message.reason.set(REASON),
        Message.inquiries.set(0),
        Message.version.set(Message.version + 1),
        Message.changed_at.set(clock.now()),
        Message.wanted_at.set(clock.now()),
        Message.not_before.set(now),
        Message.due_shard.set(shard(outbox.key_of(message).message)),
        Message.due_at.set(now + outbox.SWEPT_AFTER),
    ]
    step: Step = Update(
        item=message,
        actions=actions,
        condition=(Message.state == State.unknown.value) & (Message.version == message.version),
        otherwise=Changed(),
    )
    try:
        commit([step, *outbox.recorded(message, State.queued, reason=REASON)])
    except Changed:
        return State.unknown
    outbox.enqueue([outbox.key_of(message)])
    return State.queued
