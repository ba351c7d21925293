"""What kinds of package there are: by the end of the file's name, the platform it runs on and the type it is served as.

APK, MSIX and IPA start an installer by their type; the others are opened by the end of their name, and a browser that
is told another type than the system's own may refuse to."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, get_args

from functions.common.agents import Platform

Ending = Literal["apk", "ipa", "msix", "msi", "exe", "dmg", "pkg", "deb", "appimage"]


class Format(NamedTuple):
    platform: Platform
    media_type: str


FORMATS: Final[Mapping[Ending, Format]] = {
    "apk": Format("android", "application/vnd.android.package-archive"),
    "ipa": Format("ios", "application/octet-stream"),
    "msix": Format("windows", "application/msix"),
    "msi": Format("windows", "application/x-msi"),
    "exe": Format("windows", "application/vnd.microsoft.portable-executable"),
    "dmg": Format("macos", "application/x-apple-diskimage"),
    "pkg": Format("macos", "application/octet-stream"),
    "deb": Format("linux", "application/vnd.debian.binary-package"),
    "appimage": Format("linux", "application/vnd.appimage"),
}


def ending(file_name: str) -> Ending | None:
    """The end of a file's name that tells what it is; None for one that is no package."""
    last = file_name.rpartition(".")[2].lower()
    return next((each for each in get_args(Ending) if each == last), None)


def media_type(file_name: str) -> str:
    found = ending(file_name)
    return FORMATS[found].media_type if found is not None else "application/octet-stream"


def endings(platform: Platform) -> list[Ending]:
    """What a package for this platform may end in; nothing where none are kept."""
    return [each for each, found in FORMATS.items() if found.platform == platform]
