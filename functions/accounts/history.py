"""What happened to one account: written by whoever did it, in the transaction that did it."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from functions.accounts.models import HistoryEntry
from functions.common import clock, ids, paging
from functions.common.errors import Changed
from functions.common.network import shortened
from functions.common.table import key, update
from functions.common.transaction import Put
from functions.common.types import Moment

MOST: Final = 500  # entries that are counted

EVENTS: Final = (  # what each means, and its details: docs/csr.md
    "account.created",
    "account.changed",
    "account.disabled",
    "account.enabled",
    "account.expires_soon",
    "account.expired",
    "account.extended",
    "account.deleted",
    "account.personal_data",
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


class Cut(NamedTuple):
    """How many entries were cut, up to when there are no addresses any more, and the time of the next entry that has
    some."""

    number: int
    bare_to: datetime
    next_at: datetime | None


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


def trim(tenant: str, account_id: str, before: datetime, most: int, *, dry_run: bool = False) -> int:
    """Removes the entries from before a moment, the oldest first, `most` at once; how many. Repeatable."""
    old = HistoryEntry.sk < clock.text(before)
    return _removed(HistoryEntry.query(key(tenant, account_id), old, limit=most), dry_run=dry_run)


def erase(tenant: str, account_id: str, most: int) -> int:
    """Of a deleted account nothing stays but that it was deleted; how many entries were removed. Repeatable."""
    others = HistoryEntry.event != "account.deleted"
    found = HistoryEntry.query(key(tenant, account_id), filter_condition=others, limit=most, consistent_read=True)
    return _removed(found, dry_run=False)


def erase_all(tenant: str, account_id: str) -> int:
    """Of an account whose tenant goes nothing stays; how many entries were removed. Repeatable."""
    return _removed(HistoryEntry.query(key(tenant, account_id), consistent_read=True), dry_run=False)


def everything(tenant: str, account_id: str) -> Iterator[Happened]:
    """The whole history, in order."""
    for item in HistoryEntry.query(key(tenant, account_id), consistent_read=True):
        yield _shown(item)


def forget_addresses(
    tenant: str, account_id: str, after: datetime, before: datetime, most: int, *, dry_run: bool = False
) -> Cut:
    """Cuts networks and forgets what phones called themselves in the entries between two moments, the oldest first,
    `most` at once. Repeatable."""
    telling = HistoryEntry.details.contains('"network":') | HistoryEntry.details.contains('"user_agent":')
    cut = 0
    for item in HistoryEntry.query(key(tenant, account_id), HistoryEntry.sk >= clock.text(after), telling):
        bare = _bare(item.details)
        if bare == item.details:
            continue
        if item.at >= before:
            return Cut(cut, before, item.at)
        cut += 1
        if not dry_run:
            with suppress(Changed):  # another visit has removed it
                update(item, [HistoryEntry.details.set(bare)], HistoryEntry.pk.exists(), Changed())
        if cut == most:
            return Cut(cut, item.at, item.at)
    return Cut(cut, before, None)


def _removed(found: Iterable[HistoryEntry], *, dry_run: bool) -> int:
    entries = list(found)
    if not dry_run:
        with HistoryEntry.batch_write() as batch:
            for entry in entries:
                batch.delete(entry)
    return len(entries)


def _bare(details: str) -> str:
    known = msgspec.json.decode(details, type=dict[str, str | int | None])
    known.pop("user_agent", None)
    if known.get("network"):
        known["network"] = shortened(str(known["network"]))
    return msgspec.json.encode(known).decode()


def _shown(item: HistoryEntry) -> Happened:
    details = msgspec.json.decode(item.details, type=dict[str, str | int | None])
    return Happened(at=item.at, event=item.event, details=details)
