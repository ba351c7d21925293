"""The Contact Everyone gateway (v1.2) against the fake at its wire, and its reading of every answer Orange can give."""

import json
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.messaging.gateways import (
    Answer,
    Health,
    Outcome,
    Outgoing,
    Trouble,
    _orange_contact_account,
    _tokens,
    orange_contact,
)
from functions.messaging.gateways._calls import left
from functions.messaging.gateways._orange_contact_account import Account
from functions.messaging.gateways._transport import LIMITS, Limits, Response
from functions.messaging.gateways.orange_contact import Secrets, Settings
from tests.fakes.orange_contact import GROUP, PASSWORD, USERNAME, OrangeContact
from tests.fakes.server import Fakes
from tests.unit.gateways import IMPATIENT
from tests.unit.odd import ANY_JSON

SECRETS = Secrets(password=PASSWORD)
OTHER_GROUP = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def provider(fakes: Fakes) -> OrangeContact:
    found = fakes.providers["orange-contact"]
    assert isinstance(found, OrangeContact)
    return found


def settings(fakes: Fakes, **more: Any) -> Settings:
    return Settings(**{"username": USERNAME, "base_url": f"{fakes.base_url}/orange-contact/api/v1.2", **more})


def message(suffix: str = "0001", text: str = "Tap to install: https://go.example/i/abc", **more: Any) -> Outgoing:
    return Outgoing(reference="m-01J8.1", to=f"+3363998{suffix}", text=text, **more)


def send(fakes: Fakes, suffix: str = "0001", **more: Any) -> Answer:
    return orange_contact.send(message(suffix, **more), settings(fakes), SECRETS)


# Sending


def test_the_sender_is_the_messages_or_the_settings(fakes: Fakes) -> None:
    named = settings(fakes, sender="ACME")
    orange_contact.send(message(), named, SECRETS)
    orange_contact.send(message(sender="OTHER"), named, SECRETS)
    assert [sms.sender for sms in fakes.sms] == ["ACME", "OTHER"]


def test_a_text_that_is_too_long_is_refused_for_good(fakes: Fakes) -> None:
    answer = send(fakes, text="a" * 2000)
    assert (answer.outcome, answer.code) == (Outcome.rejected_recipient, "SmsTooLong")


# The login


def test_one_token_and_one_group_serve_many_messages(fakes: Fakes, provider: OrangeContact) -> None:
    assert [send(fakes).outcome for _ in range(3)] == [Outcome.accepted] * 3
    assert provider.logins == 1


def test_a_token_that_ended_is_renewed_and_the_message_sent_once(fakes: Fakes, provider: OrangeContact) -> None:
    named = settings(fakes, group=GROUP)
    assert orange_contact.send(message(), named, SECRETS).outcome is Outcome.accepted
    provider.tokens.clear()
    assert orange_contact.send(message(), named, SECRETS).outcome is Outcome.accepted
    assert provider.logins == 2
    assert len(fakes.sms) == 2


def test_a_token_shorter_than_the_margin_is_not_kept(fakes: Fakes, provider: OrangeContact) -> None:
    provider.token_life = 60
    assert [send(fakes).outcome for _ in range(2)] == [Outcome.accepted] * 2
    assert provider.logins == 2


def test_a_token_that_is_never_taken_ends_in_a_refusal(fakes: Fakes, provider: OrangeContact) -> None:
    provider.token_life = -1
    answer = send(fakes)
    assert (answer.outcome, answer.code, answer.trouble) == (
        Outcome.rejected_config,
        "InvalidToken",
        Trouble.credentials,
    )
    assert provider.logins == 2
    assert fakes.sms == []


def test_a_wrong_password_is_our_fault(fakes: Fakes) -> None:
    answer = orange_contact.send(message(), settings(fakes), Secrets(password="wrong"))
    assert answer == Answer(
        outcome=Outcome.rejected_config, code="Unauthorized", words="Bad credentials.", trouble=Trouble.credentials
    )


def test_without_an_answer_to_the_login_the_message_was_not_sent(fakes: Fakes, provider: OrangeContact) -> None:
    provider.dead = True
    assert send(fakes).outcome is Outcome.not_sent_transient


# The group


def test_a_group_of_the_settings_is_used_unasked(fakes: Fakes, provider: OrangeContact) -> None:
    provider.groups[OTHER_GROUP] = "Others"
    request = orange_contact.build_request(message(), settings(fakes, group=OTHER_GROUP), OTHER_GROUP, "t")
    assert request.url.endswith(f"/groups/{OTHER_GROUP}/diffusion-requests")
    answer = orange_contact.send(message(), settings(fakes, group=OTHER_GROUP), SECRETS)
    assert answer.outcome is Outcome.accepted


def test_a_group_that_is_gone_is_looked_up_anew(fakes: Fakes, provider: OrangeContact) -> None:
    assert send(fakes).outcome is Outcome.accepted
    provider.groups = {OTHER_GROUP: "Others"}
    assert send(fakes).outcome is Outcome.accepted
    assert len(fakes.sms) == 2


def test_a_group_of_the_settings_that_is_gone_is_our_fault_and_tried_once(
    fakes: Fakes, provider: OrangeContact
) -> None:
    answer = orange_contact.send(message(), settings(fakes, group=OTHER_GROUP), SECRETS)
    assert (answer.outcome, answer.code, answer.trouble) == (Outcome.rejected_config, "GroupNotFound", Trouble.other)
    assert provider.logins == 1


def test_an_account_without_groups_sends_nothing_and_is_asked_again(fakes: Fakes, provider: OrangeContact) -> None:
    groups, provider.groups = provider.groups, {"../x": "not an id that may stand in a path"}
    answer = send(fakes)
    assert (answer.outcome, answer.code, answer.trouble) == (Outcome.rejected_config, "no-group", Trouble.other)
    provider.groups = groups
    assert send(fakes).outcome is Outcome.accepted


# The time


def test_the_login_and_the_sending_share_one_limit(fakes: Fakes) -> None:
    """As if the login had taken all the time there is: the message does not begin to be sent."""
    assert send(fakes).outcome is Outcome.accepted
    account = orange_contact._account(settings(fakes), SECRETS)
    late = orange_contact._sent(message(), settings(fakes), account, LIMITS, time.monotonic() - LIMITS.total)
    assert late.outcome is Outcome.not_sent_transient
    assert len(fakes.sms) == 1


@pytest.mark.parametrize(("spent", "total", "connect"), [(0.0, 13.0, 3.0), (12.0, 1.0, 1.0), (99.0, 0.0, 0.01)])
def test_what_is_left_of_the_time(spent: float, total: float, connect: float) -> None:
    rest = left(LIMITS, time.monotonic() - spent)
    assert rest.total == pytest.approx(total, abs=0.5)
    assert rest.connect == pytest.approx(connect, abs=0.5)
    assert rest.connect > 0
    assert rest.read == LIMITS.read


# Requests and answers, as functions


def test_the_request_is_a_diffusion_to_one_number() -> None:
    request = orange_contact.build_request(message(), Settings(username="u", sender="ACME"), GROUP, "the-token")
    assert request.method == "POST"
    assert request.url == (f"https://contact-everyone.orange-business.com/api/v1.2/groups/{GROUP}/diffusion-requests")
    assert request.headers["Authorization"] == "Bearer the-token"
    assert json.loads(request.body) == {
        "name": "m-01J8.1",
        "msisdns": ["+33639980001"],
        "smsParam": {
            "encoding": "GSM7",
            "body": "Tap to install: https://go.example/i/abc",
            "senderName": "ACME",
        },
    }


def test_without_a_sender_none_is_named() -> None:
    body = json.loads(orange_contact.build_request(message(text="ê"), Settings(username="u"), GROUP, "t").body)
    assert body["smsParam"] == {"encoding": "UCS2", "body": "ê"}


def answer_to(status: int, body: object) -> Answer:
    return orange_contact.read_answer(Response(status, {}, json.dumps(body).encode()))


def test_the_one_documented_code_has_its_outcome() -> None:
    assert set(orange_contact.OUTCOMES) == {"SmsTooLong"}
    answer = answer_to(400, [{"code": "SmsTooLong", "message": "too long"}])
    assert (answer.outcome, answer.code, answer.words) == (Outcome.rejected_recipient, "SmsTooLong", "too long")


STATUSES = [
    (200, Outcome.unknown, None),
    (202, Outcome.unknown, None),
    (301, Outcome.rejected_config, Trouble.other),
    (302, Outcome.unknown, None),
    (400, Outcome.rejected_recipient, None),
    (401, Outcome.rejected_config, Trouble.credentials),
    (402, Outcome.rejected_config, Trouble.credit),
    (403, Outcome.rejected_config, Trouble.credentials),
    (404, Outcome.rejected_config, Trouble.other),
    (405, Outcome.rejected_config, Trouble.other),
    (409, Outcome.unknown, None),
    (429, Outcome.not_sent_transient, None),
    (500, Outcome.unknown, None),
    (503, Outcome.unknown, None),
]


@pytest.mark.parametrize(("status", "outcome", "trouble"), STATUSES)
@pytest.mark.parametrize("code", ["Unheard", 7])
def test_a_code_nobody_documented_leaves_it_to_the_status(
    status: int, outcome: Outcome, trouble: Trouble | None, code: str | int
) -> None:
    for body in ([{"code": code, "message": "why"}, {"code": "SmsTooLong"}], {"code": code, "message": "why"}):
        answer = answer_to(status, body)
        assert (answer.outcome, answer.trouble, answer.code, answer.words) == (outcome, trouble, str(code), "why")


@pytest.mark.parametrize(("status", "outcome", "trouble"), [*STATUSES, (201, Outcome.unknown, None)])
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"id":', b"[]", b"{}", b'{"id":""}', b"[" * 60_000, b"\xff"])
def test_without_a_body_the_status_decides(status: int, outcome: Outcome, trouble: Trouble | None, body: bytes) -> None:
    answer = orange_contact.read_answer(Response(status, {"retry-after": "7"}, body))
    assert (answer.outcome, answer.trouble, answer.code) == (outcome, trouble, f"http-{status}")
    assert (answer.retry_after, answer.throttled) == ((7, True) if status == 429 else (None, False))


@pytest.mark.parametrize("status", [200, 202, 204])
def test_an_id_with_another_status_than_created_proves_nothing(status: int) -> None:
    assert answer_to(status, {"id": "d-1"}).outcome is Outcome.unknown


def test_fields_nobody_documented_change_nothing() -> None:
    answer = answer_to(201, {"id": "d-1", "rcs": {"a": 1}, "category": None})
    assert (answer.outcome, answer.provider_ids) == (Outcome.accepted, ("d-1",))


def test_what_orange_says_is_cut_cleaned_and_holds_no_secret() -> None:
    account = Account(base_url="", username="u", password="pass word&")
    text = "no\r\n\x1b[31m the-token pass word& \u202epass+word%26 " + "x" * 500
    answer = orange_contact.read_answer(
        Response(400, {}, json.dumps([{"code": "pass word&", "message": text}]).encode()),
        ("the-token", *account.sensitive),
    )
    assert answer.code == "[withheld]"
    assert answer.words is not None
    assert answer.words.startswith("no [31m [withheld] [withheld] [withheld] xxx")
    assert len(answer.words) == 300


names = st.sampled_from(["id", "code", "message"])
said = st.dictionaries(names, ANY_JSON, max_size=3)


@given(said | st.lists(said | ANY_JSON, max_size=3) | ANY_JSON, st.sampled_from([200, 201, 400, 401, 500]))
def test_no_field_can_break_the_reading(body: object, status: int) -> None:
    answer = answer_to(status, body)
    assert answer.outcome is not Outcome.accepted or (status == 201 and isinstance(body, dict) and body["id"])


@pytest.mark.parametrize("token", ["token\r\nX-Header: 1", "tökèn", "two words", "x" * 9000, ""])
def test_a_token_that_cannot_stand_in_a_header_is_none(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    login = Response(200, {}, json.dumps({"access_token": token, "ttl": 3600}).encode())
    monkeypatch.setattr(_orange_contact_account, "heard", lambda *_: login)
    _tokens.forget_all()
    answer = orange_contact.send(message(), Settings(username="u", base_url="https://127.0.0.1:1"), SECRETS)
    assert answer == Answer(outcome=Outcome.not_sent_transient, words="the login's answer has no token")


login_names = st.sampled_from(["access_token", "ttl", "id"])
login_values = ANY_JSON | st.sampled_from(["token\r\nX-Header: 1", "tökèn", "x" * 9000, "", -1, 1e308])


@given(
    st.binary(max_size=50) | st.dictionaries(login_names, login_values).map(lambda body: json.dumps(body).encode()),
    st.binary(max_size=50) | st.lists(st.dictionaries(login_names, login_values)).map(lambda b: json.dumps(b).encode()),
)
def test_no_login_and_no_list_of_groups_can_break_a_sending(login: bytes, groups: bytes) -> None:
    def heard(request: Any, limits: Limits) -> Response:
        return Response(200, {}, login if request.url.endswith("token") else groups)

    _tokens.forget_all()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_orange_contact_account, "_first_groups", {})
        patch.setattr(_orange_contact_account, "heard", heard)
        where = Settings(username="u", base_url="https://127.0.0.1:1")
        answer = orange_contact.send(message(), where, SECRETS, IMPATIENT)
        assert answer.outcome in (Outcome.not_sent_transient, Outcome.rejected_config)
        orange_contact.probe(where, SECRETS, IMPATIENT)
    _tokens.forget_all()


# Settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": "TwelveLetter"},
        {"group": "../x"},
        {"group": f"{GROUP}\n"},
        {"username": "a b"},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"username": "u", **wrong}, Settings)


def test_an_account_does_not_show_its_password() -> None:
    assert "hush" not in repr(Account(base_url="", username="", password="hush-hush"))


# Our account


def probe(fakes: Fakes, password: str = PASSWORD, **more: Any) -> Health:
    return orange_contact.probe(settings(fakes, **more), Secrets(password=password), LIMITS)


def test_an_account_in_order_works_with_its_group_or_without_naming_one(fakes: Fakes) -> None:
    assert probe(fakes) == probe(fakes, group=GROUP) == Health(works=True)
    assert fakes.sms == []


def test_a_group_that_is_not_the_accounts_is_found_out(fakes: Fakes, provider: OrangeContact) -> None:
    health = probe(fakes, group=OTHER_GROUP)
    assert (health.works, health.trouble, health.words) == (False, Trouble.other, "the account has no such group")
    provider.groups = {}
    health = probe(fakes)
    assert (health.works, health.trouble, health.words) == (False, Trouble.other, "the account has no group")


def test_a_password_that_was_changed_there_is_found_out_in_spite_of_the_token(
    fakes: Fakes, provider: OrangeContact
) -> None:
    assert probe(fakes).works
    provider.password = "another"
    provider.tokens.clear()
    assert probe(fakes).trouble is Trouble.credentials


def test_a_token_that_ended_does_not_make_a_probe_fail(fakes: Fakes, provider: OrangeContact) -> None:
    assert probe(fakes).works
    provider.tokens.clear()
    assert probe(fakes).works
    provider.token_life = -1
    provider.tokens.clear()
    assert probe(fakes).trouble is Trouble.credentials
