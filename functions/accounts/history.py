"""What happened to one account: written by whoever did it, in the transaction that did it."""

import msgspec

from functions.accounts.models import HistoryEntry
from functions.common import clock, ids, paging
from functions.common.table import key
from functions.common.transaction import Put
from functions.common.types import Moment


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an account's history."""

    at: Moment
    event: str
    details: dict[str, str | int | None]


def step(tenant: str, account_id: str, event: str, /, **details: str | int | None) -> Put:
    """The step that adds `event` ("link.fetched") with a few ids and words; no secret, no content."""
    at = clock.now()
    item = HistoryEntry(
        pk=key(tenant, account_id),
        sk=key(clock.text(at), ids.new_id()),
        at=at,
        event=event,
        details=msgspec.json.encode(details).decode(),
    )
    return Put(item=item)


def add(tenant: str, account_id: str, event: str, /, **details: str | int | None) -> None:
    """Adds an entry by itself, where nothing else changes."""
    step(tenant, account_id, event, **details).item.save()


def page(tenant: str, account_id: str, cursor: str | None, limit: int) -> paging.Page[Happened]:
    """The account's history, newest first."""
    found = paging.query(HistoryEntry, key(tenant, account_id), cursor=cursor, limit=limit, newest_first=True)
    return paging.Page([_shown(item) for item in found.items], found.cursor)


def _shown(item: HistoryEntry) -> Happened:
    details = msgspec.json.decode(item.details, type=dict[str, str | int | None])
    return Happened(at=item.at, event=item.event, details=details)
