"""Small secrets at rest: AES-256-GCM under a data key per tenant, itself encrypted by KMS and bound to the tenant.

The ciphertext is bound to where it stands (`context`): moved to another account or epoch it does not open."""

import base64
import secrets
import time

from functions.common import aws, settings

CACHE_SECONDS = 300
_NONCE = 12

_keys: dict[str, tuple[float, bytes]] = {}


def new_data_key(tenant: str) -> str:
    """A fresh data key for a tenant, encrypted: what the tenant's item keeps."""
    answer = aws.client("kms").generate_data_key_without_plaintext(
        KeyId=settings.setting("KEY_DATA"), KeySpec="AES_256", EncryptionContext={"tenant": tenant}
    )
    return base64.b64encode(answer["CiphertextBlob"]).decode()


def seal(tenant: str, data_key: str, text: str, *context: str) -> str:
    """`text` sealed for this place; only `unseal` with the same context opens it."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(_plain(tenant, data_key)).encrypt(nonce, text.encode(), "|".join((tenant, *context)).encode())
    return base64.b64encode(nonce + sealed).decode()


def unseal(tenant: str, data_key: str, sealed: str, *context: str) -> str:
    """The inverse of `seal`. Raises cryptography's InvalidTag when anything about it was altered."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    raw = base64.b64decode(sealed)
    plain = AESGCM(_plain(tenant, data_key)).decrypt(raw[:_NONCE], raw[_NONCE:], "|".join((tenant, *context)).encode())
    return plain.decode()


def seal_address(text: str, **place: str) -> str:
    """A telephone number or e-mail address, sealed by a key of its own for this place: who writes it need not be able
    to read it, and who reads it can open no data key."""
    answer = aws.client("kms").encrypt(
        KeyId=settings.setting("KEY_ADDRESSES"), Plaintext=text.encode(), EncryptionContext=place
    )
    return base64.b64encode(answer["CiphertextBlob"]).decode()


def open_address(sealed: str, **place: str) -> str:
    """The inverse of `seal_address`."""
    answer = aws.client("kms").decrypt(
        KeyId=settings.setting("KEY_ADDRESSES"), CiphertextBlob=base64.b64decode(sealed), EncryptionContext=place
    )
    plain: bytes = answer["Plaintext"]
    return plain.decode()


def _plain(tenant: str, data_key: str) -> bytes:
    found = _keys.get(data_key)
    if found is not None and found[0] > time.monotonic():
        return found[1]
    answer = aws.client("kms").decrypt(
        KeyId=settings.setting("KEY_DATA"),
        CiphertextBlob=base64.b64decode(data_key),
        EncryptionContext={"tenant": tenant},
    )
    key: bytes = answer["Plaintext"]
    _keys[data_key] = (time.monotonic() + CACHE_SECONDS, key)
    return key


def forget() -> None:
    """In tests, when the world is made anew."""
    _keys.clear()
