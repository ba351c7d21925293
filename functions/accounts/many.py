"""Many accounts at once, as those need them who work through files and tenants: a hundred in one read."""

from collections.abc import Iterable, Iterator
from typing import Any

from pynamodb.indexes import GlobalSecondaryIndex

from functions.accounts.models import (
    Account,
    Device,
    ExternalHolder,
    NumberHolder,
    account_key,
    device_key,
    digest_user,
    external_key,
    number_key,
)
from functions.common import paging
from functions.common.table import delete, key


def by_id(tenant: str, account_ids: Iterable[str]) -> dict[str, Account]:
    """Those of the accounts that are there, deleted ones too, by id."""
    keys = [(account_key(tenant, each), "-") for each in account_ids]
    return {each.id: each for each in Account.batch_get(keys, consistent_read=True)}


def holders_of_numbers(tenant: str, numbers: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The ids of the accounts that have these numbers, each of a SIP domain, by both."""
    keys = {number_key(tenant, domain, number): (domain, number) for domain, number in numbers}
    found = NumberHolder.batch_get([(pk, "-") for pk in keys], consistent_read=True)
    return {keys[each.pk]: each.account_id for each in found}


def holders_of_external_ids(tenant: str, external_ids: Iterable[str]) -> dict[str, str]:
    """The ids of the accounts that are known elsewhere by these external ids, by those."""
    keys = {external_key(tenant, each): each for each in external_ids}
    found = ExternalHolder.batch_get([(pk, "-") for pk in keys], consistent_read=True)
    return {keys[each.pk]: each.account_id for each in found}


def page(tenant: str, group_id: str | None, cursor: str | None, limit: int) -> paging.Page[Account]:
    """Some of a group's accounts, or (None) of the whole tenant's, by name, and where the next ones begin; none that
    was deleted. An index tells them, which may lag behind: read again (`by_id`) what must be as it is now."""
    pk, index = _list(tenant, group_id)
    return paging.query(Account, pk, cursor=cursor, limit=limit, index=index)


def every(tenant: str, group_id: str | None) -> Iterator[Account]:
    """The same accounts, all of them."""
    pk, index = _list(tenant, group_id)
    yield from index.query(pk)


def free_usernames(accounts: Iterable[Account], begun_with: int) -> None:
    """The usernames of deleted accounts may be given out again, but for those that somebody has had. Repeatable.

    `begun_with` is the epoch of the accounts' slots as they were made: the deletion counts it on by one, and a phone
    that came in between by one more."""
    for account in accounts:
        unused = (Device.account_id == account.id) & (Device.standing == "deleted") & (Device.epoch <= begun_with + 1)
        for number in range(1, int(account.slots) + 1):
            user = digest_user(account.username, number)
            delete(Device(pk=device_key(account.tenant, account.domain, user), sk="-"), unused)


def _list(tenant: str, group_id: str | None) -> tuple[str, GlobalSecondaryIndex[Any]]:
    """The index that has the accounts in order of name, and its partition."""
    return (tenant, Account.by_name) if group_id is None else (key(tenant, group_id), Account.by_group)
