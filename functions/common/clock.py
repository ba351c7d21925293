"""The time, from one place, so that tests can set it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_frozen: datetime | None = None


def now() -> datetime:
    """The present moment, aware, in UTC, to the millisecond (what our tables keep)."""
    moment = _frozen or datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def epoch() -> int:
    """The present moment in whole seconds since 1970: what conditions and TTLs compare."""
    return int(now().timestamp())


def text(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds; sorts as text in order of time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read(moment: str) -> datetime:
    """The inverse of `text`."""
    return datetime.fromisoformat(moment)


def normal(moment: str | None) -> str | None:
    """A moment as somebody else wrote it (RFC 3339, with its zone) in our own form; None when it is none."""
    try:
        found = read(moment or "")
        return text(found) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """In tests: time stands still at `moment`; nest to move it."""
    global _frozen
    before, _frozen = _frozen, moment
    try:
        yield
    finally:
        _frozen = before


def tick(step: timedelta) -> None:
    """In tests, while frozen: time moves on by `step`."""
    global _frozen
    if _frozen is None:
        raise RuntimeError("tick() needs frozen()")
    _frozen += step
