"""Messages that have ended go, after a time or with their account, and with them what finds them by a provider's id."""

from datetime import datetime
from itertools import islice
from typing import NamedTuple

from functions.messaging import outbox
from functions.messaging.models import Message, ProviderId, owner_of, provider_id_key


class Trimmed(NamedTuple):
    """How many messages are gone, whether more could have gone, and whether others are still on their way."""

    number: int
    more: bool
    under_way: bool


def trim(tenant: str, account_id: str, before: datetime | None, most: int, *, dry_run: bool = False) -> Trimmed:
    """Removes an account's messages that ended before a moment (None: all that have ended), `most` at once. What still
    waits, or whose provider is still to be asked, stays. Repeatable."""
    found = outbox.all_of(tenant, account_id)
    ended = [each for each in found if each.due_at is None]
    old = (each for each in ended if before is None or each.changed_at < before)
    going = list(islice(old, most))
    if not dry_run:
        _remove(going)
    return Trimmed(len(going), next(old, None) is not None, len(ended) < len(found))


def erase(tenant: str, account_id: str) -> int:
    """Removes all messages of an account, whatever they wait for; how many. Repeatable."""
    found = outbox.all_of(tenant, account_id)
    _remove(found)
    return len(found)


def _remove(messages: list[Message]) -> None:
    """The messages last: as long as one is there, its provider's ids are known."""
    with ProviderId.batch_write() as batch:
        for pk in {pk for message in messages for pk in _found_by(message)}:
            batch.delete(ProviderId(pk=pk, sk="-"))
    with Message.batch_write() as batch:
        for message in messages:
            batch.delete(message)


def _found_by(message: Message) -> list[str]:
    return [
        provider_id_key(owner_of(attempt.kind, attempt.gateway), provider_id)
        for attempt in message.attempts
        for provider_id in attempt.provider_ids
    ]
