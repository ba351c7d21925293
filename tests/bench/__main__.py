"""`make bench`: measures, prints the table, and writes docs/benchmarks.md with its chart. Over budget is said, and is
no error.

    python -m tests.bench                    everything
    python -m tests.bench growth sending     these alone; the page keeps what was measured of the others before
    python -m tests.bench --page             the page anew, from what was measured before
    python -m tests.bench functions --rounds 1 --warm 9 --try    whether it can be measured; nothing is kept"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from infra.front_door import FrontDoor
from infra.system import System, start
from tests.bench import (
    activation,
    chart,
    cold_start,
    compared,
    create_account,
    expiry,
    growth,
    imports,
    inventory,
    kept,
    look_up,
    month,
    packaged,
    report,
    sending,
    size,
    stub,
    throughput,
    warm,
)
from tests.bench.activation import Told
from tests.bench.kept import Measured
from tests.bench.report import Part
from tests.bench.story import AGAIN, DOWNLOADS, telling

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "benchmarks.md"
CHART: Final = PAGE.with_suffix(".svg")

HEAD: Final = """# Benchmarks

Made by `make bench` on {day}; do not edit. Ratios are of two things measured in the same run, taking turns, so they
hold on any machine; the seconds behind them do not.

![Budgets, and how costs grow with the number of accounts]({chart})
"""


def functions(folder: Path, given: argparse.Namespace) -> list[Part]:
    """What functions cost, cold and warm, and the price of what they do; seen in this process, on moto."""
    package = packaged.unpack(folder)
    has = inventory.read(package.template)
    with telling() as teller:
        _say("telling the story")
        idle = teller.idle()
        fresh = teller.activation(fresh=True)
        teller.activation()  # from now on the process is warm
        warm = teller.activation()
        (refreshed,) = next(step for step in warm if step.name == AGAIN).invocations
        asked = teller.look_up()
        of_month = month.told(teller, asked, refreshed, idle.invocations)
        download = teller.activation(client=DOWNLOADS)
        others, created, pairs = teller.others(), teller.creation(), compared.told(teller)
        told_whole, a_month = activation.measure(Told(warm, fresh, download)), month.measure(of_month, has)
        _say("starting functions, cold")
        with stub.running() as aws:
            told = [*others, *(each for step in (idle, *fresh) for each in step.invocations)]
            cold = cold_start.measure(told, package, aws, folder, given.rounds)
        _say("creating accounts and looking up, warm")
        accounts = create_account.measure(created, package, folder, given.warm)
        look_ups = look_up.measure(asked, refreshed, package, folder, given.warm)
        _say("the same as a typical service does it")
        beside = compared.measure(pairs, package, folder, given.rounds, given.warm)
    return [cold, accounts, beside, told_whole, look_ups, a_month, size.measure(package)]


def claims(folder: Path, given: argparse.Namespace) -> list[Part]:
    """Claims and look-ups a second."""
    return [throughput.measure(folder)]


def grown(folder: Path, given: argparse.Namespace) -> list[Part]:
    """The same operations among 1,000, 10,000 and 100,000 accounts."""
    package = packaged.unpack(folder)
    return [growth.measure(folder, inventory.read(package.template).every_minute)]


def sent(folder: Path, given: argparse.Namespace) -> list[Part]:
    with _deployed(folder) as system:
        return [sending.measure(system, given.messages)]


def imported(folder: Path, given: argparse.Namespace) -> list[Part]:
    with _deployed(folder) as system:
        return [imports.measure(system)]


def expired(folder: Path, given: argparse.Namespace) -> list[Part]:
    with _deployed(folder) as system:
        return [expiry.measure(system, given.expired)]


MEASURES: Final[Mapping[str, Callable[[Path, argparse.Namespace], list[Part]]]] = {
    "functions": functions,
    "throughput": claims,
    "growth": grown,
    "sending": sent,
    "imports": imported,
    "expiry": expired,
}
"""In the order of the page."""


@contextmanager
def _deployed(folder: Path) -> Iterator[System]:
    """The whole system on an embedded AWS."""
    state = folder / "state"
    state.mkdir()
    system = start(state, FrontDoor(), persistent=False, target=folder / "deployed package")
    try:
        yield system
    finally:
        system.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(MEASURES)}; all, when none is given")
    parser.add_argument("--page", action="store_true", help="measure nothing")
    parser.add_argument("--rounds", type=int, default=cold_start.ROUNDS, help="of cold starts; fewer for a quick look")
    parser.add_argument("--warm", type=int, default=warm.ROUNDS, help="rounds of warm requests")
    parser.add_argument("--messages", type=int, default=sending.MESSAGES, help="to send at a rate")
    parser.add_argument("--expired", type=int, default=expiry.SIZE, help="accounts that expire at once")
    parser.add_argument("--try", action="store_true", dest="tried", help="keep nothing, and leave the page as it is")
    given = parser.parse_args()
    if unknown := set(given.names) - MEASURES.keys():
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(MEASURES)}")
    for name in () if given.page else given.names or MEASURES:
        started = time.monotonic()
        _say(name)
        with TemporaryDirectory() as folder:
            parts = MEASURES[name](Path(folder), given)
        if given.tried:
            print(report.budgets(parts).markdown())
        else:
            kept.keep(name, parts)
        _say(f"{name}: {time.monotonic() - started:.0f} s")
    if given.tried:
        return
    known = kept.known()
    if not known.keys() & MEASURES.keys():
        parser.error("nothing has been measured yet")
    print(write(known))


def write(known: Mapping[str, Measured], page: Path = PAGE, picture: Path = CHART) -> str:
    """The page and its chart, of all that was ever measured. -> the table of budgets."""
    measured = [known[name] for name in MEASURES if name in known]
    parts = [part for each in measured for part in each.parts]
    table = report.budgets(parts).markdown()
    head = HEAD.format(day=min(each.day for each in measured), chart=picture.name)
    page.write_text("\n\n".join([head.strip(), table, *(part.markdown() for part in parts)]) + "\n", encoding="utf-8")
    rows, panels = [row for part in parts for row in part.rows], [lines for part in parts for lines in part.lines]
    picture.write_text(chart.svg(rows, panels), encoding="utf-8")
    missing = [name for name in MEASURES if name not in known]
    return f"{table}\n" + (f"\nnot measured yet: {', '.join(missing)}\n" if missing else "")


def _say(text: str) -> None:
    print(f"bench: {text}", flush=True)


if __name__ == "__main__":
    main()
