"""The ASPSMS gateway against the fake at its wire, and its reading of every answer and report ASPSMS can give."""

import json
from collections.abc import Iterator
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
    Channel,
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
    gateway,
    kinds,
    poll_of,
    probe_of,
)
from functions.messaging.gateways._aspsms_receipts import addresses
from functions.messaging.gateways._transport import LIMITS, Limits, Response
from functions.messaging.gateways.aspsms import Secrets, Settings, trn
from tests.fakes.aspsms import INFOS, NUMBER, PASSWORD, USER_KEY, Aspsms
from tests.fakes.listener import listening
from tests.fakes.server import Fakes
from tests.fakes.wire import HttpRequest

SECRETS = Secrets(password=PASSWORD)
IMPATIENT = Limits(connect=0.5, read=0.3, total=0.6)
REFERENCE = "Tenant01-Account0000001-Mess0001-1"
URL = "https://go.example.net/receipts/g/s"


@pytest.fixture(scope="module")
def running() -> Iterator[Fakes]:
    with Fakes() as fakes:
        yield fakes


@pytest.fixture
def fakes(running: Fakes, monkeypatch: pytest.MonkeyPatch) -> Fakes:
    monkeypatch.setenv("ALLOW_HTTP", "1")
    running.reset()
    return running


@pytest.fixture
def provider(fakes: Fakes) -> Aspsms:
    found = fakes.providers["aspsms"]
    assert isinstance(found, Aspsms)
    return found


def settings(fakes: Fakes, **more: Any) -> Settings:
    return Settings(**{"user_key": USER_KEY, "sender": "ACME", "base_url": f"{fakes.base_url}/aspsms", **more})


def message(suffix: str = "0001", text: str = "Tap to install: https://go.example/i/abc", **more: Any) -> Outgoing:
    return Outgoing(reference=REFERENCE, to=f"+4179000{suffix}", text=text, **more)


def send(fakes: Fakes, suffix: str = "0001", limits: Limits = LIMITS, **more: Any) -> Answer:
    return aspsms.send(message(suffix, **more), settings(fakes), SECRETS, limits)


# Sending


def test_it_is_a_gateway_for_sms_that_can_be_asked() -> None:
    assert "aspsms" in kinds()
    module = gateway("aspsms")
    assert module.CHANNEL is Channel.sms
    assert module.RATE == 5.0
    assert poll_of(module) is aspsms.poll
    assert probe_of(module) is aspsms.probe


def test_an_accepted_message_is_recorded_as_it_was_written_under_a_name_of_ours(fakes: Fakes) -> None:
    answer = send(fakes, text="Grüße {x}, @€")
    [recorded] = fakes.sms
    assert (recorded.to, recorded.sender, recorded.reference) == ("+41790000001", "ACME", trn(REFERENCE))
    assert (recorded.text, recorded.encoding) == ("Grüße {x}, @€", "gsm7")
    assert answer == Answer(outcome=Outcome.accepted, provider_ids=(trn(REFERENCE),), code="1")


@pytest.mark.parametrize("text", ["bientôt", "Здравствуйте", "👋🏽 <b>&amp;", "مرحبا"])
def test_text_beyond_gsm_loses_nothing(fakes: Fakes, text: str) -> None:
    send(fakes, text=text)
    assert [(sms.text, sms.encoding) for sms in fakes.sms] == [(text, "ucs2")]


def test_unicode_can_be_forbidden(fakes: Fakes) -> None:
    aspsms.send(message(text="bientôt"), settings(fakes, force_gsm7=True), SECRETS)
    assert [(sms.text, sms.encoding) for sms in fakes.sms] == [("bient?t", "gsm7")]


def test_half_a_character_is_lost_and_the_rest_is_sent(fakes: Fakes) -> None:
    assert send(fakes, text="a\ud83db").outcome is Outcome.accepted
    assert [sms.text for sms in fakes.sms] == ["a?b"]


@pytest.mark.parametrize(
    ("suffix", "outcome", "code", "trouble"),
    [
        ("0010", Outcome.rejected_recipient, "20", None),
        ("0011", Outcome.rejected_config, "5", Trouble.credit),
        ("0012", Outcome.rejected_config, "30", Trouble.sender),
        ("0013", Outcome.not_sent_transient, "http-429", None),
        ("0014", Outcome.not_sent_transient, "24", None),
        ("0022", Outcome.unknown, "http-500", None),
    ],
)
def test_a_refusal_sends_nothing_and_is_understood(
    fakes: Fakes, suffix: str, outcome: Outcome, code: str, trouble: Trouble | None
) -> None:
    answer = send(fakes, suffix)
    assert (answer.outcome, answer.code, answer.trouble) == (outcome, code, trouble)
    assert answer.throttled is (suffix == "0013")
    assert answer.words
    assert fakes.sms == []


@pytest.mark.parametrize("suffix", ["0020", "0021", "0023", "0024"])
def test_a_lost_answer_is_unknown_and_the_message_was_sent_once_and_can_be_asked_about(
    fakes: Fakes, suffix: str
) -> None:
    answer = send(fakes, suffix, IMPATIENT)
    assert (answer.outcome, answer.provider_ids) == (Outcome.unknown, (trn(REFERENCE),))
    assert fakes.wait_until(lambda: len(fakes.sms) == 1)
    assert [receipt.status for receipt in poll(fakes)] == [ReceiptStatus.delivered]


def test_a_throttled_number_is_taken_after_some_calls(fakes: Fakes) -> None:
    answers = [send(fakes, "0013") for _ in range(3)]
    assert [answer.throttled for answer in answers] == [True, True, False]
    assert [answer.retry_after for answer in answers] == [3, 3, None]
    assert answers[2].outcome is Outcome.accepted


def test_too_many_a_second_is_not_the_gateways_fault(fakes: Fakes, provider: Aspsms) -> None:
    provider.per_second = 1
    first, second = send(fakes), send(fakes)
    assert first.outcome is Outcome.accepted
    assert (second.outcome, second.throttled, second.trouble) == (Outcome.not_sent_transient, True, None)


def test_credit_ends(fakes: Fakes, provider: Aspsms) -> None:
    provider.set_credit("1.5")
    assert send(fakes, text="a" * 161).trouble is Trouble.credit
    assert send(fakes).outcome is Outcome.accepted
    assert send(fakes).trouble is Trouble.credit
    assert len(fakes.sms) == 1


def test_a_wrong_password_is_our_fault(fakes: Fakes) -> None:
    answer = aspsms.send(message(), settings(fakes), Secrets(password="wrong"))
    assert answer == Answer(
        outcome=Outcome.rejected_config, code="3", words="Authorization failed.", trouble=Trouble.credentials
    )


def test_a_sender_for_the_country_goes_before_the_settings(fakes: Fakes) -> None:
    send(fakes, sender=NUMBER)
    assert send(fakes, sender="+12025550101").trouble is Trouble.sender
    assert [sms.sender for sms in fakes.sms] == [NUMBER]


def test_a_number_that_is_none_is_refused_for_good(fakes: Fakes) -> None:
    short = aspsms.send(Outgoing(reference="m", to="+123", text="x"), settings(fakes), SECRETS)
    assert (short.outcome, short.code) == (Outcome.rejected_recipient, "20")


def test_a_closed_port_and_an_unknown_name_never_took_anything() -> None:
    for base_url in ("https://127.0.0.1:1", "https://no-such-host.invalid"):
        where = Settings(user_key=USER_KEY, sender="ACME", base_url=base_url)
        answer = aspsms.send(message(), where, SECRETS)
        assert (answer.outcome, answer.provider_ids) == (Outcome.not_sent_transient, ())


def test_credentials_do_not_travel_in_clear(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALLOW_HTTP")
    answer = send(fakes)
    assert (answer.outcome, answer.code) == (Outcome.rejected_config, "plain-http")
    assert aspsms.probe(settings(fakes), SECRETS).works is False
    assert poll(fakes) == []
    assert fakes.sms == []


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


def test_a_wrong_address_is_our_fault(fakes: Fakes) -> None:
    elsewhere = settings(fakes, base_url=f"{fakes.base_url}/aspsms/v9")
    answer = aspsms.send(message(), elsewhere, SECRETS)
    assert (answer.outcome, answer.code) == (Outcome.rejected_config, "http-404")


def test_what_aspsms_says_is_cut_cleaned_and_holds_no_secret() -> None:
    password = 'pa"ss\\word'
    sent = aspsms.build_request(message(), Settings(user_key="K", sender="ACME"), Secrets(password=password)).body
    text = f"no\r\n\x1b[31m {password} \u202e{sent.decode()} " + "x" * 500
    body = json.dumps({"StatusCode": "3", "StatusInfo": text}).encode()
    words = aspsms.read_answer(Response(200, {}, body), aspsms._sensitive(Secrets(password=password))).words
    assert words is not None
    assert words.startswith('no [31m [withheld] {"UserName":"K","Password":"[withheld]","Originator"')
    assert len(words) == 300


def test_no_secret_is_in_what_a_gateway_answers(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    said = f"Authorization failed for {PASSWORD}."
    monkeypatch.setitem(INFOS, "24", said)
    assert send(fakes, "0014").words == "Authorization failed for [withheld]."


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(["0", "1", "2"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from(["StatusCode", "StatusInfo", "Credits", "DeliveryNotifications"])
entry_names = st.sampled_from(
    ["TransactionReferenceNumber", "DeliveryStatus", "NotificationDate", "Reasoncode", "ReasoncodeDescription"]
)


@given(st.binary(max_size=200), st.integers(100, 599))
def test_no_answer_can_break_the_reading(body: bytes, status: int) -> None:
    assert aspsms.read_answer(Response(status, {}, body)).outcome is not Outcome.accepted


@given(st.dictionaries(names, json_values, max_size=4))
def test_no_field_can_break_the_reading(fields: dict[str, object]) -> None:
    answer = aspsms.read_answer(Response(200, {}, json.dumps(fields).encode()))
    accepted = fields.get("StatusCode") in ("1", 1) and isinstance(fields.get("StatusInfo"), str | None)
    assert answer.outcome is not Outcome.accepted or accepted


# Settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": "TwelveLetter"},
        {"sender": "ACME\n"},
        {"sender": "A-B"},
        {"base_url": "ftp://json.aspsms.com"},
        {"base_url": "https://json.aspsms.com?x=1"},
        {"base_url": "https://user@json.aspsms.com"},
        {"base_url": "https://json.aspsms.com/\n"},
        {"user_key": "a b"},
        {"user_key": ""},
        {"surprise": 1},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"user_key": "K", "sender": "ACME", **wrong}, Settings)


def test_secrets_do_not_show_themselves() -> None:
    assert "hush" not in repr(Secrets(password="hush-hush"))


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


def read_as_heard(request: HttpRequest) -> list[Receipt]:
    delivery = Delivery(
        method=request.method, query=dict(request.query), headers=dict(request.headers), body=request.body
    )
    return aspsms.read_receipts(delivery, ANYBODY, SECRETS)


D, B, U = ReceiptStatus.delivered, ReceiptStatus.buffered, ReceiptStatus.undelivered


@pytest.mark.parametrize("appends", [False, True])
@pytest.mark.parametrize(
    ("suffix", "expected"),
    [("0001", [D]), ("0002", [U]), ("0003", [B, U]), ("0005", [D]), ("0006", [D, B]), ("0007", [D, D])],
)
def test_the_whole_way_there_and_back(
    fakes: Fakes, provider: Aspsms, suffix: str, expected: list[ReceiptStatus], appends: bool
) -> None:
    provider.appends = appends
    with listening() as listener:
        answer = send(fakes, suffix, receipt_url=listener.url)
        receipts = [receipt for request in listener.wait_for(len(expected)) for receipt in read_as_heard(request)]
    assert [receipt.status for receipt in receipts] == expected
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


def test_a_poll_about_a_message_nobody_knows_says_nothing(fakes: Fakes) -> None:
    send(fakes)
    assert poll(fakes, reference="Tenant01-Account0000001-Mess0001-2") == []


@pytest.mark.parametrize("status", ["-1", "0", "1", "2"])
def test_a_poll_follows_what_the_network_says(fakes: Fakes, provider: Aspsms, status: str) -> None:
    send(fakes, "0004")
    provider.trigger(fakes.sms[0].id, status, "107")
    expected = {"-1": [], "0": [(D, None)], "1": [(B, WHY)], "2": [(U, WHY)]}[status]
    assert [(receipt.status, receipt.words) for receipt in poll(fakes)] == expected


WHY = "absent subscriber, temporary"


def test_a_poll_that_is_refused_or_lost_says_nothing(fakes: Fakes, provider: Aspsms) -> None:
    send(fakes)
    asked = Asked(reference=REFERENCE)
    assert aspsms.poll(asked, settings(fakes), Secrets(password="wrong")) == []
    provider.dead = True
    assert poll(fakes) == []
    nobody = settings(fakes, base_url="http://127.0.0.1:1")
    assert aspsms.poll(asked, nobody, SECRETS) == []


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
    | st.lists(st.dictionaries(entry_names, json_values), max_size=3).map(
        lambda entries: json.dumps({"StatusCode": "1", "DeliveryNotifications": entries}).encode()
    )
)
def test_no_inquiry_can_break_the_reading(body: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        assert answered_poll(patch, body) == []


# Our account


def probe(fakes: Fakes, **more: Any) -> Health:
    return aspsms.probe(settings(fakes, **more), SECRETS)


def test_an_account_in_order_tells_its_credits(fakes: Fakes, provider: Aspsms) -> None:
    provider.set_credit("123.4")
    assert probe(fakes) == Health(works=True, credit="123.4", unit="credits")


@pytest.mark.parametrize("credit", ["0", "0.0", "-3"])
def test_an_account_without_credits_does_not_work(fakes: Fakes, provider: Aspsms, credit: str) -> None:
    provider.set_credit(credit)
    health = probe(fakes)
    assert (health.works, health.trouble, health.credit) == (False, Trouble.credit, credit)


def test_a_probe_with_a_wrong_password_says_so(fakes: Fakes) -> None:
    health = aspsms.probe(settings(fakes), Secrets(password="wrong"))
    assert health == Health(works=False, trouble=Trouble.credentials, code="3", words="Authorization failed.")


def test_a_provider_that_cannot_be_asked_says_nothing_about_the_account(fakes: Fakes, provider: Aspsms) -> None:
    assert probe(fakes, base_url="http://127.0.0.1:1").works is None
    provider.dead = True
    health = probe(fakes)
    assert (health.works, health.code, health.trouble) == (None, "http-500", None)


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


@given(st.dictionaries(names, json_values, max_size=4))
def test_no_credit_can_break_the_reading(fields: dict[str, object]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        assert credit_in(patch, fields).works in (True, False, None)
