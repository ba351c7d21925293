"""Runs upkeep at once: `make upkeep STAGE=prod`; with DRY=1 it changes nothing, and shows what would happen.

STAGE=local is the running `make run`. DAYS=30 beside DRY=1: what would happen to accounts within so many days."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from infra.functions import Asking, AskingError, ask, asking

FUNCTIONS: Final = ("UpkeepVisit", "UpkeepRetain")
MOST_RUNS: Final = 100  # of a function, until it says that it is done

Report = Mapping[str, Any]


def upkeep(at: Asking, *, dry_run: bool, days: int = 0, say: Callable[[str], None] = print) -> dict[str, Report]:
    """What each function did, or would do, summed over as many runs as that took; said line by line. Raises
    AskingError."""
    reports: dict[str, Report] = {}
    event: dict[str, object] = {"dry_run": True, "days": days} if dry_run else {}
    for function in FUNCTIONS:
        reports[function] = _run(at, function, event)
        for line in lines(function, reports[function], dry_run=dry_run):
            say(line)
    return reports


def lines(function: str, report: Report, *, dry_run: bool) -> Iterator[str]:
    """A report as a table: kind, how many, and the first of them."""
    yield f"{function}: {'would happen' if dry_run else 'has happened'}"
    counts: Mapping[str, int] = report["counts"]
    for kind in sorted(counts):
        examples: list[str] = report["examples"].get(kind, [])
        named = ", ".join(examples[:3]) + (", …" if counts[kind] > 3 and len(examples) > 3 else "")
        yield f"  {kind:28} {counts[kind]:8}  {named}".rstrip()
    if not counts:
        yield "  nothing"
    if not report["done"]:
        yield "  and more: the time was over"


def _run(at: Asking, function: str, event: Mapping[str, object]) -> Report:
    """A run goes on where the one before it ended; a dry one does so by that one's cursor."""
    counts: dict[str, int] = {}
    examples: dict[str, list[str]] = {}
    done = False
    for _ in range(MOST_RUNS):
        report = ask(at, function, event)
        for kind, number in report["counts"].items():
            counts[kind] = counts.get(kind, 0) + number
        for kind, found in report["examples"].items():
            examples.setdefault(kind, []).extend(found)
        done = bool(report["done"])
        if done:
            break
        if "dry_run" in event:
            cursor = report.get("cursor")
            if not cursor or cursor == event.get("cursor"):
                break
            event = {**event, "cursor": cursor}
    return {"counts": counts, "examples": examples, "done": done}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", default="dev")
    parser.add_argument("--dry", action="store_true")
    parser.add_argument("--days", type=int, default=0)
    wanted = parser.parse_args()
    try:
        upkeep(asking(wanted.stage), dry_run=wanted.dry, days=wanted.days)
    except (AskingError, BotoCoreError, ClientError, json.JSONDecodeError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
