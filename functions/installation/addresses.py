"""Where a download may lead: https on every platform, and the stores' and installers' own schemes where they are known.

Whatever is let in here is what a person's browser is sent to, so nothing else is: no redirect of ours takes its target
from a request."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs, urlsplit

from functions.common.agents import Platform

_OTHER: Final[Mapping[Platform, tuple[str, ...]]] = {
    "android": ("market",),
    "ios": ("itms-apps", "itms-services"),
}


def schemes(platform: Platform) -> tuple[str, ...]:
    """What an address for this platform may begin with."""
    return ("https", *_OTHER.get(platform, ()))


def problem(platform: Platform, url: str) -> str | None:
    """What is wrong with an address, in a sentence that says what is allowed; None when nothing is."""
    scheme, colon, rest = url.partition("://")
    if not colon or scheme not in schemes(platform):
        allowed = " or ".join(f"{each}://" for each in schemes(platform))
        return f"An address for {platform} begins with {allowed}."
    if scheme in ("https", "itms-apps"):
        return _host_problem(url)
    if scheme == "itms-services":
        given = parse_qs(rest.partition("?")[2])
        manifest = given.get("url", [""])[0]
        if given.get("action") != ["download-manifest"] or not manifest.startswith("https://"):
            return "It is itms-services://?action=download-manifest&url=, then the https address of the manifest."
        return _host_problem(manifest)
    return None


def _host_problem(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host:
        return "It names no host."
    return "It holds a name or password before the host." if "@" in parts.netloc else None
