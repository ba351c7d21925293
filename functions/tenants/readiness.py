"""What is still missing before phones can be activated: every pre-requirement, with its cure.

The same capabilities answer here that refuse to send (409 not_ready) when something is missing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final, Literal

import msgspec

from functions.accounts.groups import GROUPS, GroupFields
from functions.accounts.search import in_use
from functions.common import clock
from functions.common.caller import PROVIDER, Caller
from functions.common.errors import NotFound, NotReady
from functions.common.records import Stored
from functions.common.types import Id
from functions.installation.downloads import for_need
from functions.installation.platforms import PLATFORMS, Need, choose
from functions.messaging import readiness as messaging
from functions.messaging.gateways import Channel
from functions.provisioning import clients, profiles
from functions.provisioning.render import security_model
from functions.registrar import seen
from functions.tenants import hostnames
from functions.tenants.domains import DOMAINS
from functions.tenants.tenants import TENANTS, TenantFields

LOOKED_AT: Final = 1000  # accounts per group, to learn which clients and models are in use
ASKED_WITHIN: Final = timedelta(hours=24)

State = Literal["ok", "missing", "stale"]
Group = Stored[GroupFields]


class Requirement(msgspec.Struct, frozen=True, kw_only=True):
    """One pre-requirement. `stale`: it is there, and does not work at present. `cure` says what to do."""

    what: str
    state: Literal["ok", "missing", "stale"]
    group_id: Id | None = None  # where it concerns one group's accounts alone
    cure: str | None = None


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """`ready` when every requirement is ok."""

    ready: bool
    requirements: list[Requirement]


def check(caller: Caller, group_id: str | None) -> Readiness:
    """All requirements of the caller's tenant, and of one group or of all that the caller sees. Raises NotFound."""
    tenant = TENANTS.find(PROVIDER, caller.tenant)
    found = [*_tenant(caller.tenant), *(_groups(caller, tenant.fields, group_id) if tenant is not None else ())]
    return Readiness(ready=all(each.state == "ok" for each in found), requirements=found)


def _tenant(tenant: str) -> Iterator[Requirement]:
    for purpose in ("links", "receipts"):
        yield _hostname(tenant, purpose)
    for channel in Channel:
        answer = messaging.check(tenant, channel)
        yield Requirement(what=f"gateway for {channel}", state=answer.state, cure=answer.cure)
    if tenant == PROVIDER:
        return
    domains = DOMAINS.all(tenant)
    if not domains:
        yield Requirement(what="SIP domain", state="missing", cure="Register one under /v1/domains.")
    for stored in domains:
        yield _registrar(tenant, stored.fields.name)


def _hostname(tenant: str, purpose: hostnames.Purpose) -> Requirement:
    what = f"hostname for {purpose}"
    try:
        hostnames.base_url(tenant, purpose)
    except NotReady as gap:
        waiting = any(purpose in stored.fields.serves for stored in hostnames.HOSTNAMES.all(tenant))
        return Requirement(what=what, state="stale" if waiting else "missing", cure=gap.message)
    return Requirement(what=what, state="ok")


def _registrar(tenant: str, domain: str) -> Requirement:
    what, at = f"SIP server of {domain}", seen.last(tenant, domain)
    if at is None:
        cure = "It has never asked for an account. Give it a registrar token and the address of /registrar."
        return Requirement(what=what, state="missing", cure=cure)
    if clock.now() - at > ASKED_WITHIN:
        return Requirement(what=what, state="stale", cure=f"It last asked for an account on {clock.text(at)}.")
    return Requirement(what=what, state="ok")


def _groups(caller: Caller, tenant: TenantFields, group_id: str | None) -> Iterator[Requirement]:
    groups = [GROUPS.get(caller.tenant, group_id)] if group_id is not None else GROUPS.all(caller.tenant)
    visible = [group for group in groups if caller.sees(group.id)]
    if group_id is not None and not visible:
        raise NotFound("There is no group with this id.", field="group_id")
    if not visible:
        yield Requirement(what="group", state="missing", cure="Create one under /v1/groups: accounts live in groups.")
    for group in visible:
        yield from _group(caller.tenant, tenant, group)


def _group(tenant: str, settings: TenantFields, group: Group) -> Iterator[Requirement]:
    what = f"profile for {group.fields.name}"
    try:
        profile = profiles.resolve(tenant, None, group.fields.profile_id).fields
    except NotReady as gap:
        yield Requirement(what=what, state="missing", group_id=group.id, cure=gap.message)
        return
    yield Requirement(what=what, state="ok", group_id=group.id)
    own = group.fields.client or settings.client
    pairs = {(client or own, model) for client, model in in_use(tenant, group.id, LOOKED_AT)} or {(own, "end-to-site")}
    for client, model in sorted({(client, security_model(profile, model)) for client, model in pairs}):
        yield from _client(tenant, group, client, model)


def _client(tenant: str, group: Group, client: str, model: clients.SecurityModel) -> Iterator[Requirement]:
    if client not in clients.clients() or model not in clients.client(client).SECURITY_MODELS:
        cure = f"Choose a client that keeps {model}: on the group, or on its accounts."
        yield Requirement(what=f"client {client} for {model}", state="missing", group_id=group.id, cure=cure)
        return
    offers = for_need(tenant, Need(group.id, client, model))
    for platform in (each for each in PLATFORMS if each in clients.client(client).PLATFORMS):
        what = f"{client} for {platform}, {model}"
        if choose(offers, platform, None) is not None:
            yield Requirement(what=what, state="ok", group_id=group.id)
        else:
            cure = f"Enter where it is found under /v1/downloads: platform {platform}, client {client}."
            yield Requirement(what=what, state="missing", group_id=group.id, cure=cure)
