"""From an Authorization header to a caller who may do what the route needs."""

import base64
import binascii
import re
import time
from typing import Final

from functions.common import clock
from functions.common.caller import Caller
from functions.common.errors import Forbidden, Unauthenticated
from functions.common.keyring import fingerprint
from functions.common.table import read
from functions.operators.models import Presented
from functions.operators.permissions import allows

REGISTRAR_CACHE: Final = 30  # seconds; a SIP server asks for every digest, and a revoked token of its may live so long

WITH_PASSWORD: Final = (
    "registrar",
    "exporter",
)  # FreeSWITCH and Asterisk know HTTP Basic alone: the password is the token

_BEARER = re.compile(r"Bearer ([A-Za-z0-9]{23})")
_TOKEN = re.compile(r"[A-Za-z0-9]{23}")
_registrars: dict[str, tuple[float, Presented]] = {}


def authorise(header: str | None, permission: str, address: str) -> Caller:
    """The caller of a valid token. One read; for a registrar's, one in REGISTRAR_CACHE seconds.

    Raises Unauthenticated for a missing, unknown, revoked or expired token, Forbidden for a role without
    `permission`."""
    match = _BEARER.fullmatch(header or "")
    token = match[1] if match is not None else _password(header or "")
    if token is None:
        raise Unauthenticated
    found = _presented(fingerprint(token))
    if (
        found is None
        or (match is None and found.role not in WITH_PASSWORD)
        or (found.expires_at is not None and found.expires_at <= clock.now())
    ):
        raise Unauthenticated
    if not allows(found.role, permission):
        raise Forbidden(f"Your role ({found.role}) lacks the permission {permission}.")
    return Caller(
        tenant=found.tenant,
        operator=found.token_id,
        name=found.name,
        role=found.role,
        groups=frozenset(found.groups) if found.groups is not None else None,
        domains=frozenset(found.domains or ()),
        address=address,
    )


def forget() -> None:
    """In tests, when the world is made anew."""
    _registrars.clear()


def _password(header: str) -> str | None:
    """The token that a SIP server sends as the password of HTTP Basic, beside any name."""
    scheme, _, credentials = header.partition(" ")
    try:
        sent = base64.b64decode(credentials, validate=True).decode() if scheme == "Basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return None
    password = sent.partition(":")[2]
    return password if _TOKEN.fullmatch(password) else None


def _presented(hashed: str) -> Presented | None:
    kept = _registrars.get(hashed)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    found = read(Presented, hashed)
    _registrars.pop(hashed, None)
    if found is not None and found.role == "registrar":
        _registrars[hashed] = (time.monotonic() + REGISTRAR_CACHE, found)
    return found
