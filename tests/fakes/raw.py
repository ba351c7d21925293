"""A server that says what it is told to, for the ends of a connection that no well-behaved server shows."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.fakes.records import LONGEST_WAIT


class Talking:
    """`port` on 127.0.0.1; `calls` counts the connections."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.calls = 0
        self.over = threading.Event()  # set at the end: scripts wait on it instead of sleeping


@contextmanager
def talking(script: Callable[[socket.socket, Talking], None]) -> Iterator[Talking]:
    """Runs `script` with every connection, in a thread of its own; the connection ends with it."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Talking(listener.getsockname()[1])
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            script(connection, server)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            server.calls += 1
            threads.append(threading.Thread(target=serve, args=(connection,), daemon=True))
            threads[-1].start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield server
    finally:
        server.over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in (accepting, *threads):
            thread.join(LONGEST_WAIT)
