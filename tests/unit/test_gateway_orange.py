"""The Orange gateway against the fake at its wire, and its reading of every answer and receipt Orange can give."""

import json
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    _orange_access,
    _orange_answers,
    _tokens,
    orange,
)
from functions.messaging.gateways._orange_access import Application
from functions.messaging.gateways._orange_balance import read_balance
from functions.messaging.gateways._transport import Limits, Request, Response, exchange
from functions.messaging.gateways.orange import Secrets, Settings
from tests.fakes.listener import listening
from tests.fakes.orange import CLIENT_ID, CLIENT_SECRET, COUNTRY_SENDER, Orange
from tests.fakes.server import Fakes
from tests.unit.gateways import as_delivery
from tests.unit.odd import ANY_JSON, json_of

SECRETS = Secrets(client_secret=CLIENT_SECRET)
IMPATIENT = Limits(connect=0.5, read=0.3, total=1.2)
TEXT = "Tap to install: https://go.example/i/abc"


@pytest.fixture
def fake(fakes: Fakes) -> Orange:
    found = fakes.providers["orange"]
    assert isinstance(found, Orange)
    return found


def settings(fakes: Fakes, **more: Any) -> Settings:
    words = {"country_sender": COUNTRY_SENDER, "sender_name": "ACME", "base_url": f"{fakes.base_url}/orange", **more}
    return Settings(client_id=CLIENT_ID, **words)


def message(suffix: str = "0001", text: str = TEXT, **more: Any) -> Outgoing:
    return Outgoing(reference="m-01J8.1", to=f"+225070000{suffix}", text=text, **more)


def send(fakes: Fakes, suffix: str = "0001", limits: Limits = IMPATIENT, **more: Any) -> Answer:
    return orange.send(message(suffix, **more), settings(fakes), SECRETS, limits)


# Sending


def test_without_a_name_the_countrys_number_is_the_sender(fakes: Fakes) -> None:
    orange.send(message(), settings(fakes, sender_name=None), SECRETS, IMPATIENT)
    assert [sms.sender for sms in fakes.sms] == [COUNTRY_SENDER]


@pytest.mark.parametrize(("own", "seen"), [("OTHER", "OTHER"), ("+2370000", "+2370000"), ("2370000", "+2370000")])
def test_the_messages_own_sender_takes_the_place_of_ours(fakes: Fakes, own: str, seen: str) -> None:
    assert send(fakes, sender=own).outcome is Outcome.accepted
    assert [sms.sender for sms in fakes.sms] == [seen]


def test_a_refusal_names_the_request_for_oranges_support(fakes: Fakes) -> None:
    words = send(fakes, "0011").words
    assert words is not None
    assert words.startswith("A policy error occurred. Error code is Expired contract (request ")


def test_a_service_that_is_down_took_nothing(fakes: Fakes, fake: Orange) -> None:
    fake.dead = True
    answer = send(fakes)
    assert (answer.outcome, answer.code) == (Outcome.not_sent_transient, "http-500")  # it was the token that failed
    fake.dead = False
    send(fakes)
    fake.dead = True
    assert send(fakes).outcome is Outcome.unknown


# Tokens


@pytest.mark.parametrize("as_text", [True, False])
def test_one_token_serves_many_messages(fakes: Fakes, fake: Orange, as_text: bool) -> None:
    fake.text_expiry = as_text
    assert [send(fakes).outcome for _ in range(3)] == [Outcome.accepted] * 3
    assert fake.tokens_given == 1


def test_a_token_that_has_ended_is_renewed_and_the_message_sent_once(fakes: Fakes, fake: Orange) -> None:
    send(fakes)
    fake.end_tokens()
    assert send(fakes).outcome is Outcome.accepted
    assert fake.tokens_given == 2
    assert len(fakes.sms) == 2


def test_a_token_is_renewed_once_and_no_more(fakes: Fakes, fake: Orange) -> None:
    fake.token_seconds = -1.0
    answer = send(fakes)
    assert (answer.outcome, answer.code, answer.trouble) == (Outcome.rejected_config, "42", Trouble.credentials)
    assert fake.tokens_given == 2
    assert fakes.sms == []


def test_a_token_that_orange_does_not_know_is_not_kept(fakes: Fakes, fake: Orange) -> None:
    send(fakes)
    fake.reset()
    answer = send(fakes)
    assert (answer.outcome, answer.code, answer.trouble) == (Outcome.rejected_config, "41", Trouble.credentials)
    assert "[withheld]" in (answer.words or "")  # Orange says which token it is
    assert send(fakes).outcome is Outcome.accepted


@pytest.mark.parametrize(
    ("status", "body", "outcome", "trouble"),
    [
        (200, b"", Outcome.not_sent_transient, None),
        (200, b'{"access_token": ""}', Outcome.not_sent_transient, None),
        (200, b'{"access_token": "a b\\r\\nX: y"}', Outcome.not_sent_transient, None),
        (200, b'{"access_token": 7}', Outcome.not_sent_transient, None),
        (400, b'{"error": "invalid_client"}', Outcome.rejected_config, Trouble.credentials),
        (401, b"", Outcome.rejected_config, Trouble.credentials),
        (401, b'{"code": 41, "message": "Invalid credentials"}', Outcome.rejected_config, Trouble.credentials),
        (403, b'{"code": 50, "message": "Access denied"}', Outcome.rejected_config, Trouble.other),
        (404, b"<html>", Outcome.rejected_config, Trouble.other),
        (406, b"", Outcome.rejected_config, Trouble.other),
        (429, b"", Outcome.not_sent_transient, None),
        (503, b"", Outcome.not_sent_transient, None),
    ],
)
def test_why_there_is_no_token(status: int, body: bytes, outcome: Outcome, trouble: Trouble | None) -> None:
    answer = _orange_answers.read_token(Response(status, {}, body))
    assert isinstance(answer, Answer)
    assert (answer.outcome, answer.trouble) == (outcome, trouble)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("3600", 3600.0), (3600, 3600.0), (7.5, 7.5), ("soon", 0.0), ("NaN", 0.0), ("1e999", 0.0), (10**9, 86400.0)],
)
def test_the_life_of_a_token_is_read_however_it_is_said(said: object, seconds: float) -> None:
    body = json.dumps({"token_type": "Bearer", "access_token": "t", "expires_in": said}).encode()
    assert _orange_answers.read_token(Response(200, {}, body)) == ("t", seconds)


def test_a_token_may_take_half_of_the_time(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Limits] = []

    def heard(request: Request, limits: Limits) -> Response:
        asked.append(limits)
        return Response(200, {}, b'{"access_token": "t"}')

    monkeypatch.setattr(_orange_access, "heard", heard)
    send(fakes, limits=Limits(connect=3.0, read=10.0, total=13.0))
    [limits] = asked
    assert 6.0 < limits.total <= 6.5


def test_what_a_token_is_made_of_does_not_show_itself() -> None:
    assert "hush" not in repr(Application("https://x", "id", "hush"))


# Requests and answers, as functions


def test_the_request_names_the_sender_encoded_and_holds_no_secret() -> None:
    own = Settings(client_id="k", country_sender="+2250000", sender_name="ACME")
    request = orange.build_request(message(receipt_url="https://go.example/receipts/g/s"), own, "the-token")
    assert (request.method, request.url) == (
        "POST",
        "https://api.orange.com/smsmessaging/v1/outbound/tel%3A%2B2250000/requests",
    )
    assert request.headers["Authorization"] == "Bearer the-token"
    assert json.loads(request.body) == {
        "outboundSMSMessageRequest": {
            "address": "tel:+2250700000001",
            "senderAddress": "tel:+2250000",
            "senderName": "ACME",
            "outboundSMSTextMessage": {"message": TEXT},
        }
    }


def answer_to(body: object, status: int, headers: dict[str, str] | None = None) -> Answer:
    return _orange_answers.read_answer(Response(status, headers or {}, json.dumps(body).encode()))


def application_says(code: str, *variables: str, kind: str = "serviceException") -> dict[str, object]:
    return {"requestError": {kind: {"messageId": code, "text": "It is %1", "variables": list(variables)}}}


@pytest.mark.parametrize(
    ("status", "code", "outcome", "trouble"),
    [
        (400, "20", Outcome.rejected_config, Trouble.sender),
        (400, "21", Outcome.rejected_config, Trouble.other),
        (400, "22", Outcome.rejected_recipient, None),
        (400, "23", Outcome.rejected_recipient, None),
        (400, "24", Outcome.rejected_recipient, None),
        (400, "25", Outcome.rejected_config, Trouble.other),
        (400, "26", Outcome.rejected_config, Trouble.other),
        (401, "40", Outcome.rejected_config, Trouble.credentials),
        (401, "41", Outcome.rejected_config, Trouble.credentials),
        (401, "42", Outcome.rejected_config, Trouble.credentials),
        (403, "50", Outcome.rejected_config, Trouble.other),
        (403, "51", Outcome.rejected_config, Trouble.other),
        (403, "53", Outcome.not_sent_transient, None),
        (429, "53", Outcome.not_sent_transient, None),
        (400, "SVC0001", Outcome.unknown, None),
        (400, "SVC0002", Outcome.rejected_recipient, None),
        (400, "SVC0004", Outcome.rejected_recipient, None),
        (403, "POL0001", Outcome.rejected_config, Trouble.credit),
        (403, "POL1009", Outcome.rejected_config, Trouble.credit),
    ],
)
def test_every_documented_code_has_its_outcome(
    status: int, code: str, outcome: Outcome, trouble: Trouble | None
) -> None:
    if code.isdigit():
        bodies: list[dict[str, object]] = [{"code": form, "message": "as documented"} for form in (code, int(code))]
    else:
        kind = "policyException" if code.startswith("POL") else "serviceException"
        bodies = [application_says(code, "address", kind=kind)]
    for body in bodies:
        answer = answer_to(body, status)
        assert (answer.outcome, answer.code, answer.trouble) == (outcome, code, trouble)
        assert answer.throttled is (code == "53")


def test_every_code_of_the_table_is_tested() -> None:
    [mark] = test_every_documented_code_has_its_outcome.pytestmark  # type: ignore[attr-defined]
    assert set(_orange_answers.OUTCOMES) <= {code for _, code, _, _ in mark.args[1]}


@pytest.mark.parametrize("field", ["senderAddress", "senderName", "Sender"])
def test_a_bad_value_is_blamed_on_whose_it_is(field: str) -> None:
    answer = answer_to(application_says("SVC0002", field), 400)
    assert (answer.outcome, answer.trouble) == (Outcome.rejected_config, Trouble.sender)
    assert answer.words == f"It is {field}"


@pytest.mark.parametrize(
    ("status", "outcome", "trouble"),
    [
        (200, Outcome.unknown, None),
        (201, Outcome.unknown, None),
        (302, Outcome.unknown, None),
        (308, Outcome.rejected_config, Trouble.other),
        (400, Outcome.unknown, None),
        (401, Outcome.rejected_config, Trouble.credentials),
        (403, Outcome.rejected_config, Trouble.other),
        (404, Outcome.rejected_config, Trouble.other),
        (405, Outcome.rejected_config, Trouble.other),
        (406, Outcome.rejected_config, Trouble.other),
        (415, Outcome.rejected_config, Trouble.other),
        (429, Outcome.not_sent_transient, None),
        (500, Outcome.unknown, None),
        (502, Outcome.unknown, None),
        (503, Outcome.not_sent_transient, None),
    ],
)
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"outboundSMSMessageRequest":', b"[]", b"{}", b"[" * 60_000, b"\xff", b'{"code": []}']
)
def test_without_an_answer_in_the_body_the_http_status_decides(
    status: int, outcome: Outcome, trouble: Trouble | None, body: bytes
) -> None:
    answer = _orange_answers.read_answer(Response(status, {"retry-after": "7"}, body))
    assert (answer.outcome, answer.code, answer.trouble) == (outcome, f"http-{status}", trouble)
    assert answer.retry_after == (7 if outcome is Outcome.not_sent_transient else None)


def test_a_code_nobody_documented_leaves_it_to_the_status() -> None:
    assert answer_to({"code": 99}, 400).outcome is Outcome.unknown
    assert answer_to({"code": 5}, 503).outcome is Outcome.not_sent_transient
    assert answer_to(application_says("SVC9999"), 400).outcome is Outcome.unknown


def test_an_error_in_a_success_is_not_guessed() -> None:
    assert answer_to({"code": 42, "message": "Expired credentials"}, 200).outcome is Outcome.unknown


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ("https://api.orange.com/smsmessaging/v1/outbound/tel:+2250000/requests/4ef4-b1f2", ("4ef4-b1f2",)),
        ("https://api.orange.com/smsmessaging/v1/outbound/tel%3A%2B2250000/requests/4ef4-b1f2/", ("4ef4-b1f2",)),
        ("", ()),
        (None, ()),
        ("x/" + "y" * 101, ()),
    ],
)
def test_a_created_message_is_accepted_and_its_id_the_last_part_of_its_address(
    where: str | None, ids: tuple[str, ...]
) -> None:
    answer = answer_to({"outboundSMSMessageRequest": {"address": ["tel:+2"], "resourceURL": where}}, 201)
    assert (answer.outcome, answer.provider_ids) == (Outcome.accepted, ids)


def test_what_orange_says_is_cut_cleaned_and_holds_no_secret() -> None:
    application = Application("https://x", CLIENT_ID, CLIENT_SECRET)
    text = f"no\r\n\x1b[31m {CLIENT_SECRET} \u202e{application.basic} " + "x" * 500
    body = json.dumps({"code": 41, "message": text}).encode()
    words = _orange_answers.read_answer(Response(401, {}, body), application.sensitive).words
    assert words is not None
    assert words.startswith("no [31m [withheld] [withheld] xxx")
    assert len(words) == 300


def test_a_request_id_that_is_none_is_left_out() -> None:
    body = {"code": 50, "message": "no"}
    assert answer_to(body, 403, {"x-oapi-request-id": "Ab-1"}).words == "no (request Ab-1)"
    assert answer_to(body, 403, {"x-oapi-request-id": "<script>"}).words == "no"


NAMES = [
    *("outboundSMSMessageRequest", "resourceURL", "requestError", "serviceException", "policyException", "messageId"),
    *("text", "variables", "code", "message", "error", "access_token", "expires_in", "partnerContracts", "contracts"),
    *("serviceContracts", "availableUnits", "expires", "status"),
]


@given(
    json_of("42", "SVC0002", "POL", "EXPIRED", "2020-01-01", names=NAMES),
    st.sampled_from([200, 201, 400, 401, 403, 500]),
)
def test_no_json_can_break_the_reading(body: object, status: int) -> None:
    response = Response(status, {}, json.dumps(body).encode())
    answer = _orange_answers.read_answer(response)
    assert (answer.trouble is not None) is (answer.outcome is Outcome.rejected_config)
    _orange_answers.read_token(response)
    read_balance(response)


# Probing


@pytest.mark.parametrize("older", [True, False])
def test_the_units_of_contracts_in_force_are_counted(fakes: Fakes, fake: Orange, older: bool) -> None:
    fake.older_contracts = older
    fake.set_credit("120")
    assert orange.probe(settings(fakes), SECRETS, IMPATIENT) == Health(works=True, credit="120", unit="units")
    fake.set_credit("0")
    health = orange.probe(settings(fakes), SECRETS, IMPATIENT)
    assert (health.works, health.trouble, health.credit) == (False, Trouble.credit, "0")


def test_a_probe_renews_a_token_that_has_ended(fakes: Fakes, fake: Orange) -> None:
    orange.probe(settings(fakes), SECRETS, IMPATIENT)
    fake.end_tokens()
    assert orange.probe(settings(fakes, balance_country="CIV"), SECRETS, IMPATIENT).works is True
    assert fake.tokens_given == 2


def test_a_probe_renews_a_token_once_and_no_more(fakes: Fakes, fake: Orange) -> None:
    fake.token_seconds = -1.0
    ended = orange.probe(settings(fakes), SECRETS, IMPATIENT)
    assert (ended.works, ended.trouble, ended.code) == (False, Trouble.credentials, "42")


@pytest.mark.parametrize(
    ("body", "works", "credit"),
    [
        ([{"availableUnits": "30"}, {"availableUnits": 12, "expirationDate": "2999-01-01"}], True, "42"),
        ([{"availableUnits": 30, "expirationDate": "2020-01-01T00:00:00Z"}], False, "0"),
        ([{"availableUnits": 30, "expirationDate": "soon", "status": "NEW"}], True, "30"),
        ([{"availableUnits": 30, "status": "Expired"}], False, "0"),
        ([], False, "0"),
        ({"partnerContracts": {"contracts": []}}, False, "0"),
        ([{"availableUnits": -3}], True, None),
        ([{"country": "CIV"}], True, None),
        ({"contracts": [{"availableUnits": 3}]}, True, None),
        ("hello", True, None),
    ],
)
def test_a_balance_is_read_leniently(body: object, works: bool, credit: str | None) -> None:
    health = read_balance(Response(200, {}, json.dumps(body).encode()))
    assert (health.works, health.credit) == (works, credit)


# Settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"country_sender": "2250000"},
        {"country_sender": "+0250000"},
        {"country_sender": "tel:+2250000"},
        {"sender_name": "TwelveLetter"},
        {"sender_name": ""},
        {"sender_name": "ACME\n"},
        {"balance_country": "CI"},
        {"balance_country": "CIV&x=1"},
        {"client_id": "a:b"},
        {"client_id": "a b"},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    right = {"client_id": "k", "country_sender": "+2250000"}
    msgspec.convert(right, Settings)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**right, **wrong}, Settings)


# Receipts

ANYBODY = Settings(client_id="k", country_sender="+2250000")


def report(status: object = "DeliveredToTerminal", callback: object = "4ef4-b1f2", listed: bool = False) -> Delivery:
    info = {"address": "tel:+2250700000001", "deliveryStatus": status}
    told = {"deliveryInfoNotification": {"callbackData": callback, "deliveryInfo": [info] if listed else info}}
    return Delivery(content_type="application/json", body=json.dumps(told).encode())


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("DeliveredToTerminal", ReceiptStatus.delivered),
        ("DeliveredToNetwork", ReceiptStatus.sent),
        ("MessageWaiting", ReceiptStatus.buffered),
        ("DeliveryImpossible", ReceiptStatus.undelivered),
    ],
)
def test_every_documented_status_has_its_own(status: str, expected: ReceiptStatus, listed: bool) -> None:
    assert orange.read_receipts(report(status, listed=listed), ANYBODY, SECRETS) == [
        Receipt(reference=None, provider_id="4ef4-b1f2", status=expected, code=status)
    ]


@pytest.mark.parametrize(
    "told",
    [
        report("DeliveryUncertain"),
        report("SomethingNew"),
        report(callback=None),
        report(callback=""),
        report(callback="a\x00b"),
        Delivery(body=b'{"deliveryInfoNotification": {"callbackData": "a"}}'),
    ],
)
def test_a_report_that_says_nothing_changes_nothing(told: Delivery) -> None:
    assert orange.read_receipts(told, ANYBODY, SECRETS) == []


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"[]", b"{}", b"\xff", b'{"deliveryInfoNotification": 1}', b"[" * 90_000]
)
def test_what_is_no_report_is_refused(body: bytes) -> None:
    with pytest.raises(ReceiptRefused):
        orange.read_receipts(Delivery(body=body), ANYBODY, SECRETS)


@given(st.just("DeliveredToTerminal") | ANY_JSON, ANY_JSON)
def test_no_json_can_break_the_reading_of_receipts(status: object, callback: object) -> None:
    for told in (report(status, callback), report(status, callback, listed=True)):
        with suppress(ReceiptRefused):
            orange.read_receipts(told, ANYBODY, SECRETS)


# The fake


def test_an_application_can_say_where_receipts_go_and_they_can_be_made_to_come(fakes: Fakes, fake: Orange) -> None:
    send(fakes)  # brings a token
    bearer = _tokens.token(Application(f"{fakes.base_url}/orange", CLIENT_ID, CLIENT_SECRET), pytest.fail)
    with listening() as listener:
        body = {"deliveryReceiptSubscription": {"callbackReference": {"notifyURL": listener.url}}}
        request = Request(
            method="POST",
            url=f"{fakes.base_url}/orange/smsmessaging/v1/outbound/tel%3A%2B2250000/subscriptions",
            headers={"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"},
            body=json.dumps(body).encode(),
        )
        assert exchange(request, IMPATIENT).status == 201
        send(fakes, "0004")
        assert fake.trigger(fakes.sms[1].id, "DeliveryUncertain").wait()
        assert fake.trigger(fakes.sms[1].id, "DeliveredToNetwork").wait()
        heard = listener.wait_for(2)
    read = [orange.read_receipts(as_delivery(request), settings(fakes), SECRETS) for request in heard]
    assert [len(receipts) for receipts in read] == [0, 1]
