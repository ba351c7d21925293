"""Where each platform's package is found: kept per tenant, with the provider's behind them."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from functions.common.agents import Platform
from functions.common.caller import PROVIDER, Caller
from functions.common.errors import Invalid
from functions.common.records import Collection
from functions.common.transaction import Step
from functions.common.types import ClientName, HttpsUrl, Id
from functions.installation.models import InstallationRecord
from functions.installation.platforms import Need, Offer, offers
from functions.provisioning.clients import SecurityModel, clients

OsVersion = Annotated[
    str,
    msgspec.Meta(
        max_length=20,
        pattern=r"^[0-9]{1,4}(\.[0-9]{1,4}){0,3}$(?!\n)",
        description="The oldest version of the platform on which the package runs",
        examples=["8.0"],
    ),
]


class DownloadFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A package for one platform; where it names a model, client or group, for these alone."""

    platform: Platform
    url: HttpsUrl
    minimum_os: OsVersion | None = None
    security_model: SecurityModel | None = None
    client: ClientName | None = None
    group_id: Id | None = None


def _guard(caller: Caller, _id: str, _before: DownloadFields | None, after: DownloadFields | None) -> Sequence[Step]:
    if after is None:
        return ()
    if after.client is not None and after.client not in clients():
        raise Invalid(f"There is no such client. There are: {', '.join(clients())}.", field="client")
    if after.group_id is None:
        return ()
    if caller.tenant == PROVIDER:
        raise Invalid("Groups belong to a tenant; the provider's downloads are for all.", field="group_id")
    from functions.accounts.groups import GROUPS

    return [GROUPS.exists(caller.tenant, after.group_id, Invalid("There is no group with this id.", field="group_id"))]


DOWNLOADS = Collection(InstallationRecord, "download", DownloadFields, _guard)


def for_need(tenant: str, need: Need) -> list[Offer]:
    """Every package that fits a need, the most specific first: a tenant's own before any of the provider's."""
    found = [
        Offer(own=owner == tenant, changed_at=stored.changed_at, **msgspec.structs.asdict(stored.fields))
        for owner in (tenant, PROVIDER)
        for stored in DOWNLOADS.all(owner)
    ]
    return offers(found, need)
