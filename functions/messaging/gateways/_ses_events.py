"""What SES tells of a message, as it lies in our receipts queue.

Source: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html. Identity notifications,
the older way, have `notificationType` in place of `eventType` and are otherwise alike.
"""

from typing import Final, NamedTuple

import msgspec

from functions.common import clock
from functions.messaging.gateways import Receipt, ReceiptRefused, ReceiptStatus
from functions.messaging.gateways._words import words

# What an event says of the delivery. Open, Click and Subscription say nothing of it.
STATUSES: Final[dict[str, ReceiptStatus]] = {
    "Send": ReceiptStatus.sent,
    "Delivery": ReceiptStatus.delivered,
    "DeliveryDelay": ReceiptStatus.buffered,
    "Bounce": ReceiptStatus.undelivered,
    "Complaint": ReceiptStatus.sent,  # who complains has received it; the lowest rank changes nothing
    "Reject": ReceiptStatus.undelivered,
    "Rendering Failure": ReceiptStatus.undelivered,
}
# Bounces that SES makes itself, by their sub-type: the address bounced or complained before, and nothing was sent.
SUPPRESSED: Final[dict[str, str]] = {
    "OnAccountSuppressionList": "not sent: the address is on the suppression list of this SES account",
    "Suppressed": "not sent: the address is on the suppression list of all SES",
    "UnsubscribedRecipient": "not sent: the recipient has unsubscribed",
}

TRANSIENT_BOUNCE: Final = ReceiptStatus.buffered  # mailbox full, out of office: it may have arrived, or may yet

# SES writes this, and no JSON, to a topic that has just been chosen for events.
_GREETING: Final = "Successfully validated SNS topic"


class _Header(msgspec.Struct):
    name: str = ""
    value: str | None = None


class Mail(msgspec.Struct, rename="camel"):
    message_id: str = ""
    timestamp: str | None = None
    tags: dict[str, list[str]] = {}
    headers: list[_Header] = []


class _Recipient(msgspec.Struct, rename="camel"):
    status: str | None = None
    diagnostic_code: str | None = None


class _Bounce(msgspec.Struct, rename="camel"):
    bounce_type: str | None = None
    bounce_sub_type: str | None = None
    bounced_recipients: list[_Recipient] = []
    timestamp: str | None = None


class _Complaint(msgspec.Struct, rename="camel"):
    complaint_feedback_type: str | None = None
    complaint_sub_type: str | None = None
    timestamp: str | None = None


class _Delivered(msgspec.Struct, rename="camel"):
    smtp_response: str | None = None
    timestamp: str | None = None


class _Delay(msgspec.Struct, rename="camel"):
    delay_type: str | None = None
    delayed_recipients: list[_Recipient] = []
    timestamp: str | None = None


class _Reject(msgspec.Struct):
    reason: str | None = None


class _Failure(msgspec.Struct, rename="camel"):
    error_message: str | None = None


class Event(msgspec.Struct, rename="camel"):
    event_type: str | None = None
    notification_type: str | None = None
    mail: Mail = msgspec.field(default_factory=Mail)
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None
    delivery: _Delivered | None = None
    delivery_delay: _Delay | None = None
    reject: _Reject | None = None
    failure: _Failure | None = None

    @property
    def kind(self) -> str:
        return self.event_type or self.notification_type or ""


class _Envelope(msgspec.Struct):
    """SNS around an event; without `Message` the body is the event itself (raw delivery)."""

    message: str | None = msgspec.field(default=None, name="Message")


class _Told(NamedTuple):
    """The part of an event that differs by kind."""

    code: tuple[str | None, ...] = ()
    words: tuple[str | None, ...] = ()
    at: str | None = None


def read_event(body: bytes) -> Event | None:
    """The event in a queue's body, or None when SES only greets. Raises ReceiptRefused when it is neither."""
    try:
        enveloped = msgspec.json.decode(body, type=_Envelope).message
    except (ValueError, RecursionError) as problem:
        raise ReceiptRefused("not an event of SES") from problem
    return event_in(body if enveloped is None else enveloped)


def event_in(told: str | bytes) -> Event | None:
    """As `read_event`, of what SES itself wrote."""
    if isinstance(told, str) and told.startswith(_GREETING):
        return None
    try:
        return msgspec.json.decode(told, type=Event)
    except (ValueError, RecursionError) as problem:
        raise ReceiptRefused("not an event of SES") from problem


def receipt(event: Event, reference: str | None) -> Receipt | None:
    """What an event changes; None when it tells nothing of the delivery."""
    status = STATUSES.get(event.kind)
    if status is None or not event.mail.message_id:
        return None
    bounce = event.bounce
    if bounce is not None and bounce.bounce_type == "Transient" and bounce.bounce_sub_type not in SUPPRESSED:
        status = TRANSIENT_BOUNCE
    told = _told(event)
    return Receipt(
        reference=reference,
        provider_id=event.mail.message_id,
        status=status,
        code="/".join(part for part in (event.kind, *told.code) if part),
        words=words(" · ".join(part for part in told.words if part)),
        suppress=event.complaint is not None or (bounce is not None and status is ReceiptStatus.undelivered),
        at=clock.normal(told.at or event.mail.timestamp),
    )


def _told(event: Event) -> _Told:
    match event:
        case Event(bounce=_Bounce() as bounce):
            diagnoses = tuple(recipient.diagnostic_code or recipient.status for recipient in bounce.bounced_recipients)
            said = (SUPPRESSED.get(bounce.bounce_sub_type or ""), *diagnoses)
            return _Told((bounce.bounce_type, bounce.bounce_sub_type), said, bounce.timestamp)
        case Event(complaint=_Complaint() as complaint):
            code = (complaint.complaint_feedback_type, complaint.complaint_sub_type)
            return _Told(code, ("the recipient complained about this message",), complaint.timestamp)
        case Event(delivery_delay=_Delay() as delay):
            diagnoses = tuple(recipient.diagnostic_code or recipient.status for recipient in delay.delayed_recipients)
            return _Told((delay.delay_type,), diagnoses, delay.timestamp)
        case Event(delivery=_Delivered() as delivered):
            return _Told((), (delivered.smtp_response,), delivered.timestamp)
        case Event(reject=_Reject() as reject):
            return _Told((), (reject.reason,))
        case Event(failure=_Failure() as failure):
            return _Told((), (failure.error_message,))
        case _:
            return _Told()
