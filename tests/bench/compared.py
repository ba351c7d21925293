"""Three operations beside the same ones written as a typical service would be (`typical`): Powertools' resolver,
pydantic, boto3's resources."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Final

from aws_lambda_powertools.utilities import parameters

from tests.api.client import Context
from tests.bench import cold_start, stub, warm
from tests.bench.asked import Event
from tests.bench.cold_start import Bench, Case
from tests.bench.invocations import Invocation, Twice
from tests.bench.measure import in_turns
from tests.bench.packaged import Packaged
from tests.bench.record import Call, recording, touched
from tests.bench.report import Part, Row, Table, prose, ratio
from tests.bench.story import Teller
from tests.bench.warm import Cost

HERE: Final = "tests.bench."
TURNS: Final = 2  # in which the warm processes alternate


@dataclass(frozen=True)
class Pair:
    """One operation, ours and the typical one."""

    name: str
    ours: Twice
    typical: Twice

    @property
    def raw(self) -> Sequence[Call]:
        """The calls that ours makes."""
        return self.ours.again.calls


def told(teller: Teller) -> list[Pair]:
    """Both, as they work on the story's AWS."""
    return [
        Pair("create an account with two messages", teller.creation(), _typical("accounts", teller.creating())),
        Pair("look-up", teller.look_up(), _typical("registrar", teller.looking_up())),
        Pair("claim (the tap)", teller.tap(), _typical("links", teller.tapping())),
    ]


def written(invocation: Invocation) -> Counter[tuple[str, str]]:
    """What an invocation writes and sends: (operation, table) of each item, and other services' calls."""
    found: Counter[tuple[str, str]] = Counter()
    for call in invocation.calls:
        if call.service != "dynamodb":
            found[call.operation, ""] += 1
        for table, _, only_checked in touched(call.operation, call.parameters):
            found["check" if only_checked else "write", table] += 1
    return found


def _typical(module: str, events: Iterator[Event]) -> Twice:
    with _fresh(f"{HERE}typical.{module}") as name:
        first, again = (_invoked(name, event) for event in islice(events, 2))
    return Twice(first, again)


@contextmanager
def _fresh(name: str) -> Iterator[str]:
    """The module is imported as in a process that has just started: its clients are made at import."""
    parameters.clear_caches()  # type: ignore[no-untyped-call]
    for known in [known for known in sys.modules if known.startswith(f"{HERE}typical")]:
        del sys.modules[known]
    import_module(name)
    yield name


def _invoked(name: str, event: Event) -> Invocation:
    with recording(weighed=False) as recorded:
        answer = sys.modules[name].handler(event, Context())
    assert answer["statusCode"] < 400, answer
    what = f"{event['httpMethod']} {event['resource']}"
    handler = f"{name.removeprefix(HERE)}.handler"
    return Invocation("typical", what, handler, event, answer, tuple(recorded.calls))


def measure(
    pairs: Sequence[Pair],
    package: Packaged,
    folder: Path,
    rounds: int = cold_start.ROUNDS,
    warm_rounds: int = warm.ROUNDS,
) -> Part:
    seconds = _cold(pairs, package, folder, rounds)
    costs = {pair.name: _warm(pair, package, folder, warm_rounds // TURNS) for pair in pairs}
    return Part(
        [row for pair in pairs for row in _rows(pair.name, *costs[pair.name], seconds)],
        "Beside a typical service",
        prose(f"""
            The same operation written as a typical service would be (tests/bench/typical): Powertools' REST resolver
            with its validation by pydantic, Logger, no Tracer, boto3's table resource; it reads and writes the same
            items, and a test holds it to that. It is measured as ours is, compiled like ours, and it has boto3 with all
            of its data. Warm: CPU beside the calls that ours makes, made raw with botocore in the same process; ours
            and the typical one take turns. Cold: CPU of a process from its start through its first answer, beside the
            bare handler's; {rounds} rounds in which all take turns, mean of the best third.
        """),
        [Table(HEADS, [_line(pair, *costs[pair.name], seconds) for pair in pairs])],
    )


HEADS: Final = (
    "operation",
    "AWS calls, ours",
    "typical",
    "warm beside raw calls, ours",
    "typical",
    "cold beside bare, ours",
    "typical",
)


def _cold(pairs: Sequence[Pair], package: Packaged, folder: Path, rounds: int) -> Mapping[str, float]:
    with stub.running() as aws:
        bench = Bench(package, aws, folder)
        runs: dict[str, Callable[[], float]] = {"bare": bench.bare}
        for pair in pairs:
            ours = Case(f"{pair.name}, ours", pair.name, pair.ours.first)
            typical = Case(f"{pair.name}, typical", pair.name, pair.typical.first)
            runs[ours.name] = partial(bench.start, ours)
            runs[typical.name] = partial(bench.start, typical, package.others)
        for run in runs.values():
            run()
        return in_turns(runs, rounds)


def _warm(pair: Pair, package: Packaged, folder: Path, rounds: int) -> tuple[Cost, Cost]:
    """Ours and the typical one, each with the raw calls beside it."""
    ours, typical = [], []
    for _ in range(TURNS):
        ours.append(warm.compare(pair.ours, pair.raw, package.ours, folder, rounds))
        typical.append(warm.compare(pair.typical, pair.raw, package.others, folder, rounds))
    return _mean(ours), _mean(typical)


def _mean(costs: Sequence[Cost]) -> Cost:
    return Cost(sum(cost.ours for cost in costs) / len(costs), sum(cost.bare for cost in costs) / len(costs))


def _rows(name: str, ours: Cost, typical: Cost, seconds: Mapping[str, float]) -> list[Row]:
    cold = seconds[f"{name}, ours"] / seconds[f"{name}, typical"]
    return [Row(f"{name}: ours beside a typical one", f"warm {ratio(ours.ratio / typical.ratio)}, cold {ratio(cold)}")]


def _line(pair: Pair, ours: Cost, typical: Cost, seconds: Mapping[str, float]) -> tuple[str, ...]:
    cold = [seconds[f"{pair.name}, {whose}"] / seconds["bare"] for whose in ("ours", "typical")]
    calls = [str(len(twice.again.calls)) for twice in (pair.ours, pair.typical)]
    warmed = [ratio(cost.ratio) for cost in (ours, typical)]
    return pair.name, *calls, *warmed, *map(ratio, cold)
