"""The GMail gateway: what it fills in for Google's servers. How it speaks to them is proven with smtp and xoauth2."""

from typing import Any

import msgspec
import pytest

from functions.messaging.gateways import (
    Channel,
    Delivery,
    Health,
    Image,
    Outcome,
    Outgoing,
    Trouble,
    daily_limit_of,
    gateway,
    gmail,
    kinds,
    poll_of,
    probe_of,
    smtp,
)
from functions.messaging.gateways._smtp_dialogue import Security
from functions.messaging.gateways._smtp_login import Login
from functions.messaging.gateways._transport import Limits
from functions.messaging.gateways.gmail import Encryption, Secrets, Settings
from tests.fakes.oauth import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from tests.fakes.server import Fakes
from tests.fakes.smtp import PASSWORD, USERNAME

IMPATIENT = Limits(connect=0.5, read=0.4, total=0.8)
APP_PASSWORD = Secrets(password=PASSWORD)
APPLICATION = Secrets(client_secret=CLIENT_SECRET, refresh_token=REFRESH_TOKEN)


@pytest.fixture
def fakes(fakes: Fakes) -> Fakes:
    fakes.smtp.login_required = True
    return fakes


def settings(fakes: Fakes, security: Encryption = Encryption.starttls, **more: Any) -> Settings:
    port = fakes.smtp_starttls_port if security is Encryption.starttls else fakes.smtp_tls_port
    usual = {"address": USERNAME, "host": "127.0.0.1", "port": port, "ca_certificate": fakes.smtp_ca}
    return Settings(**{**usual, "security": security, **more})


def with_token(fakes: Fakes, **more: Any) -> Settings:
    return settings(fakes, login=Login.xoauth2, client_id=CLIENT_ID, token_url=f"{fakes.base_url}/oauth/token", **more)


def message(to: str = "ok@example.org", **more: Any) -> Outgoing:
    return Outgoing(reference="m-01J8.1", to=to, subject="Your phone", text="Tap", **more)


def test_it_is_a_gateway_for_mail() -> None:
    module = gateway("gmail")
    assert "gmail" in kinds()
    assert module.CHANNEL is Channel.email
    assert module.RATE == 1.0
    assert probe_of(module) is gmail.probe
    assert poll_of(module) is None


def test_an_address_and_an_app_password_are_all_it_takes() -> None:
    account = msgspec.convert({"address": "phones@example.net"}, Settings)
    assert daily_limit_of(gateway("gmail")) == 500
    relay = gmail._settings(account)
    assert (relay.host, relay.port, relay.security) == ("smtp.gmail.com", 587, Security.starttls)
    assert (relay.sender, relay.username, relay.way_in) == (account.address, account.address, Login.password)


def test_the_token_is_googles() -> None:
    account = Settings(address="phones@example.net", login=Login.xoauth2, client_id="app")
    grant = smtp.entry(gmail._settings(account), gmail._secrets(APPLICATION)).grant
    assert grant is not None
    assert (grant.token_url, grant.scope) == ("https://oauth2.googleapis.com/token", None)


@pytest.mark.parametrize("security", Encryption)
def test_a_mail_goes_by_app_password(fakes: Fakes, security: Encryption) -> None:
    answer = gmail.send(message(), settings(fakes, security, sender_name="Zoë"), APP_PASSWORD)
    assert (answer.outcome, answer.provider_ids) == (Outcome.accepted, ("<m-01J8.1@example.net>",))
    [mail] = fakes.mails
    assert (mail.sender, mail.account) == (f"Zoë <{USERNAME}>", USERNAME)


def test_an_app_password_is_taken_as_google_shows_it(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fakes.smtp.PASSWORD", "abcdefghijklmnop")
    answer = gmail.send(message(), settings(fakes), Secrets(password="abcd efgh ijkl mnop"))
    assert answer.outcome is Outcome.accepted


@pytest.mark.parametrize("security", Encryption)
def test_a_mail_goes_by_token(fakes: Fakes, security: Encryption) -> None:
    image = Image(name="logo", content_type="image/png", data=b"\x89PNG")
    outgoing = message(html="<img src='cid:logo' alt=''>", images=(image,))
    assert gmail.send(outgoing, with_token(fakes, security=security), APPLICATION).outcome is Outcome.accepted
    assert fakes.smtp.logins == [("XOAUTH2", USERNAME)]
    assert "data:image/png" in (fakes.mails[0].html or "")


def test_the_relay_of_workspace_knows_us_without_a_log_in(fakes: Fakes) -> None:
    fakes.smtp.login_required = False
    assert gmail.send(message(), settings(fakes, login=Login.none), Secrets()).outcome is Outcome.accepted
    assert fakes.smtp.logins == []


@pytest.mark.parametrize(
    ("address", "secrets", "code"),
    [
        (USERNAME, Secrets(password="wrong"), "535"),
        (USERNAME, Secrets(), None),
        ("app-password@example.net", APP_PASSWORD, "534"),
    ],
)
def test_a_log_in_that_fails_is_ours_to_mend(fakes: Fakes, address: str, secrets: Secrets, code: str | None) -> None:
    account = settings(fakes, address=address)
    answer = gmail.send(message(), account, secrets)
    assert (answer.outcome, answer.trouble, answer.code) == (Outcome.rejected_config, Trouble.credentials, code)
    health = gmail.probe(account, secrets)
    assert (health.works, health.trouble, health.code) == (False, Trouble.credentials, code)


def test_a_days_limit_is_a_long_pause_and_a_burst_is_a_short_one(fakes: Fakes) -> None:
    daily = gmail.send(message("daily-limit@example.org"), settings(fakes), APP_PASSWORD)
    assert (daily.outcome, daily.retry_after, daily.throttled) == (Outcome.not_sent_transient, 3600, False)
    burst = gmail.send(message("too-fast@example.org"), settings(fakes), APP_PASSWORD)
    assert (burst.outcome, burst.retry_after, burst.throttled) == (Outcome.not_sent_transient, None, True)


def test_silence_after_the_final_dot_is_unknown(fakes: Fakes) -> None:
    answer = gmail.send(message("silent-after-data@example.org"), settings(fakes), APP_PASSWORD, IMPATIENT)
    assert answer.outcome is Outcome.unknown
    assert len(fakes.mails) == 1


def test_a_probe_goes_in_and_sends_nothing(fakes: Fakes) -> None:
    for account, secrets in ((settings(fakes), APP_PASSWORD), (with_token(fakes), APPLICATION)):
        assert gmail.probe(account, secrets) == Health(works=True, words="250 OK")
    assert gmail.probe(settings(fakes, port=1), APP_PASSWORD, IMPATIENT).works is None
    assert fakes.mails == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "nobody"},
        {"address": "jürgen@example.net"},
        {"address": "a@example.org\r\nBcc: b@example.org"},
        {"security": "none"},
        {"login": "xoauth2"},
        {"sender": "other@example.net"},
        {"surprise": 1},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    right = {"address": "phones@example.net"}
    msgspec.convert(right, Settings)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**right, **wrong}, Settings)


def test_secrets_do_not_show_themselves() -> None:
    assert "hush" not in repr(Secrets(password="hush", refresh_token="hush", client_secret="hush"))


def test_there_are_no_receipts() -> None:
    assert gmail.read_receipts(Delivery(), Settings(address="phones@example.net"), Secrets()) == []
