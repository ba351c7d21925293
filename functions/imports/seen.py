"""What was seen in a file before, however long it is: kept on disk, in memory of a constant size."""

import sqlite3
from hashlib import blake2b
from pathlib import Path
from struct import Struct
from tempfile import TemporaryDirectory
from types import TracebackType

_CACHE_KB = 4096
_MARK = Struct("<16sI")  # and the line


class Seen:
    """Values by kind, each with the line it was seen in first. A context manager: at its end all is forgotten. What
    came since `fresh` was asked last is in memory, too."""

    def __enter__(self) -> "Seen":
        self._folder = TemporaryDirectory(prefix="seen-")
        self._database = sqlite3.connect(Path(self._folder.name) / "seen.db", isolation_level=None)
        for setting in (
            "journal_mode = OFF",  # it lives for one reading: there is nothing to recover
            "synchronous = OFF",
            "locking_mode = EXCLUSIVE",
            f"cache_size = -{_CACHE_KB}",
        ):
            self._database.execute(f"PRAGMA {setting}")
        self._database.execute("CREATE TABLE seen (mark BLOB PRIMARY KEY, line INTEGER NOT NULL) WITHOUT ROWID")
        self._database.execute("BEGIN")
        self._fresh: list[bytes] = []
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        self._folder.cleanup()

    def first(self, kind: str, value: str, line: int) -> int | None:
        """The earlier line that had the same; None where this one is the first, and from now on known as such."""
        mark = _mark(kind, value)
        added = self._database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (mark, line)).rowcount
        if added:
            self._fresh.append(_MARK.pack(mark, line))
            return None
        (earlier,) = self._database.execute("SELECT line FROM seen WHERE mark = ?", (mark,)).fetchone()
        return int(earlier) if earlier != line else None

    def fresh(self) -> bytes:
        """What came since this was asked last, as `restore` takes it."""
        found = b"".join(self._fresh)
        self._fresh.clear()
        return found

    def restore(self, fresh: bytes) -> None:
        """All that is known from now on, too."""
        self._database.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", _MARK.iter_unpack(fresh))

    def __contains__(self, mark: tuple[str, str]) -> bool:
        """Whether a value, as (kind, value), was seen."""
        found = self._database.execute("SELECT 1 FROM seen WHERE mark = ?", (_mark(*mark),))
        return found.fetchone() is not None


def _mark(kind: str, value: str) -> bytes:
    """Of one length, and with nobody's number in it."""
    return blake2b(f"{kind}\0{value}".encode(), digest_size=16).digest()
