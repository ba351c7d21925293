"""Whoever asked for receipts: takes every request, keeps it, answers as told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.records import LONGEST_WAIT
from tests.fakes.wire import HttpRequest


class Listener:
    """`heard` holds what came, in order; `status` is what the next ones are answered."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.status = 200
        self._heard: list[HttpRequest] = []
        self._changed = threading.Condition()

    @property
    def heard(self) -> list[HttpRequest]:
        with self._changed:
            return list(self._heard)

    def hear(self, request: HttpRequest) -> int:
        with self._changed:
            self._heard.append(request)
            self._changed.notify_all()
            return self.status

    def wait_for(self, number: int, timeout: float = LONGEST_WAIT) -> list[HttpRequest]:
        """What was heard once there were so many, or the time was over."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._heard) >= number, timeout)
            return list(self._heard)


@contextmanager
def listening(path: str = "/receipts") -> Iterator[Listener]:
    """A listener on a free port of 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = dict(parse_qsl(url.query, keep_blank_values=True))
            status = listener.hear(HttpRequest(self.command, url.path, query, headers, body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = _serve

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    listener = Listener(f"http://127.0.0.1:{server.server_address[1]}{path}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join(LONGEST_WAIT)
