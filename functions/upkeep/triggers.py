"""The schedules: once a minute each, repeatable, ended before their time is over."""

from chalice.app import Blueprint, CloudWatchEvent

from functions.common.observability import logger
from functions.common.triggers import enough_time_gone, standalone

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
