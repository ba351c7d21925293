"""One port in front of the embedded AWS, as API Gateway's custom domain and the bucket's host are in AWS.

    /<bucket>/…   the buckets of files and packages, untouched, so that presigned addresses hold
    /inbox…       what the local providers were given to deliver
    all else      the deployed API

What a proxy must not leave to its caller it replaces: X-Forwarded-For is the peer's address. With the cookie
`dialready_phone` (the inbox sets it) a desktop browser shows itself to the link pages as that phone.
"""

import http.client
import json
import socket
import ssl
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

Headers = Iterable[tuple[str, str]]
Answer = tuple[int, Headers, bytes]
Inbox = Callable[[str, str, Mapping[str, list[str]], Headers, bytes], Answer]
"""(method, path, query, headers, body) → (status, headers, body)"""

LARGEST_BODY = 6 * 1024 * 1024  # what Lambda takes; the gateway answers 413 above it
LARGEST_OBJECT = 1024**3  # of a package, which goes to its bucket without a function in between
DRAINED = 16 * LARGEST_BODY
PATIENCE = 90.0  # seconds for an answer: sixteen cold functions at once need more than one does
HOP_BY_HOP = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)
PHONES = {
    "android": "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Mobile Safari/537.36",
    "iphone": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1",
}
LINK_PAGES = ("/i/", "/a/", "/p/", "/n/", "/c/", "/go")


@dataclass(frozen=True)
class Behind:
    """What the front door stands before. api: base address of the deployed API."""

    api: str
    buckets: tuple[str, ...]
    inbox: Inbox


@dataclass
class FrontDoor:
    """A proxy on 127.0.0.1. Takes its port at once (OSError when that is taken), answers once `open` was called."""

    port: int = 0
    tls: ssl.SSLContext | None = None
    _server: "_Server" = field(init=False)
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._server = _Server(("127.0.0.1", self.port), _Handler)
        self._server.tls = self.tls
        self.port = self._server.server_address[1]

    @property
    def base_url(self) -> str:
        """Scheme, host and port; no slash at the end."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def open(self, behind: Behind) -> None:
        """Starts to answer."""
        self._server.behind = behind
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops answering and gives the port back."""
        if hasattr(self, "_thread"):
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    tls: ssl.SSLContext | None = None
    behind: Behind

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        connection, peer = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls:
            # The handshake happens at the first read, in the connection's own thread.
            connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, peer

    def handle_error(self, request: object, client_address: object) -> None:
        """A peer that went away, or spoke no TLS: nothing to say."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    timeout = PATIENCE
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silent: an address holds a bearer link."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """What the server refuses by itself, in our shape: a verb it has not heard of, a request it cannot read."""
        self.close_connection = True
        if code == HTTPStatus.NOT_IMPLEMENTED:
            self._answer(_error(405, "method_not_allowed", "This address does not take that method."))
        else:
            self._answer(_error(code, "invalid", message or "The request cannot be read."))

    def handle_any(self) -> None:
        behind = self.server.behind
        parts = urlsplit(self.path)
        to_bucket = parts.path.startswith(tuple(f"/{bucket}/" for bucket in behind.buckets))
        body = self._body(LARGEST_OBJECT if to_bucket else LARGEST_BODY)
        if body is None:
            return
        if parts.path == "/inbox" or parts.path.startswith("/inbox/"):
            query = parse_qs(parts.query, keep_blank_values=True)
            self._answer(behind.inbox(self.command, parts.path, query, self._passed_on(), body))
            return
        to, passed = self.path, self._passed_on()
        if to_bucket:
            passed = [(name, value) for name, value in passed if name.lower() != "authorization"]
        else:
            to = urlsplit(behind.api).path + to
            passed = self._as_phone(parts.path, passed)
        try:
            answer = self._ask(urlsplit(behind.api).netloc, to, passed, body)
        except (UnicodeEncodeError, http.client.InvalidURL):
            answer = _error(400, "invalid", "The address holds characters that no address has.")
        except (OSError, http.client.HTTPException):
            answer = _error(502, "unavailable", "The embedded AWS does not answer.")
        self._answer(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_any

    def _body(self, largest: int) -> bytes | None:
        """What was sent, or None after an answer that refused it."""
        length = self.headers.get("Content-Length", "0")
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower() or not length.isdecimal():
            self.close_connection = True
            self._answer(_error(411, "invalid", "A Content-Length is needed."))
            return None
        if int(length) > largest:
            self.close_connection = True
            self._drain(int(length))
            self._answer(_error(413, "too_large", "The request is larger than this address takes."))
            return None
        return self.rfile.read(int(length))

    def _drain(self, length: int) -> None:
        """Lets a sender finish, within reason: one that is cut off while it speaks hears no answer."""
        left = min(length, DRAINED)
        while left and (read := self.rfile.read(min(left, 65536))):
            left -= len(read)

    def _passed_on(self) -> list[tuple[str, str]]:
        scheme = "https" if self.server.tls else "http"
        replaced = {
            "X-Forwarded-For": str(self.client_address[0]),
            "X-Forwarded-Proto": scheme,
            "X-Forwarded-Port": str(self.server.server_address[1]),
        }
        dropped = HOP_BY_HOP | {name.lower() for name in replaced} | {"content-length", "forwarded"}
        return [(name, value) for name, value in self.headers.items() if name.lower() not in dropped] + [
            *replaced.items()
        ]

    def _as_phone(self, path: str, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        phone = _cookie(self.headers.get("Cookie", ""), "dialready_phone")
        if phone not in PHONES or not path.startswith(LINK_PAGES):
            return headers
        return [(name, value) for name, value in headers if name.lower() != "user-agent"] + [
            ("User-Agent", PHONES[phone])
        ]

    def _ask(self, address: str, path: str, headers: Headers, body: bytes) -> Answer:
        upstream = http.client.HTTPConnection(address, timeout=PATIENCE)
        try:
            # Host goes as it came: the API tells hostnames apart by it, and a presigned address is signed over it.
            upstream.putrequest(self.command, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                upstream.putheader(name, value)
            if body or self.command in ("POST", "PUT", "PATCH"):
                upstream.putheader("Content-Length", str(len(body)))
            upstream.endheaders(body)
            response = upstream.getresponse()
            return response.status, response.getheaders(), response.read()
        finally:
            upstream.close()

    def _answer(self, answer: Answer) -> None:
        status, headers, body = answer
        self.send_response_only(status)
        has_length = False
        for name, value in headers:
            if name.lower() in HOP_BY_HOP:
                continue
            has_length = has_length or name.lower() == "content-length"
            self.send_header(name, value)
        if not has_length and status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()


def _cookie(header: str, name: str) -> str:
    try:
        morsel = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _error(status: int, code: str, message: str) -> Answer:
    body = json.dumps({"error": {"code": code, "message": message}, "request_id": str(uuid.uuid4())}).encode()
    return status, [("Content-Type", "application/json"), ("Cache-Control", "no-store")], body
