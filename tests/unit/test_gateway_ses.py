"""The SES gateway: botocore against the API's fake, and SES's events as they lie in our queue."""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import botocore.exceptions
import botocore.session
import msgspec
import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from functions.common import aws
from functions.messaging.gateways import (
    Answer,
    Channel,
    Delivery,
    Health,
    Image,
    Outcome,
    Outgoing,
    ReceiptRefused,
    ReceiptStatus,
    Trouble,
    _ses_errors,
    _sns,
    gateway,
    ses,
)
from functions.messaging.gateways._transport import Limits
from functions.messaging.gateways.ses import Secrets, Settings, reference_of, tag_of
from tests.fakes.certificates import Authority
from tests.fakes.raw import talking
from tests.fakes.records import Recorded
from tests.fakes.server import Fakes
from tests.fakes.ses import ERRORS, Account, Attached, Error, event
from tests.fakes.sns import TOPIC_ARN

SETTINGS = Settings(sender="csr@example.net", region="eu-west-1")
IMPATIENT = Limits(connect=0.5, read=0.4)


@pytest.fixture
def fakes(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fakes]:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", f"{fakes.base_url}/ses")
    ses.forget()
    _sns.forget_all()
    yield fakes
    ses.forget()


def message(to: str = "person@example.org", **more: Any) -> Outgoing:
    words = {"subject": "Your phone", "text": "Tap: https://go.example/a/abc", **more}
    return Outgoing(reference="m-01J8.1", to=to, **words)


def send(to: str = "person@example.org", settings: Settings = SETTINGS, **more: Any) -> Answer:
    return ses.send(message(to, **more), settings, Secrets(), IMPATIENT)


# Sending


def test_it_is_a_gateway_for_mail() -> None:
    assert gateway("ses").CHANNEL is Channel.email


def test_a_mail_is_sent_as_it_was_written(fakes: Fakes) -> None:
    answer = send(
        subject="Grüße\r\nBcc: all@example.org",
        html="<p>Tap</p>",
        settings=Settings(sender="csr@example.net", sender_name='Zoë "Z"', region="eu-west-1", configuration_set="own"),
    )
    [mail] = fakes.mails
    assert answer == Answer(outcome=Outcome.accepted, provider_ids=mail.provider_ids)
    assert (mail.to, mail.subject, mail.html) == ("person@example.org", "Grüße Bcc: all@example.org", "<p>Tap</p>")
    assert mail.sender == "=?utf-8?b?Wm/DqyAiWiI=?= <csr@example.net>"
    assert (mail.reference, mail.account) == ("m-01J8.1", "own")
    assert mail.headers["Auto-Submitted"] == "auto-generated"


def test_the_installations_own_configuration_set_is_used_by_default(
    fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SES_CONFIGURATION_SET", raising=False)
    send()
    monkeypatch.setenv("SES_CONFIGURATION_SET", "installation")
    send()
    assert [mail.account for mail in fakes.mails] == ["", "installation"]


@pytest.mark.parametrize(
    ("behaviour", "outcome", "trouble", "pause"),
    [
        ("throttle", Outcome.not_sent_transient, None, None),
        ("daily", Outcome.not_sent_transient, None, 1800),
        ("suspended", Outcome.rejected_config, Trouble.other, None),
        ("paused", Outcome.rejected_config, Trouble.other, None),
        ("unverified", Outcome.rejected_config, Trouble.sender, None),
        ("rejected", Outcome.rejected_recipient, None, None),
        ("invalid", Outcome.rejected_recipient, None, None),
        ("denied", Outcome.rejected_config, Trouble.credentials, None),
        ("unavailable", Outcome.unknown, None, None),
    ],
)
def test_a_refusal_sends_nothing_and_is_understood(
    fakes: Fakes, behaviour: str, outcome: Outcome, trouble: Trouble | None, pause: int | None
) -> None:
    answer = send(f"{behaviour}@example.org")
    error = ERRORS[behaviour]
    assert answer == Answer(
        outcome=outcome,
        code=error.code,
        words=error.message,
        trouble=trouble,
        throttled=behaviour == "throttle",
        retry_after=pause,
    )
    assert fakes.mails == []


@pytest.mark.parametrize("behaviour", ["no-answer", "reset", "truncated"])
def test_a_lost_answer_is_unknown_and_the_mail_was_sent_once(fakes: Fakes, behaviour: str) -> None:
    assert send(f"{behaviour}@example.org").outcome is Outcome.unknown
    assert len(fakes.mails) == 1


def test_a_closed_port_took_nothing(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", "http://127.0.0.1:1")
    answer = send()
    assert (answer.outcome, answer.code) == (Outcome.not_sent_transient, "EndpointConnectionError")


def test_a_server_that_is_not_trusted_took_nothing(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    context = Authority().server_context("127.0.0.1")
    heard: list[bytes] = []

    def script(connection: Any, _: object) -> None:
        with context.wrap_socket(connection, server_side=True) as inner:
            heard.append(inner.recv(4096))

    with talking(script) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", f"https://127.0.0.1:{server.port}")
        answer = send()
    assert (answer.outcome, answer.code) == (Outcome.not_sent_transient, "SSLError")
    assert not any(heard)


def test_without_credentials_nothing_left(fakes: Fakes, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(aws, "session", get_session)  # it remembers credentials
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    answer = send()
    assert (answer.outcome, answer.code, answer.trouble) == (
        Outcome.rejected_config,
        "NoCredentialsError",
        Trouble.credentials,
    )
    assert ses.probe(SETTINGS, Secrets(), IMPATIENT) == Health(
        works=False, trouble=Trouble.credentials, code="NoCredentialsError"
    )


def test_pictures_travel_inside_the_mail(fakes: Fakes) -> None:
    pixels = bytes(range(256))
    images = (
        Image(name="qr-code", content_type="image/png", data=pixels),
        Image(name="logo", content_type="image/svg+xml", data=b"<svg/>"),
    )
    [provider_id] = send(html='<img src="cid:qr-code"><img src="cid:logo">', images=images).provider_ids
    assert fakes.ses.attached[provider_id] == (
        Attached("INLINE", "qr-code", "qr-code.png", "image/png", "BASE64", pixels),
        Attached("INLINE", "logo", "logo.svg", "image/svg+xml", "BASE64", b"<svg/>"),
    )
    [plain] = send().provider_ids
    assert fakes.ses.attached[plain] == ()


def test_what_is_sent_is_in_the_model_of_the_service() -> None:
    """botocore itself checks the parameters; here, that the values of its enumerations are those."""
    model: Any = botocore.session.get_session().get_service_model("sesv2").shape_for("Attachment")
    assert "INLINE" in model.members["ContentDisposition"].enum
    assert "BASE64" in model.members["ContentTransferEncoding"].enum


@pytest.mark.parametrize("to", ["nobody", "a@b.example, c@d.example", "jürgen@example.org", "a@straße.example"])
def test_an_address_that_ses_cannot_carry_is_refused(fakes: Fakes, to: str) -> None:
    answer = send(to)
    assert (answer.outcome, answer.code) == (Outcome.rejected_recipient, "address")
    assert fakes.mails == []


def test_an_international_domain_is_carried(fakes: Fakes) -> None:
    send("person@bücher.example")
    assert [mail.to for mail in fakes.mails] == ["person@xn--bcher-kva.example"]


# The account


@pytest.fixture
def account(fakes: Fakes) -> Iterator[Account]:
    fakes.ses.account = Account()
    yield fakes.ses.account
    fakes.ses.account = Account()


def test_a_probe_tells_what_ses_grants(fakes: Fakes, account: Account) -> None:
    account.sent_24_hours = 49_990.0
    health = ses.probe(SETTINGS, Secrets(), IMPATIENT)
    assert health == Health(works=True, code="HEALTHY", rate=14.0, left_today=10)
    assert fakes.mails == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"max_24_hours": -1.0}, {"left_today": None, "works": True}),
        ({"sent_24_hours": 60_000.0}, {"left_today": 0, "works": True}),
        ({"max_rate": 0.5}, {"rate": 0.5}),
        ({"max_rate": -1.0}, {"rate": None}),
        ({"enforcement_status": "PROBATION"}, {"works": True, "trouble": None, "code": "PROBATION"}),
        ({"enforcement_status": "SHUTDOWN"}, {"works": False, "trouble": Trouble.other, "code": "SHUTDOWN"}),
        ({"sending_enabled": False}, {"works": False, "trouble": Trouble.other}),
        ({"production_access": False}, {"works": True, "trouble": None}),
    ],
)
def test_what_ses_says_of_the_account_is_understood(
    fakes: Fakes, account: Account, change: dict[str, Any], expected: dict[str, Any]
) -> None:
    for name, value in change.items():
        setattr(account, name, value)
    health = ses.probe(SETTINGS, Secrets(), IMPATIENT)
    assert {name: getattr(health, name) for name in expected} == expected
    assert (health.words is None) == (next(iter(change)) in ("max_24_hours", "sent_24_hours", "max_rate"))


@pytest.mark.parametrize(
    ("error", "works", "trouble"),
    [
        (Error(429, "TooManyRequestsException", "Too many"), None, None),
        (Error(403, "AccessDeniedException", "not authorized to perform: ses:GetAccount"), None, None),
        (Error(403, "UnrecognizedClientException", "The security token is invalid."), False, Trouble.credentials),
        (Error(403, "InvalidSignatureException", "Signature expired"), False, Trouble.credentials),
        (Error(503, "ServiceUnavailable", "Service is unavailable"), None, None),
        (Error(400, "BadRequestException", "?"), None, None),
    ],
)
def test_an_error_is_no_word_on_the_account_but_for_its_credentials(
    fakes: Fakes, account: Account, error: Error, works: bool | None, trouble: Trouble | None
) -> None:
    account.refusal = error
    health = ses.probe(SETTINGS, Secrets(), IMPATIENT)
    assert health == Health(works=works, trouble=trouble, code=error.code, words=error.message)


def test_nobody_there_says_nothing_of_the_account(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", "http://127.0.0.1:1")
    assert ses.probe(SETTINGS, Secrets(), IMPATIENT) == Health(works=None, code="EndpointConnectionError")
    empty: Any = {}
    assert ses.read_account(empty).works is None


# Errors, as functions


def refused(code: str, said: str = "", status: int = 400) -> Answer:
    response: Any = {"Error": {"Code": code, "Message": said}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return _ses_errors.read_error(ClientError(response, "SendEmail"))


# The documentation's, once more by hand: outcome and trouble.
CONTRACT = {
    "TooManyRequestsException": (Outcome.not_sent_transient, None),
    "ThrottlingException": (Outcome.not_sent_transient, None),
    "Throttling": (Outcome.not_sent_transient, None),
    "LimitExceededException": (Outcome.not_sent_transient, None),
    "AccountSuspendedException": (Outcome.rejected_config, Trouble.other),
    "SendingPausedException": (Outcome.rejected_config, Trouble.other),
    "MailFromDomainNotVerifiedException": (Outcome.rejected_config, Trouble.sender),
    "NotFoundException": (Outcome.rejected_config, Trouble.other),
    "AccessDeniedException": (Outcome.rejected_config, Trouble.credentials),
    "ExpiredTokenException": (Outcome.rejected_config, Trouble.credentials),
    "IncompleteSignatureException": (Outcome.rejected_config, Trouble.credentials),
    "InvalidClientTokenId": (Outcome.rejected_config, Trouble.credentials),
    "InvalidSignatureException": (Outcome.rejected_config, Trouble.credentials),
    "MissingAuthenticationTokenException": (Outcome.rejected_config, Trouble.credentials),
    "SignatureDoesNotMatch": (Outcome.rejected_config, Trouble.credentials),
    "UnrecognizedClientException": (Outcome.rejected_config, Trouble.credentials),
    "MessageRejected": (Outcome.rejected_recipient, None),
    "BadRequestException": (Outcome.rejected_recipient, None),
    "InternalServiceErrorException": (Outcome.unknown, None),
    "InternalFailure": (Outcome.unknown, None),
    "ServiceUnavailable": (Outcome.unknown, None),
}


@pytest.mark.parametrize(("code", "meaning"), CONTRACT.items())
def test_every_documented_error_has_its_outcome(code: str, meaning: tuple[Outcome, Trouble | None]) -> None:
    answer = refused(code)
    assert (answer.outcome, answer.trouble) == meaning
    assert answer.throttled is (code in ("TooManyRequestsException", "ThrottlingException", "Throttling"))


def test_no_error_is_left_untested() -> None:
    assert set(CONTRACT) == set(_ses_errors.OUTCOMES)
    model = botocore.session.get_session().get_service_model("sesv2")
    assert {shape.name for shape in model.operation_model("SendEmail").error_shapes} <= set(CONTRACT)


@pytest.mark.parametrize(
    ("code", "said", "status", "outcome", "trouble", "throttled", "pause"),
    [
        ("ThrottlingException", "Maximum sending rate exceeded.", 400, Outcome.not_sent_transient, None, True, None),
        ("ThrottlingException", "Daily message quota exceeded.", 400, Outcome.not_sent_transient, None, False, 1800),
        ("Throttling", "Daily message quota exceeded.", 400, Outcome.not_sent_transient, None, False, 1800),
        (
            "MessageRejected",
            "Email address is not verified. …",
            400,
            Outcome.rejected_config,
            Trouble.sender,
            False,
            None,
        ),
        (
            "MessageRejected",
            "Email address is NOT VERIFIED.",
            400,
            Outcome.rejected_config,
            Trouble.sender,
            False,
            None,
        ),
        ("SomethingNew", "", 400, Outcome.rejected_config, Trouble.other, False, None),
        ("SomethingNew", "", 500, Outcome.unknown, None, False, None),
        ("", "", 502, Outcome.unknown, None, False, None),
        ("", "", 0, Outcome.unknown, None, False, None),
    ],
)
def test_the_text_and_the_status_decide_where_the_code_does_not(
    code: str,
    said: str,
    status: int,
    outcome: Outcome,
    trouble: Trouble | None,
    throttled: bool,
    pause: int | None,
) -> None:
    answer = refused(code, said, status)
    assert (answer.outcome, answer.trouble) == (outcome, trouble)
    assert (answer.throttled, answer.retry_after) == (throttled, pause)


def test_the_errors_of_botocore_that_we_name_exist() -> None:
    assert all(hasattr(botocore.exceptions, name) for name in _ses_errors.NEVER_LEFT)


def test_any_other_error_of_botocore_is_unknown() -> None:
    for error in (
        botocore.exceptions.ReadTimeoutError(endpoint_url="https://x"),
        botocore.exceptions.ConnectionClosedError(endpoint_url="https://x"),
        botocore.exceptions.HTTPClientError(error=OSError()),
        botocore.exceptions.SSLError(endpoint_url="https://x", error=OSError()),
    ):
        answer = _ses_errors.read_failure(error)
        assert (answer.outcome, answer.words) == (Outcome.unknown, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": "nobody"},
        {"sender": "jürgen@example.org"},
        {"sender": "a@example.org\n"},
        {"sender_name": "x\nBcc: y"},
        {"region": "Mars"},
        {"configuration_set": "a b"},
        {"events_topic": "ses-events"},
        {"events_topic": "arn:aws:sqs:eu-west-1:000000000000:ses-events"},
        {"events_topic": "arn:aws:sns:eu-west-1:000000000000:ses-events\n"},
        {"surprise": 1},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    msgspec.convert({"sender": "csr@example.net", "sender_name": "Zoë", "region": "us-gov-west-1"}, Settings)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"sender": "csr@example.net", **wrong}, Settings)


# Reports

MAIL = Recorded(
    id=1,
    revision=1,
    channel="email",
    provider="ses",
    at="2026-11-22T14:00:00.000Z",
    to="person@example.org",
    sender="csr@example.net",
    text="",
    provider_ids=("0100-abc",),
)
TAGS = {ses.REFERENCE_TAG: tag_of("m-01J8.1")}


def in_queue(told: object, enveloped: bool = True) -> Delivery:
    body = json.dumps(told)
    if enveloped:
        body = json.dumps({"Type": "Notification", "MessageId": "sns-1", "TopicArn": "arn:…", "Message": body})
    return Delivery(body=body.encode())


@pytest.mark.parametrize("enveloped", [True, False])
@pytest.mark.parametrize(
    ("kind", "status", "code", "words"),
    [
        ("Send", ReceiptStatus.sent, "Send", None),
        ("Delivery", ReceiptStatus.delivered, "Delivery", "250 2.6.0 Message received"),
        ("Bounce", ReceiptStatus.undelivered, "Bounce/Permanent/General", "smtp; 550 5.1.1 user unknown"),
        (
            "Suppressed",
            ReceiptStatus.undelivered,
            "Bounce/Permanent/OnAccountSuppressionList",
            "not sent: the address is on the suppression list of this SES account",
        ),
        ("Transient bounce", ReceiptStatus.buffered, "Bounce/Transient/General", "smtp; 452 4.2.0 out of office"),
        ("Complaint", ReceiptStatus.sent, "Complaint/abuse", "the recipient complained about this message"),
        (
            "DeliveryDelay",
            ReceiptStatus.buffered,
            "DeliveryDelay/TransientCommunicationFailure",
            "smtp; 421 4.4.1 no answer",
        ),
        ("Reject", ReceiptStatus.undelivered, "Reject", "Bad content"),
        ("Rendering Failure", ReceiptStatus.undelivered, "Rendering Failure", "Attribute 'name' is not present"),
    ],
)
def test_every_event_is_read(kind: str, status: ReceiptStatus, code: str, words: str | None, enveloped: bool) -> None:
    [receipt] = ses.read_receipts(in_queue(event(kind, MAIL, TAGS), enveloped), SETTINGS, Secrets())
    assert (receipt.reference, receipt.provider_id) == ("m-01J8.1", "0100-abc")
    assert (receipt.status, receipt.code, receipt.words) == (status, code, words)
    assert receipt.at is not None
    assert receipt.at.endswith("Z")


@pytest.mark.parametrize(
    ("sub_type", "words"),
    [
        ("OnAccountSuppressionList", "not sent: the address is on the suppression list of this SES account"),
        ("Suppressed", "not sent: the address is on the suppression list of all SES"),
        ("UnsubscribedRecipient", "not sent: the recipient has unsubscribed"),
    ],
)
@pytest.mark.parametrize("bounce_type", ["Permanent", "Transient", "Undetermined"])
def test_an_address_that_ses_does_not_write_to_is_told_so(sub_type: str, words: str, bounce_type: str) -> None:
    told: dict[str, Any] = event("Suppressed", MAIL, TAGS)
    told["bounce"] |= {"bounceType": bounce_type, "bounceSubType": sub_type}
    [receipt] = ses.read_receipts(in_queue(told), SETTINGS, Secrets())
    assert (receipt.status, receipt.words) == (ReceiptStatus.undelivered, words)
    assert receipt.code == f"Bounce/{bounce_type}/{sub_type}"


def test_the_older_notifications_are_read_too() -> None:
    told = event("Delivery", MAIL, {})
    told["notificationType"] = told.pop("eventType")
    mail = told["mail"]
    assert isinstance(mail, dict)
    del mail["tags"]
    mail["headers"] = [{"name": "X-DialReady-Reference", "value": "m-01J8.1"}]
    [receipt] = ses.read_receipts(in_queue(told), SETTINGS, Secrets())
    assert (receipt.reference, receipt.status) == ("m-01J8.1", ReceiptStatus.delivered)


@pytest.mark.parametrize("kind", ["Open", "Click", "Subscription", "SomethingNew", None])
def test_what_says_nothing_of_the_delivery_changes_nothing(kind: str | None) -> None:
    told = event("Send", MAIL, TAGS) | {"eventType": kind}
    assert ses.read_receipts(in_queue(told), SETTINGS, Secrets()) == []


def test_the_greeting_of_a_new_topic_is_let_pass() -> None:
    greeting = {"Type": "Notification", "Message": "Successfully validated SNS topic for Amazon SES event publishing."}
    assert ses.read_receipts(in_queue(greeting, enveloped=False), SETTINGS, Secrets()) == []


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"[]", b"\xff", b'{"Message": "hello"}', b'{"mail": 1}', b"[" * 90_000]
)
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(ReceiptRefused):
        ses.read_receipts(Delivery(body=body), SETTINGS, Secrets())


def over_http(told: object) -> Delivery:
    return Delivery(
        content_type="text/plain; charset=UTF-8",
        headers={"host": "go.example", "x-amz-sns-message-type": "Notification"},
        body=json.dumps(told).encode(),
    )


def test_an_event_that_comes_over_http_is_refused() -> None:
    told = in_queue(event("Delivery", MAIL, TAGS))
    elsewhere = Settings(sender="csr@example.net", events_topic=TOPIC_ARN)
    for posted in ({"headers": {"host": "go.example"}}, {"query": {"a": "b"}}):
        for settings in (SETTINGS, elsewhere):
            with pytest.raises(ReceiptRefused):
                ses.read_receipts(msgspec.structs.replace(told, **posted), settings, Secrets())


def test_an_event_that_sns_signed_is_taken_over_http(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOW_HTTP", "1")
    topic = fakes.ses.topic
    topic.base_url = f"{fakes.base_url}/ses"
    envelope = topic.notification(json.dumps(event("Bounce", MAIL, TAGS)))
    settings = Settings(sender="csr@example.net", events_topic=TOPIC_ARN)
    [receipt] = ses.read_receipts(over_http(envelope), settings, Secrets())
    assert (receipt.reference, receipt.status) == ("m-01J8.1", ReceiptStatus.undelivered)
    greeting = topic.notification("Successfully validated SNS topic for Amazon SES event publishing.")
    assert ses.read_receipts(over_http(greeting), settings, Secrets()) == []
    assert ses.read_receipts(over_http(topic.subscription()), settings, Secrets()) == []
    assert len(topic.confirmed) == 1
    for refused_ in (settings, SETTINGS):
        with pytest.raises(ReceiptRefused):
            ses.read_receipts(over_http(envelope | {"Message": "{}"}), refused_, Secrets())
    with pytest.raises(ReceiptRefused):  # without the setting nobody is believed
        ses.read_receipts(over_http(envelope), SETTINGS, Secrets())
    with pytest.raises(ReceiptRefused):
        ses.read_receipts(over_http(topic.notification("hello")), settings, Secrets())


@given(st.binary(max_size=200))
def test_no_body_can_break_the_reading(body: bytes) -> None:
    with suppress(ReceiptRefused):
        ses.read_receipts(Delivery(body=body), SETTINGS, Secrets())


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_a_reference_survives_as_a_tag(reference: str) -> None:
    tag = tag_of(reference)
    assert reference_of(tag) == reference
    assert set(tag) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize("tag", ["", "a_", "a_g0", "a.b", "a b", "_FF"])
def test_a_tag_that_is_not_ours_is_no_reference(tag: str) -> None:
    assert reference_of(tag) is None


def test_the_whole_way_there_and_back(fakes: Fakes) -> None:
    told: list[str] = []
    fakes.ses.publish = told.append
    answer = send("bounce+label@simulator.amazonses.com")
    assert fakes.wait_until(lambda: len(fakes.mails[0].reports) == 2)
    receipts = [ses.read_receipts(Delivery(body=one.encode()), SETTINGS, Secrets())[0] for one in told]
    fakes.ses.publish = None
    assert [(receipt.reference, receipt.status) for receipt in receipts] == [
        ("m-01J8.1", ReceiptStatus.sent),
        ("m-01J8.1", ReceiptStatus.undelivered),
    ]
    assert {receipt.provider_id for receipt in receipts} == set(answer.provider_ids)


def test_mail_in_the_embedded_aws_is_recorded_once_and_told(fakes: Fakes) -> None:
    kept = {
        "MessageId": "0a1b@email.amazonses.com",
        "Source": "csr@example.net",
        "To": ["person@example.org"],
        "CC": [],
        "BCC": [],
        "Subject": "Your phone",
        "BodyText": "Tap",
        "BodyHtml": "",
        "Timestamp": 1.0,
        "Type": "v2.SendEmail",
    }
    body = json.dumps({"messages": {"000000000000": [kept]}}).encode()

    class Mailbox(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/_ministack/ses/messages"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    told: list[str] = []

    def publish(one: str) -> None:
        if not told and not refusals:
            refusals.append(one)
            raise RuntimeError("the topic is not there yet")
        told.append(one)

    refusals: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Mailbox)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    watch = fakes.watch_ses(f"http://127.0.0.1:{server.server_address[1]}/", publish)
    assert fakes.wait_until(lambda: any(len(mail.reports) == 2 for mail in fakes.mails))
    watch.stop()
    server.shutdown()
    server.server_close()
    [mail] = fakes.mails
    assert (mail.to, mail.text, mail.html) == ("person@example.org", "Tap", None)
    receipts = [ses.read_receipts(Delivery(body=one.encode()), SETTINGS, Secrets())[0] for one in told]
    assert [(receipt.provider_id, receipt.status) for receipt in receipts] == [
        ("0a1b@email.amazonses.com", ReceiptStatus.sent),
        ("0a1b@email.amazonses.com", ReceiptStatus.delivered),
    ]
