"""The Vonage gateway against the fake at its wire, and its reading of every answer and receipt Vonage can give."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec
import pytest
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
    vonage_sms,
)
from functions.messaging.gateways._transport import Response
from functions.messaging.gateways._vonage_balance import read_balance
from functions.messaging.gateways._vonage_receipts import SignatureMethod, sign
from functions.messaging.gateways.vonage_sms import Secrets, Settings
from tests.fakes.server import Fakes
from tests.fakes.vonage import API_KEY, API_SECRET
from tests.fakes.vonage import signature as signed_by_vonage
from tests.unit.gateways import REFERENCE, at_its_fake, reports_to
from tests.unit.odd import ANY_JSON

SECRETS = Secrets(api_secret=API_SECRET)


def settings(fakes: Fakes) -> Settings:
    return Settings(api_key=API_KEY, sender="ACME", base_url=f"{fakes.base_url}/vonage")


def message(suffix: str = "0001", text: str = "Tap to install: https://go.example/i/abc", **more: Any) -> Outgoing:
    return Outgoing(reference="m-01J8.1", to=f"+4179000{suffix}", text=text, **more)


def send(fakes: Fakes, suffix: str, **more: str) -> Answer:
    return vonage_sms.send(message(suffix, **more), settings(fakes), SECRETS)


# Sending


def test_an_accepted_message_is_costed(fakes: Fakes) -> None:
    answer = send(fakes, "0001", text="Grüße {x}, @€")
    [recorded] = fakes.sms
    assert answer == Answer(
        outcome=Outcome.accepted,
        provider_ids=recorded.provider_ids,
        parts=1,
        price="0.03330000",
        currency="EUR",
        code="0",
    )


def test_every_part_keeps_its_id_and_adds_to_the_price(fakes: Fakes) -> None:
    answer = send(fakes, "0001", text="a" * 152 + "€" + "a" * 152)
    assert answer.parts == 3
    assert answer.price == "0.09990000"
    assert answer.provider_ids == fakes.sms[0].provider_ids
    assert len(set(answer.provider_ids)) == 3


def test_credit_that_ends_between_two_parts_is_an_acceptance_that_says_so(fakes: Fakes) -> None:
    fakes.vonage.accounts[API_KEY].balance = Decimal("0.04")
    answer = send(fakes, "0001", text="a" * 200)
    assert (answer.outcome, answer.parts, answer.refused_parts, answer.code) == (Outcome.accepted, 2, 1, "9")
    assert len(answer.provider_ids) == 1
    assert answer.words == "1 of 2 parts refused: Quota Exceeded - rejected"


# Requests and answers, as functions


def test_the_request_is_a_form_with_basic_login_and_no_secret_in_it() -> None:
    request = vonage_sms.build_request(
        message(receipt_url="https://go.example/receipts/g/s"), Settings(api_key="k", sender="+12025550123"), SECRETS
    )
    assert (request.method, request.url) == ("POST", "https://rest.nexmo.com/sms/json")
    assert API_SECRET.encode() not in request.body
    assert parse_qs(request.body.decode()) == {
        "from": ["12025550123"],
        "to": ["41790000001"],
        "text": ["Tap to install: https://go.example/i/abc"],
        "type": ["text"],
        "client-ref": ["m-01J8.1"],
        "callback": ["https://go.example/receipts/g/s"],
    }


def test_receipts_per_message_can_be_left_to_the_account() -> None:
    asked = message(receipt_url="https://go.example/receipts/g/s")
    request = vonage_sms.build_request(asked, Settings(api_key="k", sender="ACME", receipts_per_message=False), SECRETS)
    assert b"callback" not in request.body


def answer_to(*parts: dict[str, object], status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    body = json.dumps({"message-count": str(len(parts)), "messages": parts}).encode()
    return vonage_sms.read_answer(Response(status, headers or {}, body))


# The documentation's, once more by hand: outcome and trouble.
CONTRACT = {
    "0": (Outcome.accepted, None),
    "1": (Outcome.not_sent_transient, None),
    "2": (Outcome.rejected_recipient, None),
    "3": (Outcome.rejected_recipient, None),
    "4": (Outcome.rejected_config, Trouble.credentials),
    "5": (Outcome.unknown, None),
    "6": (Outcome.rejected_recipient, None),
    "7": (Outcome.rejected_recipient, None),
    "8": (Outcome.rejected_config, Trouble.other),
    "9": (Outcome.rejected_config, Trouble.credit),
    "10": (Outcome.not_sent_transient, None),
    "11": (Outcome.rejected_config, Trouble.other),
    "12": (Outcome.rejected_recipient, None),
    "14": (Outcome.rejected_config, Trouble.credentials),
    "15": (Outcome.rejected_config, Trouble.sender),
    "22": (Outcome.rejected_recipient, None),
    "23": (Outcome.rejected_config, Trouble.other),
    "29": (Outcome.rejected_config, Trouble.other),
    "32": (Outcome.rejected_config, Trouble.credentials),
    "33": (Outcome.rejected_recipient, None),
}


@pytest.mark.parametrize(("code", "meaning"), CONTRACT.items())
def test_every_documented_status_has_its_outcome(code: str, meaning: tuple[Outcome, Trouble | None]) -> None:
    for form in (code, int(code)):
        answer = answer_to({"status": form, "error-text": "as documented", "message-id": "A1"})
        assert ((answer.outcome, answer.trouble), answer.code) == (meaning, code)
        assert answer.throttled is (code in ("1", "10"))


def test_no_status_is_left_untested() -> None:
    assert set(CONTRACT) == set(vonage_sms.OUTCOMES)


def test_a_status_nobody_documented_is_not_guessed() -> None:
    entries: list[dict[str, object]] = [{"status": "77"}, {"status": None}, {}]
    for entry in entries:
        assert answer_to(entry).outcome is Outcome.unknown


@pytest.mark.parametrize(
    ("status", "text", "outcome", "trouble"),
    [
        ("2", "Missing to param", Outcome.rejected_recipient, None),
        ("2", "Missing from param", Outcome.rejected_config, Trouble.sender),
        ("2", "Missing api_key", Outcome.rejected_config, Trouble.credentials),
        ("3", "Invalid value for parameter: to", Outcome.rejected_recipient, None),
        ("3", "Invalid value for parameter: from", Outcome.rejected_config, Trouble.sender),
        ("3", "Invalid value for parameter: callback", Outcome.rejected_config, Trouble.other),
        ("3", "Invalid value for parameter: text", Outcome.rejected_recipient, None),
    ],
)
def test_a_bad_parameter_is_blamed_on_whose_it_is(
    status: str, text: str, outcome: Outcome, trouble: Trouble | None
) -> None:
    answer = answer_to({"status": status, "error-text": text})
    assert (answer.outcome, answer.trouble) == (outcome, trouble)


def test_one_part_that_may_have_left_makes_the_whole_unknown() -> None:
    assert answer_to({"status": "1"}, {"status": "5"}).outcome is Outcome.unknown


@pytest.mark.parametrize(
    ("status", "outcome", "trouble"),
    [
        (200, Outcome.unknown, None),
        (302, Outcome.unknown, None),
        (308, Outcome.rejected_config, Trouble.other),
        (401, Outcome.rejected_config, Trouble.credentials),
        (403, Outcome.rejected_config, Trouble.credentials),
        (404, Outcome.rejected_config, Trouble.other),
        (429, Outcome.not_sent_transient, None),
        (500, Outcome.unknown, None),
        (503, Outcome.unknown, None),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"messages":[', b"[]", b'{"messages":[]}', b"[" * 60_000, b"\xff"])
def test_without_an_answer_in_the_body_the_http_status_decides(
    status: int, outcome: Outcome, trouble: Trouble | None, body: bytes
) -> None:
    answer = vonage_sms.read_answer(Response(status, {"retry-after": "7"}, body))
    assert (answer.outcome, answer.trouble, answer.code) == (outcome, trouble, f"http-{status}")
    assert (answer.throttled, answer.retry_after) == ((True, 7) if status == 429 else (False, None))


def test_what_vonage_says_is_cut_cleaned_and_holds_no_secret() -> None:
    basic = "YWJjZDEyMzQ6bG9jYWwtdm9uYWdlLXNlY3JldA=="
    text = f"no\r\n\x1b[31m {API_SECRET} \u202e{basic} " + "x" * 500
    body = json.dumps({"messages": [{"status": "4", "error-text": text}]}).encode()
    sensitive = (API_SECRET, basic)
    words = vonage_sms.read_answer(Response(200, {}, body), sensitive).words
    assert words is not None
    assert words.startswith("no [31m [withheld] [withheld] xxx")
    assert len(words) == 300


entry_names = st.sampled_from(["status", "message-id", "message-price", "error-text"])


@given(st.lists(st.dictionaries(entry_names, st.sampled_from(["0", "5", ["0"]]) | ANY_JSON, max_size=4), max_size=3))
def test_no_entry_can_break_the_reading(entries: list[dict[str, object]]) -> None:
    assert isinstance(answer_to(*entries), Answer)


@pytest.mark.parametrize("price", ["NaN", "Infinity", "much", "1e999999999", "", "-1"])
def test_a_price_that_is_none_is_left_out(price: str) -> None:
    answer = answer_to({"status": "0", "message-id": "A1", "message-price": price})
    assert answer.outcome is Outcome.accepted
    assert answer.price is None


# The account


def test_the_credit_is_in_the_currency_of_the_settings(fakes: Fakes) -> None:
    fakes.vonage.set_credit("12.3")
    own = msgspec.structs.replace(settings(fakes), currency="CHF")
    assert vonage_sms.probe(own, SECRETS) == Health(works=True, credit="12.3", unit="CHF")


@pytest.mark.parametrize(
    ("body", "credit"),
    [
        (b'{"value": 3.14159265, "autoReload": false}', "3.14159265"),
        (b'{"value": "0.10"}', "0.10"),
        (b'{"value": 10}', "10"),
    ],
)
def test_a_balance_is_told_as_it_is_written(body: bytes, credit: str) -> None:
    assert read_balance(Response(200, {}, body), "EUR").credit == credit


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"{}", b"[]", b'{"value": null}', b'{"value": 1e999999999}', b'{"value": "NaN"}', b'{"value": "x'],
)
def test_without_a_balance_nothing_is_known_of_the_account(body: bytes) -> None:
    health = read_balance(Response(200, {}, body), "EUR")
    assert (health.works, health.trouble, health.credit) == (None, None, None)


# Settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": "TwelveLetter"},
        {"sender": "A-B"},
        {"api_key": "a b"},
        {"currency": "eur"},
        {"currency": "EUR\n"},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"api_key": "k", "sender": "ACME", **wrong}, Settings)


# Receipts

REPORT = {
    "msisdn": "41790000001",
    "to": "ACME",
    "network-code": "22801",
    "messageId": "0A0000001234567B",
    "price": "0.03330000",
    "status": "delivered",
    "scts": "2611221400",
    "err-code": "0",
    "api-key": API_KEY,
    "client-ref": "m-01J8.1",
    "message-timestamp": "2026-11-22 14:00:00",
}
READ = Receipt(
    reference="m-01J8.1",
    provider_id="0A0000001234567B",
    part=True,
    status=ReceiptStatus.delivered,
    code="0",
    at="2026-11-22T14:00:00.000Z",
)
ANYBODY = Settings(api_key=API_KEY, sender="ACME")


def as_get(report: dict[str, str]) -> Delivery:
    return Delivery(method="GET", query=report)


def as_form(report: dict[str, str]) -> Delivery:
    return Delivery(content_type="application/x-www-form-urlencoded", body=urlencode(report).encode())


def as_json(report: dict[str, str]) -> Delivery:
    return Delivery(content_type="application/json; charset=utf-8", body=json.dumps(report).encode())


def as_json_without_saying_so(report: dict[str, str]) -> Delivery:
    return Delivery(content_type="", body=json.dumps(report).encode())


WAYS = [as_get, as_form, as_json, as_json_without_saying_so]


@pytest.mark.parametrize("way", WAYS)
def test_a_receipt_is_read_however_it_is_posted(way: Any) -> None:
    assert vonage_sms.read_receipts(way(REPORT), ANYBODY, SECRETS) == [READ]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("accepted", ReceiptStatus.sent),
        ("buffered", ReceiptStatus.buffered),
        ("delivered", ReceiptStatus.delivered),
        ("expired", ReceiptStatus.undelivered),
        ("failed", ReceiptStatus.undelivered),
        ("rejected", ReceiptStatus.undelivered),
    ],
)
def test_every_documented_receipt_status_has_its_own(status: str, expected: ReceiptStatus) -> None:
    [receipt] = vonage_sms.read_receipts(as_json(REPORT | {"status": status}), ANYBODY, SECRETS)
    assert receipt.status is expected


@pytest.mark.parametrize("change", [{"status": "unknown"}, {"status": "new"}, {"messageId": "", "client-ref": "\x00"}])
def test_a_report_that_says_nothing_changes_nothing(change: dict[str, str]) -> None:
    assert vonage_sms.read_receipts(as_form(REPORT | change), ANYBODY, SECRETS) == []


def test_a_failure_is_explained() -> None:
    failed = REPORT | {"status": "failed", "err-code": "3", "message-timestamp": "soon"}
    [receipt] = vonage_sms.read_receipts(as_json(failed), ANYBODY, SECRETS)
    assert (receipt.code, receipt.words, receipt.at) == ("3", "absent subscriber, permanent", None)


# The rule of signing, on values computed by hand from the vendor's description.
VECTOR = {
    "api-key": "abcd1234",
    "client-ref": "m-1.1",
    "err-code": "0",
    "message-timestamp": "2020-01-01 12:00:00",
    "messageId": "0A0000001234567B",
    "msisdn": "447700900000",
    "network-code": "12345",
    "nonce": "n-1",
    "price": "0.0333",
    "scts": "2001011200",
    "status": "delivered",
    "timestamp": "1577880000",
    "to": "A&B=Co",
}


def test_the_signature_is_the_vendors() -> None:
    assert sign(VECTOR, "secret", SignatureMethod.md5hash) == "3c7976ecb92edd575012769b4802161b"
    assert (
        sign(VECTOR, "secret", SignatureMethod.sha256)
        == "e5011ed03c0f1eda915cdf174a424dd9f90e4859d8907b96371e3ff73b1a4b8d"
    )


@pytest.mark.parametrize("method", list(SignatureMethod))
@pytest.mark.parametrize("way", WAYS)
def test_a_signed_receipt_is_taken(way: Any, method: SignatureMethod) -> None:
    secrets = Secrets(api_secret="s", signature_secret="signing-secret", signature_method=method)
    report = VECTOR | {"sig": signed_by_vonage(VECTOR, "signing-secret", method.value)}
    with clock.frozen(datetime(2020, 1, 1, 12, 14, tzinfo=UTC)):
        assert len(vonage_sms.read_receipts(way(report), ANYBODY, secrets)) == 1


SIGNED = VECTOR | {"sig": "3c7976ecb92edd575012769b4802161b"}


@pytest.mark.parametrize(
    ("report", "minutes"),
    [
        (VECTOR, 0),
        (SIGNED | {"sig": ""}, 0),
        (SIGNED | {"sig": "ü"}, 0),
        (SIGNED | {"status": "failed"}, 0),
        (SIGNED | {"extra": "1"}, 0),
        ({name: value for name, value in SIGNED.items() if name != "timestamp"}, 0),
        # the same signed bytes, cut so that the status is part of another name
        (
            {name: value for name, value in SIGNED.items() if name not in ("scts", "status")}
            | {"scts=2001011200&status": "delivered"},
            0,
        ),
        (SIGNED, 16),
        (SIGNED, -16),
    ],
)
@pytest.mark.parametrize("way", WAYS)
def test_an_unsigned_altered_or_old_receipt_is_refused(way: Any, report: dict[str, str], minutes: int) -> None:
    secrets = Secrets(api_secret="s", signature_secret="secret")
    moment = datetime(2020, 1, 1, 12, 0, tzinfo=UTC) + timedelta(minutes=minutes)
    with clock.frozen(moment), pytest.raises(ReceiptRefused):
        vonage_sms.read_receipts(way(report), ANYBODY, secrets)


def test_a_number_in_json_is_signed_as_it_is_written() -> None:
    fields = VECTOR | {"price": "0.0330"}
    body = json.dumps(fields | {"sig": sign(fields, "secret", SignatureMethod.md5hash)}).replace('"0.0330"', "0.0330")
    secrets = Secrets(api_secret="s", signature_secret="secret")
    with clock.frozen(datetime(2020, 1, 1, 12, 0, tzinfo=UTC)):
        delivery = Delivery(content_type="application/json", body=body.encode())
        assert len(vonage_sms.read_receipts(delivery, ANYBODY, secrets)) == 1


@pytest.mark.parametrize("method", ["GET", "POST", "POST-JSON"])
def test_signed_receipts_come_for_every_part_by_every_method(fakes: Fakes, method: Any) -> None:
    account = fakes.vonage.accounts[API_KEY]
    account.receipt_method, account.signature_secret, account.signature_method = method, "hush", "sha256"
    secrets = Secrets(api_secret=API_SECRET, signature_secret="hush", signature_method=SignatureMethod.sha256)
    sms = at_its_fake("vonage_sms", fakes)._replace(secrets=secrets)
    with reports_to(sms, fakes) as (url, came):
        answer = sms.send("0001", "a" * 161, receipt_url=url)
        receipts = sms.read(came())
    assert [receipt.provider_id for receipt in receipts] == list(answer.provider_ids)
    assert {(receipt.reference, receipt.status) for receipt in receipts} == {(REFERENCE, ReceiptStatus.delivered)}
