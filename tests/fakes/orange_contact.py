"""Orange Business "Contact Everyone" as its customers meet it: REST v1.2 under /api/v1.2, the one form of API Light
under /api/light. No receipts in either.

https://contact-everyone.orange-business.com/api/docs/guides. Few error codes are published; those here that the product
does not name stand for the rest, and the HTTP status is what counts.
"""

import hmac
import json
import re
import secrets
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from tests.fakes.courier import Delivery
from tests.fakes.gsm import Counted, count
from tests.fakes.provider import NOT_ALLOWED, NOT_FOUND, SERVER_ERROR, Provider
from tests.fakes.scenarios import Scenario, scenario_of
from tests.fakes.wire import HttpReply, HttpRequest

USERNAME = "local-orange-contact"
PASSWORD = "local-orange-contact-password"
GROUP = "0c6bd7ba-53a1-4b9e-8f0a-6d2f4f0e7a11"
LIGHT_TOKEN = "local-orange-contact-light-token"

MOST_PARTS = 10

# HTTP status, code, message
REFUSALS = {
    Scenario.bad_number: (400, "InvalidMsisdn", "This number cannot be reached."),
    Scenario.no_credit: (402, "NoCredit", "Your account has no credit left."),
    Scenario.bad_sender: (403, "SenderNotAllowed", "This sender is not allowed."),
    Scenario.temporary: (503, "Unavailable", "The service is not available."),
}
LIGHT_REFUSALS = (Scenario.no_credit, Scenario.temporary)  # it knows no sender, and reports no wrong number


class Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class OrangeContact(Provider):
    """`logins` counts the tokens given out; a token lives for `token_life` seconds, or until `tokens` is cleared."""

    NAME = "orange-contact"
    TITLE = "Orange Contact Everyone"

    def begin(self) -> None:
        super().begin()
        self.password, self.light_token = PASSWORD, LIGHT_TOKEN
        self.groups = {GROUP: "Everyone"}
        self.credit = 100_000  # in parts
        self.token_life = 3600
        self.tokens: dict[str, float] = {}
        self.logins = 0

    def serve(self, request: HttpRequest) -> HttpReply:
        if self.dead:
            return SERVER_ERROR
        if request.path == "/api/light/diffusions/sms":
            return self._light(request) if request.method == "POST" else NOT_ALLOWED
        try:
            return self._rest(request)
        except Refused as refusal:
            body = [{"code": refusal.code, "message": refusal.message}]
            return HttpReply(refusal.status, body=json.dumps(body).encode(), headers=_pause(refusal.status))

    def trigger(self, message_id: int, status: str) -> Delivery:
        """Raises KeyError: this provider reports nothing."""
        raise KeyError(f"{self.NAME} has no receipts: {status} of {message_id}")

    def set_credit(self, amount: str) -> None:
        self.credit = int(float(amount))

    def get_credit(self) -> Decimal:
        return Decimal(self.credit)

    # REST v1.2

    def _rest(self, request: HttpRequest) -> HttpReply:
        match request.method, request.path.removeprefix("/api/v1.2").split("/"):
            case "POST", ["", "oauth", "token"]:
                return self._login(dict(parse_qsl(request.body.decode(), keep_blank_values=True)))
            case "GET", ["", "groups"]:
                self._check_token(request)
                return _json(200, [{"id": key, "name": name} for key, name in self.groups.items()])
            case "POST", ["", "groups", group, "diffusion-requests"]:
                self._check_token(request)
                return self._diffusion(group, request.body)
            case _:
                return NOT_FOUND

    def _login(self, form: Mapping[str, str]) -> HttpReply:
        known = form.get("username") == USERNAME
        if not known or not hmac.compare_digest(form.get("password", "").encode(), self.password.encode()):
            raise Refused(401, "Unauthorized", "Bad credentials.")
        token = secrets.token_urlsafe(24)
        with self.lock:
            self.logins += 1
            self.tokens[token] = time.monotonic() + self.token_life
        granted = {"access_token": token, "token_type": "Bearer", "scope": "read write", "ttl": self.token_life}
        return _json(200, granted)

    def _check_token(self, request: HttpRequest) -> None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or self.tokens.get(token, 0.0) < time.monotonic():
            raise Refused(401, "InvalidToken", "The access token is not valid.")

    def _diffusion(self, group: str, body: bytes) -> HttpReply:
        if group not in self.groups:
            raise Refused(404, "GroupNotFound", "There is no such group.")
        msisdn, text, sender, encoding, name = _checked(body)
        scenario = scenario_of(msisdn)
        if scenario in REFUSALS:
            raise Refused(*REFUSALS[scenario])
        counted = count(text, unicode=encoding == "UCS2")
        if counted.parts > MOST_PARTS:
            raise Refused(400, "SmsTooLong", "The message is too long.")
        self._let_pass(msisdn, scenario, counted)
        if scenario is Scenario.server_error:
            return SERVER_ERROR
        diffusion = str(uuid4())
        self._keep(msisdn, sender or "", counted, name, diffusion, USERNAME)
        return self.answer(_json(201, {"id": diffusion, "name": name, "status": "CREATED"}), [], scenario)

    # API Light

    def _light(self, request: HttpRequest) -> HttpReply:
        form = {**request.query, **dict(parse_qsl(request.body.decode(), keep_blank_values=True))}
        try:
            return self._light_sms(form)
        except Refused as refusal:
            body = {"message": refusal.message, "logId": secrets.token_hex(4)}
            return HttpReply(refusal.status, body=json.dumps(body).encode(), headers=_pause(refusal.status))

    def _light_sms(self, form: Mapping[str, str]) -> HttpReply:
        if not hmac.compare_digest(form.get("token", "").encode(), self.light_token.encode()):
            raise Refused(401, "", "Unknown token.")
        to, text = form.get("to", ""), form.get("msg", "")
        if not to or not text:
            raise Refused(400, "", "Missing parameter.")
        scenario = scenario_of(to)
        if scenario in LIGHT_REFUSALS:
            raise Refused(*REFUSALS[scenario])
        counted = count(text, unicode=None if form.get("xcharset") == "true" else False)
        if counted.parts > MOST_PARTS:
            raise Refused(400, "", "The message is too long.")
        self._let_pass(to, scenario, counted)
        if scenario is Scenario.server_error:
            return SERVER_ERROR
        diffusion = str(uuid4())
        self._keep(to, "", counted, form.get("diffusionname"), diffusion, "light")
        return self.answer(HttpReply(200, "text/plain", diffusion.encode()), [], scenario)

    # Both

    def _let_pass(self, to: str, scenario: Scenario, counted: Counted) -> None:
        with self.lock:
            if self.too_fast() or (scenario is Scenario.throttled and self.refused_at_first(to)):
                raise Refused(429, "TooManyRequests", "Too many requests.")
            if scenario is Scenario.server_error:
                return
            if self.credit < counted.parts:
                raise Refused(*REFUSALS[Scenario.no_credit])
            self.credit -= counted.parts

    def _keep(self, to: str, sender: str, counted: Counted, name: str | None, diffusion: str, account: str) -> None:
        self.record(
            to,
            sender,
            counted.shown,
            reference=name,
            provider_ids=(diffusion,),
            parts=counted.parts,
            encoding=counted.encoding,
            account=account,
            receipt_url=None,
        )


def _checked(body: bytes) -> tuple[str, str, str | None, str, str | None]:
    """Number, text, sender, encoding and name of a diffusion whose fields are as they should be."""
    try:
        fields: Any = json.loads(body)
        [msisdn], param, name = fields["msisdns"], fields["smsParam"], fields.get("name")
        text, encoding, sender = param["body"], param["encoding"], param.get("senderName")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused(400, "BadRequest", "The request cannot be read.") from None
    if not isinstance(msisdn, str) or not re.fullmatch(r"\+?[1-9][0-9]{6,14}", msisdn):
        raise Refused(400, "InvalidMsisdn", "The number is not valid.")
    if not isinstance(text, str) or not text or encoding not in ("GSM7", "UCS2"):
        raise Refused(400, "InvalidSmsParam", "The text or its encoding is not valid.")
    if sender is not None and not re.fullmatch(r"[A-Za-z0-9 ]{1,11}", str(sender)):
        raise Refused(400, "InvalidSenderName", "The sender is not valid.")
    return msisdn, text, sender, encoding, name


def _json(status: int, body: object) -> HttpReply:
    return HttpReply(status, body=json.dumps(body).encode())


def _pause(status: int) -> dict[str, str]:
    return {"Retry-After": "3"} if status == 429 else {}
