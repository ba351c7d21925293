"""Deliberately broken taps, fetches and codes: each decides by what it has read, and then writes. A programme that
finds nothing wrong with them finds nothing."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from msgspec.structs import replace
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from functions.activation import claim, codes, deliver
from functions.common import limits
from functions.common.table import Table
from functions.common.transaction import Step, commit


def _commit_unconditionally(steps: Sequence[Step]) -> None:
    commit([replace(step, condition=None) for step in steps])


def _update_unconditionally(
    item: Table, actions: Sequence[Action], _condition: Condition, _otherwise: Exception
) -> None:
    item.update(actions=list(actions))


class _OnlyLooking:
    """Limits that are looked up, and counted by nobody."""

    @staticmethod
    def take(limit: int, _seconds: int, *what: str) -> int | None:
        return limits.over(limit, *what)

    give_back = staticmethod(limits.give_back)


# name -> (module, attribute, what stands there instead)
TAP: Final = "read, then write: the tap"
FETCH: Final = "read, then write: the fetch"
CODE: Final = "read, then write: the code"
MUTANTS: Final[dict[str, tuple[tuple[Any, str, Callable[..., Any]], ...]]] = {
    TAP: ((claim, "update", _update_unconditionally),),
    FETCH: ((deliver, "commit", _commit_unconditionally),),
    CODE: ((codes, "update", _update_unconditionally), (codes, "limits", _OnlyLooking)),
}


@contextmanager
def mutated(name: str | None) -> Iterator[None]:
    """The functions with this flaw; whole again afterwards."""
    changes = MUTANTS[name] if name is not None else ()
    before = [getattr(module, attribute) for module, attribute, _ in changes]
    for module, attribute, broken in changes:
        setattr(module, attribute, broken)
    try:
        yield
    finally:
        for (module, attribute, _), whole in zip(changes, before, strict=True):
            setattr(module, attribute, whole)
