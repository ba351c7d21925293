"""Many messages through one gateway at its rate, and through two of which one dies: on the embedded AWS, deployed."""

from infra.system import System
from tests.bench.report import Part, Row, Table, at_least, none, prose
from tests.e2e.runs import GRANTED, AtRate, Failover, at_rate, failover

MESSAGES = 10_000
RATE = 30.0  # a second
REACHED = 0.97  # of it, over each minute
SURVIVORS = 1000  # messages while a gateway dies


def measure(system: System, messages: int = MESSAGES) -> Part:
    """`messages` are those sent at a rate."""
    run, died = at_rate(system, RATE, messages), failover(system, SURVIVORS)
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
        at_least(f"{name}, lowest minute", run.lowest_minute, REACHED),
        none(f"{name}: throttled by the provider", run.throttled),
        none(f"{name}: lost, or sent twice", amiss),
        none(f"{name}: given back to the queue, or dead", again),
    ]


def _failover(died: Failover) -> list[Row]:
    unsent = died.size - died.states.get("sent", 0)
    return [
        none(f"a gateway dies amid {died.size:,} messages: not sent", unsent),
        none(f"a gateway dies amid {died.size:,} messages: sent twice", died.twice),
    ]


def _minutes(run: AtRate) -> Table:
    lines = [
        (str(minute), f"{number:,}", f"{number / run.rate / 60:.1%}") for minute, number in enumerate(run.minutes, 1)
    ]
    return Table(("minute", "messages", "of the rate"), lines)
