"""Drives a real Linphone, Debian's `linphonec` (5.1.65), by what it says at its prompt and in its log.

What it takes to run it without screen, sound card and mouse:
- its home holds `.local/share/linphone/`, else it starts, stays at its prompt and never fetches;
- the one setting it needs is [misc] config-uri; a port of -1 is a free one;
- "soundcard use files" takes the place of the sound card, and has to be said before a call.
"""

import os
import re
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from tests.e2e.sip import PATIENCE, program

_PROMPT: Final = "linphonec> "
_INCOMING_KBITS: Final = re.compile(r"RTP : \[d=([\d.]+)")  # its log says it each second
_SHORT_CODE: Final = re.compile(r"is fully encrypted and auth token is (\w+)\.")
_START: Final = """\
[misc]
config-uri={file_url}
[sip]
sip_port=-1
sip_tcp_port=-1
sip_tls_port=-1
bind_address=127.0.0.1
use_ipv6=0
guess_hostname=0
root_ca={root_ca}
[rtp]
bind_address=127.0.0.1
audio_rtp_port=-1
[net]
mtu=1300
[video]
automatically_initiate=0
automatically_accept=0
"""


class Softphone:
    """One phone, running inside `with`.

    file_url: where its file is; root_ca: whose certificates it trusts; auto_answer: whether it takes every call. With
    None for file_url it starts with what it saved when it last stopped in the same folder."""

    def __init__(
        self, folder: Path, file_url: str | None, *, root_ca: Path | None = None, auto_answer: bool = False
    ) -> None:
        (folder / ".local/share/linphone").mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._settings = folder / "linphonerc"
        self._options = ["-a"] if auto_answer else []
        if file_url is not None:
            self._settings.write_text(_START.format(file_url=file_url, root_ca=root_ca or ""))
        self.console = ""  # everything printed since the start
        self.log = ""  # its log, every SIP message included
        self._news = threading.Condition()

    def __enter__(self) -> Self:
        self.console = self.log = ""
        self._process = subprocess.Popen(
            # The log goes to standard error, so that we wait for its lines and need not look for them.
            [program("linphonec") or "linphonec", "-c", self._settings, "-d", "6", "-l", "/dev/stderr", *self._options],
            # COLUMNS: else readline scrolls the echo of a long command sideways.
            env={"HOME": str(self._folder), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "COLUMNS": "2000"},
            cwd=self._folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._readers = [
            threading.Thread(target=self._read, args=(stream, name), daemon=True)
            for stream, name in ((self._process.stdout, "console"), (self._process.stderr, "log"))
        ]
        for reader in self._readers:
            reader.start()
        if not self.wait_for(lambda: _PROMPT in self.console, limit=PATIENCE):
            self.stop()
            raise RuntimeError(f"linphonec did not start: {self.console[-800:]}")
        self.say("soundcard use files")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def say(self, command: str) -> str:
        """Says a command and returns the answer: what is printed between the command's echo and the next prompt.

        Raises TimeoutError when the prompt does not come back."""
        start = len(self.console)
        answer = re.compile(re.escape(command) + r"\r?\n(.*?)" + re.escape(_PROMPT), re.DOTALL)
        self._type(command)
        if not self.wait_for(lambda: answer.search(self.console, start) is not None, limit=PATIENCE):
            raise TimeoutError(f"linphonec did not answer {command!r}: {self.console[start:]}")
        found = answer.search(self.console, start)
        return found.group(1) if found else ""

    def wait_for(self, holds: Callable[[], bool], limit: float) -> bool:
        """Whether the condition came to hold within `limit` seconds; looked at whenever the phone prints or logs."""
        with self._news:
            return self._news.wait_for(lambda: holds() or self._process.poll() is not None, limit) and holds()

    def registered(self, limit: float = PATIENCE) -> bool:
        """Whether it is registered within `limit` seconds."""
        return self.wait_for(lambda: self._registration() == "Ok", limit)

    def refused(self, limit: float = PATIENCE) -> bool:
        """Whether its registration fails within `limit` seconds."""
        return self.wait_for(lambda: self._registration() == "Failed", limit)

    def in_call(self, limit: float = PATIENCE) -> bool:
        """Whether media streams run within `limit` seconds."""
        return self.wait_for(lambda: "Media streams established" in self.console, limit)

    def hears(self, limit: float = PATIENCE) -> bool:
        """Whether audio comes in within `limit` seconds: more than silence and keep-alives need."""
        return self.wait_for(lambda: any(float(rate) > 5 for rate in _INCOMING_KBITS.findall(self.log)), limit)

    def authentication_string(self, limit: float = PATIENCE) -> str:
        """ZRTP's short code, which two people compare; empty when there is none within `limit` seconds."""
        self.wait_for(lambda: _SHORT_CODE.search(self.console) is not None, limit)
        found = _SHORT_CODE.search(self.console)
        return found[1] if found else ""

    def saved(self) -> str:
        """What it keeps on disk; written when it stops."""
        return self._settings.read_text()

    def stop(self) -> None:
        """Ends it as a person would: it says good-bye to its SIP server and saves."""
        if self._process.poll() is None:
            try:
                self._type("quit")
                self._process.wait(10)
            except (subprocess.TimeoutExpired, BrokenPipeError):
                self._process.kill()
                self._process.wait(10)
        for reader in self._readers:
            reader.join(5)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def _registration(self) -> str:
        """The last state it logged, as Linphone names it: Progress, Ok, Failed, Cleared; empty before the first."""
        states: list[str] = re.findall(r"to \[LinphoneRegistration(\w+)\]", self.log)
        return states[-1] if states else ""

    def _type(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def _read(self, stream: IO[bytes], name: str) -> None:
        heard = b""
        while more := os.read(stream.fileno(), 65536):
            heard += more
            with self._news:
                setattr(self, name, heard.decode(errors="replace"))
                self._news.notify_all()
        with self._news:
            self._news.notify_all()
