"""The end of an off-boarding: the tenant's audit trail goes, and its certificate is made.

Of a tenant whose record is gone alone: as long as there is one, its trail is kept as it says (`audit_retention`)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from functions.common import clock
from functions.common.caller import PROVIDER
from functions.common.errors import Changed
from functions.common.observability import count, logger
from functions.common.table import update
from functions.tenants import certificates
from functions.tenants.certificates import MOST_NAMED, STATEMENT, Certificate
from functions.tenants.models import OffBoarding, off_boarding_key
from functions.tenants.tenants import TENANTS
from functions.upkeep.audit_retention import delete_day
from functions.upkeep.report import Report

GONE: Final = "tenant.gone"


def run(report: Report, enough: Callable[[], bool], *, dry_run: bool) -> None:
    """Ends what is all gone but for its trail."""
    for off in OffBoarding.query(off_boarding_key(), filter_condition=OffBoarding.state == "ending"):
        if enough():
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


def _ended(off: OffBoarding, enough: Callable[[], bool]) -> bool:
    """Whether it came to its end. Repeatable."""
    if TENANTS.find(PROVIDER, off.sk) is not None:
        raise AssertionError(f"the tenant {off.sk} is still there")
    day, today = off.founded_at.date(), clock.now().date()
    while day <= today:
        if enough() or not delete_day(off.sk, day, enough)[1]:
            return False
        day += timedelta(days=1)
    _certify(off)
    logger.info("tenant gone", extra={"tenant": off.sk})
    return True


def _certify(off: OffBoarding) -> None:
    from functions.tenants import archive  # which knows every capability's things: seldom needed

    now, found = clock.now(), archive.parts(off.sk)
    assert off.archived_at is not None
    assert off.deleted_at is not None
    named = found if len(found) <= MOST_NAMED else [part for part in found if part.kind == archive.PARTS]
    certificate = Certificate(
        tenant_id=off.sk,
        tenant_name=off.name,
        operator_id=off.asked_by,
        asked_at=off.asked_at,
        archived_at=off.archived_at,
        deleted_at=off.deleted_at,
        certified_at=now,
        archived=archive.counts(found),
        parts={part.sk: part.sha256 for part in named},
        statement=list(STATEMENT),
    )
    text = certificates.text_of(certificate)
    actions = [
        OffBoarding.state.set("done"),
        OffBoarding.done_at.set(now),
        OffBoarding.certificate.set(text),
        OffBoarding.seal.set(certificates.seal(off.sk, text).text),
    ]
    update(off, actions, OffBoarding.state == "ending", Changed())
