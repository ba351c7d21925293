"""Many messages through one gateway at its rate, and through two of which one dies: on the embedded AWS, deployed."""

from pathlib import Path

from infra.front_door import FrontDoor
from infra.system import start
from tests.bench.report import Part, Row, Table, prose
from tests.e2e.runs import GRANTED, AtRate, Failover, at_rate, failover

MESSAGES = 10_000
RATE = 30.0  # a second
REACHED = 0.97  # of it, over each minute
SURVIVORS = 1000  # messages while a gateway dies


def measure(folder: Path, messages: int = MESSAGES) -> Part:
    """`messages` are those sent at a rate."""
    state = folder / "sending"
    state.mkdir()
    system = start(state, FrontDoor(), persistent=False, target=folder / "sending package")
    try:
        run, died = at_rate(system, RATE, messages), failover(system, SURVIVORS)
    finally:
        system.stop()
    return Part(
        [*_at_rate(run), *_failover(died)],
        "Sending",
        prose(f"""
            {run.size:,} SMS through a gateway that is set to {run.rate:g}/s, on the embedded AWS with all its workers
            on this one machine, receipts held back. The provider refuses the message that would be more than
            {run.rate * GRANTED:g} within any second. The lowest minute is the worst that begins with any message. For
            the failover a provider that has taken a third of {died.size:,} messages closes its port.
        """),
        [_minutes(run)] if run.minutes else [],
        [
            prose(f"""
                The busiest second had {run.busiest_second} messages; over the whole run the rate was {run.share:.1%} of
                what was set. Of the failover's messages the dying gateway sent {died.taken[0]} and the other one
                {died.taken[1]}, in {died.seconds:.0f} s with no rate set.
            """)
        ],
    )


def _at_rate(run: AtRate) -> list[Row]:
    lost = run.size - (len(run.at) - run.twice)
    amiss = lost + run.twice + sum(number for state, number in run.states.items() if state != "sent")
    again = run.failed + run.dead
    name = f"{run.size:,} messages at {run.rate:g}/s"
    return [
        Row(f"{name}, lowest minute", f"{run.lowest_minute:.1%}", f"≥ {REACHED:.0%}", run.lowest_minute >= REACHED),
        Row("of these, throttled by the provider", str(run.throttled), "0", run.throttled == 0),
        Row("of these, lost, or sent twice", str(amiss), "0", amiss == 0),
        Row("of these, given back to the queue, or dead", str(again), "0", again == 0),
    ]


def _failover(died: Failover) -> list[Row]:
    unsent = died.size - died.states.get("sent", 0)
    return [
        Row(f"a gateway dies amid {died.size:,} messages: not sent", str(unsent), "0", unsent == 0),
        Row("of these, sent twice", str(died.twice), "0", died.twice == 0),
    ]


def _minutes(run: AtRate) -> Table:
    lines = [
        (str(minute), f"{number:,}", f"{number / run.rate / 60:.1%}") for minute, number in enumerate(run.minutes, 1)
    ]
    return Table(("minute", "messages", "of the rate"), lines)
