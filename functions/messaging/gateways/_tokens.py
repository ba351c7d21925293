"""Access tokens that providers give out for a while: kept in the process, renewed before they end.

Each process has its own; what they are made of is never a key in clear."""

import hashlib
import time
from collections.abc import Callable
from typing import Final, NamedTuple

EARLY: Final = 90.0  # seconds before its end at which a token is renewed


class Token(NamedTuple):
    text: str
    seconds: float  # its life

    def __repr__(self) -> str:
        return "Token(...)"


_kept: dict[str, tuple[str, float]] = {}


def token(made_of: tuple[str, ...], fetch: Callable[[], Token]) -> str:
    """The token that `fetch` gets with these credentials; fetched again shortly before it ends.

    Raises what `fetch` raises."""
    name = _name(made_of)
    kept = _kept.get(name)
    if kept is not None and time.monotonic() < kept[1]:
        return kept[0]
    fresh = fetch()
    _kept[name] = (fresh.text, time.monotonic() + max(fresh.seconds - EARLY, 0.0))
    return fresh.text


def forget(made_of: tuple[str, ...]) -> None:
    """The provider no longer takes this one."""
    _kept.pop(_name(made_of), None)


def forget_all() -> None:
    """In tests, when the world is made anew."""
    _kept.clear()


def _name(made_of: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(made_of).encode()).hexdigest()
