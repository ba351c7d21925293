"""What SIP servers must hear of soon: whose credentials and registrations have ended, or end sooner.

A SIP server remembers what it was told, and a phone's registration lives for an hour; so whoever ends credentials
writes an entry here, in the same transaction, and every SIP server of the domain asks each few seconds for the entries
since it last asked. An entry says what holds from now on, so it does no harm to hear it again."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from functions.common import clock, ids, settings
from functions.common.errors import Invalid
from functions.common.table import MomentAttribute, Table, TableMeta, key
from functions.common.transaction import Put

KEPT: Final = timedelta(hours=30)  # a SIP server may use for 24 h what it remembers
# An entry is found under the moment at which its transaction was begun, and can be read once that has committed. So
# each answer looks back over longer than any function runs, and a SIP server leaves out what it has heard already.
OVERLAP: Final = timedelta(seconds=60)
AT_ONCE: Final = 100  # entries in one answer
_MOMENT: Final = 24  # characters


class Change(Table):
    """One entry. Keys: tenant, `changes` and domain | moment and id."""

    class Meta(TableMeta):
        table_name = settings.table("limits")

    username = UnicodeAttribute()  # the digest user
    number = UnicodeAttribute()  # under which it was registered
    epoch = NumberAttribute(null=True)  # registrations of older credentials have ended; None: all of them have
    until = MomentAttribute(null=True)  # when the others will
    ttl = NumberAttribute()


class Heard(NamedTuple):
    """An answer: where the next one begins, and whether there is more at once (`more`), or more than is known here
    because the caller was away for too long (`lost`)."""

    cursor: str
    state: Literal["end", "more", "lost"]
    changes: list[Change]


def step(
    tenant: str, domain: str, username: str, number: str, *, epoch: int | None, until: datetime | None = None
) -> Put:
    """The step that tells the domain's SIP servers: what this digest user registered under `number` with credentials
    older than `epoch` (None: with any) has ended, what is left ends at `until`, and what is remembered of it is old."""
    now = clock.now()
    item = Change(
        pk=_place(tenant, domain),
        sk=key(clock.text(now), ids.new_id()),
        username=username,
        number=number,
        epoch=epoch,
        until=until,
        ttl=int((now + KEPT).timestamp()),
    )
    return Put(item=item)


def since(tenant: str, domain: str, cursor: str | None) -> Heard:
    """The entries after a cursor; without one, none: who has just begun remembers nothing. Raises Invalid."""
    now = clock.now()
    start = clock.text(now - OVERLAP)
    if cursor is None:
        return Heard(start, "end", [])
    if _moment(cursor) <= now - KEPT:
        return Heard(start, "lost", [])
    found = list(
        Change.query(_place(tenant, domain), Change.sk > cursor, limit=AT_ONCE, page_size=AT_ONCE, consistent_read=True)
    )
    latest = _latest(found)
    return Heard(found[-1].sk, "more", latest) if len(found) == AT_ONCE else Heard(start, "end", latest)


def erase(tenant: str, domain: str) -> None:
    """Forgets all of them, with a domain whose tenant goes. Repeatable."""
    found = list(Change.query(_place(tenant, domain), consistent_read=True))
    with Change.batch_write() as batch:
        for change in found:
            batch.delete(change)


def _latest(changes: Iterable[Change]) -> list[Change]:
    """Each user's last entry under each number: an account that was disabled and enabled again keeps its phone."""
    last: dict[tuple[str, str], Change] = {}
    for change in changes:
        last.pop((change.username, change.number), None)
        last[change.username, change.number] = change
    return list(last.values())


def _place(tenant: str, domain: str) -> str:
    return key(tenant, "changes", domain)


def _moment(cursor: str) -> datetime:
    at = clock.normal(cursor[:_MOMENT])
    if at is None or at != cursor[:_MOMENT]:
        raise Invalid("This cursor is not of these changes.", field="since")
    return clock.read(at)
