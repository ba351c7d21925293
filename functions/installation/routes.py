"""Downloads, and the packages that we keep, over HTTP."""

from typing import Any

import msgspec

from functions.common.agents import Platform
from functions.common.errors import Changed, Conflict, NotFound
from functions.common.http import Answer, Call, operation
from functions.common.resource import Listing, operations, page_type, present, shown_type
from functions.installation import packages as kept
from functions.installation.downloads import DOWNLOADS, DownloadFields, remove_package
from functions.installation.packages import PACKAGES, NewPackage, NotUploaded, OtherFile, PackageFields
from functions.installation.storage import Upload

downloads = operations(DOWNLOADS, DownloadFields, "Download", problems=())
packages = operations(PACKAGES, PackageFields, "Package")

ShownPackage = shown_type("Package", PackageFields)
AnnouncedPackage: Any = msgspec.defstruct(
    "AnnouncedPackage", [("upload", Upload | None)], bases=(ShownPackage,), frozen=True, kw_only=True
)


@operation(
    "Announce a package: put its file to the upload address that is answered, then complete it",
    body=NewPackage,
    answers={201: AnnouncedPackage},
)
def announce(call: Call[NewPackage, None]) -> Answer:
    stored = kept.announce(call.caller, call.body, call.mark)
    shown = msgspec.structs.asdict(present(stored, ShownPackage))
    body = AnnouncedPackage(**shown, upload=kept.upload(stored))
    return Answer(status=201, body=body, headers={"Location": f"{call.route.path}/{stored.id}"})


@operation(
    "Complete a package whose file was uploaded: from now on it never changes",
    answers={200: ShownPackage},
    problems=(NotFound, Changed, NotUploaded, OtherFile),
)
def complete(call: Call[None, None]) -> Answer:
    return Answer(body=present(kept.complete(call.caller, call.path["package_id"]), ShownPackage))


class PackageListing(Listing, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which packages, and which page of them."""

    platform: Platform | msgspec.UnsetType = msgspec.UNSET


@operation("List the packages, newest first", query=PackageListing, answers={200: page_type("Package", ShownPackage)})
def list_packages(call: Call[None, PackageListing]) -> Answer:
    platform = None if call.query.platform is msgspec.UNSET else call.query.platform
    page = kept.page(call.caller.tenant, platform, call.query.cursor, call.query.limit)
    return Answer(body={"items": [present(stored, ShownPackage) for stored in page.items], "cursor": page.cursor})


@operation("Delete a package that no download leads to", answers={204: None}, problems=(NotFound, Changed, Conflict))
def delete_package(call: Call[None, None]) -> Answer:
    remove_package(call.caller, call.path["package_id"])
    return Answer(status=204)
