"""Clickatell's Communicator HTTP API as its customers meet it: lines of text, HTTP 200 to everything.

https://github.com/arnoesterhuizen/clickatell-overview-http. Reports go where the account says: `Account.receipt_url`.
"""

import hmac
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
from urllib.parse import parse_qsl, urlencode

from tests.fakes.courier import Delivery, Parcel
from tests.fakes.gsm import count
from tests.fakes.provider import NOT_FOUND, SERVER_ERROR, Provider
from tests.fakes.records import Recorded
from tests.fakes.scenarios import Scenario, scenario_of
from tests.fakes.wire import HttpReply, HttpRequest

USER = "local-clickatell-user"
PASSWORD = "local-clickatell-password"
API_ID = "3000001"
PRICE = Decimal(1)  # credits for one part
LIMITED_FOR = 60  # seconds that "until" in error 130 is away

ERRORS = {
    "001": "Authentication failed",
    "002": "Unknown username or password",
    "101": "Invalid or missing parameters: {}",
    "103": "Unknown API message ID",
    "104": "Unknown client message ID",
    "105": "Invalid Destination Address",
    "106": "Invalid Source Address",
    "107": "Empty message",
    "108": "Invalid or missing API ID",
    "109": "Missing message ID",
    "113": "Maximum message parts exceeded",
    "116": "Invalid Unicode Data",
    "130": "Maximum MT limit exceeded until {}",
    "301": "No Credit Left",
    "901": "Internal error - please retry",
}

REFUSALS = {
    Scenario.bad_number: "105",
    Scenario.no_credit: "301",
    Scenario.bad_sender: "106",
    Scenario.temporary: "901",
}

# What is reported, in order. Waiting in the queue (002, 011) is told only to those who ask.
RECEIPTS: Mapping[Scenario, Sequence[str]] = defaultdict(
    lambda: ("003", "004"),
    {
        Scenario.undeliverable: ("003", "007"),
        Scenario.expires: ("003", "010"),
        Scenario.no_receipt: (),
        Scenario.out_of_order: ("004", "003"),
        Scenario.delivered_twice: ("004", "004"),
    },
)

# Which bit of `callback` asks for a status.
WANTED_BY = {"003": 1, "004": 2, "005": 6, "007": 6, "009": 6, "010": 6, "012": 6}
MEANINGS = {
    "003": "Delivered to gateway",
    "004": "Received by recipient",
    "005": "Error with message",
    "007": "Error delivering",
    "009": "Routing error",
    "010": "Expired",
    "012": "Out of credit",
}


@dataclass
class Account:
    """One user's HTTP API, as set in Developers' Central."""

    password: str = PASSWORD
    api_id: str = API_ID
    balance: Decimal = Decimal(100_000)
    charset: str = "utf-8"  # how text beyond ASCII is read: what Clickatell does is not sure
    senders: frozenset[str] | None = None  # None for anything
    receipt_url: str | None = None
    receipt_method: Literal["GET", "POST"] = "POST"
    callback_user: str | None = None
    callback_password: str | None = None


class Refused(Exception):
    def __init__(self, code: str, about: str = "") -> None:
        super().__init__(code)
        self.line = f"ERR: {code}, {ERRORS[code].format(about)}"


class ClickatellHttp(Provider):
    NAME = "clickatell-http"
    TITLE = "Clickatell HTTP"
    STATUSES = tuple(WANTED_BY)
    MEANINGS = MEANINGS

    def begin(self) -> None:
        super().begin()
        self.accounts = {USER: Account()}
        self.statuses: dict[str, str] = {}  # by Clickatell's own id
        self.by_client_id: dict[str, str] = {}
        self.charges: dict[str, Decimal] = {}
        self.masks: dict[int, int] = {}  # what `callback` was, by recorded message

    def serve(self, request: HttpRequest) -> HttpReply:
        commands = {
            "/http/sendmsg": self._take,
            "/http/querymsg": self._query,
            "/http/getmsgcharge": self._charge,
            "/http/getbalance": self._balance,
        }
        command = commands.get(request.path)
        if command is None:
            return NOT_FOUND
        if self.dead:
            return SERVER_ERROR
        form = self._form(request)
        try:
            with self.lock:
                return command(form, self._account(form))
        except Refused as refusal:
            return _line(refusal.line)

    def trigger(self, message_id: int, status: str) -> Delivery:
        message = self.found(message_id)
        self.statuses[message.provider_ids[0]] = status
        return self.courier.bring(self._parcels(message, [status]))

    def set_credit(self, amount: str) -> None:
        self.accounts[USER].balance = Decimal(amount)

    def get_credit(self) -> Decimal:
        return self.accounts[USER].balance

    def set_receipt_url(self, url: str) -> None:
        self.accounts[USER].receipt_url = url

    def _form(self, request: HttpRequest) -> dict[str, str]:
        form = dict(request.query)
        if "form" in request.headers.get("content-type", ""):
            raw = request.body.decode("ascii", "replace")
            user = dict(parse_qsl(raw)).get("user", "")
            charset = self.accounts[user].charset if user in self.accounts else "utf-8"
            form |= dict(parse_qsl(raw, keep_blank_values=True, encoding=charset, errors="replace"))
        return form

    def _account(self, form: Mapping[str, str]) -> Account:
        account = self.accounts.get(form.get("user", ""))
        if account is None or not hmac.compare_digest(account.password.encode(), form.get("password", "").encode()):
            raise Refused("001" if "user" not in form else "002")
        if form.get("api_id") != account.api_id:
            raise Refused("108")
        return account

    def _balance(self, form: Mapping[str, str], account: Account) -> HttpReply:
        return _line(f"Credit: {account.balance:f}")

    def _query(self, form: Mapping[str, str], account: Account) -> HttpReply:
        known = self._known(form)
        return _line(f"ID: {known} Status: {self.statuses[known]}")

    def _charge(self, form: Mapping[str, str], account: Account) -> HttpReply:
        known = self._known(form)
        return _line(f"apiMsgId: {known} charge: {self.charges[known]:f} status: {self.statuses[known]}")

    def _known(self, form: Mapping[str, str]) -> str:
        """Clickatell's own id of the message that is asked about."""
        given = {name.lower(): value for name, value in form.items()}
        if "apimsgid" in given:
            if given["apimsgid"] not in self.statuses:
                raise Refused("103")
            return given["apimsgid"]
        if "climsgid" not in given:
            raise Refused("109")
        if given["climsgid"] not in self.by_client_id:
            raise Refused("104")
        return self.by_client_id[given["climsgid"]]

    def _take(self, form: Mapping[str, str], account: Account) -> HttpReply:
        text, unicode = _text(form)
        to, sender = form.get("to", ""), form.get("from", "")
        if not re.fullmatch(r"[1-9][0-9]{6,14}", to):
            raise Refused("105")
        if not re.fullmatch(r"[A-Za-z0-9]{0,32}", form.get("cliMsgId", "")):
            raise Refused("101", "cliMsgId")
        if not re.fullmatch(r"[0-7]", form.get("callback", "0")):
            raise Refused("101", "callback")
        if account.senders is not None and sender and sender not in account.senders:
            raise Refused("106")
        scenario = scenario_of(to)
        if scenario in REFUSALS:
            raise Refused(REFUSALS[scenario])
        if self.too_fast() or (scenario is Scenario.throttled and self.refused_at_first(to)):
            raise Refused("130", str(int(time.time()) + LIMITED_FOR))
        if scenario is Scenario.server_error:
            return SERVER_ERROR
        counted = count(text, unicode=unicode)
        if counted.parts > int(form.get("concat", "1")):
            raise Refused("113")
        if account.balance < PRICE * counted.parts:
            raise Refused("301")
        account.balance -= PRICE * counted.parts
        own_id = secrets.token_hex(16)
        self.statuses[own_id] = max(("002", *RECEIPTS[scenario]))
        self.charges[own_id] = PRICE * counted.parts
        if form.get("cliMsgId"):
            self.by_client_id[form["cliMsgId"]] = own_id
        message = self.record(
            to,
            sender,
            counted.shown,
            reference=form.get("cliMsgId"),
            provider_ids=(own_id,),
            parts=counted.parts,
            encoding=counted.encoding,
            account=form["user"],
            receipt_url=account.receipt_url,
        )
        self.masks[message.id] = int(form.get("callback", "0"))
        return self.answer(_line(f"ID: {own_id}"), self._parcels(message, RECEIPTS[scenario]), scenario)

    def _parcels(self, message: Recorded, statuses: Sequence[str]) -> list[Parcel]:
        mask = self.masks.get(message.id, 0)
        if message.receipt_url is None:
            return []
        charge = self.charges.get(message.provider_ids[0], PRICE)
        return [
            self.parcel(
                message,
                status,
                partial(_posted, self.accounts[message.account], message, status, charge),
                code=status,
                part=message.provider_ids[0],
            )
            for status in statuses
            if WANTED_BY.get(status, 0) & mask
        ]


def _text(form: Mapping[str, str]) -> tuple[str, bool]:
    """What is to be sent, and whether as Unicode."""
    text = form.get("text", "")
    if not text:
        raise Refused("107")
    if form.get("unicode", "0") != "1":
        return text, False
    try:
        return bytes.fromhex(text).decode("utf-16-be"), True
    except ValueError:
        raise Refused("116") from None


def _posted(
    account: Account, message: Recorded, status: str, charge: Decimal, answered: Callable[[int | None], None]
) -> Parcel:
    fields = {
        "api_id": account.api_id,
        "apiMsgId": message.provider_ids[0],
        "cliMsgId": message.reference or "",
        "to": message.to,
        "timestamp": str(int(time.time())),
        "from": message.sender,
        "status": status,
        "charge": f"{charge:.1f}",
    }
    headers = {}
    if account.callback_user is not None:
        login = b64encode(f"{account.callback_user}:{account.callback_password}".encode()).decode()
        headers["Authorization"] = f"Basic {login}"
    url = message.receipt_url or ""
    if account.receipt_method == "GET":
        return Parcel("GET", f"{url}?{urlencode(fields)}", headers, b"", answered)
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return Parcel("POST", url, headers, urlencode(fields).encode(), answered)


def _line(text: str) -> HttpReply:
    return HttpReply(content_type="text/plain", body=f"{text}\n".encode())
