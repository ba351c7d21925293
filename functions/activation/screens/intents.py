"""Addresses that Android opens by an app, and knows what to do with where there is none."""

from urllib.parse import quote, urlsplit

from msgspec.structs import replace

from functions.common import agents
from functions.provisioning.clients import Launch


def android_intent(address: str, fallback: str) -> str:
    """An address that starts what is registered for `address`; where nothing is, the browser goes to `fallback`.

    https://developer.chrome.com/docs/android/intents"""
    scheme, _, rest = address.partition(":")
    return f"intent:{rest}#Intent;scheme={scheme};S.browser_fallback_url={quote(fallback, safe='')};end"


def launching(launch: Launch, platform: agents.Platform | None, page_url: str | None) -> Launch:
    """On Android a client's own scheme goes as an intent: where the client is missing the browser comes back to
    `page_url`, the whole address of /p/{ticket}/open, with `missing=1`. Everything else stays as the client has it."""
    if platform != "android" or page_url is None or launch.url is None or launch.fallback:
        return launch
    if urlsplit(launch.url).scheme in ("http", "https", "intent"):
        return launch
    return replace(launch, url=android_intent(launch.url, f"{page_url}?missing=1"), fallback=True)
