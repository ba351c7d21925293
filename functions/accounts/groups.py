"""A group: a department, a building, a customer's site. It holds accounts and what they have in common."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from functions.accounts.models import AccountsRecord
from functions.common.caller import Caller
from functions.common.errors import Conflict, Invalid
from functions.common.records import Collection, Stored
from functions.common.transaction import Step
from functions.common.types import ClientName, Email, Id, Language, Name, TimeZone
from functions.provisioning.profiles import must_exist, resolve
from functions.tenants.tenants import check_zone

PeoplePerDay = Annotated[
    int,
    msgspec.Meta(ge=1, le=100_000, description="To how many new people messages go in a day; the others come later"),
]


class GroupFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a group's accounts inherit, unless they say otherwise. Only the name is needed."""

    name: Name
    it_contact: Email | None = None
    profile_id: Id | None = None
    language: Language | None = None
    client: ClientName | None = None
    time_zone: TimeZone | None = None
    people_per_day: PeoplePerDay | None = None


def _guard(caller: Caller, id_: str, before: GroupFields | None, after: GroupFields | None) -> Sequence[Step]:
    if after is None:
        return ()
    check_zone(after.time_zone)
    if before is not None and before.profile_id != after.profile_id:
        _same_domain(caller.tenant, id_, before.profile_id, after.profile_id)
    return must_exist(caller.tenant, after.profile_id)


def _same_domain(tenant: str, id_: str, before: str | None, after: str | None) -> None:
    """Raises Invalid for a profile of another SIP domain while the group has accounts: they live under the present
    one."""
    from functions.accounts.search import any_in_group  # whoever reads a group need not search

    if not any_in_group(tenant, id_):
        return
    if resolve(tenant, None, before).domain != resolve(tenant, None, after).domain:
        raise Invalid("That profile is of another SIP domain than the group's accounts.", field="profile_id")


GROUPS = Collection(AccountsRecord, "group", GroupFields, _guard)


def needed(stored: Stored[GroupFields]) -> None:
    """Raises Conflict while the group has accounts."""
    from functions.accounts.search import any_in_group

    if any_in_group(stored.tenant, stored.id):
        raise Conflict("This group still has accounts. Delete them or move them first.")
