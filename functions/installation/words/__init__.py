"""What the installation pages say: one module per language, imported when somebody reads it.

A language that is not here is shown in English. Where a system's own button is named, it is named as that system does
in that language."""

from collections.abc import Mapping
from importlib import import_module
from typing import Final

import msgspec

from functions.common.agents import Platform
from functions.installation.guides import Guide

LANGUAGES: Final = ("en", "it", "fr", "de", "es", "pt", "ar")

PLATFORM_NAMES: Final[dict[Platform, str]] = {
    "android": "Android",
    "ios": "iPhone, iPad",
    "windows": "Windows",
    "macos": "Mac",
    "linux": "Linux",
    "blackberry": "BlackBerry",
    "symbian": "Symbian",
}

SYSTEM_NAMES: Final[dict[Platform, str]] = PLATFORM_NAMES | {"ios": "iOS", "macos": "macOS"}  # beside a version


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """One language's texts; what stands in braces is filled in."""

    title: str
    intro: str  # {tenant}
    choose: str
    none_fits: str  # {platform}
    none_at_all: str
    too_old: str
    too_old_needs: str  # {needs}
    other_browser: str
    scan: str
    code: str  # what a screen reader says of the QR code
    needs: str  # {platform} {version}
    next: str
    unknown_title: str
    unknown: str
    trust: str  # {tenant} {platform}
    download: str
    install: str
    file: str  # {version} {size}, in megabytes
    sum: str
    steps: Mapping[Guide, tuple[str, ...]]


def words(language: str) -> tuple[str, Words]:
    """The language that is really shown, and its texts."""
    base = language.partition("-")[0]
    shown = base if base in LANGUAGES else "en"
    found: Words = import_module(f"functions.installation.words.{shown}").WORDS
    return shown, found
