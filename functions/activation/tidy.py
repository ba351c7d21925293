"""What time does to links: they are stuck, expire, close, and leave nothing behind. Run each minute; each step is its
own and repeatable.

Nothing here decides whether a link works: that is in the claim's own conditions. This writes down what has come to
pass."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Final

from pynamodb.expressions.update import Action

from functions.activation.models import SHARDS, Link
from functions.common import clock
from functions.common.errors import Changed
from functions.common.observability import count, logger
from functions.common.table import read, update

PAGE: Final = 100
AGAIN: Final = 300  # seconds after which a link that could not be settled is looked at again


def run(enough: Callable[[], bool]) -> int:
    """Settles what is due, until it is done or `enough()`. -> how many links were settled."""
    settled = 0
    for link in _due():
        if enough():
            break
        try:
            _settle(link)
            settled += 1
        except Changed:  # somebody else was at it: next time
            continue
        except Exception:  # one link must not keep upkeep from the others
            logger.exception("link not settled", extra={"link": link.id})
            count("NotSettled")
            with suppress(Changed):
                _move(link, [Link.due_at.set(clock.epoch() + AGAIN)])
    return settled


def _due() -> Iterator[Link]:
    now = clock.epoch()
    for shard in range(SHARDS):
        for found in Link.due.query(str(shard), Link.due_at <= now, page_size=PAGE):
            link = read(Link, found.pk, found.sk)  # an index may lag behind its table
            if link is not None and link.due_at is not None and link.due_at <= now:
                yield link


def _settle(link: Link) -> None:
    from functions.activation import ending, stuck  # most minutes have nothing to settle: they need not know how
    from functions.activation.links import UNUSED, forget_secrets
    from functions.common.transaction import commit

    now = clock.epoch()
    if link.state in UNUSED:
        if int(link.expires_at) > now:
            stuck.look(link)
            return
        last_ticket = int(link.expires_at) + int(link.ticket_seconds)
        if last_ticket > now:  # a tap at the last moment may still fetch
            _move(link, [Link.due_at.set(last_ticket)])
            return
        commit([*ending.steps(link, "expired"), *stuck.at_end(link)])
        ending.clean(link)
    elif link.state == "fetched":
        ending.close(link, stuck.at_end(link))
    else:
        forget_secrets(link)
        _move(link, [Link.due_at.remove(), Link.due_shard.remove()])


def _move(link: Link, actions: Sequence[Action]) -> None:
    """When upkeep looks next. Raises Changed for a link that is no longer as it was read."""
    update(link, actions, Link.state == link.state, Changed())
