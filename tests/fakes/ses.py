"""Amazon SES: the events it publishes, for an emulator that takes mail and tells nothing of it; and the API itself.

`Watch` reads the mailbox of the embedded AWS and publishes what SES would. `Ses` is the calls of the API that are used,
for tests that need its errors or its silence, and the address of an SNS topic; the recipient's local part chooses:

    throttle@ daily@ suspended@ paused@ unverified@ rejected@ invalid@ denied@ unavailable@    refused, with SES's error
    no-answer@ reset@ truncated@                                                               taken, and then that
    the mailbox simulator's addresses, and anybody else                                        taken; events follow

Events: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html
Simulator: https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
"""

import itertools
import json
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Annotated, Literal, NamedTuple

import msgspec
import urllib3

from tests.fakes.records import LONGEST_WAIT, Recorded, Records, Report, timestamp
from tests.fakes.sns import Topic
from tests.fakes.wire import HttpReply, HttpRequest, Manner

Publish = Callable[[str], object]  # takes the event's JSON

POLL_SECONDS = 0.2

# Local part at simulator.amazonses.com -> the events that follow Send
SIMULATOR: Mapping[str, Sequence[str]] = {
    "success": ("Delivery",),
    "bounce": ("Bounce",),
    "ooto": ("Delivery", "Transient bounce"),
    "complaint": ("Delivery", "Complaint"),
    "suppressionlist": ("Suppressed",),
}
WORDS = {
    "bounce": "bounces for good",
    "ooto": "delivered, then an out-of-office reply",
    "complaint": "delivered, then marked as spam",
    "suppressionlist": "on the suppression list",
}


class Error(NamedTuple):
    status: int
    code: str
    message: str


ERRORS = {
    "throttle": Error(429, "TooManyRequestsException", "Maximum sending rate exceeded."),
    "daily": Error(400, "LimitExceededException", "Daily message quota exceeded."),
    "suspended": Error(400, "AccountSuspendedException", "The account's ability to send email is disabled."),
    "paused": Error(400, "SendingPausedException", "Email sending is disabled for the configuration set."),
    "unverified": Error(400, "MessageRejected", "Email address is not verified: someone@example.net"),
    "rejected": Error(400, "MessageRejected", "Message contains a virus."),
    "invalid": Error(400, "BadRequestException", "Illegal address"),
    "denied": Error(403, "AccessDeniedException", "User is not authorized to perform: ses:SendEmail"),
    "unavailable": Error(503, "ServiceUnavailable", "Service is unavailable"),
}
# What an operator may have reported of any mail.
STATUSES = ("Delivery", "DeliveryDelay", "Bounce", "Transient bounce", "Suppressed", "Complaint", "Reject")
TAKEN_BUT = {"no-answer": Manner.silence, "reset": Manner.reset, "truncated": Manner.whole}


def events_for(message: Recorded, tags: Mapping[str, str]) -> list[dict[str, object]]:
    """Everything SES publishes about a message in the course of time."""
    return [event(kind, message, tags) for kind in ("Send", *_fate(message.to))]


def event(kind: str, message: Recorded, tags: Mapping[str, str]) -> dict[str, object]:
    """One event in its documented shape; `kind` is an eventType, or one of the two bounces of their own."""
    now = timestamp()
    mail = {
        "timestamp": message.at,
        "source": message.sender,
        "sourceArn": "arn:aws:ses:eu-west-1:000000000000:identity/example.net",
        "sendingAccountId": "000000000000",
        "messageId": message.provider_ids[0],
        "destination": [message.to],
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in message.headers.items()],
        "commonHeaders": {"from": [message.sender], "to": [message.to], "subject": message.subject},
        "tags": {
            "ses:operation": ["SendEmail"],
            "ses:from-domain": [parseaddr(message.sender)[1].rpartition("@")[2]],
            "ses:caller-identity": ["dialready"],
            **{name: [value] for name, value in tags.items()},
        },
    }
    match kind:
        case "Send":
            told: dict[str, object] = {"send": {}}
        case "Delivery":
            told = {
                "delivery": {
                    "timestamp": now,
                    "processingTimeMillis": 546,
                    "recipients": [message.to],
                    "smtpResponse": "250 2.6.0 Message received",
                    "reportingMTA": "a8-53.smtp-out.amazonses.com",
                }
            }
        case "Bounce" | "Transient bounce" | "Suppressed":
            told = {"bounce": _bounce(kind, message.to, now)}
        case "Complaint":
            told = {
                "complaint": {
                    "complainedRecipients": [{"emailAddress": message.to}],
                    "timestamp": now,
                    "feedbackId": secrets.token_hex(16),
                    "complaintSubType": None,
                    "complaintFeedbackType": "abuse",
                    "userAgent": "Amazon SES Mailbox Simulator",
                    "arrivalDate": now,
                }
            }
        case "DeliveryDelay":
            told = {
                "deliveryDelay": {
                    "timestamp": now,
                    "delayType": "TransientCommunicationFailure",
                    "expirationTime": now,
                    "delayedRecipients": [
                        {"emailAddress": message.to, "status": "4.4.1", "diagnosticCode": "smtp; 421 4.4.1 no answer"}
                    ],
                }
            }
        case "Reject":
            told = {"reject": {"reason": "Bad content"}}
        case "Rendering Failure":
            told = {"failure": {"templateName": "none", "errorMessage": "Attribute 'name' is not present"}}
        case _:
            raise ValueError(kind)
    return {"eventType": "Bounce" if "bounce" in told else kind, "mail": mail, **told}


def _bounce(kind: str, to: str, now: str) -> dict[str, object]:
    recipient = {"emailAddress": to}
    if kind == "Suppressed":
        types = ("Permanent", "OnAccountSuppressionList")
    elif kind == "Transient bounce":
        types = ("Transient", "General")
        recipient |= {"action": "failed", "status": "4.2.0", "diagnosticCode": "smtp; 452 4.2.0 out of office"}
    else:
        types = ("Permanent", "General")
        recipient |= {"action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
    return {
        "feedbackId": secrets.token_hex(16),
        "bounceType": types[0],
        "bounceSubType": types[1],
        "bouncedRecipients": [recipient],
        "timestamp": now,
        "reportingMTA": "dsn; a8-53.smtp-out.amazonses.com",
    }


def _fate(to: str) -> Sequence[str]:
    return SIMULATOR.get(_simulated(to), ("Delivery",))


def _words(to: str) -> str:
    return WORDS.get(_simulated(to), "")


def _simulated(to: str) -> str:
    """Which of the simulator's mailboxes this is; empty for any other address."""
    local, _, domain = to.rpartition("@")
    return local.partition("+")[0] if domain == "simulator.amazonses.com" else ""


def tell(records: Records, message: Recorded, told: Mapping[str, object], publish: Publish) -> None:
    """Publish one event and note it with its message."""
    publish(json.dumps(told))
    report = Report(status=str(told["eventType"]), part=message.provider_ids[0], at=timestamp(), answered=200)
    records.report(message.id, report)


class _Kept(msgspec.Struct):
    """A mail in the mailbox of the embedded AWS."""

    message_id: str = msgspec.field(name="MessageId")
    source: str = msgspec.field(name="Source")
    to: list[str] = msgspec.field(name="To")
    subject: str = msgspec.field(name="Subject")
    text: str = msgspec.field(name="BodyText")
    html: str | None = msgspec.field(default=None, name="BodyHtml")


class _Mailbox(msgspec.Struct):
    messages: dict[str, list[_Kept]]


class Watch:
    """Looks into the mailbox of the embedded AWS again and again; records each mail once, and tells its events.

    The mailbox keeps neither tags nor headers, so these events name the message by SES's id alone."""

    def __init__(self, records: Records, endpoint_url: str, publish: Publish) -> None:
        self._records, self._publish = records, publish
        self._untold: deque[tuple[Recorded, Mapping[str, object]]] = deque()
        self._url = f"{endpoint_url.rstrip('/')}/_ministack/ses/messages"
        self._http = urllib3.PoolManager(retries=False, timeout=5)
        self._known = {part for message in records.all("email") for part in message.provider_ids}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="ses-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(LONGEST_WAIT)
        self._http.clear()

    def look(self) -> None:
        """Once. Raises what the endpoint or `publish` raises; an event that could not be published comes next time."""
        answer = self._http.request("GET", self._url)
        mailboxes = msgspec.json.decode(answer.data, type=_Mailbox).messages.values()
        for kept in itertools.chain.from_iterable(mailboxes):
            if kept.message_id not in self._known:
                self._known.add(kept.message_id)
                message = self._records.add(_from_mailbox(kept))
                self._untold.extend((message, told) for told in events_for(message, {}))
        while self._untold:
            tell(self._records, *self._untold[0], self._publish)
            self._untold.popleft()

    def _work(self) -> None:
        pause = POLL_SECONDS
        while not self._stopped.wait(pause):
            started = time.monotonic()
            with suppress(Exception):  # the embedded AWS, or who listens to the events, is starting or gone
                self.look()
            pause = max(POLL_SECONDS, 4 * (time.monotonic() - started))  # the mailbox comes whole, and grows


def _from_mailbox(kept: _Kept) -> Recorded:
    return Recorded(
        id=0,
        revision=0,
        channel="email",
        provider="ses",
        at=timestamp(),
        to=", ".join(kept.to),
        sender=kept.source,
        subject=kept.subject,
        text=kept.text,
        html=kept.html or None,
        provider_ids=(kept.message_id,),
        scenario=_words(", ".join(kept.to)),
    )


@dataclass
class Account:
    """What GetAccount tells; `refusal` is what it answers instead."""

    sending_enabled: bool = True
    enforcement_status: str = "HEALTHY"
    production_access: bool = True
    max_24_hours: float = 50_000.0
    max_rate: float = 14.0
    sent_24_hours: float = 0.0
    refusal: Error | None = None


class Attached(NamedTuple):
    """A file in a mail."""

    disposition: str
    content_id: str | None
    name: str
    content_type: str | None
    encoding: str
    content: bytes


class Ses:
    """POST /v2/email/outbound-emails, GET /v2/email/account, and what a topic of SNS answers."""

    def __init__(self, records: Records) -> None:
        self.publish: Publish | None = None  # where events go; None tells nobody
        self.account = Account()
        self.topic = Topic()
        self.attached: dict[str, tuple[Attached, ...]] = {}  # by SES's id of the mail
        self._records = records

    def serve(self, request: HttpRequest) -> HttpReply:
        if (answer := self.topic.serve(request)) is not None:
            return answer
        asked = (request.method, request.path)
        if asked not in (("POST", "/v2/email/outbound-emails"), ("GET", "/v2/email/account")):
            return _refused(Error(404, "UnknownOperationException", ""))
        if not request.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 "):
            return _refused(Error(403, "MissingAuthenticationTokenException", "Missing Authentication Token"))
        if request.method == "GET":
            return _account(self.account)
        sent = msgspec.json.decode(request.body, type=_SendEmail)
        behaviour = sent.destination.to[0].rpartition("@")[0]
        if (error := ERRORS.get(behaviour)) is not None:
            return _refused(error)
        if any(attachment.name.rpartition(".")[0] == "" for attachment in sent.content.simple.attachments):
            return _refused(Error(400, "BadRequestException", "FileName must have an extension"))
        message = self._records.add(_from_call(sent))
        self.attached[message.provider_ids[0]] = tuple(
            Attached(one.disposition, one.content_id, one.name, one.content_type, one.encoding, one.content)
            for one in sent.content.simple.attachments
        )
        body = json.dumps({"MessageId": message.provider_ids[0]}).encode()
        return HttpReply(
            body=body[:9] if behaviour == "truncated" else body,
            manner=TAKEN_BUT.get(behaviour, Manner.whole),
            afterwards=lambda: self._tell(message, {tag.name: tag.value for tag in sent.tags}),
        )

    def _tell(self, message: Recorded, tags: Mapping[str, str]) -> None:
        if self.publish is not None:
            for told in events_for(message, tags):
                tell(self._records, message, told, self.publish)


class _Data(msgspec.Struct, rename="pascal"):
    data: str


class _Header(msgspec.Struct, rename="pascal"):
    name: str
    value: str


class _Body(msgspec.Struct, rename="pascal"):
    text: _Data
    html: _Data | None = None


class _Attachment(msgspec.Struct):
    content: bytes = msgspec.field(name="RawContent")
    name: str = msgspec.field(name="FileName")
    disposition: Literal["ATTACHMENT", "INLINE"] = msgspec.field(default="ATTACHMENT", name="ContentDisposition")
    content_id: Annotated[str, msgspec.Meta(min_length=1, max_length=78)] | None = msgspec.field(
        default=None, name="ContentId"
    )
    content_type: str | None = msgspec.field(default=None, name="ContentType")
    encoding: Literal["BASE64", "QUOTED_PRINTABLE", "SEVEN_BIT"] = msgspec.field(
        default="SEVEN_BIT", name="ContentTransferEncoding"
    )


class _Simple(msgspec.Struct, rename="pascal"):
    subject: _Data
    body: _Body
    headers: list[_Header] = []
    attachments: list[_Attachment] = []


class _Content(msgspec.Struct, rename="pascal"):
    simple: _Simple


class _Destination(msgspec.Struct):
    to: list[str] = msgspec.field(name="ToAddresses")


class _SendEmail(msgspec.Struct, rename="pascal"):
    from_email_address: str
    destination: _Destination
    content: _Content
    configuration_set_name: str | None = None
    tags: list[_Header] = msgspec.field(default_factory=list, name="EmailTags")


def _from_call(sent: _SendEmail) -> Recorded:
    simple = sent.content.simple
    headers = {header.name: header.value for header in simple.headers}
    return Recorded(
        id=0,
        revision=0,
        channel="email",
        provider="ses",
        at=timestamp(),
        to=sent.destination.to[0],
        sender=sent.from_email_address,
        subject=simple.subject.data,
        text=simple.body.text.data,
        html=None if simple.body.html is None else simple.body.html.data,
        headers=headers,
        reference=headers.get("X-DialReady-Reference"),
        provider_ids=(f"{secrets.token_hex(8)}-{secrets.token_hex(18)}-000000",),
        account=sent.configuration_set_name or "",
        scenario=_words(sent.destination.to[0]),
    )


def _account(account: Account) -> HttpReply:
    if account.refusal is not None:
        return _refused(account.refusal)
    told = {
        "DedicatedIpAutoWarmupEnabled": False,
        "EnforcementStatus": account.enforcement_status,
        "ProductionAccessEnabled": account.production_access,
        "SendQuota": {
            "Max24HourSend": account.max_24_hours,
            "MaxSendRate": account.max_rate,
            "SentLast24Hours": account.sent_24_hours,
        },
        "SendingEnabled": account.sending_enabled,
    }
    return HttpReply(body=json.dumps(told).encode())


def _refused(error: Error) -> HttpReply:
    body = json.dumps({"message": error.message}).encode()
    return HttpReply(error.status, body=body, headers={"x-amzn-ErrorType": error.code})
