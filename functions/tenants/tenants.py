"""A tenant: one customer organisation, to which everything else belongs."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated

import msgspec

from functions.common import sealing
from functions.common.caller import PROVIDER, Caller
from functions.common.errors import Conflict, Invalid, NotFound
from functions.common.records import Collection, Stored
from functions.common.table import key, read
from functions.common.transaction import Delete, Step, new
from functions.common.types import ClientName, Country, Currency, Language, Money, Name, TimeZone
from functions.tenants.app_links import AppLinks
from functions.tenants.brand import Brand
from functions.tenants.brand import check as check_brand
from functions.tenants.models import DataKey, TenantsRecord
from functions.tenants.retention import Retention
from functions.tenants.retention import check as check_retention


class ExtensionRange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The short numbers a tenant may give out, both ends included."""

    first: Annotated[int, msgspec.Meta(ge=10, le=999_999)]
    last: Annotated[int, msgspec.Meta(ge=10, le=999_999)]


class Spending(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount of money. Gateways whose prices are in another currency, or unknown, are not used under it."""

    amount: Money
    currency: Currency


Guests = Annotated[
    list[Annotated[str, msgspec.Meta(min_length=3, max_length=254)]],
    msgspec.Meta(max_length=50, description="Numbers (E.164) and e-mail addresses that a tenant on trial sends to"),
]


Countries = Annotated[
    list[Country],
    msgspec.Meta(max_length=250, description="Where SMS may go; null: anywhere but premium and special numbers"),
]
PerDay = Annotated[
    int, msgspec.Meta(ge=1, le=10_000_000, description="At the limit messages wait for the next day (UTC)")
]


class TenantFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is set for a whole tenant. Groups and accounts may say otherwise where they have the same field."""

    name: Name
    language: Language = "en"
    client: ClientName = "linphone"
    time_zone: Annotated[
        TimeZone | None, msgspec.Meta(description="For quiet hours, where neither account, group nor number tells")
    ] = None
    extensions: ExtensionRange | None = None
    trial: Annotated[bool, msgspec.Meta(description="Sends to its guests alone; all else stays in its inbox")] = False
    guests: Guests = []
    countries: Countries | None = None
    messages_per_day: PerDay | None = None
    messages_per_operator: Annotated[
        int, msgspec.Meta(ge=1, le=1_000_000, description="How many messages one operator may ask for in a day")
    ] = 2000
    spend_per_day: Annotated[
        Spending | None, msgspec.Meta(description="By the gateways' prices; an alarm rings at four fifths")
    ] = None
    brand: Brand = Brand()
    app_links: AppLinks = AppLinks()
    retention: Retention = Retention()
    closed: Annotated[
        bool, msgspec.Meta(description="It is being off-boarded: set by that alone. Nothing is sent, nobody may act")
    ] = False


def _guard(_caller: Caller, id_: str, before: TenantFields | None, after: TenantFields | None) -> Sequence[Step]:
    if after is None:
        return [Delete(item=DataKey(pk=key(id_, "key"), sk="-"))]
    if before is not None and before.closed:
        raise Conflict("This tenant is closed.")
    if after.closed:
        raise Invalid("A tenant is closed by its off-boarding.", field="closed")
    if after.extensions is not None and after.extensions.first > after.extensions.last:
        raise Invalid("The range ends before it begins.", field="extensions")
    check_zone(after.time_zone)
    check_brand(after.brand)
    check_retention(after.retention)
    if before is None:
        return [new(DataKey(pk=key(id_, "key"), sk="-", data_key=sealing.new_data_key(id_)))]
    return ()


TENANTS = Collection(TenantsRecord, "tenant", TenantFields, _guard, home=PROVIDER)


class OwnSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a tenant's own administrators may change of it."""

    name: Name
    language: Language = "en"
    client: ClientName = "linphone"
    time_zone: TimeZone | None = None
    guests: Guests = []
    brand: Brand = Brand()
    app_links: AppLinks = AppLinks()
    retention: Retention = Retention()


def check_zone(name: str | None) -> None:
    """Raises Invalid for a time zone that does not exist."""
    if name is None:
        return
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Invalid("There is no such time zone. Write it like Europe/Zurich.", field="time_zone") from None


def get(tenant: str) -> Stored[TenantFields]:
    """Raises NotFound."""
    return TENANTS.get(PROVIDER, tenant)


def find(tenant: str) -> TenantFields | None:
    """None for the provider, which is no tenant of itself."""
    found = TENANTS.find(PROVIDER, tenant)
    return found.fields if found is not None else None


def retention(tenant: str) -> Retention:
    """How long its things are kept; the defaults for the provider, and for a tenant that is gone."""
    found = find(tenant)
    return found.retention if found is not None else Retention()


@lru_cache(maxsize=1024)
def data_key(tenant: str) -> str:
    """The tenant's data key, encrypted; it never changes, so a process reads it once. Raises NotFound."""
    found = read(DataKey, key(tenant, "key"))
    if found is None:
        raise NotFound("There is no tenant with this id.", field="tenant_id")
    return found.data_key
