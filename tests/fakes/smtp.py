"""Mail servers: an open relay in clear, one with STARTTLS, one with TLS from the start; the latter two know a log-in.

What happens is chosen by the local part of the recipient, or of the sender:

    tempfail@            451 to RCPT                       drop-before-data@    hangs up instead of 354
    reject@              550 5.1.1 to RCPT                 drop-in-data@        hangs up while the mail comes
    no-relay@            554 5.7.1 to RCPT                 drop-after-data@     takes the mail, hangs up without a word
    daily-limit@         550 5.4.5 to RCPT                 silent-after-data@   takes the mail, says nothing
    drop-at-rcpt@        hangs up at RCPT                  garbage-after-data@  takes the mail, says what is no reply
    tempfail-data@       451 after the mail                refused@ as sender   553 to MAIL
    reject-data@         554 after the mail                anybody else         takes the mail
"""

import asyncio
import logging
import ssl
import threading
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from typing import NamedTuple

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.fakes.certificates import Authority
from tests.fakes.records import LONGEST_WAIT, Recorded, Records, timestamp

USERNAME = "mailer@example.net"
PASSWORD = "local-smtp-password"

RCPT_REPLIES = {
    "tempfail": "451 4.3.0 Try again later",
    "reject": "550 5.1.1 User unknown",
    "no-relay": "554 5.7.1 Relay access denied",
    "daily-limit": "550 5.4.5 Daily user sending limit exceeded",
}
CONTENT_REPLIES = {
    "tempfail-data": "451 4.7.1 Greylisted, try again later",
    "reject-data": "554 5.6.0 Message refused",
}
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
    """aiosmtpd's, and able to misbehave in the midst of DATA."""

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
    """Three servers in one thread."""

    def __init__(self, records: Records, authority: Authority) -> None:
        self.login_required = False  # with STARTTLS and TLS; in clear nobody can log in
        self.ports = Ports()
        self._records = records
        self._context = authority.server_context("127.0.0.1", "localhost")
        self._loop: asyncio.AbstractEventLoop | None = None  # while they run
        self._stopped = asyncio.Event()
        self._ready = threading.Event()
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="smtp", daemon=True)

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
        content = envelope.content
        self._records.add(_recorded(envelope, content if isinstance(content, bytes) else b""))
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
        good = LoginPassword(USERNAME.encode(), PASSWORD.encode())
        return AuthResult(success=login == good, handled=False)

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


def _recorded(envelope: Envelope, content: bytes) -> Recorded:
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
        html=None if html is None else str(html.get_content()),
        headers={name: str(value) for name, value in mail.items()},
        reference=None if mail["X-DialReady-Reference"] is None else str(mail["X-DialReady-Reference"]),
        provider_ids=(str(mail["Message-ID"]),),
        scenario=WORDS.get(_local(to), ""),
    )
