"""The manifest that an iPhone fetches when it installs an app from outside the store: what the app is, and where.

Format: Apple Platform Deployment, "Distribute proprietary in-house apps"; the addresses in it must be https."""

import plistlib
from typing import Final
from urllib.parse import quote

from functions.installation.packages import PackageFields

MEDIA_TYPE: Final = "application/xml"


def manifest(package: PackageFields, address: str) -> str:
    """The property list of an iOS package whose file is at `address`."""
    metadata = {
        "kind": "software",
        "bundle-identifier": package.bundle_identifier,
        "bundle-version": package.bundle_version,
        "title": package.title,
    }
    assets = [{"kind": "software-package", "url": address}]
    return plistlib.dumps({"items": [{"assets": assets, "metadata": metadata}]}).decode()


def link(address: str) -> str:
    """What starts the installation on the phone, from the manifest's address."""
    return f"itms-services://?action=download-manifest&url={quote(address, safe='')}"
