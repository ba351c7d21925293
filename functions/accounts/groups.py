"""A group: a department, a building, a customer's site. It holds accounts and what they have in common."""

from collections.abc import Sequence

import msgspec

from functions.accounts.models import AccountsRecord
from functions.common.caller import Caller
from functions.common.errors import Conflict
from functions.common.records import Collection
from functions.common.transaction import Step
from functions.common.types import ClientName, Email, Id, Language, Name


class GroupFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a group's accounts inherit, unless they say otherwise. Only the name is needed."""

    name: Name
    it_contact: Email | None = None
    profile_id: Id | None = None
    language: Language | None = None
    client: ClientName | None = None


def _guard(caller: Caller, id_: str, _before: GroupFields | None, after: GroupFields | None) -> Sequence[Step]:
    if after is None:
        from functions.accounts.search import any_in_group

        if any_in_group(caller.tenant, id_):
            raise Conflict("This group still has accounts. Delete them or move them first.")
        return ()
    from functions.provisioning.profiles import must_exist

    return must_exist(caller.tenant, after.profile_id)


GROUPS = Collection(AccountsRecord, "group", GroupFields, _guard)
