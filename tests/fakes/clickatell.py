"""Clickatell's One API as its customers meet it: an entry per message, codes, statuses by poll and by report.

https://docs.clickatell.com/channels/one-api/. Reports go where the portal says: `Account.receipt_url`.
"""

import hmac
import json
import re
import secrets
import time
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Literal
from urllib.parse import urlencode

import msgspec

from tests.fakes.courier import Delivery, Parcel
from tests.fakes.gsm import count
from tests.fakes.provider import NOT_FOUND, SERVER_ERROR, Provider
from tests.fakes.records import Recorded
from tests.fakes.scenarios import Scenario, scenario_of
from tests.fakes.wire import HttpReply, HttpRequest

API_KEY = "local-clickatell-key"
PRICE = Decimal("0.05")  # of one part
MOST_MESSAGES = 100

# code: HTTP status, words
ERRORS: Mapping[int, tuple[int, str]] = {
    1: (401, "Invalid or missing integration API Key"),
    19: (503, "Internal error, please retry"),
    20: (402, "Insufficient account balance"),
    21: (400, "Payload data is malformed"),
    22: (400, "Maximum messages per request payload exceeded"),
    23: (400, "Invalid or missing parameter: {}"),
    25: (400, "Invalid recipient address: {}"),
    39: (400, "Channel is not available on integration"),
    42: (400, "HTTP method is not supported on this resource"),
    43: (400, "Rate limit"),
    45: (400, "FROM number is not related to integration"),
    100: (400, "Maximum message parts exceeded"),
}

REFUSALS = {Scenario.bad_number: 25, Scenario.no_credit: 20, Scenario.bad_sender: 45}

CODES = {
    "UNKNOWN": 1,
    "QUEUED": 2,
    "SCHEDULED": 3,
    "SENT_TO_SUPPLIER": 4,
    "DEVICE_ACK": 5,
    "READ": 6,
    "EXPIRED": 20,
    "STOPPED_BY_USER": 21,
    "STOPPED_BY_ADMIN": 22,
    "DELIVERY_FAILURE": 23,
    "EMULATED": 24,
    "INSUFFICIENT_ACCOUNT_BALANCE": 25,
    "VOLUME_LIMIT": 26,
    "RECIPIENT_DOES_NOT_EXIST": 29,
    "ROUTING_ERROR": 100,
}

# What is reported, in order. Nothing here is "buffered": the network's waiting looks like any other sending.
RECEIPTS: Mapping[Scenario, Sequence[str]] = defaultdict(
    lambda: ("SENT_TO_SUPPLIER", "DEVICE_ACK"),
    {
        Scenario.undeliverable: ("SENT_TO_SUPPLIER", "DELIVERY_FAILURE"),
        Scenario.expires: ("SENT_TO_SUPPLIER", "EXPIRED"),
        Scenario.no_receipt: (),
        Scenario.out_of_order: ("DEVICE_ACK", "SENT_TO_SUPPLIER", "QUEUED"),
        Scenario.delivered_twice: ("DEVICE_ACK", "DEVICE_ACK"),
    },
)


@dataclass
class Account:
    """One integration, as set in the portal."""

    balance: Decimal = Decimal(100_000)
    currency: str = "USD"
    numbers: frozenset[str] | None = None  # what may be `from`; None for anything
    most_parts: int = 35
    receipt_url: str | None = None
    receipt_form: Literal["event", "flat", "flat-GET"] = "event"  # flat: as the API before this one reported
    callback_user: str | None = None
    callback_password: str | None = None


class Refused(Exception):
    def __init__(self, code: int, about: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.status, said = ERRORS[code]
        self.error = {"code": code, "description": said.format(about)}


class _Message(msgspec.Struct, rename="camel"):
    to: str | None = None
    content: str | None = None
    channel: str = "sms"
    from_: str | None = msgspec.field(default=None, name="from")
    client_message_id: str | None = None


class _Sending(msgspec.Struct):
    messages: list[_Message]


@dataclass
class Whereabouts:
    """Where a message is, for those who ask; in milliseconds since 1970."""

    status: str
    at: int


class Clickatell(Provider):
    NAME = "clickatell"
    TITLE = "Clickatell"
    STATUSES = tuple(CODES)

    def begin(self) -> None:
        super().begin()
        self.accounts = {API_KEY: Account()}
        self.whereabouts: dict[str, Whereabouts] = {}

    def serve(self, request: HttpRequest) -> HttpReply:
        method = "POST" if request.path == "/v1/message" else "GET"
        asked = re.fullmatch(r"/v1/message/([^/]+)", request.path)
        if request.path not in ("/v1/message", "/v1/balance") and asked is None:
            return NOT_FOUND
        if self.dead:
            return SERVER_ERROR
        try:
            with self.lock:
                key, account = self._account(request)
                if request.method != method:
                    raise Refused(42)
                if asked is not None:
                    return self._status(asked[1])
                if request.path == "/v1/balance":
                    return _json({"currency": account.currency, "balance": float(account.balance)})
                return self._take(request, key, account)
        except Refused as refusal:
            return _json({"error": refusal.error}, refusal.status)

    def trigger(self, message_id: int, status: str) -> Delivery:
        message = self.found(message_id)
        self._moved(message.provider_ids[0], status)
        return self.courier.bring(self._parcels(message, [status]))

    def set_credit(self, amount: str) -> None:
        self.accounts[API_KEY].balance = Decimal(amount)

    def get_credit(self) -> Decimal:
        return self.accounts[API_KEY].balance

    def set_receipt_url(self, url: str) -> None:
        self.accounts[API_KEY].receipt_url = url

    def _account(self, request: HttpRequest) -> tuple[str, Account]:
        given = request.headers.get("authorization", "")
        for key, account in self.accounts.items():
            if hmac.compare_digest(key.encode(), given.encode()):
                return key, account
        raise Refused(1)

    def _status(self, provider_id: str) -> HttpReply:
        known = self.whereabouts.get(provider_id) or Whereabouts("UNKNOWN", _now())
        return _json({"sms": {"status": known.status, "timestamp": known.at}})

    def _moved(self, provider_id: str, status: str) -> None:
        self.whereabouts[provider_id] = Whereabouts(status, _now())

    def _take(self, request: HttpRequest, key: str, account: Account) -> HttpReply:
        try:
            messages = msgspec.json.decode(request.body, type=_Sending).messages
        except msgspec.DecodeError:
            raise Refused(21) from None
        if not 0 < len(messages) <= MOST_MESSAGES:
            raise Refused(22)
        entries, refusals, reply_to, parcels = [], [], Scenario.delivered, []
        for message in messages:
            try:
                recorded, scenario = self._accept(message, key, account)
            except Refused as refusal:
                refusals.append(refusal)
                entries.append({"error": refusal.error, "accepted": False, "to": message.to})
                continue
            except _Broken:
                return SERVER_ERROR
            entries.append(
                {
                    "apiMessageId": recorded.provider_ids[0],
                    "accepted": True,
                    "to": recorded.to,
                    "error": None,
                    **({"clientMessageId": recorded.reference} if recorded.reference else {}),
                }
            )
            parcels += self._parcels(recorded, RECEIPTS[scenario])
            reply_to = scenario
        status = 202
        if refusals:
            status = refusals[0].status if len(messages) == 1 else 207
        reply = _json({"messages": entries, "error": None}, status)
        return self.answer(reply, parcels, reply_to) if len(refusals) < len(messages) else reply

    def _accept(self, message: _Message, key: str, account: Account) -> tuple[Recorded, Scenario]:
        for name, value in (("to", message.to), ("content", message.content)):
            if not value:
                raise Refused(23, name)
        to, content = message.to or "", message.content or ""
        if message.channel != "sms":
            raise Refused(39)
        if not re.fullmatch(r"[1-9][0-9]{6,14}", to):
            raise Refused(25, to)
        if message.from_ is not None and account.numbers is not None and message.from_ not in account.numbers:
            raise Refused(45)
        scenario = scenario_of(to)
        if scenario in REFUSALS:
            raise Refused(REFUSALS[scenario], to)
        if self.too_fast() or (scenario is Scenario.throttled and self.refused_at_first(to)):
            raise Refused(43)
        if scenario is Scenario.temporary:
            raise Refused(19)
        if scenario is Scenario.server_error:
            raise _Broken
        counted = count(content)
        if counted.parts > account.most_parts:
            raise Refused(100)
        if account.balance < PRICE * counted.parts:
            raise Refused(20)
        account.balance -= PRICE * counted.parts
        provider_id = secrets.token_hex(16)
        self._moved(provider_id, max(("QUEUED", *RECEIPTS[scenario]), key=CODES.__getitem__))
        recorded = self.record(
            to,
            message.from_ or "",
            counted.shown,
            reference=message.client_message_id,
            provider_ids=(provider_id,),
            parts=counted.parts,
            encoding=counted.encoding,
            account=key,
            receipt_url=account.receipt_url,
        )
        return recorded, scenario

    def _parcels(self, message: Recorded, statuses: Sequence[str]) -> list[Parcel]:
        if message.receipt_url is None:
            return []
        return [
            self.parcel(
                message,
                status,
                partial(_posted, self.accounts[message.account], message, status),
                code=str(CODES[status]),
                part=message.provider_ids[0],
            )
            for status in statuses
        ]


class _Broken(Exception):
    """Clickatell itself fails."""


def _posted(account: Account, message: Recorded, status: str, answered: Callable[[int | None], None]) -> Parcel:
    headers = {"Content-Type": "application/json"}
    if account.callback_user is not None:
        login = b64encode(f"{account.callback_user}:{account.callback_password}".encode()).decode()
        headers["Authorization"] = f"Basic {login}"
    ids: dict[str, object] = {"messageId": message.provider_ids[0]}
    if message.reference is not None:
        ids["clientMessageId"] = message.reference
    what = {**ids, "timestamp": _now(), "statusCode": CODES[status], "status": status}
    url = message.receipt_url or ""
    if account.receipt_form == "event":
        event = {"messageStatusUpdate": [{"channel": "sms", **what}]}
        report = {"integrationId": "local-integration", "integrationName": "local", "event": event}
        return Parcel("POST", url, headers, json.dumps(report).encode(), answered)
    flat = {"integrationName": "local", "requestId": secrets.token_hex(16), "to": message.to, **what}
    flat["statusDescription"] = status.replace("_", " ").capitalize()
    if account.receipt_form == "flat":
        return Parcel("POST", url, headers, json.dumps(flat).encode(), answered)
    return Parcel("GET", f"{url}?{urlencode(flat)}", headers, b"", answered)


def _now() -> int:
    return int(time.time() * 1000)


def _json(body: Mapping[str, object], status: int = 200) -> HttpReply:
    return HttpReply(status, body=json.dumps(body).encode())
