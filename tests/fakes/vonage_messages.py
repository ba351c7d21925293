"""Vonage Messages API v1 as its customers meet it: one id for a whole message, errors by RFC 7807, signed webhooks.

https://developer.vonage.com/en/api/messages. It signs with the account's signature secret whatever it reports, as
Vonage does by default. The account's balance is asked here, too (in truth at another host).
"""

import base64
import hashlib
import hmac
import json
import re
import time
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tests.fakes.courier import Delivery, Parcel
from tests.fakes.gsm import count, fits_gsm
from tests.fakes.provider import NOT_ALLOWED, NOT_FOUND, SERVER_ERROR, Provider
from tests.fakes.records import Recorded, timestamp
from tests.fakes.scenarios import Scenario, scenario_of
from tests.fakes.wire import HttpReply, HttpRequest

API_KEY = "dcba4321"
API_SECRET = "local-messages-secret"
SIGNATURE_SECRET = "local-messages-signature"
PRICE = Decimal("0.0333")
ERRORS_AT = "https://developer.vonage.com/api-errors"

# HTTP status and title
ERRORS = {
    "1000": (429, "Throttled"),
    "1010": (422, "Missing params"),
    "1020": (422, "Invalid params"),
    "1070": (402, "Partner quota exceeded"),
    "1090": (422, "Message too long"),
    "1100": (422, "Communication Failed"),
    "1120": (422, "Illegal Sender Address"),
    "1170": (422, "Invalid or Missing Msisdn Param"),
    "1180": (422, "Absent Subscriber Temporary"),
    "unauthorized": (401, "Unauthorized"),
    "invalid-json": (400, "Invalid JSON"),
}

REFUSALS = {
    Scenario.bad_number: "1170",
    Scenario.no_credit: "1070",
    Scenario.bad_sender: "1120",
    Scenario.temporary: "1100",
}

# status and error code of the webhooks that follow, in order
RECEIPTS: Mapping[Scenario, Sequence[tuple[str, str]]] = defaultdict(
    lambda: (("submitted", ""), ("delivered", "")),
    {
        Scenario.undeliverable: (("submitted", ""), ("rejected", "1170")),
        Scenario.expires: (("submitted", ""), ("undeliverable", "1180")),
        Scenario.no_receipt: (),
        Scenario.out_of_order: (("delivered", ""), ("submitted", "")),
        Scenario.delivered_twice: (("submitted", ""), ("delivered", ""), ("delivered", "")),
    },
)


@dataclass
class Account:
    """One customer of Vonage, as set in its dashboard."""

    api_secret: str
    balance: Decimal = Decimal(100_000)
    status_url: str | None = None  # for messages that name no webhook
    signature_secret: str = SIGNATURE_SECRET
    applications: dict[str, str] = field(default_factory=dict)  # id -> public key, PEM


class Refused(Exception):
    def __init__(self, code: str, detail: str = "", about: str = "") -> None:
        super().__init__(code)
        self.code, self.detail, self.about = code, detail, about


class VonageMessages(Provider):
    NAME = "vonage-messages"
    TITLE = "Vonage Messages"
    STATUSES = ("submitted", "delivered", "read", "rejected", "undeliverable")

    def begin(self) -> None:
        super().begin()
        self.accounts = {API_KEY: Account(API_SECRET)}

    def serve(self, request: HttpRequest) -> HttpReply:
        if self.dead:
            return SERVER_ERROR
        if request.path == "/account/get-balance":
            return self._balance(request)
        if request.path != "/v1/messages":
            return NOT_FOUND
        if request.method != "POST":
            return NOT_ALLOWED
        try:
            with self.lock:
                return self._take(request)
        except Refused as refusal:
            return _refused(refusal)

    def trigger(self, message_id: int, status: str, code: str = "") -> Delivery:
        """Report a status of a recorded message now."""
        return self.courier.bring([self._parcel(self.found(message_id), status, code)])

    def set_credit(self, amount: str) -> None:
        self.accounts[API_KEY].balance = Decimal(amount)

    def get_credit(self) -> Decimal:
        return self.accounts[API_KEY].balance

    def _balance(self, request: HttpRequest) -> HttpReply:
        api_key = self._by_login(request)
        if api_key is None:
            body = {"error-code": "401", "error-code-label": "authentication failed"}
            return HttpReply(401, body=json.dumps(body).encode())
        value = float(self.accounts[api_key].balance)
        return HttpReply(body=json.dumps({"value": value, "autoReload": False}).encode())

    def _by_login(self, request: HttpRequest) -> str | None:
        """The account whose key and secret these are."""
        api_key, secret = request.basic_login or ("", "")
        account = self.accounts.get(api_key)
        if account is None or not hmac.compare_digest(account.api_secret.encode(), secret.encode()):
            return None
        return api_key

    def _by_token(self, request: HttpRequest) -> str | None:
        """The account whose application signed in."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or token.count(".") != 2:
            return None
        signed, _, signature = token.rpartition(".")
        head, claims = (json.loads(_unpadded(part)) for part in signed.split("."))
        for api_key, account in self.accounts.items():
            pem = account.applications.get(claims["application_id"])
            if pem is not None:
                key = load_pem_public_key(pem.encode())
                assert isinstance(key, RSAPublicKey)
                try:
                    key.verify(_unpadded(signature), signed.encode(), PKCS1v15(), SHA256())
                except InvalidSignature:
                    return None
                now = time.time()
                in_time = claims["iat"] <= now + 60 and now < claims["exp"] <= claims["iat"] + 86_400
                return api_key if head["alg"] == "RS256" and in_time and claims["jti"] else None
        return None

    def _take(self, request: HttpRequest) -> HttpReply:
        api_key = self._by_login(request) or self._by_token(request)
        if api_key is None:
            raise Refused("unauthorized", "You did not provide correct credentials.")
        try:
            asked = json.loads(request.body)
        except ValueError:
            raise Refused("invalid-json", "The request body is not JSON.") from None
        _check(asked)
        scenario = scenario_of(asked["to"])
        if scenario in REFUSALS:
            raise Refused(REFUSALS[scenario])
        if self.too_fast() or (scenario is Scenario.throttled and self.refused_at_first(asked["to"])):
            raise Refused("1000")
        if scenario is Scenario.server_error:
            return SERVER_ERROR
        return self._accept(api_key, asked, scenario)

    def _accept(self, api_key: str, asked: Mapping[str, str], scenario: Scenario) -> HttpReply:
        account = self.accounts[api_key]
        counted = count(asked["text"], unicode=not fits_gsm(asked["text"]))
        if account.balance < PRICE * counted.parts:
            raise Refused("1070")
        account.balance -= PRICE * counted.parts
        message = self.record(
            asked["to"],
            asked["from"],
            counted.shown,
            reference=asked.get("client_ref"),
            provider_ids=(str(uuid.uuid4()),),
            parts=counted.parts,
            encoding=counted.encoding,
            account=api_key,
            receipt_url=asked.get("webhook_url", account.status_url),
        )
        parcels = [self._parcel(message, *report) for report in RECEIPTS[scenario]] if message.receipt_url else []
        reply = HttpReply(202, body=json.dumps({"message_uuid": message.provider_ids[0]}).encode())
        return self.answer(reply, parcels, scenario)

    def _parcel(self, message: Recorded, status: str, code: str) -> Parcel:
        account = self.accounts[message.account]
        told: dict[str, object] = {
            "message_uuid": message.provider_ids[0],
            "to": message.to,
            "from": message.sender,
            "timestamp": timestamp(),
            "status": status,
            "channel": "sms",
            "usage": {"currency": "EUR", "price": f"{PRICE * message.parts:f}"},
            "sms": {"count_total": str(message.parts)},
            "destination": {"network_code": "12345"},
        }
        if message.reference is not None:
            told["client_ref"] = message.reference
        if code:
            told["error"] = _problem(Refused(code))
        body = json.dumps(told).encode()
        token = webhook_token(body, message.account, account.signature_secret)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        return self.parcel(
            message,
            status,
            partial(Parcel, "POST", message.receipt_url or "", headers, body),
            code=code,
            part=message.provider_ids[0],
        )


def webhook_token(body: bytes, api_key: str, secret: str, algorithm: str = "HS256", **other: object) -> str:
    """The token of a webhook; `other` replaces claims, for tokens that Vonage would not make."""
    claims = {
        "iat": int(time.time()),
        "jti": str(uuid.uuid4()),
        "iss": "Vonage",
        "payload_hash": hashlib.sha256(body).hexdigest(),
        "api_key": api_key,
        "application_id": "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab",
        **other,
    }
    signed = ".".join(_padless(json.dumps(part).encode()) for part in ({"alg": algorithm, "typ": "JWT"}, claims))
    return f"{signed}.{_padless(hmac.HMAC(secret.encode(), signed.encode(), hashlib.sha256).digest())}"


def _check(asked: Mapping[str, object]) -> None:
    for name in ("message_type", "channel", "to", "from", "text"):
        if not isinstance(asked.get(name), str) or not asked[name]:
            raise Refused("1010", "Your request is incomplete.", name)
    rules = {
        "message_type": asked["message_type"] == "text",
        "channel": asked["channel"] == "sms",
        "to": re.fullmatch(r"[1-9][0-9]{6,14}", str(asked["to"])),
        "from": re.fullmatch(r"[0-9]{1,15}|[A-Za-z0-9 ]{1,11}", str(asked["from"])),
        "client_ref": len(str(asked.get("client_ref", ""))) <= 100,
        "ttl": isinstance(ttl := asked.get("ttl", 20), int) and 20 <= ttl <= 604_800,
        "webhook_url": urlsplit(str(asked.get("webhook_url", "https://"))).scheme in ("http", "https"),
        "webhook_version": asked.get("webhook_version", "v1") == "v1",
        "sms": asked.get("sms", {}) in ({}, {"encoding_type": "auto"}),
    }
    for name, kept in rules.items():
        if not kept:
            raise Refused("1020", "The value of one or more parameters is invalid.", name)
    if len(str(asked["text"])) > 1000:
        raise Refused("1090")


def _refused(refusal: Refused) -> HttpReply:
    status, _ = ERRORS[refusal.code]
    return HttpReply(status, "application/problem+json", json.dumps(_problem(refusal)).encode())


def _problem(refusal: Refused) -> dict[str, object]:
    _, title = ERRORS[refusal.code]
    at = f"{ERRORS_AT}/messages#{refusal.code}" if refusal.code.isdigit() else f"{ERRORS_AT}#{refusal.code}"
    problem: dict[str, object] = {"type": at, "title": title, "detail": refusal.detail, "instance": uuid.uuid4().hex}
    if refusal.about:
        problem["invalid_parameters"] = [{"name": refusal.about, "reason": "see the documentation"}]
    return problem


def _padless(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
