"""Vonage's JSON web tokens: those that it signs webhooks with, and those that an application signs in with.

Webhooks: https://developer.vonage.com/en/getting-started/concepts/webhooks (HS256, with the signature secret).
Applications: https://developer.vonage.com/en/getting-started/concepts/authentication (RS256, with the private key).
Written here because HMAC is all that the first needs, and `cryptography` does the second.
"""

import base64
import hashlib
import hmac
import re
import threading
import uuid
from collections import OrderedDict
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta

from functions.common import clock
from functions.messaging.gateways import ReceiptRefused

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

OLDEST: Final = 300  # seconds; of a webhook's token
LIFE: Final = 300  # seconds; of a token of ours, made for one request
MOST_SEEN: Final = 4096

_END: Final = r"$(?!\n)"
_TOKEN: Final = re.compile(r"([A-Za-z0-9_-]{1,1000})\.([A-Za-z0-9_-]{1,4000})\.([A-Za-z0-9_-]{1,200})")


class Application(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An application of the account, which signs in with a key of its own."""

    id: Annotated[
        str,
        Meta(
            pattern=rf"^[0-9A-Fa-f]{{8}}(-[0-9A-Fa-f]{{4}}){{3}}-[0-9A-Fa-f]{{12}}{_END}",
            description="The application's id in the dashboard",
        ),
    ]
    private_key: Annotated[
        str,
        Meta(
            min_length=60,
            max_length=10_000,
            pattern=r"^-----BEGIN (RSA )?PRIVATE KEY-----[A-Za-z0-9+/=\r\n]+-----END (RSA )?PRIVATE KEY-----[\r\n]*$",
            description="Its private key, as the dashboard gave it to download (PEM)",
        ),
    ]

    def __repr__(self) -> str:
        return "Application(...)"


class KeyUnusable(Exception):
    """The private key is none, or not of RSA. Nothing of it is in the message."""


class _Header(msgspec.Struct):
    alg: str = ""


class _Claims(msgspec.Struct):
    iss: str = ""
    api_key: str = ""
    iat: int = 0
    jti: str = ""
    payload_hash: str = ""


def verify(authorization: str, body: bytes, secret: str, api_key: str) -> None:
    """Raises ReceiptRefused unless the header holds Vonage's token for this very body: signed with our secret, for our
    account, within the last five minutes, and not seen before.

    The last is best effort: each process knows the few thousand tokens that itself has seen. A report that is taken
    twice changes nothing, so that is enough."""
    kind, _, token = authorization.partition(" ")
    match = _TOKEN.fullmatch(token)
    if kind.lower() != "bearer" or match is None:
        raise ReceiptRefused("not signed")
    header, payload, signature = match.groups()
    # The signature comes first: until it is right, nothing else in the token is anybody's word.
    expected = _encoded(hmac.digest(secret.encode(), f"{header}.{payload}".encode("ascii"), "sha256"))
    if not hmac.compare_digest(signature, expected):
        raise ReceiptRefused("signature wrong")
    try:
        algorithm = msgspec.json.decode(_decoded(header), type=_Header).alg
        claims = msgspec.json.decode(_decoded(payload), type=_Claims)
    except (ValueError, RecursionError) as problem:
        raise ReceiptRefused("not a token of Vonage's") from problem
    if algorithm != "HS256":
        raise ReceiptRefused("not signed by HS256")
    if claims.iss != "Vonage" or claims.api_key != api_key:
        raise ReceiptRefused("signed for somebody else")
    if abs(clock.epoch() - claims.iat) > OLDEST:
        raise ReceiptRefused("signed too long ago")
    if not hmac.compare_digest(claims.payload_hash.lower().encode(), hashlib.sha256(body).hexdigest().encode()):
        raise ReceiptRefused("signed for another body")
    _once(api_key, claims.jti)


def bearer(application: Application) -> str:
    """A token by which this application signs in for the next few minutes. Raises KeyUnusable."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    now = clock.epoch()
    claims = {"application_id": application.id, "iat": now, "exp": now + LIFE, "jti": str(uuid.uuid4())}
    signed = ".".join(_encoded(msgspec.json.encode(part)) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
    signature = _key(application.private_key).sign(signed.encode("ascii"), PKCS1v15(), SHA256())
    return f"{signed}.{_encoded(signature)}"


_seen: OrderedDict[tuple[str, str], None] = OrderedDict()
_lock = threading.Lock()


def forget_all() -> None:
    """In tests, when the world is made anew."""
    with _lock:
        _seen.clear()


def _once(api_key: str, jti: str) -> None:
    if not 1 <= len(jti) <= 100:
        raise ReceiptRefused("signed without an id")
    with _lock:
        if (api_key, jti) in _seen:
            raise ReceiptRefused("this report has been here before")
        _seen[api_key, jti] = None
        if len(_seen) > MOST_SEEN:
            _seen.popitem(last=False)


@lru_cache(maxsize=16)
def _key(pem: str) -> "RSAPrivateKey":
    """Checking a key takes longer than signing with it."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem.encode("ascii"), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise KeyUnusable("the application's private key cannot be read") from problem
    if not isinstance(key, RSAPrivateKey):
        raise KeyUnusable("the application's private key is not of RSA")
    return key


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decoded(text: str) -> bytes:
    """Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
