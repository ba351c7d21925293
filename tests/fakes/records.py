"""What the fakes were told to deliver: kept in memory, and in a file when it shall outlive the process."""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

LONGEST_WAIT = 90.0  # seconds; a test that waits longer has failed


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One receipt as we posted it, and what came back."""

    status: str
    code: str = ""
    part: str = ""  # the provider's id
    at: str
    answered: int | None = None  # HTTP status; None when nobody answered


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """One message as the person gets it."""

    id: int
    revision: int  # grows with every change of any message: what feeds ask after
    channel: Literal["sms", "email"]
    provider: str
    at: str
    to: str
    sender: str
    text: str
    subject: str = ""
    html: str | None = None
    headers: dict[str, str] = {}  # e-mail only
    reference: str | None = None  # what the sender called it
    provider_ids: tuple[str, ...] = ()
    parts: int = 1
    encoding: str = ""
    account: str = ""
    receipt_url: str | None = None
    scenario: str = ""  # in words; empty for what every recipient gets
    reports: tuple[Report, ...] = ()


class _Head(msgspec.Struct):
    """The first line of the file."""

    generation: str


def timestamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Records:
    """Every recorded message, by id; safe from any thread, and something to wait on."""

    def __init__(self, folder: Path | None = None) -> None:
        self.generation = secrets.token_hex(8)  # a new one after `reset`: what was seen before is no more
        self._revision = 0
        self._messages: dict[int, Recorded] = {}
        self._changed = threading.Condition()
        self._closed = False
        self._file = folder / "messages.jsonl" if folder is not None else None
        if self._file is not None:
            self._load(self._file)

    def add(self, message: Recorded) -> Recorded:
        """Record a message; its `id` and `revision` are given here."""
        with self._changing():
            number = max(self._messages, default=0) + 1
            recorded = msgspec.structs.replace(message, id=number, revision=self._revision + 1)
            self._keep(recorded)
        return recorded

    def report(self, message_id: int, report: Report) -> None:
        """Note a receipt that was posted; of a message that is gone it is dropped."""
        with self._changing():
            if (message := self._messages.get(message_id)) is not None:
                reports = (*message.reports, report)
                self._keep(msgspec.structs.replace(message, reports=reports, revision=self._revision + 1))

    def get(self, message_id: int) -> Recorded | None:
        with self._changed:
            return self._messages.get(message_id)

    def all(self, channel: Literal["sms", "email"] | None = None) -> list[Recorded]:
        """In the order in which they came."""
        with self._changed:
            return [message for message in self._messages.values() if channel in (None, message.channel)]

    def since(self, revision: int) -> tuple[list[Recorded], int]:
        """What changed after `revision`, oldest change first, and the revision to ask after next."""
        with self._changed:
            changed = [message for message in self._messages.values() if message.revision > revision]
            return sorted(changed, key=lambda message: message.revision), self._revision

    def wait_until(self, holds: Callable[[], bool], timeout: float = LONGEST_WAIT) -> bool:
        """Whether `holds()` came true, looked at again after every change."""
        with self._changed:
            return self._changed.wait_for(lambda: holds() or self._closed, timeout) and holds()

    def wait_beyond(self, revision: int, timeout: float) -> None:
        """Until anything changes after `revision`, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._revision != revision or self._closed, timeout)

    def reset(self) -> None:
        with self._changing():
            self.generation, self._revision = secrets.token_hex(8), 0
            self._messages.clear()
            self._write_anew()

    def close(self) -> None:
        """Lets every waiter go."""
        with self._changing():
            self._closed = True

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._changed:
            yield
            self._changed.notify_all()

    def _keep(self, message: Recorded) -> None:
        self._revision = message.revision
        self._messages[message.id] = message
        if self._file is not None:
            with self._file.open("ab") as file:
                file.write(msgspec.json.encode(message) + b"\n")

    def _load(self, file: Path) -> None:
        """The last line of each message holds; a line cut off by a crash is forgotten."""
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = file.read_bytes().splitlines() if file.exists() else []
        try:
            self.generation = msgspec.json.decode(lines[0], type=_Head).generation
        except (IndexError, msgspec.DecodeError):
            lines = []
        for line in lines[1:]:
            try:
                message = msgspec.json.decode(line, type=Recorded)
            except msgspec.DecodeError:
                continue
            self._messages[message.id] = message
            self._revision = max(self._revision, message.revision)
        self._write_anew()

    def _write_anew(self) -> None:
        if self._file is None:
            return
        lines = [msgspec.json.encode(_Head(self.generation)), *map(msgspec.json.encode, self._messages.values())]
        beside = self._file.with_suffix(".new")
        beside.write_bytes(b"".join(line + b"\n" for line in lines))
        beside.replace(self._file)
