"""Apps that may open a tenant's links themselves: Apple's universal links, Android's app links.

Only for an app whose builder has named the tenant's hostname in it; the system then asks the host whether it agrees.
Formats: https://developer.apple.com/documentation/xcode/supporting-associated-domains and
https://developer.android.com/training/app-links/verify-android-applinks"""

from typing import Annotated, Final

import msgspec

PATHS: Final = ("/a/*", "/p/*")
HANDLE_ALL: Final = "delegate_permission/common.handle_all_urls"

AppleAppId = Annotated[
    str,
    msgspec.Meta(
        max_length=166,
        pattern=r"^[A-Z0-9]{10}\.[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$(?!\n)",
        description="Team id and bundle identifier of an iOS app",
        examples=["A1B2C3D4E5.net.example.softphone"],
    ),
]
AndroidPackage = Annotated[
    str,
    msgspec.Meta(
        max_length=150,
        pattern=r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+$(?!\n)",
        description="The application id of an Android app",
        examples=["net.example.softphone"],
    ),
]
Fingerprint = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^([0-9A-F]{2}:){31}[0-9A-F]{2}$(?!\n)",
        description="SHA-256 of the certificate that signs the app, in capitals with colons, as `keytool` shows it",
        examples=[":".join(f"{each:02X}" for each in range(32))],
    ),
]


class AndroidApp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An Android app, known by who signs it."""

    package: AndroidPackage
    fingerprints: Annotated[list[Fingerprint], msgspec.Meta(min_length=1, max_length=10)]


class AppLinks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The apps that may open the tenant's activation links."""

    ios: Annotated[list[AppleAppId], msgspec.Meta(max_length=20)] = []
    android: Annotated[list[AndroidApp], msgspec.Meta(max_length=20)] = []


def apple(settings: AppLinks) -> dict[str, object]:
    """The content of apple-app-site-association."""
    components = [{"/": path} for path in PATHS]
    return {"applinks": {"details": [{"appIDs": settings.ios, "components": components}]}}


def android(settings: AppLinks) -> list[dict[str, object]]:
    """The content of assetlinks.json."""
    return [
        {
            "relation": [HANDLE_ALL],
            "target": {
                "namespace": "android_app",
                "package_name": app.package,
                "sha256_cert_fingerprints": app.fingerprints,
            },
        }
        for app in settings.android
    ]
