"""What is printed, and kept in docs/benchmarks.md."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Row(NamedTuple):
    """One line of the table of budgets. `within` is None for what has no budget. `used` is how much of its budget it
    takes, for the chart: 1 is all of it."""

    what: str
    measured: str
    budget: str = ""
    within: bool | None = None
    used: float | None = None

    @property
    def verdict(self) -> str:
        return {True: "ok", False: "**over**", None: ""}[self.within]


class Table(NamedTuple):
    """A table of Markdown; numbers, and what looks like them, stand to the right."""

    heads: Sequence[str]
    lines: Sequence[Sequence[str]]

    def markdown(self) -> str:
        wide = [max(len(line[column]) for line in (self.heads, *self.lines)) for column in range(len(self.heads))]
        right = [all(_numeric(line[column]) for line in self.lines) for column in range(len(self.heads))]
        rule = [
            ("-" * (width - 1) + ":") if to_right else "-" * width for width, to_right in zip(wide, right, strict=True)
        ]
        shown = [_line(self.heads, wide, right), _line(rule, wide, right)]
        return "\n".join([*shown, *(_line(line, wide, right) for line in self.lines)])


class Line(NamedTuple):
    """How one thing grows: a share of what it was at the first size, for each size."""

    name: str
    shares: Sequence[float]


class Lines(NamedTuple):
    """A panel of the chart: lines over the same sizes."""

    what: str
    sizes: Sequence[int]
    lines: Sequence[Line]


@dataclass
class Part:
    """What one module has measured: lines for the table of budgets, and what stands below it for the curious."""

    rows: list[Row]
    title: str = ""
    method: str = ""
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lines: list[Lines] = field(default_factory=list)

    def markdown(self) -> str:
        blocks = [f"## {self.title}", self.method, *(table.markdown() for table in self.tables), *self.notes]
        return "\n\n".join(block for block in blocks if block)


def budgets(parts: Sequence[Part]) -> Table:
    """The table of budgets."""
    rows = [row for part in parts for row in part.rows]
    return Table(
        ("what", "measured", "budget", ""), [(row.what, row.measured, row.budget, row.verdict) for row in rows]
    )


def prose(text: str) -> str:
    """A paragraph, however it was broken into lines."""
    return " ".join(text.split())


def ratio(value: float) -> str:
    return f"{value:.2f} ×"


def at_most(what: str, value: float, budget: float) -> Row:
    """A ratio that shall not exceed its budget."""
    return Row(what, ratio(value), f"≤ {ratio(budget)}", round(value, 2) <= budget, value / budget)


def at_least(what: str, value: float, budget: float) -> Row:
    """A share, of one, that shall be reached."""
    return Row(what, f"{value:.1%}", f"≥ {budget:.0%}", value >= budget, budget / value if value else None)


def none(what: str, number: int) -> Row:
    """What shall not happen at all."""
    return Row(what, str(number), "0", number == 0, float(number))


def dollars(value: float) -> str:
    return f"{value:.4f}" if value < 1 else f"{value:.2f}"


def _numeric(text: str) -> bool:
    return re.fullmatch(r"[≤≥ \d.,×–]*( MB|%)?", text) is not None


def _line(cells: Sequence[str], wide: Sequence[int], right: Sequence[bool]) -> str:
    padded = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, wide, right, strict=True)]
    return f"| {' | '.join(padded)} |"
