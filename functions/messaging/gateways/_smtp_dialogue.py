"""One session with an SMTP server, held step by step, so that it is known how far it came when it ends early."""

import re
import smtplib
import socket
import ssl
from contextlib import suppress
from enum import StrEnum
from typing import Final, NamedTuple

from functions.messaging.gateways._smtp_login import Key, log_in
from functions.messaging.gateways._smtp_mail import Mail
from functions.messaging.gateways._smtp_replies import OTHER, RECIPIENT, SENDER, NotPossible, ReplyRefused, Stage
from functions.messaging.gateways._transport import Limits

_LINE_START_DOT: Final = re.compile(rb"^\.", re.MULTILINE)


class Security(StrEnum):
    none = "none"
    starttls = "starttls"
    tls = "tls"


class Server(NamedTuple):
    host: str
    port: int
    security: Security
    hello: str  # what we call ourselves
    ca_certificate: str | None  # PEM; None trusts the public authorities


class Dialogue:
    """One session with the server. `stage` tells how far it came, whatever happens.

    All that is promised to return what the server said raises ReplyRefused, NotPossible, OSError and
    smtplib.SMTPException."""

    def __init__(self, server: Server, key: Key | None, limits: Limits) -> None:
        self.stage = Stage.greeting
        self._server, self._key, self._limits = server, key, limits
        self._client = smtplib.SMTP(local_hostname=server.hello)  # without a host: not connected

    @property
    def wire(self) -> socket.socket | None:
        return self._client.sock

    def deliver(self, mail: Mail) -> str:
        """What the server said when it took the mail."""
        self._enter()
        self._address(mail)
        return self._hand_over(mail.content)

    def look_in(self) -> str:
        """What the server said when it was asked for nothing at all."""
        self._enter()
        self.stage = Stage.ready
        return self._expect(Stage.ready, self._client.noop())

    def end(self) -> None:
        """Say goodbye and hang up, without waiting for the server to do so."""
        with suppress(OSError, smtplib.SMTPException):
            self._client.putcmd("QUIT")
        with suppress(OSError):
            self._client.close()

    def _enter(self) -> None:
        self._connect()
        if self._key is not None:
            self.stage = Stage.login
            log_in(self._client, self._key)

    def _connect(self) -> None:
        server = self._server
        self._client.sock = socket.create_connection((server.host, server.port), self._limits.connect)
        self._client.sock.settimeout(self._limits.read)
        if server.security is Security.tls:
            self._encrypt()
        self._expect(Stage.greeting, self._client.getreply())
        self._hello()
        if server.security is Security.starttls:
            if not self._client.has_extn("starttls"):
                raise NotPossible(OTHER, "the server offers no STARTTLS")
            self.stage = Stage.encryption
            self._expect(Stage.encryption, self._client.docmd("STARTTLS"))
            self._encrypt()
            self._hello()

    def _encrypt(self) -> None:
        """Not smtplib's: that verifies against a host name which only its own way of connecting sets."""
        if self._client.sock is None:
            raise smtplib.SMTPServerDisconnected
        context = _context(self._server.ca_certificate)
        self._client.sock = context.wrap_socket(self._client.sock, server_hostname=self._server.host)
        self._client.file = None  # what was said in clear before counts for nothing (RFC 3207 §4.2)

    def _hello(self) -> None:
        self.stage = Stage.hello
        code, said = self._client.ehlo()
        if code >= 500:  # a server that knows only HELO
            code, said = self._client.helo()
        self._expect(Stage.hello, (code, said))

    def _address(self, mail: Mail) -> None:
        options = []
        if mail.needs_utf8:
            if not self._client.has_extn("smtputf8"):
                raise NotPossible(
                    RECIPIENT if mail.sender.local.isascii() else SENDER,
                    "the server takes no address with letters beyond ASCII before the @",
                )
            options = ["SMTPUTF8", "BODY=8BITMIME"]
        self.stage = Stage.sender
        self._expect(Stage.sender, self._client.mail(str(mail.sender), options))
        self.stage = Stage.recipient
        self._expect(Stage.recipient, self._client.rcpt(str(mail.recipient)))

    def _hand_over(self, content: bytes) -> str:
        self.stage = Stage.data
        code, said = self._client.docmd("DATA")
        if code != 354:
            raise ReplyRefused(Stage.data, code, said)
        self._client.send(_LINE_START_DOT.sub(b"..", content))
        self.stage = Stage.content  # before the dot leaves: a failure to send it may come after it has left
        self._client.send(b".\r\n")
        return self._expect(Stage.content, self._client.getreply())

    @staticmethod
    def _expect(stage: Stage, reply: tuple[int, bytes]) -> str:
        code, said = reply
        if not 200 <= code < 300:
            raise ReplyRefused(stage, code, said)
        return f"{code} {said.decode('utf-8', errors='replace')}"


def _context(ca_certificate: str | None) -> ssl.SSLContext:
    """Verifies the server's certificate and name, always; smtplib would not."""
    try:
        return ssl.create_default_context(cadata=ca_certificate)
    except (ssl.SSLError, ValueError) as problem:
        raise NotPossible(OTHER, "the CA certificate cannot be read") from problem
