"""A SIP server's look-up, warm, and what a month of them costs."""

from pathlib import Path

from tests.bench import charges, warm
from tests.bench.invocations import Invocation, Twice
from tests.bench.packaged import Packaged
from tests.bench.record import counted
from tests.bench.report import Part, Row, Table, at_most, dollars, prose

BUDGET = 1.5
ACCOUNTS = 10_000
HOURS = 730  # of a month; each phone registers again every hour


def measure(look_up: Twice, refreshed: Invocation, package: Packaged, folder: Path, rounds: int = warm.ROUNDS) -> Part:
    """`refreshed` is the event by which a SIP server tells of a registration that goes on."""
    calls = look_up.again.calls
    reads = [call for call in calls if call.operation == "GetItem"]
    cost = warm.compare(look_up, reads[-1:], package.ours, folder, rounds)
    asked, told = (charges.of(each) for each in (look_up.again, refreshed))
    month = ACCOUNTS * HOURS
    price = f"look-ups {asked.total * month:.2f} US$, events {told.total * month:.2f} US$"
    lines = [
        (what, *(dollars(amount * month) for amount in (each.dynamodb, each.other, each.compute, each.total)))
        for what, each in (("look-ups", asked), ("events, one with each refresh", told))
    ]
    return Part(
        [
            at_most("registrar look-up, warm", cost.ratio, BUDGET),
            Row(f"registrar, {ACCOUNTS:,} accounts, a month", price),
        ],
        "Registrar look-up",
        prose(f"""
            {warm.method(rounds)} Compared with one raw GetItem. A warm look-up makes {_listed(look_up.again)} and
            unseals the HA1; a process's first makes {_listed(look_up.first)}.
        """),
        [
            Table(
                (f"US$, {ACCOUNTS:,} accounts, {HOURS} hours", "DynamoDB", "gateway and invocations", "compute", "all"),
                lines,
            )
        ],
        [charges.ASSUMED],
    )


def _listed(invocation: Invocation) -> str:
    return counted(call.operation for call in invocation.calls)
