"""The SMTP gateway against real SMTP servers, and against some that break off, lie or mumble."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.common import clock
from functions.messaging.gateways import Answer, Channel, Delivery, Outcome, Outgoing, gateway, smtp
from functions.messaging.gateways._smtp_dialogue import Security, Stage
from functions.messaging.gateways._transport import Limits
from functions.messaging.gateways.smtp import Secrets, Settings
from tests.fakes.certificates import Authority
from tests.fakes.raw import Talking, talking
from tests.fakes.server import Fakes
from tests.fakes.smtp import PASSWORD, USERNAME

NOBODY = Secrets()
MAILER = Secrets(password=PASSWORD)
IMPATIENT = Limits(connect=0.5, read=0.4, total=0.8)
SOON = 3.0  # seconds by which everything with these limits is over, on a slow machine, too


@pytest.fixture(scope="module")
def running() -> Iterator[Fakes]:
    with Fakes() as fakes:
        yield fakes


@pytest.fixture
def fakes(running: Fakes) -> Fakes:
    running.reset()
    return running


def settings(port: int, **more: Any) -> Settings:
    return Settings(
        **{"host": "127.0.0.1", "port": port, "sender": "csr@example.net", "security": Security.none, **more}
    )


def encrypted(fakes: Fakes, security: Security, **more: Any) -> Settings:
    port = fakes.smtp_tls_port if security is Security.tls else fakes.smtp_starttls_port
    return settings(port, security=security, ca_certificate=fakes.smtp_ca, **more)


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


@pytest.mark.parametrize("security", [Security.starttls, Security.tls])
def test_with_encryption_and_a_log_in(fakes: Fakes, security: Security) -> None:
    fakes.smtp.login_required = True
    answer = smtp.send(message(), encrypted(fakes, security, username=USERNAME), MAILER)
    assert answer.outcome is Outcome.accepted
    assert len(fakes.mails) == 1


@pytest.mark.parametrize("security", [Security.starttls, Security.tls])
@pytest.mark.parametrize(
    ("username", "secrets", "code"),
    [(USERNAME, Secrets(password="wrong"), "535"), (None, NOBODY, "530"), (USERNAME, NOBODY, None)],
)
def test_a_log_in_that_fails_is_ours_to_mend(
    fakes: Fakes, security: Security, username: str | None, secrets: Secrets, code: str | None
) -> None:
    fakes.smtp.login_required = True
    answer = smtp.send(message(), encrypted(fakes, security, username=username), secrets)
    assert (answer.outcome, answer.code) == (Outcome.rejected_config, code)
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
    assert fakes.mails == []


def test_a_ca_certificate_that_is_none_is_ours_to_mend(fakes: Fakes) -> None:
    where = settings(fakes.smtp_tls_port, security=Security.tls, ca_certificate="-----BEGIN CERTIFICATE-----\n???")
    assert smtp.send(message(), where, NOBODY).outcome is Outcome.rejected_config


@pytest.mark.parametrize(
    ("to", "outcome", "code"),
    [
        ("tempfail@example.org", Outcome.not_sent_transient, "451"),
        ("reject@example.org", Outcome.rejected_recipient, "550"),
        ("no-relay@example.org", Outcome.rejected_config, "554"),
        ("daily-limit@example.org", Outcome.not_sent_transient, "550"),
        ("drop-at-rcpt@example.org", Outcome.not_sent_transient, None),
        ("drop-before-data@example.org", Outcome.not_sent_transient, None),
        ("tempfail-data@example.org", Outcome.not_sent_transient, "451"),
        ("reject-data@example.org", Outcome.rejected_recipient, "554"),
    ],
)
def test_what_was_not_taken_is_known_not_to_be(fakes: Fakes, to: str, outcome: Outcome, code: str | None) -> None:
    answer = send(fakes, to)
    assert (answer.outcome, answer.code) == (outcome, code)
    assert fakes.mails == []


def test_a_daily_limit_is_a_long_pause(fakes: Fakes) -> None:
    assert send(fakes, "daily-limit@example.org").retry_after == 3600


def test_a_refused_sender_is_ours_to_mend(fakes: Fakes) -> None:
    answer = smtp.send(message(), settings(fakes.smtp_port, sender="refused@example.net"), NOBODY)
    assert (answer.outcome, answer.code) == (Outcome.rejected_config, "553")


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
        content = smtp.build_mail(outgoing, settings(25)).content
        head, _, _ = content.partition(b"\r\n\r\n")
        names = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
        assert names[:7] == [
            b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Auto-Submitted", b"X-DialReady-Reference"
        ]  # fmt: skip
        assert set(names[7:]) <= {b"Content-Type", b"Content-Transfer-Encoding", b"MIME-Version"}
        assert content.isascii()
        assert max(map(len, content.split(b"\r\n"))) <= 998


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
        {"surprise": 1},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    right = {"host": "mail.example.net", "port": 587, "sender": "csr@example.net"}
    msgspec.convert(right, Settings)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**right, **wrong}, Settings)


def test_secrets_do_not_show_themselves() -> None:
    assert "hush" not in repr(Secrets(password="hush"))


# Replies


@pytest.mark.parametrize(
    ("stage", "code", "said", "outcome"),
    [
        (Stage.greeting, 421, "busy", Outcome.not_sent_transient),
        (Stage.greeting, 554, "no SMTP for you", Outcome.rejected_config),
        (Stage.hello, 550, "go away", Outcome.rejected_config),
        (Stage.encryption, 454, "TLS not available", Outcome.not_sent_transient),
        (Stage.encryption, 501, "no", Outcome.rejected_config),
        (Stage.login, 454, "4.7.0 try later", Outcome.not_sent_transient),
        (Stage.login, 534, "5.7.9 application-specific password required", Outcome.rejected_config),
        (Stage.login, 535, "5.7.8 bad credentials", Outcome.rejected_config),
        (Stage.sender, 452, "4.5.3 later", Outcome.not_sent_transient),
        (Stage.sender, 550, "5.4.5 daily user sending limit exceeded", Outcome.not_sent_transient),
        (Stage.sender, 552, "too large", Outcome.rejected_recipient),
        (Stage.sender, 553, "not your address", Outcome.rejected_config),
        (Stage.recipient, 450, "greylisted", Outcome.not_sent_transient),
        (Stage.recipient, 530, "5.7.0 authentication required", Outcome.rejected_config),
        (Stage.recipient, 550, "5.1.1 unknown user", Outcome.rejected_recipient),
        (Stage.recipient, 554, "5.7.1 relay access denied", Outcome.rejected_config),
        (Stage.recipient, -1, "mumble", Outcome.not_sent_transient),
        (Stage.data, 554, "no valid recipients", Outcome.rejected_recipient),
        (Stage.data, 250, "what?", Outcome.not_sent_transient),
        (Stage.content, 421, "shutting down", Outcome.not_sent_transient),
        (Stage.content, 552, "5.2.2 mailbox full", Outcome.rejected_recipient),
        (Stage.content, 554, "5.7.1 spam, no relay of it", Outcome.rejected_recipient),
        (Stage.content, 354, "go on", Outcome.unknown),
        (Stage.content, -1, "mumble", Outcome.unknown),
    ],
)
def test_every_reply_has_its_meaning(stage: Stage, code: int, said: str, outcome: Outcome) -> None:
    assert smtp.read_reply(stage, code, said).outcome is outcome


def test_what_a_server_says_is_cut_cleaned_and_holds_no_secret() -> None:
    words = smtp.read_reply(Stage.login, 535, "no \x1b[31m\r\nhush-hush " + "x" * 400, ("hush-hush",)).words
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


@pytest.mark.parametrize("challenge", [b"250-hi\r\n250 AUTH XOAUTH2\r\n", b"250 hi\r\n"])
def test_a_server_without_a_log_in_that_we_know_is_ours_to_mend(challenge: bytes) -> None:
    authority = Authority()
    context = authority.server_context("127.0.0.1")

    def script(connection: socket.socket, server: Talking) -> None:
        with context.wrap_socket(connection, server_side=True) as inner:
            saying(b"220 hi\r\n", challenge)(inner, server)

    with talking(script) as server:
        where = settings(server.port, security=Security.tls, ca_certificate=authority.certificate, username="me")
        assert smtp.send(message(), where, MAILER, IMPATIENT).outcome is Outcome.rejected_config


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


def test_there_are_no_receipts() -> None:
    assert smtp.read_receipts(Delivery(), settings(25), NOBODY) == []
