"""A SIP stack that is not Linphone's: PJSIP, by way of the reference client, in a process of its own.

It is given what was found in a file, and registers with it over verified TLS."""

import importlib.util
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec
import pytest

from examples.reference_client.file import Settings
from infra.build import ROOT
from tests.e2e.sip import INSTALL, PATIENCE, missing

_MISSING: Final = [part for part in missing() if part != "linphonec"]

needs_second_stack = pytest.mark.skipif(
    bool(_MISSING) or importlib.util.find_spec("pjsua2") is None,
    reason=f"needs {', '.join(_MISSING)}: {INSTALL}" if _MISSING else "needs pjsua2: pip install pjsua2-python",
)


class SecondStack:
    """One phone, running inside `with`. authority: whose certificates it trusts."""

    def __init__(self, settings: Settings, authority: Path) -> None:
        self._settings, self._authority = settings, authority
        self._news = threading.Condition()
        self._ended = False
        self.said: list[str] = []

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.pjsip", self._authority],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert self._process.stdin is not None
        with self._process.stdin as stdin:
            stdin.write(msgspec.json.encode(self._settings))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        self._reader.join(5)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def registered(self, limit: float = PATIENCE) -> bool:
        """Whether it is registered within `limit` seconds."""
        return self.says("registered", limit, unless="not registered: ")

    def refused(self, limit: float = PATIENCE) -> bool:
        """Whether its registration fails within `limit` seconds."""
        return self.says("not registered: ", limit, unless="registered")

    def says(self, words: str, limit: float = PATIENCE, *, unless: str | None = None) -> bool:
        """Whether a line that begins with these words is said within `limit` seconds, before one that begins with the
        others, and before the process ends."""

        def first() -> str | None:
            wanted = (words,) if unless is None else (words, unless)
            return next((line for line in self.said if line.startswith(wanted)), None)

        with self._news:
            self._news.wait_for(lambda: first() is not None or self._ended, limit)
            return (first() or "").startswith(words)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._news:
                self.said.append(line.decode(errors="replace").rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()
