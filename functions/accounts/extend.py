"""Extend an account: it expires later, or never. One that has expired is enabled again, its phone as it was."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from functions.accounts import history, lifecycle
from functions.accounts.change import repeated
from functions.accounts.models import Account
from functions.accounts.people import get, visible
from functions.common import audit, clock, paging
from functions.common.caller import Caller
from functions.common.errors import Invalid
from functions.common.requests import Replayed, RequestMark
from functions.common.table import key
from functions.common.transaction import Put, Step, commit, retried
from functions.common.types import Moment
from functions.tenants import tenants


class Extension(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Until when: one of the three. An extension never shortens; a change of `expires_at` may."""

    until: Moment | None = None
    days: Annotated[
        Annotated[int, msgspec.Meta(ge=1, le=3650)] | None,
        msgspec.Meta(description="From the present expiry, or from now when that has passed"),
    ] = None
    never: Annotated[bool, msgspec.Meta(description="It does not expire any more")] = False


def extend(caller: Caller, account_id: str, wanted: Extension, mark: RequestMark | None = None) -> Account:
    """The account with its later expiry; as it is, where it has a later one. Links that ended stay ended; an account
    that was disabled stays so.

    Repeatable; of `days`, only a request with the same mark. Raises NotFound, Invalid for a moment that has passed,
    Changed."""
    check(wanted)
    try:
        if mark is not None:
            mark.check()
        return retried(lambda: _extend(caller, account_id, wanted, mark))
    except Replayed:
        return get(caller.tenant, account_id)


def expiring_page(
    tenant: str, group_id: str | None, before: datetime, cursor: str | None, limit: int
) -> paging.Page[Account]:
    """Some accounts of a group, or of the whole tenant, that expire, or have expired, before a moment, by name, and
    where the next ones begin. An index tells them: read each again before it is changed."""
    index = Account.by_name if group_id is None else Account.by_group
    pk = tenant if group_id is None else key(tenant, group_id)
    return paging.query(Account, pk, cursor=cursor, limit=limit, index=index, only=Account.expires_at < before)


def check(wanted: Extension) -> None:
    """Raises Invalid."""
    given = (wanted.until is not None, wanted.days is not None, wanted.never)
    if sum(given) != 1:
        raise Invalid("Send one of until, days and never.", field="until")
    if wanted.until is not None and wanted.until <= clock.now():
        raise Invalid("This moment has passed.", field="until")


def _extend(caller: Caller, account_id: str, wanted: Extension, mark: RequestMark | None) -> Account:
    account, now = visible(caller, account_id), clock.now()
    before, version, standing = account.expires_at, account.version, account.standing
    expires_at = expiry(before, wanted, now)
    marks = mark.steps() if mark is not None else []
    if expires_at == before and standing != "expired":
        if marks:
            commit(marks)
        return account
    account.expires_at = expires_at
    account.version, account.changed_at = version + 1, now
    lifecycle.expiry_set(account, now)
    lifecycle.schedule(account, tenants.retention(caller.tenant))
    until = clock.text(expires_at) if expires_at is not None else None
    old = {"expires_at": before, "standing": standing}
    new = {"expires_at": expires_at, "standing": account.standing}
    steps: list[Step] = [
        Put(item=account, condition=Account.version == version),
        *repeated(account, ended=set()),
        history.step(account.tenant, account.id, "account.extended", until=until, by=caller.operator),
        audit.entry(
            caller,
            "account.extend",
            f"account/{account.id}",
            before=msgspec.to_builtins(old),
            after=msgspec.to_builtins(new),
        ),
        *marks,
    ]
    commit(steps)
    return account


def expiry(present: datetime | None, wanted: Extension, now: datetime) -> datetime | None:
    """When an account expires then: never earlier than it did."""
    if wanted.never or present is None:
        return None
    until = wanted.until or max(present, now) + timedelta(days=wanted.days or 0)
    return max(present, until)
