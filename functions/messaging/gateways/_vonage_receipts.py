"""Vonage's delivery receipts: https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts

One for each part; by GET, form or JSON, and signed, as the account is set."""

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from functions.common import clock
from functions.messaging.gateways import Delivery, Receipt, ReceiptRefused, ReceiptStatus

# `status` of a receipt. `unknown` changes nothing, so it is not here.
STATUSES: Final[dict[str, ReceiptStatus]] = {
    "accepted": ReceiptStatus.sent,
    "buffered": ReceiptStatus.buffered,
    "delivered": ReceiptStatus.delivered,
    "expired": ReceiptStatus.undelivered,
    "failed": ReceiptStatus.undelivered,
    "rejected": ReceiptStatus.undelivered,
}

# `err-code` of a receipt, for people.
ERRORS: Final[dict[str, str]] = {
    "1": "unknown",
    "2": "absent subscriber, temporary",
    "3": "absent subscriber, permanent",
    "4": "call barred by user",
    "5": "portability error",
    "6": "anti-spam rejection",
    "7": "handset busy",
    "8": "network error",
    "9": "illegal number",
    "10": "illegal message",
    "11": "unroutable",
    "12": "destination unreachable",
    "13": "subscriber age restriction",
    "14": "number blocked by carrier",
    "15": "prepaid: insufficient funds",
    "50": "entity filter",
    "51": "header filter",
    "52": "content filter",
    "53": "consent filter",
    "54": "regulation error",
    "99": "general error",
}

OLDEST: Final = timedelta(minutes=15)  # of a signed one


class SignatureMethod(StrEnum):
    """How Vonage signs receipts: the account setting "signature method". `md5hash` is the account's default."""

    md5hash = "md5hash"
    md5 = "md5"
    sha1 = "sha1"
    sha256 = "sha256"
    sha512 = "sha512"


def parameters_of(delivery: Delivery) -> dict[str, str]:
    """Name and value of everything in the report, however it was posted."""
    if delivery.method == "GET":
        return dict(delivery.query)
    try:
        if "json" in delivery.content_type.lower() or delivery.body.lstrip().startswith(b"{"):
            fields = msgspec.json.decode(delivery.body, type=dict[str, msgspec.Raw])
            return {name: _as_sent(value) for name, value in fields.items()}
        return dict(parse_qsl(delivery.body.decode("utf-8"), keep_blank_values=True, max_num_fields=100))
    except (ValueError, RecursionError) as problem:
        raise ReceiptRefused("the body is neither a form nor a JSON object") from problem


def _as_sent(value: msgspec.Raw) -> str:
    """A JSON value as the text that was signed: strings without quotes, anything else verbatim."""
    raw = bytes(value)
    return msgspec.json.decode(raw, type=str) if raw.startswith(b'"') else raw.decode("utf-8")


def verify(parameters: dict[str, str], secret: str, method: SignatureMethod) -> None:
    """Raises ReceiptRefused unless they are signed with our secret, and lately."""
    given = parameters.get("sig", "").lower()
    if any("&" in name or "=" in name for name in parameters):  # could be a signed report cut at other places
        raise ReceiptRefused("not a name of Vonage's")
    if not hmac.compare_digest(given.encode(), sign(parameters, secret, method).encode()):
        raise ReceiptRefused("signature missing or wrong")
    if not re.fullmatch(r"[0-9]{1,10}", parameters.get("timestamp", "")):
        raise ReceiptRefused("signed without a time")
    age = clock.now() - datetime.fromtimestamp(int(parameters["timestamp"]), UTC)
    if abs(age) > OLDEST:
        raise ReceiptRefused("signed too long ago")


def sign(parameters: dict[str, str], secret: str, method: SignatureMethod) -> str:
    """The `sig` of these parameters, lower-case hex: https://developer.vonage.com/en/getting-started/concepts/signing-messages"""
    joined = "".join(
        f"&{name}={re.sub('[&=]', '_', value)}" for name, value in sorted(parameters.items()) if name != "sig"
    ).encode()
    if method is SignatureMethod.md5hash:
        return hashlib.md5(joined + secret.encode()).hexdigest()  # noqa: S324  Vonage's default, not our choice
    return hmac.new(secret.encode(), joined, method.value).hexdigest()


def receipt(parameters: dict[str, str]) -> Receipt | None:
    """What a report changes; None when nothing, as Vonage's own try of the address."""
    status = STATUSES.get(parameters.get("status", "").lower())
    provider_id, reference = _identifier(parameters.get("messageId")), _identifier(parameters.get("client-ref"))
    if status is None or (provider_id is None and reference is None):
        return None
    code = _identifier(parameters.get("err-code"))
    return Receipt(
        reference=reference,
        provider_id=provider_id,
        part=provider_id is not None,
        status=status,
        code=code,
        words=None if status is ReceiptStatus.delivered else ERRORS.get(code or ""),
        at=_moment(parameters.get("message-timestamp", "")),
    )


def _identifier(value: str | None) -> str | None:
    return value if value and re.fullmatch(r"[\x21-\x7e]{1,100}", value) else None


def _moment(text: str) -> str | None:
    """`2026-11-22 14:00:00`, which is UTC, as RFC 3339."""
    try:
        return clock.text(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC))
    except ValueError:
        return None
