"""Provisioning profiles: kept, and resolved for an account.

    account's own → its group's → the tenant's default → the provider's default

A profile that a group names cannot be deleted. One that an account names can: the account falls back to its group's.
A provider's profile names no SIP domain, because a domain belongs to one tenant: the tenant's only one is used."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from functions.common.caller import PROVIDER, Caller
from functions.common.errors import Changed, Conflict, Invalid, NotReady
from functions.common.records import Collection, Stored, remembering
from functions.common.table import read
from functions.common.transaction import Delete, Put, Step
from functions.provisioning.fields import ProfileFields
from functions.provisioning.models import DefaultProfile, ProvisioningRecord, default_key
from functions.tenants import domains

Level = Literal["account", "group", "tenant", "provider"]


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """The profile that applies to an account, the level that it comes from, and the SIP domain it leads to."""

    stored: Stored[ProfileFields]
    level: Level
    domain: str

    @property
    def fields(self) -> ProfileFields:
        return self.stored.fields


class DomainInUse(Conflict):
    code = "domain_in_use"
    message = "Accounts live under this profile's SIP domain; every password is made for it. Make another profile."


def _guard(caller: Caller, id_: str, before: ProfileFields | None, after: ProfileFields | None) -> Sequence[Step]:
    if after is None:
        return _given_up(caller.tenant, id_, before)
    from functions.provisioning.extra import check_extra  # profiles are read far more often than changed

    check_extra(after)
    steps = _domain_steps(caller.tenant, before, after)
    if after.default and not (before is not None and before.default):
        return [*steps, *_taken_over(caller, id_)]
    return [*steps, *([] if after.default else _given_up(caller.tenant, id_, before))]


PROFILES = Collection(ProvisioningRecord, "profile", ProfileFields, _guard)


def must_exist(tenant: str, profile_id: str | None) -> Sequence[Step]:
    """Steps: the profile is there when the transaction commits; Invalid is raised there otherwise. None for none."""
    if profile_id is None:
        return ()
    return [PROFILES.exists(tenant, profile_id, Invalid("There is no profile with this id.", field="profile_id"))]


def resolve(tenant: str, account_profile_id: str | None, group_profile_id: str | None) -> Resolved:
    """The profile for an account whose own and whose group's profile are these.

    Raises NotReady when there is none, or when it leaves open which of the tenant's SIP domains is meant."""
    named: tuple[tuple[Level, str | None], ...] = (("account", account_profile_id), ("group", group_profile_id))
    for level, id_ in named:
        stored = PROFILES.find(tenant, id_) if id_ is not None else None
        if stored is not None:
            return _resolved(tenant, stored, level)
    defaults: tuple[tuple[Level, str], ...] = (("tenant", tenant), ("provider", PROVIDER))
    for level, owner in defaults:
        stored = default(owner)
        if stored is not None:
            return _resolved(tenant, stored, level)
    raise NotReady("No provisioning profile applies: name one on the account or its group, or make one the default.")


def default(tenant: str) -> Stored[ProfileFields] | None:
    """A tenant's default profile."""
    found = remembering(("default profile", tenant), lambda: read(DefaultProfile, default_key(tenant)))
    return PROFILES.find(tenant, found.profile_id) if found is not None else None


def using_domain(tenant: str, domain: str) -> bool:
    """Whether one of the tenant's profiles leads to this SIP domain."""
    return any(stored.fields.domain == domain for stored in PROFILES.all(tenant))


def _resolved(tenant: str, stored: Stored[ProfileFields], level: Level) -> Resolved:
    return Resolved(stored=stored, level=level, domain=stored.fields.domain or _only_domain(tenant))


def _only_domain(tenant: str) -> str:
    found = domains.DOMAINS.page(tenant, limit=2).items
    if not found:
        raise NotReady("This tenant has no SIP domain. Register one under /v1/domains.")
    if len(found) > 1:
        raise NotReady("This tenant has several SIP domains: make a profile that names one, and make it the default.")
    return found[0].fields.name


def _domain_steps(tenant: str, before: ProfileFields | None, after: ProfileFields) -> list[Step]:
    if before is not None and before.domain == after.domain:
        return []
    if tenant == PROVIDER:
        if after.domain is not None:
            raise Invalid("A SIP domain belongs to one tenant; the provider's profile names none.", field="domain")
        return []
    if after.domain is None:
        raise Invalid("Name one of your SIP domains: accounts live under it.", field="domain")
    if before is not None and before.domain is not None and _lived_in(tenant, before.domain):
        raise DomainInUse(field="domain")
    unknown = Invalid("This is not one of your SIP domains. Register it under /v1/domains first.", field="domain")
    return [domains.owned(tenant, after.domain, unknown)]


def _lived_in(tenant: str, domain: str) -> bool:
    from functions.accounts.search import any_in_domain

    return any_in_domain(tenant, domain)


def _taken_over(caller: Caller, id_: str) -> list[Step]:
    """This profile becomes the default, and the present one, if any, ceases to be it, together."""
    present = read(DefaultProfile, default_key(caller.tenant))
    pointer = DefaultProfile(pk=default_key(caller.tenant), sk="-", profile_id=id_)
    if present is None:
        return [Put(item=pointer, condition=DefaultProfile.pk.does_not_exist(), otherwise=Changed())]
    steps: list[Step] = [
        Put(item=pointer, condition=DefaultProfile.profile_id == present.profile_id, otherwise=Changed())
    ]
    stored = PROFILES.find(caller.tenant, present.profile_id)
    if stored is not None:
        steps += PROFILES.change_steps(caller, stored, msgspec.structs.replace(stored.fields, default=False))
    return steps


def _given_up(tenant: str, id_: str, before: ProfileFields | None) -> list[Step]:
    if before is None or not before.default:
        return []
    pointer = DefaultProfile(pk=default_key(tenant), sk="-")
    return [Delete(item=pointer, condition=DefaultProfile.profile_id == id_, otherwise=Changed())]
