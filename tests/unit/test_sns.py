"""Whether it was SNS that posted: against a topic that signs, and against everything that may be put in its place."""

import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.common import clock
from functions.common.errors import Unavailable
from functions.messaging.gateways import ReceiptRefused, _sns
from functions.messaging.gateways._sns import opened
from functions.messaging.gateways._transport import Limits, Request, Response
from tests.fakes.certificates import Authority
from tests.fakes.server import Fakes
from tests.fakes.sns import CERTIFICATE, TOPIC_ARN, Envelope, Topic

MESSAGE = '{"eventType": "Delivery", "mail": {"messageId": "0100-ü"}}\n'


@pytest.fixture(scope="module")
def running() -> Iterator[Fakes]:
    with Fakes() as fakes:
        yield fakes


@pytest.fixture
def topic(running: Fakes, monkeypatch: pytest.MonkeyPatch) -> Topic:
    monkeypatch.setenv("ALLOW_HTTP", "1")
    _sns.forget_all()
    topic = running.ses.topic
    topic.base_url = f"{running.base_url}/ses"
    topic.certificates_fetched, topic.refuses = 0, False
    topic.confirmed.clear()
    return topic


@pytest.fixture
def never_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def exchange(*_: object) -> None:
        raise AssertionError("asked")

    monkeypatch.setattr(_sns, "exchange", exchange)


def post(envelope: object, arn: str = TOPIC_ARN) -> str | None:
    return opened(json.dumps(envelope).encode(), arn)


def refused(envelope: object, arn: str = TOPIC_ARN) -> str:
    with pytest.raises(ReceiptRefused) as refusal:
        post(envelope, arn)
    return str(refusal.value)


def without(envelope: Envelope, name: str) -> Envelope:
    return {key: value for key, value in envelope.items() if key != name}


# What SNS signed


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_message_that_sns_signed_is_opened(topic: Topic, version: str) -> None:
    assert post(topic.notification(MESSAGE, version)) == MESSAGE


def test_a_message_may_be_without_a_subject(topic: Topic) -> None:
    plain = topic.sign(without(topic.notification(MESSAGE), "Subject"), "2")
    assert post(plain) == MESSAGE
    assert post({**plain, "Subject": None}) == MESSAGE


def test_what_is_not_signed_may_be_anything(topic: Topic) -> None:
    assert post({**topic.notification(MESSAGE), "UnsubscribeURL": "x", "MessageAttributes": {"a": 1}}) == MESSAGE


def test_the_signed_string_is_the_vendors() -> None:
    """The example of the vendor's page, each field a line with its value after it."""
    fields = {
        "Type": "Notification",
        "Message": "My Test Message",
        "MessageId": "4d4d",
        "Timestamp": "2019",
        "Other": "-",
    }
    names = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
    expected = b"Message\nMy Test Message\nMessageId\n4d4d\nTimestamp\n2019\nType\nNotification\n"
    assert _sns.canonical(fields, names) == expected


def test_the_certificate_is_fetched_once(topic: Topic) -> None:
    for _ in range(3):
        post(topic.notification(MESSAGE))
    assert topic.certificates_fetched == 1


def test_not_every_certificate_is_kept_for_good(topic: Topic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sns, "MOST_CERTIFICATES", 1)
    other = topic.base_url.replace("127.0.0.1", "localhost")
    for base_url in (topic.base_url, other, other, topic.base_url):
        post(topic.notification(MESSAGE, SigningCertURL=f"{base_url}{CERTIFICATE}"))
    assert topic.certificates_fetched == 3


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_subscription_is_confirmed(topic: Topic, version: str) -> None:
    envelope = topic.subscription(version)
    assert post(envelope) is None
    assert topic.confirmed == [envelope["Token"]]


def test_the_end_of_a_subscription_changes_nothing(topic: Topic) -> None:
    assert post(topic.subscription(Type="UnsubscribeConfirmation")) is None
    assert topic.confirmed == []


# What it did not sign


@pytest.mark.parametrize("name", ["Message", "MessageId", "Subject", "Timestamp"])
def test_every_field_is_signed(topic: Topic, name: str) -> None:
    envelope = topic.notification(MESSAGE)
    other = clock.text(clock.now() - timedelta(minutes=1)) if name == "Timestamp" else envelope[name] + "x"
    assert refused(envelope | {name: other}) == "signature missing or wrong"
    if name != "Timestamp":
        assert refused(without(envelope, name)) == "signature missing or wrong"


@pytest.mark.parametrize("name", ["Message", "MessageId", "SubscribeURL", "Token"])
def test_every_field_of_a_subscription_is_signed(topic: Topic, name: str) -> None:
    envelope = topic.subscription()
    refused(envelope | {name: envelope[name] + "x"})
    refused(without(envelope, name))
    assert topic.confirmed == []


def test_a_message_signed_as_one_kind_is_not_another(topic: Topic) -> None:
    refused(topic.subscription() | {"Type": "Notification"})
    refused(topic.notification(MESSAGE) | {"Type": "SubscriptionConfirmation"})
    assert topic.confirmed == []


@pytest.mark.parametrize(
    "signature", ["", "x", "ü", base64.b64encode(b"\0" * 256).decode(), base64.b64encode(b"1").decode()]
)
def test_a_wrong_signature_is_refused(topic: Topic, signature: str) -> None:
    assert refused(topic.notification(MESSAGE) | {"Signature": signature}) == "signature missing or wrong"


@pytest.mark.parametrize(("signed", "claimed"), [("1", "2"), ("2", "1"), ("2", "3"), ("2", ""), ("2", "none")])
def test_the_version_has_to_be_the_one_that_was_used(topic: Topic, signed: str, claimed: str) -> None:
    refused(topic.notification(MESSAGE, signed) | {"SignatureVersion": claimed})
    refused(without(topic.notification(MESSAGE, signed), "SignatureVersion"))


def test_anothers_topic_is_refused_before_anything_is_fetched(topic: Topic) -> None:
    """Whoever has an AWS account may have SNS sign."""
    theirs = "arn:aws:sns:eu-west-1:111111111111:theirs"
    assert "topic" in refused(topic.notification(MESSAGE, TopicArn=theirs))
    assert "topic" in refused(topic.subscription(TopicArn=theirs))
    assert "topic" in refused(topic.notification(MESSAGE), theirs)
    assert (topic.certificates_fetched, topic.confirmed) == (0, [])


def test_anothers_key_is_refused(topic: Topic) -> None:
    stranger = Topic()
    stranger.base_url = topic.base_url
    assert refused(stranger.notification(MESSAGE)) == "signature missing or wrong"
    refused(stranger.subscription())
    assert topic.confirmed == []


# Time


@pytest.mark.parametrize(
    ("age", "taken"),
    [
        (timedelta(minutes=-6), False),
        (timedelta(minutes=-4), True),
        (timedelta(minutes=59), True),
        (timedelta(minutes=61), False),
        (timedelta(days=365), False),
    ],
)
def test_a_message_is_taken_for_an_hour(topic: Topic, age: timedelta, taken: bool) -> None:
    moment = datetime.now(UTC)
    envelope = topic.notification(MESSAGE, Timestamp=clock.text(moment - age))
    with clock.frozen(moment):
        if taken:
            assert post(envelope) == MESSAGE
        else:
            assert refused(envelope) == "signed too long ago"
            assert topic.certificates_fetched == 0


@pytest.mark.parametrize("moment", ["", "soon", "2026-11-22T14:00:00", "0001-01-01T00:00:00+23:59", "1", "9" * 99])
def test_a_message_needs_a_time(topic: Topic, moment: str) -> None:
    refused(topic.notification(MESSAGE, Timestamp=moment))


@pytest.mark.parametrize(("begin", "end"), [(-2, -1), (1, 2)])
def test_a_certificate_that_is_not_valid_now_is_refused(topic: Topic, begin: int, end: int) -> None:
    now = datetime.now(UTC)
    valid, topic.certificate = (
        topic.certificate,
        topic.certificate_for(now + timedelta(days=begin), now + timedelta(days=end)),
    )
    try:
        assert refused(topic.notification(MESSAGE)) == "the certificate is not valid now"
    finally:
        topic.certificate = valid


# Whose certificate it is

SNS = "https://sns.eu-west-1.amazonaws.com"
OTHERS = [
    "",
    "x",
    f"http://sns.eu-west-1.amazonaws.com{CERTIFICATE}",
    f"https://sns.eu-west-1.amazonaws.com.example.net{CERTIFICATE}",
    f"https://sns.eu-west-1.amazonaws.com@example.net{CERTIFICATE}",
    f"https://example.net/sns.eu-west-1.amazonaws.com{CERTIFICATE}",
    f"https://example.net\\@sns.eu-west-1.amazonaws.com{CERTIFICATE}",
    f"https://example.net#@sns.eu-west-1.amazonaws.com{CERTIFICATE}",
    f"https://user@sns.eu-west-1.amazonaws.com{CERTIFICATE}",
    f"https://sns.eu-west-1.amazonaws.com:8443{CERTIFICATE}",
    f"https://sns.a.b.amazonaws.com{CERTIFICATE}",
    f"https://sns..amazonaws.com{CERTIFICATE}",
    f"https://snsXeu-west-1.amazonaws.com{CERTIFICATE}",
    f"https://evil-sns.eu-west-1.amazonaws.com{CERTIFICATE}",
    f"https://sns.eu-west-1.amazonaws.com.cn.example.net{CERTIFICATE}",
    f"https://sqs.eu-west-1.amazonaws.com{CERTIFICATE}",
    f"https://s3.amazonaws.com{CERTIFICATE}",
    f"https://10.0.0.1{CERTIFICATE}",
    f"{SNS}/",
    f"{SNS}/certificate.pem?x=1",
    f"{SNS}/certificate.pem#x",
    f"{SNS}/?x=.pem",
    f"{SNS}/certificate.pem\n",
    f"{SNS}\n{CERTIFICATE}",
    f" {SNS}{CERTIFICATE}",
    f"{SNS}/certificate.crt",
    f"file://{CERTIFICATE}",
]


@pytest.mark.parametrize("url", OTHERS)
def test_a_certificate_from_elsewhere_is_not_even_fetched(topic: Topic, url: str, never_asked: None) -> None:
    assert refused(topic.notification(MESSAGE, SigningCertURL=url)) == "the certificate's address is not SNS's"


@pytest.mark.parametrize(
    "url",
    [url for url in OTHERS if not url.startswith(f"{SNS}/")] + [f"{SNS}/?a=\\", f"{SNS}/?a#b", SNS, f"{SNS}/?a\n"],
)
def test_a_subscription_elsewhere_is_not_confirmed(topic: Topic, url: str) -> None:
    asked: list[str] = []
    post(topic.notification(MESSAGE))  # the certificate is known
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_sns, "exchange", lambda request, limits: asked.append(request.url))
        assert refused(topic.subscription(SubscribeURL=url)) == "the address to subscribe at is not SNS's"
    assert asked == []


@pytest.mark.parametrize(
    "region", ["eu-west-1.amazonaws.com", "us-gov-west-1.amazonaws.com", "cn-north-1.amazonaws.com.cn"]
)
def test_the_certificate_comes_from_sns_in_any_region(
    topic: Topic, monkeypatch: pytest.MonkeyPatch, region: str
) -> None:
    monkeypatch.delenv("ALLOW_HTTP")
    asked: list[str] = []

    def exchange(request: Request, limits: Limits) -> Response:
        asked.append(request.url)
        return Response(200, {}, topic.certificate)

    monkeypatch.setattr(_sns, "exchange", exchange)
    at = f"https://sns.{region}"
    assert post(topic.notification(MESSAGE, SigningCertURL=f"{at}{CERTIFICATE}")) == MESSAGE
    subscribe = f"{at}/?Action=ConfirmSubscription&TopicArn={TOPIC_ARN}&Token=2336412f37"
    assert post(topic.subscription(SigningCertURL=f"{at}{CERTIFICATE}", SubscribeURL=subscribe)) is None
    assert asked == [f"{at}{CERTIFICATE}", subscribe]


@pytest.mark.parametrize("host", ["example.net", "192.0.2.1", "127.0.0.1.example.net", "localhost@example.net"])
def test_plain_http_is_for_this_machine(topic: Topic, host: str, never_asked: None) -> None:
    refused(topic.notification(MESSAGE, SigningCertURL=f"http://{host}{CERTIFICATE}"))


def test_plain_http_is_for_a_laptop(topic: Topic, monkeypatch: pytest.MonkeyPatch, never_asked: None) -> None:
    monkeypatch.delenv("ALLOW_HTTP")
    refused(topic.notification(MESSAGE))


def test_when_sns_cannot_be_asked_it_shall_post_again(topic: Topic) -> None:
    envelope = topic.notification(MESSAGE)
    topic.refuses = True
    with pytest.raises(Unavailable):
        post(envelope)
    with pytest.raises(Unavailable):
        post(topic.notification(MESSAGE, SigningCertURL=f"http://127.0.0.1:1{CERTIFICATE}"))
    topic.refuses = False
    assert post(envelope) == MESSAGE
    subscription = topic.subscription()
    topic.refuses = True
    with pytest.raises(Unavailable):
        post(subscription)
    topic.refuses = False
    assert post(subscription) is None
    assert topic.confirmed == [subscription["Token"]]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<html>", "no certificate at its address"),
        (b"", "no certificate at its address"),
        (Authority().certificate.encode(), "signed in a way that SNS does not"),  # of an elliptic curve
    ],
    ids=["page", "nothing", "elliptic"],
)
def test_what_is_no_certificate_of_sns_is_refused(
    topic: Topic, content: bytes, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_sns, "exchange", lambda request, limits: Response(200, {}, content))
    assert refused(topic.notification(MESSAGE)) == why


# Anything else


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"[]",
        b"{}",
        b"null",
        b"\xff",
        b'{"Type": "Notification"}',
        b'{"Type": 1}',
        b"[" * 60_000,
        b'{"Type":"X"}',
    ],
)
def test_what_is_no_envelope_is_refused(body: bytes) -> None:
    with pytest.raises(ReceiptRefused):
        opened(body, TOPIC_ARN)


fields = st.sampled_from(
    ["Type", "TopicArn", "Timestamp", "SigningCertURL", "Signature", "SignatureVersion", "Message"]
)
values: st.SearchStrategy[object] = st.sampled_from(
    ["Notification", "SubscriptionConfirmation", TOPIC_ARN, "2026-11-22T14:00:00Z", "1", None, 1, {}]
)


@given(
    st.binary(max_size=200)
    | st.dictionaries(fields, values | st.text("arn:1Z.ü\x00", max_size=9)).map(lambda b: json.dumps(b).encode())
)
def test_no_body_can_break_the_opening(body: bytes) -> None:
    with clock.frozen(datetime(2026, 11, 22, 14, tzinfo=UTC)), suppress(ReceiptRefused):
        assert opened(body, TOPIC_ARN) is None
