"""The queue of long work."""

from typing import Any

import msgspec
from chalice.app import Blueprint, SQSEvent

from functions.common.observability import logger
from functions.common.triggers import enough_time_gone, standalone

triggers = Blueprint(__name__)

CONFIGURATION = 5.0  # seconds for which groups, profiles, gateways and the like are not read again
RESERVE_MS = 60_000  # no piece is begun with less time left

Failures = dict[str, list[dict[str, str]]]


@standalone
@triggers.on_sqs_message(queue="Work", batch_size=1, name="jobs-work")
def work(event: SQSEvent) -> Failures:
    """Goes on with a lane of a job; what fails is brought back by upkeep, not by the queue."""
    from functions.common.records import remembered
    from functions.jobs import work as jobs

    context: Any = event.context
    for record in event:
        entry = msgspec.json.decode(record.body, type=jobs.Entry)
        with remembered(CONFIGURATION):
            jobs.work(entry, enough_time_gone(context, RESERVE_MS))
        logger.info("worked", extra={"job": entry.job, "lane": entry.lane})
    return {"batchItemFailures": []}
