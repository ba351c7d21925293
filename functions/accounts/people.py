"""One account: read it, and see it as its API does."""

from collections.abc import Sequence
from typing import Annotated, Literal, cast

import msgspec
from msgspec import Meta

from functions.accounts.models import Account as Account  # what this module gives has these types
from functions.accounts.models import Device as Device
from functions.accounts.models import Why, account_key, device_key, digest_user
from functions.common import clock
from functions.common.caller import Caller
from functions.common.errors import Conflict, NotFound
from functions.common.table import read
from functions.common.types import Id, Moment

Standing = Literal["enabled", "disabled", "expired", "deleted"]
Readiness = Literal["pending", "activating", "active"]
Problem = Annotated[
    str | None, Meta(description="Why no message is sent there any more; setting the field, to the same too, ends it")
]
SecurityModel = Literal["end-to-end", "end-to-site"]
Attention = Annotated[
    Why | None, Meta(description="Why an operator should look at the account: docs/csr.md says what to do")
]


class ShownAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account as the API shows it. No secret is in it: there is none to show."""

    id: Id
    full_name: str
    number: str
    mobile: str | None
    mobile_problem: Problem
    email: str | None
    email_problem: Problem
    username: str
    domain: str
    group_id: Id
    profile_id: Id | None
    security_model: SecurityModel
    obfuscation: bool
    obfuscation_key: int
    keep_alive: bool
    client: str | None
    language: str | None
    time_zone: str | None
    description: str
    external_id: str | None
    expires_at: Moment | None
    standing: Standing
    readiness: Readiness
    attention: Attention
    attention_at: Moment | None
    created_at: Moment
    changed_at: Moment


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach a person, and in which language: what a message needs."""

    full_name: str
    number: str
    mobile: str | None
    mobile_country: str | None  # ISO 3166-1; None for a number of no country
    mobile_problem: str | None  # why nothing is sent there any more
    email: str | None
    email_problem: str | None
    language: str | None  # None: the group's, else the tenant's
    time_zone: str | None
    group_id: str
    profile_id: str | None
    standing: Standing


class AccountNotEnabled(Conflict):
    code = "account_not_enabled"
    message = "This account is not enabled. Enable it, or extend its expiry, first."


def find(tenant: str, account_id: str) -> Account | None:
    found = read(Account, account_key(tenant, account_id))
    return None if found is None or found.standing == "deleted" else found


def get(tenant: str, account_id: str) -> Account:
    """Raises NotFound, also for a deleted account."""
    found = find(tenant, account_id)
    if found is None:
        raise NotFound("There is no account with this id.", field="account_id")
    return found


def visible(caller: Caller, account_id: str) -> Account:
    """The account, when it is in the caller's tenant and groups. Raises NotFound."""
    found = get(caller.tenant, account_id)
    if not caller.sees(found.group_id):
        raise NotFound("There is no account with this id.", field="account_id")
    return found


def contact(tenant: str, account_id: str) -> Contact:
    """Raises NotFound."""
    account = get(tenant, account_id)
    return Contact(
        full_name=account.full_name,
        number=account.number,
        mobile=account.mobile,
        mobile_country=account.mobile_country,
        mobile_problem=account.mobile_problem,
        email=account.email,
        email_problem=account.email_problem,
        language=account.language,
        time_zone=account.time_zone,
        group_id=account.group_id,
        profile_id=account.profile_id,
        standing=standing(account),
    )


def standing(account: Account | Device) -> Standing:
    """What the account is now: an expiry that has passed counts at once, whoever has noticed it."""
    if account.standing == "enabled" and account.expires_at is not None and account.expires_at <= clock.now():
        return "expired"
    return cast(Standing, account.standing)


def must_be_enabled(account: Account) -> None:
    """Raises AccountNotEnabled."""
    if standing(account) != "enabled":
        raise AccountNotEnabled


def device(account: Account, slot: int) -> Device | None:
    return read(Device, device_key(account.tenant, account.domain, digest_user(account.username, slot)))


def devices(account: Account) -> list[Device]:
    """The account's slots, first to last."""
    found = (device(account, slot) for slot in range(1, int(account.slots) + 1))
    return [each for each in found if each is not None]


def devices_of(accounts: Sequence[Account]) -> dict[str, list[Device]]:
    """The slots of many accounts, by account, first to last; a hundred in one read."""
    keys = [
        (device_key(each.tenant, each.domain, digest_user(each.username, slot)), "-")
        for each in accounts
        for slot in range(1, int(each.slots) + 1)
    ]
    found: dict[str, list[Device]] = {each.id: [] for each in accounts}
    for slot in Device.batch_get(keys, consistent_read=True):
        found[slot.account_id].append(slot)
    return {account: sorted(slots, key=lambda each: each.slot) for account, slots in found.items()}


def show(account: Account) -> ShownAccount:
    return ShownAccount(
        id=account.id,
        full_name=account.full_name,
        number=account.number,
        mobile=account.mobile,
        mobile_problem=account.mobile_problem,
        email=account.email,
        email_problem=account.email_problem,
        username=account.username,
        domain=account.domain,
        group_id=account.group_id,
        profile_id=account.profile_id,
        security_model=cast(SecurityModel, account.security_model),
        obfuscation=account.obfuscation,
        obfuscation_key=int(account.obfuscation_key),
        keep_alive=account.keep_alive,
        client=account.client,
        language=account.language,
        time_zone=account.time_zone,
        description=account.description,
        external_id=account.external_id,
        expires_at=account.expires_at,
        standing=standing(account),
        readiness=cast(Readiness, account.readiness),
        attention=cast(Why | None, account.attention),
        attention_at=account.attention_at,
        created_at=account.created_at,
        changed_at=account.changed_at,
    )
