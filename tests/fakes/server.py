"""Every fake in one object: providers over HTTP on one port, mail servers on three, and the inbox that shows what came.

    fakes = Fakes().start()
    fakes.base_url              http://127.0.0.1:<port>; each provider is at base_url + "/" + its NAME, SES at "/ses"
    fakes.providers             by NAME: fakes.providers["vonage"], …
    fakes.sms, fakes.mails      what was recorded, in the order in which it came
    fakes.stop()

Operator endpoints, JSON in and out, for whoever is in another process (in this one: `fakes.vonage`, `fakes.courier`):

    GET  /operator/messages?to=                                      what was recorded
    POST /operator/vonage/account   {api_key?, api_secret?, balance?, receipt_method?, receipt_url?,
                                     signature_secret?, signature_method?}
    POST /operator/reset                                             forget everything
    and what is in tests.fakes.control
"""

import dataclasses
import os
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Literal, Self
from urllib.parse import parse_qsl, urlsplit

import msgspec

from tests.fakes import control, inbox
from tests.fakes.aws_sms import AwsSms
from tests.fakes.certificates import Authority
from tests.fakes.control import Control, MailEvents
from tests.fakes.courier import Courier
from tests.fakes.provider import Provider
from tests.fakes.records import LONGEST_WAIT, Recorded, Records
from tests.fakes.ses import Publish, Ses, Watch
from tests.fakes.smtp import Ports, SmtpServers
from tests.fakes.vonage import API_KEY, Account, Vonage
from tests.fakes.wire import HttpReply, HttpRequest, Manner

LARGEST_BODY = 10_000_000


def provider_classes() -> list[type[Provider]]:
    """Every provider that is asked over HTTP and has a fake: the classes of this package's modules that have a NAME."""
    for module in iter_modules([str(Path(__file__).parent)]):
        if module.name != "server":
            import_module(f"tests.fakes.{module.name}")
    return sorted(_named(Provider), key=lambda kind: kind.NAME)


def _named(kind: type[Provider]) -> list[type[Provider]]:
    below = [each for child in kind.__subclasses__() for each in _named(child)]
    return [kind, *below] if kind.NAME else below


class Fakes:
    """`state_dir` keeps messages and the certificate authority from one run to the next.

    `trust` is the CA certificate of the servers that take receipts, where they have one of their own."""

    def __init__(self, state_dir: Path | None = None, trust: Path | None = None) -> None:
        if state_dir is not None:
            state_dir.mkdir(parents=True, exist_ok=True)
        authority = Authority(state_dir)
        self.smtp_ca = authority.certificate
        self.records = Records(state_dir)
        self.courier = Courier(trust)
        self.providers: dict[str, Provider] = {
            kind.NAME: kind(self.records, self.courier) for kind in provider_classes()
        }
        self.ses = Ses(self.records)
        self._mail_events = MailEvents()
        self.control = Control(self.records, self.courier, self.providers, self._mail_events)
        self.smtp = SmtpServers(self.records, authority)
        self.stopping = threading.Event()
        self._watches: list[Watch] = []

    def start(self, port: int = 0, smtp_port: int = 0, smtp_starttls_port: int = 0, smtp_tls_port: int = 0) -> Self:
        """On 127.0.0.1; a port of 0 is a free one. Raises OSError when one is taken."""
        self._server = _Server(("127.0.0.1", port), self)
        try:
            self.smtp.start(Ports(smtp_port, smtp_starttls_port, smtp_tls_port))
        except OSError:
            self._server.server_close()
            raise
        self.courier.start()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="fakes", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        self.stopping.set()
        self.records.close()
        self._server.shutdown()
        self._server.server_close()
        for watch in self._watches:
            watch.stop()
        self.smtp.stop()
        self.courier.stop()
        self._thread.join(LONGEST_WAIT)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def vonage(self) -> Vonage:
        found = self.providers[Vonage.NAME]
        assert isinstance(found, Vonage)
        return found

    @property
    def aws_sms(self) -> AwsSms:
        found = self.providers[AwsSms.NAME]
        assert isinstance(found, AwsSms)
        return found

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def smtp_port(self) -> int:
        return self.smtp.ports.plain

    @property
    def smtp_starttls_port(self) -> int:
        return self.smtp.ports.starttls

    @property
    def smtp_tls_port(self) -> int:
        return self.smtp.ports.tls

    @property
    def sms(self) -> list[Recorded]:
        return self.records.all("sms")

    @property
    def mails(self) -> list[Recorded]:
        return self.records.all("email")

    def watch_ses(self, endpoint_url: str, publish: Publish) -> Watch:
        """Record the mails of the embedded AWS at this endpoint and publish the events that SES would."""
        self._mail_events.publish = publish
        watch = Watch(self.records, endpoint_url, self._mail_events)
        watch.start()
        self._watches.append(watch)
        return watch

    def wait_until(self, holds: Callable[[], bool], timeout: float = LONGEST_WAIT) -> bool:
        """Whether `holds()` came true; it is looked at after every message and every receipt."""
        return self.records.wait_until(holds, timeout)

    def reset(self) -> None:
        self.courier.forget()
        for provider in self.providers.values():
            provider.reset()
        self.smtp.begin()
        self._mail_events.forget()
        self.records.reset()

    def inbox_handler(
        self,
        method: str,
        path: str,
        query: Mapping[str, list[str]],
        headers: Iterable[tuple[str, str]],
        body: bytes,
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Everything under /inbox, for a server in front: status, headers, body.

        Asked to `wait`, it takes up to 10 s: call it in a thread."""
        request = HttpRequest(
            method=method,
            path=path,
            query={name: values[-1] for name, values in query.items() if values},
            headers={name.lower(): value for name, value in headers},
            body=body,
        )
        reply = inbox.serve(self.records, self.control, request)
        return reply.status, list({"Content-Type": reply.content_type, **reply.headers}.items()), reply.body

    def answer(self, request: HttpRequest) -> HttpReply:
        first, _, rest = request.path.removeprefix("/").partition("/")
        if first in self.providers:
            return self.providers[first].serve(request._replace(path=f"/{rest}"))
        match first:
            case "ses":
                return self.ses.serve(request._replace(path=f"/{rest}"))
            case "inbox":
                return inbox.serve(self.records, self.control, request)
            case "operator":
                return self._operate(request, rest)
            case _:
                return HttpReply(404, "text/plain", b"no such fake\n")

    def _operate(self, request: HttpRequest, what: str) -> HttpReply:
        try:
            return self._operated(request, what)
        except (msgspec.DecodeError, KeyError, IndexError) as problem:
            return HttpReply(400, "text/plain", f"{type(problem).__name__}: {problem}\n".encode())

    def _operated(self, request: HttpRequest, what: str) -> HttpReply:
        body = request.body or b"{}"
        match request.method, what:
            case "GET", "messages":
                wanted = request.query.get("to", "")
                return _json([message for message in self.records.all() if wanted in message.to])
            case "POST", "vonage/account":
                self._change_account(msgspec.json.decode(body, type=_AccountChange))
            case "POST", "reset":
                self.reset()
            case ("GET", _) if what in control.READ:
                return self.control.serve(what, b"")
            case ("POST", _) if what in control.CHANGES:
                return self.control.serve(what, request.body)
            case _:
                return HttpReply(404, "text/plain", b"no such operation\n")
        return _json({})

    def _change_account(self, change: "_AccountChange") -> None:
        wanted = {
            name: value
            for name, value in msgspec.structs.asdict(change).items()
            if name != "api_key" and value is not msgspec.UNSET
        }
        account = self.vonage.accounts.get(change.api_key, Account(api_secret=""))
        self.vonage.accounts[change.api_key] = dataclasses.replace(account, **wanted)


class _AccountChange(msgspec.Struct, forbid_unknown_fields=True):
    api_key: str = API_KEY
    api_secret: str | msgspec.UnsetType = msgspec.UNSET
    balance: Decimal | msgspec.UnsetType = msgspec.UNSET
    receipt_method: Literal["GET", "POST", "POST-JSON"] | msgspec.UnsetType = msgspec.UNSET
    receipt_url: str | msgspec.UnsetType | None = msgspec.UNSET
    signature_secret: str | msgspec.UnsetType | None = msgspec.UNSET
    signature_method: Literal["md5hash", "md5", "sha1", "sha256", "sha512"] | msgspec.UnsetType = msgspec.UNSET


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a client that is never answered keeps its thread
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], fakes: Fakes) -> None:
        self.fakes = fakes
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 60

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= LARGEST_BODY:
            self.close_connection = True
            self.send_error(413)
            return
        url = urlsplit(self.path)
        request = HttpRequest(
            method=self.command,
            path=url.path,
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
        )
        reply = self.server.fakes.answer(request)
        try:
            self._reply(reply)
        except OSError:  # the client did not wait for all of it
            self.close_connection = True
        if reply.afterwards is not None:
            reply.afterwards()

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _serve

    def _reply(self, reply: HttpReply) -> None:
        if reply.manner is Manner.silence:
            self._wait_for_the_client_to_hang_up()
            return
        if reply.manner is Manner.reset:
            self._reset()
            return
        self.send_response(reply.status)
        for name, value in {"Content-Type": reply.content_type, **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if reply.manner is Manner.drip:
            self._drip(reply.body)
        else:
            self.wfile.write(reply.body)

    def _drip(self, body: bytes) -> None:
        for position in range(len(body)):
            self.wfile.write(body[position : position + 1])
            if self.server.fakes.stopping.wait(1.0):
                break
        self.close_connection = True

    def _wait_for_the_client_to_hang_up(self) -> None:
        self.close_connection = True
        while not self.server.fakes.stopping.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.1)
            if readable and not self.connection.recv(1):
                return

    def _reset(self) -> None:
        """Closed with data pending and no linger, which is a RST on the wire."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def log_message(self, *_: object) -> None:
        """Nothing: links and numbers would be in it."""


def _json(value: object) -> HttpReply:
    return HttpReply(body=msgspec.json.encode(value))
