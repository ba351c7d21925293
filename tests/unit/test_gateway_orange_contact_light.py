"""The Contact Everyone gateway (API Light) against the fake at its wire, and its reading of every answer."""

import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.messaging.gateways import (
    Answer,
    Outcome,
    Outgoing,
    Trouble,
    orange_contact_light,
)
from functions.messaging.gateways._transport import Response
from functions.messaging.gateways.orange_contact_light import Secrets, Settings
from tests.fakes.orange_contact import LIGHT_TOKEN
from tests.fakes.server import Fakes
from tests.unit.odd import ANY_JSON

SECRETS = Secrets(token=LIGHT_TOKEN)


def settings(fakes: Fakes) -> Settings:
    return Settings(base_url=f"{fakes.base_url}/orange-contact/api/light")


def message(suffix: str = "0001", text: str = "Tap to install: https://go.example/i/abc", **more: Any) -> Outgoing:
    return Outgoing(reference="m-01J8.1", to=f"+3363998{suffix}", text=text, **more)


def send(fakes: Fakes, suffix: str = "0001", **more: Any) -> Answer:
    return orange_contact_light.send(message(suffix, **more), settings(fakes), SECRETS)


# Sending


def test_an_id_that_breaks_off_is_one_all_the_same(fakes: Fakes) -> None:
    """What an id looks like is not published; the status has said that the message was taken."""
    answer = send(fakes, "0023")
    [recorded] = fakes.sms
    assert answer.outcome is Outcome.accepted
    assert recorded.provider_ids[0].startswith(answer.provider_ids[0])


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


@given(st.dictionaries(st.sampled_from(["message", "logId"]), ANY_JSON), st.sampled_from([200, 400, 500]))
def test_no_field_can_break_the_reading(body: dict[str, object], status: int) -> None:
    assert read(status, json.dumps(body).encode()).outcome is not Outcome.accepted
