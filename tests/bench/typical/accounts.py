"""POST /v1/accounts: an account with its messages."""

import hashlib
import json
import os
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import boto3
import phonenumbers
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.exceptions import BadRequestError, ServiceError
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from .shared import dynamodb, get, history, logger, must_be, new_id, now, operator, table, text

app = APIGatewayRestResolver(enable_validation=True)
sqs = boto3.client("sqs")

DAY = 86_400
SHARDS = 4
VISIT_SHARDS = 4
FLAGGED_AFTER = 7  # days without a phone
PERSONAL = {"full_name", "number", "mobile", "email"}


def e164(number: str) -> str:
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException as error:
        raise ValueError("not a telephone number") from error
    if not phonenumbers.is_possible_number(parsed):
        raise ValueError("no such number")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


Number = Annotated[str, AfterValidator(e164)]
Email = Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


class WantedMessage(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["installation", "activation", "combined"]
    channel: Literal["sms", "email"]


class NewAccount(BaseModel):
    model_config = ConfigDict(extra="forbid")

    full_name: Annotated[str, Field(min_length=1, max_length=200)]
    number: Number
    group_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    mobile: Number | None = None
    email: Email | None = None
    username: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    security_model: Literal["end-to-site", "end-to-end"] = "end-to-site"
    obfuscation: bool = True
    obfuscation_key: Annotated[int, Field(ge=0, le=2**31 - 1)] = 9
    keep_alive: bool = True
    client: str | None = None
    language: str | None = None
    time_zone: str | None = None
    description: Annotated[str, Field(max_length=1000)] = ""
    external_id: str | None = None
    profile_id: str | None = None
    expires_at: datetime | None = None
    messages: Annotated[list[WantedMessage], Field(max_length=4)] = []


class Account(BaseModel):
    id: str
    full_name: str
    number: str
    mobile: str | None = None
    mobile_country: str | None = None
    email: str | None = None
    username: str
    domain: str
    group_id: str
    profile_id: str | None = None
    security_model: str
    obfuscation: bool
    obfuscation_key: int
    keep_alive: bool
    client: str | None = None
    language: str | None = None
    time_zone: str | None = None
    description: str
    external_id: str | None = None
    expires_at: datetime | None = None
    standing: str = "enabled"
    readiness: str
    created_at: str
    changed_at: str


class Group(BaseModel):
    name: str
    profile_id: str | None = None
    client: str | None = None


class Tenant(BaseModel):
    name: str
    client: str
    messages_per_operator: int


class LinkPolicy(BaseModel):
    kind: str = "tap"
    lifetime_minutes: int = 1440
    grace_minutes: int = 10
    ticket_seconds: int = 300
    ticket_fetches: int = 20
    code_minutes: int = 10
    code_by: str = "message"
    ask_for_new: str = "tell"


class Profile(BaseModel):
    name: str
    domain: str
    link_policy: LinkPolicy = LinkPolicy()


class Gateway(BaseModel):
    name: str
    channel: Literal["sms", "email"]


class Hostname(BaseModel):
    host: str
    serves: list[str]
    state: str


class NumberTakenError(ServiceError):
    def __init__(self) -> None:
        super().__init__(409, "The number or the username is taken.")


def fields_of(name: str, pk: str, sk: str) -> str:
    item = get(name, pk, sk)
    if item is None:
        raise BadRequestError(f"There is no {pk.rpartition('|')[2]} with this id.")
    return str(item["fields"])


def all_fields(name: str, pk: str) -> list[tuple[str, dict[str, Any]]]:
    found = table(name).query(KeyConditionExpression=Key("pk").eq(pk), ConsistentRead=True)
    return [(item["sk"], item) for item in found["Items"]]


def check_ready(tenant: str, channels: set[str]) -> None:
    gateways = {
        sk: Gateway.model_validate_json(item["fields"]) for sk, item in all_fields("messages", f"{tenant}|gateway")
    }
    health = dict(all_fields("messages", f"{tenant}|health"))
    for channel in channels:
        if not any(g.channel == channel and health.get(sk, {}).get("state") == "ready" for sk, g in gateways.items()):
            raise ServiceError(409, f"There is no gateway for {channel}.")
    hosts = [Hostname.model_validate_json(item["fields"]) for _, item in all_fields("tenants", f"{tenant}|hostname")]
    if not any(host.state == "live" and "links" in host.serves for host in hosts):
        raise ServiceError(409, "No live hostname serves links.")


def count_messages(tenant: str, token_id: str, most: int, many: int) -> None:
    moment = now()
    try:
        table("limits").update_item(
            Key={"pk": f"{tenant}|asked-by|{token_id}|{moment.date().isoformat()}", "sk": "-"},
            UpdateExpression="ADD #used :many SET #ttl = :ttl",
            ConditionExpression=Attr("used").not_exists() | Attr("used").lte(most - many),
            ExpressionAttributeNames={"#used": "used", "#ttl": "ttl"},
            ExpressionAttributeValues={":many": many, ":ttl": int(moment.timestamp()) + 2 * DAY},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        raise ServiceError(429, f"You have asked for {most} messages today.") from error


def put(name: str, item: dict[str, Any], *, new: bool = True) -> dict[str, Any]:
    action: dict[str, Any] = {"TableName": table(name).name, "Item": item}
    if new:
        action["ConditionExpression"] = "attribute_not_exists(pk)"
    return {"Put": action}


@app.post("/v1/accounts", status_code=201)
def create(wanted: NewAccount) -> Account:
    event = app.current_event
    caller = must_be(operator(event.headers.get("Authorization")), "csr", "admin")
    key, body_hash = event.headers.get("Idempotency-Key"), hashlib.sha256((event.body or "").encode()).hexdigest()
    record_pk = f"{caller.tenant}|{caller.token_id}|POST /v1/accounts|{key}"
    if key is not None and get("requests", record_pk) is not None:
        raise ServiceError(409, "This Idempotency-Key was used before.")
    tenant = Tenant.model_validate_json(fields_of("tenants", "provider|tenant", caller.tenant))
    group = Group.model_validate_json(fields_of("accounts", f"{caller.tenant}|group", wanted.group_id))
    profile_id = wanted.profile_id or group.profile_id
    if profile_id is None:
        default = get("provisioning", f"{caller.tenant}|default")
        if default is None:
            raise ServiceError(409, "There is no default profile.")
        profile_id = str(default["profile_id"])
    profile = Profile.model_validate_json(fields_of("provisioning", f"{caller.tenant}|profile", profile_id))
    check_ready(caller.tenant, {message.channel for message in wanted.messages})
    count_messages(caller.tenant, caller.token_id, tenant.messages_per_operator, len(wanted.messages))

    moment = now()
    at, seconds = text(moment), int(moment.timestamp())
    account = Account(
        **wanted.model_dump(exclude={"messages", "username"}),
        id=new_id(),
        mobile_country=country_of(wanted.mobile),
        username=wanted.username or str(int(new_id(8), 36) % 10**10),
        domain=profile.domain,
        readiness="activating" if wanted.messages else "pending",
        created_at=at,
        changed_at=at,
    )
    tenant_id, domain, policy = caller.tenant, profile.domain, profile.link_policy
    link_id = new_id(22)
    messages = [message_item(tenant_id, account.id, each, link_id, at, seconds) for each in wanted.messages]
    actions = [
        put("accounts", account_item(tenant_id, account, seconds)),
        put(
            "accounts",
            {
                "pk": f"{tenant_id}|number|{domain}|{account.number}",
                "sk": "-",
                "account_id": account.id,
                "username": account.username,
            },
        ),
        put(
            "accounts",
            {
                "pk": f"{tenant_id}|user|{domain}|{account.username}",
                "sk": "-",
                "tenant": tenant_id,
                "account_id": account.id,
                "slot": 1,
                "username": account.username,
                "domain": domain,
                "number": account.number,
                "standing": account.standing,
                "epoch": 0,
                "live_link": link_id,
            },
        ),
        *(put("messages", item) for item in messages),
        put("links", link_item(tenant_id, account.id, link_id, policy, at, seconds)),
        put("history", history(tenant_id, account.id, "link.issued", json.dumps({"link": link_id})), new=False),
        put(
            "history", history(tenant_id, account.id, "account.created", json.dumps({"by": caller.token_id})), new=False
        ),
        put(
            "audit",
            {
                "pk": f"{tenant_id}|{moment.date().isoformat()}",
                "sk": f"{at}|{new_id()}",
                "at": at,
                "operator": caller.token_id,
                "operator_name": caller.name,
                "role": caller.role,
                "action": "account.create",
                "target": f"account/{account.id}",
                "address": event.request_context.identity.source_ip,
                "after": json.dumps(
                    {
                        name: "(personal)" if name in PERSONAL and value else value
                        for name, value in wanted.model_dump(mode="json").items()
                    }
                ),
            },
        ),
    ]
    if key is not None:
        record = {
            "pk": record_pk,
            "sk": "-",
            "body_hash": body_hash,
            "day": moment.date().isoformat(),
            "ttl": seconds + DAY,
        }
        actions.append(put("requests", record))
    try:
        dynamodb.meta.client.transact_write_items(TransactItems=actions)
    except dynamodb.meta.client.exceptions.TransactionCanceledException as error:
        raise NumberTakenError from error
    enqueue(tenant_id, account.id, messages)
    logger.info("account created", extra={"account_id": account.id})
    return account


def country_of(number: str | None) -> str | None:
    return phonenumbers.region_code_for_number(phonenumbers.parse(number)) if number else None


def account_item(tenant: str, account: Account, seconds: int) -> dict[str, Any]:
    item = account.model_dump(exclude_none=True)
    item |= {
        "pk": f"{tenant}|account|{account.id}",
        "sk": "-",
        "tenant": tenant,
        "slots": 1,
        "version": 1,
        "name_pk": tenant,
        "name_sk": f"{account.full_name.casefold()}|{account.id}",
        "group_pk": f"{tenant}|{account.group_id}",
        "due_shard": str(ord(account.id[0]) % VISIT_SHARDS),
        "due_at": seconds + FLAGGED_AFTER * DAY,
    }
    if account.email:
        item["email_pk"] = f"{tenant}|{account.email.lower()}"
    if account.mobile:
        item["mobile_pk"] = f"{tenant}|{account.mobile}"
    return item


def message_item(
    tenant: str, account_id: str, wanted: WantedMessage, link_id: str, at: str, seconds: int
) -> dict[str, Any]:
    message_id = new_id(8)
    item = {
        "pk": f"{tenant}|{account_id}",
        "sk": f"m|{message_id}",
        "tenant": tenant,
        "account_id": account_id,
        "kind": wanted.kind,
        "channel": wanted.channel,
        "cause": f"{account_id}|{wanted.kind}|{wanted.channel}|1",
        "state": "queued",
        "attempts": "[]",
        "plan": "{}",
        "retries": 0,
        "inquiries": 0,
        "wanted_at": at,
        "not_before": seconds,
        "due_shard": str(ord(message_id[0]) % SHARDS),
        "due_at": seconds + 180,
        "version": 1,
        "created_at": at,
        "changed_at": at,
    }
    if wanted.kind != "installation":
        item["link_id"] = link_id
    return item


def link_item(tenant: str, account_id: str, link_id: str, policy: LinkPolicy, at: str, seconds: int) -> dict[str, Any]:
    return {
        "pk": f"{tenant}|links|{account_id}",
        "sk": link_id,
        "id": link_id,
        "tenant": tenant,
        "account_id": account_id,
        "slot": 1,
        "state": "live",
        "policy": policy.kind,
        "issued_at": at,
        "lifetime": policy.lifetime_minutes * 60,
        "grace": policy.grace_minutes * 60,
        "ticket_seconds": policy.ticket_seconds,
        "ticket_fetches": policy.ticket_fetches,
        "code_seconds": policy.code_minutes * 60,
        "code_by": policy.code_by,
        "ask_for_new": policy.ask_for_new,
        "fetches": 0,
        "codes": 0,
        "code_tries": 0,
        "unlocked": 0,
        "reminded": 0,
        "stuck": "[21600,7200,1800,1]",
        "expires_at": seconds + policy.lifetime_minutes * 60 + int(timedelta(hours=72).total_seconds()),
        "due_shard": str(ord(link_id[0]) % SHARDS),
        "due_at": seconds + 21600,
    }


def enqueue(tenant: str, account_id: str, messages: list[dict[str, Any]]) -> None:
    if not messages:
        return
    entries = [
        {
            "Id": str(number),
            "MessageBody": json.dumps(
                {"tenant": tenant, "account": account_id, "message": item["sk"].removeprefix("m|")}
            ),
        }
        for number, item in enumerate(messages)
    ]
    sqs.send_message_batch(QueueUrl=os.environ["QUEUE_OUTBOX"], Entries=entries)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
