"""GET /registrar/kamailio/lookup: the digest secret of a user who may register now."""

import base64
import os
import time
from datetime import datetime
from typing import Annotated, Any, Literal

import boto3
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import ForbiddenError, NotFoundError
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel

from .shared import Operator, get, logger, must_be, now, operator, table, text

app = APIGatewayRestResolver(enable_validation=True)
kms = boto3.client("kms")

KNOWN_FOR = 30  # seconds: a token
KEY_KNOWN_FOR = 300  # a tenant's data key
SEEN_EVERY = 600
REMEMBERED = 86_400

operators: dict[str, tuple[float, Operator]] = {}
data_keys: dict[str, tuple[float, bytes]] = {}
seen: dict[str, float] = {}


class Device(BaseModel):
    account_id: str
    slot: int
    epoch: int
    number: str
    standing: str
    expires_at: datetime | None = None
    ha1_md5: str | None = None
    ha1_sha256: str | None = None


def known_operator(authorization: str) -> Operator:
    known = operators.get(authorization)
    if known is None or known[0] < time.monotonic():
        known = operators[authorization] = (time.monotonic() + KNOWN_FOR, operator(authorization))
    return known[1]


def data_key(tenant: str) -> bytes:
    known = data_keys.get(tenant)
    if known is None or known[0] < time.monotonic():
        item = get("tenants", f"{tenant}|key")
        if item is None:
            raise NotFoundError("There is no key.")
        answer = kms.decrypt(
            KeyId=os.environ["KEY_DATA"],
            CiphertextBlob=base64.b64decode(item["data_key"]),
            EncryptionContext={"tenant": tenant},
        )
        known = data_keys[tenant] = (time.monotonic() + KEY_KNOWN_FOR, answer["Plaintext"])
    return known[1]


def note(tenant: str, realm: str) -> None:
    where = f"{tenant}|registrar|{realm}"
    if seen.get(where, 0.0) > time.monotonic():
        return
    seen[where] = time.monotonic() + SEEN_EVERY
    moment = now()
    table("limits").put_item(
        Item={"pk": where, "sk": "-", "at": text(moment), "ttl": int(moment.timestamp()) + 90 * 86_400}
    )


@app.get("/registrar/kamailio/lookup")
def lookup(
    username: Annotated[str, Query(min_length=1, max_length=64)],
    realm: Annotated[str, Query(min_length=1, max_length=64)],
    algorithm: Annotated[Literal["MD5", "SHA-256"], Query()] = "MD5",
) -> Response[str]:
    caller = must_be(known_operator(app.current_event.headers.get("Authorization", "")), "registrar")
    if realm not in caller.domains:
        raise ForbiddenError("This token is not for that SIP domain.")
    note(caller.tenant, realm)
    item = get("accounts", f"{caller.tenant}|user|{realm}|{username}")
    if item is None:
        raise NotFoundError("No such user.")
    device = Device.model_validate(item)
    sealed = device.ha1_md5 if algorithm == "MD5" else device.ha1_sha256
    moment = now()
    if sealed is None or device.standing != "enabled" or (device.expires_at and device.expires_at <= moment):
        raise NotFoundError("No such user.")
    raw = base64.b64decode(sealed)
    context = f"{caller.tenant}|{device.account_id}|{device.slot}|{device.epoch}|{algorithm}"
    ha1 = AESGCM(data_key(caller.tenant)).decrypt(raw[:12], raw[12:], context.encode()).decode()
    left = (device.expires_at - moment).total_seconds() if device.expires_at else REMEMBERED
    valid = max(0, min(REMEMBERED, int(left)))
    logger.info("looked up", extra={"account_id": device.account_id})
    line = f"{ha1} {device.epoch} {device.number} {device.number} {valid}\n"
    return Response(status_code=200, content_type="text/plain; charset=utf-8", body=line)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
