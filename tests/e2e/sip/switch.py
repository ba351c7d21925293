"""A wire that can be cut: what the SIP server takes for the system's address, and behind it the system."""

import socket
import threading
from types import TracebackType
from typing import Final, Literal, Self

_CHUNK: Final = 65536


class Switch:
    """Passes connections to 127.0.0.1:`port` on, inside `with`; `cut` and `mend` as often as one likes."""

    def __init__(self, port: int) -> None:
        self._behind = port
        self._listening = self._listen(0)
        self._port: int = self._listening.getsockname()[1]
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._silent = False
        self._asked = b""

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self._accept()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.cut()

    def cut(self, how: Literal["refused", "silent"] = "refused") -> None:
        """From now on connections are refused, or taken and never answered; those that are open end."""
        self._silent = how == "silent"
        if not self._silent:
            # Closing alone would leave the thread in accept, which holds the port.
            self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
        with self._lock:
            ends, self._ends = self._ends, set()
        for end in ends:
            end.close()

    def mend(self) -> None:
        if self._silent:
            self._silent = False
            with self._lock:
                ends, self._ends = self._ends, set()
            for end in ends:
                end.close()
            return
        self._listening = self._listen(self._port)
        self._accept()

    def asked(self, what: str) -> int:
        """How often that was in a request."""
        with self._lock:
            return self._asked.count(what.encode())

    def _listen(self, port: int) -> socket.socket:
        return socket.create_server(("127.0.0.1", port), backlog=64)

    def _accept(self) -> None:
        threading.Thread(target=self._accepting, args=(self._listening,), daemon=True).start()

    def _accepting(self, listening: socket.socket) -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            with self._lock:
                self._ends.add(near)
            if self._silent:
                continue
            far = socket.create_connection(("127.0.0.1", self._behind))
            with self._lock:
                self._ends.add(far)
            for source, sink, counted in ((near, far, True), (far, near, False)):
                threading.Thread(target=self._pass, args=(source, sink, counted), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        try:
            while more := source.recv(_CHUNK):
                if counted:
                    with self._lock:
                        self._asked += more
                sink.sendall(more)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return
