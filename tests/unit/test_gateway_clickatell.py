"""The Clickatell One API gateway against the fake at its wire, and its reading of every answer and report there is."""

import json
import socket
from base64 import b64encode
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    clickatell,
)
from functions.messaging.gateways._clickatell_common import Verdict
from functions.messaging.gateways._clickatell_tables import ERRORS, STATUSES
from functions.messaging.gateways._transport import Response
from functions.messaging.gateways.clickatell import Secrets, Settings
from tests.fakes.clickatell import API_KEY, Account, Clickatell
from tests.fakes.raw import Talking, talking
from tests.fakes.server import Fakes
from tests.unit.gateways import IMPATIENT, REFERENCE, at_its_fake, reports_to
from tests.unit.odd import json_of

SECRETS = Secrets(api_key=API_KEY)
ID = "02ca87d5a95446e68b0ac36a0c2057f1"


def provider(fakes: Fakes) -> Clickatell:
    found = fakes.providers["clickatell"]
    assert isinstance(found, Clickatell)
    return found


def account(fakes: Fakes) -> Account:
    return provider(fakes).accounts[API_KEY]


def settings(fakes: Fakes, **more: Any) -> Settings:
    return Settings(base_url=f"{fakes.base_url}/clickatell", **more)


def message(suffix: str = "0001", text: str = "Tap to install: https://go.example/i/abc", **more: Any) -> Outgoing:
    return Outgoing(reference="m-01J8.1", to=f"+4179000{suffix}", text=text, **more)


def send(fakes: Fakes, suffix: str = "0001", **more: Any) -> Answer:
    return clickatell.send(message(suffix, **more), settings(fakes), SECRETS)


# Sending


def test_the_sender_is_the_messages_own_or_the_settings(fakes: Fakes) -> None:
    clickatell.send(message(), settings(fakes, sender="+12025550123"), SECRETS)
    clickatell.send(message(sender="ACME"), settings(fakes, sender="+12025550123"), SECRETS)
    assert [sms.sender for sms in fakes.sms] == ["12025550123", "ACME"]


def test_a_sender_that_the_integration_has_not_is_told_apart(fakes: Fakes) -> None:
    account(fakes).numbers = frozenset({"12025550123"})
    answer = send(fakes, sender="+12025550124")
    assert (answer.outcome, answer.trouble) == (Outcome.rejected_config, Trouble.sender)


def test_an_empty_text_is_the_messages_fault(fakes: Fakes) -> None:
    answer = send(fakes, text="")
    assert (answer.outcome, answer.code) == (Outcome.rejected_recipient, "23")


def test_a_text_with_too_many_parts_is_the_messages_fault(fakes: Fakes) -> None:
    account(fakes).most_parts = 1
    answer = send(fakes, text="a" * 161)
    assert (answer.outcome, answer.code) == (Outcome.rejected_recipient, "100")


# Requests and answers, as functions


def test_the_request_is_one_message_with_the_key_as_it_is() -> None:
    request = clickatell.build_request(message(sender="+12025550123"), Settings(), SECRETS)
    assert (request.method, request.url) == ("POST", "https://platform.clickatell.com/v1/message")
    assert request.headers["Authorization"] == API_KEY
    assert json.loads(request.body) == {
        "messages": [
            {
                "channel": "sms",
                "to": "41790000001",
                "content": "Tap to install: https://go.example/i/abc",
                "from": "12025550123",
                "clientMessageId": "m-01J8.1",
            }
        ]
    }
    assert b'"from"' not in clickatell.build_request(message(), Settings(), SECRETS).body


def answer_to(body: object, status: int = 202, headers: dict[str, str] | None = None) -> Answer:
    return clickatell.read_answer(Response(status, headers or {}, json.dumps(body).encode()))


# What each code says, once more and apart from the product's own table.
DOCUMENTED = {
    Outcome.rejected_recipient: "24 25 26 27 40 100",
    Outcome.not_sent_transient: "19 43",
    Outcome.unknown: "18",
    Trouble.credentials: "1",
    Trouble.credit: "20",
    Trouble.sender: "44 45 101 110 111",
    Trouble.other: "2 3 7 21 22 23 28 30 31 32 33 38 39 41 42 46",
}
CODES = [(code, meaning) for meaning, codes in DOCUMENTED.items() for code in codes.split()]


def test_every_documented_code_is_in_the_table() -> None:
    assert set(ERRORS) == {code for code, _ in CODES}


@pytest.mark.parametrize(("code", "meaning"), CODES)
def test_every_documented_code_has_its_outcome(code: str, meaning: Outcome | Trouble) -> None:
    expected = Verdict(Outcome.rejected_config, meaning) if isinstance(meaning, Trouble) else Verdict(meaning)
    for form in (code, int(code)):
        error = {"code": form, "description": "as documented"}
        entry = {"error": error, "accepted": False, "to": "41790000001"}
        for body, status in (
            ({"messages": [entry], "error": None}, 207),
            ({"messages": [entry]}, 400),
            ({"error": error}, 400),
            ({"messages": [], "error": error}, 500),
            ({"messages": None, "error": error}, 402),
        ):
            answer = answer_to(body, status, {"retry-after": "7"})
            assert (answer.outcome, answer.trouble, answer.code) == (*expected, code)
            assert answer.throttled is (code == "43")
            assert answer.retry_after == (7 if answer.outcome is Outcome.not_sent_transient else None)


@pytest.mark.parametrize(
    ("description", "outcome", "trouble"),
    [
        ("Invalid or missing parameter: to", Outcome.rejected_recipient, None),
        ("Invalid or missing parameter: content", Outcome.rejected_recipient, None),
        ("Invalid or missing parameter: messages[0].to", Outcome.rejected_recipient, None),
        ("'to' is missing", Outcome.rejected_recipient, None),
        ("Invalid or missing parameter: from", Outcome.rejected_config, Trouble.sender),
        ("Invalid or missing parameter: clientMessageId", Outcome.rejected_config, Trouble.other),
        ("Failed to read: talk to support", Outcome.rejected_config, Trouble.other),
        ("Invalid parameter: tone", Outcome.rejected_config, Trouble.other),
        ("", Outcome.rejected_config, Trouble.other),
    ],
)
@pytest.mark.parametrize("code", [21, 22, 23])
def test_a_bad_parameter_is_blamed_on_whose_it_is(
    code: int, description: str, outcome: Outcome, trouble: Trouble | None
) -> None:
    answer = answer_to({"error": {"code": code, "description": description}}, 400)
    assert (answer.outcome, answer.trouble) == (outcome, trouble)


@pytest.mark.parametrize("code", ["77", "130", None, "", -1, "x y"])
def test_a_code_nobody_documented_is_not_guessed(code: object) -> None:
    for body in ({"error": {"code": code}}, {"messages": [{"accepted": False, "error": {"code": code}}]}):
        assert answer_to(body, 500).outcome is Outcome.unknown


@pytest.mark.parametrize("error", [{}, {"error": None}], ids=["the error is absent", "the error is null"])
@pytest.mark.parametrize("status", [200, 202, 207])
def test_an_accepted_entry_is_an_acceptance(error: dict[str, None], status: int) -> None:
    body = {"messages": [{"apiMessageId": ID, "accepted": True, "to": "41790000001", **error}], **error}
    assert answer_to(body, status) == Answer(outcome=Outcome.accepted, provider_ids=(ID,))


def test_the_entry_decides_before_the_request_and_both_before_the_status() -> None:
    bad_number, no_key = {"code": 25, "description": "bad"}, {"code": 1, "description": "key"}
    refused = {"accepted": False, "error": bad_number}
    assert answer_to({"messages": [refused], "error": no_key}, 401).code == "25"
    assert answer_to({"messages": [{"accepted": True, "apiMessageId": ID}], "error": no_key}, 401).code is None
    assert answer_to({"messages": [{"accepted": False}], "error": no_key}, 500).code == "1"


def test_an_entry_that_says_both_or_neither_may_have_been_sent_and_can_be_asked_about() -> None:
    both = {"accepted": True, "apiMessageId": ID, "error": {"code": 25, "description": "bad"}}
    neither = {"apiMessageId": ID}
    for entry in (both, neither):
        answer = answer_to({"messages": [entry]})
        assert (answer.outcome, answer.provider_ids) == (Outcome.unknown, (ID,))


def test_an_error_in_words_alone_is_shown_but_not_guessed_at() -> None:
    answer = answer_to({"messages": [{"accepted": False, "error": "no idea"}], "error": None}, 400)
    assert (answer.outcome, answer.words) == (Outcome.unknown, "no idea")


@pytest.mark.parametrize(
    ("status", "outcome", "trouble"),
    [
        (200, Outcome.unknown, None),
        (202, Outcome.unknown, None),
        (302, Outcome.unknown, None),
        (308, Outcome.rejected_config, Trouble.other),
        (400, Outcome.unknown, None),
        (401, Outcome.rejected_config, Trouble.credentials),
        (402, Outcome.rejected_config, Trouble.credit),
        (403, Outcome.rejected_config, Trouble.other),
        (404, Outcome.rejected_config, Trouble.other),
        (429, Outcome.not_sent_transient, None),
        (500, Outcome.unknown, None),
        (503, Outcome.unknown, None),
    ],
)
@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b'{"messages":[', b"[]", b'{"messages":[]}', b'{"error":null}', b"[" * 60_000, b"\xff", b"null"],
)
def test_without_an_answer_in_the_body_the_http_status_decides(
    status: int, outcome: Outcome, trouble: Trouble | None, body: bytes
) -> None:
    answer = clickatell.read_answer(Response(status, {"retry-after": "7"}, body))
    assert (answer.outcome, answer.trouble, answer.code) == (outcome, trouble, f"http-{status}")
    assert (answer.throttled, answer.retry_after) == ((True, 7) if status == 429 else (False, None))


def test_what_clickatell_says_is_cut_cleaned_and_holds_no_secret() -> None:
    text = f"no\r\n\x1b[31m {API_KEY} \u202e" + "x" * 500
    body = json.dumps({"error": {"code": 1, "description": text}}).encode()
    words = clickatell.read_answer(Response(401, {}, body), (API_KEY,)).words
    assert words is not None
    assert words.startswith("no [31m [withheld] xxx")
    assert len(words) == 300


def test_an_echoed_key_and_number_are_withheld_on_the_whole_way(fakes: Fakes) -> None:
    def echo(connection: socket.socket, server: Talking) -> None:
        asked = b""
        while not asked.endswith(b"}]}"):
            asked += connection.recv(65_536)
        body = json.dumps({"error": {"code": 1, "description": " ".join(asked.decode().split())[-250:]}})
        connection.sendall(f"HTTP/1.1 401 No\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())

    with talking(echo) as server:
        where = Settings(base_url=f"http://127.0.0.1:{server.port}")
        answer = clickatell.send(message(), where, SECRETS, IMPATIENT)
    assert answer.trouble is Trouble.credentials
    assert answer.words is not None
    assert answer.words.count("[withheld]") == 2
    assert API_KEY not in answer.words
    assert "41790000001" not in answer.words
    assert server.calls == 1


NAMES = [
    *("messages", "error", "code", "description", "accepted", "apiMessageId", "event", "messageStatusUpdate"),
    *("Event", "MessageStatusUpdate", "messageId", "clientMessageId", "timestamp", "statusDescription"),
    *("status", "statusCode"),
]
json_values = json_of("25", False, 20, "DEVICE_ACK", "event", ID, names=NAMES)


@given(json_values, st.integers(100, 599))
def test_no_json_can_break_the_reading(body: object, status: int) -> None:
    assert isinstance(answer_to(body, status), Answer)


# Settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": "TwelveLetter"},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Settings)
    assert msgspec.convert({}, Settings) == Settings()


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"api_key": "a b"},
        {"api_key": "k", "callback_user": "u"},
        {"api_key": "k", "callback_password": "p"},
        {"api_key": "k", "callback_user": "u:v", "callback_password": "p"},
    ],
)
def test_secrets_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Secrets)


# Reports

UPDATE = {
    "channel": "sms",
    "messageId": ID,
    "clientMessageId": "m-01J8.1",
    "timestamp": 1506607698000,
    "statusCode": 5,
    "status": "DEVICE_ACK",
}
READ = Receipt(
    reference="m-01J8.1", provider_id=None, status=ReceiptStatus.delivered, code="5", at="2017-09-28T14:08:18.000Z"
)


def event(*updates: object) -> dict[str, object]:
    return {"integrationId": "i", "integrationName": "n", "event": {"messageStatusUpdate": list(updates)}}


def without(report: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in report.items() if name not in names}


def posted(report: object, headers: dict[str, str] | None = None) -> Delivery:
    return Delivery(content_type="application/json", headers=headers or {}, body=json.dumps(report).encode())


def read(report: object) -> list[Receipt]:
    return clickatell.read_receipts(posted(report), Settings(), SECRETS)


def test_a_report_is_read() -> None:
    assert read(event(UPDATE)) == [READ]


def test_a_report_with_its_names_in_any_case_is_read() -> None:
    shouted = {"Event": {"MessageStatusUpdate": [{name[0].upper() + name[1:]: UPDATE[name] for name in UPDATE}]}}
    assert read(shouted) == [READ]


def test_either_id_will_do() -> None:
    [by_theirs] = read(event(without(UPDATE, "clientMessageId")))
    assert (by_theirs.reference, by_theirs.provider_id) == (None, ID)
    [by_ours] = read(event(without(UPDATE, "messageId")))
    assert by_ours == READ
    assert read(event(without(UPDATE, "messageId", "clientMessageId"))) == []


def test_several_updates_come_together_and_a_broken_one_does_not_take_the_rest_with_it() -> None:
    found = read(
        event({"status": {}}, UPDATE, None, 7, UPDATE | {"clientMessageId": "m-2", "statusCode": 4, "status": 4})
    )
    assert found == [READ]
    assert len(read(event(UPDATE, UPDATE | {"clientMessageId": "m-2"}))) == 2


DOCUMENTED_STATUSES = {
    None: "1",
    ReceiptStatus.sent: "2 3 4",
    ReceiptStatus.delivered: "5 6 24",
    ReceiptStatus.undelivered: "20 21 22 23 25 26 27 28 29 60 61 80 81 82 83 84 85 100",
}
MEANINGS = [(code, meaning) for meaning, codes in DOCUMENTED_STATUSES.items() for code in codes.split()]


def test_every_documented_status_is_in_the_table() -> None:
    assert set(STATUSES) == {code for code, _ in MEANINGS}
    assert {code for code, status in STATUSES.items() if "account trouble" in (status.why or "")} == {
        "25",
        "26",
        "27",
        "28",
    }


@pytest.mark.parametrize(("code", "meaning"), MEANINGS)
def test_every_documented_status_is_read_by_name_and_by_code(code: str, meaning: ReceiptStatus | None) -> None:
    known = STATUSES[code]
    for change in (
        {"statusCode": int(code), "status": known.name},
        {"statusCode": code, "status": None},
        {"statusCode": int(code), "status": "SOMETHING_NEW"},
        {"statusCode": None, "status": known.name.lower()},
    ):
        found = read(event(UPDATE | change))
        assert [each.status for each in found] == ([] if meaning is None else [meaning])
        if meaning is ReceiptStatus.undelivered:
            assert found[0].words == known.why
            assert known.why


@pytest.mark.parametrize("code", [130, 131, 139, 142, 999, -1, 0, "x", None])
def test_a_status_of_another_channel_or_of_nobody_changes_nothing(code: object) -> None:
    assert read(event(UPDATE | {"statusCode": code, "status": "WHATSAPP_RE_ENGAGEMENT_REQUIRED"})) == []


FLAT = {
    "integrationName": "n",
    "messageId": ID,
    "requestId": "r",
    "clientMessageId": "m-01J8.1",
    "to": "41790000001",
    "from": "",
    "statusCode": 4,
    "status": "RECEIVED_BY_RECIPIENT",
    "statusDescription": "Received by recipient",
    "timestamp": 1506607698000,
}


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("MESSAGE_UNKNOWN", None),
        ("MESSAGE_QUEUED", ReceiptStatus.buffered),
        ("DELIVERED_TO_GATEWAY", ReceiptStatus.sent),
        ("RECEIVED_BY_RECIPIENT", ReceiptStatus.delivered),
        ("ERROR_WITH_MESSAGE", ReceiptStatus.undelivered),
        ("USER_CANCELLED_MESSAGE_DELIVERY", ReceiptStatus.undelivered),
        ("ERROR_DELIVERING_MESSAGE", ReceiptStatus.undelivered),
        ("ROUTING_ERROR", ReceiptStatus.undelivered),
        ("MESSAGE_EXPIRED", ReceiptStatus.undelivered),
        ("OUT_OF_CREDIT", ReceiptStatus.undelivered),
        ("DEVICE_ACK", ReceiptStatus.delivered),
        ("DELIVERY_FAILURE", ReceiptStatus.undelivered),
        ("SOMETHING_NEW", None),
    ],
)
def test_the_older_flat_report_is_read_by_its_name(name: str, meaning: ReceiptStatus | None) -> None:
    by_name = FLAT | {"status": name, "statusDescription": None}
    by_description = FLAT | {"status": None, "statusDescription": name.replace("_", " ").capitalize()}
    for report in (by_name, by_description):
        assert [each.status for each in read(report)] == ([] if meaning is None else [meaning])


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("004", ReceiptStatus.delivered),
        ("003", ReceiptStatus.sent),
        ("005", ReceiptStatus.undelivered),
        ("012", ReceiptStatus.undelivered),
        (3, ReceiptStatus.sent),
        (7, ReceiptStatus.undelivered),
        (23, ReceiptStatus.undelivered),
        (4, None),  # sent in one table, delivered in the other
        (5, None),
        (6, None),
        (2, None),
        (99, None),
    ],
)
def test_the_older_reports_code_counts_where_it_is_not_ambiguous(code: object, meaning: ReceiptStatus | None) -> None:
    nameless = without(FLAT, "status", "statusDescription") | {"statusCode": code}
    assert [each.status for each in read(nameless)] == ([] if meaning is None else [meaning])


def test_the_older_report_comes_by_get_and_as_a_form_too() -> None:
    flat = {name: str(value) for name, value in FLAT.items()}
    by_get = Delivery(method="GET", query=flat)
    as_form = Delivery(content_type="application/x-www-form-urlencoded", body=urlencode(flat).encode())
    for delivery in (posted(FLAT), by_get, as_form):
        [found] = clickatell.read_receipts(delivery, Settings(), SECRETS)
        assert (found.reference, found.status, found.at) == ("m-01J8.1", ReceiptStatus.delivered, READ.at)


@pytest.mark.parametrize("timestamp", [None, "soon", -5, 10**400, 1e30, True, "٣" * 10])
def test_a_time_that_is_none_is_left_out(timestamp: object) -> None:
    for report in (event(UPDATE | {"timestamp": timestamp}), FLAT | {"timestamp": timestamp}):
        assert [each.at for each in read(report)] in ([None], [])


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b"7", b'"x"', b"{", b"[" * 60_000, b"\xff"])
def test_a_body_that_is_no_report_is_refused(body: bytes) -> None:
    with pytest.raises(ReceiptRefused):
        clickatell.read_receipts(Delivery(content_type="application/json", body=body), Settings(), SECRETS)


@pytest.mark.parametrize(
    "report", [{}, {"event": {}}, {"event": {"moText": [{}]}}, {"event": {"messageStatusUpdate": 1}}]
)
def test_a_report_of_something_else_changes_nothing(report: object) -> None:
    assert read(report) == []


def basic(user: str, password: str, kind: str = "Basic") -> dict[str, str]:
    return {"authorization": f"{kind} {b64encode(f'{user}:{password}'.encode()).decode()}"}


LOGIN = Secrets(api_key=API_KEY, callback_user="clickatell", callback_password="pass:word")


@pytest.mark.parametrize("kind", ["Basic", "basic", "BASIC"])
def test_a_report_with_the_login_that_is_set_is_taken(kind: str) -> None:
    delivery = posted(event(UPDATE), basic("clickatell", "pass:word", kind))
    assert clickatell.read_receipts(delivery, Settings(), LOGIN) == [READ]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Basic"},
        {"authorization": "Basic ü"},
        basic("clickatell", "wrong"),
        basic("someone", "pass:word"),
        basic("clickatell", "pass:word", "Bearer"),
        basic("", ""),
    ],
)
def test_a_report_without_the_login_that_is_set_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ReceiptRefused):
        clickatell.read_receipts(posted(event(UPDATE), headers), Settings(), LOGIN)


@given(json_values)
def test_no_json_can_break_the_reading_of_reports(body: object) -> None:
    with suppress(ReceiptRefused):
        read(body)
    read(event(body))


@pytest.mark.parametrize("form", ["event", "flat", "flat-GET"])
def test_reports_come_with_their_login_in_every_form(fakes: Fakes, form: Any) -> None:
    here = account(fakes)
    here.receipt_form, here.callback_user, here.callback_password = form, "clickatell", "pass:word"
    sms = at_its_fake("clickatell", fakes)._replace(secrets=LOGIN)
    with reports_to(sms, fakes) as (_, came):
        sms.send("0002")
        receipts = sms.read(came())
    assert [receipt.status for receipt in receipts] == [ReceiptStatus.sent, ReceiptStatus.undelivered]
    assert {receipt.reference for receipt in receipts} == {REFERENCE}


# Asking


def test_what_happens_later_is_told_later(fakes: Fakes) -> None:
    asked = Asked(reference="m-01J8.1", provider_ids=send(fakes, "0004").provider_ids)
    provider(fakes).trigger(fakes.sms[0].id, "VOLUME_LIMIT")
    [receipt] = clickatell.poll(asked, settings(fakes), SECRETS)
    assert (receipt.status, receipt.words) == (
        ReceiptStatus.undelivered,
        "account trouble at Clickatell: volume limit reached",
    )


@pytest.mark.parametrize("balance", ['"NaN"', '"Infinity"', "1e400", '"much"', "null", "[]", "1e-30"])
def test_a_balance_that_is_none_says_nothing(balance: str) -> None:
    body = f'{{"currency":"USD","balance":{balance}}}'.encode()
    assert clickatell._health(Response(200, {}, body), ()).works is None


def test_every_status_has_a_name_of_its_own() -> None:
    assert len({status.name for status in STATUSES.values()}) == len(STATUSES)
