"""The schedules: once a minute or an hour each, repeatable, ended before their time is over."""

from collections.abc import Mapping

from chalice.app import Blueprint, CloudWatchEvent

from functions.common.observability import logger
from functions.common.triggers import by_hand, enough_time_gone, standalone
from functions.upkeep.report import shown

triggers = Blueprint(__name__)


@standalone
@triggers.schedule("rate(1 minute)", name="upkeep-sweep")
def sweep(event: CloudWatchEvent) -> None:
    """Messages that are due, stuck or lost."""
    from functions.messaging import sweep as messages

    settled = messages.run(enough_time_gone(event.context))
    logger.info("swept", extra={"settled": settled})


@standalone
@triggers.schedule("rate(1 minute)", name="upkeep-tidy")
def tidy(event: CloudWatchEvent) -> None:
    """Links that are stuck, have expired or done their work, and what they leave."""
    from functions.activation import tidy as links

    settled = links.run(enough_time_gone(event.context))
    logger.info("tidied", extra={"settled": settled})


@by_hand
@standalone
@triggers.schedule("rate(1 minute)", name="upkeep-visit")
def visit(event: CloudWatchEvent) -> Mapping[str, object]:
    """Long work that nobody holds; and accounts at their time: told of, expired, deleted, trimmed. {"dry_run": true}
    changes nothing and answers what would happen to those; with "days", what would within so many; with the "cursor"
    of an answer that was not "done", the rest."""
    from functions.accounts import visit as accounts
    from functions.jobs import work

    asked = event.to_dict()
    dry_run, days = bool(asked.get("dry_run")), int(asked.get("days") or 0)
    if not dry_run:
        work.sweep(enough_time_gone(event.context))
    enough = enough_time_gone(event.context)
    report = accounts.foresee(enough, days, asked.get("cursor") or None) if dry_run else accounts.run(enough)
    logger.info("visited", extra={"counts": report.counts, "done": report.done, "dry_run": dry_run})
    return shown(report)


@by_hand
@standalone
@triggers.schedule("rate(1 hour)", name="upkeep-retain")
def retain(event: CloudWatchEvent) -> Mapping[str, object]:
    """Keys, what was left behind, the audit trail, tenants that have gone. {"dry_run": true} changes nothing and
    answers what would happen, with the "cursor" of an answer that was not "done" the rest; {"rotate": "links"} takes
    the next step of a new key, {"retire": "links", "version": "a"} removes an old one, with "force": true whatever ends
    with it."""
    from functions.upkeep import asked as by_operators
    from functions.upkeep import retain as things

    asked = event.to_dict()
    if "rotate" in asked or "retire" in asked:
        return by_operators.keyring(asked)
    dry_run = bool(asked.get("dry_run"))
    cursor = asked.get("cursor") if dry_run else None
    report = things.run(enough_time_gone(event.context), dry_run=dry_run, cursor=cursor)
    logger.info("retained", extra={"counts": report.counts, "done": report.done, "dry_run": dry_run})
    return shown(report)
