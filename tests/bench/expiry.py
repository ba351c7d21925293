"""Very many accounts that have expired, and upkeep that works through them in runs of limited time."""

from typing import Final

from infra.system import System
from tests.bench.report import Part, Row, at_most, none, prose
from tests.programmes.upkeep import RUN, Result, expire_many

SIZE: Final = 10_000
FLAT: Final = 1.20  # the memory of the run that took most, beside that of the one that took least


def measure(system: System, size: int = SIZE) -> Part:
    return part(expire_many(system, size))


def part(found: Result) -> Part:
    name = f"{found.size:,} accounts expire"
    most, least = (pick(run.megabytes for run in found.runs) for pick in (max, min))
    return Part(
        [
            none(f"{name}: missed, or done more than once", len(found.wrong)),
            at_most(f"{name}: memory of a run, most : least", most / least, FLAT),
            Row(f"{name}: runs", f"{len(found.runs)}, {found.per_second:.0f} accounts a second"),
        ],
        "Many accounts expire at once",
        prose(f"""
            {found.size:,} accounts that have all expired, of ten one with a phone and a message that waits, written
            straight into the tables of the embedded AWS. Runs of upkeep of {RUN:.0f} s each, every one in a process of
            its own, follow each other until nothing is left: {len(found.runs)} runs, {found.seconds:.0f} s. Looked at
            afterwards: each account, its slot, its history, the audit trail and its messages.
        """),
        notes=[f"Wrong: {'; '.join(found.wrong)}."] if found.wrong else [],
    )
