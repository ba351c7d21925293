"""Amazon SES v2, one recipient per call: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html

SES has no idempotency token, so botocore may not retry. Reports come by SNS into our own queue, never over HTTP; they
find their message by a tag that carries our reference.
"""

import re
import ssl
from email.utils import formataddr
from functools import cache
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta

from functions.common import settings as environment
from functions.messaging.gateways import (
    Answer,
    Channel,
    Delivery,
    Outcome,
    Outgoing,
    Receipt,
    ReceiptRefused,
)
from functions.messaging.gateways._addresses import AddressRefused, read_address
from functions.messaging.gateways._ses_events import Event, read_event, receipt
from functions.messaging.gateways._transport import LIMITS, Limits
from functions.messaging.gateways._words import words

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from types_boto3_sesv2 import SESV2Client
    from types_boto3_sesv2.type_defs import BodyTypeDef, ContentTypeDef, SendEmailRequestTypeDef

CHANNEL: Final = Channel.email
RATE: Final = 1.0  # until `probe` has read the account's own

# Error code of a refused call. One that is not here and came as HTTP 4xx was not taken and is ours to mend; any other
# answer is `unknown`.
OUTCOMES: Final[dict[str, Outcome]] = {
    "TooManyRequestsException": Outcome.not_sent_transient,
    "ThrottlingException": Outcome.not_sent_transient,
    "Throttling": Outcome.not_sent_transient,
    "LimitExceededException": Outcome.not_sent_transient,
    "AccountSuspendedException": Outcome.rejected_config,
    "SendingPausedException": Outcome.rejected_config,
    "MailFromDomainNotVerifiedException": Outcome.rejected_config,
    "NotFoundException": Outcome.rejected_config,  # the configuration set
    "AccessDeniedException": Outcome.rejected_config,
    "MessageRejected": Outcome.rejected_recipient,
    "BadRequestException": Outcome.rejected_recipient,
    "InternalServiceErrorException": Outcome.unknown,
    "InternalFailure": Outcome.unknown,
    "ServiceUnavailable": Outcome.unknown,
}

# The same code means several things; these words in its message tell them apart.
DAILY_QUOTA: Final = re.compile(r"\bdaily\b", re.IGNORECASE)
NOT_VERIFIED: Final = re.compile(r"\bnot verified\b", re.IGNORECASE)  # our sender, or any recipient in the sandbox

DAILY_QUOTA_PAUSE: Final = 1800  # seconds; the quota is a window of 24 hours that slides

# Errors of botocore by which nothing can have been sent. Any other is `unknown`.
NEVER_LEFT: Final[dict[str, Outcome]] = {
    "EndpointConnectionError": Outcome.not_sent_transient,
    "ConnectTimeoutError": Outcome.not_sent_transient,
    "NoCredentialsError": Outcome.rejected_config,
    "PartialCredentialsError": Outcome.rejected_config,
    "CredentialRetrievalError": Outcome.rejected_config,
    "NoRegionError": Outcome.rejected_config,
    "InvalidRegionError": Outcome.rejected_config,
    "ParamValidationError": Outcome.rejected_recipient,
}

REFERENCE_TAG: Final = "dialready-reference"
REFERENCE_HEADER: Final = "X-DialReady-Reference"

_END: Final = r"$(?!\n)"
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

_Shown = Annotated[str, Meta(max_length=60, pattern=rf"^[^\x00-\x1f\x7f-\x9f]*{_END}")]
_SetName = Annotated[str, Meta(pattern=rf"^[A-Za-z0-9_-]{{1,64}}{_END}")]
_Region = Annotated[str, Meta(pattern=rf"^[a-z]{{2}}(-[a-z]+)+-[0-9]{_END}", examples=["eu-west-1"])]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sender: Annotated[str, Meta(max_length=254, description="The From address; it or its domain is verified in SES")]
    sender_name: Annotated[_Shown, Meta(description="Shown beside it")] | None = None
    configuration_set: Annotated[_SetName, Meta(description="The installation's own by default")] | None = None
    region: Annotated[_Region, Meta(description="Where SES is used; ours by default")] | None = None

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
    request: SendEmailRequestTypeDef = {
        # formataddr quotes the name, and encodes it (RFC 2047) when it is not ASCII.
        "FromEmailAddress": formataddr((settings.sender_name or "", _carried(settings.sender))),
        "Destination": {"ToAddresses": [_carried(message.to)]},
        "Content": {
            "Simple": {
                "Subject": _utf8(_CONTROLS.sub(" ", message.subject)),
                "Body": body,
                "Headers": [
                    {"Name": REFERENCE_HEADER, "Value": message.reference},
                    {"Name": "Auto-Submitted", "Value": "auto-generated"},
                ],
            }
        },
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


def read_error(error: "ClientError") -> Answer:
    """What a refused call means; where one code stands for several things, its message decides."""
    code = error.response.get("Error", {}).get("Code", "")
    said = error.response.get("Error", {}).get("Message", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    outcome = OUTCOMES.get(code, Outcome.rejected_config if 400 <= status < 500 else Outcome.unknown)
    pause = None
    if outcome is Outcome.not_sent_transient and DAILY_QUOTA.search(said):
        pause = DAILY_QUOTA_PAUSE
    if code == "MessageRejected" and NOT_VERIFIED.search(said):
        outcome = Outcome.rejected_config
    return Answer(outcome=outcome, code=code or f"http-{status}", words=words(said), retry_after=pause)


def read_failure(error: Exception) -> Answer:
    """What it means that no answer came."""
    name = type(error).__name__
    outcome = NEVER_LEFT.get(name, Outcome.unknown)
    if name == "SSLError" and _certificate_refused(error):
        outcome = Outcome.not_sent_transient
    return Answer(outcome=outcome, code=name)  # its text holds addresses and parameters


def read_receipts(delivery: Delivery, settings: Settings, secrets: Secrets) -> list[Receipt]:  # noqa: ARG001
    """The report in one body of our receipts queue: an SNS envelope, or the event itself (raw delivery).

    Raises ReceiptRefused for an HTTP request (anyone could send one; SES reports by SNS into our queue alone) and for a
    body that is no event."""
    if delivery.headers or delivery.query:
        raise ReceiptRefused("SES does not report over HTTP")
    event = read_event(delivery.body)
    found = None if event is None else receipt(event, _reference(event))
    return [] if found is None else [found]


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


def _utf8(text: str) -> "ContentTypeDef":
    return {"Data": text, "Charset": "UTF-8"}


def _certificate_refused(error: BaseException) -> bool:
    """Whether the cause is a certificate that we did not trust, so that no request followed."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


@cache
def _client(region: str | None, limits: Limits) -> "SESV2Client":
    """Made at first use; never repeats a call, which botocore does by default even after a read time-out."""
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=limits.connect, read_timeout=limits.read, retries={"total_max_attempts": 1})
    client: SESV2Client = boto3.client("sesv2", region_name=region, config=config)
    return client


def forget() -> None:
    """In tests, when the world is made anew."""
    _client.cache_clear()
