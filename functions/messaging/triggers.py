"""The queues: messages to send, and reports of what became of them; each entry succeeds or fails by itself. And the
schedule by which providers are asked how our accounts there are."""

from collections.abc import Callable
from typing import Any

import msgspec
from chalice.app import Blueprint, CloudWatchEvent, SQSEvent

from functions.common.observability import logger
from functions.common.triggers import enough_time_gone, standalone

triggers = Blueprint(__name__)

BATCH = 10
CONFIGURATION = 5.0  # seconds for which gateways, templates and the like are not read again
PROBE_MS = 20_000  # a provider may take so long to say how our account is
RESERVE_MS = 25_000  # a sending may take so long; none is begun with less time left

Failures = dict[str, list[dict[str, str]]]
"""The partial answer of a batch: {"batchItemFailures": [{"itemIdentifier": …}]}; the others are done."""


@standalone
@triggers.on_sqs_message(queue="Outbox", batch_size=BATCH, name="messaging-dispatch")
def dispatch(event: SQSEvent) -> Failures:
    """Sends what is due."""
    from functions.common.records import remembered
    from functions.messaging import dispatch as messages
    from functions.messaging.outbox import MessageKey

    def send(body: str) -> None:
        messages.dispatch(msgspec.json.decode(body, type=MessageKey))

    with remembered(CONFIGURATION):
        return _each(event, send)


@standalone
@triggers.on_sqs_message(queue="ReceiptsQueue", batch_size=BATCH, name="messaging-settle")
def settle(event: SQSEvent) -> Failures:
    """Places providers' reports."""
    from functions.messaging import receipts

    return _each(event, receipts.take)


@standalone
@triggers.schedule("rate(1 minute)", name="messaging-watch")
def watch(event: CloudWatchEvent) -> int:
    """Asks providers whether our accounts there are in order."""
    from functions.messaging import watch as watching

    looked_at = watching.run(enough_time_gone(event.context, PROBE_MS))
    logger.info("watched", extra={"gateways": looked_at})
    return looked_at


def _each(event: SQSEvent, work: Callable[[str], None]) -> Failures:
    """Does `work` for each entry; what fails, or has no time left, comes again."""
    failed: list[str] = []
    records = list(event)
    context: Any = event.context
    for record in records:
        entry = record.to_dict()["messageId"]
        if context.get_remaining_time_in_millis() < RESERVE_MS:
            failed.append(entry)
            continue
        try:
            work(record.body)
        except Exception:
            logger.exception("entry failed", extra={"entry": entry})
            failed.append(entry)
    logger.info("batch done", extra={"entries": len(records), "failed": len(failed)})
    return {"batchItemFailures": [{"itemIdentifier": entry} for entry in failed]}
