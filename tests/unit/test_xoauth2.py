"""Access tokens for mail servers: how they are got, kept, renewed and refused, against endpoints and servers that speak
as Google's and Microsoft's do."""

import base64
import json
import re
import socket
import time
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.messaging.gateways import Answer, Outcome, Outgoing, Trouble, _smtp_session, smtp
from functions.messaging.gateways import _xoauth2 as xoauth2
from functions.messaging.gateways._smtp_dialogue import Security
from functions.messaging.gateways._smtp_login import Login
from functions.messaging.gateways._transport import LIMITS, Limits, Response
from functions.messaging.gateways._xoauth2 import ERRORS, FOR_NOW, Grant, NoToken, build_request, read_answer
from functions.messaging.gateways.smtp import Secrets, Settings
from tests.fakes.certificates import Authority
from tests.fakes.oauth import CLIENT_ID, CLIENT_SECRET, MICROSOFT_SCOPE, OWNER, REFRESH_TOKEN, TENANT, OAuth
from tests.fakes.raw import Talking, talking
from tests.fakes.server import Fakes
from tests.fakes.wire import HttpReply, Manner

GOOGLE = Secrets(client_secret=CLIENT_SECRET, refresh_token=REFRESH_TOKEN)
MICROSOFT = Secrets(client_secret=CLIENT_SECRET)
SHARED_MAILBOX = "outlook@example.net"
IMPATIENT = Limits(connect=0.5, read=0.4, total=0.8)
SOON = 9.0  # seconds by which everything with these limits is over, on a slow machine, too; without them, 10 or more


@pytest.fixture
def fakes(fakes: Fakes) -> Fakes:
    fakes.smtp.login_required = True
    return fakes


@pytest.fixture
def oauth(fakes: Fakes) -> OAuth:
    found = fakes.providers["oauth"]
    assert isinstance(found, OAuth)
    return found


def settings(fakes: Fakes, **more: Any) -> Settings:
    usual = {
        "host": "127.0.0.1",
        "port": fakes.smtp_tls_port,
        "security": Security.tls,
        "ca_certificate": fakes.smtp_ca,
        "sender": OWNER,
        "username": OWNER,
        "login": Login.xoauth2,
        "client_id": CLIENT_ID,
        "token_url": f"{fakes.base_url}/oauth/token",
    }
    return Settings(**{**usual, **more})


def at_microsoft(fakes: Fakes, **more: Any) -> Settings:
    token_url = f"{fakes.base_url}/oauth/{TENANT}/oauth2/v2.0/token"
    return settings(fakes, token_url=token_url, scope=MICROSOFT_SCOPE, **{"username": SHARED_MAILBOX, **more})


def send(where: Settings, secrets: Secrets = GOOGLE, limits: Limits = LIMITS) -> Answer:
    return smtp.send(Outgoing(reference="m-1.1", to="ok@example.org", text="Tap"), where, secrets, limits)


# Asking for a token


def form(grant: Grant) -> dict[str, list[str]]:
    return parse_qs(build_request(grant).body.decode(), strict_parsing=True)


def test_a_refresh_token_is_what_google_wants() -> None:
    grant = Grant(xoauth2.GOOGLE, "app", "s3cr~t/+", "1//refresh", None)
    assert build_request(grant).url == "https://oauth2.googleapis.com/token"
    assert form(grant) == {
        "grant_type": ["refresh_token"],
        "client_id": ["app"],
        "client_secret": ["s3cr~t/+"],
        "refresh_token": ["1//refresh"],
    }


def test_an_application_may_ask_microsoft_for_itself() -> None:
    assert form(Grant("https://x", "app", "secret", None, MICROSOFT_SCOPE)) == {
        "grant_type": ["client_credentials"],
        "client_id": ["app"],
        "client_secret": ["secret"],
        "scope": ["https://outlook.office365.com/.default"],
    }


def test_a_public_application_has_no_secret() -> None:
    assert "client_secret" not in form(Grant("https://x", "app", None, "refresh", None))


# Its answers


def refused(body: object, status: int = 400, sensitive: tuple[str, ...] = ()) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(NoToken) as refusal:
        read_answer(Response(status, {}, raw), sensitive)
    return refusal.value.answer


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize(("error", "trouble"), ERRORS.items())
def test_every_documented_error_has_its_trouble(error: str, trouble: Trouble, status: int) -> None:
    answer = refused({"error": error, "error_description": "as documented"}, status)
    assert (answer.outcome, answer.trouble, answer.code) == (Outcome.rejected_config, trouble, error)
    assert answer.words == f"token: {error} as documented"


def test_what_is_wrong_for_now_is_tried_later() -> None:
    for error in FOR_NOW:
        assert refused({"error": error}, 400).outcome is Outcome.not_sent_transient


@pytest.mark.parametrize(
    ("status", "outcome", "trouble"),
    [
        (200, Outcome.not_sent_transient, None),
        (301, Outcome.rejected_config, Trouble.other),
        (400, Outcome.rejected_config, Trouble.other),
        (404, Outcome.rejected_config, Trouble.other),
        (408, Outcome.not_sent_transient, None),
        (429, Outcome.not_sent_transient, None),
        (500, Outcome.not_sent_transient, None),
        (503, Outcome.not_sent_transient, None),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"access_token":', b'{"access_token":7}', b"[" * 60_000])
def test_without_an_answer_in_the_body_the_status_decides(
    status: int, outcome: Outcome, trouble: Trouble | None, body: bytes
) -> None:
    answer = refused(body, status)
    assert (answer.outcome, answer.trouble, answer.code) == (outcome, trouble, f"http-{status}")


@pytest.mark.parametrize("token", ["", "a b", "a\r\nQUIT", "a\x01", "é", "a" * 8001])
def test_a_token_that_could_say_more_than_itself_is_none(token: str) -> None:
    assert refused({"access_token": token, "expires_in": 3599}, 200).outcome is Outcome.not_sent_transient


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [(3599, 3599.0), ("3599", 3599.0), (3599.5, 3599.5), (None, 600.0), ("soon", 600.0), (-1, 0.0), (10**400, 86400.0)],
)
def test_a_token_lives_as_long_as_is_said(expires_in: object, seconds: float) -> None:
    body = json.dumps({"access_token": "t", "expires_in": expires_in}).encode()
    assert read_answer(Response(200, {}, body)) == ("t", seconds)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
names = st.sampled_from(["access_token", "expires_in", "error", "error_description", "token_type"])


@given(
    st.binary(max_size=200) | st.dictionaries(names, json_values).map(json.dumps).map(str.encode), st.integers(100, 599)
)
def test_no_answer_can_break_the_reading(body: bytes, status: int) -> None:
    try:
        token = read_answer(Response(status, {}, body))
    except NoToken as refusal:
        assert refusal.answer.outcome in (Outcome.not_sent_transient, Outcome.rejected_config)  # noqa: PT017
    else:
        assert status == 200
        assert 0 <= token.seconds <= 86_400


def test_what_the_endpoint_says_holds_no_secret() -> None:
    grant = Grant("https://x", "app", "client~/+secret", "1//refresh+token", None)
    said = " ".join(["client~/+secret", "1//refresh+token", *map(quote_plus, ("client~/+secret", "1//refresh+token"))])
    words = refused({"error": "invalid_grant", "error_description": said}, 400, grant.travelling).words
    assert words == "token: invalid_grant [withheld] [withheld] [withheld] [withheld]"


def test_what_is_secret_does_not_show_itself() -> None:
    grant = Grant("https://x", "app", "hush", "hush", None)
    for shown in (grant, xoauth2.Access("hush", kept=False), NoToken(Answer(outcome=Outcome.unknown))):
        assert "hush" not in repr(shown)


# Kept and renewed


def test_a_token_is_kept_while_it_lives(fakes: Fakes, oauth: OAuth) -> None:
    assert [send(settings(fakes)).outcome for _ in range(3)] == [Outcome.accepted] * 3
    assert (oauth.issued, len(fakes.mails)) == (1, 3)


def test_a_token_that_ends_soon_is_not_kept(fakes: Fakes, oauth: OAuth) -> None:
    oauth.life = 60
    assert [send(settings(fakes)).outcome for _ in range(2)] == [Outcome.accepted] * 2
    assert oauth.issued == 2


def test_each_grant_has_a_token_of_its_own(fakes: Fakes, oauth: OAuth) -> None:
    send(settings(fakes))
    assert send(at_microsoft(fakes), MICROSOFT).outcome is Outcome.accepted
    assert send(settings(fakes), Secrets(client_secret="wrong", refresh_token=REFRESH_TOKEN)).code == "invalid_client"
    assert oauth.issued == 2


@pytest.mark.parametrize("provider", ["google", "microsoft"])
def test_a_token_that_has_ended_is_renewed_and_the_mail_sent_once(fakes: Fakes, oauth: OAuth, provider: str) -> None:
    where, secrets = (settings(fakes), GOOGLE) if provider == "google" else (at_microsoft(fakes), MICROSOFT)
    send(where, secrets)
    oauth.tokens.end()
    assert send(where, secrets).outcome is Outcome.accepted
    assert (oauth.issued, len(fakes.mails)) == (2, 2)
    assert len(fakes.smtp.logins) == 3  # good, ended, renewed


def test_a_new_token_that_is_refused_is_not_renewed(fakes: Fakes, oauth: OAuth) -> None:
    """GMail says why in a challenge, before its 535."""
    answer = send(settings(fakes, username="somebody@example.net"))
    assert (answer.outcome, answer.trouble, answer.code) == (Outcome.rejected_config, Trouble.credentials, "535")
    assert '"status": "400"' in (answer.words or "")
    assert (oauth.issued, len(fakes.smtp.logins), fakes.mails) == (1, 1, [])


def test_a_token_refused_at_microsoft_is_ours_to_mend(fakes: Fakes, oauth: OAuth) -> None:
    answer = send(at_microsoft(fakes), Secrets(client_secret=CLIENT_SECRET, refresh_token=REFRESH_TOKEN))
    assert (answer.outcome, answer.trouble, answer.code) == (Outcome.rejected_config, Trouble.credentials, "535")
    assert "5.7.3" in (answer.words or "")
    assert oauth.issued == 1


def test_a_refusal_for_now_renews_nothing(fakes: Fakes, oauth: OAuth) -> None:
    for _ in range(2):
        answer = send(settings(fakes, username="tempfail@example.net"))
        assert (answer.outcome, answer.code) == (Outcome.not_sent_transient, "454")
    assert oauth.issued == 1


def test_a_token_is_renewed_once_and_not_again(fakes: Fakes, oauth: OAuth, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when another thread puts the ended one back."""
    send(settings(fakes))
    oauth.tokens.end()
    monkeypatch.setattr(xoauth2, "forget", lambda grant: None)
    answer = send(settings(fakes))
    assert (answer.outcome, answer.trouble) == (Outcome.rejected_config, Trouble.credentials)
    assert (oauth.issued, len(fakes.smtp.logins), len(fakes.mails)) == (1, 3, 1)


@pytest.mark.parametrize(
    ("reply", "outcome", "trouble", "code"),
    [
        (
            HttpReply(400, body=b'{"error":"invalid_grant"}'),
            Outcome.rejected_config,
            Trouble.credentials,
            "invalid_grant",
        ),
        (HttpReply(503), Outcome.not_sent_transient, None, "http-503"),
    ],
)
def test_a_token_that_has_ended_and_cannot_be_renewed_sends_nothing(
    fakes: Fakes, oauth: OAuth, reply: HttpReply, outcome: Outcome, trouble: Trouble | None, code: str
) -> None:
    send(settings(fakes))
    oauth.tokens.end()
    oauth.refusal = reply
    answer = send(settings(fakes))
    assert (answer.outcome, answer.trouble, answer.code) == (outcome, trouble, code)
    assert len(fakes.mails) == 1


# Without a token


@pytest.mark.parametrize(
    ("settings_", "secrets", "code"),
    [
        ({"client_id": "other"}, GOOGLE, "invalid_client"),
        ({}, Secrets(client_secret="wrong", refresh_token=REFRESH_TOKEN), "invalid_client"),
        ({}, Secrets(client_secret=CLIENT_SECRET, refresh_token="wrong"), "invalid_grant"),
        ({}, Secrets(), None),
    ],
)
def test_wrong_credentials_reach_no_mail_server(
    fakes: Fakes, settings_: dict[str, str], secrets: Secrets, code: str | None
) -> None:
    answer = send(settings(fakes, **settings_), secrets)
    assert (answer.outcome, answer.trouble, answer.code) == (Outcome.rejected_config, Trouble.credentials, code)
    assert fakes.smtp.logins == []
    health = smtp.probe(settings(fakes, **settings_), secrets)
    assert (health.works, health.trouble, health.code) == (False, Trouble.credentials, code)


@pytest.mark.parametrize(
    ("change", "trouble", "code"),
    [
        ({"client_id": "other"}, Trouble.credentials, "unauthorized_client"),
        ({"scope": "https://outlook.office.com/SMTP.Send"}, Trouble.other, "invalid_scope"),
    ],
)
def test_microsoft_says_what_is_wrong(fakes: Fakes, change: dict[str, str], trouble: Trouble, code: str) -> None:
    answer = send(
        Settings(**{**{name: getattr(at_microsoft(fakes), name) for name in Settings.__struct_fields__}, **change}),
        MICROSOFT,
    )
    assert (answer.outcome, answer.trouble, answer.code) == (Outcome.rejected_config, trouble, code)
    assert re.match(rf"token: {code} AADSTS[0-9]+: ", answer.words or "")


def test_an_application_gets_no_token_of_its_own_from_google(fakes: Fakes) -> None:
    answer = send(settings(fakes), MICROSOFT)
    assert (answer.outcome, answer.code) == (Outcome.rejected_config, "unsupported_grant_type")


@pytest.mark.parametrize("manner", [Manner.silence, Manner.reset, Manner.drip])
def test_an_endpoint_that_does_not_answer_sends_nothing(fakes: Fakes, oauth: OAuth, manner: Manner) -> None:
    oauth.manner = manner
    started = time.monotonic()
    assert send(settings(fakes), limits=IMPATIENT).outcome is Outcome.not_sent_transient
    assert time.monotonic() - started < SOON
    assert (fakes.smtp.logins, fakes.mails) == ([], [])


def test_an_endpoint_that_is_ill_or_gone_sends_nothing(fakes: Fakes, oauth: OAuth) -> None:
    oauth.dead = True
    assert send(settings(fakes)).code == "http-500"
    assert send(settings(fakes, token_url="http://127.0.0.1:1/token")).outcome is Outcome.not_sent_transient
    assert smtp.probe(settings(fakes), GOOGLE).works is None


def test_secrets_do_not_go_over_plain_http(fakes: Fakes, oauth: OAuth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALLOW_HTTP")
    answer = send(settings(fakes))
    assert (answer.outcome, answer.trouble, answer.code) == (Outcome.rejected_config, Trouble.other, "plain-http")
    assert oauth.asked == []


def test_the_mail_server_gets_the_time_that_the_token_left_over(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(_: socket.socket, server: Talking) -> None:
        server.over.wait(30)

    clock = iter([0.0, 0.0, LIMITS.total - 0.5])  # at the start, before the token, after it
    monkeypatch.setattr(_smtp_session, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    with talking(silent) as server:
        started = time.monotonic()
        assert send(settings(fakes, port=server.port)).outcome is Outcome.not_sent_transient
        assert time.monotonic() - started < SOON


# What a mail server repeats


@pytest.mark.parametrize("form", ["as it came", "decoded", "token"])
def test_a_server_that_repeats_the_token_does_not_get_it_kept(fakes: Fakes, form: str) -> None:
    authority = Authority()
    context = authority.server_context("127.0.0.1")
    heard: list[bytes] = []

    def script(connection: socket.socket, _: Talking) -> None:
        with context.wrap_socket(connection, server_side=True) as inner:
            inner.sendall(b"220 hi\r\n")
            inner.recv(4096)
            inner.sendall(b"250-hi\r\n250 AUTH XOAUTH2\r\n")
            heard.append(inner.recv(20_000).split()[2])
            said = heard[0] if form == "as it came" else base64.b64decode(heard[0])
            if form == "token":
                said = said.partition(b"Bearer ")[2].strip(b"\x01")
            inner.sendall(b"334 " + base64.b64encode(b"challenge " + said) + b"\r\n")
            inner.recv(4096)
            inner.sendall(b"535 you said " + said + b"\r\n")

    with talking(script) as server:
        where = settings(fakes, port=server.port, ca_certificate=authority.certificate)
        answer = send(where, limits=Limits(connect=2, read=2, total=4))
    token = base64.b64decode(heard[0]).partition(b"Bearer ")[2].strip(b"\x01").decode()
    assert answer.code == "535"
    assert (answer.words or "").count("[withheld]") == 2
    for secret in (token, heard[0].decode()):
        assert secret not in (answer.words or "")
