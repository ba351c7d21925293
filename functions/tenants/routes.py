"""Tenants, SIP domains and hostnames over HTTP."""

import msgspec

from functions.common.errors import Conflict, NotFound
from functions.common.http import Answer, Call, operation
from functions.common.records import Stored
from functions.common.resource import operations, present, shown_type
from functions.common.types import Id
from functions.common.validate import partial
from functions.tenants import hostnames as names
from functions.tenants import needed, removal
from functions.tenants import tenants as organisations
from functions.tenants.domains import DOMAINS, DomainFields
from functions.tenants.hostnames import HOSTNAMES, HostnameFields, NewHostname
from functions.tenants.readiness import Readiness, check
from functions.tenants.tenants import TENANTS, OwnSettings, TenantFields

tenants = operations(TENANTS, TenantFields, "Tenant")
domains = operations(DOMAINS, DomainFields, "Domain", spared=needed.domain)
hostnames = operations(HOSTNAMES, HostnameFields, "Hostname")

ShownHostname = shown_type("Hostname", HostnameFields)
ShownTenant = shown_type("Tenant", TenantFields)


@operation(
    "Delete a tenant that holds nothing any more, and its tokens", answers={204: None}, problems=(NotFound, Conflict)
)
def delete_tenant(call: Call[None, None]) -> Answer:
    removal.remove(call.caller, call.path["tenant_id"])
    return Answer(status=204)


@operation("Read the caller's own tenant", answers={200: ShownTenant}, problems=(NotFound,))
def read_own_tenant(call: Call[None, None]) -> Answer:
    return Answer(body=present(organisations.get(call.caller.tenant), ShownTenant))


@operation(
    "Change the caller's own tenant: only the fields that are sent",
    body=partial(OwnSettings, "OwnTenantChange"),
    answers={200: ShownTenant},
    problems=(NotFound, Conflict),
)
def change_own_tenant(call: Call[msgspec.Struct, None]) -> Answer:
    return Answer(body=present(TENANTS.change(call.caller, call.caller.tenant, call.body), ShownTenant))


@operation(
    "Request a public hostname: open its check_path under it, then make it live",
    body=NewHostname,
    answers={201: ShownHostname},
    problems=(Conflict,),
)
def request_hostname(call: Call[NewHostname, None]) -> Answer:
    return _hostname(201, names.request(call.caller, call.body, call.mark))


@operation(
    "Make a verified hostname live: links leave under it from now on",
    answers={200: ShownHostname},
    problems=(NotFound, Conflict),
)
def hostname_live(call: Call[None, None]) -> Answer:
    return _hostname(200, names.go_live(call.caller, call.path["hostname_id"]))


@operation(
    "The check address of a requested hostname",
    answers={200: None},
    problems=(NotFound,),
    path={"challenge": Id},
    produces="text/plain",
)
def check_hostname(call: Call[None, None]) -> Answer:
    names.verify(call.host, call.path["challenge"])
    return Answer(text="This hostname leads here.\n", content_type="text/plain; charset=utf-8")


class ReadinessQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose readiness: one group's, or all groups'."""

    group_id: Id | None = None


@operation(
    "What is still missing before phones can be activated",
    query=ReadinessQuery,
    answers={200: Readiness},
    problems=(NotFound,),
)
def readiness(call: Call[None, ReadinessQuery]) -> Answer:
    return Answer(body=check(call.caller, call.query.group_id))


def _hostname(status: int, stored: Stored[HostnameFields]) -> Answer:
    return Answer(status=status, body=present(stored, ShownHostname))
