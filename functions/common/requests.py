"""Idempotency: a POST repeated with the same Idempotency-Key has its effect once and gets the same answer again.

The record is written in the effect's own transaction and holds no secret; what a request makes has an id derived
from its key, so a replay finds it and rebuilds the answer."""

import hashlib
from datetime import timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from functions.common import clock, ids, settings
from functions.common.caller import Caller
from functions.common.errors import KeyReused
from functions.common.table import Table, TableMeta, key, read
from functions.common.transaction import Put, Step

KEPT = timedelta(hours=24)


class Record(Table):
    """One used key: tenant, operator, route and key | -, with the request's hash."""

    class Meta(TableMeta):
        table_name = settings.table("requests")

    body_hash = UnicodeAttribute()
    day = UnicodeAttribute()  # of the first use; ids are derived from it, too, so that a forgotten key makes new ones
    ttl = NumberAttribute()


class Replayed(Exception):
    """This very request took effect before: rebuild its answer."""


class RequestMark:
    """What makes one request itself. Without a key every request is new."""

    def __init__(self, caller: Caller, route: str, idempotency_key: str | None, body: bytes) -> None:
        self._cause = (caller.tenant, caller.operator, route, idempotency_key) if idempotency_key else None
        self._hash = hashlib.sha256(body).hexdigest()
        self._made: dict[str, str] = {}  # without a key: the random ids, so that asking again gives the same
        self._found: Record | None = None
        self._looked = False

    def id(self, kind: str, length: int = ids.ID_LENGTH) -> str:
        """The id of the thing of this kind that the request makes."""
        if self._cause is None:
            return self._made.setdefault(kind, ids.new_id(length))
        return ids.derived_id(kind, *self._cause, self._day(), length=length)

    def steps(self) -> list[Step]:
        """To commit with the effect; raises Replayed there when the key was used before."""
        if self._cause is None:
            return []
        expires = int((clock.now() + KEPT).timestamp())
        record = Record(pk=self._pk(), sk="-", body_hash=self._hash, day=self._day(), ttl=expires)
        unused = Record.pk.does_not_exist() | (Record.ttl <= clock.epoch())
        return [Put(item=record, condition=unused, otherwise=Replayed())]

    def check(self) -> None:
        """Before the effect: raises Replayed, or KeyReused when the key was used with another body.

        One read, only for requests that carry a key."""
        if self._cause is None:
            return
        record = self._live()
        if record is None:
            return
        if record.body_hash != self._hash:
            raise KeyReused
        raise Replayed

    def _live(self) -> Record | None:
        """The record of an earlier use that still counts. Read once."""
        if not self._looked:
            self._found, self._looked = read(Record, self._pk()), True
        return self._found if self._found is not None and self._found.ttl > clock.epoch() else None

    def _day(self) -> str:
        record = self._live()
        return record.day if record is not None else clock.now().date().isoformat()

    def _pk(self) -> str:
        return key(*(self._cause or ()))
