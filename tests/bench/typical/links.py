"""POST /a/<token>: a phone takes its activation link."""

import hmac
import ipaddress
import json
from typing import Any
from urllib.parse import parse_qs

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import BadRequestError, NotFoundError, ServiceError
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext
from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError
from pydantic import BaseModel

from .shared import derive, fingerprint, get, history, logger, new_id, now, table, text

app = APIGatewayRestResolver(enable_validation=True)

LIVE = ("live", "claimed")
RANDOM = 16
COOKIE_SECONDS = 86_400
KEPT = 3600
STUCK_AFTER = 1800


class Link(BaseModel):
    pk: str
    sk: str
    id: str
    tenant: str
    account_id: str
    state: str
    expires_at: int
    key_version: str
    ticket_seconds: int
    grace: int
    claim: str | None = None


class Account(BaseModel):
    group_id: str
    profile_id: str | None = None
    standing: str
    client: str | None = None


class Group(BaseModel):
    profile_id: str | None = None
    client: str | None = None


class Tenant(BaseModel):
    client: str


class Profile(BaseModel):
    domain: str
    transport: str


def gone() -> ServiceError:
    return ServiceError(410, "This link has ended.")


def link_of(token: str) -> Link:
    found = get("links", f"act|{fingerprint(token)}")
    item = get("links", f"{found['tenant']}|links|{found['account_id']}", found["link_id"]) if found else None
    if item is None:
        raise NotFoundError("This link is not known.")
    return Link.model_validate(item)


def check_set_up(link: Link) -> None:
    """Whose link it is, and that everything is there for them."""
    item = get("accounts", f"{link.tenant}|account|{link.account_id}")
    account = Account.model_validate(item) if item else None
    if account is None or account.standing != "enabled":
        raise gone()
    group = Group.model_validate_json((get("accounts", f"{link.tenant}|group", account.group_id) or {})["fields"])
    tenant = Tenant.model_validate_json((get("tenants", "provider|tenant", link.tenant) or {})["fields"])
    profile_id = (
        account.profile_id or group.profile_id or (get("provisioning", f"{link.tenant}|default") or {})["profile_id"]
    )
    profile = get("provisioning", f"{link.tenant}|profile", profile_id) or {}
    Profile.model_validate_json(profile["fields"])
    if not (account.client or group.client or tenant.client):
        raise gone()


def nonce_version(link: Link, claim: str, until: int) -> str:
    pk = f"{link.tenant}|{link.id}"
    found = get("nonces", pk, claim)
    if found is not None:
        return str(found["key_version"])
    ttl = until + link.grace + KEPT
    item = {"pk": pk, "sk": claim, "nonce": new_id(22), "key_version": link.key_version, "ttl": ttl}
    table("nonces").put_item(Item=item, ConditionExpression=Attr("pk").not_exists())
    return link.key_version


def network(address: str) -> str:
    bits = 24 if ipaddress.ip_address(address).version == 4 else 56
    return str(ipaddress.ip_network((address, bits), strict=False))


@app.post("/a/<token>")
def tap(token: str) -> Response[str]:
    event = app.current_event
    link = link_of(token)
    claim_id = parse_qs(event.body or "").get("claim", [""])[0]
    random, signature = claim_id[:RANDOM], claim_id[RANDOM:]
    if not signature or not hmac.compare_digest(derive(signature[0], "clm", link.id, random), signature):
        raise BadRequestError("Open the link again and tap the button.")
    check_set_up(link)
    moment = now()
    seconds = int(moment.timestamp())
    if link.state not in LIVE or link.expires_at <= seconds:
        raise gone()
    claim, until = fingerprint(claim_id), seconds + link.ticket_seconds
    agent, where = event.headers.get("User-Agent", ""), network(event.request_context.identity.source_ip or "")
    version = nonce_version(link, claim, until)
    try:
        table("links").update_item(
            Key={"pk": link.pk, "sk": link.sk},
            UpdateExpression=(
                "SET #state = :claimed, claim = :claim, claimed_at = :at, claimed_by = :agent, "
                "claimed_from = :network, due_at = :due, stamp = :stamp"
            ),
            ConditionExpression=Attr("state").is_in(list(LIVE)) & Attr("expires_at").gt(seconds),
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={
                ":claimed": "claimed",
                ":claim": claim,
                ":at": text(moment),
                ":agent": agent[:200],
                ":network": where,
                ":due": seconds + STUCK_AFTER,
                ":stamp": new_id(),
            },
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        raise gone() from error
    details = json.dumps({"link": link.id, "device": "android" if "Android" in agent else "other", "network": where})
    table("history").put_item(Item=history(link.tenant, link.account_id, "link.claimed", details))
    ticket = derive(version, "tkt", link.id, claim)
    table("links").put_item(
        Item={
            "pk": f"tkt|{fingerprint(ticket)}",
            "sk": "-",
            "tenant": link.tenant,
            "account_id": link.account_id,
            "link_id": link.id,
            "claim": claim,
            "until": until,
            "ttl": until + COOKIE_SECONDS,
        }
    )
    logger.info("claimed", extra={"link": link.id})
    cookie = f"__Host-claim={claim_id}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={COOKIE_SECONDS}"
    return Response(
        status_code=303,
        headers={"Location": f"/p/{ticket}/open", "Cache-Control": "no-store", "Set-Cookie": cookie},
        body="",
    )


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
