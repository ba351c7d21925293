"""A SIP domain, which is also the digest realm: registered once in the whole installation, and never renamed."""

from collections.abc import Sequence

import msgspec

from functions.common.caller import Caller
from functions.common.errors import Conflict, Invalid, NotFound
from functions.common.records import Collection
from functions.common.table import key, read
from functions.common.transaction import Check, Delete, Step, new
from functions.common.types import Host, Text
from functions.tenants.models import Claimed, TenantsRecord


class DomainFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The domain's name; accounts live under it and every password is made for it."""

    name: Host
    description: Text = ""


class DomainTaken(Conflict):
    code = "domain_taken"
    message = "This SIP domain is registered already. A domain belongs to one tenant of the installation."


def _guard(caller: Caller, id_: str, before: DomainFields | None, after: DomainFields | None) -> Sequence[Step]:
    if before is None and after is not None:
        claimed = Claimed(pk=key("domain", after.name), sk="-", tenant=caller.tenant, record_id=id_)
        return [new(claimed, DomainTaken(field="name"))]
    if before is not None and after is not None and before.name != after.name:
        raise Invalid("A SIP domain is not renamed: every password is made for it. Register another one.", field="name")
    if before is not None and after is None:
        return [Delete(item=Claimed(pk=key("domain", before.name), sk="-"))]
    return ()


DOMAINS = Collection(TenantsRecord, "domain", DomainFields, _guard)


def owner(name: str) -> str:
    """The tenant that a SIP domain belongs to. Raises NotFound."""
    found = read(Claimed, key("domain", name))
    if found is None:
        raise NotFound("This SIP domain is not registered.", field="domain")
    return found.tenant


def owned(tenant: str, name: str, otherwise: Exception) -> Step:
    """A step: the SIP domain belongs to this tenant when the transaction commits."""
    return Check(item=Claimed(pk=key("domain", name), sk="-"), condition=Claimed.tenant == tenant, otherwise=otherwise)
