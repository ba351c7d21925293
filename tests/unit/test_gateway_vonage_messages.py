"""The Messages API gateway against the fake at its wire, and its reading of every answer and report Vonage can give."""

import base64
import hmac
import json
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from functions.common import clock
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
    _vonage_jwt,
    _vonage_problems,
    vonage_messages,
)
from functions.messaging.gateways._transport import Response
from functions.messaging.gateways._vonage_jwt import Application
from functions.messaging.gateways.vonage_messages import Secrets, Settings
from tests.fakes.listener import listening
from tests.fakes.server import Fakes
from tests.fakes.vonage_messages import API_KEY, API_SECRET, SIGNATURE_SECRET, VonageMessages, webhook_token
from tests.unit.gateways import REFERENCE, at_its_fake, reports_to
from tests.unit.odd import ANY_JSON

SECRETS = Secrets(api_secret=API_SECRET)
SIGNED = Secrets(api_secret=API_SECRET, signature_secret=SIGNATURE_SECRET)
APPLICATION_ID = "11111111-2222-4333-8444-555555555555"
ANYBODY = Settings(api_key=API_KEY, sender="ACME")


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2048)


def fake(fakes: Fakes) -> VonageMessages:
    found = fakes.providers["vonage-messages"]
    assert isinstance(found, VonageMessages)
    return found


def settings(fakes: Fakes, **more: Any) -> Settings:
    at = f"{fakes.base_url}/vonage-messages"
    return Settings(api_key=API_KEY, base_url=at, account_url=at, **({"sender": "ACME"} | more))


def message(suffix: str = "0001", text: str = "Tap to install: https://go.example/i/abc", **more: Any) -> Outgoing:
    return Outgoing(reference="m-01J8.1", to=f"+4179000{suffix}", text=text, **more)


# Sending


def test_another_sender_may_be_madewith_a_message(fakes: Fakes) -> None:
    vonage_messages.send(message(sender="+12025550123"), settings(fakes), SECRETS)
    assert [sms.sender for sms in fakes.sms] == ["12025550123"]


def test_a_sender_that_is_none_is_our_fault(fakes: Fakes) -> None:
    refused = vonage_messages.send(message(sender="A-B"), settings(fakes), SECRETS)
    assert (refused.outcome, refused.code, refused.trouble) == (Outcome.rejected_config, "1020", Trouble.sender)


# In the name of an application


def application(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> Secrets:
    return Secrets(api_secret="not-asked", application=Application(id=APPLICATION_ID, private_key=pem(key)))


def known_application(fakes: Fakes, key: rsa.RSAPrivateKey) -> None:
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    fake(fakes).accounts[API_KEY].applications[APPLICATION_ID] = public


def test_an_application_signs_in_by_its_key(fakes: Fakes, key: rsa.RSAPrivateKey) -> None:
    known_application(fakes, key)
    for _ in range(2):
        assert vonage_messages.send(message(), settings(fakes), application(key)).outcome is Outcome.accepted
    assert [sms.account for sms in fakes.sms] == [API_KEY, API_KEY]


def test_an_application_that_vonage_does_not_know_is_our_fault(fakes: Fakes, key: rsa.RSAPrivateKey) -> None:
    known_application(fakes, rsa.generate_private_key(65_537, 2048))
    answer = vonage_messages.send(message(), settings(fakes), application(key))
    assert (answer.outcome, answer.trouble) == (Outcome.rejected_config, Trouble.credentials)
    assert fakes.sms == []


def test_its_token_lives_for_minutes_and_never_comes_twice(key: rsa.RSAPrivateKey) -> None:
    own = application(key).application
    assert own is not None
    with clock.frozen(datetime(2026, 11, 22, 14, tzinfo=UTC)):
        tokens = [_vonage_jwt.bearer(own) for _ in range(2)]
    claims = [json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==")) for token in tokens]
    assert claims[0]["jti"] != claims[1]["jti"]
    assert claims[0] | {"jti": ""} == {
        "application_id": APPLICATION_ID,
        "iat": 1_795_356_000,
        "exp": 1_795_356_300,
        "jti": "",
    }


def test_its_token_is_no_part_of_what_is_kept(key: rsa.RSAPrivateKey) -> None:
    request = vonage_messages.build_request(message(), ANYBODY, application(key))
    token = request.headers["Authorization"].removeprefix("Bearer ")
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", token)
    body = json.dumps({"title": f"bad token {token}"}).encode()
    assert vonage_messages.read_answer(Response(401, {}, body), (token,)).words == "bad token [withheld]"


NO_KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize("kind", ["broken", "elliptic"])
def test_a_key_that_is_none_is_our_fault_and_found_by_probing(fakes: Fakes, kind: str) -> None:
    text = NO_KEY if kind == "broken" else pem(ec.generate_private_key(ec.SECP256R1()))
    secrets = Secrets(api_secret=API_SECRET, application=Application(id=APPLICATION_ID, private_key=text))
    answer = vonage_messages.send(message(), settings(fakes), secrets)
    assert (answer.outcome, answer.code, answer.trouble) == (
        Outcome.rejected_config,
        "private-key",
        Trouble.credentials,
    )
    health = vonage_messages.probe(settings(fakes), secrets)
    assert (health.works, health.trouble, health.words) == (False, Trouble.credentials, answer.words)
    assert text.split("\n")[1] not in str(answer.words)
    assert fakes.sms == []


# Requests and answers, as functions


def test_the_request_is_json_with_basic_login_and_no_secret_in_it() -> None:
    asked = message(receipt_url="https://go.example/receipts/g/s")
    where = Settings(api_key="k", sender="+12025550123", ttl=3600)
    request = vonage_messages.build_request(asked, where, SECRETS)
    assert (request.method, request.url) == ("POST", "https://api.nexmo.com/v1/messages")
    assert base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode() == f"k:{API_SECRET}"
    assert API_SECRET.encode() not in request.body
    assert json.loads(request.body) == {
        "message_type": "text",
        "channel": "sms",
        "from": "12025550123",
        "to": "41790000001",
        "text": "Tap to install: https://go.example/i/abc",
        "client_ref": "m-01J8.1",
        "ttl": 3600,
        "webhook_url": "https://go.example/receipts/g/s",
        "webhook_version": "v1",
        "sms": {"encoding_type": "auto"},
    }


def test_reports_per_message_can_be_left_to_the_application() -> None:
    asked = message(receipt_url="https://go.example/receipts/g/s")
    where = Settings(api_key="k", sender="ACME", receipts_per_message=False)
    assert b"webhook" not in vonage_messages.build_request(asked, where, SECRETS).body


def answer_to(body: object, status: int = 422, headers: dict[str, str] | None = None) -> Answer:
    return vonage_messages.read_answer(Response(status, headers or {}, json.dumps(body).encode()))


def problem(code: str, **more: object) -> dict[str, object]:
    at = "https://developer.vonage.com/api-errors"
    where = f"{at}/messages#{code}" if code.isdigit() else f"{at}#{code}"
    return {"type": where, "title": "As documented", "detail": "as is", "instance": "bf0ca0bf927b3b52"} | more


# The documentation's, once more by hand: outcome and trouble.
CONTRACT = {
    "1000": (Outcome.not_sent_transient, None),
    "1010": (Outcome.rejected_recipient, None),
    "1020": (Outcome.rejected_recipient, None),
    "1021": (Outcome.rejected_recipient, None),
    "1022": (Outcome.rejected_recipient, None),
    "1030": (Outcome.unknown, None),
    "1040": (Outcome.rejected_recipient, None),
    "1050": (Outcome.rejected_recipient, None),
    "1060": (Outcome.rejected_config, Trouble.other),
    "1070": (Outcome.rejected_config, Trouble.credit),
    "1080": (Outcome.rejected_config, Trouble.other),
    "1090": (Outcome.rejected_recipient, None),
    "1100": (Outcome.not_sent_transient, None),
    "1120": (Outcome.rejected_config, Trouble.sender),
    "1130": (Outcome.rejected_config, Trouble.other),
    "1140": (Outcome.rejected_config, Trouble.other),
    "1150": (Outcome.rejected_recipient, None),
    "1160": (Outcome.rejected_config, Trouble.other),
    "1170": (Outcome.rejected_recipient, None),
    "1180": (Outcome.not_sent_transient, None),
    "1190": (Outcome.rejected_recipient, None),
    "1200": (Outcome.rejected_recipient, None),
    "1210": (Outcome.rejected_recipient, None),
    "1220": (Outcome.not_sent_transient, None),
    "1230": (Outcome.not_sent_transient, None),
    "1240": (Outcome.rejected_recipient, None),
    "1241": (Outcome.rejected_recipient, None),
    "1250": (Outcome.rejected_recipient, None),
    "1260": (Outcome.rejected_recipient, None),
    "1270": (Outcome.rejected_recipient, None),
    "1280": (Outcome.rejected_recipient, None),
    "unauthorized": (Outcome.rejected_config, Trouble.credentials),
    "forbidden": (Outcome.rejected_config, Trouble.credentials),
    "invalid-api-key": (Outcome.rejected_config, Trouble.credentials),
    "invalid-signature": (Outcome.rejected_config, Trouble.credentials),
    "jwt-expired": (Outcome.rejected_config, Trouble.credentials),
    "jwt-revoked": (Outcome.rejected_config, Trouble.credentials),
    "unprovisioned": (Outcome.rejected_config, Trouble.other),
    "account-suspended": (Outcome.rejected_config, Trouble.other),
    "low-balance": (Outcome.rejected_config, Trouble.credit),
    "not-found": (Outcome.rejected_config, Trouble.other),
    "invalid-params": (Outcome.rejected_recipient, None),
}


@pytest.mark.parametrize(("code", "meaning"), CONTRACT.items())
@pytest.mark.parametrize("status", [400, 422, 503])
def test_every_documented_code_has_its_outcome(code: str, meaning: tuple[Outcome, Trouble | None], status: int) -> None:
    answer = answer_to(problem(code), status)
    assert (answer.outcome, answer.trouble) == meaning
    assert (answer.code, answer.words) == (code, "As documented: as is")
    assert answer.throttled is (code == "1000")


def test_no_code_is_left_untested() -> None:
    assert set(CONTRACT) == set(_vonage_problems.OUTCOMES)


@pytest.mark.parametrize("form", ["…/messages-olympus#1170", "…/messages/1170", "#1170"])
def test_a_code_is_known_at_the_end_of_every_address(form: str) -> None:
    assert answer_to(problem("") | {"type": form}).code == "1170"


@pytest.mark.parametrize("code", ["1010", "1020", "invalid-params"])
@pytest.mark.parametrize(
    ("names", "outcome", "trouble"),
    [
        (["to"], Outcome.rejected_recipient, None),
        (["text", "client_ref"], Outcome.rejected_recipient, None),
        ([], Outcome.rejected_recipient, None),
        (["from"], Outcome.rejected_config, Trouble.sender),
        (["to", "webhook_url"], Outcome.rejected_config, Trouble.other),
        (["ttl"], Outcome.rejected_config, Trouble.other),
        (["webhook_version"], Outcome.rejected_config, Trouble.other),
    ],
)
@pytest.mark.parametrize("called", ["name", "field"])
def test_a_bad_parameter_is_blamed_on_whose_it_is(
    code: str, names: list[str], outcome: Outcome, trouble: Trouble | None, called: str
) -> None:
    answer = answer_to(problem(code, invalid_parameters=[{called: name, "reason": "x"} for name in names]))
    assert (answer.outcome, answer.trouble) == (outcome, trouble)


HTTP = {
    200: (Outcome.unknown, None),
    202: (Outcome.unknown, None),
    302: (Outcome.unknown, None),
    308: (Outcome.rejected_config, Trouble.other),
    400: (Outcome.unknown, None),
    401: (Outcome.rejected_config, Trouble.credentials),
    402: (Outcome.rejected_config, Trouble.credit),
    403: (Outcome.rejected_config, Trouble.credentials),
    404: (Outcome.rejected_config, Trouble.other),
    405: (Outcome.rejected_config, Trouble.other),
    422: (Outcome.rejected_recipient, None),
    429: (Outcome.not_sent_transient, None),
    500: (Outcome.unknown, None),
    503: (Outcome.unknown, None),
}
BODIES = [b"", b"<html>", b'{"message_uuid":"aaaa', b"[]", b"{}", b'{"message_uuid":""}', b"[" * 60_000, b"\xff"]


@pytest.mark.parametrize(("status", "meaning"), HTTP.items())
@pytest.mark.parametrize("body", BODIES)
def test_without_an_answer_in_the_body_the_http_status_decides(
    status: int, meaning: tuple[Outcome, Trouble | None], body: bytes
) -> None:
    answer = vonage_messages.read_answer(Response(status, {"retry-after": "7"}, body))
    assert (answer.outcome, answer.trouble) == meaning
    assert answer.code == f"http-{status}"
    assert (answer.throttled, answer.retry_after) == ((True, 7) if status == 429 else (False, None))


@pytest.mark.parametrize(("status", "meaning"), HTTP.items())
@pytest.mark.parametrize("code", ["9999", "something-new"])
def test_a_code_nobody_documented_leaves_it_to_the_http_status(
    status: int, meaning: tuple[Outcome, Trouble | None], code: str
) -> None:
    answer = answer_to(problem(code), status)
    assert ((answer.outcome, answer.trouble), answer.code) == (meaning, code)


def test_an_id_in_an_error_is_no_acceptance() -> None:
    assert answer_to(problem("1170", message_uuid="a-b")).outcome is Outcome.rejected_recipient
    assert answer_to({"message_uuid": "a-b"}, 500).outcome is Outcome.unknown


def test_what_vonage_says_is_cut_cleaned_and_holds_no_secret() -> None:
    login = base64.b64encode(f"{API_KEY}:{API_SECRET}".encode()).decode()
    text = f"no\r\n\x1b[31m {API_SECRET} \u202e{login} " + "x" * 500
    body = json.dumps(problem("1020", title=text)).encode()
    said = vonage_messages.read_answer(Response(422, {}, body), (API_SECRET, login)).words
    assert said is not None
    assert said.startswith("no [31m [withheld] [withheld] xxx")
    assert len(said) == 300


TEXT = st.text("#/1:.-aZü \x00\u202e", max_size=20)
json_values = TEXT | ANY_JSON
answer_names = st.sampled_from(["type", "title", "detail", "invalid_parameters", "message_uuid"])


@given(
    st.binary(max_size=200)
    | st.dictionaries(answer_names, json_values, max_size=5).map(lambda b: json.dumps(b).encode()),
    st.integers(100, 599),
)
def test_no_answer_can_break_the_reading(body: bytes, status: int) -> None:
    answer = vonage_messages.read_answer(Response(status, {}, body))
    assert (answer.outcome is Outcome.rejected_config) == (answer.trouble is not None)


# The account


def test_the_credit_is_in_the_currency_of_the_settings(fakes: Fakes) -> None:
    fake(fakes).set_credit("12.3")
    health = vonage_messages.probe(settings(fakes, currency="CHF"), SECRETS)
    assert health == Health(works=True, credit="12.3", unit="CHF")


# Settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": "TwelveLetter"},
        {"api_key": "a b"},
        {"ttl": 19},
        {"ttl": 604_801},
        {"currency": "eur"},
        {"currency": "EUR\n"},
        {"surprise": 1},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"api_key": "k", "sender": "ACME", **wrong}, Settings)


@pytest.mark.parametrize(
    "wrong",
    [
        {"application": {"id": APPLICATION_ID}},
        {"application": {"id": "me", "private_key": NO_KEY}},
        {"application": {"id": f"{APPLICATION_ID}\n", "private_key": NO_KEY}},
        {"application": {"id": APPLICATION_ID, "private_key": "x" * 100}},
        {"application": {"id": APPLICATION_ID, "private_key": NO_KEY, "surprise": 1}},
        {"api_secret": "a b"},
        {"signature_secret": ""},
        {"surprise": 1},
    ],
)
def test_secrets_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    msgspec.convert({"api_secret": "s", "application": {"id": APPLICATION_ID, "private_key": NO_KEY}}, Secrets)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"api_secret": "s", **wrong}, Secrets)


def test_an_application_does_not_show_its_key() -> None:
    own = Application(id=APPLICATION_ID, private_key=NO_KEY)
    assert "MII" not in repr(own)


# Reports

REPORT: dict[str, Any] = {
    "message_uuid": "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab",
    "to": "41790000001",
    "from": "ACME",
    "timestamp": "2026-11-22T14:00:00.000Z",
    "status": "delivered",
    "channel": "sms",
    "client_ref": "m-01J8.1",
    "usage": {"currency": "EUR", "price": "0.0333"},
    "sms": {"count_total": "2"},
    "destination": {"network_code": "12345"},
}
READ = Receipt(
    reference="m-01J8.1",
    provider_id="aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab",
    status=ReceiptStatus.delivered,
    at="2026-11-22T14:00:00.000Z",
    parts=2,
    price="0.0333",
    currency="EUR",
)


def report(**change: Any) -> Delivery:
    return Delivery(content_type="application/json", body=json.dumps(REPORT | change).encode())


def read(delivery: Delivery, secrets: Secrets = SECRETS) -> list[Receipt]:
    return vonage_messages.read_receipts(delivery, ANYBODY, secrets)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("submitted", ReceiptStatus.sent),
        ("delivered", ReceiptStatus.delivered),
        ("read", ReceiptStatus.delivered),
        ("rejected", ReceiptStatus.undelivered),
        ("undeliverable", ReceiptStatus.undelivered),
    ],
)
def test_every_documented_status_has_its_own(status: str, expected: ReceiptStatus) -> None:
    assert read(report(status=status)) == [msgspec.structs.replace(READ, status=expected)]


@pytest.mark.parametrize("code", [code for code in CONTRACT if code.isdigit()])
def test_a_failure_is_explained_by_every_code_and_stays_one(code: str) -> None:
    [receipt] = read(report(status="rejected", error=problem(code, title="Why", detail="")))
    assert (receipt.status, receipt.code, receipt.words) == (ReceiptStatus.undelivered, code, "Why")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"usage": {"currency": "EUR", "price": 0.05}}, {"price": "0.05", "currency": "EUR"}),
        ({"usage": {"currency": "euro", "price": "0.05"}}, {"price": "0.05", "currency": None}),
        ({"usage": {"currency": "EUR", "price": "NaN"}}, {"price": None, "currency": None}),
        ({"usage": {"currency": "EUR"}}, {"price": None, "currency": None}),
        ({"usage": None}, {"price": None, "currency": None}),
        ({"sms": {"count_total": 3}}, {"parts": 3}),
        ({"sms": {"count_total": "0"}}, {"parts": None}),
        ({"sms": {"count_total": "many"}}, {"parts": None}),
        ({"sms": None}, {"parts": None}),
        ({"timestamp": "soon"}, {"at": None}),
        ({"timestamp": "2026-11-22T14:00:00"}, {"at": None}),
        ({"timestamp": "0001-01-01T00:00:00+14:00"}, {"at": None}),
        ({"timestamp": None}, {"at": None}),
        ({"client_ref": None}, {"reference": None}),
        ({"message_uuid": "\x00"}, {"provider_id": None}),
    ],
)
def test_what_a_report_leaves_out_or_garbles_is_left_out(change: dict[str, Any], expected: dict[str, Any]) -> None:
    assert read(report(**change)) == [msgspec.structs.replace(READ, **expected)]


@pytest.mark.parametrize("change", [{"status": "new"}, {"status": ""}, {"message_uuid": "", "client_ref": "\x00"}])
def test_a_report_that_says_nothing_changes_nothing(change: dict[str, Any]) -> None:
    assert read(report(**change)) == []


@pytest.mark.parametrize("body", [b"", b"hello", b"[]", b"a=b", b"\xff", b'{"status": 1}', b"[" * 90_000])
def test_what_is_no_report_is_refused(body: bytes) -> None:
    with pytest.raises(ReceiptRefused):
        read(Delivery(body=body))


# The rule of signing: made once with openssl from the vendor's description.
VECTOR_BODY = b'{"message_uuid":"aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab","status":"delivered"}'
VECTOR_SECRET = "a-signature-secret-of-32-letters"
VECTOR_TIME = datetime.fromtimestamp(1_795_356_000, UTC)
VECTOR_TOKEN = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."
    "eyJpYXQiOjE3OTUzNTYwMDAsImp0aSI6ImM1YmE4ZjI0LTFhMTQtNGMxMC1iZmRmLTNmYmU4Y2U1MTFiNSIsImlzcyI6IlZvbmFn"
    "ZSIsInBheWxvYWRfaGFzaCI6ImQ1ZWNiYzdhYjc3YjM3NmIyY2Y2MzVhNjg2OWQ0ZGJiMTUzMjIxNzVmOTViNWMxOTI2MGEyN2Y2"
    "MjE3ZTRlZmYiLCJhcGlfa2V5IjoiZGNiYTQzMjEifQ."
    "h0fRT-cm7O8pWwaQyc7zR-fbZsWfqXbg4mbviu1zajQ"
)


def signed(body: bytes, token: str, scheme: str = "Bearer") -> Delivery:
    headers = {"authorization": f"{scheme} {token}", "content-type": "application/json"}
    return Delivery(content_type="application/json", headers=headers, body=body)


def test_the_signature_is_the_vendors() -> None:
    _vonage_jwt.forget_all()
    secrets = Secrets(api_secret="s", signature_secret=VECTOR_SECRET)
    with clock.frozen(VECTOR_TIME):
        [receipt] = read(signed(VECTOR_BODY, VECTOR_TOKEN), secrets)
        for body in (VECTOR_BODY + b" ", b""):
            with pytest.raises(ReceiptRefused):
                read(signed(body, VECTOR_TOKEN), secrets)
    assert receipt.status is ReceiptStatus.delivered


def test_a_signed_report_is_taken_once() -> None:
    _vonage_jwt.forget_all()
    body = report().body
    delivery = signed(body, webhook_token(body, API_KEY, SIGNATURE_SECRET))
    assert read(delivery, SIGNED) == [READ]
    with pytest.raises(ReceiptRefused):
        read(delivery, SIGNED)
    assert read(signed(body, webhook_token(body, API_KEY, SIGNATURE_SECRET)), SIGNED) == [READ]


def test_the_ids_that_were_seen_are_forgotten_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    _vonage_jwt.forget_all()
    monkeypatch.setattr(_vonage_jwt, "MOST_SEEN", 2)
    body = report().body
    first, *others = [signed(body, webhook_token(body, API_KEY, SIGNATURE_SECRET, jti=jti)) for jti in "abc"]
    for delivery in (first, *others):
        read(delivery, SIGNED)
    assert read(first, SIGNED) == [READ]  # crowded out: best effort
    with pytest.raises(ReceiptRefused):
        read(others[1], SIGNED)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_report_may_be_minutes_old(seconds: int) -> None:
    _vonage_jwt.forget_all()
    body = report().body
    token = webhook_token(body, API_KEY, SIGNATURE_SECRET, iat=int(VECTOR_TIME.timestamp()))
    with clock.frozen(VECTOR_TIME + timedelta(seconds=seconds)):
        assert read(signed(body, token), SIGNED) == [READ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "another-secret"},
        {"algorithm": "none"},
        {"algorithm": "HS512"},
        {"algorithm": "RS256"},
        {"iss": "Someone"},
        {"iss": None},
        {"api_key": "another"},
        {"api_key": None},
        {"iat": int(VECTOR_TIME.timestamp()) - 301},
        {"iat": int(VECTOR_TIME.timestamp()) + 301},
        {"iat": "now"},
        {"iat": True},
        {"iat": 10**30},
        {"jti": ""},
        {"jti": None},
        {"jti": "j" * 101},
        {"payload_hash": ""},
        {"payload_hash": "0" * 64},
        {"payload_hash": None},
        {"payload_hash": "ü"},
    ],
)
def test_a_token_that_vonage_would_not_make_is_refused(wrong: dict[str, Any]) -> None:
    _vonage_jwt.forget_all()
    body = report().body
    made: dict[str, Any] = {"secret": SIGNATURE_SECRET, "api_key": API_KEY, "iat": int(VECTOR_TIME.timestamp())} | wrong
    token = webhook_token(body, **made)
    with clock.frozen(VECTOR_TIME), pytest.raises(ReceiptRefused):
        read(signed(body, token), SIGNED)


def encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


UNSIGNED = f"{encoded({'alg': 'none'})}.{encoded({'iss': 'Vonage', 'api_key': API_KEY})}."


@pytest.mark.parametrize("token", ["", "x", "a.b", "a.b.c", "a.b.c.d", "ü.b.c", UNSIGNED, "a.b.c\n", "a." * 5000])
@pytest.mark.parametrize("scheme", ["Bearer", "Basic", ""])
def test_an_unsigned_report_is_refused(token: str, scheme: str) -> None:
    with pytest.raises(ReceiptRefused):
        read(signed(report().body, token, scheme), SIGNED)
    with pytest.raises(ReceiptRefused):
        read(report(), SIGNED)


def test_a_signature_holds_for_the_raw_body_alone() -> None:
    _vonage_jwt.forget_all()
    body = report().body
    token = webhook_token(body, API_KEY, SIGNATURE_SECRET)
    with pytest.raises(ReceiptRefused):
        read(signed(body.replace(b"delivered", b"rejected"), token), SIGNED)
    with pytest.raises(ReceiptRefused):
        read(signed(body + b" ", token), SIGNED)
    with pytest.raises(ReceiptRefused):
        read(signed(body, token[:-2] + ("AA" if not token.endswith("AA") else "BB")), SIGNED)
    assert read(signed(body, token), SIGNED) == [READ]


@pytest.mark.parametrize("claims", ["[]", "1", '"x"', "{", "e", "\\", "[" * 900])
def test_a_token_signed_well_over_nonsense_is_refused(claims: str) -> None:
    header = encoded({"alg": "HS256"})
    middle = base64.urlsafe_b64encode(claims.encode()).decode().rstrip("=")
    mac = hmac.digest(SIGNATURE_SECRET.encode(), f"{header}.{middle}".encode(), "sha256")
    with pytest.raises(ReceiptRefused):
        read(signed(b"{}", f"{header}.{middle}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"), SIGNED)


report_names = st.sampled_from(
    ["status", "message_uuid", "client_ref", "timestamp", "usage", "sms", "error", "price", "count_total", "type"]
)
report_values = st.sampled_from(["delivered", "m-1", "2026-11-22T14:00:00Z"]) | json_values
bodies = st.binary(max_size=200) | st.dictionaries(
    report_names, report_values | st.dictionaries(report_names, report_values, max_size=3), max_size=6
).map(lambda body: json.dumps(body).encode())


@given(bodies, TEXT)
def test_no_body_can_break_the_reading_of_reports(body: bytes, authorization: str) -> None:
    delivery = Delivery(headers={"authorization": authorization}, body=body)
    with suppress(ReceiptRefused):
        read(delivery)
    with pytest.raises(ReceiptRefused):
        read(delivery, SIGNED)


def test_reports_tell_parts_and_price(fakes: Fakes) -> None:
    sms = at_its_fake("vonage_messages", fakes)
    with reports_to(sms, fakes) as (url, came):
        answer = sms.send("0007", "a" * 161, receipt_url=url)
        receipts = sms.read(came())
    assert [receipt.status for receipt in receipts] == [
        ReceiptStatus.sent,
        ReceiptStatus.delivered,
        ReceiptStatus.delivered,
    ]
    assert {(receipt.reference, receipt.provider_id) for receipt in receipts} == {(REFERENCE, *answer.provider_ids)}
    assert {(receipt.parts, receipt.price, receipt.currency) for receipt in receipts} == {(2, "0.0666", "EUR")}


def test_a_status_can_be_reported_by_hand(fakes: Fakes) -> None:
    with listening() as listener:
        vonage_messages.send(message("0004", receipt_url=listener.url), settings(fakes), SECRETS)
        assert fake(fakes).trigger(fakes.sms[0].id, "undeliverable", "1180").wait()
        [request] = listener.heard
    [receipt] = read(Delivery(body=request.body))
    assert (receipt.status, receipt.code) == (ReceiptStatus.undelivered, "1180")
