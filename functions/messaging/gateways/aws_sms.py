"""AWS End User Messaging SMS: https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_SendTextMessage.html

It has no idempotency token, so botocore may not retry. Reports come by SNS into our own queue, never over HTTP, and
only where a configuration set sends them there; they find their message by the context that carries our reference.
"""

from functools import cache
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
from msgspec import Meta

from functions.common import aws
from functions.common import settings as environment
from functions.messaging.gateways import (
    Answer,
    Channel,
    Delivery,
    Health,
    Outcome,
    Outgoing,
    Receipt,
    ReceiptRefused,
    Trouble,
)
from functions.messaging.gateways._aws_sms_errors import read_error
from functions.messaging.gateways._aws_sms_events import REFERENCE, read_event, receipt
from functions.messaging.gateways._ses_errors import read_failure
from functions.messaging.gateways._transport import LIMITS, Limits

if TYPE_CHECKING:
    from types_boto3_pinpoint_sms_voice_v2 import PinpointSMSVoiceV2Client
    from types_boto3_pinpoint_sms_voice_v2.type_defs import (
        DescribeAccountAttributesResultTypeDef,
        SendTextMessageRequestTypeDef,
    )

CHANNEL: Final = Channel.sms
# The lowest there is, of a US long code; a sender ID, a short code and other countries' numbers have more, and the
# gateway's own rate says so: https://docs.aws.amazon.com/sms-voice/latest/userguide/sms-limitations-mps.html
RATE: Final = 1.0  # parts a second, in truth

SANDBOX: Final = "SANDBOX"  # ACCOUNT_TIER of an account that reaches verified numbers alone

_END: Final = r"$(?!\n)"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    origination_identity: (
        Annotated[
            str,
            Meta(
                pattern=rf"^[A-Za-z0-9_:/+-]{{1,256}}{_END}",
                description="A sender ID, a number, or the ARN or id of a number or a pool; AWS chooses by default",
                examples=["ACME"],
            ),
        ]
        | None
    ) = None
    configuration_set: (
        Annotated[
            str,
            Meta(pattern=rf"^[A-Za-z0-9_:/-]{{1,256}}{_END}", description="The installation's own by default"),
        ]
        | None
    ) = None
    region: (
        Annotated[
            str,
            Meta(
                pattern=rf"^[a-z]{{2}}(-[a-z]+)+-[0-9]{_END}",
                description="Where the service is used; ours by default",
                examples=["eu-west-1"],
            ),
        ]
        | None
    ) = None
    message_type: Literal["TRANSACTIONAL", "PROMOTIONAL"] = "TRANSACTIONAL"
    max_price: (
        Annotated[
            str,
            Meta(
                pattern=rf"^[0-9]{{0,2}}\.[0-9]{{1,5}}{_END}",
                description="US dollars that a message may cost; a dearer one is not sent",
                examples=["0.25"],
            ),
        ]
        | None
    ) = None
    ttl_seconds: (
        Annotated[
            int, Meta(ge=5, le=259_200, description="How long AWS tries to hand a message over; 72 hours by default")
        ]
        | None
    ) = None


class Secrets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """None: the function's role may send."""


def send(message: Outgoing, settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Answer:  # noqa: ARG001
    """Send one SMS, at most once. Never raises for anything AWS or the network does."""
    from botocore.exceptions import BotoCoreError, ClientError

    request = build_request(message, settings, environment.optional("SMS_CONFIGURATION_SET"))
    try:
        client = _client(settings.region, limits)
    except (BotoCoreError, ValueError) as error:  # no region, or one that there is not
        return Answer(outcome=Outcome.rejected_config, code=type(error).__name__, trouble=Trouble.other)
    try:
        return read_answer(client.send_text_message(**request).get("MessageId"))
    except ClientError as error:
        return read_error(error, (message.text, message.to, message.to.removeprefix("+")))
    except Exception as error:  # botocore lets its parser's own out, too, at a body that is no JSON object
        return read_failure(error)


def build_request(
    message: Outgoing, settings: Settings, configuration_set: str | None
) -> "SendTextMessageRequestTypeDef":
    """The parameters of SendTextMessage; `configuration_set` is used when the settings name none."""
    request: SendTextMessageRequestTypeDef = {
        "DestinationPhoneNumber": message.to,
        "MessageBody": message.text.encode("utf-8", errors="replace").decode(),
        "MessageType": settings.message_type,
        "Context": {REFERENCE: message.reference},
    }
    if identity := message.sender or settings.origination_identity:
        request["OriginationIdentity"] = identity
    if chosen := settings.configuration_set or configuration_set:
        request["ConfigurationSetName"] = chosen
    if settings.max_price is not None:
        request["MaxPrice"] = settings.max_price
    if settings.ttl_seconds is not None:
        request["TimeToLive"] = settings.ttl_seconds
    return request


def read_answer(message_id: object) -> Answer:
    """A whole answer has a message id, and nothing else."""
    if not isinstance(message_id, str) or not message_id:  # botocore takes a body that breaks off for an empty one
        return Answer(outcome=Outcome.unknown, words="AWS answered without a message id")
    return Answer(outcome=Outcome.accepted, provider_ids=(message_id,))


def read_receipts(delivery: Delivery, settings: Settings, secrets: Secrets) -> list[Receipt]:  # noqa: ARG001
    """The report in one body of our receipts queue: an SNS envelope, or the event itself (raw delivery). Empty when it
    changes nothing.

    Raises ReceiptRefused for an HTTP request (anyone could send one; AWS reports by SNS into our queue alone) and for a
    body that is no event of this service."""
    if delivery.headers or delivery.query:
        raise ReceiptRefused("AWS does not report over HTTP")
    found = receipt(read_event(delivery.body))
    return [] if found is None else [found]


def probe(settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Health:  # noqa: ARG001
    """Whether we may use the service at all; how much of the month's spending limit is left, AWS does not tell. Never
    raises."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client = _client(settings.region, limits)
    except (BotoCoreError, ValueError) as error:
        return Health(works=False, trouble=Trouble.other, code=type(error).__name__)
    try:
        return _works(client.describe_account_attributes())
    except ClientError as error:
        answer = read_error(error)
    except Exception as error:
        answer = read_failure(error)
    # A role that may send and not ask is none of the account's troubles.
    refused = answer.outcome is Outcome.rejected_config and answer.code != "AccessDeniedException"
    return Health(
        works=False if refused else None,
        trouble=answer.trouble if refused else None,
        code=answer.code,
        words=answer.words,
    )


def _works(found: "DescribeAccountAttributesResultTypeDef") -> Health:
    if "AccountAttributes" not in found:  # botocore takes a body that breaks off for an empty one
        return Health(works=None, words="AWS answered without the account's attributes")
    attributes = {attribute.get("Name"): attribute.get("Value") for attribute in found["AccountAttributes"]}
    if attributes.get("ACCOUNT_TIER") == SANDBOX:
        return Health(works=True, words="the account is in the sandbox: only verified numbers are reached")
    return Health(works=True)


@cache
def _client(region: str | None, limits: Limits) -> "PinpointSMSVoiceV2Client":
    """Made at first use; never repeats a call, which botocore does by default even after a read time-out."""
    from botocore.config import Config

    config = Config(connect_timeout=limits.connect, read_timeout=limits.read, retries={"total_max_attempts": 1})
    client: PinpointSMSVoiceV2Client = aws.session().create_client(
        "pinpoint-sms-voice-v2", region_name=region, config=config
    )
    return client


def forget() -> None:
    """In tests, when the world is made anew."""
    _client.cache_clear()
