"""What AWS End User Messaging SMS tells of a message, as it lies in our receipts queue.

Sources: https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html and
https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-types.html
"""

import math
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import msgspec

from functions.common import clock
from functions.messaging.gateways import Receipt, ReceiptRefused, ReceiptStatus
from functions.messaging.gateways._words import words

REFERENCE: Final = "reference"  # the name of our reference in a message's context

# `eventType`. The carrier's acceptance is no delivery, though in some countries nothing better ever comes.
STATUSES: Final[dict[str, ReceiptStatus]] = {
    "TEXT_QUEUED": ReceiptStatus.sent,
    "TEXT_PENDING": ReceiptStatus.sent,
    "TEXT_SENT": ReceiptStatus.sent,
    "TEXT_SUCCESSFUL": ReceiptStatus.sent,  # the carrier has taken it
    "TEXT_DELIVERED": ReceiptStatus.delivered,
    "TEXT_BLOCKED": ReceiptStatus.undelivered,  # the phone refuses, or AWS does
    "TEXT_CARRIER_BLOCKED": ReceiptStatus.undelivered,
    "TEXT_CARRIER_UNREACHABLE": ReceiptStatus.undelivered,
    "TEXT_INVALID": ReceiptStatus.undelivered,  # the number
    "TEXT_INVALID_MESSAGE": ReceiptStatus.undelivered,
    "TEXT_PROTECT_BLOCKED": ReceiptStatus.undelivered,  # by our own protect configuration
    "TEXT_SPAM": ReceiptStatus.undelivered,
    "TEXT_TTL_EXPIRED": ReceiptStatus.undelivered,
    "TEXT_UNREACHABLE": ReceiptStatus.undelivered,
    "TEXT_UNKNOWN": ReceiptStatus.sent,  # nothing was heard for 72 hours: AWS took it, no more is known
}

CURRENCY: Final = "USD"
MOST: Final = 1000.0  # US dollars; a price beyond it is none

_OURS: Final = re.compile(r"(TEXT|VOICE|MEDIA|RCS)_[A-Z_]{1,60}")
_ID: Final = re.compile(r"[\x21-\x7e]{1,100}")


class Event(msgspec.Struct, rename="camel"):
    """Of the fields that only tell more, any type is taken: a report is not lost over one of them."""

    event_type: str
    message_id: str
    context: msgspec.Raw = msgspec.Raw(b"null")
    is_final: msgspec.Raw = msgspec.Raw(b"null")
    event_timestamp: msgspec.Raw = msgspec.Raw(b"null")
    message_status_description: msgspec.Raw = msgspec.Raw(b"null")
    total_message_parts: msgspec.Raw = msgspec.Raw(b"null")
    total_message_price: msgspec.Raw = msgspec.Raw(b"null")
    total_carrier_fee: msgspec.Raw = msgspec.Raw(b"null")


class _Envelope(msgspec.Struct):
    """SNS around an event; without `Message` the body is the event itself (raw delivery)."""

    message: str | None = msgspec.field(default=None, name="Message")


def read_event(body: bytes) -> Event:
    """The event in a queue's body. Raises ReceiptRefused when it is none of this service's."""
    try:
        enveloped = msgspec.json.decode(body, type=_Envelope).message
        event = msgspec.json.decode(body if enveloped is None else enveloped, type=Event)
    except (ValueError, RecursionError) as problem:
        raise ReceiptRefused("not an event of AWS End User Messaging") from problem
    if not _OURS.fullmatch(event.event_type):
        raise ReceiptRefused("not an event of AWS End User Messaging")
    return event


def receipt(event: Event) -> Receipt | None:
    """What an event changes; None when it tells nothing of the delivery of an SMS."""
    status = STATUSES.get(event.event_type)
    if status is None or not _ID.fullmatch(event.message_id):
        return None
    if status is ReceiptStatus.undelivered and _value(event.is_final) is False:
        status = ReceiptStatus.buffered  # it may yet arrive
    price = _price(event)
    return Receipt(
        reference=_reference(event),
        provider_id=event.message_id,
        status=status,
        code=event.event_type,
        words=words(_text(event.message_status_description)),
        at=_moment(event),
        parts=_parts(event),
        price=price,
        currency=None if price is None else CURRENCY,
    )


def _value(raw: msgspec.Raw) -> object:
    try:
        value: object = msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        return None
    return value


def _text(raw: msgspec.Raw) -> str:
    value = _value(raw)
    return value if isinstance(value, str) else ""


def _number(raw: msgspec.Raw) -> float | None:
    value = _value(raw)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _reference(event: Event) -> str | None:
    context = _value(event.context)
    reference = context.get(REFERENCE) if isinstance(context, dict) else None
    return reference if isinstance(reference, str) and _ID.fullmatch(reference) else None


def _parts(event: Event) -> int | None:
    parts = _number(event.total_message_parts)
    return int(parts) if parts is not None and 1 <= parts <= 100 else None


def _price(event: Event) -> str | None:
    """All that AWS charges: its own price and the carrier's fee, of all parts."""
    price, fee = _number(event.total_message_price), _number(event.total_carrier_fee) or 0.0
    if price is None or not 0 <= price <= MOST or not 0 <= fee <= MOST:
        return None
    return f"{Decimal(repr(price)) + Decimal(repr(fee)):f}"


def _moment(event: Event) -> str | None:
    """From milliseconds since 1970."""
    milliseconds = _number(event.event_timestamp)
    try:
        return None if milliseconds is None else clock.text(datetime.fromtimestamp(milliseconds / 1000, UTC))
    except (ValueError, OverflowError, OSError):
        return None
