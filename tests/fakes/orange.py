"""Orange's SMS API for Africa and the Middle East: a token first, one recipient per request, errors in two forms.

https://developer.orange.com/apis/sms/getting-started. Receipts go to one address per application: `receipt_url`, set
here, or by the subscription call that some clients use.
"""

import hmac
import json
import re
import secrets
import time
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from urllib.parse import parse_qsl, unquote

from tests.fakes.courier import Delivery, Parcel
from tests.fakes.gsm import count
from tests.fakes.provider import NOT_ALLOWED, NOT_FOUND, SERVER_ERROR, Provider
from tests.fakes.records import Recorded
from tests.fakes.scenarios import Scenario, scenario_of
from tests.fakes.wire import HttpReply, HttpRequest

CLIENT_ID = "localOrangeClient"
CLIENT_SECRET = "local-orange-secret"
COUNTRY_SENDER = "+2250000"

# `deliveryStatus` of the receipts that follow, in order
RECEIPTS: Mapping[Scenario, Sequence[str]] = defaultdict(
    lambda: ("DeliveredToTerminal",),
    {
        Scenario.undeliverable: ("DeliveryImpossible",),
        Scenario.expires: ("MessageWaiting", "DeliveryImpossible"),
        Scenario.no_receipt: (),
        Scenario.out_of_order: ("DeliveredToTerminal", "MessageWaiting", "DeliveredToNetwork"),
        Scenario.delivered_twice: ("DeliveredToTerminal", "DeliveredToTerminal"),
    },
)


class Refused(Exception):
    def __init__(self, status: int, body: Mapping[str, object]) -> None:
        super().__init__(status)
        self.reply = HttpReply(status, body=json.dumps(body).encode(), headers={"X-OAPI-Request-Id": uuid.uuid4().hex})


def platform(status: int, code: int, message: str, description: str = "") -> Refused:
    """An error of the platform in front."""
    return Refused(status, {"code": code, "message": message, "description": description})


def service(code: str, text: str, *variables: str) -> Refused:
    said = {"messageId": code, "text": text, "variables": list(variables)}
    return Refused(400, {"requestError": {"serviceException": said}})


def policy(*variables: str) -> Refused:
    text = "A policy error occurred. Error code is %1"
    said = {"messageId": "POL0001", "text": text, "variables": list(variables)}
    return Refused(403, {"requestError": {"policyException": said}})


def invalid(field: str) -> Refused:
    return service("SVC0002", "Invalid input value for message part %1", field)


class Orange(Provider):
    """receipt_url: where the application's receipts go. token_seconds: how long a token lives; text_expiry: whether
    the answer says so as a string. tokens_given: how many there were. older_contracts: the older form of the balance.
    """

    NAME = "orange"
    TITLE = "Orange"
    STATUSES = (
        "DeliveredToTerminal",
        "DeliveredToNetwork",
        "MessageWaiting",
        "DeliveryUncertain",
        "DeliveryImpossible",
    )

    def begin(self) -> None:
        super().begin()
        self.receipt_url: str | None = None
        self.units = 100_000
        self.token_seconds = 3600.0
        self.text_expiry = False
        self.tokens_given = 0
        self.older_contracts = False
        self._tokens: dict[str, float] = {}

    def serve(self, request: HttpRequest) -> HttpReply:
        if self.dead:
            return SERVER_ERROR
        try:
            with self.lock:
                return self._serve(request)
        except Refused as refusal:
            return refusal.reply

    def trigger(self, message_id: int, status: str) -> Delivery:
        return self.courier.bring([self._parcel(self.found(message_id), status)])

    def set_credit(self, amount: str) -> None:
        self.units = int(amount)

    def get_credit(self) -> Decimal:
        return Decimal(self.units)

    def set_receipt_url(self, url: str) -> None:
        self.receipt_url = url

    def end_tokens(self) -> None:
        """Every token that was given has ended."""
        with self.lock:
            self._tokens = dict.fromkeys(self._tokens, 0.0)

    def _serve(self, request: HttpRequest) -> HttpReply:
        if request.path == "/oauth/v3/token":
            return self._give_token(request) if request.method == "POST" else NOT_ALLOWED
        if request.path == "/sms/admin/v1/contracts":
            self._authorize(request)
            return self._contracts() if request.method == "GET" else NOT_ALLOWED
        outbound = re.fullmatch(r"/smsmessaging/v1/outbound/([^/]+)/(requests|subscriptions)", request.path)
        if outbound is None:
            return NOT_FOUND
        if request.method != "POST":
            return NOT_ALLOWED
        self._authorize(request)
        sender = unquote(outbound[1])
        if outbound[2] == "subscriptions":
            return self._subscribe(request, sender)
        return self._take(request, sender)

    def _give_token(self, request: HttpRequest) -> HttpReply:
        if request.headers.get("accept") != "application/json":
            raise platform(406, 62, "Not acceptable")
        user, password = request.basic_login or ("", "")
        known = hmac.compare_digest(f"{user}:{password}".encode(), f"{CLIENT_ID}:{CLIENT_SECRET}".encode())
        if not known:
            said = {"error": "invalid_client", "error_description": "The credentials that were given are not valid."}
            raise Refused(401, said)
        if dict(parse_qsl(request.body.decode())).get("grant_type") != "client_credentials":
            raise Refused(400, {"error": "unsupported_grant_type", "error_description": "Not this grant."})
        token = secrets.token_urlsafe(24)
        self._tokens[token] = time.monotonic() + self.token_seconds
        self.tokens_given += 1
        life: int | str = str(int(self.token_seconds)) if self.text_expiry else int(self.token_seconds)
        return _json(200, {"token_type": "Bearer", "access_token": token, "expires_in": life})

    def _authorize(self, request: HttpRequest) -> None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind != "Bearer":
            raise platform(401, 40, "Missing credentials", "There is no token in the request.")
        if token not in self._tokens:
            raise platform(401, 41, "Invalid credentials", f"The token {token} is not valid.")
        if self._tokens[token] <= time.monotonic():
            raise platform(401, 42, "Expired credentials", f"The token {token} has expired.")

    def _take(self, request: HttpRequest, sender: str) -> HttpReply:
        if "json" not in request.headers.get("content-type", ""):
            raise platform(415, 68, "Unsupported media type")
        try:
            sent = json.loads(request.body)["outboundSMSMessageRequest"]
            text = sent["outboundSMSTextMessage"]["message"]
        except (ValueError, KeyError, TypeError):
            raise platform(400, 22, "Invalid body") from None
        to = str(sent.get("address", "")).removeprefix("tel:")
        _check(sent, sender, text)
        scenario = scenario_of(to)
        if scenario is Scenario.bad_number:
            raise service("SVC0004", "No valid addresses provided in message part %1", "address")
        if scenario is Scenario.bad_sender:
            raise invalid("senderName")
        if scenario is Scenario.no_credit:
            raise policy("Expired contract")
        if self.too_fast() or (scenario is Scenario.throttled and self.refused_at_first(to)):
            raise platform(429, 53, "Too many requests", "The application has made too many calls.")
        if scenario is Scenario.temporary:
            raise platform(503, 5, "The service is temporarily unavailable")
        if scenario is Scenario.server_error:
            return SERVER_ERROR
        counted = count(text)
        if self.units < counted.parts:
            raise policy("Insufficient units")
        self.units -= counted.parts
        provider_id = str(uuid.uuid4())
        message = self.record(
            to,
            sent.get("senderName", sender.removeprefix("tel:")),
            text,
            reference=None,
            provider_ids=(provider_id,),
            parts=counted.parts,
            encoding=counted.encoding,
            account=CLIENT_ID,
            receipt_url=self.receipt_url,
        )
        where = f"https://api.orange.com/smsmessaging/v1/outbound/{sender}/requests/{provider_id}"
        body = {"outboundSMSMessageRequest": {**sent, "address": [sent["address"]], "resourceURL": where}}
        statuses = RECEIPTS[scenario] if self.receipt_url else ()
        return self.answer(_json(201, body), [self._parcel(message, status) for status in statuses], scenario)

    def _subscribe(self, request: HttpRequest, sender: str) -> HttpReply:
        try:
            subscription = json.loads(request.body)["deliveryReceiptSubscription"]
            self.receipt_url = str(subscription["callbackReference"]["notifyURL"])
        except (ValueError, KeyError, TypeError):
            raise platform(400, 22, "Invalid body") from None
        where = f"https://api.orange.com/smsmessaging/v1/outbound/{sender}/subscriptions/{uuid.uuid4()}"
        return _json(201, {"deliveryReceiptSubscription": {**subscription, "resourceURL": where}})

    def _contracts(self) -> HttpReply:
        """What is left, and a contract that has ended with units in it."""
        if self.older_contracts:
            services = [
                {
                    "country": "CIV",
                    "service": "SMS_OCB",
                    "availableUnits": self.units,
                    "expires": "2999-01-01T00:00:00",
                },
                {"country": "CIV", "service": "SMS_OCB", "availableUnits": 700, "expires": "2020-01-01T00:00:00"},
            ]
            contract = {"country": "CIV", "contractDescription": "SMS", "serviceContracts": services}
            return _json(200, {"partnerContracts": {"partnerId": CLIENT_ID, "contracts": [contract]}})
        newer = {"type": "SELFSERVICE", "country": "CIV"}
        return _json(
            200,
            [
                {
                    **newer,
                    "availableUnits": self.units,
                    "status": "ACTIVE",
                    "expirationDate": "2999-01-01T00:00:00.000Z",
                },
                {**newer, "availableUnits": 700, "status": "EXPIRED", "expirationDate": "2020-01-01T00:00:00.000Z"},
            ],
        )

    def _parcel(self, message: Recorded, status: str) -> Parcel:
        (provider_id,) = message.provider_ids
        told = {
            "deliveryInfoNotification": {
                "callbackData": provider_id,
                "deliveryInfo": {"address": f"tel:{message.to}", "deliveryStatus": status},
            }
        }
        posted = partial(
            Parcel,
            "POST",
            message.receipt_url or self.receipt_url or "",
            {"Content-Type": "application/json"},
            json.dumps(told).encode(),
        )
        return self.parcel(message, status, posted, part=provider_id)


def _check(sent: Mapping[str, object], sender: str, text: object) -> None:
    if not re.fullmatch(r"tel:\+[1-9][0-9]{6,14}", str(sent.get("address", ""))):
        raise invalid("address")
    if sent.get("senderAddress") != sender or not re.fullmatch(r"tel:\+[1-9][0-9]{3,14}", sender):
        raise invalid("senderAddress")
    if not 1 <= len(str(sent.get("senderName", "x"))) <= 11:
        raise invalid("senderName")
    if not isinstance(text, str) or not text:
        raise invalid("message")


def _json(status: int, body: object) -> HttpReply:
    return HttpReply(status, body=json.dumps(body).encode(), headers={"X-OAPI-Request-Id": uuid.uuid4().hex})
