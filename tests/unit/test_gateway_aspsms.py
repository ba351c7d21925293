"""The ASPSMS gateway against the fake at its wire, and its reading of every answer and report ASPSMS can give."""

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.messaging.gateways import (
    Answer,
    Asked,
    Delivery,
    Health,
    Outcome,
    Outgoing,
    Receipt,
    ReceiptRefused,
    ReceiptStatus,
    Trouble,
    _aspsms_codes,
    aspsms,
)
from functions.messaging.gateways._aspsms_receipts import addresses
from functions.messaging.gateways._transport import Response
from functions.messaging.gateways.aspsms import Secrets, Settings, trn
from tests.fakes.aspsms import NUMBER, PASSWORD, USER_KEY, Aspsms
from tests.fakes.server import Fakes
from tests.unit.gateways import REFERENCE, at_its_fake, reports_to
from tests.unit.odd import ANY_JSON

SECRETS = Secrets(password=PASSWORD)
URL = "https://go.example.net/receipts/g/s"


@pytest.fixture
def provider(fakes: Fakes) -> Aspsms:
    found = fakes.providers["aspsms"]
    assert isinstance(found, Aspsms)
    return found


def settings(fakes: Fakes, **more: Any) -> Settings:
    return Settings(**{"user_key": USER_KEY, "sender": "ACME", "base_url": f"{fakes.base_url}/aspsms", **more})


def message(suffix: str = "0001", text: str = "Tap to install: https://go.example/i/abc", **more: Any) -> Outgoing:
    return Outgoing(reference=REFERENCE, to=f"+4179000{suffix}", text=text, **more)


def send(fakes: Fakes, suffix: str = "0001", **more: Any) -> Answer:
    return aspsms.send(message(suffix, **more), settings(fakes), SECRETS)


# Sending


def test_an_accepted_message_has_a_name_of_ours(fakes: Fakes) -> None:
    assert send(fakes) == Answer(outcome=Outcome.accepted, provider_ids=(trn(REFERENCE),), code="1")
    assert [sms.reference for sms in fakes.sms] == [trn(REFERENCE)]


def test_unicode_can_be_forbidden(fakes: Fakes) -> None:
    aspsms.send(message(text="bientôt"), settings(fakes, force_gsm7=True), SECRETS)
    assert [(sms.text, sms.encoding) for sms in fakes.sms] == [("bient?t", "gsm7")]


def test_a_sender_for_the_country_goes_before_the_settings(fakes: Fakes) -> None:
    send(fakes, sender=NUMBER)
    assert send(fakes, sender="+12025550101").trouble is Trouble.sender
    assert [sms.sender for sms in fakes.sms] == [NUMBER]


# Requests and answers, as functions


def test_the_request_names_the_message_and_where_to_report() -> None:
    request = aspsms.build_request(message(receipt_url=URL), Settings(user_key="K", sender="ACME"), SECRETS)
    assert (request.method, request.url) == ("POST", "https://json.aspsms.com/SendTextSMS")
    tags = "rsn=<RSN>&at=<DSCTSUTC>&trn=<TRN>&ref="
    assert json.loads(request.body) == {
        "UserName": "K",
        "Password": PASSWORD,
        "Originator": "ACME",
        "Recipients": [f"+41790000001:{trn(REFERENCE)}"],
        "MessageText": "Tap to install: https://go.example/i/abc",
        "DeferredDeliveryTime": "",
        "FlashingSMS": "",
        "URLDeliveryNotification": f"{URL}?s=delivered&{tags}",
        "URLBufferedMessageNotification": f"{URL}?s=buffered&{tags}",
        "URLNonDeliveryNotification": f"{URL}?s=failed&{tags}",
        "ForceGSM7bit": False,
    }


def test_without_names_nothing_is_asked_that_could_not_be_matched(fakes: Fakes) -> None:
    nameless = settings(fakes, trn_in_recipient=False)
    body = json.loads(aspsms.build_request(message(receipt_url=URL), nameless, SECRETS).body)
    assert body["Recipients"] == ["+41790000001"]
    assert not [name for name in body if name.startswith("URL")]
    assert aspsms.send(message(), nameless, SECRETS).provider_ids == ()
    send(fakes)
    assert poll(fakes)
    assert aspsms.poll(Asked(reference=REFERENCE), nameless, SECRETS) == []


@given(st.text("abcXYZ019-", min_size=1, max_size=40), st.text("abcXYZ019-", min_size=1, max_size=40))
def test_the_name_of_a_message_is_short_and_its_own(one: str, other: str) -> None:
    assert trn(one) == trn(one)
    assert (trn(one) == trn(other)) == (one == other)
    assert len(trn(one)) <= 30
    assert trn(one).isalnum()


def answer_to(code: object, info: object = "as documented", status: int = 200) -> Answer:
    return aspsms.read_answer(Response(status, {}, json.dumps({"StatusCode": code, "StatusInfo": info}).encode()))


# The vendor's table, once more.
OUTCOMES = (
    dict.fromkeys(["0", "6", "7", "23", "28", "29", "31", *map(str, range(32, 40))], (Outcome.unknown, None))
    | dict.fromkeys(["2", "24"], (Outcome.not_sent_transient, None))
    | dict.fromkeys(["4", "11", "12", "13", "14", "15", "16", "20", "21", "22"], (Outcome.rejected_recipient, None))
    | dict.fromkeys(["3", "8", "9"], (Outcome.rejected_config, Trouble.credentials))
    | dict.fromkeys(["10", "30"], (Outcome.rejected_config, Trouble.sender))
    | dict.fromkeys(["17", "18", "19", "25"], (Outcome.rejected_config, Trouble.other))
    | {"1": (Outcome.accepted, None), "5": (Outcome.rejected_config, Trouble.credit)}
)


def test_the_table_is_whole() -> None:
    assert set(_aspsms_codes.OUTCOMES) == set(OUTCOMES)


@pytest.mark.parametrize(("code", "expected"), OUTCOMES.items())
def test_every_documented_code_has_its_outcome(code: str, expected: tuple[Outcome, Trouble | None]) -> None:
    for form in (code, int(code)):
        answer = answer_to(form)
        assert (answer.outcome, answer.trouble) == expected
        assert answer.code == code


@pytest.mark.parametrize("code", ["26", "99", "", "1 ", "01", "-1", None, 1.0, True, [], {}])
def test_a_code_nobody_documented_is_not_guessed(code: object) -> None:
    assert answer_to(code).outcome is Outcome.unknown


def test_fields_nobody_documented_change_nothing() -> None:
    body = {"StatusCode": "1", "MessageNumbers": [{"TransactionReferenceNumber": "x"}], "StatusInfo": "OK"}
    answer = aspsms.read_answer(Response(200, {}, json.dumps(body).encode()))
    assert answer.outcome is Outcome.accepted


@pytest.mark.parametrize(
    ("status", "outcome", "trouble"),
    [
        (200, Outcome.unknown, None),
        (302, Outcome.unknown, None),
        (308, Outcome.rejected_config, Trouble.other),
        (400, Outcome.unknown, None),
        (401, Outcome.rejected_config, Trouble.credentials),
        (403, Outcome.rejected_config, Trouble.credentials),
        (404, Outcome.rejected_config, Trouble.other),
        (429, Outcome.not_sent_transient, None),
        (500, Outcome.unknown, None),
        (503, Outcome.unknown, None),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"StatusCode":', b"[]", b"{}", b"null", b"[" * 60_000, b"\xff"])
def test_without_a_code_the_http_status_decides(
    status: int, outcome: Outcome, trouble: Trouble | None, body: bytes
) -> None:
    answer = aspsms.read_answer(Response(status, {"retry-after": "7"}, body))
    assert (answer.outcome, answer.code, answer.trouble) == (outcome, f"http-{status}", trouble)
    assert (answer.retry_after, answer.throttled) == ((7, True) if status == 429 else (None, False))


def test_what_aspsms_says_is_cut_cleaned_and_holds_no_secret() -> None:
    password = 'pa"ss\\word'
    sent = aspsms.build_request(message(), Settings(user_key="K", sender="ACME"), Secrets(password=password)).body
    text = f"no\r\n\x1b[31m {password} \u202e{sent.decode()} " + "x" * 500
    body = json.dumps({"StatusCode": "3", "StatusInfo": text}).encode()
    words = aspsms.read_answer(Response(200, {}, body), aspsms._sensitive(Secrets(password=password))).words
    assert words is not None
    assert words.startswith('no [31m [withheld] {"UserName":"K","Password":"[withheld]","Originator"')
    assert len(words) == 300


field_values = st.sampled_from(["0", "1", "2"]) | ANY_JSON
names = st.sampled_from(["StatusCode", "StatusInfo", "Credits", "DeliveryNotifications"])
entry_names = st.sampled_from(
    ["TransactionReferenceNumber", "DeliveryStatus", "NotificationDate", "Reasoncode", "ReasoncodeDescription"]
)


@given(st.dictionaries(names, field_values, max_size=4))
def test_no_field_can_break_the_reading(fields: dict[str, object]) -> None:
    answer = aspsms.read_answer(Response(200, {}, json.dumps(fields).encode()))
    accepted = fields.get("StatusCode") in ("1", 1) and isinstance(fields.get("StatusInfo"), str | None)
    assert answer.outcome is not Outcome.accepted or accepted


# Settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": "TwelveLetter"},
        {"sender": "A-B"},
        {"user_key": "a b"},
        {"user_key": ""},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"user_key": "K", "sender": "ACME", **wrong}, Settings)


# Receipts

NAME = trn(REFERENCE)
ANYBODY = Settings(user_key=USER_KEY, sender="ACME")


def read(**query: str) -> list[Receipt]:
    return aspsms.read_receipts(Delivery(method="GET", query=query), ANYBODY, SECRETS)


@pytest.mark.parametrize(
    "names",
    [
        {"trn": NAME, "ref": ""},  # tags replaced
        {"trn": NAME, "ref": NAME},  # replaced, and appended all the same
        {"trn": "<TRN>", "ref": NAME},  # appended only
        {"trn": "", "ref": NAME},
        {"ref": NAME},
        {"trn": NAME},
    ],
)
def test_a_receipt_is_found_however_aspsms_names_it(names: dict[str, str]) -> None:
    [receipt] = read(s="delivered", rsn="000", at="22112026140000", **names)
    assert receipt == Receipt(
        reference=None,
        provider_id=NAME,
        status=ReceiptStatus.delivered,
        code="000",
        at="2026-11-22T14:00:00.000Z",
    )


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("delivered", ReceiptStatus.delivered),
        ("buffered", ReceiptStatus.buffered),
        ("failed", ReceiptStatus.undelivered),
    ],
)
def test_each_address_has_its_status(kind: str, status: ReceiptStatus) -> None:
    assert [receipt.status for receipt in read(s=kind, trn=NAME)] == [status]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"s": "delivered"},
        {"s": "delivered", "trn": "<TRN>", "ref": ""},
        {"s": "delivered", "trn": "a b", "ref": "x" * 31},
        {"s": "new", "trn": NAME},
        {"trn": NAME},
        {"s": "delivered", "trn": f"{NAME}\n"},
    ],
)
def test_a_report_that_says_nothing_changes_nothing(query: dict[str, str]) -> None:
    assert read(**query) == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("000", "no reason given, or unknown subscriber, permanent"),
        ("001", "service unavailable, temporary"),
        ("8", "service unavailable, temporary"),
        ("010", "network time-out, temporary"),
        ("100", "network or handset, permanent"),
        ("101", "unknown subscriber, permanent"),
        ("103", "barred, permanent"),
        ("107", "absent subscriber, temporary"),
        ("108", "delivery failed, or its time was over, permanent"),
        ("118", "system failure, temporary"),
        ("127", "network or handset, permanent"),
        ("200", "something about the message, permanent"),
        ("202", "message limit exceeded, permanent"),
        ("206", "bad destination, permanent"),
        ("207", "duplicate submit, permanent"),
        ("208", "something about the message, permanent"),
        ("009", None),
        ("128", None),
        ("209", None),
        ("999", None),
    ],
)
def test_a_failure_is_explained(code: str, words: str | None) -> None:
    [receipt] = read(s="failed", trn=NAME, rsn=code)
    assert (receipt.code, receipt.words) == (code.zfill(3), words)


@pytest.mark.parametrize(
    ("sent", "read_as"),
    [
        ("22112026140000", "2026-11-22T14:00:00.000Z"),
        ("2026-11-22T14:00:00Z", "2026-11-22T14:00:00.000Z"),
        ("2026-11-22T15:00:00+01:00", "2026-11-22T14:00:00.000Z"),
        ("2026-11-22 14:00:00", "2026-11-22T14:00:00.000Z"),
        ("32112026140000", None),
        ("<DSCTSUTC>", None),
        ("soon", None),
        ("", None),
        ("0001-01-01T00:00:00+23:00", None),
    ],
)
def test_the_providers_time_is_read_however_it_is_written(sent: str, read_as: str | None) -> None:
    assert [receipt.at for receipt in read(s="delivered", trn=NAME, at=sent)] == [read_as]


query_names = st.sampled_from(["s", "trn", "ref", "rsn", "at", "x"])
query_values = st.text(max_size=40) | st.sampled_from(["delivered", "failed", NAME, "000", "99999999999999"])


@given(st.dictionaries(query_names, query_values), st.binary(max_size=100), st.sampled_from(["GET", "POST"]))
def test_no_report_can_break_the_reading(query: dict[str, str], body: bytes, method: str) -> None:
    with suppress(ReceiptRefused):
        for receipt in aspsms.read_receipts(Delivery(method=method, query=query, body=body), ANYBODY, SECRETS):
            assert receipt.provider_id in (query.get("trn"), query.get("ref"))


D, B, U = ReceiptStatus.delivered, ReceiptStatus.buffered, ReceiptStatus.undelivered


@pytest.mark.parametrize("appends", [False, True])
def test_reports_come_whether_it_fills_in_names_or_appends_them(fakes: Fakes, provider: Aspsms, appends: bool) -> None:
    provider.appends = appends
    sms = at_its_fake("aspsms", fakes)
    with reports_to(sms, fakes) as (url, came):
        answer = sms.send("0003", receipt_url=url)
        receipts = sms.read(came())
    assert [receipt.status for receipt in receipts] == [B, U]
    assert {receipt.provider_id for receipt in receipts} == set(answer.provider_ids)
    assert all(receipt.at and receipt.code for receipt in receipts)


def test_the_simple_form_of_an_address_would_do_as_well(fakes: Fakes, provider: Aspsms) -> None:
    """Were no tag replaced, what is appended is enough."""
    untagged = {
        field: url.replace("<RSN>", "").replace("<DSCTSUTC>", "").replace("<TRN>", "")
        for field, url in addresses(URL).items()
    }
    send(fakes)
    [recorded] = fakes.sms
    for url in untagged.values():
        query = provider._filled(url, recorded, "0", "000").partition("?")[2]
        assert [receipt.provider_id for receipt in read(**dict(pair.split("=") for pair in query.split("&")))] == [NAME]


def test_a_message_without_an_address_is_not_reported(fakes: Fakes) -> None:
    send(fakes)
    assert fakes.courier.settled()
    assert [sms.reports for sms in fakes.sms] == [()]


# Asking


def poll(fakes: Fakes, reference: str = REFERENCE, provider_ids: tuple[str, ...] = (NAME,)) -> list[Receipt]:
    asked = Asked(reference=reference, provider_ids=provider_ids)
    return aspsms.poll(asked, settings(fakes), SECRETS)


@pytest.mark.parametrize(
    ("suffix", "expected"),
    [
        ("0001", [(D, "000", None)]),
        ("0002", [(U, "101", "unknown subscriber, permanent")]),
        ("0003", [(U, "108", "delivery failed, or its time was over, permanent")]),
        ("0004", []),
        ("0006", [(D, "000", None)]),
    ],
)
def test_what_became_of_a_message_can_be_asked(fakes: Fakes, suffix: str, expected: list[object]) -> None:
    send(fakes, suffix)
    assert [(receipt.status, receipt.code, receipt.words) for receipt in poll(fakes)] == expected


def test_a_poll_says_whose_report_it_is_even_when_the_answer_was_never_written(fakes: Fakes) -> None:
    send(fakes)
    assert [(one.reference, one.provider_id) for one in poll(fakes)] == [(REFERENCE, NAME)]
    assert [(one.reference, one.provider_id) for one in poll(fakes, provider_ids=())] == [(REFERENCE, None)]
    assert all(receipt.at for receipt in poll(fakes))


@pytest.mark.parametrize("status", ["-1", "0", "1", "2"])
def test_a_poll_follows_what_the_network_says(fakes: Fakes, provider: Aspsms, status: str) -> None:
    send(fakes, "0004")
    provider.trigger(fakes.sms[0].id, status, "107")
    expected = {"-1": [], "0": [(D, None)], "1": [(B, WHY)], "2": [(U, WHY)]}[status]
    assert [(receipt.status, receipt.words) for receipt in poll(fakes)] == expected


WHY = "absent subscriber, temporary"


def answered_poll(monkeypatch: pytest.MonkeyPatch, body: object) -> list[Receipt]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    monkeypatch.setattr(aspsms, "heard", lambda *_: Response(200, {}, raw))
    return aspsms.poll(Asked(reference=REFERENCE, provider_ids=(NAME,)), ANYBODY, SECRETS)


def entry(**more: object) -> dict[str, object]:
    return {"TransactionReferenceNumber": NAME, "DeliveryStatus": "2", "Reasoncode": "999", **more}


def test_an_inquiry_succeeds_with_either_code_and_with_numbers_for_strings(monkeypatch: pytest.MonkeyPatch) -> None:
    for code in ("0", "1", 0, 1):
        found = answered_poll(
            monkeypatch, {"StatusCode": code, "DeliveryNotifications": [entry(DeliveryStatus=0, Reasoncode=0)]}
        )
        assert [(receipt.status, receipt.code) for receipt in found] == [(D, "000")]
    assert answered_poll(monkeypatch, {"StatusCode": "23", "DeliveryNotifications": [entry()]}) == []


def test_a_reason_nobody_documented_is_told_in_the_providers_words(monkeypatch: pytest.MonkeyPatch) -> None:
    described = entry(ReasoncodeDescription=f"lost\n{PASSWORD}")
    [receipt] = answered_poll(monkeypatch, {"StatusCode": "1", "DeliveryNotifications": [described]})
    assert (receipt.code, receipt.words, receipt.at) == ("999", "lost [withheld]", None)


def test_entries_about_other_messages_or_without_a_status_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    others = [entry(TransactionReferenceNumber="other"), entry(DeliveryStatus="7"), {}, entry(DeliveryStatus=None)]
    assert answered_poll(monkeypatch, {"StatusCode": "1", "DeliveryNotifications": others}) == []


@given(
    st.binary(max_size=100)
    | st.lists(st.dictionaries(entry_names, field_values), max_size=3).map(
        lambda entries: json.dumps({"StatusCode": "1", "DeliveryNotifications": entries}).encode()
    )
)
def test_no_inquiry_can_break_the_reading(body: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        assert answered_poll(patch, body) == []


# Our account


def probe(fakes: Fakes, **more: Any) -> Health:
    return aspsms.probe(settings(fakes, **more), SECRETS)


@pytest.mark.parametrize(
    ("code", "works", "trouble"),
    [
        ("28", True, None),
        ("31", True, None),
        ("1", True, None),
        ("3", True, None),
        ("29", False, Trouble.sender),
        ("30", False, Trouble.sender),
    ],
)
def test_a_number_as_the_sender_must_be_unlocked(
    fakes: Fakes, provider: Aspsms, code: str, works: bool, trouble: Trouble | None
) -> None:
    account = provider.accounts[USER_KEY]
    account.originators["+12025550101"] = code
    health = probe(fakes, sender="+12025550101")
    assert (health.works, health.trouble) == (works, trouble)
    assert health.credit == "100000"
    assert health.code == (None if works else code)


def credit_in(monkeypatch: pytest.MonkeyPatch, body: object) -> Health:
    monkeypatch.setattr(aspsms, "heard", lambda *_: Response(200, {}, json.dumps(body).encode()))
    return aspsms.probe(ANYBODY, SECRETS)


@pytest.mark.parametrize("amount", [123.4, "123.4"])
def test_credits_are_read_as_number_or_text(monkeypatch: pytest.MonkeyPatch, amount: object) -> None:
    health = credit_in(monkeypatch, {"StatusCode": "0", "Credits": amount})
    assert (health.works, Decimal(health.credit or "")) == (True, Decimal("123.4"))


@pytest.mark.parametrize("amount", ["NaN", "1,5", "many", None, 1e300])
def test_credits_that_are_none_say_nothing(monkeypatch: pytest.MonkeyPatch, amount: object) -> None:
    assert credit_in(monkeypatch, {"StatusCode": "1", "Credits": amount}) == Health(works=True)
