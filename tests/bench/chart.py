"""The chart of docs/benchmarks.md, an SVG: each budget's row as a bar beside its budget, and how things grow.

Colours come from a style sheet inside, for light and for dark."""

from collections.abc import Iterator, Sequence
from html import escape
from math import ceil, log10
from typing import Final, NamedTuple

from tests.bench.report import Line, Lines, Row

WIDTH: Final = 960
MARGIN: Final = 24
FONT: Final = 13

BAR: Final = 14
ROW: Final = 24
NAMES: Final = 430  # where the bars begin
BUDGET: Final = 740  # where a bar ends that takes all of its budget
MOST: Final = 1.45  # of the budget: longer bars are cut

PANEL: Final = 190
PLOT: Final = 250  # wide
GAP: Final = 56
LEGEND: Final = 20
STROKES: Final = 8  # that can be told apart

STYLE: Final = """
.back{fill:#fff}.text{fill:#1a1d21}.soft{fill:#59616b}.in{fill:#2f7d4f}.over{fill:#c2410c}.none{fill:#cfd5dc}
.rule{stroke:#59616b}.grid{stroke:#e3e7eb}
.c0{stroke:#0b5fce;fill:#0b5fce}.c1{stroke:#c2410c;fill:#c2410c}.c2{stroke:#2f7d4f;fill:#2f7d4f}
.c3{stroke:#7c3aed;fill:#7c3aed}.c4{stroke:#a16207;fill:#a16207}.c5{stroke:#0e7490;fill:#0e7490}
.c6{stroke:#be185d;fill:#be185d}.c7{stroke:#475569;fill:#475569}
@media (prefers-color-scheme:dark){
.back{fill:#14171a}.text{fill:#eceff2}.soft{fill:#a9b2bc}.in{fill:#4fb97c}.over{fill:#fb8b4e}.none{fill:#3b434c}
.rule{stroke:#a9b2bc}.grid{stroke:#2a3036}
.c0{stroke:#7db4ff;fill:#7db4ff}.c1{stroke:#fb8b4e;fill:#fb8b4e}.c2{stroke:#4fb97c;fill:#4fb97c}
.c3{stroke:#b794f6;fill:#b794f6}.c4{stroke:#e0b341;fill:#e0b341}.c5{stroke:#4fc3d9;fill:#4fc3d9}
.c6{stroke:#f28bb8;fill:#f28bb8}.c7{stroke:#a9b2bc;fill:#a9b2bc}}
"""


class _Drawn(NamedTuple):
    """Some elements, and where the next ones begin."""

    elements: Sequence[str]
    bottom: float


def svg(rows: Sequence[Row], panels: Sequence[Lines]) -> str:
    """Rows without a budget are left out."""
    bars = _bars([row for row in rows if row.used is not None], MARGIN)
    growth = _growth(panels, bars.bottom) if panels else _Drawn((), bars.bottom)
    height = ceil(growth.bottom + MARGIN)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="system-ui,-apple-system,Segoe UI,Roboto,sans-serif" font-size="{FONT}" role="img">'
    )
    title = "<title>Budgets, and how costs grow with the number of accounts</title>"
    back = f'<rect class="back" width="{WIDTH}" height="{height}"/>'
    style = f"<style>{STYLE}</style>"
    return "\n".join([head, title, style, back, *bars.elements, *growth.elements, "</svg>"]) + "\n"


def _bars(rows: Sequence[Row], top: float) -> _Drawn:
    heading = _text(MARGIN, top + FONT, "What is measured, beside its budget", "text", bold=True)
    first = top + 2 * ROW
    drawn = [element for number, row in enumerate(rows) for element in _bar(row, first + number * ROW)]
    bottom = first + len(rows) * ROW
    rule = f'<line class="rule" x1="{BUDGET}" x2="{BUDGET}" y1="{first - 6}" y2="{bottom - 4}" stroke-dasharray="3 3"/>'
    label = _text(BUDGET, first - 10, "the budget", "soft", anchor="middle")
    return _Drawn([heading, label, *drawn, rule], bottom + ROW)


def _bar(row: Row, y: float) -> Iterator[str]:
    assert row.used is not None
    length = max(2.0, min(row.used, MOST) * (BUDGET - NAMES))
    kind = "in" if row.within else "over"
    yield _text(NAMES - 10, y + BAR - 3, row.what, "text", anchor="end")
    yield f'<rect class="{kind}" x="{NAMES}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2"/>'
    said = f"{row.measured} ({row.budget})"
    beside = max(NAMES + length, BUDGET) + 8 if row.used <= 1 else NAMES + min(row.used, MOST) * (BUDGET - NAMES) + 8
    yield _text(beside, y + BAR - 3, said if beside < BUDGET + 40 else row.measured, "text" if row.within else "over")


def _growth(panels: Sequence[Lines], top: float) -> _Drawn:
    heading = _text(
        MARGIN, top + FONT, "With more accounts in the tenant, beside the first number of them", "text", bold=True
    )
    drawn = [heading]
    plot = top + 2.5 * ROW
    for number, panel in enumerate(panels):
        drawn += _panel(panel, MARGIN + 34 + number * (PLOT + GAP), plot)
    names = [line.name for line in panels[0].lines]
    legend = plot + PANEL + 2 * ROW
    for number, name in enumerate(names):
        column, row = number % 4, number // 4
        x, y = MARGIN + 34 + column * 225, legend + row * LEGEND
        stroke = number % STROKES
        drawn.append(f'<line class="c{stroke}" x1="{x}" x2="{x + 22}" y1="{y - 4}" y2="{y - 4}" stroke-width="2.5"/>')
        drawn.append(_text(x + 30, y, name, "text"))
    return _Drawn(drawn, legend + ceil(len(names) / 4) * LEGEND)


def _panel(panel: Lines, left: float, top: float) -> Iterator[str]:
    most = max(2.0, ceil(max(share for line in panel.lines for share in line.shares)))
    yield _text(left + PLOT / 2, top - 12, panel.what, "text", anchor="middle")
    for tick in _ticks(most):
        y = _y(tick, most, top)
        yield f'<line class="grid" x1="{left}" x2="{left + PLOT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield _text(left - 6, y + 4, f"{tick:g} ×", "soft", anchor="end")
    for number, size in enumerate(panel.sizes):
        anchor = {0: "start", len(panel.sizes) - 1: "end"}.get(number, "middle")
        yield _text(_x(size, panel.sizes, left), top + PANEL + 18, f"{size:,}", "soft", anchor=anchor)
    for number, line in enumerate(panel.lines):
        yield _line(line, panel.sizes, number % STROKES, most, left, top)


def _line(line: Line, sizes: Sequence[int], stroke: int, most: float, left: float, top: float) -> str:
    points = " ".join(
        f"{_x(size, sizes, left):.1f},{_y(share, most, top):.1f}"
        for size, share in zip(sizes, line.shares, strict=True)
    )
    return (
        f'<polyline class="c{stroke}" points="{points}" style="fill:none" stroke-width="2.5" stroke-opacity=".85">'
        f"<title>{escape(line.name)}</title></polyline>"
    )


def _ticks(most: float) -> list[float]:
    step = most / 4 if most <= 4 else ceil(most / 4)
    return [step * number for number in range(int(most / step) + 1)]


def _x(size: int, sizes: Sequence[int], left: float) -> float:
    """By order of magnitude."""
    first, last = log10(sizes[0]), log10(sizes[-1])
    return left + (log10(size) - first) / (last - first) * PLOT if last > first else left


def _y(share: float, most: float, top: float) -> float:
    return top + PANEL - share / most * PANEL


def _text(x: float, y: float, text: str, kind: str, *, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{weight}>{escape(text)}</text>'
