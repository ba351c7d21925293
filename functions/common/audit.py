"""What operators did. Every change writes its entry in its own transaction; nobody may alter one (IAM refuses it).

Personal values are named, not kept: deleting a person must not need the trail's alteration."""

from collections.abc import Mapping

import msgspec
from pynamodb.attributes import UnicodeAttribute

from functions.common import clock, ids, paging, settings
from functions.common.caller import Caller
from functions.common.table import MomentAttribute, StructAttribute, Table, TableMeta, key
from functions.common.transaction import Put, new

PERSONAL = frozenset(
    {"full_name", "number", "mobile", "email", "description", "external_id", "username", "it_contact", "guests"}
)
HIDDEN = "(personal)"


class Entry(Table):
    """One thing an operator did. Keys: tenant and day | time and id, so a day reads in order."""

    class Meta(TableMeta):
        table_name = settings.table("audit")

    at = MomentAttribute()
    operator = UnicodeAttribute()
    operator_name = UnicodeAttribute()
    role = UnicodeAttribute()
    action = UnicodeAttribute()
    target = UnicodeAttribute()
    address = UnicodeAttribute()
    before = StructAttribute[dict[str, object]](dict[str, object], null=True)
    after = StructAttribute[dict[str, object]](dict[str, object], null=True)


def entry(
    caller: Caller,
    action: str,
    target: str,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    tenant: str | None = None,
) -> Put:
    """The step that records `action` ("group.create") on `target` ("group/abc"), with what changed and no secret."""
    at = clock.now()
    item = Entry(
        pk=key(tenant or caller.tenant, at.date().isoformat()),
        sk=key(clock.text(at), ids.new_id()),
        at=at,
        operator=caller.operator,
        operator_name=caller.name,
        role=caller.role,
        action=action,
        target=target,
        address=caller.address,
        before=_shown(before),
        after=_shown(after),
    )
    return new(item)


def difference(before: msgspec.Struct, after: msgspec.Struct) -> tuple[dict[str, object], dict[str, object]]:
    """The fields in which two values differ, before and after."""
    old, new_ = msgspec.to_builtins(before), msgspec.to_builtins(after)
    changed = [name for name in new_ if old.get(name) != new_[name]]
    return {name: old.get(name) for name in changed}, {name: new_[name] for name in changed}


def page(tenant: str, day: str, cursor: str | None, limit: int) -> paging.Page[Entry]:
    """One day's entries in order of time."""
    return paging.query(Entry, key(tenant, day), cursor=cursor, limit=limit)


def _shown(values: Mapping[str, object] | None) -> dict[str, object] | None:
    if values is None:
        return None
    return {name: HIDDEN if name in PERSONAL and value else value for name, value in values.items()}
