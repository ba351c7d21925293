"""What happened to one account: written by whoever did it, in the transaction that did it."""

from datetime import datetime
from typing import Final

import msgspec

from functions.accounts.models import HistoryEntry
from functions.common import clock, ids, paging
from functions.common.table import key
from functions.common.transaction import Put
from functions.common.types import Moment

MOST: Final = 500  # entries that are counted

EVENTS: Final = (  # what each means, and its details: docs/csr.md
    "account.created",
    "account.changed",
    "account.disabled",
    "account.enabled",
    "account.deleted",
    "account.unreachable",
    "account.attention",
    "account.attention_cleared",
    "message.requested",
    "message.sent",
    "message.buffered",
    "message.delivered",
    "message.undelivered",
    "message.queued",
    "message.unknown",
    "message.failed",
    "message.cancelled",
    "message.kept",
    "message.other_channel",
    "installation.clicked",
    "link.issued",
    "link.opened",
    "link.claimed",
    "link.fetched",
    "link.fetched_again",
    "link.second_device",
    "link.code_sent",
    "link.code_read_out",
    "link.code_failed",
    "link.password_shown",
    "link.locked",
    "link.unlocked",
    "link.not_me",
    "link.asked_for_new",
    "link.reminded",
    "link.closed",
    "link.expired",
    "link.revoked",
    "link.superseded",
    "device.registered",
    "device.reset",
    "device.auth_failed",
)


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


def since(tenant: str, account_id: str, moment: datetime) -> list[Happened]:
    """What happened from a moment on, in order; of more than `MOST` entries the newest."""
    pk, later = key(tenant, account_id), HistoryEntry.sk >= clock.text(moment)
    found = HistoryEntry.query(pk, later, limit=MOST, scan_index_forward=False, consistent_read=True)
    return [_shown(item) for item in found][::-1]


def _shown(item: HistoryEntry) -> Happened:
    details = msgspec.json.decode(item.details, type=dict[str, str | int | None])
    return Happened(at=item.at, event=item.event, details=details)
