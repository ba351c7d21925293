"""The SMTP gateway against real SMTP servers, and against some that break off, lie or mumble."""

import base64
import hmac
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.common import clock
from functions.messaging.gateways import (
    Answer,
    Channel,
    Delivery,
    Health,
    Image,
    Outcome,
    Outgoing,
    Trouble,
    gateway,
    probe_of,
    smtp,
)
from functions.messaging.gateways._smtp_dialogue import Security
from functions.messaging.gateways._smtp_login import Login
from functions.messaging.gateways._smtp_mail import build_mail
from functions.messaging.gateways._smtp_replies import CODES, Stage, read_reply
from functions.messaging.gateways._transport import Limits
from functions.messaging.gateways.smtp import Secrets, Settings
from tests.fakes.certificates import Authority
from tests.fakes.oauth import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, OAuth
from tests.fakes.raw import Talking, talking
from tests.fakes.server import Fakes
from tests.fakes.smtp import PASSWORD, USERNAME

NOBODY = Secrets()
MAILER = Secrets(password=PASSWORD)
APPLICATION = Secrets(client_secret=CLIENT_SECRET, refresh_token=REFRESH_TOKEN)
IMPATIENT = Limits(connect=0.5, read=0.4, total=0.8)
SOON = 9.0  # seconds by which everything with these limits is over, on a slow machine, too; without them, 10 or more


def settings(port: int, **more: Any) -> Settings:
    return Settings(
        **{"host": "127.0.0.1", "port": port, "sender": "csr@example.net", "security": Security.none, **more}
    )


def encrypted(fakes: Fakes, security: Security, **more: Any) -> Settings:
    port = fakes.smtp_tls_port if security is Security.tls else fakes.smtp_starttls_port
    return settings(port, security=security, ca_certificate=fakes.smtp_ca, **more)


def with_token(fakes: Fakes, security: Security = Security.tls, **more: Any) -> Settings:
    where = {"login": Login.xoauth2, "client_id": CLIENT_ID, "token_url": f"{fakes.base_url}/oauth/token"}
    return encrypted(fakes, security, **{"username": USERNAME, **where, **more})


def oauth(fakes: Fakes) -> OAuth:
    found = fakes.providers["oauth"]
    assert isinstance(found, OAuth)
    return found


def message(to: str = "ok@example.org", text: str = "Tap here: https://go.example/a/abc", **more: Any) -> Outgoing:
    return Outgoing(reference="m-01J8.1", to=to, subject=more.pop("subject", "Your phone"), text=text, **more)


def send(fakes: Fakes, to: str = "ok@example.org", limits: Limits = IMPATIENT, **more: str) -> Answer:
    return smtp.send(message(to, **more), settings(fakes.smtp_port), NOBODY, limits)


# Sending


def test_it_is_a_gateway_for_mail() -> None:
    assert gateway("smtp").CHANNEL is Channel.email


def test_a_mail_arrives_as_it_was_written(fakes: Fakes) -> None:
    with clock.frozen(datetime(2026, 11, 22, 14, 0, tzinfo=UTC)):
        answer = smtp.send(
            message(html="<p>Tap <a href='https://go.example/a/abc'>here</a></p>", subject="Grüße 👋 & <b>"),
            settings(fakes.smtp_port, sender_name='Zoë "Zed", IT'),
            NOBODY,
        )
    [mail] = fakes.mails
    assert answer == Answer(
        outcome=Outcome.accepted, provider_ids=("<m-01J8.1@example.net>",), words="250 2.0.0 OK, queued"
    )
    assert mail.provider_ids == answer.provider_ids
    assert (mail.to, mail.subject, mail.reference) == ("ok@example.org", "Grüße 👋 & <b>", "m-01J8.1")
    assert mail.sender == '"Zoë \\"Zed\\", IT" <csr@example.net>'
    assert mail.text.rstrip("\r\n") == "Tap here: https://go.example/a/abc"
    assert (mail.html or "").rstrip("\r\n") == "<p>Tap <a href='https://go.example/a/abc'>here</a></p>"
    assert parsedate_to_datetime(mail.headers["Date"]) == datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
    assert mail.headers["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    "text",
    [
        ".\n..\n.leading dots",
        "line\nline\n\n.\n",
        "long " * 500,
        "🐧" * 200,
        "שלום",
        "a\r\nQUIT\r\n.\r\nMAIL FROM:<x@y>",
    ],
)
def test_no_text_ends_the_mail_early_or_is_changed(fakes: Fakes, text: str) -> None:
    assert send(fakes, text=text).outcome is Outcome.accepted
    assert [mail.text.rstrip().splitlines() for mail in fakes.mails] == [text.rstrip().splitlines()]


# Every security with every log-in

SECRETS = {Login.none: NOBODY, Login.password: MAILER, Login.xoauth2: APPLICATION}
SEEN = {Login.none: [], Login.password: [("PLAIN", USERNAME)], Login.xoauth2: [("XOAUTH2", USERNAME)]}
FIELDS: dict[Login, dict[str, Any]] = {
    Login.none: {},
    Login.password: {"username": USERNAME},
    Login.xoauth2: {"username": USERNAME, "login": Login.xoauth2, "client_id": CLIENT_ID},
}


@pytest.mark.parametrize("login", Login)
@pytest.mark.parametrize("security", [Security.starttls, Security.tls])
def test_every_log_in_goes_through_either_encryption(fakes: Fakes, security: Security, login: Login) -> None:
    fakes.smtp.login_required = login is not Login.none
    token_url = {"token_url": f"{fakes.base_url}/oauth/token"} if login is Login.xoauth2 else {}
    where = encrypted(fakes, security, **FIELDS[login], **token_url)
    answer = smtp.send(message(), where, SECRETS[login])
    assert (answer.outcome, answer.trouble) == (Outcome.accepted, None)
    [mail] = fakes.mails
    assert mail.account == ("" if login is Login.none else USERNAME)
    assert fakes.smtp.logins == SEEN[login]


def test_in_clear_nobody_is_asked_who_we_are(fakes: Fakes) -> None:
    assert smtp.send(message(), settings(fakes.smtp_port, login=Login.none), NOBODY).outcome is Outcome.accepted
    assert (len(fakes.mails), fakes.smtp.logins) == (1, [])


@pytest.mark.parametrize("login", [Login.password, Login.xoauth2])
def test_in_clear_no_log_in_can_be_set(login: Login) -> None:
    with pytest.raises(ValueError, match="in clear"):
        settings(25, security=Security.none, **FIELDS[login])


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_a_password_goes_by_what_the_server_offers(fakes: Fakes, mechanism: str) -> None:
    fakes.smtp.login_required, fakes.smtp.mechanisms = True, frozenset({mechanism})
    answer = smtp.send(message(), encrypted(fakes, Security.tls, username=USERNAME), MAILER)
    assert answer.outcome is Outcome.accepted
    assert fakes.smtp.logins == [(mechanism, USERNAME)]


@pytest.mark.parametrize("security", [Security.starttls, Security.tls])
@pytest.mark.parametrize(
    ("username", "secrets", "code"),
    [
        (USERNAME, Secrets(password="wrong"), "535"),
        (None, NOBODY, "530"),
        (USERNAME, NOBODY, None),
        (USERNAME, Secrets(refresh_token="not-a-password"), None),
        ("app-password@example.net", MAILER, "534"),
        ("disabled@example.net", MAILER, "535"),
    ],
)
def test_a_log_in_that_fails_is_ours_to_mend(
    fakes: Fakes, security: Security, username: str | None, secrets: Secrets, code: str | None
) -> None:
    fakes.smtp.login_required = True
    answer = smtp.send(message(), encrypted(fakes, security, username=username), secrets)
    assert (answer.outcome, answer.trouble, answer.code) == (Outcome.rejected_config, Trouble.credentials, code)
    assert fakes.mails == []
    assert len(fakes.smtp.logins) <= 1  # a password that was refused is not tried again


@pytest.mark.parametrize(
    ("user", "code", "throttled"), [("tempfail", "454", False), ("too-many", "454", True), ("drop", None, False)]
)
def test_a_log_in_that_does_not_work_now_is_tried_later(
    fakes: Fakes, user: str, code: str | None, throttled: bool
) -> None:
    answer = smtp.send(message(), encrypted(fakes, Security.tls, username=f"{user}@example.net"), MAILER)
    assert (answer.outcome, answer.code, answer.throttled) == (Outcome.not_sent_transient, code, throttled)
    assert fakes.mails == []


@pytest.mark.parametrize("security", [Security.starttls, Security.tls])
def test_a_server_whose_certificate_is_not_trusted_gets_nothing(fakes: Fakes, security: Security) -> None:
    other = Authority().certificate
    answer = smtp.send(message(), msgspec.structs.replace(encrypted(fakes, security), ca_certificate=other), NOBODY)
    assert answer.outcome is Outcome.not_sent_transient
    assert "not trusted" in (answer.words or "")
    assert fakes.mails == []


def test_a_certificate_for_another_name_is_not_trusted() -> None:
    authority = Authority()
    context = authority.server_context("mail.example.org")

    def script(connection: socket.socket, _: Talking) -> None:
        with context.wrap_socket(connection, server_side=True) as inner:
            inner.sendall(b"220 hello\r\n")

    with talking(script) as server:
        where = settings(server.port, security=Security.tls, ca_certificate=authority.certificate)
        assert smtp.send(message(), where, NOBODY, IMPATIENT).outcome is Outcome.not_sent_transient


def test_without_starttls_nothing_is_said_in_clear(fakes: Fakes) -> None:
    answer = smtp.send(message(), settings(fakes.smtp_port, security=Security.starttls), NOBODY)
    assert (answer.outcome, answer.words) == (Outcome.rejected_config, "the server offers no STARTTLS")
    assert answer.trouble is Trouble.other
    assert fakes.mails == []


def test_a_ca_certificate_that_is_none_is_ours_to_mend(fakes: Fakes) -> None:
    where = settings(fakes.smtp_tls_port, security=Security.tls, ca_certificate="-----BEGIN CERTIFICATE-----\n???")
    answer = smtp.send(message(), where, NOBODY)
    assert (answer.outcome, answer.trouble) == (Outcome.rejected_config, Trouble.other)


@pytest.mark.parametrize(
    ("to", "outcome", "trouble", "code", "throttled"),
    [
        ("tempfail@example.org", Outcome.not_sent_transient, None, "451", False),
        ("reject@example.org", Outcome.rejected_recipient, None, "550", False),
        ("no-relay@example.org", Outcome.rejected_config, Trouble.other, "554", False),
        ("daily-limit@example.org", Outcome.not_sent_transient, None, "550", False),
        ("too-fast@example.org", Outcome.not_sent_transient, None, "421", True),
        ("drop-at-rcpt@example.org", Outcome.not_sent_transient, None, None, False),
        ("drop-before-data@example.org", Outcome.not_sent_transient, None, None, False),
        ("tempfail-data@example.org", Outcome.not_sent_transient, None, "451", False),
        ("reject-data@example.org", Outcome.rejected_recipient, None, "554", False),
        ("send-as-denied@example.org", Outcome.rejected_config, Trouble.sender, "554", False),
    ],
)
def test_what_was_not_taken_is_known_not_to_be(
    fakes: Fakes, to: str, outcome: Outcome, trouble: Trouble | None, code: str | None, throttled: bool
) -> None:
    answer = send(fakes, to)
    assert (answer.outcome, answer.trouble, answer.code) == (outcome, trouble, code)
    assert answer.throttled is throttled
    assert fakes.mails == []


def test_a_daily_limit_is_a_long_pause(fakes: Fakes) -> None:
    assert send(fakes, "daily-limit@example.org").retry_after == 3600


def test_a_refused_sender_is_ours_to_mend(fakes: Fakes) -> None:
    answer = smtp.send(message(), settings(fakes.smtp_port, sender="refused@example.net"), NOBODY)
    assert (answer.outcome, answer.trouble, answer.code) == (Outcome.rejected_config, Trouble.sender, "553")


@pytest.mark.parametrize("behaviour", ["drop-after-data", "silent-after-data", "garbage-after-data"])
def test_silence_after_the_final_dot_is_unknown(fakes: Fakes, behaviour: str) -> None:
    assert send(fakes, f"{behaviour}@example.org").outcome is Outcome.unknown
    assert len(fakes.mails) == 1


def test_a_connection_lost_within_the_mail_took_nothing(fakes: Fakes) -> None:
    larger_than_any_buffer = "all work and no play makes a dull text\n" * 400_000
    answer = send(fakes, "drop-in-data@example.org", Limits(connect=3, read=10, total=20), text=larger_than_any_buffer)
    assert answer.outcome is Outcome.not_sent_transient
    assert fakes.mails == []


def test_a_closed_port_and_an_unknown_name_took_nothing() -> None:
    for host in ("127.0.0.1", "no-such-name.invalid"):
        answer = smtp.send(message(), settings(1, host=host), NOBODY, IMPATIENT)
        assert answer.outcome is Outcome.not_sent_transient


# Addresses and headers


def test_letters_beyond_ascii_travel_where_the_server_can(fakes: Fakes) -> None:
    assert send(fakes, "jürgen@bücher.example").outcome is Outcome.accepted
    assert [mail.to for mail in fakes.mails] == ["jürgen@xn--bcher-kva.example"]
    assert fakes.mails[0].headers["To"] == "jürgen@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "to",
    [
        "nobody",
        "two@example.org, three@example.org",
        "a@example.org\r\nRCPT TO:<b@example.org>",
        "a@example.org>\r\nDATA",
        "<a@example.org>",
        '"quoted one"@example.org',
        "a@[127.0.0.1]",
        ".a@example.org",
        "a..b@example.org",
        "a@-example.org",
        "a@example..org",
        f"a@{'x' * 64}.example",
        "a@straße.example",  # two registries' rules lead to two domains
        "a@exa\u200dmple.org",
        "a@",
        "@example.org",
    ],
)
def test_an_address_that_is_none_reaches_no_server(fakes: Fakes, to: str) -> None:
    answer = send(fakes, to)
    assert (answer.outcome, answer.code) == (Outcome.rejected_recipient, "address")
    assert to not in (answer.words or "")
    assert fakes.mails == []


def test_no_field_can_bring_a_header_of_its_own(fakes: Fakes) -> None:
    hostile = "x\r\nBcc: all@example.org\r\n\r\nbody \x00\x1b\u2028"
    sent = Outgoing(reference=f"m-1{hostile}", to="ok@example.org", subject=hostile, text="text")
    assert smtp.send(sent, settings(fakes.smtp_port), NOBODY).outcome is Outcome.accepted
    [mail] = fakes.mails
    assert "Bcc" not in mail.headers
    assert mail.subject.split() == ["x", "Bcc:", "all@example.org", "body"]
    assert mail.text.strip() == "text"


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=40))
def test_no_text_breaks_the_building_of_a_mail(subject: str, text: str, reference: str) -> None:
    with suppress(UnicodeEncodeError):  # half a surrogate pair: no text at all
        outgoing = Outgoing(reference=reference, to="ok@example.org", subject=subject, text=text)
        content = build_mail(outgoing, "csr@example.net", None).content
        head, _, _ = content.partition(b"\r\n\r\n")
        names = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
        assert names[:7] == [
            b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Auto-Submitted", b"X-DialReady-Reference"
        ]  # fmt: skip
        assert set(names[7:]) <= {b"Content-Type", b"Content-Transfer-Encoding", b"MIME-Version"}
        assert content.isascii()
        assert max(map(len, content.split(b"\r\n"))) <= 998


# Images

LOGO = Image(name="logo", content_type="image/png", data=b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
DRAWING = Image(name="logo-2", content_type="image/svg+xml", data=b"<svg xmlns='http://www.w3.org/2000/svg'/>")
PAGE = "<p><img src='cid:logo' alt=''><img src='cid:logo-2' alt=''>Grüße</p>"


def parsed(content: bytes) -> EmailMessage:
    return message_from_bytes(content, _class=EmailMessage, policy=WIRE)


def test_images_come_with_the_html_that_shows_them(fakes: Fakes) -> None:
    outgoing = message(html=PAGE, images=(LOGO, DRAWING))
    assert smtp.send(outgoing, settings(fakes.smtp_port), NOBODY).outcome is Outcome.accepted
    mail = parsed(fakes.smtp.contents[-1])
    assert mail.get_content_type() == "multipart/alternative"
    text, related = mail.iter_parts()
    assert (text.get_content_type(), related.get_content_type()) == ("text/plain", "multipart/related")
    assert related.get_param("type") == "text/html"
    html, *images = related.iter_parts()
    assert (html.get_content_type(), html.get_content().strip()) == ("text/html", PAGE)
    assert [
        (each["Content-ID"], each.get_content_type(), each.get_content_disposition(), each.get_filename(), data(each))
        for each in images
    ] == [
        ("<logo>", "image/png", "inline", "logo.png", LOGO.data),
        ("<logo-2>", "image/svg+xml", "inline", "logo-2.svg", DRAWING.data),
    ]
    assert not any(part.is_attachment() for part in mail.walk())


def data(part: Any) -> bytes:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def test_in_the_inbox_the_images_are_in_their_places(fakes: Fakes) -> None:
    smtp.send(message(html=PAGE, images=(LOGO, DRAWING)), settings(fakes.smtp_port), NOBODY)
    html = fakes.mails[0].html or ""
    assert "cid:" not in html
    assert f"src='data:image/png;base64,{base64.b64encode(LOGO.data).decode()}'" in html


def test_without_html_or_images_a_mail_is_no_larger_than_it_must_be() -> None:
    def structure(**more: Any) -> list[str]:
        mail = parsed(build_mail(message(**more), "csr@example.net", None).content)
        return [part.get_content_type() for part in mail.walk()]

    assert structure() == structure(images=(LOGO,)) == ["text/plain"]
    assert structure(html=PAGE) == ["multipart/alternative", "text/plain", "text/html"]


def test_a_mail_asks_for_no_answer_and_tells_nobody_that_it_was_read() -> None:
    content = build_mail(message(html=PAGE, images=(LOGO,)), "csr@example.net", None).content
    names = {name.lower() for name in parsed(content)}
    assert not names & {
        "list-unsubscribe", "disposition-notification-to", "return-receipt-to", "reply-to", "bcc", "precedence"
    }  # fmt: skip
    assert b"http" not in content.replace(b"https://go.example/a/abc", b"")


def test_each_attempt_has_a_message_id_of_its_own() -> None:
    def message_id(reference: str) -> str:
        outgoing = msgspec.structs.replace(message(), reference=reference)
        mail = build_mail(outgoing, "csr@bücher.example", None)
        assert parsed(mail.content)["Message-ID"] == mail.message_id
        return mail.message_id

    assert message_id("t-a-m-1") == "<t-a-m-1@xn--bcher-kva.example>"
    assert message_id("t-a-m-2") == "<t-a-m-2@xn--bcher-kva.example>"


# Settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": "nobody"},
        {"sender": "a@example.org\r\nBcc: b@example.org"},
        {"sender_name": "x\r\nBcc: b@example.org"},
        {"host": "mail.example.net\n"},
        {"host": "a..b"},
        {"host": "user@mail.example.net"},
        {"port": 0},
        {"username": "me", "security": "none"},
        {"login": "password"},
        {"login": "none", "username": "me"},
        {"login": "xoauth2", "client_id": "app"},
        {"login": "xoauth2", "username": "me"},
        {"login": "xoauth2", "username": "me", "client_id": "app", "security": "none"},
        {"login": "kerberos", "username": "me"},
        {"token_url": "ftp://example.net/token"},
        {"token_url": "https://example.net/token\n"},
        {"microsoft_tenant": "a/b"},
        {"surprise": 1},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    right = {"host": "mail.example.net", "sender": "csr@example.net"}
    msgspec.convert(right, Settings)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**right, **wrong}, Settings)


def test_secrets_do_not_show_themselves() -> None:
    secrets = Secrets(password="hush", client_secret="hush", refresh_token="hush")
    where = settings(587, security=Security.starttls, **FIELDS[Login.xoauth2])
    entry = smtp.entry(where, secrets)
    for shown in (secrets, entry, entry.grant):
        assert "hush" not in repr(shown)


def test_the_token_comes_from_google_or_from_microsoft() -> None:
    def asked(**more: Any) -> tuple[str, str | None]:
        where = settings(587, security=Security.starttls, **{**FIELDS[Login.xoauth2], **more})
        grant = smtp.entry(where, APPLICATION).grant
        assert grant is not None
        return grant.token_url, grant.scope

    at_microsoft = "https://login.microsoftonline.com/directory.example.org/oauth2/v2.0/token"
    assert asked() == ("https://oauth2.googleapis.com/token", None)
    assert asked(microsoft_tenant="directory.example.org") == (at_microsoft, "https://outlook.office365.com/.default")
    assert asked(microsoft_tenant="directory.example.org", scope="offline_access x") == (
        at_microsoft,
        "offline_access x",
    )
    assert asked(token_url="https://id.example.net/token", scope="mail") == ("https://id.example.net/token", "mail")


# Replies


CONFIG, RECIPIENT, LATER = Outcome.rejected_config, Outcome.rejected_recipient, Outcome.not_sent_transient


@pytest.mark.parametrize(
    ("stage", "code", "said", "outcome", "trouble"),
    [
        (Stage.greeting, 421, "busy", LATER, None),
        (Stage.greeting, 554, "no SMTP for you", CONFIG, Trouble.other),
        (Stage.hello, 550, "go away", CONFIG, Trouble.other),
        (Stage.encryption, 454, "TLS not available", LATER, None),
        (Stage.encryption, 501, "no", CONFIG, Trouble.other),
        (Stage.login, 454, "4.7.0 Temporary authentication failure", LATER, None),
        (Stage.login, 501, "5.5.2 Cannot decode", CONFIG, Trouble.credentials),
        (Stage.login, 534, "5.7.9 Application-specific password required", CONFIG, Trouble.credentials),
        (Stage.login, 535, "5.7.8 Username and Password not accepted", CONFIG, Trouble.credentials),
        (Stage.login, 535, "5.7.3 Authentication unsuccessful", CONFIG, Trouble.credentials),
        (Stage.login, 535, "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled", CONFIG,
         Trouble.credentials),
        (Stage.login, 538, "5.7.11 Encryption required", CONFIG, Trouble.credentials),
        (Stage.ready, 550, "no", CONFIG, Trouble.other),
        (Stage.sender, 452, "4.3.1 Insufficient system storage", LATER, None),
        (Stage.sender, 530, "5.7.57 Client not authenticated to send mail", CONFIG, Trouble.credentials),
        (Stage.sender, 550, "5.4.5 Daily user sending limit exceeded", LATER, None),
        (Stage.sender, 550, "5.7.1 Invalid credentials for relay [192.0.2.1]", CONFIG, Trouble.credentials),
        (Stage.sender, 552, "too large", RECIPIENT, None),
        (Stage.sender, 553, "not your address", CONFIG, Trouble.sender),
        (Stage.recipient, 450, "greylisted", LATER, None),
        (Stage.recipient, 530, "5.7.0 authentication required", CONFIG, Trouble.credentials),
        (Stage.recipient, 550, "5.1.1 unknown user", RECIPIENT, None),
        (Stage.recipient, 554, "5.7.1 relay access denied", CONFIG, Trouble.other),
        (Stage.recipient, -1, "mumble", LATER, None),
        (Stage.data, 554, "no valid recipients", RECIPIENT, None),
        (Stage.data, 250, "what?", LATER, None),
        (Stage.content, 421, "shutting down", LATER, None),
        (Stage.content, 550, "5.2.253 Sender throttled due to continuous invalid license errors", CONFIG,
         Trouble.other),
        (Stage.content, 550, "5.7.60 Client does not have permissions to send as this sender", CONFIG, Trouble.sender),
        (Stage.content, 550, "5.7.0 Daily SMTP relay sending limit exceeded for user", LATER, None),
        (Stage.content, 552, "5.2.2 mailbox full", RECIPIENT, None),
        (Stage.content, 554, "5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException", CONFIG,
         Trouble.other),
        (Stage.content, 554, "5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException", LATER, None),
        (Stage.content, 554, "5.7.1 spam, no relay of it", RECIPIENT, None),
        (Stage.content, 554, "5.6.0 message refused", RECIPIENT, None),
        (Stage.content, 354, "go on", Outcome.unknown, None),
        (Stage.content, -1, "mumble", Outcome.unknown, None),
    ],
)  # fmt: skip
def test_every_reply_has_its_meaning(
    stage: Stage, code: int, said: str, outcome: Outcome, trouble: Trouble | None
) -> None:
    answer = read_reply(stage, code, said)
    assert (answer.outcome, answer.trouble) == (outcome, trouble)
    assert not answer.throttled
    assert answer.retry_after == (3600 if code >= 500 and outcome is LATER else None)


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("code", [421, 432, 450, 451, 452, 454])
def test_for_now_is_for_now_at_every_stage(stage: Stage, code: int) -> None:
    answer = read_reply(stage, code, "4.3.0 Try again later")
    assert (answer.outcome, answer.code, answer.throttled) == (LATER, str(code), False)


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize(("code", "meaning"), CODES.items())
def test_some_codes_mean_the_same_at_every_stage(stage: Stage, code: int, meaning: Any) -> None:
    answer = read_reply(stage, code, "as it says")
    assert (answer.outcome, answer.trouble) == meaning


@pytest.mark.parametrize(
    ("code", "said", "throttled"),
    [
        (421, "4.7.28 Gmail has detected mail beyond what it takes", True),
        (421, "4.7.0 Our system has detected an unusual rate of unsolicited mail", True),
        (421, "4.4.2 Message submission rate for this client has exceeded the configured limit", True),
        (432, "4.3.2 Concurrent connections limit exceeded.", True),
        (432, "4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", True),
        (450, "4.2.1 Peak SMTP relay limit exceeded for customer.", True),
        (451, "4.7.0 Too many messages, slow down", True),
        (452, "4.4.5 Messages per second limit exceeded", True),
        (454, "4.7.0 Too many login attempts, please try again later.", True),
        (450, "4.2.1 The user you are trying to contact is receiving mail too quickly.", False),
        (451, "4.7.1 Greylisted, please try again", False),
        (451, "4.3.0 Temporary, please separate your concerns", False),
        (452, "4.2.2 The email account that you tried to reach is over quota", False),
        (452, "4.5.3 Daily message limit exceeded", False),
    ],
)
def test_too_fast_is_what_says_so(code: int, said: str, throttled: bool) -> None:
    answer = read_reply(Stage.sender, code, said)
    assert (answer.outcome, answer.throttled) == (LATER, throttled)


@given(st.sampled_from(list(Stage)), st.integers(-1, 999), st.text(max_size=200))
def test_no_reply_can_break_the_reading(stage: Stage, code: int, said: str) -> None:
    answer = read_reply(stage, code, said)
    assert (answer.trouble is not None) is (answer.outcome is CONFIG)
    assert answer.outcome is not Outcome.accepted
    assert (answer.outcome is Outcome.unknown) is (stage is Stage.content and not 400 <= code < 600)


def test_a_reply_without_end_is_soon_understood() -> None:
    started = time.monotonic()
    read_reply(Stage.sender, 550, "daily " * 200_000)
    assert time.monotonic() - started < SOON


def test_what_a_server_says_is_cut_cleaned_and_holds_no_secret() -> None:
    words = read_reply(Stage.login, 535, "no \x1b[31m\r\nhush-hush " + "x" * 400, ("hush-hush",)).words
    assert words is not None
    assert words.startswith("AUTH: no [31m [withheld] xxx")
    assert len(words) == 300


# Servers that misbehave


def saying(*replies: bytes) -> Callable[[socket.socket, Talking], None]:
    """One reply at once, then one after each line that comes."""

    def script(connection: socket.socket, _: Talking) -> None:
        connection.sendall(replies[0])
        for reply in replies[1:]:
            if not connection.recv(4096):
                return
            connection.sendall(reply)

    return script


@pytest.mark.parametrize(
    ("replies", "outcome"),
    [
        ([b""], Outcome.not_sent_transient),
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], Outcome.not_sent_transient),
        ([b"554 no SMTP here\r\n"], Outcome.rejected_config),
        ([b"421 busy\r\n"], Outcome.not_sent_transient),
        ([b"220 hi\r\n", b"421 changed my mind\r\n"], Outcome.not_sent_transient),
        ([b"220 hi\r\n", b"550 no\r\n", b"550 no\r\n"], Outcome.rejected_config),
        (
            [b"220 hi\r\n", b"502 only HELO\r\n", b"250 ok\r\n", b"250 ok\r\n", b"550 no\r\n"],
            Outcome.rejected_recipient,
        ),
        ([b"220 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b""], Outcome.unknown),
        ([b"220 " + b"x" * 20_000 + b"\r\n"], Outcome.not_sent_transient),
    ],
)
def test_a_server_that_breaks_off_is_understood(replies: list[bytes], outcome: Outcome) -> None:
    with talking(saying(*replies)) as server:
        assert smtp.send(message(), settings(server.port), NOBODY, IMPATIENT).outcome is outcome


def test_a_server_without_smtputf8_is_not_given_what_it_cannot_carry() -> None:
    with talking(saying(b"220 hi\r\n", b"250-hi\r\n250 8BITMIME\r\n")) as server:
        answer = smtp.send(message("jürgen@example.org"), settings(server.port), NOBODY, IMPATIENT)
    assert answer.outcome is Outcome.rejected_recipient


def inside(authority: Authority, *replies: bytes) -> Callable[[socket.socket, Talking], None]:
    """The same, behind TLS."""
    context = authority.server_context("127.0.0.1")

    def script(connection: socket.socket, server: Talking) -> None:
        with context.wrap_socket(connection, server_side=True) as inner:
            saying(*replies)(inner, server)

    return script


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def behind_tls(authority: Authority, port: int, **more: Any) -> Settings:
    return settings(port, security=Security.tls, ca_certificate=authority.certificate, **{"username": "me", **more})


@pytest.mark.parametrize("offer", [b"250-hi\r\n250 AUTH XOAUTH2\r\n", b"250 hi\r\n", b"250-hi\r\n250 AUTH\r\n"])
def test_a_server_without_a_log_in_that_we_know_is_ours_to_mend(authority: Authority, offer: bytes) -> None:
    with talking(inside(authority, b"220 hi\r\n", offer)) as server:
        answer = smtp.send(message(), behind_tls(authority, server.port), MAILER, IMPATIENT)
    assert (answer.outcome, answer.trouble) == (Outcome.rejected_config, Trouble.other)


@pytest.mark.parametrize(
    ("replies", "outcome", "code"),
    [
        # PLAIN is offered and not known: LOGIN is
        ([b"504 what?\r\n", b"334 VXNlcg==\r\n", b"334 UGFzcw==\r\n", b"235 in\r\n", b"550 no\r\n"], CONFIG, "550"),
        ([b"504 what?\r\n", b"504 what?\r\n"], CONFIG, "504"),
        ([b"503 you are in\r\n", b"550 no\r\n"], CONFIG, "550"),
        ([b"334 \r\n"] * 5, CONFIG, None),
        ([b"334 no base64, but who cares\r\n", b"235 in\r\n", b"451 later\r\n"], LATER, "451"),
        ([b"421 bye\r\n"], LATER, "421"),
        ([b"mumble\r\n"], LATER, None),
        ([b""], LATER, None),
        ([b"535 no\r\n", b"235 in, on second thoughts\r\n"], CONFIG, "535"),
    ],
)
def test_a_log_in_that_goes_astray_is_understood(
    authority: Authority, replies: list[bytes], outcome: Outcome, code: str | None
) -> None:
    before = [b"220 hi\r\n", b"250-hi\r\n250 AUTH LOGIN PLAIN\r\n"]
    with talking(inside(authority, *before, *replies)) as server:
        answer = smtp.send(message(), behind_tls(authority, server.port), MAILER, IMPATIENT)
    assert (answer.outcome, answer.code) == (outcome, code)


def test_a_challenge_can_be_answered_without_the_password(authority: Authority) -> None:
    heard: list[bytes] = []
    context = authority.server_context("127.0.0.1")

    def script(connection: socket.socket, _: Talking) -> None:
        with context.wrap_socket(connection, server_side=True) as inner:
            for reply in (
                b"220 hi\r\n",
                b"250-hi\r\n250 AUTH CRAM-MD5\r\n",
                b"334 PDFAZXhhbXBsZT4=\r\n",
                b"535 no\r\n",
            ):
                inner.sendall(reply)
                heard.append(inner.recv(4096))

    with talking(script) as server:
        assert smtp.send(message(), behind_tls(authority, server.port), MAILER, IMPATIENT).code == "535"
    digest = hmac.new(PASSWORD.encode(), b"<1@example>", "md5").hexdigest()
    assert base64.b64decode(heard[2]) == f"me {digest}".encode()


@pytest.mark.parametrize(
    "echo",
    [
        PASSWORD,
        base64.b64encode(PASSWORD.encode()).decode(),
        base64.b64encode(f"\0{USERNAME}\0{PASSWORD}".encode()).decode(),
    ],
)
@pytest.mark.parametrize("code", ["535", "454", "250"])
def test_a_server_that_repeats_the_password_does_not_get_it_kept(authority: Authority, echo: str, code: str) -> None:
    replies = [b"220 hi\r\n", b"250-hi\r\n250 AUTH PLAIN\r\n", f"{code} you said {echo}\r\n".encode()]
    with talking(inside(authority, *replies)) as server:
        answer = smtp.send(message(), behind_tls(authority, server.port, username=USERNAME), MAILER, IMPATIENT)
    assert echo not in (answer.words or "")
    assert "you said [withheld]" in (answer.words or "")


def test_what_comes_in_clear_before_the_encryption_is_not_believed() -> None:
    """STARTTLS with a reply smuggled in behind it: RFC 3207 §4.2, CVE-2011-0411."""
    authority = Authority()
    context = authority.server_context("127.0.0.1")

    def script(connection: socket.socket, server: Talking) -> None:
        saying(b"220 hi\r\n", b"250-hi\r\n250 STARTTLS\r\n", b"220 go\r\n250-smuggled\r\n250 AUTH PLAIN\r\n")(
            connection, server
        )
        with context.wrap_socket(connection, server_side=True) as inner:
            saying(b"", b"250 hi, and no log-in\r\n")(inner, server)

    with talking(script) as server:
        where = settings(server.port, security=Security.starttls, ca_certificate=authority.certificate, username="me")
        answer = smtp.send(message(), where, MAILER, IMPATIENT)
    assert answer.outcome is not Outcome.accepted
    assert "smuggled" not in (answer.words or "")


@pytest.mark.parametrize("piece", [b"2", b"220-welcome\r\n"])
def test_a_server_that_never_comes_to_an_end_is_left(piece: bytes) -> None:
    def script(connection: socket.socket, server: Talking) -> None:
        while not server.over.wait(0.05):
            connection.sendall(piece)

    with talking(script) as server:
        started = time.monotonic()
        assert smtp.send(message(), settings(server.port), NOBODY, IMPATIENT).outcome is Outcome.not_sent_transient
        assert time.monotonic() - started < SOON


# Probing


@pytest.mark.parametrize("login", Login)
def test_a_probe_goes_in_and_sends_nothing(fakes: Fakes, login: Login) -> None:
    where = with_token(fakes) if login is Login.xoauth2 else encrypted(fakes, Security.starttls, **FIELDS[login])
    assert smtp.probe(where, SECRETS[login]) == Health(works=True, words="250 OK")
    assert (fakes.mails, fakes.smtp.logins) == ([], SEEN[login])
    assert probe_of(gateway("smtp")) is smtp.probe


@pytest.mark.parametrize(
    ("user", "works", "trouble", "code"),
    [
        ("nobody@example.net", False, Trouble.credentials, "535"),
        ("app-password@example.net", False, Trouble.credentials, "534"),
        ("tempfail@example.net", None, None, "454"),
        ("drop@example.net", None, None, None),
    ],
)
def test_a_probe_says_what_is_wrong(
    fakes: Fakes, user: str, works: bool | None, trouble: Trouble | None, code: str | None
) -> None:
    health = smtp.probe(encrypted(fakes, Security.starttls, username=user), MAILER)
    assert (health.works, health.trouble, health.code) == (works, trouble, code)
    assert health.words


def test_a_probe_that_cannot_ask_does_not_know() -> None:
    assert smtp.probe(settings(1), NOBODY, IMPATIENT).works is None
    with talking(saying(b"220 hi\r\n", b"250 hi\r\n", b"554 no noop\r\n")) as server:
        health = smtp.probe(settings(server.port), NOBODY, IMPATIENT)
    assert (health.works, health.trouble) == (False, Trouble.other)


def test_a_probe_without_starttls_says_so(fakes: Fakes) -> None:
    health = smtp.probe(settings(fakes.smtp_port, security=Security.starttls), NOBODY)
    assert (health.works, health.trouble) == (False, Trouble.other)


def test_there_are_no_receipts() -> None:
    assert smtp.read_receipts(Delivery(), settings(25), NOBODY) == []
