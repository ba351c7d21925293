"""One HTTP request to a provider, sent at most once.

Providers do not recognise a repeated send, so what matters of a failure is whether the request can have left us:

* `NeverLeft`: no name, no connection, no TLS. Nothing was asked; asking again is safe.
* `NoAnswer`: request bytes were written and no whole answer came back. It may have been obeyed.

Each request has a connection of its own. A kept-alive one may have been closed by the provider a moment before, and the
reset that follows looks like a lost answer. Nothing is repeated, no redirect is followed, no proxy is taken from the
environment, at most 64 KB of an answer are read, and the clock runs over the whole exchange: a body that comes one byte
a second ends, too.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from typing import Final, NamedTuple

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError
from urllib3.util import parse_url

from functions.common import settings as environment
from functions.messaging.gateways import Answer, Outcome, Trouble
from functions.messaging.gateways._words import words

LONGEST_BODY: Final = 64 * 1024


class Limits(NamedTuple):
    """Seconds."""

    connect: float = 3.0  # for each address of the host; the look-up of its name is the system's affair
    read: float = 10.0  # of silence
    total: float = 13.0  # from beginning to end; what a queue's batch may count on (infra/template/functions.yaml)


LIMITS: Final = Limits()


class Request(NamedTuple):
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


class Response(NamedTuple):
    status: int
    headers: Mapping[str, str]  # lower-case names
    body: bytes  # as sent, at most LONGEST_BODY


class NeverLeft(Exception):
    """Nothing of the request reached the provider. The message says why, without address or content."""


class NoAnswer(Exception):
    """The request left, in part or whole, and no whole answer came back."""


def ask(request: Request, read_answer: Callable[[Response], Answer], limits: Limits = LIMITS) -> Answer:
    """The provider's answer as `read_answer` understands it, or what its absence means."""
    if request.url.startswith("http://") and not environment.http_allowed():
        return Answer(
            outcome=Outcome.rejected_config,
            code="plain-http",
            words="the provider's address is not https",
            trouble=Trouble.other,
        )
    try:
        return read_answer(exchange(request, limits))
    except NeverLeft as reason:
        return Answer(outcome=Outcome.not_sent_transient, words=words(str(reason)))
    except NoAnswer as reason:
        return Answer(outcome=Outcome.unknown, words=words(str(reason)))


def exchange(request: Request, limits: Limits = LIMITS) -> Response:
    """Send the request once and read the answer. Raises NeverLeft or NoAnswer."""
    try:
        url = parse_url(request.url)
    except HTTPError as problem:
        raise NeverLeft("the provider's address is not one") from problem
    started = time.monotonic()
    connection = _connected(url.scheme or "https", url.host or "", url.port, limits)
    wire = connection.sock  # the connection forgets it as soon as the provider announces to close
    try:
        if (left := limits.total - (time.monotonic() - started)) <= 0:  # many addresses, none of them quick
            raise NeverLeft("connecting took too long")
        with hurry(lambda: wire, left) as time_is_up:
            return _converse(connection, request._replace(url=url.request_uri), limits, time_is_up)
    finally:
        connection.close()


@contextmanager
def hurry(current_socket: Callable[[], socket.socket | None], seconds: float) -> Iterator[threading.Event]:
    """End whatever the block does with the socket after `seconds`; the event given tells that it came to that.

    A socket's own time-out starts anew with each byte; this one does not."""
    time_is_up = threading.Event()

    def end() -> None:
        time_is_up.set()
        if (open_socket := current_socket()) is not None:
            with suppress(OSError):  # closed in the meantime
                # Not SSLSocket.shutdown: it would drop the encryption under a reader.
                socket.socket.shutdown(open_socket, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield time_is_up
    finally:
        timer.cancel()


def _connected(scheme: str, host: str, port: int | None, limits: Limits) -> HTTPConnection:
    """A connection that is open, TLS included and the certificate verified."""
    connection = (
        HTTPSConnection(host.strip("[]"), port, timeout=limits.connect, ssl_context=_trust())
        if scheme == "https"
        else HTTPConnection(host.strip("[]"), port, timeout=limits.connect)
    )
    try:
        connection.connect()
    except (HTTPError, OSError, ValueError) as problem:
        connection.close()
        raise NeverLeft(_why_not_connected(problem)) from problem
    return connection


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _why_not_connected(problem: Exception) -> str:
    match problem:
        case NameResolutionError():
            return "the provider's name does not resolve"
        case ConnectTimeoutError() | TimeoutError():
            return "connecting took too long"
        case ssl.SSLCertVerificationError():
            return f"the provider's certificate is not trusted: {problem.verify_message}"
        case ssl.SSLError():
            return f"TLS failed: {problem.reason}"
        case _:
            return "no connection"


def _converse(connection: HTTPConnection, request: Request, limits: Limits, time_is_up: threading.Event) -> Response:
    connection.timeout = limits.read
    try:
        connection.request(
            request.method,
            request.url,
            body=request.body,
            headers={"User-Agent": "DialReady", "Accept-Encoding": "identity", **request.headers},
            preload_content=False,
            decode_content=False,
        )
        response = connection.getresponse()
        body = b""
        while len(body) < LONGEST_BODY and (more := response.read(LONGEST_BODY - len(body))):
            body += more
    except (HTTPError, http.client.HTTPException, OSError) as problem:
        raise NoAnswer(_why_no_answer(problem, limits, time_is_up)) from problem
    if time_is_up.is_set():  # without a Content-Length the end of the connection passes for the end of the body
        raise NoAnswer(_why_no_answer(None, limits, time_is_up))
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Response(response.status, headers, body)


def _why_no_answer(problem: Exception | None, limits: Limits, time_is_up: threading.Event) -> str:
    if time_is_up.is_set():
        return f"no whole answer within {limits.total:g} s"
    if isinstance(problem, TimeoutError) or "timed out" in str(problem):
        return f"no answer for {limits.read:g} s"
    return "the connection was lost before the answer"
