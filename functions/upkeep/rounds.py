"""Rounds: once a day through everything of a kind, over as many runs as that takes."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from functions.common import clock
from functions.common.caller import PROVIDER, Caller
from functions.common.table import read
from functions.tenants.tenants import TENANTS
from functions.upkeep.models import Round, round_key
from functions.upkeep.report import Report

Things = Callable[[str], Iterable[str]]
"""(a thing's name, or nothing) -> the names of those after it, in order"""


def through(name: str, things: Things, report: Report, enough: Callable[[], bool], *, dry_run: bool) -> Iterator[str]:
    """The things that today's round still has before it. Cut short by `enough()`, or in the midst of a thing by whoever
    works on it (`report.done`), the next run goes on from there; cut short otherwise, it repeats. A dry run looks at
    all of them, and is no round: its report's cursor says where the next one goes on (None: nowhere)."""
    if dry_run:
        yield from _foreseen(name, things, report, enough)
        return
    today = clock.now().date().isoformat()
    found = read(Round, round_key(name))
    if found is not None and found.done and found.day == today:
        return
    under_way = found is not None and not found.done
    day, after = (found.day, found.after) if found is not None and under_way else (today, "")
    for thing in things(after):
        if enough():
            report.done = False
            break
        yield thing
        if not report.done:
            break
        after = thing
    Round(pk=round_key(name), sk="-", day=day, after=after, done=report.done).save()


def _foreseen(name: str, things: Things, report: Report, enough: Callable[[], bool]) -> Iterator[str]:
    after = report.cursor.get(name, "")
    for thing in things(after) if after is not None else ():
        if enough():
            report.done = False
            break
        yield thing
        if not report.done:
            break
        after = thing
    report.cursor[name] = None if report.done else after


def tenants(after: str) -> Iterable[str]:
    """The ids of the provider and of every tenant, in order."""
    ids = chain([PROVIDER], (stored.id for stored in TENANTS.all(PROVIDER)))
    return sorted(id_ for id_ in ids if id_ > after)


def system(tenant: str) -> Caller:
    """Who acts when nobody asked."""
    return Caller(tenant=tenant, operator="system", name="upkeep", role="system")
