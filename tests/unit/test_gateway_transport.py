"""Whether a request can have left us is told right, it leaves at most once, and no provider keeps us too long."""

import socket
import ssl
import time
from collections.abc import Callable

import pytest

from functions.messaging.gateways._transport import (
    LONGEST_BODY,
    Limits,
    NeverLeft,
    NoAnswer,
    Request,
    Response,
    exchange,
)
from tests.fakes.certificates import Authority
from tests.fakes.raw import Talking, talking

LIMITS = Limits(connect=0.5, read=0.4, total=0.8)
SOON = 9.0  # seconds by which everything with these limits is over, on a slow machine, too; without them, 10 or more


def post(url: str, limits: Limits = LIMITS) -> Response:
    return exchange(Request("POST", url, {"Content-Type": "text/plain"}, b"hello"), limits)


def answering(*pieces: bytes, pause: float = 0.0) -> Callable[[socket.socket, Talking], None]:
    """Reads a request, then sends these pieces with a pause after each, and closes."""

    def script(connection: socket.socket, server: Talking) -> None:
        connection.recv(65536)
        for piece in pieces:
            connection.sendall(piece)
            if pause and server.over.wait(pause):
                return

    return script


def test_a_whole_answer_is_given_as_it_came() -> None:
    with talking(answering(b"HTTP/1.1 418 Teapot\r\nX-One: 1\r\nContent-Length: 5\r\n\r\nshort")) as server:
        answer = post(f"http://127.0.0.1:{server.port}/a/b?c=d")
    assert (answer.status, answer.body, answer.headers["x-one"]) == (418, b"short", "1")


def test_what_is_asked_is_asked_once() -> None:
    heard = [b""]

    def script(connection: socket.socket, _: Talking) -> None:
        while not heard[0].endswith(b"hello"):
            heard[0] += connection.recv(65536)
        connection.sendall(b"HTTP/1.1 307 Elsewhere\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")

    with talking(script) as server:
        assert post(f"http://127.0.0.1:{server.port}/a/b?c=d").status == 307
        assert server.calls == 1
    [request] = heard
    assert request.startswith(b"POST /a/b?c=d HTTP/1.1\r\n")
    assert request.count(b"hello") == 1
    assert b"Accept-Encoding: identity" in request


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/", "http://no-such-name.invalid/", "https://127.0.0.1:1/", "https://a..b/", "http://[::1/"],
)
def test_without_a_connection_nothing_left(url: str) -> None:
    with pytest.raises(NeverLeft):
        post(url)


def test_a_certificate_that_is_not_trusted_gets_nothing() -> None:
    context = Authority().server_context("127.0.0.1")
    heard: list[bytes] = []

    def script(connection: socket.socket, _: Talking) -> None:
        with context.wrap_socket(connection, server_side=True) as encrypted:
            heard.append(encrypted.recv(65536))

    with talking(script) as server, pytest.raises(NeverLeft, match="certificate is not trusted"):
        post(f"https://127.0.0.1:{server.port}/")
    assert not any(heard)


def test_a_server_that_does_not_speak_tls_gets_nothing() -> None:
    with talking(answering(b"HTTP/1.1 400 Speak up\r\n\r\n")) as server, pytest.raises(NeverLeft):
        post(f"https://127.0.0.1:{server.port}/")


def test_a_server_that_is_silent_at_the_handshake_gets_nothing() -> None:
    def script(_: socket.socket, server: Talking) -> None:
        server.over.wait()

    with talking(script) as server, pytest.raises(NeverLeft, match="too long"):
        post(f"https://127.0.0.1:{server.port}/")


@pytest.mark.parametrize(
    "script",
    [
        answering(),
        answering(b"HTTP/1.1 20"),
        answering(b"nonsense\r\n\r\n"),
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
        answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf"),
        answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        answering(b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 200 + b"\r\n"),
        answering(b"HTTP/1.1 200 " + b"O" * 70_000),
        answering(b"HTTP/1.1 100 Continue\r\n\r\n" * 5),
    ],
)
def test_anything_but_a_whole_answer_is_no_answer(script: Callable[[socket.socket, Talking], None]) -> None:
    with talking(script) as server:
        with pytest.raises(NoAnswer):
            post(f"http://127.0.0.1:{server.port}/")
        assert server.calls == 1


LONG = b"x" * 100


@pytest.mark.parametrize(
    "pieces",
    [
        (b"", *[b""] * 100),
        tuple(b"HTTP/1.1 200 OK\r\n"[at : at + 1] for at in range(17)) * 9,
        (b"HTTP/1.1 200 OK\r\n", *[b"X-Slow: 1\r\n"] * 100),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", *[b"x"] * 100),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 100),
        # These two end with the connection, so cutting it must not pass for their end.
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", *[b"x"] * 100),
        (b"HTTP/1.0 200 OK\r\n\r\n", *[b"x"] * 100),
    ],
)
def test_a_slow_answer_is_waited_for_no_longer_than_agreed(pieces: tuple[bytes, ...]) -> None:
    with talking(answering(*pieces, pause=0.1)) as server:
        started = time.monotonic()
        with pytest.raises(NoAnswer, match=r"within 0\.8 s|for 0\.4 s"):
            post(f"http://127.0.0.1:{server.port}/")
        assert time.monotonic() - started < SOON


def test_a_slow_answer_over_tls_ends_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority()
    context = authority.server_context("127.0.0.1")
    trust = ssl.create_default_context(cadata=authority.certificate)
    monkeypatch.setattr("functions.messaging.gateways._transport._trust", lambda: trust)
    slow = answering(b"HTTP/1.0 200 OK\r\n\r\n", *[b"x"] * 100, pause=0.1)

    def script(connection: socket.socket, server: Talking) -> None:
        with context.wrap_socket(connection, server_side=True) as encrypted:
            slow(encrypted, server)

    with talking(script) as server, pytest.raises(NoAnswer, match=r"within 0\.8 s"):
        post(f"https://127.0.0.1:{server.port}/")


def test_of_a_long_body_only_the_beginning_is_read() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n"
    with talking(answering(head + b"x" * 200_000)) as server:
        assert post(f"http://127.0.0.1:{server.port}/").body == b"x" * LONGEST_BODY
