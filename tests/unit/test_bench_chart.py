"""What the bench shows: rows and tables, the chart, the page of parts that were measured at different times."""

import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.bench import __main__ as command
from tests.bench import chart, growth, kept, report, throughput
from tests.bench.growth import Cost
from tests.bench.kept import Measured
from tests.bench.report import Line, Lines, Part, Row, Table
from tests.bench.throughput import Block

SVG = "{http://www.w3.org/2000/svg}"
SIZES = (1_000, 10_000, 100_000)


def drawn(rows: list[Row], panels: list[Lines]) -> ElementTree.Element:
    return ElementTree.fromstring(chart.svg(rows, panels))


def texts(svg: ElementTree.Element) -> list[str]:
    return [each.text or "" for each in svg.iter(f"{SVG}text")]


def bars(svg: ElementTree.Element) -> list[tuple[str, float]]:
    found = [(each.get("class", ""), float(each.get("width", "0"))) for each in svg.iter(f"{SVG}rect")]
    return [bar for bar in found if bar[0] in ("in", "over")]


# rows


@pytest.mark.parametrize(("value", "within"), [(0.99, True), (1.0, True), (1.004, True), (1.006, False)])
def test_a_ratio_is_judged_as_it_is_shown(value: float, within: bool) -> None:
    row = report.at_most("start", value, 1.0)
    assert (row.within, row.used) == (within, value)


def test_a_share_that_is_not_reached_is_over_its_budget() -> None:
    few, enough = report.at_least("rate", 0.96, 0.97), report.at_least("rate", 0.98, 0.97)
    assert (few.within, enough.within) == (False, True)
    assert few.used is not None
    assert enough.used is not None
    assert few.used > 1 > enough.used


def test_what_shall_not_happen_has_no_room() -> None:
    assert (report.none("lost", 0).within, report.none("lost", 0).used) == (True, 0)
    assert (report.none("lost", 2).within, report.none("lost", 2).used) == (False, 2)


# chart


def test_a_bar_ends_at_the_budget_when_it_takes_all_of_it() -> None:
    svg = drawn([report.at_most("a", 0.5, 1.0), report.at_most("b", 1.0, 1.0), report.at_most("c", 1.2, 1.0)], [])
    kinds, (half, whole, over) = zip(*bars(svg), strict=True)
    assert kinds == ("in", "in", "over")
    assert whole == pytest.approx(chart.BUDGET - chart.NAMES, abs=0.1)
    assert half == pytest.approx(whole / 2, abs=0.1)
    assert over > whole


def test_a_bar_stays_in_the_picture_however_much_is_over() -> None:
    svg = drawn([report.none("lost", 1000)], [])
    ((kind, width),) = bars(svg)
    assert kind == "over"
    assert chart.NAMES + width < chart.WIDTH
    assert "1000" in texts(svg)


def test_rows_without_budget_have_no_bar() -> None:
    svg = drawn([Row("price", "1 US$"), report.at_most("a", 0.5, 1.0)], [])
    assert len(bars(svg)) == 1
    assert "price" not in texts(svg)


def test_names_are_escaped_and_everything_is_within_the_picture() -> None:
    svg = drawn([report.at_most("a < b & c", 0.5, 1.0)], [])
    assert "a < b & c" in texts(svg)
    height = float(svg.get("height", "0"))
    assert all(0 < float(each.get("y", "0")) < height for each in svg.iter(f"{SVG}text"))


def test_it_is_readable_in_light_and_dark() -> None:
    style = chart.svg([report.at_most("a", 0.5, 1.0)], [])
    light, _, dark = style.partition("prefers-color-scheme:dark")
    for name in (".back", ".text", ".in", ".over", *(f".c{number}" for number in range(chart.STROKES))):
        assert f"{name}{{" in light
        assert f"{name}{{" in dark


def test_lines_begin_at_the_same_height_and_a_doubled_cost_is_higher() -> None:
    panel = Lines("calls", SIZES, [Line("flat", [1, 1, 1]), Line("grows", [1, 1.5, 2])])
    svg = drawn([], [panel, panel])
    lines = [
        [tuple(map(float, point.split(","))) for point in (each.get("points") or "").split()]
        for each in svg.iter(f"{SVG}polyline")
    ]
    assert len(lines) == 4
    flat, grows = lines[:2]
    assert flat[0] == grows[0]
    assert len({y for _, y in flat}) == 1
    assert [y for _, y in grows] == sorted((y for _, y in grows), reverse=True)
    steps = [later[0] - earlier[0] for earlier, later in pairwise(flat)]
    assert steps[0] == pytest.approx(steps[1], abs=0.2), "sizes stand by their order of magnitude"
    assert [text for text in texts(svg) if text in ("flat", "grows")] == ["flat", "grows"], "one legend for all"


# growth


def cost(calls: int = 10, write: float = 4, cpu: float = 5) -> Cost:
    return Cost(calls, 6, write, 0.001, cpu)


def test_what_is_flat_is_within_and_cpu_is_only_told() -> None:
    part = growth.part({1_000: {"look-up": cost()}, 100_000: {"look-up": cost(cpu=9)}})
    (row,) = part.rows
    assert (row.within, row.measured) == (True, "calls 1.00 ×, units 1.00 ×, CPU 1.80 ×")
    assert [(each.what, each.lines[0].shares) for each in part.lines][-1] == ("CPU", [1.0, 1.8])


@pytest.mark.parametrize("more", [cost(calls=11), cost(write=5), cost(calls=9)])
def test_calls_or_units_that_grow_or_shrink_are_not_flat(more: Cost) -> None:
    (row,) = growth.part({1_000: {"look-up": cost()}, 100_000: {"look-up": more}}).rows
    assert row.within is False


# throughput


def test_speed_is_of_all_workers_from_the_first_begin_to_the_last_end() -> None:
    first = [Block(0.0, 2.0, [0.2] * 10), Block(0.5, 2.5, [0.1] * 10)]
    second = [Block(10.0, 12.5, [0.3] * 10), Block(10.0, 12.0, [0.4] * 10)]
    found = throughput.speed([first, second])
    assert found.a_second == pytest.approx(40 / 5)
    assert (found.percentile(0.5), found.percentile(0.99)) == (0.3, 0.4)
    assert list(found.took) == sorted(found.took)


# the page


def test_parts_are_kept_and_known_again(tmp_path: Path) -> None:
    panel = Lines("calls", SIZES, [Line("flat", [1, 1, 1])])
    part = Part(
        [report.at_most("a", 0.5, 1.0), Row("price", "1 US$")],
        "Title",
        "Method.",
        [Table(("a",), [("1",)])],
        ["Note."],
        [panel],
    )
    kept.keep("functions", [part], tmp_path)
    (known,) = kept.known(tmp_path).values()
    (again,) = known.parts
    assert again.markdown() == part.markdown()
    assert again.rows == part.rows
    assert chart.svg(again.rows, again.lines) == chart.svg(part.rows, part.lines)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", known.day)


def test_the_page_holds_what_was_measured_and_says_since_when(tmp_path: Path) -> None:
    page, picture = tmp_path / "page.md", tmp_path / "page.svg"
    known = {
        "growth": Measured("2026-02-03", [Part([report.at_most("second", 0.5, 1.0)], "Growth")]),
        "functions": Measured("2026-02-01", [Part([report.at_most("first", 1.5, 1.0)], "Cold start")]),
    }
    said = command.write(known, page, picture)
    text = page.read_text(encoding="utf-8")
    assert "on 2026-02-01;" in text
    assert text.index("## Cold start") < text.index("## Growth")
    assert "](page.svg)" in text
    assert "first" in picture.read_text(encoding="utf-8")
    assert "**over**" in said
    assert "not measured yet: throughput" in said
