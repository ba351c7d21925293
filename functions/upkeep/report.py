"""What a run of upkeep did; or, of a dry run, what it would do."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

MOST_EXAMPLES: Final = 20  # ids that are named per kind


class Report(msgspec.Struct, kw_only=True):
    """How many things of each kind ("account.expired"), the first of them by id, and whether the run came to its end:
    not `done`, the next one goes on. A dry run, which leaves no trace, says where by its `cursor`, for the next one."""

    counts: dict[str, int] = {}
    examples: dict[str, list[str]] = {}
    done: bool = True
    cursor: dict[str, Any] = {}

    def add(self, kind: str, example: str | None = None, number: int = 1) -> None:
        """Counts `number` more of a kind; the example is an id, never a name, a number or an address."""
        self.counts[kind] = self.counts.get(kind, 0) + number
        if example is None:
            return
        known = self.examples.setdefault(kind, [])
        if len(known) < MOST_EXAMPLES:
            known.append(example)

    def join(self, other: "Report") -> None:
        """Takes in what another part of the same run did."""
        for kind, number in other.counts.items():
            self.add(kind, number=number)
        for kind, found in other.examples.items():
            known = self.examples.setdefault(kind, [])
            known += found[: MOST_EXAMPLES - len(known)]
        self.done = self.done and other.done


def shown(report: Report) -> Mapping[str, object]:
    """As a function answers a direct invocation."""
    found: dict[str, object] = msgspec.to_builtins(report)
    return found
