"""What gateways keep to themselves, in Secrets Manager: what the operator set, and the secret of the receipt address.

A gateway's record names the version that belongs to it, so a process may keep what it has read."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import msgspec

from functions.common import aws, ids, settings

RECEIPT_LENGTH: Final = 22  # base62: 131 bits


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a gateway's secret."""

    secrets: dict[str, object]  # the kind's own
    receipt: str  # the last part of the address at which its provider reports

    def __repr__(self) -> str:
        return "Kept(...)"


class Missing(Exception):
    """Secrets Manager has no such secret or version."""


def keep(tenant: str, gateway_id: str, secrets: msgspec.Struct) -> str:
    """Stores a new gateway's secrets, with a receipt address of its own, and returns their version.

    Done again for the same gateway (its request was repeated) it keeps the address."""
    kept = Kept(secrets=msgspec.to_builtins(secrets), receipt=ids.new_id(RECEIPT_LENGTH))
    client = aws.client("secretsmanager")
    try:
        answer = client.create_secret(Name=_name(tenant, gateway_id), SecretString=_text(kept))
    except client.exceptions.ResourceExistsException:
        return replace(tenant, gateway_id, secrets)
    version: str = answer["VersionId"]
    return version


def replace(tenant: str, gateway_id: str, secrets: msgspec.Struct) -> str:
    """Stores other secrets beside the receipt address, and returns their version. Raises Missing."""
    kept = msgspec.structs.replace(_read(tenant, gateway_id), secrets=msgspec.to_builtins(secrets))
    answer = aws.client("secretsmanager").put_secret_value(SecretId=_name(tenant, gateway_id), SecretString=_text(kept))
    version: str = answer["VersionId"]
    return version


@lru_cache(maxsize=256)
def load(tenant: str, gateway_id: str, version: str) -> Kept:
    """One version; read once per process. Raises Missing."""
    return _read(tenant, gateway_id, VersionId=version)


def destroy(tenant: str, gateway_id: str) -> None:
    """Deletes a gateway's secrets for good."""
    aws.client("secretsmanager").delete_secret(SecretId=_name(tenant, gateway_id), ForceDeleteWithoutRecovery=True)


def every() -> Iterator[tuple[str, datetime]]:
    """Every gateway's secrets, as `tenant/gateway`, with the moment they were first kept."""
    prefix = settings.setting("SECRETS_PREFIX")
    following: dict[str, Any] = {}
    while True:
        page = aws.client("secretsmanager").list_secrets(Filters=[{"Key": "name", "Values": [prefix]}], **following)
        for found in page["SecretList"]:
            if found["Name"].startswith(prefix):  # the filter knows neither case nor what a name is
                yield found["Name"].removeprefix(prefix), found["CreatedDate"]
        if not page.get("NextToken"):
            return
        following = {"NextToken": page["NextToken"]}


def _read(tenant: str, gateway_id: str, **version: str) -> Kept:
    client = aws.client("secretsmanager")
    try:
        answer: dict[str, Any] = client.get_secret_value(SecretId=_name(tenant, gateway_id), **version)
    except client.exceptions.ResourceNotFoundException:
        raise Missing from None
    return msgspec.json.decode(answer["SecretString"], type=Kept)


def _text(kept: Kept) -> str:
    return msgspec.json.encode(kept).decode()


def _name(tenant: str, gateway_id: str) -> str:
    return f"{settings.setting('SECRETS_PREFIX')}{tenant}/{gateway_id}"
