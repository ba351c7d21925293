"""`make bench`: measures, prints the table, and writes docs/benchmarks.md. Over budget is said, and is no error."""

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import activation, cold_start, create_account, look_up, packaged, report, sending, size, stub
from tests.bench.activation import Told
from tests.bench.report import Part
from tests.bench.story import AGAIN, DOWNLOADS, telling

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"

HEAD = """# Benchmarks

Made by `make bench` on {day}; do not edit. Ratios are of two things measured in the same run, taking turns, so they
hold on any machine; the seconds behind them do not, and are not shown.
"""


def measure(folder: Path, rounds: int, messages: int) -> list[Part]:
    _say("building the package")
    package = packaged.unpack(folder)
    with telling() as teller:
        _say("telling the story")
        idle = teller.idle_minute()
        fresh = teller.activation(fresh=True)
        teller.activation()  # from now on the process is warm
        warm = teller.activation()
        download = teller.activation(client=DOWNLOADS)
        others, asked, created = teller.others(), teller.look_up(), teller.creation()
        (refreshed,) = next(step for step in warm if step.name == AGAIN).invocations
        _say("starting functions, cold")
        with stub.running() as aws:
            told = [*others, *(each for step in (idle, *fresh) for each in step.invocations)]
            cold = cold_start.measure(told, package, aws, folder, rounds)
        _say("creating accounts, warm")
        accounts = create_account.measure(created, package, folder)
        _say("looking up, warm")
        look_ups = look_up.measure(asked, refreshed, package, folder)
    _say("sending, on the embedded AWS")
    sent = sending.measure(folder, messages)
    told_whole = activation.measure(Told(warm, fresh, download, idle))
    return [cold, accounts, told_whole, look_ups, sent, size.measure(package)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=cold_start.ROUNDS, help="of cold starts; fewer for a quick look")
    parser.add_argument("--messages", type=int, default=sending.MESSAGES, help="to send at a rate")
    given = parser.parse_args()
    started = time.monotonic()
    with TemporaryDirectory() as folder:
        parts = measure(Path(folder), given.rounds, given.messages)
    table = report.budgets(parts).markdown()
    head = HEAD.format(day=datetime.now(UTC).date().isoformat())
    PAGE.write_text("\n\n".join([head.strip(), table, *(part.markdown() for part in parts)]) + "\n", encoding="utf-8")
    print(table)
    _say(f"written to {PAGE.relative_to(ROOT)} after {time.monotonic() - started:.0f} s")


def _say(text: str) -> None:
    print(f"bench: {text}", flush=True)


if __name__ == "__main__":
    main()
