"""Amazon SES v2, one recipient per call: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html

SES has no idempotency token, so botocore may not retry. Reports come by SNS into our own queue, or, of an SES in
another account, by SNS to the gateway's address; they find their message by a tag that carries our reference.
"""

import re
from email.utils import formataddr
from functools import cache
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta

from functions.common import aws
from functions.common import settings as environment
from functions.messaging.gateways import (
    Answer,
    Channel,
    Delivery,
    Health,
    Image,
    Outcome,
    Outgoing,
    Receipt,
    ReceiptRefused,
    Trouble,
)
from functions.messaging.gateways._addresses import AddressRefused, read_address
from functions.messaging.gateways._ses_errors import health_by_error, health_by_failure, read_error, read_failure
from functions.messaging.gateways._ses_events import Event, event_in, read_event, receipt
from functions.messaging.gateways._sns import opened
from functions.messaging.gateways._transport import LIMITS, Limits
from functions.messaging.gateways._words import words

if TYPE_CHECKING:
    from types_boto3_sesv2 import SESV2Client
    from types_boto3_sesv2.type_defs import (
        AttachmentTypeDef,
        BodyTypeDef,
        ContentTypeDef,
        GetAccountResponseTypeDef,
        MessageTypeDef,
        SendEmailRequestTypeDef,
    )

CHANNEL: Final = Channel.email
RATE: Final = 1.0  # until `probe` has read the account's own

REFERENCE_TAG: Final = "dialready-reference"
REFERENCE_HEADER: Final = "X-DialReady-Reference"

_END: Final = r"$(?!\n)"
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

_Shown = Annotated[str, Meta(max_length=60, pattern=rf"^[^\x00-\x1f\x7f-\x9f]*{_END}")]
_SetName = Annotated[str, Meta(pattern=rf"^[A-Za-z0-9_-]{{1,64}}{_END}")]
_Topic = Annotated[
    str,
    Meta(
        pattern=rf"^arn:aws[a-z-]{{0,10}}:sns:[a-z0-9-]{{1,30}}:[0-9]{{12}}:[A-Za-z0-9_-]{{1,256}}{_END}",
        examples=["arn:aws:sns:eu-west-1:000000000000:ses-events"],
    ),
]
_Region = Annotated[str, Meta(pattern=rf"^[a-z]{{2}}(-[a-z]+)+-[0-9]{_END}", examples=["eu-west-1"])]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sender: Annotated[str, Meta(max_length=254, description="The From address; it or its domain is verified in SES")]
    sender_name: Annotated[_Shown, Meta(description="Shown beside it")] | None = None
    configuration_set: Annotated[_SetName, Meta(description="The installation's own by default")] | None = None
    region: Annotated[_Region, Meta(description="Where SES is used; ours by default")] | None = None
    events_topic: (
        Annotated[_Topic, Meta(description="Where SES tells its events when it is in another AWS account than ours")]
        | None
    ) = None

    def __post_init__(self) -> None:
        _carried(self.sender)


class Secrets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """None: the function's role may send."""


def send(message: Outgoing, settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Answer:  # noqa: ARG001
    """Send one e-mail, at most once. Never raises for anything SES or the network does."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        request = build_request(message, settings, environment.optional("SES_CONFIGURATION_SET"))
    except AddressRefused as problem:
        return Answer(outcome=Outcome.rejected_recipient, code="address", words=words(str(problem)))
    try:
        return read_answer(_client(settings.region, limits).send_email(**request).get("MessageId"))
    except ClientError as error:
        return read_error(error)
    except (BotoCoreError, ResponseParserError) as error:
        return read_failure(error)


def build_request(message: Outgoing, settings: Settings, configuration_set: str | None) -> "SendEmailRequestTypeDef":
    """The parameters of SendEmail; `configuration_set` is used when the settings name none.

    Raises AddressRefused when the recipient's address is none, or has a local part that SES cannot carry."""
    body: BodyTypeDef = {"Text": _utf8(message.text)}
    if message.html is not None:
        body["Html"] = _utf8(message.html)
    simple: MessageTypeDef = {
        "Subject": _utf8(_CONTROLS.sub(" ", message.subject)),
        "Body": body,
        "Headers": [
            {"Name": REFERENCE_HEADER, "Value": message.reference},
            {"Name": "Auto-Submitted", "Value": "auto-generated"},
        ],
    }
    if message.images:
        simple["Attachments"] = [_inline(image) for image in message.images]
    request: SendEmailRequestTypeDef = {
        # formataddr quotes the name, and encodes it (RFC 2047) when it is not ASCII.
        "FromEmailAddress": formataddr((settings.sender_name or "", _carried(settings.sender))),
        "Destination": {"ToAddresses": [_carried(message.to)]},
        "Content": {"Simple": simple},
        "EmailTags": [{"Name": REFERENCE_TAG, "Value": tag_of(message.reference)}],
    }
    if chosen := settings.configuration_set or configuration_set:
        request["ConfigurationSetName"] = chosen
    return request


def read_answer(message_id: str | None) -> Answer:
    """A whole answer has a message id, and nothing else that we need."""
    if not message_id:  # botocore takes a body that breaks off for an empty one
        return Answer(outcome=Outcome.unknown, words="SES answered without a message id")
    return Answer(outcome=Outcome.accepted, provider_ids=(message_id,))


def read_receipts(delivery: Delivery, settings: Settings, secrets: Secrets) -> list[Receipt]:  # noqa: ARG001
    """The report in one body of our receipts queue: an SNS envelope, or the event itself (raw delivery). And over HTTP,
    where anyone could send one: an SNS envelope that SNS signed, of the topic in the settings.

    Raises ReceiptRefused for a body that is no event or not SNS's, and over HTTP Unavailable (see `_sns.opened`)."""
    event = _event_over_http(delivery, settings) if delivery.headers or delivery.query else read_event(delivery.body)
    found = None if event is None else receipt(event, _reference(event))
    return [] if found is None else [found]


def probe(settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Health:  # noqa: ARG001
    """Whether SES lets us send, how fast, and how much more today. Never raises for anything SES or the network
    does."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        return read_account(_client(settings.region, limits).get_account())
    except ClientError as error:
        return health_by_error(error)
    except (BotoCoreError, ResponseParserError) as error:
        return health_by_failure(error)


def read_account(account: "GetAccountResponseTypeDef") -> Health:
    """What GetAccount says. A quota of -1 is none; when the day's is used up, SES still works."""
    sending, standing = account.get("SendingEnabled"), account.get("EnforcementStatus", "")
    if sending is None:  # an answer that broke off is an empty one for botocore
        return Health(works=None, words="SES answered without the account in it")
    works = sending and standing != "SHUTDOWN"
    quota = account.get("SendQuota", {})
    rate, most, sent = quota.get("MaxSendRate", -1), quota.get("Max24HourSend", -1), quota.get("SentLast24Hours", 0)
    if not works:
        said: str | None = "SES does not let this account send"
    elif standing == "PROBATION":
        said = "SES reviews this account: too many bounces or complaints"
    elif account.get("ProductionAccessEnabled") is False:
        said = "the account is in the sandbox: it reaches verified addresses alone"
    else:
        said = None
    return Health(
        works=works,
        trouble=None if works else Trouble.other,
        code=standing or None,
        words=said,
        rate=rate if rate > 0 else None,
        left_today=max(int(most - sent), 0) if most >= 0 else None,
    )


def _event_over_http(delivery: Delivery, settings: Settings) -> Event | None:
    if settings.events_topic is None:
        raise ReceiptRefused("SES does not report over HTTP: the gateway has no `events_topic`")
    told = opened(delivery.body, settings.events_topic)
    return None if told is None else event_in(told)


def tag_of(reference: str) -> str:
    """The reference in the characters a tag may have (A-Z a-z 0-9 - _): any other byte as `_` and two hex digits."""
    return re.sub(rb"[^A-Za-z0-9-]", lambda byte: b"_" + byte[0].hex().encode("ascii"), reference.encode()).decode(
        "ascii"
    )


def reference_of(tag: str) -> str | None:
    """The inverse of `tag_of`; None when the tag is not one of ours."""
    if not re.fullmatch(r"(?:[A-Za-z0-9-]|_[0-9a-f]{2})+", tag):
        return None
    raw = re.sub(rb"_([0-9a-f]{2})", lambda code: bytes.fromhex(code[1].decode("ascii")), tag.encode("ascii"))
    return raw.decode("utf-8", errors="replace")


def _reference(event: Event) -> str | None:
    """From the tag; from the header where an event has no tags, as identity notifications have none."""
    for tag in event.mail.tags.get(REFERENCE_TAG, []):
        if reference := reference_of(tag):
            return reference
    for header in event.mail.headers:
        if header.name.lower() == REFERENCE_HEADER.lower() and header.value:
            return header.value
    return None


def _carried(address: str) -> str:
    """The address in the form SES takes: ASCII alone. Raises AddressRefused."""
    read = read_address(address)
    if not read.local.isascii():
        raise AddressRefused("SES carries no letters beyond ASCII before the @")
    return str(read)


def _inline(image: Image) -> "AttachmentTypeDef":
    """A picture that the HTML shows as `cid:` and its name."""
    return {
        "RawContent": image.data,
        "ContentDisposition": "INLINE",
        "ContentId": image.name,
        "ContentType": image.content_type,
        "ContentTransferEncoding": "BASE64",  # by default SES takes the bytes for 7-bit text
        "FileName": f"{image.name}.{image.content_type.rpartition('/')[2].partition('+')[0]}",
    }


def _utf8(text: str) -> "ContentTypeDef":
    return {"Data": text, "Charset": "UTF-8"}


@cache
def _client(region: str | None, limits: Limits) -> "SESV2Client":
    """Made at first use; never repeats a call, which botocore does by default even after a read time-out."""
    from botocore.config import Config

    config = Config(connect_timeout=limits.connect, read_timeout=limits.read, retries={"total_max_attempts": 1})
    client: SESV2Client = aws.session().create_client("sesv2", region_name=region, config=config)
    return client


def forget() -> None:
    """In tests, when the world is made anew."""
    _client.cache_clear()
