"""The kinds of long work: where each is, and what a kind is.

A kind is a module with `LANES`, `advance` and `finish`, and with `STINT` where a worker stays with a lane longer than
`work.STINT`. A piece may be done twice (its worker was killed before it said so), and so may `finish`:
everything in them must be repeatable."""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, Final, NamedTuple, Protocol, TypeVar

import msgspec

from functions.common.caller import Caller

S = TypeVar("S")

KINDS: Final[Mapping[str, str]] = {
    "import-check": "imports.checking",
    "import-run": "imports.running",
    "import-look": "imports.looking",
    "import-undo": "imports.undoing",
    "import-disable": "imports.missing",
    "import-lapse": "imports.lapsing",
    "export": "imports.exporting",
    "extension": "accounts.extend_many",
    "off-boarding": "tenants.off_boarding",
}
"""Kind → its module under `functions/`."""


class Piece(NamedTuple):
    """What one piece of work has come to: where the next begins (JSON), what to add to the lane's counts, and whether
    the lane is done."""

    position: str | None
    counts: Mapping[str, int]
    done: bool


class Running(NamedTuple):
    """A job as its kind sees it. `renew` keeps the lease through a long piece; it raises `Lost` when somebody else has
    taken over."""

    tenant: str
    id: str
    caller: Caller
    raw: str
    renew: Callable[[], None]

    def about(self, type_: type[S]) -> S:
        """What the job is about, in its kind's own type."""
        return msgspec.json.decode(self.raw, type=type_)


class Kind(Protocol):
    LANES: int

    def advance(self, job: Running, lane: int, position: str | None) -> Piece | Iterator[Piece]:
        """One bounded piece of work (some 20 seconds at most, or `renew` in between); or several, one after the
        other, of what is dear to begin. After any of them it may be closed, and go on elsewhere from its position."""

    def finish(self, job: Running, counts: Mapping[str, int]) -> None:
        """Once every lane is done, under a lease like theirs: `renew` in between; `counts`: the sums of all lanes."""

    def failed(self, job: Running) -> None:
        """A piece failed again and again, and the job has been given up."""


def kind(name: str) -> Kind:
    module: Any = import_module(f"functions.{KINDS[name]}")
    return module  # type: ignore[no-any-return]
