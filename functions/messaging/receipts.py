"""Applies what providers report to the attempt that it is about. Reports never cause a send.

One entry of the queue is what the HTTP edge put there, or an SES event as SNS brings it. A report that comes before its
message is known waits and is tried again; one that nobody ever knows is dropped."""

import re
from typing import Final, Literal

import msgspec

from functions.accounts import unreachable
from functions.activation import links
from functions.common import aws, clock, ids, settings
from functions.common.errors import Changed, Unavailable
from functions.common.observability import count, logger
from functions.common.table import read
from functions.common.transaction import Step, Update, commit
from functions.messaging import other_channel, outbox
from functions.messaging.gateways import Answer, Channel, Delivery, Outcome, Receipt, ReceiptRefused, gateway
from functions.messaging.kinds import ACTIVATING, TEST
from functions.messaging.models import REPORT_TO_US, Message, ProviderId, moved, owner_of, provider_id_key, to_former
from functions.messaging.outbox import MessageKey
from functions.messaging.state import Attempt, State, received, state_of

PARKED: Final = 60  # seconds until a report that nobody knows is tried again
MOST_PARKED: Final = 10  # times
TRIES: Final = 6  # reports of several parts may all come at this moment

_REFERENCE: Final = re.compile(r"([A-Za-z0-9]+)-([A-Za-z0-9]+)-([A-Za-z0-9]{8})-([A-Za-z0-9])")


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """One report in the queue. `gateway` is whose address it came to, or the kind that reports into our queue."""

    receipt: Receipt
    gateway: str
    kind: str = ""  # of the gateway
    parked: int = 0


class _Nothing(msgspec.Struct):
    """The settings and secrets that events in our own queue need."""


class _Known(msgspec.Struct, frozen=True):
    """The attempt that a report is about."""

    message: Message
    attempt: Attempt


def take(body: str) -> None:
    """One entry of the queue. Raises Unavailable when it should come again."""
    for arrived in _read(body):
        if not _apply(arrived):
            _park(arrived)


def enqueue(arrived: Arrived, delay: int = 0) -> None:
    """Brings a report to the queue, to be seen after `delay` seconds."""
    body = msgspec.json.encode(arrived).decode()
    aws.client("sqs").send_message(QueueUrl=settings.setting("QUEUE_RECEIPTS"), MessageBody=body, DelaySeconds=delay)


def _read(body: str) -> list[Arrived]:
    try:
        return [msgspec.json.decode(body, type=Arrived)]
    except msgspec.MsgspecError:
        pass
    for kind in REPORT_TO_US:
        try:
            found = gateway(kind).read_receipts(Delivery(body=body.encode()), _Nothing(), _Nothing())
        except ReceiptRefused:
            continue
        return [Arrived(receipt=receipt, gateway=kind) for receipt in found]
    logger.warning("entry dropped: nobody's report")
    return []


def apply(message: Message, number: int, receipt: Receipt) -> None:
    """What a provider said, when asked, of one attempt of a message. Raises Unavailable."""
    for _ in range(TRIES):
        current = outbox.find(outbox.key_of(message))
        if current is None:
            return
        known = _Known(current, current.attempts[number - 1])
        try:
            _write(known, receipt)
        except Changed:
            continue
        _begin_life(known)
        return
    raise Unavailable


def _apply(arrived: Arrived) -> bool:
    """Whether the report's attempt is known; then it has been taken into account."""
    for _ in range(TRIES):
        known = _find(arrived)
        if known is None:
            return False
        try:
            _write(known, arrived.receipt)
        except Changed:  # the answer, or another report, at the same moment
            continue
        _begin_life(known)
        if arrived.receipt.suppress:
            leave_in_peace(known.message, arrived.receipt)
        return True
    raise Unavailable


def _find(arrived: Arrived) -> _Known | None:
    """The attempt, by our reference, else by the provider's own id; only one that went through this gateway."""
    named = _by_reference(arrived.receipt.reference) or _by_provider_id(arrived)
    if named is None:
        return None
    message = outbox.find(named[0])
    for attempt in message.attempts if message is not None else ():
        if attempt.number == named[1] and arrived.gateway in (attempt.kind, attempt.gateway):
            assert message is not None
            return _Known(message, attempt)
    return None


def _by_reference(reference: str | None) -> tuple[MessageKey, int] | None:
    match = _REFERENCE.fullmatch(reference or "")
    if match is None:
        return None
    tenant, account, message, attempt = match.groups()
    return MessageKey(tenant=tenant, account=account, message=message), ids.ALPHABET.index(attempt)


def _by_provider_id(arrived: Arrived) -> tuple[MessageKey, int] | None:
    if arrived.receipt.provider_id is None:
        return None
    owner = owner_of(arrived.kind, arrived.gateway)
    found = read(ProviderId, provider_id_key(owner, arrived.receipt.provider_id))
    if found is None:
        return None
    return MessageKey(tenant=found.tenant, account=found.account_id, message=found.message), int(found.attempt)


def _write(known: _Known, receipt: Receipt) -> None:
    """Raises Changed when the message was changed meanwhile. A report that says nothing new writes nothing."""
    message = known.message
    attempts = received(message.attempts, known.attempt.number, receipt)
    if attempts == tuple(message.attempts):
        return
    before = State(message.state)
    state = state_of(before, attempts)
    actions = moved(message, state, receipt.words if state is State.undelivered else None)
    if state is before:
        actions = [Message.version.set(Message.version + 1), Message.changed_at.set(clock.now())]
    steps: list[Step] = [
        Update(
            item=message,
            actions=[*actions, Message.attempts.set(attempts)],
            condition=Message.version == message.version,
            otherwise=Changed(),
        )
    ]
    if state is before:
        commit(steps)
        return
    steps += outbox.recorded(message, state, attempt=known.attempt.number, code=receipt.code, words=receipt.words)
    other = other_channel.instead(message, state)
    commit([*steps, *other.steps])
    outbox.enqueue(other.keys)


def _begin_life(known: _Known) -> None:
    """A report proves that the provider took the message, where its answer did not say so."""
    message = known.message
    if message.link_id is None or message.kind not in ACTIVATING:
        return
    if known.attempt.outcome is not Outcome.accepted:
        links.accepted(links.find(message.tenant, message.account_id, message.link_id), clock.now())


def leave_in_peace(message: Message, said: Receipt | Answer) -> None:
    """No more messages to this person by this channel: there is no such address, or nobody there who wants them."""
    if message.account_id != TEST and not to_former(message):
        why = said.words or said.code or "The provider says so."
        where: Literal["mobile", "email"] = "mobile" if message.channel == Channel.sms else "email"
        unreachable.note(message.tenant, message.account_id, where, why)


def _park(arrived: Arrived) -> None:
    extra = {"gateway": arrived.gateway, "reference": arrived.receipt.reference, "parked": arrived.parked}
    if arrived.parked >= MOST_PARKED:
        logger.warning("report dropped: nobody knows its message", extra=extra)
        count("ReceiptDropped")
        return
    logger.info("report parked", extra=extra)
    enqueue(msgspec.structs.replace(arrived, parked=arrived.parked + 1), PARKED)
