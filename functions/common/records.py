"""What a tenant configures: named lists of small records (groups, profiles, gateways, …) with one way to keep them all.

A collection is one partition per tenant; a record is its fields, as one value, and when it was made and changed."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import msgspec
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from functions.common import audit, clock, paging
from functions.common.caller import Caller
from functions.common.errors import Changed, NotFound
from functions.common.requests import Replayed, RequestMark
from functions.common.table import MomentAttribute, Table, key, read
from functions.common.transaction import Check, Delete, Put, Step, Update, commit, new
from functions.common.validate import merged

F = TypeVar("F", bound=msgspec.Struct)
T = TypeVar("T")

MOST_REMEMBERED: Final = 2000


_remembered: dict[Any, tuple[float, Any]] = {}
_seconds = 0.0


@contextmanager
def remembered(seconds: float) -> Iterator[None]:
    """Within the block, configuration that was read less than `seconds` ago is not read again: for work that comes in
    quantity and needs the same few records each time. What changes meanwhile is seen so much later."""
    global _seconds
    before, _seconds = _seconds, seconds
    try:
        yield
    finally:
        _seconds = before


@contextmanager
def once() -> Iterator[None]:
    """Within the block, which is one request's, configuration is read once."""
    forget()
    with remembered(60):
        yield


def remembering(what: Any, find: Callable[[], T]) -> T:
    """What `find` gives, or gave lately under the name `what` within a `remembered` block."""
    if not _seconds:
        return find()
    now = time.monotonic()
    known = _remembered.get(what)
    if known is not None and now - known[0] < _seconds:
        result: T = known[1]
        return result
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    found = find()
    _remembered[what] = (now, found)
    return found


def forget(what: Any = None) -> None:
    """One thing, or all, is read anew at the next need."""
    if what is None:
        _remembered.clear()
    else:
        _remembered.pop(what, None)


class RecordItem(Table):
    """A record at rest. Keys: tenant and collection | id."""

    fields = UnicodeAttribute()  # the fields as JSON: read and written as a whole
    version = NumberAttribute()
    created_at = MomentAttribute()
    changed_at = MomentAttribute()


class Stored(msgspec.Struct, Generic[F], frozen=True, kw_only=True):
    """A record as use cases see it."""

    tenant: str
    id: str
    fields: F
    version: int
    created_at: datetime
    changed_at: datetime


Guard = Callable[[Caller, str, F | None, F | None], Sequence[Step]]
"""(caller, id, before, after) -> further steps of the same transaction, or a Problem raised. None: does not exist."""


Spared = Callable[[Stored[F]], None]
"""Raises a Problem for a record that others still need. Others depend on the collection, so it cannot know them."""


def _unguarded(_caller: Caller, _id: str, _before: F | None, _after: F | None) -> Sequence[Step]:
    return ()


class Collection(Generic[F]):
    """One kind of record.

    `name` is the singular word in keys, audit and errors. `guard` checks what the types cannot and adds what must
    change together with the record. `home` is the tenant under which all of them lie, where that is not the caller's
    own."""

    def __init__(
        self,
        model: type[RecordItem],
        name: str,
        fields: type[F],
        guard: Guard[F] = _unguarded,
        home: str | None = None,
    ) -> None:
        self.model, self.name, self.fields, self.guard, self.home = model, name, fields, guard, home

    def create(self, caller: Caller, fields: F, mark: RequestMark) -> Stored[F]:
        """Makes a record; a repeated request gets the one it made before."""
        id_ = mark.id(self.name)
        try:
            mark.check()
            item = self._item(caller.tenant, id_, fields)
            more = self.guard(caller, id_, None, fields)
            shown = msgspec.to_builtins(fields)
            record = audit.entry(caller, f"{self.name}.create", f"{self.name}/{id_}", after=shown)
            commit([new(item), *more, record, *mark.steps()])
        except Replayed:
            return self.get(caller.tenant, id_)
        return self._stored(item)

    def find(self, tenant: str, id_: str) -> Stored[F] | None:
        def look() -> Stored[F] | None:
            item = read(self.model, self._pk(tenant), id_)
            return None if item is None else self._stored(item)

        return remembering((self.name, tenant, id_), look)

    def get(self, tenant: str, id_: str) -> Stored[F]:
        """Raises NotFound, also for another tenant's."""
        found = self.find(tenant, id_)
        if found is None:
            raise NotFound(f"There is no {self.name} with this id.", field=f"{self.name}_id")
        return found

    def page(self, tenant: str, cursor: str | None = None, limit: int = paging.MAX_LIMIT) -> paging.Page[Stored[F]]:
        found = paging.query(self.model, self._pk(tenant), cursor=cursor, limit=limit)
        return paging.Page([self._stored(item) for item in found.items], found.cursor)

    def all(self, tenant: str) -> list[Stored[F]]:
        """Every record of a tenant: these are lists that people keep by hand."""

        def look() -> list[Stored[F]]:
            return [self._stored(item) for item in self.model.query(self._pk(tenant), consistent_read=True)]

        return remembering((self.name, tenant), look)

    def change(self, caller: Caller, id_: str, change: msgspec.Struct) -> Stored[F]:
        """Sets the fields that `change` gives. Raises NotFound; Changed when somebody else was faster."""
        before = self.get(caller.tenant, id_)
        after = merged(before.fields, change)
        if after == before.fields:
            return before
        more = self.guard(caller, id_, before.fields, after)
        item = self._item(caller.tenant, id_, after, before)
        commit([*self._change_steps(caller, before, after, item), *more])
        return self._stored(item)

    def change_steps(self, caller: Caller, before: Stored[F], after: F) -> list[Step]:
        """A change with its audit entry, unguarded, as part of another change's transaction."""
        return self._change_steps(caller, before, after, self._item(caller.tenant, before.id, after, before))

    def _change_steps(self, caller: Caller, before: Stored[F], after: F, item: RecordItem) -> list[Step]:
        old, fresh = audit.difference(before.fields, after)
        record = audit.entry(caller, f"{self.name}.change", f"{self.name}/{before.id}", before=old, after=fresh)
        unchanged = self.model.version == before.version
        return [Put(item=item, condition=unchanged, otherwise=Changed()), record]

    def delete(self, caller: Caller, id_: str, spared: Spared[F] | None = None) -> None:
        """Raises NotFound, and whatever the guard, or `spared`, has against it."""
        before = self.get(caller.tenant, id_)
        if spared is not None:
            spared(before)
        more = self.guard(caller, id_, before.fields, None)
        item = self.model(pk=self._pk(caller.tenant), sk=id_)
        shown = msgspec.to_builtins(before.fields)
        record = audit.entry(caller, f"{self.name}.delete", f"{self.name}/{id_}", before=shown)
        unchanged = self.model.version == before.version
        commit([Delete(item=item, condition=unchanged, otherwise=Changed()), *more, record])

    def exists(self, tenant: str, id_: str, otherwise: Exception) -> Step:
        """A step: the record is there when the transaction commits."""
        return Check(
            item=self.model(pk=self._pk(tenant), sk=id_), condition=self.model.pk.exists(), otherwise=otherwise
        )

    def held(self, tenant: str, id_: str, otherwise: Exception) -> Step:
        """A step like `exists`; besides, a change or deletion that has begun before fails with Changed."""
        item = self.model(pk=self._pk(tenant), sk=id_)
        actions = [self.model.version.add(1)]
        return Update(item=item, actions=actions, condition=self.model.pk.exists(), otherwise=otherwise)

    def _pk(self, tenant: str) -> str:
        return key(self.home or tenant, self.name)

    def _item(self, tenant: str, id_: str, fields: F, before: Stored[F] | None = None) -> RecordItem:
        now = clock.now()
        return self.model(
            pk=self._pk(tenant),
            sk=id_,
            fields=msgspec.json.encode(fields).decode(),
            version=before.version + 1 if before else 1,
            created_at=before.created_at if before else now,
            changed_at=now,
        )

    def _stored(self, item: RecordItem) -> Stored[F]:
        return Stored(
            tenant=item.pk.split("|", 1)[0],
            id=item.sk,
            fields=msgspec.json.decode(item.fields, type=self.fields),
            version=int(item.version),
            created_at=item.created_at,
            changed_at=item.changed_at,
        )
