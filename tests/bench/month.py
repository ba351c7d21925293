"""What a month costs: nobody there, and 10,000 accounts whose phones register again every hour, everything included."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import functions
from tests.bench import charges, prices, record, units
from tests.bench.inventory import HOURS, Inventory
from tests.bench.invocations import Invocation, Twice
from tests.bench.report import Part, Row, Table, dollars, prose
from tests.bench.story import Teller
from tests.bench.units import Item

ACCOUNTS: Final = 10_000
SECONDS: Final = HOURS * 3600
GB: Final = 1e9

POLLERS: Final = 5  # of a queue that a function consumes, while it is empty
POLL_SECONDS: Final = 20
METHOD_METRICS: Final = 5  # Count, Latency, IntegrationLatency, 4XXError, 5XXError
LAMBDA_LINES: Final = 400  # bytes that Lambda itself logs of an invocation: START, END, REPORT
HEADERS: Final = 500  # bytes of an answer, beside its body
RENEWED_EVERY: Final = 300  # seconds after which a process reads token and data key again
TRACED_EACH_SECOND: Final = 1  # X-Ray's default: one a second and function, and of the others a twentieth
TRACED_OF_OTHERS: Final = 0.05

_COUNTED: Final = re.compile(r"\bcount\(\s*\"(\w+)\"")


class Told(NamedTuple):
    """What the story gave for it. `refreshed`: the event by which a SIP server tells of a registration that goes on;
    `idle`: each schedule's run with nothing to do; `rows`: what an account has after its activation, by table;
    `secrets`: those of the tenant's gateways."""

    look_up: Twice
    refreshed: Invocation
    idle: Sequence[Invocation]
    rows: Mapping[str, Sequence[Item]]
    indexes: Mapping[str, Sequence[units.Index]]
    secrets: int


class Position(NamedTuple):
    """One line of the bill."""

    what: str
    why: str
    dollars: float
    idle: bool  # whether it is there with nobody there


@dataclass(frozen=True)
class Bill:
    items: Sequence[Position]

    @property
    def total(self) -> float:
        return sum(item.dollars for item in self.items)

    @property
    def idle(self) -> float:
        return sum(item.dollars for item in self.items if item.idle)


def told(teller: Teller, look_up: Twice, refreshed: Invocation, idle: Sequence[Invocation]) -> Told:
    rows = teller.rows()
    secrets = teller.post.world.cloud.secrets.list_secrets()["SecretList"]
    of_gateways = [each for each in secrets if "/gateway/" in each["Name"]]
    return Told(look_up, refreshed, idle, rows, {name: record.indexes(name) for name in rows}, len(of_gateways))


def bill(told: Told, has: Inventory, accounts: int = ACCOUNTS) -> Bill:
    return Bill([*_used(told, has, accounts), *_kept(told, has, accounts), *_idle(told, has)])


def _used(told: Told, has: Inventory, accounts: int) -> Iterator[Position]:
    asked, events = told.look_up.again, told.refreshed
    each = accounts * HOURS
    yield _item("look-ups", f"{each:,}: one with each REGISTER, every hour", charges.of(asked).total * each)
    yield _item("registration events", f"{each:,}: one with each look-up", charges.of(events).total * each)
    first = charges.of_calls(told.look_up.first).total - charges.of_calls(asked).total
    again = SECONDS / RENEWED_EVERY
    yield _item("tokens and data keys", "read again every 5 minutes by a process", first * again)
    sizes = [(invocation.logged + LAMBDA_LINES) * each for invocation in (asked, events)]
    yield _item("their logs", f"{sum(sizes) / GB:.1f} GB taken in, kept for a month", _logs(sum(sizes)))
    if has.traced:
        recorded = traces(2 * each)  # one function serves both
        yield _item("their traces", f"{recorded:,.0f} recorded: 1 a second, 5 % of the others", recorded * prices.TRACE)
    if has.method_metrics:
        metrics = 2 * METHOD_METRICS
        yield _item("metrics of two methods", f"{metrics} metrics", metrics * prices.METRIC)
    out = sum(len(str(invocation.answer["body"])) + HEADERS for invocation in (asked, events)) * each / GB
    yield _item("data out", f"{out:.1f} GB", out * prices.DATA_OUT_GB)


def _kept(told: Told, has: Inventory, accounts: int) -> Iterator[Position]:
    bytes_ = {table: sum(units.stored(row, told.indexes[table]) for row in rows) for table, rows in told.rows.items()}
    backed_up = sum(units.stored(row, ()) for table in bytes_ if table in has.backed_up for row in told.rows[table])
    kept = sum(bytes_.values())
    why = f"{kept / 1000:.1f} KB an account, indexes included"
    yield _item("tables and indexes", why, kept * accounts / GB * prices.DYNAMODB_GB_MONTH)
    why = f"{backed_up / 1000:.1f} KB an account"
    yield _item("point-in-time recovery", why, backed_up * accounts / GB * prices.DYNAMODB_BACKED_UP_GB_MONTH)


def _idle(told: Told, has: Inventory) -> Iterator[Position]:
    runs = {each.handler: has.schedules[each.handler] for each in told.idle}
    cost = sum(charges.of(each).total * runs[each.handler] for each in told.idle)
    calls = sum(len(each.calls) for each in told.idle)
    why = f"{sum(runs.values()):,.0f} runs of {len(runs)} schedules; {calls} calls when each runs once"
    yield _item("upkeep with nothing to do", why, cost, idle=True)
    size = sum((each.logged + LAMBDA_LINES) * runs[each.handler] for each in told.idle)
    yield _item("its logs", f"{size / GB:.2f} GB taken in, kept for a month", _logs(size), idle=True)
    if has.traced:
        recorded = sum(traces(each) for each in runs.values())
        yield _item("its traces", f"{recorded:,.0f} recorded", recorded * prices.TRACE, idle=True)
    polls = has.queues * POLLERS * SECONDS / POLL_SECONDS
    why = f"{has.queues} queues, {POLLERS} pollers each, every {POLL_SECONDS} s"
    yield _item("asking empty queues", why, polls * prices.SQS_REQUEST, idle=True)
    yield _item(
        "keys", f"{has.keys}; each dearer by 1 after its first two rotations", has.keys * prices.KMS_KEY, idle=True
    )
    secrets = has.secrets + told.secrets
    why = f"{has.secrets} keyrings, {told.secrets} of gateways"
    yield _item("secrets", why, secrets * prices.SECRET, idle=True)
    yield _item("alarms", str(has.alarms), has.alarms * prices.ALARM, idle=True)
    names = counted()
    why = f"{len(names)} at most: an hour in which one is not written costs nothing"
    yield _item("our own metrics", why, len(names) * prices.METRIC, idle=True)


def traces(invocations: float) -> float:
    """How many of a function's invocations in a month X-Ray records, were they spread evenly."""
    a_second = invocations / SECONDS
    beyond = max(0.0, a_second - TRACED_EACH_SECOND)
    return (min(a_second, TRACED_EACH_SECOND) + beyond * TRACED_OF_OTHERS) * SECONDS


def counted() -> frozenset[str]:
    """The names of our own metrics."""
    sources = Path(functions.__path__[0]).rglob("*.py")
    return frozenset(name for each in sources for name in _COUNTED.findall(each.read_text(encoding="utf-8")))


def _logs(size: float) -> float:
    return size / GB * (prices.LOG_GB + prices.LOG_KEPT_GB_MONTH)


def _item(what: str, why: str, cost: float, *, idle: bool = False) -> Position:
    return Position(what, why, cost, idle)


def measure(told: Told, has: Inventory) -> Part:
    month = bill(told, has)
    lines = [(item.what, item.why, f"{item.dollars:.2f}") for item in month.items]
    lines.append(("**all**", f"{dollars(month.total / ACCOUNTS)} US$ an account", f"{month.total:.2f}"))
    return Part(
        [
            Row(f"{ACCOUNTS:,} registered accounts, a month, everything", f"{month.total:.2f} US$"),
            Row("of these, whatever is done", f"{month.idle:.2f} US$"),
        ],
        "A month",
        prose(f"""
            {ACCOUNTS:,} accounts whose phones register again every hour, on an installation with one tenant and the
            gateways of the story: each REGISTER takes one look-up and is told by one event. What has to be paid
            whatever is done comes last.
        """),
        [Table(("what", "how much of it", "US$ a month"), lines)],
        [charges.ASSUMED, _METRICS if has.method_metrics else ""],
    )


_METRICS: Final = prose(f"""
    Each method of the API has metrics of its own: every other method that is asked in every hour of a month adds
    {METHOD_METRICS * prices.METRIC:.2f} US$.
""")
