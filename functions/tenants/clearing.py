"""Everything that a tenant has goes, piece by piece. Each step is repeatable, and finds what an earlier one left."""

from collections.abc import Callable, Iterator
from typing import Final

from functions.accounts import removal
from functions.common import aws, records, settings
from functions.common.caller import Caller
from functions.common.errors import NotFound
from functions.imports import leaving as imports
from functions.jobs import stopping
from functions.messaging import gateway_secrets
from functions.messaging import trim as messages
from functions.messaging.gateway_accounts import GATEWAYS
from functions.messaging.kinds import TEST
from functions.operators import tokens
from functions.registrar import changes, seen
from functions.tenants import needed
from functions.tenants.archive import COLLECTIONS, Place
from functions.tenants.domains import DOMAINS
from functions.tenants.tenants import TENANTS

BUCKETS: Final = ("BUCKET_FILES", "BUCKET_PACKAGES", "BUCKET_TRANSFERS")
AT_ONCE: Final = 200  # accounts of a piece
RENEWED: Final = 20  # accounts after which the lease is renewed


def stop(caller: Caller, tenant: str, but: str) -> None:
    """Nobody acts for the tenant any more, and nothing of it is under way but one job."""
    tokens.revoke_all(caller, tenant)
    stopping.stop(tenant, but)


def accounts(tenant: str, account_ids: Iterator[str], renew: Callable[[], None]) -> int:
    """These accounts, deleted ones too; how many."""
    number = 0
    for account_id in account_ids:
        removal.erase(tenant, account_id)
        number += 1
        if number % RENEWED == 0:
            renew()
    return number


def configuration(tenant: str) -> int:
    """What was set; how many records. Groups first: without them no account can come to be."""
    records.forget()
    system = Caller(tenant=tenant, operator="system", name="off-boarding", role="system")
    names = [stored.fields.name for stored in DOMAINS.all(tenant)]
    gateways = [stored.id for stored in GATEWAYS.all(tenant)]
    number = 0
    for collection in COLLECTIONS:
        for stored in collection.all(tenant):
            try:
                collection.delete(system, stored.id)
            except NotFound:  # done by a worker that was thought dead
                continue
            number += 1
    for gateway_id in gateways:
        gateway_secrets.destroy(tenant, gateway_id)
    for name in names:
        changes.erase(tenant, name)
        seen.erase(tenant, name)
    messages.erase(tenant, TEST)
    imports.erase(tenant)
    return number


def files(place: Place) -> int:
    """Every file but the archive; how many."""
    number = 0
    for variable in BUCKETS:
        bucket = settings.setting(variable)
        for keys in _listed(bucket, f"{place.tenant}/"):
            going = [{"Key": key} for key in keys if not key.startswith(place.folder)]
            if going:
                aws.files().delete_objects(Bucket=bucket, Delete={"Objects": going, "Quiet": True})
            number += len(going)
    return number


def remains(place: Place) -> str | None:
    """What is still there, named for the log; None: nothing."""
    records.forget()
    if any(removal.find(place.tenant, account_id) is not None for account_id in removal.listed(place.tenant)):
        return "accounts"
    for collection in COLLECTIONS:
        if collection.page(place.tenant, limit=1).items:
            return collection.name
    if tokens.all_of(place.tenant):
        return "tokens"
    for variable in BUCKETS:
        for keys in _listed(settings.setting(variable), f"{place.tenant}/"):
            if any(not key.startswith(place.folder) for key in keys):
                return variable
    return None


def record(caller: Caller, tenant: str) -> None:
    """The tenant's own record, with its data key."""
    records.forget()
    if TENANTS.find(caller.tenant, tenant) is not None:
        TENANTS.delete(caller, tenant, needed.tenant)


def _listed(bucket: str, prefix: str) -> Iterator[list[str]]:
    """The names of all files under a prefix, a thousand at once."""
    after = ""
    while True:
        page = aws.files().list_objects_v2(Bucket=bucket, Prefix=prefix, StartAfter=after)
        keys = [found["Key"] for found in page.get("Contents", ())]
        if keys:
            yield keys
            after = keys[-1]
        if not page.get("IsTruncated"):
            return
