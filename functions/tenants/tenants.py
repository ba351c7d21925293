"""A tenant: one customer organisation, to which everything else belongs."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated

import msgspec

from functions.common import sealing
from functions.common.caller import PROVIDER, Caller
from functions.common.errors import Invalid, NotFound
from functions.common.records import Collection, Stored
from functions.common.table import key, read
from functions.common.transaction import Delete, Step, new
from functions.common.types import ClientName, Language, Name
from functions.tenants.models import DataKey, TenantsRecord


class ExtensionRange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The short numbers a tenant may give out, both ends included."""

    first: Annotated[int, msgspec.Meta(ge=10, le=999_999)]
    last: Annotated[int, msgspec.Meta(ge=10, le=999_999)]


class TenantFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is set for a whole tenant. Groups and accounts may say otherwise where they have the same field."""

    name: Name
    language: Language = "en"
    client: ClientName = "linphone"
    extensions: ExtensionRange | None = None


def _guard(_caller: Caller, id_: str, before: TenantFields | None, after: TenantFields | None) -> Sequence[Step]:
    if after is None:
        return [Delete(item=DataKey(pk=key(id_, "key"), sk="-"))]
    if after.extensions is not None and after.extensions.first > after.extensions.last:
        raise Invalid("The range ends before it begins.", field="extensions")
    if before is None:
        return [new(DataKey(pk=key(id_, "key"), sk="-", data_key=sealing.new_data_key(id_)))]
    return ()


TENANTS = Collection(TenantsRecord, "tenant", TenantFields, _guard, home=PROVIDER)


class OwnSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a tenant's own administrators may change of it."""

    name: Name
    language: Language = "en"
    client: ClientName = "linphone"


def get(tenant: str) -> Stored[TenantFields]:
    """Raises NotFound."""
    return TENANTS.get(PROVIDER, tenant)


@lru_cache(maxsize=1024)
def data_key(tenant: str) -> str:
    """The tenant's data key, encrypted; it never changes, so a process reads it once. Raises NotFound."""
    found = read(DataKey, key(tenant, "key"))
    if found is None:
        raise NotFound("There is no tenant with this id.", field="tenant_id")
    return found.data_key
