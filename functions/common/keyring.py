"""Tokens and passwords that are derived, not stored: HMAC-SHA-256 under a versioned key.

A keyring is a secret `{"current": "a", "a": "<key>", …}`; versions are one character each, and what has a longer name
is about them (`upkeep.keyrings`, which adds and retires them). A process reads it seldom; an unknown version reads it
once more, so that a new key spreads without a deployment."""

import hashlib
import hmac
import time
from typing import Final, NamedTuple

import msgspec

from functions.common import aws, ids, settings
from functions.common.observability import logger

TOKEN_LENGTH = 22  # base62: 131 bits


class Keyring(NamedTuple):
    current: str
    keys: dict[str, str]


class Derived(NamedTuple):
    """A derived text and the version it was derived with."""

    text: str
    version: str


KEPT: Final = 600  # seconds for which a process goes by what it has read
READ_AGAIN: Final = 60  # seconds, at least, between two readings for the sake of an unknown version

_cached: dict[str, Keyring] = {}
_read_at: dict[str, float] = {}


def token(ring: str, purpose: str, *parts: str, version: str | None = None) -> Derived:
    """The token of `parts`: one character of key version, then 22 letters and digits.

    `ring` names the environment variable that holds the secret's id. Raises KeyError for a version that is retired."""
    used = version or _ring(ring).current
    return Derived(used + ids.encode(mac(ring, used, purpose, *parts), TOKEN_LENGTH), used)


def versions(ring: str) -> tuple[str, ...]:
    """Every version that is in use, the current one first."""
    found = _ring(ring)
    return found.current, *(version for version in found.keys if version != found.current)


def mac(ring: str, version: str, purpose: str, *parts: str) -> bytes:
    """HMAC-SHA-256 over purpose and parts. Parts hold no `|`: they are ids and fixed words."""
    material = "|".join((purpose, *parts)).encode()
    return hmac.new(_key(ring, version), material, hashlib.sha256).digest()


def fingerprint(secret: str) -> str:
    """What we keep of a token: its SHA-256. Tokens have 131 bits, so no salt and no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(ring: str, version: str) -> bytes:
    keys = _ring(ring).keys
    if version not in keys and time.monotonic() - _read_at[ring] >= READ_AGAIN:  # anybody may send us any version
        keys = _read(ring).keys
    return keys[version].encode()


def _ring(name: str) -> Keyring:
    known = _cached.get(name)
    if known is None:
        return _read(name)
    if time.monotonic() - _read_at[name] < KEPT:
        return known
    try:
        return _read(name)
    except Exception:  # what was read before is as good: keys are added and retired over days
        logger.warning("keyring not read again", extra={"keyring": name}, exc_info=True)
        _read_at[name] = time.monotonic()
        return known


def _read(name: str) -> Keyring:
    answer = aws.client("secretsmanager").get_secret_value(SecretId=settings.setting(name))
    content = msgspec.json.decode(answer["SecretString"], type=dict[str, str])
    keys = {version: secret for version, secret in content.items() if len(version) == 1}
    _cached[name], _read_at[name] = Keyring(content["current"], keys), time.monotonic()
    return _cached[name]


def forget() -> None:
    """In tests, when the world is made anew."""
    _cached.clear()
