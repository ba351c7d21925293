"""That a SIP server asks for a domain: noted for the readiness check, and seldom, because look-ups are many."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from pynamodb.attributes import NumberAttribute
from pynamodb.exceptions import PutError

from functions.common import clock, settings
from functions.common.table import MomentAttribute, Table, TableMeta, key, read

NOTED_EVERY: Final = timedelta(minutes=10)  # per process and domain
KEPT: Final = timedelta(days=90)

_noted: dict[str, datetime] = {}


class Seen(Table):
    """When a SIP server last asked. Keys: tenant, `registrar` and domain | -."""

    class Meta(TableMeta):
        table_name = settings.table("limits")

    at = MomentAttribute()
    ttl = NumberAttribute()


def note(tenant: str, domain: str) -> None:
    """A look-up for this domain came in. Never fails: the SIP server's answer matters more."""
    now, where = clock.now(), key(tenant, "registrar", domain)
    before = _noted.get(where)
    if before is not None and now - before < NOTED_EVERY:
        return
    _noted[where] = now
    with suppress(PutError):
        Seen(pk=where, sk="-", at=now, ttl=int((now + KEPT).timestamp())).save()


def last(tenant: str, domain: str) -> datetime | None:
    """When a SIP server last asked for this domain, to ten minutes."""
    found = read(Seen, key(tenant, "registrar", domain))
    return found.at if found is not None else None


def erase(tenant: str, domain: str) -> None:
    """Forgets it, with a domain whose tenant goes."""
    Seen(pk=key(tenant, "registrar", domain), sk="-").delete()


def forget() -> None:
    """In tests, when the world is made anew."""
    _noted.clear()
