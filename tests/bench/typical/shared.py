"""What the handlers share."""

import hashlib
import hmac
import os
import secrets
from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler.exceptions import ForbiddenError, UnauthorizedError
from aws_lambda_powertools.utilities import parameters
from pydantic import BaseModel

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

logger = Logger()
dynamodb: Any = boto3.resource("dynamodb")


def table(name: str) -> Any:
    return dynamodb.Table(os.environ[f"TABLE_{name.upper()}"])


def get(name: str, pk: str, sk: str = "-") -> dict[str, Any] | None:
    item: dict[str, Any] | None = table(name).get_item(Key={"pk": pk, "sk": sk}, ConsistentRead=True).get("Item")
    return item


class Operator(BaseModel):
    tenant: str
    token_id: str
    name: str
    role: str
    domains: set[str] = set()


def operator(authorization: str | None) -> Operator:
    scheme, _, token = (authorization or "").partition(" ")
    item = get("operators", fingerprint(token)) if scheme == "Bearer" else None
    if item is None:
        raise UnauthorizedError("A valid bearer token is needed.")
    return Operator.model_validate(item)


def must_be(found: Operator, *roles: str) -> Operator:
    if found.role not in roles:
        raise ForbiddenError(f"Your role ({found.role}) may not do this.")
    return found


def now() -> datetime:
    return datetime.now(UTC)


def text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_id(length: int = 14) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def derive(version: str, *parts: str) -> str:
    """A token of these parts under the keyring, which Powertools keeps for some minutes."""
    keyring: Any = parameters.get_secret(os.environ["SECRET_LINKS"], transform="json", max_age=300)
    digest = hmac.new(keyring[version].encode(), "|".join(parts).encode(), hashlib.sha256).digest()
    number, characters = int.from_bytes(digest, "big"), []
    for _ in range(22):
        number, position = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[position])
    return version + "".join(characters)


def history(tenant: str, account_id: str, event: str, details: str) -> dict[str, Any]:
    at = text(now())
    return {"pk": f"{tenant}|{account_id}", "sk": f"{at}|{new_id()}", "at": at, "event": event, "details": details}
