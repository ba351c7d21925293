"""Vonage SMS API as its customers meet it: HTTP 200 to errors, one entry per part, receipts per part.

https://developer.vonage.com/en/api/sms. Counting parts and signing receipts are written anew here, so that a mistake in
the product cannot agree with itself.
"""

import hashlib
import hmac
import json
import re
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.fakes.courier import Courier, Delivery, Parcel
from tests.fakes.records import Recorded, Records, Report, timestamp
from tests.fakes.scenarios import Scenario, scenario_of, words_of
from tests.fakes.wire import HttpReply, HttpRequest, Manner

API_KEY = "abcd1234"
API_SECRET = "local-vonage-secret"
PRICE = Decimal("0.03330000")

# 3GPP TS 23.038, codes 0x00 to 0x7F; 0x1B announces a second table.
GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_SECOND = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}
ESCAPE = 0x1B

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

MANNERS = {
    Scenario.no_answer: Manner.silence,
    Scenario.reset: Manner.reset,
    Scenario.drip: Manner.drip,
}


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


class Counted(NamedTuple):
    encoding: Literal["gsm7", "ucs2"]
    parts: int
    shown: str  # on the handset: what the encoding lost is a question mark


def count(text: str, kind: str) -> Counted:
    """Parts of a text sent as `type=text` or `type=unicode`."""
    if kind == "unicode":
        units = text.encode("utf-16-be", errors="replace")
        pairs = [units[at : at + 2] for at in range(0, len(units), 2)]
        ends_open = [0xD8 <= pair[0] <= 0xDB for pair in pairs]
        return Counted("ucs2", _parts(ends_open, alone=70, of_many=67), text)
    shown = "".join(c if c in GSM_SECOND or (c in GSM and c != "\x1b") else "?" for c in text)
    codes = [code for c in shown for code in ((ESCAPE, GSM_SECOND[c]) if c in GSM_SECOND else (GSM.index(c),))]
    return Counted("gsm7", _parts([code == ESCAPE for code in codes], alone=160, of_many=153), shown)


def _parts(ends_open: Sequence[bool], alone: int, of_many: int) -> int:
    """How many parts so many units need, when a part may not end with a unit that is `ends_open`."""
    if len(ends_open) <= alone:
        return 1
    parts, start = 0, 0
    while start < len(ends_open):
        end = min(start + of_many, len(ends_open))
        start = end - 1 if end < len(ends_open) and ends_open[end - 1] else end
        parts += 1
    return parts


class Vonage:
    def __init__(self, records: Records, courier: Courier) -> None:
        self.accounts = {API_KEY: Account(API_SECRET)}
        self.throttled_calls = 2  # how often a number ending in 0013 is refused
        self._records, self._courier = records, courier
        self._lock = threading.Lock()
        self._throttled: dict[str, int] = {}
        self._brought: dict[int, list[Parcel]] = {}

    def serve(self, request: HttpRequest) -> HttpReply:
        if request.path != "/sms/json":
            return HttpReply(404, "text/html", b"<html><body><h1>404 Not Found</h1></body></html>")
        if request.method != "POST":
            return HttpReply(405, "text/html", b"<html><body><h1>405 Method Not Allowed</h1></body></html>")
        form = dict(request.query)
        if "form" in request.headers.get("content-type", ""):
            form |= dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        try:
            with self._lock:
                return self._take(request, form)
        except Refused as refusal:
            return _reply([refusal.entry])

    def trigger(self, message_id: int, status: str, err_code: str = "0", part: int | None = None) -> Delivery:
        """Report a status of a recorded message now, of all its parts or of one (from 0)."""
        message = self._records.get(message_id)
        if message is None:
            raise KeyError(message_id)
        ids = message.provider_ids if part is None else (message.provider_ids[part],)
        return self._courier.bring([self._parcel(message, provider_id, status, err_code) for provider_id in ids])

    def replay(self, message_id: int) -> Delivery:
        """Bring every receipt of a message once more, byte for byte."""
        return self._courier.bring(list(self._brought.get(message_id, ())))

    def reset(self) -> None:
        with self._lock:
            self.accounts = {API_KEY: Account(API_SECRET)}
            self.throttled_calls = 2
            self._throttled.clear()
            self._brought.clear()

    def _take(self, request: HttpRequest, form: Mapping[str, str]) -> HttpReply:
        login = request.basic_login or (form.get("api_key", ""), form.get("api_secret", ""))
        account = self.accounts.get(login[0])
        if account is None or not hmac.compare_digest(account.api_secret.encode(), login[1].encode()):
            raise Refused("4")
        _check(form)
        scenario = scenario_of(form["to"])
        if scenario in REFUSALS:
            raise Refused(REFUSALS[scenario])
        if scenario is Scenario.throttled and self._throttled.get(form["to"], 0) < self.throttled_calls:
            self._throttled[form["to"]] = self._throttled.get(form["to"], 0) + 1
            raise Refused("1")
        if scenario is Scenario.server_error:
            return HttpReply(500, "text/html", b"<html><body><h1>500 Internal Server Error</h1></body></html>")
        return self._accept(login[0], account, form, scenario)

    def _accept(self, api_key: str, account: Account, form: Mapping[str, str], scenario: Scenario) -> HttpReply:
        counted = count(form["text"], form.get("type", "text"))
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
        message = self._records.add(
            Recorded(
                id=0,
                revision=0,
                channel="sms",
                provider="vonage",
                at=timestamp(),
                to=form["to"],
                sender=form["from"],
                text=counted.shown,
                reference=form.get("client-ref"),
                provider_ids=taken,
                parts=counted.parts,
                encoding=counted.encoding,
                account=api_key,
                receipt_url=form.get("callback", account.receipt_url),
                scenario=words_of(form["to"]),
            )
        )
        parcels = [self._parcel(message, part, *receipt) for receipt in RECEIPTS[scenario] for part in taken]
        if message.receipt_url is None or form.get("status-report-req") in ("0", "false"):
            parcels = []
        return self._answer(entries, parcels, scenario)

    def _answer(self, entries: Sequence[Mapping[str, str]], parcels: Sequence[Parcel], scenario: Scenario) -> HttpReply:
        reply = _reply(entries)
        if scenario is Scenario.receipt_first:
            self._courier.bring(parcels).wait()
            return reply
        manner = MANNERS.get(scenario, Manner.whole)
        if manner is Manner.silence:
            self._courier.bring(parcels)
            return reply._replace(manner=manner)
        body = reply.body[: len(reply.body) // 2] if scenario is Scenario.truncated else reply.body
        return reply._replace(body=body, manner=manner, afterwards=partial(self._courier.bring, parcels))

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

        def answered(http_status: int | None) -> None:
            report = Report(status=status, code=err_code, part=provider_id, at=timestamp(), answered=http_status)
            self._records.report(message.id, report)

        parcel = _posted(account.receipt_method, message.receipt_url or "", fields, answered)
        self._brought.setdefault(message.id, []).append(parcel)
        return parcel


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
