"""AWS as a script: a server that gives recorded answers in their order, and notices when it is asked otherwise.

It runs in the measuring process, so none of its own work counts as that of the function it answers.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain, cycle
from typing import Any, NamedTuple

from tests.bench.record import Answered, Call

JSON = "application/x-amz-json-1.0"
PUT_ITEM = "DynamoDB_20120810.PutItem"


class Exchange(NamedTuple):
    """What is asked (an X-Amz-Target, or the method where there is none) and what is answered."""

    target: str
    answered: Answered


NOTHING = Answered(200, JSON, b"{}")
ONE_PUT = Exchange(PUT_ITEM, NOTHING)


def script(calls: Sequence[Call]) -> list[Exchange]:
    """The script that recorded calls make."""
    return [Exchange(call.target, call.answered) for call in calls]


class Stub:
    """`expect` says what comes next; `unlike` is what came instead, if anything did."""

    def __init__(self) -> None:
        self.unlike: list[str] = []
        self._script: Iterator[Exchange] = iter(())
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.stub = self
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def expect(self, first: Sequence[Exchange], then: Sequence[Exchange] = ()) -> None:
        """From now on `first`, and afterwards `then` again and again."""
        with self._lock:
            self.unlike.clear()
            self._script = chain(first, cycle(then))

    def left(self) -> int:
        """How many of `first` were not asked for. Only without `then`."""
        with self._lock:
            return sum(1 for _ in self._script)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, target: str) -> Answered:
        with self._lock:
            wanted = next(self._script, None)
            if wanted is not None and wanted.target == target:
                return wanted.answered
            self.unlike.append(f"{target} in place of {wanted.target if wanted else 'nothing'}")
        refused = {"__type": "ValidationException", "message": "not in the script"}
        return Answered(400, JSON, json.dumps(refused).encode())


@contextmanager
def running() -> Iterator[Stub]:
    stub = Stub()
    try:
        yield stub
    finally:
        stub.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    stub: Stub


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer leaves in one piece
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""

    def _serve(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        answered = self.server.stub.answer(self.headers.get("X-Amz-Target") or self.command)
        self.send_response_only(answered.status)
        self.send_header("Content-Type", answered.content_type)
        self.send_header("Content-Length", str(len(answered.body)))
        for name, value in answered.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answered.body)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve
