"""AWS End User Messaging SMS as a gateway: botocore against the API's fake, and its events as they lie in our queue."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from unittest.mock import patch

import botocore.exceptions
import msgspec
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session
from botocore.loaders import Loader
from botocore.session import get_session
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.common import aws
from functions.messaging.gateways import (
    Answer,
    Delivery,
    Health,
    Outcome,
    Outgoing,
    Receipt,
    ReceiptRefused,
    ReceiptStatus,
    Trouble,
    _aws_sms_errors,
    _aws_sms_events,
    aws_sms,
)
from functions.messaging.gateways._aws_sms_errors import read_error
from functions.messaging.gateways._transport import Limits
from functions.messaging.gateways.aws_sms import Secrets, Settings
from tests.fakes.aws_sms import DEFAULT_SENDER, AwsSms, event
from tests.fakes.records import Recorded
from tests.fakes.server import Fakes
from tests.unit.odd import ANY_JSON, json_of

SETTINGS = Settings(origination_identity="ACME", configuration_set="own", region="eu-west-1")
IMPATIENT = Limits(connect=0.5, read=0.4)
TEXT = "Tap to install: https://go.example/i/abc"
MODEL = Loader().load_service_model("pinpoint-sms-voice-v2", "service-2")


@pytest.fixture
def fake(fakes: Fakes) -> AwsSms:
    return fakes.aws_sms


def message(suffix: str = "0001", text: str = TEXT, **more: Any) -> Outgoing:
    return Outgoing(reference="m-01J8.1", to=f"+1202555{suffix}", text=text, **more)


def send(suffix: str = "0001", own: Settings = SETTINGS, **more: Any) -> Answer:
    return aws_sms.send(message(suffix, **more), own, Secrets(), IMPATIENT)


# Sending


def test_the_messages_own_sender_takes_the_place_of_ours_and_none_is_needed(fakes: Fakes) -> None:
    send(sender="OTHER")
    send(own=Settings(region="eu-west-1"))
    assert [sms.sender for sms in fakes.sms] == ["OTHER", DEFAULT_SENDER]


def test_the_installations_own_configuration_set_is_used_by_default(
    fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Settings(region="eu-west-1")
    monkeypatch.delenv("SMS_CONFIGURATION_SET", raising=False)
    send(own=own)
    monkeypatch.setenv("SMS_CONFIGURATION_SET", "installation")
    send(own=own)
    send()
    assert [sms.account for sms in fakes.sms] == ["", "installation", "own"]


def test_every_setting_reaches_the_call() -> None:
    own = Settings(message_type="PROMOTIONAL", max_price="0.25", ttl_seconds=3600)
    assert aws_sms.build_request(message(), own, None) == {
        "DestinationPhoneNumber": "+12025550001",
        "MessageBody": TEXT,
        "MessageType": "PROMOTIONAL",
        "MaxPrice": "0.25",
        "TimeToLive": 3600,
        "Context": {"reference": "m-01J8.1"},
    }
    assert aws_sms.build_request(message(), Settings(), None)["MessageType"] == "TRANSACTIONAL"


def test_the_months_limit_and_a_messages_own_are_told_apart(fakes: Fakes, fake: AwsSms) -> None:
    fake.set_credit("0.01")
    dear = Settings(region="eu-west-1", max_price=".001")
    answers = [send(own=dear), send(), send()]
    assert [(answer.outcome, answer.trouble) for answer in answers] == [
        (Outcome.rejected_config, Trouble.sender),
        (Outcome.accepted, None),
        (Outcome.rejected_config, Trouble.credit),
    ]


def test_who_has_opted_out_is_not_reached_and_not_named(fakes: Fakes, fake: AwsSms) -> None:
    fake.opted_out.add("+12025550001")
    answer = send()
    assert (answer.outcome, answer.code) == (
        Outcome.rejected_recipient,
        "ConflictException/DESTINATION_PHONE_NUMBER_OPTED_OUT",
    )
    assert answer.words == "The number [withheld] has opted out"


def test_a_sandbox_is_our_accounts_trouble(fakes: Fakes, fake: AwsSms) -> None:
    fake.tier, fake.verified = "SANDBOX", {"+12025550004"}
    answer = send()
    assert (answer.outcome, answer.trouble) == (Outcome.rejected_config, Trouble.other)
    assert send("0004").outcome is Outcome.accepted


def test_too_long_a_text_is_refused_for_good(fakes: Fakes) -> None:
    answer = send(text="a" * 1601)
    assert answer.outcome is Outcome.rejected_recipient
    assert answer.words == "Validation failed · MessageBody · The field is not valid."


def test_a_sender_that_is_none_is_our_fault(fakes: Fakes) -> None:
    answer = send(sender="A B")
    assert (answer.outcome, answer.trouble) == (Outcome.rejected_config, Trouble.sender)


@pytest.mark.parametrize("change", [{"to": ""}, {"text": ""}])
def test_what_botocore_itself_refuses_is_refused_for_good(fakes: Fakes, change: dict[str, str]) -> None:
    answer = aws_sms.send(msgspec.structs.replace(message(), **change), SETTINGS, Secrets(), IMPATIENT)
    assert (answer.outcome, answer.code) == (Outcome.rejected_recipient, "ParamValidationError")


def test_without_credentials_nothing_left(fakes: Fakes, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(aws, "session", get_session)  # it remembers credentials
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    answer = send()
    assert (answer.outcome, answer.code) == (Outcome.rejected_config, "NoCredentialsError")
    assert answer.trouble is Trouble.credentials
    assert aws_sms.probe(SETTINGS, Secrets(), IMPATIENT).trouble is Trouble.credentials


def test_without_a_region_nothing_left(fakes: Fakes, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(aws, "session", get_session)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    answer = send(own=Settings())
    assert (answer.outcome, answer.code, answer.trouble) == (
        Outcome.rejected_config,
        "NoRegionError",
        Trouble.other,
    )
    assert aws_sms.probe(Settings(), Secrets(), IMPATIENT).works is False


# Errors, as functions


def refused(code: str, said: str = "", **more: object) -> Answer:
    response: Any = {"Error": {"Code": code, "Message": said}, "ResponseMetadata": {"HTTPStatusCode": 400}, **more}
    return read_error(ClientError(response, "SendTextMessage"))


@pytest.mark.parametrize(
    ("code", "outcome", "trouble"),
    [
        ("ThrottlingException", Outcome.not_sent_transient, None),
        ("Throttling", Outcome.not_sent_transient, None),
        ("TooManyRequestsException", Outcome.not_sent_transient, None),
        ("InternalServerException", Outcome.unknown, None),
        ("InternalFailure", Outcome.unknown, None),
        ("ServiceUnavailable", Outcome.unknown, None),
        ("ServiceUnavailableException", Outcome.unknown, None),
        ("ServiceQuotaExceededException", Outcome.rejected_config, Trouble.other),
        ("AccessDeniedException", Outcome.rejected_config, Trouble.credentials),
        ("ResourceNotFoundException", Outcome.rejected_config, Trouble.sender),
        ("ValidationException", Outcome.rejected_config, Trouble.other),
        ("ConflictException", Outcome.rejected_config, Trouble.other),
        ("ExpiredTokenException", Outcome.rejected_config, Trouble.credentials),
        ("IncompleteSignature", Outcome.rejected_config, Trouble.credentials),
        ("IncompleteSignatureException", Outcome.rejected_config, Trouble.credentials),
        ("InvalidClientTokenId", Outcome.rejected_config, Trouble.credentials),
        ("InvalidSignatureException", Outcome.rejected_config, Trouble.credentials),
        ("MissingAuthenticationToken", Outcome.rejected_config, Trouble.credentials),
        ("MissingAuthenticationTokenException", Outcome.rejected_config, Trouble.credentials),
        ("NotAuthorized", Outcome.rejected_config, Trouble.credentials),
        ("OptInRequired", Outcome.rejected_config, Trouble.credentials),
        ("RequestExpired", Outcome.rejected_config, Trouble.other),
        ("SignatureDoesNotMatch", Outcome.rejected_config, Trouble.credentials),
        ("UnknownOperationException", Outcome.rejected_config, Trouble.other),
        ("UnrecognizedClientException", Outcome.rejected_config, Trouble.credentials),
        ("ValidationError", Outcome.rejected_config, Trouble.other),
        ("SomethingNew", Outcome.unknown, None),
    ],
)
def test_every_documented_error_has_its_outcome(code: str, outcome: Outcome, trouble: Trouble | None) -> None:
    answer = refused(code, "as documented")
    assert (answer.outcome, answer.trouble, answer.code, answer.words) == (outcome, trouble, code, "as documented")
    assert answer.throttled is (outcome is Outcome.not_sent_transient)


def test_every_code_of_the_table_is_tested_and_every_error_of_the_model_is_in_it() -> None:
    [mark] = test_every_documented_error_has_its_outcome.pytestmark  # type: ignore[attr-defined]
    assert set(_aws_sms_errors.OUTCOMES) <= {code for code, _, _ in mark.args[1]}
    modelled = {error["shape"] for error in MODEL["operations"]["SendTextMessage"]["errors"]}
    assert modelled <= set(_aws_sms_errors.OUTCOMES)


@pytest.mark.parametrize(
    ("code", "reason", "outcome", "trouble"),
    [
        (
            "ServiceQuotaExceededException",
            "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT",
            Outcome.rejected_config,
            Trouble.credit,
        ),
        ("ServiceQuotaExceededException", "TAGS_PER_RESOURCE", Outcome.rejected_config, Trouble.other),
        ("AccessDeniedException", "ACCOUNT_DISABLED", Outcome.rejected_config, Trouble.other),
        ("AccessDeniedException", "INSUFFICIENT_ACCOUNT_REPUTATION", Outcome.rejected_config, Trouble.other),
        ("ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT", Outcome.rejected_recipient, None),
        (
            "ConflictException",
            "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION",
            Outcome.rejected_recipient,
            None,
        ),
        (
            "ConflictException",
            "DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE",
            Outcome.rejected_recipient,
            None,
        ),
        ("ConflictException", "DESTINATION_PHONE_NUMBER_NOT_VERIFIED", Outcome.rejected_config, Trouble.other),
        ("ConflictException", "MESSAGE_TYPE_MISMATCH", Outcome.rejected_config, Trouble.sender),
        ("ConflictException", "NO_ORIGINATION_IDENTITIES_FOUND", Outcome.rejected_config, Trouble.sender),
        ("ConflictException", "NUMBER_CAPABILITIES_MISMATCH", Outcome.rejected_config, Trouble.sender),
        ("ConflictException", "RESOURCE_NOT_ACTIVE", Outcome.rejected_config, Trouble.sender),
        ("ConflictException", "KEYWORD_MISMATCH", Outcome.rejected_config, Trouble.other),
        ("ValidationException", "DESTINATION_COUNTRY_BLOCKED", Outcome.rejected_recipient, None),
        ("ValidationException", "MAXIMUM_SIZE_EXCEEDED", Outcome.rejected_recipient, None),
        ("ValidationException", "COUNTRY_NOT_ENABLED", Outcome.rejected_config, Trouble.sender),
        ("ValidationException", "INTERNATIONAL_SENDING_NOT_SUPPORTED", Outcome.rejected_config, Trouble.sender),
        ("ValidationException", "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY", Outcome.rejected_config, Trouble.sender),
        ("ValidationException", "PRICE_OVER_THRESHOLD", Outcome.rejected_config, Trouble.sender),
        ("ValidationException", "RESOURCE_NOT_ACCESSIBLE", Outcome.rejected_config, Trouble.sender),
        ("ValidationException", "SENDER_ID_NOT_REGISTERED", Outcome.rejected_config, Trouble.sender),
        ("ValidationException", "SENDER_ID_NOT_SUPPORTED", Outcome.rejected_config, Trouble.sender),
        ("ValidationException", "SENDER_ID_REQUIRES_REGISTRATION", Outcome.rejected_config, Trouble.sender),
        ("ValidationException", "OTHER", Outcome.rejected_config, Trouble.other),
        ("ValidationException", "SOMETHING_NEW", Outcome.rejected_config, Trouble.other),
        ("InternalServerException", "SOMETHING_NEW", Outcome.unknown, None),
        ("SomethingNew", "DESTINATION_PHONE_NUMBER_OPTED_OUT", Outcome.unknown, None),
    ],
)
def test_every_reason_has_its_outcome(code: str, reason: str, outcome: Outcome, trouble: Trouble | None) -> None:
    answer = refused(code, Reason=reason)
    assert (answer.outcome, answer.trouble, answer.code) == (outcome, trouble, f"{code}/{reason}")


def test_every_reason_of_the_table_is_tested_and_is_one_of_the_model() -> None:
    [mark] = test_every_reason_has_its_outcome.pytestmark  # type: ignore[attr-defined]
    assert set(_aws_sms_errors.REASONS) <= {reason for _, reason, _, _ in mark.args[1]}
    modelled = {
        reason
        for error in ("ServiceQuotaExceeded", "AccessDenied", "Conflict", "Validation")
        for reason in MODEL["shapes"][f"{error}ExceptionReason"]["enum"]
    }
    assert set(_aws_sms_errors.REASONS) <= modelled
    assert {reason for reason in modelled if reason.startswith("DESTINATION_")} <= set(_aws_sms_errors.REASONS)


@pytest.mark.parametrize(
    ("field", "outcome", "trouble"),
    [
        ("DestinationPhoneNumber", Outcome.rejected_recipient, None),
        ("destinationPhoneNumber", Outcome.rejected_recipient, None),
        ("sendTextMessageRequest.messageBody", Outcome.rejected_recipient, None),
        ("OriginationIdentity", Outcome.rejected_config, Trouble.sender),
        ("ConfigurationSetName", Outcome.rejected_config, Trouble.other),
        ("", Outcome.rejected_config, Trouble.other),
    ],
)
def test_a_bad_field_is_blamed_on_whose_it_is(field: str, outcome: Outcome, trouble: Trouble | None) -> None:
    answer = refused("ValidationException", Reason="INVALID_PARAMETER", Fields=[{"Name": field, "Message": "why"}])
    assert (answer.outcome, answer.trouble) == (outcome, trouble)
    assert "why" in (answer.words or "")


@pytest.mark.parametrize(
    ("resource", "trouble"),
    [
        ("sender-id", Trouble.sender),
        ("phone-number", Trouble.sender),
        ("pool", Trouble.sender),
        ("configuration-set", Trouble.other),
        ("protect-configuration", Trouble.other),
    ],
)
def test_what_is_not_found_may_be_no_sender(resource: str, trouble: Trouble) -> None:
    answer = refused("ResourceNotFoundException", ResourceType=resource)
    assert (answer.outcome, answer.trouble) == (Outcome.rejected_config, trouble)


def test_the_resources_and_fields_that_we_name_exist() -> None:
    assert set(MODEL["shapes"]["ResourceType"]["enum"]) >= _aws_sms_errors.NO_SENDERS
    members = {name.lower() for name in MODEL["shapes"]["SendTextMessageRequest"]["members"]}
    assert set(_aws_sms_errors.FIELDS) <= members


@pytest.mark.parametrize(
    ("status", "outcome", "trouble"),
    [
        ("401", Outcome.rejected_config, Trouble.credentials),
        ("403", Outcome.rejected_config, Trouble.credentials),
        ("404", Outcome.rejected_config, Trouble.other),
        ("405", Outcome.rejected_config, Trouble.other),
        ("429", Outcome.not_sent_transient, None),
        ("400", Outcome.unknown, None),
        ("502", Outcome.unknown, None),
        ("503", Outcome.unknown, None),
    ],
)
def test_without_a_code_the_http_status_decides(status: str, outcome: Outcome, trouble: Trouble | None) -> None:
    answer = refused(status, "<html>")
    assert (answer.outcome, answer.trouble, answer.code) == (outcome, trouble, f"http-{status}")
    assert "<" not in (answer.words or "")


def test_any_other_error_of_botocore_is_unknown(fakes: Fakes) -> None:
    for error in (
        botocore.exceptions.ReadTimeoutError(endpoint_url="https://x"),
        botocore.exceptions.ConnectionClosedError(endpoint_url="https://x"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"),
        AttributeError(),
    ):
        with patch.object(URLLib3Session, "send", side_effect=error):
            answer = send()
        assert (answer.outcome, answer.code) == (Outcome.unknown, type(error).__name__)


class Raw:
    """What botocore reads a body from."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self._body


def answered(status: int, body: bytes) -> tuple[Answer, Health]:
    """What we make of this body, wherever it came from."""

    def reply(*_: object) -> AWSResponse:
        return AWSResponse("https://x", status, HTTPHeaders(), Raw(body))

    with patch.object(URLLib3Session, "send", side_effect=reply):
        return send(), aws_sms.probe(SETTINGS, Secrets(), IMPATIENT)


@pytest.fixture(scope="module")
def signing() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_ACCESS_KEY_ID", "testing")
        patched.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patched.setenv("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2", "http://127.0.0.1:9")  # nobody is asked
        aws_sms.forget()
        yield
    aws_sms.forget()


@settings(max_examples=60)
@given(body=st.binary(max_size=60), status=st.sampled_from([200, 204, 301, 400, 403, 500]))
def test_no_answer_can_break_the_reading(signing: None, body: bytes, status: int) -> None:
    answer, health = answered(status, body)
    assert answer.outcome is not Outcome.accepted
    assert health.works is None or status in (301, 400, 403)


NAMES = ["__type", "message", "Message", "Reason", "Fields", "Name", "ResourceType", "MessageId"]


@settings(max_examples=60)
@given(
    body=json_of("ValidationException", "x#ConflictException", "a:b", names=NAMES),
    status=st.sampled_from([200, 400, 403, 500]),
)
def test_no_json_can_break_the_reading(signing: None, body: object, status: int) -> None:
    answer, _ = answered(status, json.dumps(body).encode())
    assert (answer.trouble is not None) is (answer.outcome is Outcome.rejected_config)


# Probing


def test_a_probe_says_that_the_service_may_be_used(fakes: Fakes, fake: AwsSms) -> None:
    assert aws_sms.probe(SETTINGS, Secrets(), IMPATIENT) == Health(works=True)
    fake.tier = "SANDBOX"
    health = aws_sms.probe(SETTINGS, Secrets(), IMPATIENT)
    assert health.works is True
    assert "sandbox" in (health.words or "")
    assert fakes.sms == []


@pytest.mark.parametrize(
    ("status", "body", "works", "trouble"),
    [
        (403, {"__type": "UnrecognizedClientException", "message": "no"}, False, Trouble.credentials),
        (400, {"__type": "AccessDeniedException", "Reason": "ACCOUNT_DISABLED"}, False, Trouble.other),
        (400, {"__type": "AccessDeniedException", "Message": "not authorized to perform: …"}, None, None),
        (400, {"__type": "ThrottlingException"}, None, None),
        (500, {"__type": "InternalServerException"}, None, None),
        (200, {"AccountAttributes": []}, True, None),
        (200, {}, None, None),
    ],
)
def test_a_probe_says_no_more_than_it_heard(
    signing: None, status: int, body: object, works: bool | None, trouble: Trouble | None
) -> None:
    _, health = answered(status, json.dumps(body).encode())
    assert (health.works, health.trouble) == (works, trouble)


# Settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"origination_identity": "A B"},
        {"configuration_set": "a b"},
        {"region": "Mars"},
        {"message_type": "OTHER"},
        {"max_price": "1"},
        {"max_price": "100.0"},
        {"max_price": "0.1\n"},
        {"ttl_seconds": 4},
        {"ttl_seconds": 259_201},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    pool = "arn:aws:sms-voice:eu-west-1:000000000000:pool/pool-0"
    right = {"origination_identity": pool, "region": "us-gov-west-1", "max_price": "0.25", "ttl_seconds": 5}
    msgspec.convert(right, Settings)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**right, **wrong}, Settings)


# Reports

SENT = Recorded(
    id=1,
    revision=1,
    channel="sms",
    provider="aws-sms",
    at="2026-11-22T14:00:00.000Z",
    to="+12025550101",
    sender="ACME",
    text="",
    reference="m-01J8.1",
    provider_ids=("0100-abc",),
    parts=2,
)


def in_queue(told: object, enveloped: bool = True) -> Delivery:
    body = json.dumps(told)
    if enveloped:
        body = json.dumps({"Type": "Notification", "MessageId": "sns-1", "TopicArn": "arn:…", "Message": body})
    return Delivery(body=body.encode())


def read(told: object, enveloped: bool = True) -> list[Receipt]:
    return aws_sms.read_receipts(in_queue(told, enveloped), SETTINGS, Secrets())


@pytest.mark.parametrize("enveloped", [True, False])
@pytest.mark.parametrize(
    ("kind", "status", "not_final"),
    [
        ("TEXT_QUEUED", ReceiptStatus.sent, ReceiptStatus.sent),
        ("TEXT_PENDING", ReceiptStatus.sent, ReceiptStatus.sent),
        ("TEXT_SENT", ReceiptStatus.sent, ReceiptStatus.sent),
        ("TEXT_SUCCESSFUL", ReceiptStatus.sent, ReceiptStatus.sent),
        ("TEXT_DELIVERED", ReceiptStatus.delivered, ReceiptStatus.delivered),
        ("TEXT_BLOCKED", ReceiptStatus.undelivered, ReceiptStatus.buffered),
        ("TEXT_CARRIER_BLOCKED", ReceiptStatus.undelivered, ReceiptStatus.buffered),
        ("TEXT_CARRIER_UNREACHABLE", ReceiptStatus.undelivered, ReceiptStatus.buffered),
        ("TEXT_INVALID", ReceiptStatus.undelivered, ReceiptStatus.buffered),
        ("TEXT_INVALID_MESSAGE", ReceiptStatus.undelivered, ReceiptStatus.buffered),
        ("TEXT_PROTECT_BLOCKED", ReceiptStatus.undelivered, ReceiptStatus.buffered),
        ("TEXT_SPAM", ReceiptStatus.undelivered, ReceiptStatus.buffered),
        ("TEXT_TTL_EXPIRED", ReceiptStatus.undelivered, ReceiptStatus.buffered),
        ("TEXT_UNREACHABLE", ReceiptStatus.undelivered, ReceiptStatus.buffered),
        ("TEXT_UNKNOWN", ReceiptStatus.sent, ReceiptStatus.sent),
    ],
)
def test_every_event_is_read(kind: str, status: ReceiptStatus, not_final: ReceiptStatus, enveloped: bool) -> None:
    told = event(kind, SENT) | {"eventTimestamp": 1795356000000}
    [receipt] = read(told, enveloped)
    assert receipt == Receipt(
        reference="m-01J8.1",
        provider_id="0100-abc",
        status=status,
        code=kind,
        words=f"It is {kind.removeprefix('TEXT_').replace('_', ' ').lower()}",
        at="2026-11-22T14:00:00.000Z",
        parts=2,
        price="0.01762",
        currency="USD",
    )
    [early] = read(told | {"isFinal": False}, enveloped)
    assert early.status is not_final


def test_every_event_of_the_model_is_known() -> None:
    events = {kind for kind in MODEL["shapes"]["EventType"]["enum"] if kind.startswith("TEXT_")} - {"TEXT_ALL"}
    assert set(_aws_sms_events.STATUSES) == events


def test_the_documented_example_is_read() -> None:
    documented = {
        "eventType": "TEXT_SUCCESSFUL",
        "eventVersion": "1.0",
        "eventTimestamp": 1686975103470,
        "isFinal": True,
        "originationPhoneNumber": "+12025550152",
        "destinationPhoneNumber": "+12025550156",
        "isoCountryCode": "US",
        "messageId": "862a8790-60c0-4430-9b2b-658bdexample",
        "messageRequestTimestamp": 1686975103170,
        "messageEncoding": "GSM",
        "messageType": "PROMOTIONAL",
        "messageStatus": "SUCCESSFUL",
        "messageStatusDescription": "Message has been accepted by phone carrier",
        "context": {"account": "bar"},
        "totalMessageParts": 1,
        "totalMessagePrice": 0.09582,
        "totalCarrierFee": 0.0,
    }
    [receipt] = read(documented)
    assert (receipt.reference, receipt.provider_id) == (None, "862a8790-60c0-4430-9b2b-658bdexample")
    assert (receipt.price, receipt.parts, receipt.at) == ("0.09582", 1, "2023-06-17T04:11:43.470Z")


@pytest.mark.parametrize("kind", ["TEXT_SOMETHING_NEW", "VOICE_COMPLETED", "MEDIA_DELIVERED", "RCS_READ"])
def test_what_says_nothing_of_an_sms_changes_nothing(kind: str) -> None:
    assert read(event("TEXT_SENT", SENT) | {"eventType": kind}) == []


@pytest.mark.parametrize(
    ("change", "price"),
    [
        ({"totalMessagePrice": 6.45e-05, "totalCarrierFee": None}, "0.0000645"),
        ({"totalMessagePrice": 0, "totalCarrierFee": 0}, "0.0"),
        ({"totalMessagePrice": None}, None),
        ({"totalMessagePrice": "0.1"}, None),
        ({"totalMessagePrice": True}, None),
        ({"totalMessagePrice": -1}, None),
        ({"totalMessagePrice": 1e300}, None),
        ({"totalMessagePrice": 10**400}, None),
        ({"totalCarrierFee": -1}, None),
    ],
)
def test_a_price_that_is_none_is_left_out(change: dict[str, object], price: str | None) -> None:
    [receipt] = read(event("TEXT_DELIVERED", SENT) | change)
    assert (receipt.price, receipt.currency) == (price, None if price is None else "USD")


@pytest.mark.parametrize(
    "change",
    [
        {"context": None},
        {"context": "x"},
        {"context": {"reference": 7}},
        {"context": {"reference": "a b"}},
        {"isFinal": "yes"},
        {"eventTimestamp": "now"},
        {"eventTimestamp": 1e300},
        {"totalMessageParts": "many"},
        {"totalMessageParts": 0},
        {"messageStatusDescription": {"a": 1}},
    ],
)
def test_a_field_that_is_odd_does_not_lose_the_report(change: dict[str, object]) -> None:
    [receipt] = read(event("TEXT_DELIVERED", SENT) | change)
    assert (receipt.provider_id, receipt.status) == ("0100-abc", ReceiptStatus.delivered)


def test_a_report_without_an_id_changes_nothing() -> None:
    for message_id in ("", "a b", "x" * 101):
        assert read(event("TEXT_DELIVERED", SENT) | {"messageId": message_id}) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"[]",
        b"{}",
        b"\xff",
        b'{"Message": "hello"}',
        b'{"Message": "{}"}',
        b'{"eventType": "TEXT_DELIVERED"}',
        b'{"eventType": 7, "messageId": "a"}',
        b'{"eventType": "Delivery", "messageId": "a"}',
        b"[" * 90_000,
    ],
)
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(ReceiptRefused):
        aws_sms.read_receipts(Delivery(body=body), SETTINGS, Secrets())


def test_an_event_of_ses_is_not_taken_for_ours() -> None:
    mail = {"eventType": "Delivery", "mail": {"messageId": "0100-abc"}, "delivery": {}}
    with pytest.raises(ReceiptRefused):
        read(mail)


def test_an_event_that_comes_over_http_is_refused() -> None:
    told = in_queue(event("TEXT_DELIVERED", SENT))
    for posted in ({"headers": {"host": "go.example"}}, {"query": {"a": "b"}}):
        with pytest.raises(ReceiptRefused):
            aws_sms.read_receipts(msgspec.structs.replace(told, **posted), SETTINGS, Secrets())


@given(st.dictionaries(st.sampled_from(sorted(event("TEXT_SENT", SENT))), ANY_JSON, max_size=6))
def test_no_json_can_break_the_reading_of_receipts(change: dict[str, object]) -> None:
    with suppress(ReceiptRefused):
        read(event("TEXT_DELIVERED", SENT) | change)


# The fake


def test_events_can_be_made_to_come_and_to_come_again(fakes: Fakes, fake: AwsSms) -> None:
    told: list[str] = []
    fake.publish = told.append
    send("0004")
    [recorded] = fakes.sms
    assert fake.trigger(recorded.id, "TEXT_CARRIER_BLOCKED").wait()
    assert fake.replay(recorded.id).wait()
    assert fake.replay(recorded.id).wait()
    assert [json.loads(one)["eventType"] for one in told] == ["TEXT_CARRIER_BLOCKED"] * 3
    with pytest.raises(KeyError):
        fake.trigger(99, "TEXT_DELIVERED")


def test_without_a_configuration_set_there_are_no_events(
    fakes: Fakes, fake: AwsSms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SMS_CONFIGURATION_SET", raising=False)
    told: list[str] = []
    fake.publish = told.append
    send("0005", Settings(region="eu-west-1"))
    assert told == []
