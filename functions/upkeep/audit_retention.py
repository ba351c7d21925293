"""The audit trail's end: whole days of it go when they are older than the tenant keeps them, and never within a year.

This function alone may delete from the trail, and its rights know nothing of dates: so the day is checked here, before
each deletion, whatever a tenant's record says. Where the trail of each tenant begins is kept, so that a run goes on
where the last one ended; a day that was cut short is gone through again."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final

from functions.common import clock
from functions.common.audit import Entry
from functions.common.caller import PROVIDER
from functions.common.observability import count, logger
from functions.common.table import key, read
from functions.tenants.retention import Retention
from functions.tenants.tenants import TENANTS
from functions.upkeep.models import AuditGone, audit_gone_key
from functions.upkeep.report import Report
from functions.upkeep.rounds import tenants as every_tenant
from functions.upkeep.rounds import through

AT_LEAST: Final = 365  # days that are kept, whatever is set
FIRST_DAY: Final = date(2026, 1, 1)  # nobody's trail begins earlier
BATCH: Final = 500  # entries between two looks at the time

DAYS: Final = "audit.days"
ENTRIES: Final = "audit.entries"


def run(report: Report, enough: Callable[[], bool], *, dry_run: bool) -> None:
    """Deletes what is too old, of every tenant and of the provider."""
    for tenant in through("audit", every_tenant, report, enough, dry_run=dry_run):
        try:
            _tenant(tenant, report, enough, dry_run=dry_run)
        except Exception:  # one tenant must not keep upkeep from the others
            logger.exception("audit not looked through", extra={"tenant": tenant})
            count("NotRetained")


def over(day: date, kept_days: int) -> bool:
    """Whether the whole day is older than that, and than a year."""
    return day + timedelta(days=max(kept_days, AT_LEAST)) < clock.now().date()


def delete_day(tenant: str, day: date, enough: Callable[[], bool]) -> tuple[int, bool]:
    """Deletes a day's entries: how many, and whether these were all. Repeatable."""
    deleted = 0
    entries = iter(Entry.query(_place(tenant, day), attributes_to_get=["pk", "sk"], consistent_read=True))
    while batch := list(islice(entries, BATCH)):
        with Entry.batch_write() as going:
            for entry in batch:
                going.delete(entry)
        deleted += len(batch)
        if enough():
            return deleted, False
    return deleted, True


def _tenant(tenant: str, report: Report, enough: Callable[[], bool], *, dry_run: bool) -> None:
    stored = TENANTS.find(PROVIDER, tenant)  # None: the provider itself
    kept_days = (stored.fields.retention if stored is not None else Retention()).audit_days
    place = f"audit {tenant}"  # in the cursor of a dry run, which keeps no other
    gone = None
    for day in _days(tenant, stored.created_at if stored is not None else None, kept_days):
        if dry_run and day.isoformat() <= report.cursor.get(place, ""):
            continue
        if enough():
            report.done = False
            break
        if not over(day, kept_days):
            raise AssertionError(f"{day} is kept")  # `_days` gives none such
        number, whole = (Entry.count(_place(tenant, day)), True) if dry_run else delete_day(tenant, day, enough)
        _report(report, tenant, day, number)
        if not whole:
            report.done = False
            break
        gone = day
        if dry_run:
            report.cursor[place] = day.isoformat()
    if report.done:
        report.cursor.pop(place, None)
    if gone is not None and not dry_run:
        AuditGone(pk=audit_gone_key(tenant), sk="-", day=gone.isoformat()).save()


def _days(tenant: str, created_at: datetime | None, kept_days: int) -> Iterator[date]:
    """The days that are over, the oldest first."""
    found = read(AuditGone, audit_gone_key(tenant))
    day = date.fromisoformat(found.day) + timedelta(days=1) if found is not None else _begin(created_at)
    while over(day, kept_days):
        yield day
        day += timedelta(days=1)


def _begin(created_at: datetime | None) -> date:
    return max(created_at.date(), FIRST_DAY) if created_at is not None else FIRST_DAY


def _report(report: Report, tenant: str, day: date, number: int) -> None:
    if number:
        report.add(DAYS, f"{tenant}/{day.isoformat()}")
        report.add(ENTRIES, number=number)


def _place(tenant: str, day: date) -> str:
    return key(tenant, day.isoformat())
