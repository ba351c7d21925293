"""Where each platform's package is found: kept per tenant, with the provider's behind them."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec

from functions.common.agents import Platform
from functions.common.caller import PROVIDER, Caller
from functions.common.errors import Conflict, Invalid
from functions.common.records import Collection, Stored
from functions.common.transaction import Step
from functions.common.types import ClientName, Id
from functions.installation import addresses, storage
from functions.installation.models import InstallationRecord
from functions.installation.packages import PACKAGES, PackageFields
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
Address = Annotated[
    str,
    msgspec.Meta(
        max_length=1000,
        pattern=r"^[!#-&(-;=?-\[\]-~]+$(?!\n)",
        description="An https address, or on iOS one of itms-apps: or itms-services:, on Android one of market:",
    ),
]


class DownloadFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A package for one platform, at an address or one of ours (`package_id`); where it names a model, client or
    group, for these alone."""

    platform: Platform
    url: Address | None = None
    package_id: Id | None = None
    minimum_os: OsVersion | None = None
    security_model: SecurityModel | None = None
    client: ClientName | None = None
    group_id: Id | None = None


def _guard(caller: Caller, _id: str, before: DownloadFields | None, after: DownloadFields | None) -> Sequence[Step]:
    if after is None:
        return ()
    problems = list(_problems(caller, after))
    if problems:
        raise Invalid(details=[{"field": field, "problem": problem} for field, problem in problems])
    return list(_needs(caller, before, after))


def _problems(caller: Caller, download: DownloadFields) -> Iterator[tuple[str, str]]:
    if download.url is None and download.package_id is None:
        yield "url", "Give an address, or the id of a package under /v1/packages."
    if download.url is not None and download.package_id is not None:
        yield "package_id", "Give either a url or a package_id; set the other to null."
    if download.url is not None and (problem := addresses.problem(download.platform, download.url)) is not None:
        yield "url", problem
    if download.package_id is not None:
        yield from _package_problems(caller, download.platform, download.package_id)
    if download.client is not None and download.client not in clients():
        yield "client", f"There is no such client. There are: {', '.join(clients())}."
    if download.group_id is not None and caller.tenant == PROVIDER:
        yield "group_id", "Groups belong to a tenant; the provider's downloads are for all."


def _package_problems(caller: Caller, platform: Platform, package_id: str) -> Iterator[tuple[str, str]]:
    package = PACKAGES.find(caller.tenant, package_id)
    if package is None:
        yield "package_id", _NO_PACKAGE
    elif package.fields.state != "ready":
        yield "package_id", "This package is not ready: upload its file and complete it first."
    elif package.fields.platform != platform:
        yield "package_id", f"This package is for {package.fields.platform}."


def _needs(caller: Caller, before: DownloadFields | None, after: DownloadFields) -> Iterator[Step]:
    """That group and package are there at the very moment."""
    if after.group_id is not None:
        from functions.accounts.groups import GROUPS

        missing = Invalid("There is no group with this id.", field="group_id")
        yield GROUPS.exists(caller.tenant, after.group_id, missing)
    if after.package_id is not None and (before is None or before.package_id != after.package_id):
        yield PACKAGES.held(caller.tenant, after.package_id, Invalid(_NO_PACKAGE, field="package_id"))


_NO_PACKAGE = "There is no package with this id."

DOWNLOADS = Collection(InstallationRecord, "download", DownloadFields, _guard)


def for_need(tenant: str, need: Need) -> list[Offer]:
    """Every package that fits a need, the most specific first: a tenant's own before any of the provider's."""
    found = [
        Offer(id=stored.id, owner=owner, changed_at=stored.changed_at, **msgspec.structs.asdict(stored.fields))
        for owner in (tenant, PROVIDER)
        for stored in DOWNLOADS.all(owner)
    ]
    return offers(found, need)


def remove_package(caller: Caller, package_id: str) -> None:
    """Deletes a package, and then its bytes. Raises NotFound, and Conflict while a download leads to it."""
    PACKAGES.delete(caller, package_id, _unused)
    storage.remove(caller.tenant, package_id)


def _unused(package: Stored[PackageFields]) -> None:
    used = [each.id for each in DOWNLOADS.all(package.tenant) if each.fields.package_id == package.id]
    if used:
        raise Conflict(f"Downloads lead to this package: {', '.join(used)}. Change or delete them first.")
