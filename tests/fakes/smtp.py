"""Mail servers: an open relay in clear, one with STARTTLS, one with TLS from the start; the latter two know a log-in.

What happens is chosen by the local part of the recipient, of the sender, or of the user name:

    tempfail@            451 to RCPT                       drop-before-data@    hangs up instead of 354
    reject@              550 5.1.1 to RCPT                 drop-in-data@        hangs up while the mail comes
    no-relay@            554 5.7.1 to RCPT                 drop-after-data@     takes the mail, hangs up without a word
    daily-limit@         550 5.4.5 to RCPT                 silent-after-data@   takes the mail, says nothing
    too-fast@            421 4.7.28 to RCPT                garbage-after-data@  takes the mail, says what is no reply
    drop-at-rcpt@        hangs up at RCPT                  send-as-denied@      554 5.2.252 after the mail
    tempfail-data@       451 after the mail                refused@ as sender   553 to MAIL
    reject-data@         554 after the mail                anybody else         takes the mail

    as user: tempfail@   454 4.7.0                         app-password@        534 5.7.9, as GMail
             too-many@   454 4.7.0, as GMail               disabled@            535 5.7.139, as Microsoft
             drop@       hangs up                          outlook@             any token that Microsoft's endpoint
             mailer@     the password, or its token                             gave; 535 5.7.3 without a reason

The log-ins are PLAIN, LOGIN and XOAUTH2, the last with tokens of the endpoints in tests.fakes.oauth. A token that is
refused gets GMail's reason as a challenge first.
"""

import asyncio
import json
import logging
import re
import ssl
import threading
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections import deque
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from typing import Any, NamedTuple

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.fakes.certificates import Authority
from tests.fakes.oauth import GOOGLE_SCOPE, tokens_of
from tests.fakes.records import LONGEST_WAIT, Recorded, Records, timestamp

USERNAME = "mailer@example.net"
PASSWORD = "local-smtp-password"
MECHANISMS = frozenset({"PLAIN", "LOGIN", "XOAUTH2"})
KEPT = 50  # mails as they came

RCPT_REPLIES = {
    "tempfail": "451 4.3.0 Try again later",
    "reject": "550 5.1.1 User unknown",
    "no-relay": "554 5.7.1 Relay access denied",
    "daily-limit": "550 5.4.5 Daily user sending limit exceeded",
    "too-fast": "421 4.7.28 Gmail has detected an unusual rate of mail from this account",
}
CONTENT_REPLIES = {
    "tempfail-data": "451 4.7.1 Greylisted, try again later",
    "reject-data": "554 5.6.0 Message refused",
    "send-as-denied": (
        "554 5.2.252 SendAsDenied; mailer@example.net not allowed to send as other@example.net; "
        "STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied"
    ),
}
BAD_CREDENTIALS = (
    "535-5.7.8 Username and Password not accepted. For more information, go to\r\n"
    "535 5.7.8  https://support.google.com/mail/?p=BadCredentials"
)
BAD_AT_MICROSOFT = "535 5.7.3 Authentication unsuccessful [MAIL.EXAMPLE.NET 2026-11-22T14:00:00.000Z]"
LOGIN_REPLIES = {
    "tempfail": "454 4.7.0 Temporary authentication failure",
    "too-many": "454 4.7.0 Too many login attempts, please try again later.",
    "app-password": (
        "534-5.7.9 Application-specific password required. For more information, go to\r\n"
        "534 5.7.9  https://support.google.com/mail/?p=InvalidSecondFactor"
    ),
    "disabled": "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
}
REASON = json.dumps({"status": "400", "schemes": "Bearer", "scope": GOOGLE_SCOPE}).encode()
WORDS = {
    "drop-after-data": "taken, but the connection is lost before the reply",
    "silent-after-data": "taken, but no reply comes",
    "garbage-after-data": "taken, but the reply is none",
}

logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of its own log-in


class Ports(NamedTuple):
    """0 takes a free one."""

    plain: int = 0
    starttls: int = 0
    tls: int = 0


class _Server(SMTP):
    """aiosmtpd's, and able to misbehave in the midst of DATA, and to take the long line of an access token."""

    line_length_limit = 12_290  # RFC 4954 §4; what the reader is made with

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.line_length_limit = SMTP.line_length_limit  # of a mail
        self.command_size_limits["AUTH"] = 12_288

    async def auth_XOAUTH2(self, _: object, args: list[str]) -> AuthResult:
        """https://developers.google.com/workspace/gmail/imap/xoauth2-protocol"""
        try:
            said = b64decode(args[1], validate=True).decode()
        except (IndexError, NotBase64, UnicodeDecodeError):
            return AuthResult(success=False, handled=False, message="501 5.5.4 Syntax error in parameters")
        found = re.fullmatch("user=([^\x01]+)\x01auth=Bearer ([^\x01]+)\x01\x01", said)
        user, token = found.groups() if found else ("", "")
        result = self._authenticate("XOAUTH2", LoginPassword(user.encode(), token.encode()))
        if not result.success and result.message == BAD_CREDENTIALS:
            await self.challenge_auth(REASON)
        return result

    async def smtp_DATA(self, arg: str) -> None:
        recipients = self.envelope.rcpt_tos if self.envelope is not None else []
        behaviour = _local(recipients[0]) if recipients else ""
        if behaviour == "drop-before-data":
            _hang_up(self)
        elif behaviour == "drop-in-data":
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            _hang_up(self)
        else:
            await super().smtp_DATA(arg)


class SmtpServers:
    """Three servers in one thread.

    login_required: with STARTTLS and TLS; in clear nobody can log in. mechanisms: which log-ins the next sessions are
    offered. logins: mechanism and user of every attempt. contents: the last mails as they came."""

    def __init__(self, records: Records, authority: Authority) -> None:
        self.begin()
        self.ports = Ports()
        self._records = records
        self._tokens = tokens_of(records)
        self._context = authority.server_context("127.0.0.1", "localhost")
        self._loop: asyncio.AbstractEventLoop | None = None  # while they run
        self._stopped = asyncio.Event()
        self._ready = threading.Event()
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="smtp", daemon=True)

    def begin(self) -> None:
        """As on the first day."""
        self.login_required = False
        self.mechanisms = MECHANISMS
        self.logins: list[tuple[str, str]] = []
        self.contents: deque[bytes] = deque(maxlen=KEPT)

    def start(self, ports: Ports) -> None:
        """Raises OSError when a port is taken."""
        self.ports = ports
        self._thread.start()
        self._ready.wait(LONGEST_WAIT)
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join(LONGEST_WAIT)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.login_required and _is_encrypted(server) and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if _local(address) == "refused":
            return "553 5.7.1 Sender address rejected"
        envelope.mail_from, envelope.smtp_utf8 = address, "SMTPUTF8" in options
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if (refusal := RCPT_REPLIES.get(_local(address))) is not None:
            return refusal
        if _local(address) == "drop-at-rcpt":
            _hang_up(server)
        if not address.isascii() and not envelope.smtp_utf8:
            return "553 5.6.7 Non-ASCII address without SMTPUTF8"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        behaviour = _local(envelope.rcpt_tos[0])
        if (refusal := CONTENT_REPLIES.get(behaviour)) is not None:
            return refusal
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        user = session.login_data.decode() if isinstance(session.login_data, bytes) else ""
        self.contents.append(content)
        self._records.add(_recorded(envelope, content, user))
        match behaviour:
            case "drop-after-data":
                _hang_up(server)
            case "silent-after-data":
                await self._stopped.wait()
            case "garbage-after-data":
                return "well, what do you think?"
        return "250 2.0.0 OK, queued"

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: object
    ) -> AuthResult:
        assert isinstance(login, LoginPassword)
        user = login.login.decode(errors="replace")
        self.logins.append((mechanism, user))
        if (reply := LOGIN_REPLIES.get(_local(user))) is not None:
            return AuthResult(success=False, handled=False, message=reply)
        if _local(user) == "drop":
            _hang_up(server)
        if mechanism == "XOAUTH2":
            good = self._tokens.opens(login.password.decode(errors="replace"), user)
        else:
            good = login == LoginPassword(USERNAME.encode(), PASSWORD.encode())
        refusal = BAD_AT_MICROSOFT if _local(user) == "outlook" else BAD_CREDENTIALS
        return AuthResult(success=good, handled=False, message=None if good else refusal, auth_data=login)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())  # which also ends the dialogues that are still open
        except OSError as problem:
            self._failure = problem
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        servers: list[asyncio.Server] = []
        try:
            servers.append(await self._listen(self.ports.plain, starttls=None, tls=None))
            servers.append(await self._listen(self.ports.starttls, starttls=self._context, tls=None))
            servers.append(await self._listen(self.ports.tls, starttls=None, tls=self._context))
            self.ports = Ports(*(server.sockets[0].getsockname()[1] for server in servers))
            self._loop = asyncio.get_running_loop()
            self._ready.set()
            await self._stopped.wait()
        finally:
            self._loop = None
            for server in servers:
                server.close()

    async def _listen(self, port: int, starttls: ssl.SSLContext | None, tls: ssl.SSLContext | None) -> asyncio.Server:
        loop = asyncio.get_running_loop()

        def session() -> SMTP:
            return _Server(
                self,
                hostname="mail.example.net",
                enable_SMTPUTF8=True,
                tls_context=starttls,
                auth_require_tls=tls is None,
                auth_exclude_mechanism=MECHANISMS - self.mechanisms,
                authenticator=self._authenticate,
                loop=loop,
            )

        return await loop.create_server(session, "127.0.0.1", port, ssl=tls)


def _is_encrypted(server: SMTP) -> bool:
    return server.transport is not None and server.transport.get_extra_info("sslcontext") is not None


def _hang_up(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()


def _local(address: str) -> str:
    return address.rpartition("@")[0].partition("+")[0]


def _recorded(envelope: Envelope, content: bytes, user: str) -> Recorded:
    mail = message_from_bytes(content, _class=EmailMessage, policy=SMTPUTF8)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    to = envelope.rcpt_tos[0]
    return Recorded(
        id=0,
        revision=0,
        channel="email",
        provider="smtp",
        at=timestamp(),
        to=to,
        sender=str(mail["From"]),
        subject=str(mail["Subject"]),
        text="" if text is None else str(text.get_content()),
        html=None if html is None else _with_images(str(html.get_content()), mail),
        headers={name: str(value) for name, value in mail.items()},
        reference=None if mail["X-DialReady-Reference"] is None else str(mail["X-DialReady-Reference"]),
        provider_ids=(str(mail["Message-ID"]),),
        account=user,
        scenario=WORDS.get(_local(to), ""),
    )


def _with_images(html: str, mail: EmailMessage) -> str:
    """As a mail program shows it: the images that came with it are in their places."""
    images = {str(part["Content-ID"]).strip("<> "): part for part in mail.walk() if part["Content-ID"]}
    for name in sorted(images, key=len, reverse=True):
        data = images[name].get_content()
        if isinstance(data, bytes):
            address = f"data:{images[name].get_content_type()};base64,{b64encode(data).decode()}"
            html = html.replace(f"cid:{name}", address)
    return html
