"""How a package gets onto a system outside its store: which of the system's own questions come, in what order.

What each of them says stands in `words`, one text per drawing named here. Checked against the systems' own words:
Android's Settings, Windows' SmartScreen and App Installer, macOS 15 and iOS 18."""

from collections.abc import Mapping
from typing import Final, Literal

from functions.installation.drawings import Drawing
from functions.installation.formats import Ending

Guide = Literal["apk", "ipa", "msix", "exe", "dmg", "pkg", "deb", "appimage"]

DRAWINGS: Final[Mapping[Guide, tuple[Drawing, ...]]] = {
    "apk": ("download", "switch", "button"),
    "ipa": ("button", "settings", "button"),
    "msix": ("download", "button"),
    "exe": ("download", "shield", "button"),
    "dmg": ("drag", "refused", "settings"),
    "pkg": ("download", "refused", "settings"),
    "deb": ("download", "button"),
    "appimage": ("download", "switch"),
}


def guide(ending: Ending) -> Guide:
    """Windows asks the same of both its kinds of installer."""
    return "exe" if ending == "msi" else ending
