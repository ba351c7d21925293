"""What time does to what has no account: keys, what was left behind, the audit trail, tenants that have gone."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from functions.common.observability import count, logger
from functions.upkeep.report import Report

METRICS: Final = {  # each with the kinds of a report that it counts
    "KeysRotated": ("keyring.current",),
    "OrphansRemoved": ("package.unfinished", "package.bytes", "gateway.secret"),
    "AuditEntriesDeleted": ("audit.entries",),
}


class _Part(Protocol):
    def __call__(self, report: Report, enough: Callable[[], bool], *, dry_run: bool) -> None: ...


def run(enough: Callable[[], bool], *, dry_run: bool = False, cursor: Mapping[str, str | None] | None = None) -> Report:
    """All parts, until they are done or `enough()`. dry_run: changes nothing, and reports what would happen; with the
    cursor of such a report, what it has not come to."""
    report = Report(cursor=dict(cursor or {}))
    for name, part in _parts().items():
        if report.cursor.get(name, "") is None:
            continue
        done = Report(cursor=report.cursor)
        try:
            part(done, enough, dry_run=dry_run)
        except Exception:  # one part must not keep upkeep from the others
            logger.exception("not retained", extra={"part": name})
            count("NotRetained")
            done.done = False
        if dry_run and done.done:
            done.cursor[name] = None
        report.join(done)
    for name, kinds in METRICS.items():
        if not dry_run and (number := sum(report.counts.get(kind, 0) for kind in kinds)):
            count(name, number)
    return report


def _parts() -> dict[str, _Part]:
    from functions.upkeep import audit_retention, gone, keyrings, orphans

    return {"keyrings": keyrings.run, "orphans": orphans.run, "audit": audit_retention.run, "gone": gone.run}
