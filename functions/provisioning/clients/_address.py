"""Addresses that people give us and clients open."""

import re
from urllib.parse import urlsplit


def is_https(address: str) -> bool:
    """Whether this is an https address, in ASCII and with a host."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and re.fullmatch("[!-~]+", address) is not None
