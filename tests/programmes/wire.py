"""A network that fails: a proxy on this machine that cuts one connection, before its request arrived or after so many
bytes of its answer, and passes on all others."""

import http.client
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from io import BytesIO
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from tests.programmes.drops import Answered, Dropped

PATIENCE: Final = 90.0  # seconds; a cold function needs some


class Keep(StrEnum):
    """What of a connection arrives before it breaks."""

    nothing = "not even the request"
    no_byte = "no byte of the answer"
    one_byte = "its first byte"
    half = "half of it"
    all_but_one = "all but its last byte"


@dataclass
class Cut:
    """The connection numbered `at` (from 0) gives a part of its answer and breaks."""

    at: int
    keep: Keep

    def kept(self, length: int) -> int:
        """How many of so many bytes arrive."""
        match self.keep:
            case Keep.one_byte:
                return 1
            case Keep.half:
                return length // 2
            case Keep.all_but_one:
                return length - 1
        return 0


@dataclass
class Wire:
    """A client's way to the front door, one connection per request."""

    base_url: str  # the front door's
    port: int  # the proxy's
    asked: list[str] = field(default_factory=list)

    def ask(self, verb: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answered:
        self.asked.append(f"{verb} {path}")
        parts = urlsplit(urljoin(self.base_url, path))
        lines = {"Host": parts.netloc, "Connection": "close", "Content-Length": str(len(body)), **headers}
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        request = "".join(f"{line}\r\n" for line in (f"{verb} {target} HTTP/1.1", *map(": ".join, lines.items()), ""))
        try:
            with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as connection:
                connection.sendall(request.encode() + body)
                raw = b"".join(iter(lambda: connection.recv(65536), b""))
        except OSError as error:
            raise Dropped from error
        return _whole(verb, raw)


def _whole(verb: str, raw: bytes) -> Answered:
    """The answer, as a browser takes it: whole, or not at all. (Python's own client takes half a header.)"""
    if b"\r\n\r\n" not in raw:
        raise Dropped
    answer = http.client.HTTPResponse(_Received(raw), method=verb)  # type: ignore[arg-type]
    try:
        answer.begin()
        body = answer.read()
    except http.client.HTTPException as error:
        raise Dropped from error
    return Answered(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body)


@dataclass
class _Received:
    """What `http.client` wants a socket for."""

    raw: bytes

    def makefile(self, _mode: str) -> BytesIO:
        return BytesIO(self.raw)


@contextmanager
def wire(base_url: str, cut: Cut | None = None) -> Iterator[Wire]:
    """A wire to the front door, on which this cut is made."""
    with _Proxy(("127.0.0.1", 0), _Connection) as proxy:
        proxy.target, proxy.cut = urlsplit(base_url).netloc, cut
        running = threading.Thread(target=proxy.serve_forever, args=(0.01,), daemon=True)
        running.start()
        try:
            yield Wire(base_url, proxy.server_address[1])
        finally:
            proxy.shutdown()
            running.join()


class _Proxy(ThreadingTCPServer):
    daemon_threads = True
    target: str
    cut: Cut | None = None
    accepted = 0

    def get_request(self) -> tuple[Any, Any]:
        """In the one thread that accepts: connections are numbered as they come."""
        connection, _ = super().get_request()
        self.accepted += 1
        return connection, self.accepted - 1


class _Connection(BaseRequestHandler):
    """One request and its answer: both ends close after it."""

    server: _Proxy

    def handle(self) -> None:
        cut = self.server.cut if self.server.cut is not None and self.server.cut.at == self.client_address else None
        if cut is not None and cut.keep is Keep.nothing:
            return
        host, _, port = self.server.target.partition(":")
        with socket.create_connection((host, int(port)), PATIENCE) as door:
            sending = threading.Thread(target=_pass_on, args=(self.request, door), daemon=True)
            sending.start()
            answer = b"".join(iter(lambda: door.recv(65536), b""))
            self.request.sendall(answer if cut is None else answer[: cut.kept(len(answer))])
            with suppress(OSError):
                self.request.shutdown(socket.SHUT_RDWR)  # which ends the other thread, too
            sending.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
