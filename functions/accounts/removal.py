"""An account goes with everything that was ever kept of it, its username included: for a tenant that goes itself."""

from collections.abc import Iterator

from functions.accounts import history
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
from functions.activation import removal as activation
from functions.common.table import delete, key, read
from functions.installation import links as installation
from functions.messaging import trim as messages

DELETED = "deleted"  # the second part of the index key of those that were deleted


def find(tenant: str, account_id: str) -> Account | None:
    """An account, deleted or not."""
    return read(Account, account_key(tenant, account_id))


def listed(tenant: str) -> Iterator[str]:
    """The ids of a tenant's accounts, deleted ones included where the index has them: it may lag behind."""
    for pk in (tenant, key(tenant, DELETED)):
        for found in Account.by_name.query(pk, attributes_to_get=["pk", "sk", "id"]):
            yield found.id


def erase(tenant: str, account_id: str) -> None:
    """Repeatable; cut short, the account is still found, because it goes last."""
    account = find(tenant, account_id)
    activation.erase(tenant, account_id)
    messages.erase(tenant, account_id)
    installation.forget(tenant, account_id)
    history.erase_all(tenant, account_id)
    if account is None:
        return
    with Device.batch_write() as batch:
        for slot in range(1, int(account.slots) + 1):
            user = digest_user(account.username, slot)
            batch.delete(Device(pk=device_key(tenant, account.domain, user), sk="-"))
    if account.number:
        number = NumberHolder(pk=number_key(tenant, account.domain, account.number), sk="-")
        delete(number, NumberHolder.account_id == account_id)
    if account.external_id is not None:
        external = ExternalHolder(pk=external_key(tenant, account.external_id), sk="-")
        delete(external, ExternalHolder.account_id == account_id)
    account.delete()
    history.erase_all(tenant, account_id)  # what was written at that very moment
