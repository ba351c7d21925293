"""Queue and schedule handlers: what each needs around it.

Lambda imports such a handler from its own module and never `app.py`, so middleware registered on the app does not
run for it (https://github.com/aws/chalice/issues/1566): it is attached to the handler itself."""

from collections.abc import Callable
from typing import Any, TypeVar

from chalice.app import CloudWatchEvent, ConvertToMiddleware

from functions.common.observability import logger, written

H = TypeVar("H")

RESERVE_MS = 5000  # of a function's time, kept for ending well

MIDDLEWARE = (ConvertToMiddleware(logger.inject_lambda_context), written)


def standalone(handler: H) -> H:
    """Gives the handler that a Blueprint's decorator returned its log context and its metrics."""
    handler.middleware_handlers = list(MIDDLEWARE)  # type: ignore[attr-defined]
    return handler


class Asked(CloudWatchEvent):
    """What a schedule sends, or what an operator wrote who invokes its function by hand: {"dry_run": true}."""

    def _extract_attributes(self, event_dict: dict[str, Any]) -> None:
        """Ours need none of a schedule's attributes, and an operator sends none."""


def by_hand(handler: H) -> H:
    """Lets a schedule's handler be invoked directly, too: its event is an `Asked`."""
    handler.event_class = Asked  # type: ignore[attr-defined]
    return handler


def enough_time_gone(context: Any, reserve_ms: int = RESERVE_MS) -> Callable[[], bool]:
    """Whether a function that works through a list should stop: no time is left for one more thing."""
    remaining: Callable[[], int] = context.get_remaining_time_in_millis
    return lambda: remaining() < reserve_ms
