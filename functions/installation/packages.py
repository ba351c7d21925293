"""Packages that we keep ourselves, for people who get their app from no store.

An operator says what the file is, its SHA-256 included, and gets an address to put it to; S3 takes these very bytes and
no others. Then the package is completed, and from then on it never changes: a new version is a new package."""

import base64
import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Final, Literal

import msgspec

from functions.common import clock
from functions.common.agents import Platform
from functions.common.caller import Caller
from functions.common.errors import Conflict, Invalid
from functions.common.paging import Page
from functions.common.records import Collection, Stored
from functions.common.requests import RequestMark
from functions.common.transaction import Step, retried
from functions.common.types import Name
from functions.installation import storage
from functions.installation.formats import ending, endings
from functions.installation.models import InstallationRecord

LARGEST: Final = 1024**3

VersionText = Annotated[
    str,
    msgspec.Meta(
        max_length=40, pattern=r"^[0-9A-Za-z][0-9A-Za-z.+_~-]*$(?!\n)", description="To show", examples=["5.2.1"]
    ),
]
FileName = Annotated[
    str,
    msgspec.Meta(
        max_length=100,
        pattern=r"^[0-9A-Za-z][0-9A-Za-z._+-]*$(?!\n)",
        description="The name people get it under; its end tells what kind of package it is",
        examples=["softphone-5.2.1.apk"],
    ),
]
Sha256 = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9a-f]{64}$(?!\n)",
        description="Of the whole file, in hexadecimal, as `sha256sum` shows it",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    ),
]
Size = Annotated[int, msgspec.Meta(ge=1, le=LARGEST, description="In bytes")]
BundleIdentifier = Annotated[
    str,
    msgspec.Meta(
        max_length=155,
        pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$(?!\n)",
        description="Of an iOS app, which says it in its own manifest",
        examples=["net.example.softphone"],
    ),
]
BundleVersion = Annotated[
    str,
    msgspec.Meta(
        max_length=18,
        pattern=r"^[0-9]+(\.[0-9]+){0,3}$(?!\n)",
        description="Of an iOS app: its CFBundleVersion",
        examples=["5.2.1"],
    ),
]
Title = Annotated[Name, msgspec.Meta(description="What iOS calls the app when it asks whether to install it")]
_CURSOR: Final = re.compile(r"(\d{4}-[0-9T:.-]+Z)\|([0-9A-Za-z]+)")
OF_IOS: Final = ("bundle_identifier", "bundle_version", "title")


class NewPackage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is about to be uploaded. An iOS app needs identifier, version and title as well."""

    platform: Platform
    version: VersionText
    file_name: FileName
    size: Size
    sha256: Sha256
    bundle_identifier: BundleIdentifier | None = None
    bundle_version: BundleVersion | None = None
    title: Annotated[
        Name | None, msgspec.Meta(description="What iOS calls the app when it asks whether to install")
    ] = None


class PackageFields(NewPackage, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A package with its state: `ready` once its bytes were found to be those."""

    state: Literal["awaited", "ready"] = "awaited"


class NotUploaded(Conflict):
    code = "not_uploaded"
    message = "Nothing has been uploaded yet: put the file to the package's upload address, then repeat."


class OtherFile(Conflict):
    code = "other_file"
    message = "What was uploaded is not the file that was announced. Delete this package and announce the right one."


def _guard(_caller: Caller, _id: str, before: PackageFields | None, after: PackageFields | None) -> Sequence[Step]:
    if before is None and after is not None:
        problems = list(_problems(after))
        if problems:
            raise Invalid(details=[{"field": field, "problem": problem} for field, problem in problems])
    return ()


def _problems(package: NewPackage) -> Iterator[tuple[str, str]]:
    known = endings(package.platform)
    if not known:
        yield "platform", f"Packages for {package.platform} are not kept here. Name their address under /v1/downloads."
    elif ending(package.file_name) not in known:
        yield "file_name", f"A package for {package.platform} ends in {', '.join(f'.{each}' for each in known)}."
    for name in OF_IOS:
        given = getattr(package, name) is not None
        if package.platform == "ios" and not given:
            yield name, "An iOS package needs it."
        if package.platform != "ios" and given:
            yield name, "Only an iOS package has it."


PACKAGES = Collection(InstallationRecord, "package", PackageFields, _guard)


class _State(msgspec.Struct, frozen=True, kw_only=True):
    state: Literal["ready"] = "ready"


def announce(caller: Caller, wanted: NewPackage, mark: RequestMark) -> Stored[PackageFields]:
    """Makes a package whose bytes are still awaited."""
    return PACKAGES.create(caller, PackageFields(**msgspec.structs.asdict(wanted)), mark)


def upload(stored: Stored[PackageFields]) -> storage.Upload | None:
    """Where the awaited bytes go to; None when they are there."""
    fields = stored.fields
    if fields.state == "ready":
        return None
    return storage.upload(stored.tenant, stored.id, fields.file_name, fields.size, fields.sha256)


def complete(caller: Caller, id_: str) -> Stored[PackageFields]:
    """Makes a package ready whose bytes have come; a ready one stays as it is.

    Raises NotFound, NotUploaded, OtherFile."""
    return retried(lambda: _complete(caller, id_))


def _complete(caller: Caller, id_: str) -> Stored[PackageFields]:
    stored = PACKAGES.get(caller.tenant, id_)
    fields = stored.fields
    if fields.state == "ready":
        return stored
    found = storage.found(stored.tenant, stored.id)
    if found is None:
        raise NotUploaded
    if found != storage.Found(fields.size, fields.sha256):
        raise OtherFile
    return PACKAGES.change(caller, id_, _State())


def page(tenant: str, platform: Platform | None, cursor: str | None, limit: int) -> Page[Stored[PackageFields]]:
    """A tenant's packages, of one platform or of all, newest first. Raises Invalid for a cursor of another list."""
    after = _position(cursor) if cursor is not None else None
    wanted = [each for each in PACKAGES.all(tenant) if platform in (None, each.fields.platform)]
    wanted.sort(key=_place, reverse=True)
    rest = [each for each in wanted if after is None or _place(each) < after]
    more = len(rest) > limit
    return Page(rest[:limit], _cursor(rest[limit - 1]) if more else None)


def _place(stored: Stored[PackageFields]) -> tuple[str, str]:
    return clock.text(stored.created_at), stored.id


def _cursor(stored: Stored[PackageFields]) -> str:
    return base64.urlsafe_b64encode("|".join(_place(stored)).encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[str, str]:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except ValueError:
        raw = ""
    found = _CURSOR.fullmatch(raw)
    if found is None:
        raise Invalid("This cursor is not of this list.", field="cursor")
    return found[1], found[2]
