"""Vonage SMS API as its customers meet it: HTTP 200 to errors, one entry per part, receipts per part.

https://developer.vonage.com/en/api/sms. Counting parts and signing receipts are written anew here, so that a mistake in
the product cannot agree with itself.
"""

import hashlib
import hmac
import json
import re
import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.fakes.courier import Delivery, Parcel
from tests.fakes.gsm import count
from tests.fakes.provider import NOT_ALLOWED, NOT_FOUND, SERVER_ERROR, Provider
from tests.fakes.records import Recorded
from tests.fakes.scenarios import Scenario, scenario_of
from tests.fakes.wire import HttpReply, HttpRequest

API_KEY = "abcd1234"
API_SECRET = "local-vonage-secret"
PRICE = Decimal("0.03330000")

ERRORS = {
    "1": "Throughput Rate Exceeded",
    "2": "Missing {} param",
    "3": "Invalid value for parameter: {}",
    "4": "Bad Credentials",
    "6": "Unroutable message - rejected",
    "9": "Quota Exceeded - rejected",
    "10": "Too Many Existing Binds",
    "12": "Message Too Long",
    "15": "Illegal Sender Address - rejected",
    "23": "Invalid Callback Url",
}

REFUSALS = {
    Scenario.bad_number: "6",
    Scenario.no_credit: "9",
    Scenario.bad_sender: "15",
    Scenario.temporary: "10",
}

# status and err-code of the receipts that follow, in order
RECEIPTS: Mapping[Scenario, Sequence[tuple[str, str]]] = defaultdict(
    lambda: (("delivered", "0"),),
    {
        Scenario.undeliverable: (("failed", "9"),),
        Scenario.expires: (("buffered", "2"), ("expired", "2")),
        Scenario.no_receipt: (),
        Scenario.out_of_order: (("delivered", "0"), ("buffered", "2"), ("accepted", "0")),
        Scenario.delivered_twice: (("delivered", "0"), ("delivered", "0")),
    },
)


@dataclass
class Account:
    """One customer of Vonage, as set in its dashboard."""

    api_secret: str
    balance: Decimal = Decimal(100_000)
    receipt_method: Literal["GET", "POST", "POST-JSON"] = "POST-JSON"
    receipt_url: str | None = None  # for messages that name no callback
    signature_secret: str | None = None
    signature_method: Literal["md5hash", "md5", "sha1", "sha256", "sha512"] = "md5hash"


class Refused(Exception):
    def __init__(self, status: str, about: str = "") -> None:
        super().__init__(status)
        self.entry = {"status": status, "error-text": ERRORS[status].format(about)}


class Vonage(Provider):
    NAME = "vonage"
    TITLE = "Vonage SMS"
    STATUSES = ("accepted", "buffered", "delivered", "expired", "failed", "rejected", "unknown")

    def begin(self) -> None:
        super().begin()
        self.accounts = {API_KEY: Account(API_SECRET)}

    def serve(self, request: HttpRequest) -> HttpReply:
        if self.dead:
            return SERVER_ERROR
        if request.path == "/account/get-balance":
            return self._balance(request)
        if request.path != "/sms/json":
            return NOT_FOUND
        if request.method != "POST":
            return NOT_ALLOWED
        form = dict(request.query)
        if "form" in request.headers.get("content-type", ""):
            form |= dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        try:
            with self.lock:
                return self._take(request, form)
        except Refused as refusal:
            return _reply([refusal.entry])

    def trigger(self, message_id: int, status: str, err_code: str = "0", part: int | None = None) -> Delivery:
        """Report a status of a recorded message now, of all its parts or of one (from 0)."""
        message = self.found(message_id)
        ids = message.provider_ids if part is None else (message.provider_ids[part],)
        return self.courier.bring([self._parcel(message, provider_id, status, err_code) for provider_id in ids])

    def set_credit(self, amount: str) -> None:
        self.accounts[API_KEY].balance = Decimal(amount)

    def get_credit(self) -> Decimal:
        return self.accounts[API_KEY].balance

    def _account(self, request: HttpRequest, form: Mapping[str, str]) -> tuple[str, Account]:
        login = request.basic_login or (form.get("api_key", ""), form.get("api_secret", ""))
        account = self.accounts.get(login[0])
        if account is None or not hmac.compare_digest(account.api_secret.encode(), login[1].encode()):
            raise Refused("4")
        return login[0], account

    def _balance(self, request: HttpRequest) -> HttpReply:
        try:
            _, account = self._account(request, request.query)
        except Refused:
            body = {"error-code": "401", "error-code-label": "authentication failed"}
            return HttpReply(401, body=json.dumps(body).encode())
        return HttpReply(body=json.dumps({"value": float(account.balance), "autoReload": False}).encode())

    def _take(self, request: HttpRequest, form: Mapping[str, str]) -> HttpReply:
        api_key, account = self._account(request, form)
        _check(form)
        scenario = scenario_of(form["to"])
        if scenario in REFUSALS:
            raise Refused(REFUSALS[scenario])
        if self.too_fast() or (scenario is Scenario.throttled and self.refused_at_first(form["to"])):
            raise Refused("1")
        if scenario is Scenario.server_error:
            return SERVER_ERROR
        return self._accept(api_key, account, form, scenario)

    def _accept(self, api_key: str, account: Account, form: Mapping[str, str], scenario: Scenario) -> HttpReply:
        counted = count(form["text"], unicode=form.get("type") == "unicode")
        entries: list[dict[str, str]] = []
        for _ in range(counted.parts):
            if account.balance < PRICE:
                entries.append({"to": form["to"], **Refused("9").entry})
                continue
            account.balance -= PRICE
            entries.append(
                {
                    "to": form["to"],
                    "message-id": secrets.token_hex(8).upper(),
                    "status": "0",
                    "remaining-balance": f"{account.balance:.8f}",
                    "message-price": f"{PRICE:.8f}",
                    "network": "12345",
                    **({"client-ref": form["client-ref"]} if "client-ref" in form else {}),
                }
            )
        taken = tuple(entry["message-id"] for entry in entries if entry["status"] == "0")
        if not taken:
            return _reply(entries)
        message = self.record(
            form["to"],
            form["from"],
            counted.shown,
            reference=form.get("client-ref"),
            provider_ids=taken,
            parts=counted.parts,
            encoding=counted.encoding,
            account=api_key,
            receipt_url=form.get("callback", account.receipt_url),
        )
        parcels = [self._parcel(message, part, *receipt) for receipt in RECEIPTS[scenario] for part in taken]
        if message.receipt_url is None or form.get("status-report-req") in ("0", "false"):
            parcels = []
        return self.answer(_reply(entries), parcels, scenario)

    def _parcel(self, message: Recorded, provider_id: str, status: str, err_code: str) -> Parcel:
        account = self.accounts[message.account]
        now = datetime.now(UTC)
        fields = {
            "msisdn": message.to,
            "to": message.sender,
            "network-code": "12345",
            "messageId": provider_id,
            "price": f"{PRICE:.8f}",
            "status": status,
            "scts": now.strftime("%y%m%d%H%M"),
            "err-code": err_code,
            "api-key": message.account,
            "message-timestamp": now.strftime("%Y-%m-%d %H:%M:%S"),
        }
        if message.reference is not None:
            fields["client-ref"] = message.reference
        if account.signature_secret is not None:
            fields |= {"timestamp": str(int(time.time())), "nonce": secrets.token_hex(16)}
            fields["sig"] = signature(fields, account.signature_secret, account.signature_method)
        posted = partial(_posted, account.receipt_method, message.receipt_url or "", fields)
        return self.parcel(message, status, posted, code=err_code, part=provider_id)


def signature(fields: Mapping[str, str], secret: str, method: str) -> str:
    """Vonage's rule: sorted, `&` and `=` in values as `_`, joined with a leading `&`."""
    joined = ""
    for name in sorted(fields):
        joined += "&" + name + "=" + fields[name].replace("&", "_").replace("=", "_")
    if method == "md5hash":
        return hashlib.md5(f"{joined}{secret}".encode()).hexdigest()
    return hmac.HMAC(secret.encode(), joined.encode(), getattr(hashlib, method)).hexdigest().upper()


def _check(form: Mapping[str, str]) -> None:
    for name in ("to", "from", "text"):
        if not form.get(name):
            raise Refused("2", name)
    if not re.fullmatch(r"[0-9]{7,15}", form["to"]):
        raise Refused("3", "to")
    if not re.fullmatch(r"[0-9]{1,15}|[A-Za-z0-9 ]{1,11}", form["from"]):
        raise Refused("15")
    if form.get("type", "text") not in ("text", "unicode"):
        raise Refused("3", "type")
    if len(form.get("client-ref", "")) > 40:
        raise Refused("3", "client-ref")
    if len(form["text"]) > 3200:
        raise Refused("12")
    callback = form.get("callback")
    if callback is not None and (len(callback) > 100 or urlsplit(callback).scheme not in ("http", "https")):
        raise Refused("23")


def _reply(entries: Sequence[Mapping[str, str]]) -> HttpReply:
    body = {"message-count": str(len(entries)), "messages": entries}
    return HttpReply(body=json.dumps(body, ensure_ascii=False).encode())


def _posted(method: str, url: str, fields: Mapping[str, str], answered: Callable[[int | None], None]) -> Parcel:
    """The receipt in the form that is set in the account."""
    if method == "GET":
        joint = "&" if urlsplit(url).query else "?"
        return Parcel("GET", f"{url}{joint}{urlencode(fields)}", {}, b"", answered)
    if method == "POST":
        return Parcel(
            "POST", url, {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(fields).encode(), answered
        )
    return Parcel("POST", url, {"Content-Type": "application/json"}, json.dumps(fields).encode(), answered)
