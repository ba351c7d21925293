"""docs/scaling.md is true to the code, the template and the benchmarks, and its arithmetic is right."""

import ast
import operator
import random
import re
from collections.abc import Callable, Iterator, Mapping
from heapq import heappop, heappush
from importlib import import_module
from typing import Any, Final, NamedTuple

import pytest

from functions.activation.models import SHARDS as LINK_SHARDS
from functions.common.transaction import ATTEMPTS, BASE_DELAY
from functions.messaging.gateway_choice import SHARE
from functions.messaging.models import SHARDS as MESSAGE_SHARDS
from infra.build import ROOT
from infra.template import join, read_parts

PAGE: Final = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
BENCHMARKS: Final = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
WRITES: Final = 1000  # units a second of a partition
READS: Final = 3000

Row = dict[str, str]


class Table(NamedTuple):
    """One table of the page: its heads, and its lines by head."""

    heads: tuple[str, ...]
    rows: tuple[Row, ...]


def _tables() -> Iterator[Table]:
    heads: tuple[str, ...] = ()
    rows: list[Row] = []
    for line in [*PAGE.splitlines(), ""]:
        if not line.startswith("|"):
            if heads:
                yield Table(heads, tuple(rows))
            heads, rows = (), []
            continue
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not heads:
            heads = tuple(cells)
        elif not set(line) <= set("|-: "):
            assert len(cells) == len(heads), line
            rows.append(dict(zip(heads, cells, strict=True)))


TABLES: Final = tuple(_tables())


def _table(*heads: str) -> tuple[Row, ...]:
    """The rows of the one table that has these heads."""
    (found,) = [table for table in TABLES if set(heads) <= set(table.heads)]
    return found.rows


def _code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def _number(cell: str) -> float:
    found = re.match(r"[\d,]*\.?\d+", cell)
    assert found is not None, cell
    return float(found[0].replace(",", ""))


_INPUTS: Final = _table("value", "from")
NAMES: Final = {_code(row[""])[0]: _number(row["value"]) for row in _INPUTS}

_OPERATORS: Final[Mapping[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _value(formula: str, **names: float) -> float:
    def of(node: ast.expr) -> float:
        match node:
            case ast.BinOp(left, op, right):
                return _OPERATORS[type(op)](of(left), of(right))
            case ast.Name(id=name):
                return exact[name]
            case ast.Constant(value=(int() | float()) as value):
                return float(value)
        raise AssertionError(f"{formula}: {ast.dump(node)}")

    exact = NAMES | EXACT | names
    return of(ast.parse(formula, mode="eval").body)


EXACT: Final[dict[str, float]] = {}
for _row in _INPUTS:
    if formulas := _code(_row["what"]):
        EXACT[_code(_row[""])[0]] = _value(formulas[0])


def _near(said: str, value: float, *, within: float = 0.01) -> bool:
    """Whether a figure is this value, rounded as it is written."""
    digits = len(said.partition(".")[2].rstrip("% ")) if "." in said else 0
    return bool(abs(_number(said) - value) <= max(0.51 * 10.0**-digits, within * abs(value)))


# the arithmetic


def test_the_rates_that_all_else_is_computed_from() -> None:
    assert set(EXACT) == {"a", "p"}
    for name, value in EXACT.items():
        assert _near(str(NAMES[name]), value), (name, value)


def _formulas() -> Iterator[Any]:
    for table in TABLES:
        if "formula" not in table.heads:
            continue
        for row in table.rows:
            (formula,) = _code(row["formula"])
            if "mean" in row:
                yield pytest.param(formula, row["mean"], {"x": EXACT["a"]}, id=f"{formula}, mean")
                yield pytest.param(formula, row["peak"], {"x": EXACT["p"]}, id=f"{formula}, peak")
            else:
                result = next(row[head] for head in ("result", "busy at the peak", "at the peak") if head in row)
                yield pytest.param(formula, result, {}, id=formula)


@pytest.mark.parametrize(("formula", "said", "names"), list(_formulas()))
def test_a_formula_gives_the_figure_beside_it(formula: str, said: str, names: dict[str, float]) -> None:
    value = _value(formula, **names)
    assert _near(said, value), f"{formula} is {value:,.2f}, and {said} is written"


def test_what_everybody_writes_and_reads_is_computed_from_its_units() -> None:
    written = _table("units", "shards", "share")
    assert len(written) > 10
    for row in written:
        second = _number(row["units"]) * EXACT["p"] / _number(row["shards"])
        assert _near(row["at the peak"], second), row
        assert _near(row["share"], second / WRITES * 100), row
    for row in _table("units", "in transactions"):
        second = _number(row["units"]) * EXACT["p"]
        assert _near(row["at the peak"], second), row
        assert _near(row["share"], second / READS * 100), row


def test_units_by_table_are_shares_of_the_first_4_000() -> None:
    for row in _table("of the first 4,000"):
        assert _near(row["of the first 4,000"], _number(row["at the peak"]) / 40), row
        assert row["formula"].startswith(f"`{row['write units']} * p"), row


def test_gateways_are_as_many_as_their_rates_need() -> None:
    rows = _table("`RATE` a second")
    modules = {path.stem for path in (ROOT / "functions/messaging/gateways").glob("[a-z]*.py")}
    assert {_code(row["kind"])[0] for row in rows} == modules - {"ses", "gmail", "smtp"}
    for row in rows:
        (kind,) = _code(row["kind"])
        rate = import_module(f"functions.messaging.gateways.{kind}").RATE
        assert _number(row["`RATE` a second"]) == rate, kind
        assert _number(row["takes"]) == pytest.approx(rate * SHARE), kind
        for head, wanted in (("gateways, mean", EXACT["a"]), ("gateways, peak", EXACT["p"])):
            assert _number(row[head]) == -(-wanted // (rate * SHARE)), (kind, head)


def test_conflicts_of_transactions_are_as_many_as_five_tries_with_pauses_meet() -> None:
    for row in _table("tries of each"):
        tries, refused = _conflicts(_number(row["created a second"]), NAMES["X"])
        assert _near(row["tries of each"], tries, within=0.05), (row, tries)
        assert abs(_number(row["answered 503"]) - refused * 100) <= 1.5, (row, refused)


def _conflicts(rate: float, held: float, seconds: int = 300) -> tuple[float, float]:
    """Transactions that come at random and all hold one item for `held` seconds: how often each tries, and the share
    that gives up. Pauses as `common.transaction.commit` makes them."""
    chance = random.Random(1)
    coming: list[tuple[float, int]] = []
    at, begun, free, tries, refused = 0.0, 0, 0.0, 0, 0
    while (at := at + chance.expovariate(rate)) < seconds:
        heappush(coming, (at, 1))
        begun += 1
    while coming:
        at, attempt = heappop(coming)
        tries += 1
        if at >= free:
            free = at + held
        elif attempt == ATTEMPTS:
            refused += 1
        else:
            heappush(coming, (at + BASE_DELAY * 2**attempt * (0.5 + chance.random()), attempt + 1))
    return tries / begun, refused / begun


# what it says of the code


@pytest.mark.parametrize("row", _table("constant", "in", "value"), ids=lambda row: " ".join(row.values()))
def test_a_constant_is_what_the_page_says(row: Row) -> None:
    (name,), (module,) = _code(row["constant"]), _code(row["in"])
    assert _number(row["value"]) == getattr(import_module(module), name)


def test_the_shards_that_hot_keys_are_divided_by_are_the_codes() -> None:
    shards = {row["key"]: _number(row["shards"]) for row in _table("units", "shards", "share")}
    assert shards["messages `due`"] == MESSAGE_SHARDS
    assert shards["links `due`"] == LINK_SHARDS


def _resources() -> dict[str, Any]:
    joined: Any = join(read_parts(ROOT / "infra" / "template"))
    return dict(joined["Resources"])


def test_every_table_and_index_of_the_template_is_on_the_page_and_no_other() -> None:
    template = {
        name.removesuffix("Table").lower(): {
            index["IndexName"] for index in resource["Properties"].get("GlobalSecondaryIndexes", ())
        }
        for name, resource in _resources().items()
        if resource.get("Type") == "AWS::DynamoDB::Table"
    }
    page: dict[str, set[str]] = {}
    table = ""
    for row in _table("table", "index", "partition key"):
        table = row["table"] or table
        page.setdefault(table, set()).update(_code(row["index"]))
    assert page == template


FUNCTIONS: Final = {"api": "APIHandler"}  # others are their names in capitals


def test_what_functions_have_now_is_what_the_template_gives_them() -> None:
    resources = _resources()
    for row in _table("function", "now", "wanted"):
        name = _code(row["function"])[0]
        properties = resources[FUNCTIONS.get(name, "".join(part.title() for part in name.split("-")))]["Properties"]
        number, word = re.fullmatch(r"(\d+) (reserved|at most)", row["now"]).groups()  # type: ignore[union-attr]
        given = properties["ReservedConcurrentExecutions"] if word == "reserved" else _most(properties)
        assert given["Fn::If"][1] == int(number), name


def _most(properties: Mapping[str, Any]) -> Any:
    (event,) = properties["Events"].values()
    return event["Properties"]["ScalingConfig"]["MaximumConcurrency"]


def test_the_gateways_throttle_is_the_templates() -> None:
    (settings,) = _resources()["RestAPI"]["Properties"]["MethodSettings"]
    assert f"the gateway's throttle, {settings['ThrottlingRateLimit']} a second" in PAGE


def test_an_api_of_so_many_resources_is_well_below_the_quota() -> None:
    import app

    paths = {tuple(route.path.strip("/").split("/")) for route in app.ROUTES}
    resources = {path[:length] for path in paths for length in range(len(path) + 1)}
    said = re.search(r"resources of an API \| 300 \| some (\d+)", PAGE)
    assert said is not None
    assert len(resources) <= int(said[1]) < 250


# what it says of the benchmarks: never better than measured, nor so old that it is far from it


def _measured(pattern: str) -> list[float]:
    found = re.search(pattern, BENCHMARKS)
    assert found is not None, pattern
    return [_number(each) for each in found.groups()]


def test_what_an_activation_takes_is_what_was_measured() -> None:
    row = r"AWS calls for one activation +\| \d+ calls, ([\d.]+) read and ([\d.]+) write units, ([\d.]+) US\$ for 1,000"
    for name, measured in zip(("R", "W", "K"), _measured(row), strict=True):
        assert 0.9 * measured <= NAMES[name] <= 2 * measured, (name, measured)


def test_what_registered_accounts_cost_is_what_was_measured() -> None:
    row = r"registrar, 10,000 accounts, a month +\| look-ups ([\d.]+) US\$, events ([\d.]+) US\$"
    said = re.search(r"\(([\d.]+) and ([\d.]+) US\$ for 10,000 accounts and month\)", PAGE)
    assert said is not None
    for measured, written in zip(_measured(row), said.groups(), strict=True):
        assert 0.9 * measured <= _number(written) <= 1.5 * measured
        assert f"`{written} * G / 10000`" in PAGE
