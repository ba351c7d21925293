"""ASPSMS's JSON API as its customers meet it: HTTP 200 to errors, no ids but the customer's own, receipts by GET.

https://json.aspsms.com/. A request is taken for one recipient, as this product's are. How ASPSMS answers who is too
fast is not published: here it is HTTP 429, from whatever stands before it.
"""

import hmac
import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.fakes.courier import Delivery, Parcel
from tests.fakes.gsm import count
from tests.fakes.provider import NOT_ALLOWED, NOT_FOUND, SERVER_ERROR, Provider
from tests.fakes.records import Recorded
from tests.fakes.scenarios import Scenario, scenario_of
from tests.fakes.wire import HttpReply, HttpRequest

USER_KEY = "LOCALASPSMSKEY"
PASSWORD = "local-aspsms-password"
NUMBER = "+12025550100"  # an originator that is unlocked

INFOS = {
    "0": "OK",
    "1": "OK",
    "3": "Authorization failed.",
    "5": "Not enough Credits available.",
    "10": "Invalid Originator. Maximum length is 11 characters.",
    "11": "Invalid message data.",
    "17": "Invalid URL for buffered message notification.",
    "18": "Invalid URL for delivery notification.",
    "19": "Invalid URL for non-delivery notification.",
    "20": "No valid recipient.",
    "23": "Transaction reference number missing.",
    "24": "Service temporarily not available.",
    "28": "No originator restrictions.",
    "29": "Originator authorization pending.",
    "30": "Originator not authorized.",
    "31": "Originator already authorized.",
}

REFUSALS = {
    Scenario.bad_number: "20",
    Scenario.no_credit: "5",
    Scenario.bad_sender: "30",
    Scenario.temporary: "24",
}

URLS = {"URLBufferedMessageNotification": "17", "URLDeliveryNotification": "18", "URLNonDeliveryNotification": "19"}
URL_OF = {"0": "URLDeliveryNotification", "1": "URLBufferedMessageNotification", "2": "URLNonDeliveryNotification"}
DESCRIPTIONS = {"-1": "Not yet submitted or rejected", "0": "Delivered", "1": "Buffered", "2": "Not delivered"}

# DeliveryStatus and Reasoncode of the receipts that follow, in order
RECEIPTS: Mapping[Scenario, Sequence[tuple[str, str]]] = defaultdict(
    lambda: (("0", "000"),),
    {
        Scenario.undeliverable: (("2", "101"),),
        Scenario.expires: (("1", "107"), ("2", "108")),
        Scenario.no_receipt: (),
        Scenario.out_of_order: (("0", "000"), ("1", "107")),
        Scenario.delivered_twice: (("0", "000"), ("0", "000")),
    },
)

TOO_FAST = HttpReply(
    429, "text/html", b"<html><body><h1>429 Too Many Requests</h1></body></html>", {"Retry-After": "3"}
)
BAD_REQUEST = HttpReply(400, "text/html", b"<html><body><h1>400 Bad Request</h1></body></html>")


@dataclass
class Account:
    """`originators` holds what the check of a number answers."""

    password: str
    credits: Decimal = Decimal(100_000)
    originators: dict[str, str] = field(default_factory=lambda: {NUMBER: "31"})


@dataclass
class Notification:
    """What an inquiry tells of one TRN."""

    status: str
    reason: str
    submitted: datetime
    notified: datetime


class Refused(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Taken(NamedTuple):
    reply: HttpReply
    parcels: Sequence[Parcel]
    scenario: Scenario


class Aspsms(Provider):
    """`appends` makes it append the TRN to every address, also to one with tags in it."""

    NAME = "aspsms"
    TITLE = "ASPSMS"
    STATUSES = tuple(URL_OF)
    MEANINGS = DESCRIPTIONS

    def begin(self) -> None:
        super().begin()
        self.accounts = {USER_KEY: Account(PASSWORD)}
        self.notifications: dict[str, Notification] = {}
        self.appends = False
        self._urls: dict[int, Mapping[str, str]] = {}

    def serve(self, request: HttpRequest) -> HttpReply:
        method = {
            "/SendTextSMS": self._send,
            "/CheckCredits": self._check_credits,
            "/CheckOriginatorAuthorization": self._check_originator,
            "/InquireDeliveryNotifications": self._inquire,
        }.get(request.path)
        if self.dead:
            return SERVER_ERROR
        if method is None:
            return NOT_FOUND
        if request.method != "POST":
            return NOT_ALLOWED
        try:
            fields = json.loads(request.body)
        except ValueError:
            return BAD_REQUEST
        if not isinstance(fields, dict):
            return BAD_REQUEST
        try:
            with self.lock:
                account = self._account(fields)
                answer = method(account, fields)
        except Refused as refusal:
            return _reply(refusal.code)
        return self.answer(*answer) if isinstance(answer, _Taken) else answer

    def trigger(self, message_id: int, status: str, reason: str = "000") -> Delivery:
        """Report a `DeliveryStatus` of a recorded message now; the inquiry says the same from now on."""
        message = self.found(message_id)
        if status not in DESCRIPTIONS:
            raise KeyError(status)
        self._note(message, status, reason)
        return self.courier.bring(self._parcels(message, [(status, reason)]))

    def set_credit(self, amount: str) -> None:
        self.accounts[USER_KEY].credits = Decimal(amount)

    def get_credit(self) -> Decimal:
        return self.accounts[USER_KEY].credits

    def _account(self, fields: Mapping[str, Any]) -> Account:
        account = self.accounts.get(str(fields.get("UserName")))
        given = str(fields.get("Password"))
        if account is None or not hmac.compare_digest(account.password.encode(), given.encode()):
            raise Refused("3")
        return account

    def _check_credits(self, account: Account, fields: Mapping[str, Any]) -> HttpReply:
        return _reply("1", Credits=f"{account.credits:f}")

    def _check_originator(self, account: Account, fields: Mapping[str, Any]) -> HttpReply:
        originator = str(fields.get("Originator"))
        return _reply(account.originators.get(originator, "30") if _is_number(originator) else "28")

    def _inquire(self, account: Account, fields: Mapping[str, Any]) -> HttpReply:
        wanted = fields.get("TransactionReferenceNumbers")
        if not isinstance(wanted, str) or not wanted:
            raise Refused("23")
        found = [(trn, self.notifications[trn]) for trn in wanted.split(";") if trn in self.notifications]
        return _reply("1", DeliveryNotifications=[_entry(trn, notification) for trn, notification in found])

    def _send(self, account: Account, fields: Mapping[str, Any]) -> HttpReply | _Taken:
        to, trn = _checked(account, fields)
        scenario = scenario_of(to)
        if scenario in REFUSALS:
            raise Refused(REFUSALS[scenario])
        if self.too_fast() or (scenario is Scenario.throttled and self.refused_at_first(to)):
            return TOO_FAST
        if scenario is Scenario.server_error:
            return SERVER_ERROR
        counted = count(fields["MessageText"], unicode=False if fields.get("ForceGSM7bit") is True else None)
        if account.credits < counted.parts:
            raise Refused("5")
        account.credits -= counted.parts
        urls = {name: str(fields[name]) for name in URLS if fields.get(name)}
        message = self.record(
            to,
            fields["Originator"],
            counted.shown,
            reference=trn,
            provider_ids=(trn,) if trn else (),
            parts=counted.parts,
            encoding=counted.encoding,
            account=fields["UserName"],
            receipt_url=urls.get("URLDeliveryNotification"),
        )
        self._urls[message.id] = urls
        receipts = RECEIPTS[scenario]
        final = next((receipt for receipt in reversed(receipts) if receipt[0] in "02"), ("-1", "000"))
        self._note(message, *final)
        return _Taken(_reply("1"), self._parcels(message, receipts), scenario)

    def _note(self, message: Recorded, status: str, reason: str) -> None:
        if message.reference is not None:
            now = datetime.now(UTC)
            self.notifications[message.reference] = Notification(status, reason, now, now)

    def _parcels(self, message: Recorded, receipts: Sequence[tuple[str, str]]) -> list[Parcel]:
        """One for each receipt that has an address."""
        urls = self._urls.get(message.id, {})
        return [
            self.parcel(
                message,
                status,
                partial(_called, self._filled(urls[URL_OF[status]], message, status, reason)),
                code=reason,
                part=message.reference or "",
            )
            for status, reason in receipts
            if URL_OF.get(status) in urls
        ]

    def _filled(self, url: str, message: Recorded, status: str, reason: str) -> str:
        now = datetime.now(UTC).strftime("%d%m%Y%H%M%S")
        trn = message.reference or ""
        tags = {
            "<RCPNT>": message.to.replace("+", "00"),
            "<SCTSUTC>": now,
            "<DSCTSUTC>": now,
            "<RSN>": reason,
            "<DST>": status,
            "<TRN>": trn,
        }
        filled = url
        for tag, value in tags.items():
            filled = filled.replace(tag, value)
        return filled + trn if self.appends or filled == url else filled


def _checked(account: Account, fields: Mapping[str, Any]) -> tuple[str, str | None]:
    """Recipient and TRN of a request whose fields are as they should be."""
    originator, text, recipients = (fields.get(name) for name in ("Originator", "MessageText", "Recipients"))
    if not isinstance(originator, str) or not re.fullmatch(r"\+?[0-9]{3,15}|[A-Za-z0-9 ]{1,11}", originator):
        raise Refused("10")
    if _is_number(originator) and account.originators.get(originator) != "31":
        raise Refused("30")
    if not isinstance(text, str) or not text:
        raise Refused("11")
    for name, code in URLS.items():
        if fields.get(name) and urlsplit(str(fields[name])).scheme not in ("http", "https"):
            raise Refused(code)
    if not isinstance(recipients, list) or len(recipients) != 1:
        raise Refused("20")
    match = re.fullmatch(r"((?:\+|00)?[1-9][0-9]{6,14})(?::([A-Za-z0-9._-]{1,30}))?", str(recipients[0]))
    if match is None:
        raise Refused("20")
    return match[1], match[2]


def _is_number(originator: str) -> bool:
    return re.fullmatch(r"\+?[0-9]+", originator) is not None


def _entry(trn: str, notification: Notification) -> dict[str, str]:
    return {
        "TransactionReferenceNumber": trn,
        "DeliveryStatus": notification.status,
        "DeliveryStatusDescription": DESCRIPTIONS[notification.status],
        "SubmissionDate": notification.submitted.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "NotificationDate": notification.notified.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Reasoncode": notification.reason,
        "ReasoncodeDescription": "as the network said",
    }


def _reply(code: str, **more: object) -> HttpReply:
    body = {**more, "StatusCode": code, "StatusInfo": INFOS[code]}
    return HttpReply(content_type="application/json; charset=utf-8", body=json.dumps(body).encode())


def _called(url: str, answered: Callable[[int | None], None]) -> Parcel:
    return Parcel("GET", url, {}, b"", answered)
