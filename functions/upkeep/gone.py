"""The end of an off-boarding: the tenant's audit trail goes, and its certificate is made.

Of a tenant whose record is gone alone: as long as there is one, its trail is kept as it says (`audit_retention`)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from functions.common import clock
from functions.common.caller import PROVIDER
from functions.common.observability import count, logger
from functions.tenants import certificates
from functions.tenants.tenants import TENANTS
from functions.upkeep.audit_retention import delete_day
from functions.upkeep.report import Report

GONE: Final = "tenant.gone"


def run(report: Report, enough: Callable[[], bool], *, dry_run: bool) -> None:
    """Ends what is all gone but for its trail."""
    for off in certificates.awaited():
        if enough() and not dry_run:  # which but lists them
            report.done = False
            return
        try:
            if dry_run or _ended(off, enough):
                report.add(GONE, off.sk)
            else:
                report.done = False
        except Exception:  # one tenant must not keep upkeep from the others
            logger.exception("off-boarding not ended", extra={"tenant": off.sk})
            count("NotRetained")


def _ended(off: certificates.OffBoarding, enough: Callable[[], bool]) -> bool:
    """Whether it came to its end. Repeatable."""
    if TENANTS.find(PROVIDER, off.sk) is not None:
        raise AssertionError(f"the tenant {off.sk} is still there")
    day, today = off.founded_at.date(), clock.now().date()
    while day <= today:
        if enough() or not delete_day(off.sk, day, enough)[1]:
            return False
        day += timedelta(days=1)
    certificates.certify(off)
    logger.info("tenant gone", extra={"tenant": off.sk})
    return True
