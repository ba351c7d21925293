"""Unknown tokens: a network that tries many is told to wait. A known token, live or dead, is never refused for its
network."""

from typing import Final

from functions.common import limits
from functions.common.errors import NotFound, TooMany
from functions.common.network import network
from functions.common.observability import logger

UNKNOWN_LIMIT: Final = 10
WINDOW: Final = 10 * 60  # seconds in which so many may be unknown
WAIT: Final = 20 * 60  # seconds for which a network over it gets 429 in place of 404


def locked(address: str) -> int | None:
    """For how many seconds this address's network is still told to wait; None when it is not."""
    return limits.over(1, "guesses locked", network(address))


def unknown(address: str) -> NotFound | TooMany:
    """The error for an unknown token from this address."""
    where = network(address)
    logger.info("unknown token", extra={"network": where})
    wait = locked(address)
    if wait is None and limits.take(UNKNOWN_LIMIT, WINDOW, "guesses", where) is not None:
        limits.take(1, WAIT, "guesses locked", where)
        wait = WAIT
    if wait is not None:
        return TooMany(
            "Too many unknown links were opened from this network. Wait, and check the link.", retry_after=wait
        )
    return NotFound("This link is not known. Check that it was copied whole.")
