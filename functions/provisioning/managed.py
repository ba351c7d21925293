"""Phones that a company manages itself: what its device management is given, in place of messages to people.

Steps for the usual products are in docs/device-management.md."""

from typing import Final

from functions.accounts.groups import GROUPS, GroupFields
from functions.accounts.people import Account
from functions.accounts.search import AccountListing, page
from functions.common import audit, paging
from functions.common.caller import Caller
from functions.common.errors import Conflict, NotFound, Problem
from functions.common.records import Stored
from functions.common.requests import Replayed, RequestMark
from functions.common.transaction import Step, commit
from functions.provisioning import profiles, render
from functions.provisioning.clients import ClientFile, Credentials, Managed, Phone, managed
from functions.provisioning.clients._managed import Format, ManagedPerson, policy
from functions.provisioning.fields import ProfileFields
from functions.tenants import hostnames, tenants

AT_ONCE: Final = 50  # people of a page: each gets a link, which is a transaction of its own


class NotManaged(Conflict):
    code = "client_not_managed"

    def __init__(self, client: str) -> None:
        super().__init__(f"The client {client} takes no managed app configuration; Linphone does.", field="client")


def configuration(caller: Caller, group_id: str, format_: Format) -> ClientFile:
    """What all of a group's devices get. Nothing of a person is in it. Raises NotFound, NotManaged, NotReady."""
    group = _group(caller, group_id)
    module = _client(_client_of(group))
    profile = profiles.resolve(caller.tenant, None, group.fields.profile_id)
    phone = _nobody(profile.fields, profile.domain, module.NAME)
    config = render.made(module.NAME, lambda: module.common(phone))
    return policy(format_, config, profile.fields.root_ca)


def links(caller: Caller, group_id: str, cursor: str | None, mark: RequestMark) -> paging.Page[ManagedPerson]:
    """A fresh activation link for each of the next people of a group, which supersedes the present one; its address is
    for the management of that person's device alone. Who can have none is listed with the reason.

    Raises NotFound, NotManaged, Invalid for a cursor of another list, NotReady without a host for links."""
    group = _group(caller, group_id)
    client = _client_of(group)
    _client(client)
    hostnames.base_url(caller.tenant, "links")
    accounts = page(caller, AccountListing(group_id=group_id, cursor=cursor, limit=AT_ONCE))
    steps = _marked(mark)
    people = [_enrolled(caller, account, client, mark) for account in accounts.items]
    given = sum(each.config_uri is not None for each in people)
    commit([audit.entry(caller, "group.managed_links", f"group/{group_id}", after={"links": given}), *steps])
    return paging.Page(people, accounts.cursor)


def _marked(mark: RequestMark) -> list[Step]:
    """What marks the request; nothing for one that is repeated: it is answered with the links that it made."""
    try:
        mark.check()
    except Replayed:
        return []
    return mark.steps()


def _enrolled(caller: Caller, account: Account, group_client: str, mark: RequestMark) -> ManagedPerson:
    from functions.activation import issue  # the policy, above, needs nothing of it

    config_uri, problem = None, None
    try:
        _client(account.client or group_client)
        config_uri = issue.for_management(caller, account.id, mark)
    except Problem as refused:
        problem = refused.message
    return ManagedPerson(
        full_name=account.full_name,
        number=account.number,
        username=account.username,
        email=account.email,
        config_uri=config_uri,
        problem=problem,
    )


def _group(caller: Caller, group_id: str) -> Stored[GroupFields]:
    if not caller.sees(group_id):
        raise NotFound("There is no group with this id.", field="group_id")
    return GROUPS.get(caller.tenant, group_id)


def _client_of(group: Stored[GroupFields]) -> str:
    return group.fields.client or tenants.get(group.tenant).fields.client


def _client(name: str) -> Managed:
    module = managed(name)
    if module is None:
        raise NotManaged(name)
    return module


def _nobody(profile: ProfileFields, domain: str, client: str) -> Phone:
    """A phone of this profile that is nobody's."""
    person = render.Person(
        full_name="",
        number="",
        domain=domain,
        security_model="end-to-site",
        obfuscation=False,
        obfuscation_key=0,
        keep_alive=True,
        language="en",
    )
    credentials = Credentials(username="", password="", realm="", ha1_md5="", ha1_sha256="")
    return render.build_phone(profile, person, credentials, profile.extra.get(client, {}))
