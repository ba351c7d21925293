"""Messages as operators see them: never their text, their address or their link."""

from datetime import UTC, datetime

import msgspec

from functions.common.types import Id, Moment
from functions.messaging.gateways import Channel, Outcome
from functions.messaging.models import PREFIX, Message
from functions.messaging.state import Attempt, Report, State


class AttemptView(msgspec.Struct, frozen=True, kw_only=True):
    """One time that a provider was asked. An inherited gateway, and what it costs, stay its owner's."""

    number: int
    gateway_id: Id | None
    gateway_name: str | None
    inherited: bool
    sender: str | None
    outcome: Outcome | None
    code: str | None
    words: str | None
    parts: int | None
    price: str | None
    currency: str | None
    started_at: Moment
    answered_at: Moment | None
    reports: list[Report]


class MessageView(msgspec.Struct, frozen=True, kw_only=True):
    """A message, its state, and each attempt at sending it. `reason` says why it waits, failed or was cancelled;
    `waits_for` what may make it go before `next_attempt_at`."""

    id: Id
    account_id: Id
    kind: str
    channel: Channel
    link_id: Id | None
    state: State
    reason: str | None
    created_at: Moment
    changed_at: Moment
    next_attempt_at: Moment | None
    waits_for: str | None
    sent_at: Moment | None
    delivered_at: Moment | None
    attempts: list[AttemptView]


def show(message: Message) -> MessageView:
    state = State(message.state)
    return MessageView(
        id=f"{message.account_id}-{message.sk.removeprefix(PREFIX)}",
        account_id=message.account_id,
        kind=message.kind,
        channel=Channel(message.channel),
        link_id=message.link_id,
        state=state,
        reason=message.reason,
        created_at=message.created_at,
        changed_at=message.changed_at,
        next_attempt_at=_moment(int(message.not_before)) if state is State.queued else None,
        waits_for=message.waits_for if state is State.queued else None,
        sent_at=message.sent_at,
        delivered_at=message.delivered_at,
        attempts=[_attempt(message, attempt) for attempt in message.attempts],
    )


def _attempt(message: Message, attempt: Attempt) -> AttemptView:
    inherited = attempt.gateway_tenant != message.tenant
    return AttemptView(
        number=attempt.number,
        gateway_id=None if inherited else attempt.gateway,
        gateway_name=None if inherited else attempt.name or None,
        inherited=inherited,
        sender=attempt.sender,
        outcome=attempt.outcome,
        code=attempt.code,
        words=attempt.words,
        parts=attempt.parts,
        price=None if inherited else attempt.price,
        currency=None if inherited else attempt.currency,
        started_at=attempt.started_at,
        answered_at=attempt.answered_at,
        reports=[attempt.reports[part] for part in sorted(attempt.reports)],
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
