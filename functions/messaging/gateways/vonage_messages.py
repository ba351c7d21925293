"""Vonage Messages API v1, its SMS: https://developer.vonage.com/en/api/messages

It takes a whole message under one id, says its parts and its price in a report alone, chooses the encoding itself, and
signs every report. It knows no repeated send.
"""

import re
from functools import partial
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from functions.common import clock
from functions.messaging.gateways import (
    Answer,
    Channel,
    Delivery,
    Health,
    Outcome,
    Outgoing,
    Receipt,
    ReceiptRefused,
    ReceiptStatus,
    Trouble,
)
from functions.messaging.gateways._calls import retry_after
from functions.messaging.gateways._transport import LIMITS, Limits, Request, Response, ask
from functions.messaging.gateways._types import BaseUrl, Secret
from functions.messaging.gateways._vonage_balance import balance, basic_login
from functions.messaging.gateways._vonage_jwt import Application, KeyUnusable, bearer, verify
from functions.messaging.gateways._vonage_problems import Problem, meaning
from functions.messaging.gateways._words import words

CHANNEL: Final = Channel.sms
RATE: Final = 30.0  # an account's default: https://api.support.vonage.com/hc/en-us/articles/203993598

# `status` of a report: https://developer.vonage.com/en/messages/concepts/messages-status-callbacks
STATUSES: Final[dict[str, ReceiptStatus]] = {
    "submitted": ReceiptStatus.sent,
    "delivered": ReceiptStatus.delivered,
    "read": ReceiptStatus.delivered,
    "rejected": ReceiptStatus.undelivered,
    "undeliverable": ReceiptStatus.undelivered,
}

_END: Final = r"$(?!\n)"
_ID: Final = re.compile(r"[\x21-\x7e]{1,100}")
_PRICE: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,12})?")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_PARTS: Final = re.compile(r"[1-9][0-9]{0,2}")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    api_key: Annotated[str, Meta(pattern=rf"^[A-Za-z0-9_-]{{1,64}}{_END}", description="The account's API key")]
    sender: Annotated[
        str,
        Meta(
            pattern=rf"^(\+?[0-9]{{3,15}}|[A-Za-z0-9 ]{{1,11}}){_END}",
            description="Up to 11 letters and digits, or a number of up to 15 digits",
            examples=["ACME"],
        ),
    ]
    base_url: Annotated[BaseUrl, Meta(description="Where the API is; another region's or a relay's address")] = (
        "https://api.nexmo.com"
    )
    account_url: Annotated[BaseUrl, Meta(description="Where the account's balance is asked")] = "https://rest.nexmo.com"
    receipts_per_message: Annotated[
        bool,
        Meta(description="Ask for reports with each message; otherwise at the address set in the Vonage application"),
    ] = True
    ttl: Annotated[int, Meta(ge=20, le=604_800, description="Seconds for which delivery is tried")] | None = None
    currency: Annotated[
        str, Meta(pattern=rf"^[A-Z]{{3}}{_END}", description="The account's, which its balance does not name")
    ] = "EUR"


class Secrets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    api_secret: Annotated[Secret, Meta(description="The account's API secret")]
    signature_secret: (
        Annotated[Secret, Meta(description="The account's signature secret; when set, unsigned reports are refused")]
        | None
    ) = None
    application: (
        Annotated[Application, Meta(description="When set, messages are sent in its name instead of the account's")]
        | None
    ) = None

    def __repr__(self) -> str:
        return "Secrets(...)"


class _Reply(Problem):
    message_uuid: str | None = None


class _Usage(msgspec.Struct):
    currency: str | None = None
    price: str | int | float | None = None


class _Sms(msgspec.Struct):
    count_total: str | int | None = None


class _Report(msgspec.Struct):
    status: str = ""
    message_uuid: str | None = None
    client_ref: str | None = None
    timestamp: str | None = None
    usage: _Usage | None = None
    sms: _Sms | None = None
    error: Problem | None = None


def send(message: Outgoing, settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Answer:
    """Send one SMS, at most once. Never raises for anything the provider or the network does."""
    try:
        request = build_request(message, settings, secrets)
    except KeyUnusable as problem:
        return Answer(
            outcome=Outcome.rejected_config, code="private-key", words=words(str(problem)), trouble=Trouble.credentials
        )
    sensitive = (secrets.api_secret, request.headers["Authorization"].partition(" ")[2])
    return ask(request, partial(read_answer, sensitive=sensitive), limits)


def build_request(message: Outgoing, settings: Settings, secrets: Secrets) -> Request:
    """Raises KeyUnusable."""
    fields: dict[str, object] = {
        "message_type": "text",
        "channel": "sms",
        "from": (message.sender or settings.sender).removeprefix("+"),
        "to": message.to.removeprefix("+"),
        "text": message.text.encode(errors="replace").decode(),
        "client_ref": message.reference,
        "sms": {"encoding_type": "auto"},
    }
    if settings.ttl is not None:
        fields["ttl"] = settings.ttl
    if message.receipt_url and settings.receipts_per_message:
        fields |= {"webhook_url": message.receipt_url, "webhook_version": "v1"}
    return Request(
        method="POST",
        url=f"{settings.base_url.rstrip('/')}/v1/messages",
        headers={
            "Authorization": _authorization(settings, secrets),
            "Content-Type": "application/json",
            "Accept": "application/json",
        },
        body=msgspec.json.encode(fields),
    )


def read_answer(response: Response, sensitive: tuple[str, ...] = ()) -> Answer:
    """What Vonage said, without anything `sensitive`. Only where it gives no code that we know does the HTTP status
    decide."""
    try:
        reply = msgspec.json.decode(response.body, type=_Reply)
    except (ValueError, RecursionError):  # not JSON, not UTF-8, or nested without end
        reply = _Reply()
    if 200 <= response.status < 300 and _ID.fullmatch(reply.message_uuid or ""):
        return Answer(outcome=Outcome.accepted, provider_ids=(str(reply.message_uuid),))
    code = reply.code or f"http-{response.status}"
    outcome, trouble = meaning(reply, response.status)
    transient = outcome is Outcome.not_sent_transient
    return Answer(
        outcome=outcome,
        code=code,
        words=reply.words(sensitive) or f"HTTP {response.status} without a Vonage answer in it",
        trouble=trouble,
        suppress=code == "1240",  # opted out
        throttled=transient and (code == "1000" or response.status == 429),
        retry_after=retry_after(response) if transient else None,
    )


def read_receipts(delivery: Delivery, settings: Settings, secrets: Secrets) -> list[Receipt]:
    """The report of a whole message; empty when it changes nothing.

    Raises ReceiptRefused for a body that is no report and, when a signature secret is set, for a token that is missing,
    wrong, older than five minutes, for another body, or here again (as far as this process knows)."""
    if secrets.signature_secret is not None:
        verify(delivery.headers.get("authorization", ""), delivery.body, secrets.signature_secret, settings.api_key)
    try:
        report = msgspec.json.decode(delivery.body, type=_Report)
    except (ValueError, RecursionError) as problem:
        raise ReceiptRefused("the body is no report of the Messages API") from problem
    status = STATUSES.get(report.status.lower())
    provider_id, reference = _identifier(report.message_uuid), _identifier(report.client_ref)
    if status is None or (provider_id is None and reference is None):
        return []
    usage = report.usage or _Usage()
    price = str(usage.price) if _PRICE.fullmatch(str(usage.price)) else None
    currency = usage.currency if _CURRENCY.fullmatch(usage.currency or "") else None
    counted = str(report.sms.count_total) if report.sms is not None else ""
    return [
        Receipt(
            reference=reference,
            provider_id=provider_id,
            status=status,
            code=report.error.code if report.error is not None else None,
            words=report.error.words() if report.error is not None else None,
            at=clock.normal(report.timestamp),
            parts=int(counted) if _PARTS.fullmatch(counted) else None,
            price=price,
            currency=currency if price is not None else None,
        )
    ]


def probe(settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Health:
    """Whether the account may be used, and its credit; of an application, that its key can be used. Never raises."""
    if secrets.application is not None:
        try:
            bearer(secrets.application)
        except KeyUnusable as problem:
            said = words(str(problem))
            return Health(works=False, trouble=Trouble.credentials, code="private-key", words=said)
    login = basic_login(settings.api_key, secrets.api_secret)
    return balance(settings.account_url, login, settings.currency, limits)


def _authorization(settings: Settings, secrets: Secrets) -> str:
    if secrets.application is not None:
        return f"Bearer {bearer(secrets.application)}"
    return f"Basic {basic_login(settings.api_key, secrets.api_secret)}"


def _identifier(value: str | None) -> str | None:
    return value if value and _ID.fullmatch(value) else None
