"""The Contact Everyone gateway (API Light) against the fake at its wire, and its reading of every answer."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.messaging.gateways import (
    Answer,
    Channel,
    Delivery,
    Outcome,
    Outgoing,
    Trouble,
    gateway,
    kinds,
    orange_contact_light,
    poll_of,
    probe_of,
)
from functions.messaging.gateways._transport import LIMITS, Limits, Response
from functions.messaging.gateways.orange_contact_light import Secrets, Settings
from tests.fakes.orange_contact import LIGHT_TOKEN, OrangeContact
from tests.fakes.server import Fakes

SECRETS = Secrets(token=LIGHT_TOKEN)
IMPATIENT = Limits(connect=0.5, read=0.3, total=0.6)


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
def provider(fakes: Fakes) -> OrangeContact:
    found = fakes.providers["orange-contact"]
    assert isinstance(found, OrangeContact)
    return found


def settings(fakes: Fakes) -> Settings:
    return Settings(base_url=f"{fakes.base_url}/orange-contact/api/light")


def message(suffix: str = "0001", text: str = "Tap to install: https://go.example/i/abc", **more: Any) -> Outgoing:
    return Outgoing(reference="m-01J8.1", to=f"+3363998{suffix}", text=text, **more)


def send(fakes: Fakes, suffix: str = "0001", limits: Limits = LIMITS, **more: Any) -> Answer:
    return orange_contact_light.send(message(suffix, **more), settings(fakes), SECRETS, limits)


# Sending


def test_it_is_a_gateway_for_sms_that_cannot_be_asked_anything() -> None:
    assert "orange_contact_light" in kinds()
    module = gateway("orange_contact_light")
    assert module.CHANNEL is Channel.sms
    assert module.RATE == 5.0
    assert poll_of(module) is None
    assert probe_of(module) is None


def test_an_accepted_message_is_recorded_as_it_was_written(fakes: Fakes) -> None:
    answer = send(fakes, text="Grüße {x}, @€ & = +", sender="IGNORED")
    [recorded] = fakes.sms
    assert (recorded.to, recorded.sender, recorded.reference) == ("+33639980001", "", "m-01J8.1")
    assert (recorded.text, recorded.encoding) == ("Grüße {x}, @€ & = +", "gsm7")
    assert answer == Answer(outcome=Outcome.accepted, provider_ids=recorded.provider_ids, code="http-200")


@pytest.mark.parametrize("text", ["bientôt", "Здравствуйте", "👋🏽 <b>&amp;", "مرحبا"])
def test_text_beyond_gsm_loses_nothing(fakes: Fakes, text: str) -> None:
    send(fakes, text=text)
    assert [(sms.text, sms.encoding) for sms in fakes.sms] == [(text, "ucs2")]


def test_half_a_character_is_lost_and_the_rest_is_sent(fakes: Fakes) -> None:
    assert send(fakes, text="a\ud83db").outcome is Outcome.accepted
    assert [sms.text for sms in fakes.sms] == ["a?b"]


@pytest.mark.parametrize(
    ("suffix", "outcome", "code", "trouble"),
    [
        ("0011", Outcome.rejected_config, "http-402", Trouble.credit),
        ("0013", Outcome.not_sent_transient, "http-429", None),
        ("0014", Outcome.unknown, "http-503", None),
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


@pytest.mark.parametrize("suffix", ["0010", "0012"])
def test_a_wrong_number_or_sender_is_taken_like_any_other(fakes: Fakes, suffix: str) -> None:
    assert send(fakes, suffix).outcome is Outcome.accepted


@pytest.mark.parametrize("suffix", ["0020", "0021", "0024"])
def test_a_lost_answer_is_unknown_and_the_message_was_sent_once(fakes: Fakes, suffix: str) -> None:
    assert send(fakes, suffix, IMPATIENT).outcome is Outcome.unknown
    assert fakes.wait_until(lambda: len(fakes.sms) == 1)


def test_an_id_that_breaks_off_is_one_all_the_same(fakes: Fakes) -> None:
    """What an id looks like is not published; the status has said that the message was taken."""
    answer = send(fakes, "0023")
    [recorded] = fakes.sms
    assert answer.outcome is Outcome.accepted
    assert recorded.provider_ids[0].startswith(answer.provider_ids[0])


def test_a_throttled_number_is_taken_after_some_calls(fakes: Fakes) -> None:
    answers = [send(fakes, "0013") for _ in range(3)]
    assert [answer.throttled for answer in answers] == [True, True, False]
    assert [answer.retry_after for answer in answers] == [3, 3, None]
    assert answers[2].outcome is Outcome.accepted


def test_too_many_a_second_is_not_the_gateways_fault(fakes: Fakes, provider: OrangeContact) -> None:
    provider.per_second = 1
    first, second = send(fakes), send(fakes)
    assert first.outcome is Outcome.accepted
    assert (second.outcome, second.throttled, second.trouble) == (Outcome.not_sent_transient, True, None)


def test_credit_ends(fakes: Fakes, provider: OrangeContact) -> None:
    provider.set_credit("1")
    assert send(fakes, text="a" * 161).trouble is Trouble.credit
    assert send(fakes).outcome is Outcome.accepted
    assert send(fakes).trouble is Trouble.credit
    assert len(fakes.sms) == 1


def test_a_wrong_token_is_our_fault(fakes: Fakes) -> None:
    answer = orange_contact_light.send(message(), settings(fakes), Secrets(token="wrong"))
    assert (answer.outcome, answer.code, answer.trouble) == (Outcome.rejected_config, "http-401", Trouble.credentials)
    assert (answer.words or "").startswith("Unknown token. (logId ")


def test_a_provider_that_is_down_is_not_guessed_about(fakes: Fakes, provider: OrangeContact) -> None:
    provider.dead = True
    assert send(fakes).outcome is Outcome.unknown


def test_a_closed_port_and_an_unknown_name_never_took_anything() -> None:
    for base_url in ("https://127.0.0.1:1", "https://no-such-host.invalid"):
        answer = orange_contact_light.send(message(), Settings(base_url=base_url), SECRETS, IMPATIENT)
        assert answer.outcome is Outcome.not_sent_transient


def test_credentials_do_not_travel_in_clear(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALLOW_HTTP")
    answer = send(fakes)
    assert (answer.outcome, answer.code) == (Outcome.rejected_config, "plain-http")
    assert fakes.sms == []


# Requests and answers, as functions


@pytest.mark.parametrize(("text", "more"), [("plain", {}), ("bientôt", {"xcharset": ["true"]})])
def test_the_request_is_a_form(text: str, more: dict[str, list[str]]) -> None:
    request = orange_contact_light.build_request(message(text=text), Settings(), SECRETS)
    assert request.method == "POST"
    assert request.url == "https://contact-everyone.orange-business.com/api/light/diffusions/sms"
    assert parse_qs(request.body.decode()) == {
        "token": [LIGHT_TOKEN],
        "to": ["+33639980001"],
        "msg": [text],
        "diffusionname": ["m-01J8.1"],
        **more,
    }


def read(status: int, body: bytes, *sensitive: str) -> Answer:
    return orange_contact_light.read_answer(Response(status, {"retry-after": "7"}, body), sensitive)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"0c6bd7ba-53a1-4b9e-8f0a-6d2f4f0e7a11", "0c6bd7ba-53a1-4b9e-8f0a-6d2f4f0e7a11"),
        (b'"d1"\n', "d1"),
        (b" 4711 ", "4711"),
    ],
)
def test_the_body_of_a_success_is_the_id(body: bytes, expected: str) -> None:
    assert read(200, body) == Answer(outcome=Outcome.accepted, provider_ids=(expected,), code="http-200")


@pytest.mark.parametrize(
    ("status", "outcome", "trouble"),
    [
        (200, Outcome.unknown, None),
        (201, Outcome.unknown, None),
        (302, Outcome.unknown, None),
        (308, Outcome.rejected_config, Trouble.other),
        (400, Outcome.rejected_recipient, None),
        (401, Outcome.rejected_config, Trouble.credentials),
        (402, Outcome.rejected_config, Trouble.credit),
        (403, Outcome.rejected_config, Trouble.credentials),
        (404, Outcome.rejected_config, Trouble.other),
        (429, Outcome.not_sent_transient, None),
        (500, Outcome.unknown, None),
        (503, Outcome.unknown, None),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html></html>", b'{"message":', b"[]", b'{"message":"why","logId":9}'])
def test_anything_but_an_id_leaves_it_to_the_status(
    status: int, outcome: Outcome, trouble: Trouble | None, body: bytes
) -> None:
    answer = read(status, body)
    assert (answer.outcome, answer.trouble, answer.code) == (outcome, trouble, f"http-{status}")
    assert (answer.retry_after, answer.throttled) == ((7, True) if status == 429 else (None, False))
    assert answer.words == ("why (logId 9)" if b"why" in body else f"HTTP {status} without words that we can read")


def test_what_orange_says_is_cut_cleaned_and_holds_no_secret() -> None:
    secrets = Secrets(token="to/ken&")
    text = "no\r\n\x1b[31m to/ken& \u202eto%2Fken%26 " + "x" * 500
    words = read(401, json.dumps({"message": text}).encode(), *orange_contact_light._sensitive(secrets)).words
    assert words is not None
    assert words.startswith("no [31m [withheld] [withheld] xxx")
    assert len(words) == 300


@given(st.binary(max_size=200), st.integers(100, 599))
def test_no_answer_can_break_the_reading(body: bytes, status: int) -> None:
    assert read(status, body).outcome is not Outcome.accepted or status == 200


json_values: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.just([{}])
)


@given(st.dictionaries(st.sampled_from(["message", "logId"]), json_values), st.sampled_from([200, 400, 500]))
def test_no_field_can_break_the_reading(body: dict[str, object], status: int) -> None:
    assert read(status, json.dumps(body).encode()).outcome is not Outcome.accepted


# Settings and receipts


@pytest.mark.parametrize(
    "wrong",
    [{"base_url": "ftp://x.example"}, {"base_url": "https://x.example?x=1"}, {"surprise": 1}],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Settings)


def test_secrets_do_not_show_themselves() -> None:
    assert "hush" not in repr(Secrets(token="hush-hush"))


@given(st.binary(max_size=100), st.dictionaries(st.text(max_size=5), st.text(max_size=5)))
def test_nothing_that_comes_as_a_receipt_is_one(body: bytes, query: dict[str, str]) -> None:
    assert orange_contact_light.read_receipts(Delivery(body=body, query=query), Settings(), SECRETS) == []
