"""The Clickatell Communicator gateway against the fake at its wire, and its reading of every line there is."""

import re
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.common import clock
from functions.messaging.gateways import (
    Answer,
    Asked,
    Delivery,
    Outcome,
    Outgoing,
    Receipt,
    ReceiptRefused,
    ReceiptStatus,
    Trouble,
    clickatell_http,
)
from functions.messaging.gateways._clickatell_http_tables import ERRORS, STATUSES
from functions.messaging.gateways._clickatell_http_text import Plain, on_the_wire
from functions.messaging.gateways._transport import Response
from functions.messaging.gateways.clickatell_http import LONGEST_PAUSE, Secrets, Settings, client_id
from tests.fakes.clickatell_http import API_ID, LIMITED_FOR, PASSWORD, USER, Account, ClickatellHttp
from tests.fakes.gsm import count
from tests.fakes.server import Fakes
from tests.unit.gateways import REFERENCE, at_its_fake, reports_to

SECRETS = Secrets(password=PASSWORD)
ANYBODY = Settings(user=USER, api_id=API_ID)
ID = "02ca87d5a95446e68b0ac36a0c2057f1"
OURS = client_id(REFERENCE)


def provider(fakes: Fakes) -> ClickatellHttp:
    found = fakes.providers["clickatell-http"]
    assert isinstance(found, ClickatellHttp)
    return found


def account(fakes: Fakes) -> Account:
    return provider(fakes).accounts[USER]


def settings(fakes: Fakes, **more: Any) -> Settings:
    return Settings(user=USER, api_id=API_ID, base_url=f"{fakes.base_url}/clickatell-http", **more)


def message(suffix: str = "0001", text: str = "Tap to install: https://go.example/i/abc", **more: Any) -> Outgoing:
    return Outgoing(reference=REFERENCE, to=f"+4179000{suffix}", text=text, **more)


def send(fakes: Fakes, suffix: str = "0001", **more: Any) -> Answer:
    return clickatell_http.send(message(suffix, **more), settings(fakes), SECRETS)


# Sending


def test_an_accepted_message_has_a_name_of_ours(fakes: Fakes) -> None:
    answer = send(fakes)
    [recorded] = fakes.sms
    said = f"ID: {recorded.provider_ids[0]}"
    assert answer == Answer(outcome=Outcome.accepted, provider_ids=(OURS,), words=said)


@pytest.mark.parametrize("text", ["Grüße à 5 €", "bientôt", "Здравствуйте", "👋🏽 <b>&amp;", "مرحبا", "`"])
@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "ascii"])
def test_text_beyond_ascii_loses_nothing_whatever_clickatell_takes_it_for(
    fakes: Fakes, text: str, charset: str
) -> None:
    account(fakes).charset = charset
    send(fakes, text=text)
    assert [(sms.text, sms.encoding) for sms in fakes.sms] == [(text, "ucs2")]


@pytest.mark.parametrize(
    ("plain", "text", "encoding"),
    [
        (Plain.latin1, "Grüße à Ñ", "gsm7"),
        (Plain.latin1, "Grüße 5 €", "ucs2"),
        (Plain.latin1, "bientôt", "ucs2"),
        (Plain.utf8, "Grüße 5 € ΔΩ", "gsm7"),
        (Plain.utf8, "bientôt", "ucs2"),
    ],
)
def test_where_the_encoding_is_known_gsm_text_stays_cheap(fakes: Fakes, plain: Plain, text: str, encoding: str) -> None:
    account(fakes).charset = plain.value
    clickatell_http.send(message(text=text), settings(fakes, plain_text=plain), SECRETS)
    assert [(sms.text, sms.encoding) for sms in fakes.sms] == [(text, encoding)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [("a" * 160, 1), ("a" * 161, 2), ("a" * 152 + "^" + "a" * 152, 3), ("ü" * 70, 1), ("ü" * 71, 2), ("é" * 135, 3)],
)
def test_as_many_parts_are_allowed_as_the_text_needs(fakes: Fakes, text: str, parts: int) -> None:
    answer = send(fakes, text=text)
    assert (answer.outcome, answer.provider_ids, fakes.sms[0].parts) == (Outcome.accepted, (OURS,), parts)


@given(st.text(max_size=300) | st.text("aé👋", max_size=300))
def test_parts_are_counted_as_the_network_does(text: str) -> None:
    wire = on_the_wire(text, Plain.ascii)
    assert wire.parts == count(text, unicode=wire.unicode).parts


def test_the_sender_is_the_messages_own_or_the_settings(fakes: Fakes) -> None:
    clickatell_http.send(message(), settings(fakes, sender="+12025550123"), SECRETS)
    clickatell_http.send(message(sender="ACME"), settings(fakes, sender="+12025550123"), SECRETS)
    assert [sms.sender for sms in fakes.sms] == ["12025550123", "ACME"]


def test_a_server_that_fails_may_have_sent(fakes: Fakes) -> None:
    answer = send(fakes, "0022")
    assert (answer.outcome, answer.code, answer.provider_ids) == (Outcome.unknown, "http-500", (OURS,))


def test_a_limit_is_waited_for(fakes: Fakes) -> None:
    pause = send(fakes, "0013").retry_after
    assert pause is not None
    assert LIMITED_FOR - 5 <= pause <= LIMITED_FOR


@pytest.mark.parametrize(
    ("change", "password", "code"),
    [({"user": "nobody"}, PASSWORD, "002"), ({"api_id": "77"}, PASSWORD, "108")],
)
def test_a_wrong_login_is_our_fault(fakes: Fakes, change: dict[str, str], password: str, code: str) -> None:
    where = msgspec.structs.replace(settings(fakes), **change)
    answer = clickatell_http.send(message(), where, Secrets(password=password))
    assert (answer.outcome, answer.code, answer.trouble) == (Outcome.rejected_config, code, Trouble.credentials)


def test_an_empty_text_is_the_messages_fault(fakes: Fakes) -> None:
    answer = send(fakes, text="")
    assert (answer.outcome, answer.code) == (Outcome.rejected_recipient, "107")


# Requests and answers, as functions


def test_the_request_is_a_form_with_the_login_and_an_id_of_ours() -> None:
    request = clickatell_http.build_request(message(sender="+12025550123"), ANYBODY, SECRETS)
    assert (request.method, request.url) == ("POST", "https://api.clickatell.com/http/sendmsg")
    assert parse_qs(request.body.decode()) == {
        "user": [USER],
        "password": [PASSWORD],
        "api_id": [API_ID],
        "to": ["41790000001"],
        "text": ["Tap to install: https://go.example/i/abc"],
        "concat": ["1"],
        "cliMsgId": [OURS],
        "callback": ["7"],
        "from": ["12025550123"],
    }


def test_unicode_is_hexadecimal_ucs2() -> None:
    fields = parse_qs(clickatell_http.build_request(message(text="é👋"), ANYBODY, SECRETS).body.decode())
    assert (fields["text"], fields["unicode"], fields["concat"]) == (["00E9D83DDC4B"], ["1"], ["1"])
    assert "from" not in fields


def test_our_id_is_always_the_same_one_and_another_ones_is_another() -> None:
    known = client_id("ABCDEFGH-ABCDEFGHIJKLMN-ABCDEFGH-1")
    assert known == "RuU41JyYitZazOAZGE3eprqTJfZv9Due"  # as messages under way are known there
    assert re.fullmatch("[A-Za-z0-9]{32}", OURS)
    assert client_id(REFERENCE[:-1] + "2") != OURS


def answer_to(body: str, status: int = 200) -> Answer:
    return clickatell_http.read_answer(Response(status, {}, body.encode()))


# What each code says, once more and apart from the product's own table.
DOCUMENTED = {
    Outcome.rejected_recipient: "104 105 107 113 114 116 121 122 128",
    Outcome.not_sent_transient: "003 115 130 901",
    Trouble.credentials: "001 002 005 108 109",
    Trouble.credit: "301",
    Trouble.sender: "106 123",
    Trouble.other: "004 007 100 101 102 103 120 201 202",
}
CODES = [(code, meaning) for meaning, codes in DOCUMENTED.items() for code in codes.split()]


def test_every_documented_code_is_in_the_table() -> None:
    assert set(ERRORS) == {code for code, _ in CODES}


@pytest.mark.parametrize(("code", "meaning"), CODES)
def test_every_documented_code_has_its_outcome(code: str, meaning: Outcome | Trouble) -> None:
    trouble = meaning if isinstance(meaning, Trouble) else None
    outcome = Outcome.rejected_config if isinstance(meaning, Trouble) else meaning
    for line in (
        f"ERR: {code}, As documented",
        f"ERR: {code}, As documented To: 41790000001\n",
        f"\r\n  ERR:{code},As documented  \r\n",
    ):
        answer = answer_to(line)
        assert (answer.outcome, answer.trouble, answer.code) == (outcome, trouble, code)
        assert answer.words == "As documented"
        assert answer.throttled is (code == "130")
    assert answer_to(f"ERR: {code}").outcome is outcome


@pytest.mark.parametrize(
    ("said", "outcome", "trouble"),
    [
        ("Invalid or missing parameters: to", Outcome.rejected_recipient, None),
        ("Invalid or missing parameters: text", Outcome.rejected_recipient, None),
        ("Invalid or missing parameters: from", Outcome.rejected_config, Trouble.sender),
        ("Invalid or missing parameters: cliMsgId", Outcome.rejected_config, Trouble.other),
        ("Invalid or missing parameters", Outcome.rejected_config, Trouble.other),
    ],
)
def test_a_bad_parameter_is_blamed_on_whose_it_is(said: str, outcome: Outcome, trouble: Trouble | None) -> None:
    answer = answer_to(f"ERR: 101, {said}")
    assert (answer.outcome, answer.trouble) == (outcome, trouble)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("Maximum MT limit exceeded until 1795305600", 600),
        ("Maximum MT limit exceeded until <1795305600>", 600),
        ("Maximum MT limit exceeded until 1795304000", 0),
        ("Maximum MT limit exceeded until 99999999999", LONGEST_PAUSE),
        ("Maximum MT limit exceeded until tomorrow", None),
        ("Maximum MT limit exceeded", None),
    ],
)
def test_a_limit_says_how_long_to_wait(said: str, seconds: int | None) -> None:
    with clock.frozen(datetime.fromtimestamp(1795305000, UTC)):
        answer = answer_to(f"ERR: 130, {said}")
    assert (answer.outcome, answer.throttled) == (Outcome.not_sent_transient, True)
    assert answer.retry_after == seconds


@pytest.mark.parametrize("body", [f"ID: {ID}", f"ID: {ID}\r\n", f"ID: {ID} To: 41790000001", f"\n ID:{ID.upper()}\n"])
def test_an_id_is_an_acceptance(body: str) -> None:
    assert answer_to(body).outcome is Outcome.accepted


def test_what_was_taken_counts_more_than_what_was_refused_beside_it() -> None:
    assert answer_to(f"ERR: 105, No To: 41790000001\nID: {ID} To: 41790000002").outcome is Outcome.accepted


@pytest.mark.parametrize(
    "body",
    [f"ID: {ID}"[:length] for length in range(len(f"ID: {ID}"))]
    + [
        "ERR: 1",
        "ERR: 10",
        "ERR: 0",
        "ERR:",
        "ERR: 777, New",
        "ERR: 1051, x",
        f"ID: {ID}0",
        "OK: session",
        "Credit: 5",
    ],
)
def test_half_an_answer_or_another_one_is_not_guessed(body: str) -> None:
    assert answer_to(body).outcome is Outcome.unknown


@pytest.mark.parametrize(
    ("status", "outcome", "trouble"),
    [
        (200, Outcome.unknown, None),
        (302, Outcome.unknown, None),
        (308, Outcome.rejected_config, Trouble.other),
        (401, Outcome.rejected_config, Trouble.credentials),
        (403, Outcome.rejected_config, Trouble.other),
        (404, Outcome.rejected_config, Trouble.other),
        (429, Outcome.not_sent_transient, None),
        (500, Outcome.unknown, None),
        (503, Outcome.unknown, None),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>ID: 1</html>", b"\xff\xfe", b"\x00" * 100])
def test_without_an_answer_in_the_body_the_http_status_decides(
    status: int, outcome: Outcome, trouble: Trouble | None, body: bytes
) -> None:
    answer = clickatell_http.read_answer(Response(status, {"retry-after": "7"}, body))
    assert (answer.outcome, answer.trouble, answer.code) == (outcome, trouble, f"http-{status}")
    assert (answer.throttled, answer.retry_after) == ((True, 7) if status == 429 else (False, None))


def test_what_clickatell_says_is_cut_cleaned_and_holds_no_secret(fakes: Fakes) -> None:
    sensitive = clickatell_http._sensitive(Secrets(password="hush/hush+"))
    body = f"ERR: 901, no \x1b[31m hush/hush+ hush%2Fhush%2B hush/hush%2B \u202e{'x' * 500}".encode()
    words = clickatell_http.read_answer(Response(200, {}, body), sensitive).words
    assert words is not None
    assert words.startswith("no [31m [withheld] [withheld] [withheld] xxx")
    assert len(words) == 300


line_parts = st.sampled_from(
    ["ID: ", "ERR: ", ID, "130", "105", ", ", " until ", "9" * 11, " To: ", "1", "\n", "Status: "]
)


@given(st.lists(line_parts, max_size=10))
def test_no_line_can_break_the_reading(parts: list[str]) -> None:
    assert isinstance(answer_to("".join(parts)), Answer)


# Settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"user": "a b"},
        {"api_id": "x1"},
        {"sender": "TwelveLetter"},
        {"plain_text": "utf-16"},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"user": "u", "api_id": "1", **wrong}, Settings)


@pytest.mark.parametrize(
    "wrong",
    [{}, {"password": "a b"}, {"password": "p", "callback_user": "u"}, {"password": "p", "callback_password": "p"}],
)
def test_secrets_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Secrets)


# Reports

REPORT = {
    "api_id": API_ID,
    "apiMsgId": ID,
    "cliMsgId": OURS,
    "to": "41790000001",
    "timestamp": "1506607698",
    "from": "",
    "status": "004",
    "charge": "1.5",
}
READ = Receipt(
    reference=None,
    provider_id=OURS,
    status=ReceiptStatus.delivered,
    code="004",
    at="2017-09-28T14:08:18.000Z",
    price="1.5",
    currency="credits",
)


def as_get(report: dict[str, str]) -> Delivery:
    return Delivery(method="GET", query=report)


def as_form(report: dict[str, str]) -> Delivery:
    return Delivery(content_type="application/x-www-form-urlencoded", body=urlencode(report).encode())


def as_form_without_saying_so(report: dict[str, str]) -> Delivery:
    return Delivery(body=urlencode(report).encode())


WAYS = [as_get, as_form, as_form_without_saying_so]


@pytest.mark.parametrize("way", WAYS)
def test_a_report_is_read_however_it_is_posted(way: Any) -> None:
    for report in (REPORT, {name.lower(): value for name, value in REPORT.items()}):
        assert clickatell_http.read_receipts(way(report), ANYBODY, SECRETS) == [READ]


DOCUMENTED_STATUSES = {
    None: "001",
    ReceiptStatus.buffered: "002",
    ReceiptStatus.sent: "003 008 011",
    ReceiptStatus.delivered: "004",
    ReceiptStatus.undelivered: "005 006 007 009 010 012 014",
}
MEANINGS = [(code, meaning) for meaning, codes in DOCUMENTED_STATUSES.items() for code in codes.split()]


def test_every_documented_status_is_in_the_table() -> None:
    assert set(STATUSES) == {code for code, _ in MEANINGS}
    assert {code for code, status in STATUSES.items() if "account trouble" in (status.why or "")} == {"012", "014"}


@pytest.mark.parametrize(("code", "meaning"), MEANINGS)
@pytest.mark.parametrize("way", WAYS)
def test_every_documented_status_has_its_own(way: Any, code: str, meaning: ReceiptStatus | None) -> None:
    found = clickatell_http.read_receipts(way(REPORT | {"status": code}), ANYBODY, SECRETS)
    assert [each.status for each in found] == ([] if meaning is None else [meaning])
    if meaning is ReceiptStatus.undelivered:
        assert found[0].words == STATUSES[code].why
        assert found[0].words


@pytest.mark.parametrize(
    "change", [{"status": "999"}, {"status": ""}, {"status": "4"}, {"cliMsgId": ""}, {"cliMsgId": "a b"}]
)
def test_a_report_that_says_nothing_changes_nothing(change: dict[str, str]) -> None:
    assert clickatell_http.read_receipts(as_form(REPORT | change), ANYBODY, SECRETS) == []


@pytest.mark.parametrize("change", [{"api_id": "77"}, {"api_id": ""}])
@pytest.mark.parametrize("way", WAYS)
def test_another_apis_report_is_refused(way: Any, change: dict[str, str]) -> None:
    with pytest.raises(ReceiptRefused):
        clickatell_http.read_receipts(way(REPORT | change), ANYBODY, SECRETS)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"\xff", b"&" * 500, b"status=004"])
def test_a_body_that_is_no_report_is_refused(body: bytes) -> None:
    with pytest.raises(ReceiptRefused):
        clickatell_http.read_receipts(Delivery(body=body), ANYBODY, SECRETS)


def test_a_charge_and_a_time_that_are_none_are_left_out() -> None:
    [found] = clickatell_http.read_receipts(as_form(REPORT | {"charge": "NaN", "timestamp": "soon"}), ANYBODY, SECRETS)
    assert (found.price, found.currency, found.at) == (None, None, None)


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}


LOGIN = Secrets(password=PASSWORD, callback_user="clickatell", callback_password="pass:word")


@pytest.mark.parametrize("way", WAYS)
def test_the_login_that_is_set_for_reports_is_asked_for(way: Any) -> None:
    right = msgspec.structs.replace(way(REPORT), headers=basic("clickatell", "pass:word"))
    assert clickatell_http.read_receipts(right, ANYBODY, LOGIN) == [READ]
    for headers in ({}, basic("clickatell", "wrong"), basic("", "")):
        with pytest.raises(ReceiptRefused):
            clickatell_http.read_receipts(msgspec.structs.replace(right, headers=headers), ANYBODY, LOGIN)


@given(st.dictionaries(st.sampled_from(sorted(REPORT)), st.text(max_size=20)))
def test_no_field_can_break_the_reading_of_reports(change: dict[str, str]) -> None:
    report = REPORT | change | {"api_id": API_ID}
    for way in (as_get, as_form):
        for receipt in clickatell_http.read_receipts(way(report), ANYBODY, SECRETS):
            assert receipt.provider_id


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_reports_come_with_their_login_and_the_charge(fakes: Fakes, method: Any) -> None:
    here = account(fakes)
    here.receipt_method, here.callback_user, here.callback_password = method, "clickatell", "pass:word"
    sms = at_its_fake("clickatell_http", fakes)._replace(secrets=LOGIN)
    with reports_to(sms, fakes) as (_, came):
        sms.send("0002", "a" * 200)
        receipts = sms.read(came())
    assert [receipt.status for receipt in receipts] == [ReceiptStatus.sent, ReceiptStatus.undelivered]
    assert {(receipt.provider_id, receipt.price) for receipt in receipts} == {(OURS, "2.0")}


# Asking


@pytest.mark.parametrize(
    ("suffix", "status", "code"),
    [
        ("0001", ReceiptStatus.delivered, "004"),
        ("0002", ReceiptStatus.undelivered, "007"),
        ("0003", ReceiptStatus.undelivered, "010"),
        ("0004", ReceiptStatus.buffered, "002"),
    ],
)
def test_it_can_be_asked_what_became_of_a_message(fakes: Fakes, suffix: str, status: ReceiptStatus, code: str) -> None:
    send(fakes, suffix)
    [receipt] = clickatell_http.poll(Asked(reference=REFERENCE), settings(fakes), SECRETS)
    assert (receipt.reference, receipt.provider_id, receipt.status, receipt.code) == (REFERENCE, OURS, status, code)


def test_what_happens_later_is_told_later(fakes: Fakes) -> None:
    send(fakes, "0004")
    provider(fakes).trigger(fakes.sms[0].id, "012")
    [receipt] = clickatell_http.poll(Asked(reference=REFERENCE), settings(fakes), SECRETS)
    assert (receipt.status, receipt.words) == (
        ReceiptStatus.undelivered,
        "account trouble at Clickatell: no credit left",
    )


@pytest.mark.parametrize("body", [b"", b"Credit: much", b"Credit: 1e9", b"ID: " + ID.encode(), b"ERR: 777, New"])
def test_a_balance_that_is_none_says_nothing(body: bytes) -> None:
    assert clickatell_http._health(Response(200, {}, body), ()).works is None
