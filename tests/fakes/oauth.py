"""Token endpoints as Google and Microsoft have them, and the tokens that the mail servers of the same fakes take.

    POST /oauth/token                         Google's: a refresh token alone
    POST /oauth/<tenant>/oauth2/v2.0/token    Microsoft's: a refresh token, or the application's own credentials

https://developers.google.com/identity/protocols/oauth2/web-server#offline,
https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

import json
import re
import secrets
import time
from typing import NamedTuple
from urllib.parse import parse_qsl
from weakref import WeakKeyDictionary

from tests.fakes.courier import Delivery
from tests.fakes.provider import NOT_FOUND, SERVER_ERROR, Provider
from tests.fakes.records import Records
from tests.fakes.wire import HttpReply, HttpRequest, Manner

CLIENT_ID = "local-client.apps.example.net"
CLIENT_SECRET = "local-client-secret~/+"
REFRESH_TOKEN = "1//local-refresh-token"
OWNER = "mailer@example.net"  # whose refresh token it is
TENANT = "local-tenant"
GOOGLE_SCOPE = "https://mail.google.com/"
MICROSOFT_SCOPE = "https://outlook.office365.com/.default"


class Good(NamedTuple):
    until: float  # on the monotonic clock
    user: str | None  # whose mailbox it opens; None: any that the application has access to


class Tokens:
    """The access tokens that open a mailbox now."""

    def __init__(self) -> None:
        self._good: dict[str, Good] = {}

    def issue(self, text: str, seconds: float, user: str | None) -> str:
        self._good[text] = Good(time.monotonic() + seconds, user)
        return text

    def opens(self, text: str, user: str) -> bool:
        good = self._good.get(text)
        return good is not None and time.monotonic() < good.until and good.user in (None, user)

    def end(self) -> None:
        """All of them, before their time."""
        self._good.clear()


_tokens: WeakKeyDictionary[Records, Tokens] = WeakKeyDictionary()


def tokens_of(records: Records) -> Tokens:
    """The tokens of the fakes that have these records."""
    return _tokens.setdefault(records, Tokens())


class Refused(Exception):
    def __init__(self, status: int, error: str, description: str, number: int | None = None) -> None:
        super().__init__(error)
        body: dict[str, object] = {"error": error, "error_description": description}
        if number is not None:  # Microsoft's
            body |= {
                "error_description": f"AADSTS{number}: {description} Trace ID: 00000000-0000-0000-0000-000000000000",
                "error_codes": [number],
                "trace_id": "00000000-0000-0000-0000-000000000000",
            }
        self.reply = HttpReply(status, body=json.dumps(body).encode())


class OAuth(Provider):
    """`manner`: how it answers. `life`: seconds, of the next tokens. `issued`: how many there were so far.

    `refusal`: said instead of a token, while it is set."""

    NAME = "oauth"

    def begin(self) -> None:
        super().begin()
        self.manner = Manner.whole
        self.life = 3599
        self.issued = 0
        self.asked: list[dict[str, str]] = []
        self.refusal: HttpReply | None = None
        self.tokens = tokens_of(self.records)
        self.tokens.end()

    def serve(self, request: HttpRequest) -> HttpReply:
        microsoft = re.fullmatch(r"/([^/]+)/oauth2/v2\.0/token", request.path)
        if request.method != "POST" or (request.path != "/token" and microsoft is None):
            return NOT_FOUND
        if self.dead:
            return SERVER_ERROR
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        with self.lock:
            self.asked.append(form)
            if self.refusal is not None:
                return self.refusal
            if "application/x-www-form-urlencoded" not in request.headers.get("content-type", ""):
                form = {}
            try:
                reply = self._google(form) if microsoft is None else self._microsoft(form, microsoft[1])
            except Refused as refusal:
                return refusal.reply
        return reply._replace(manner=self.manner)

    def trigger(self, message_id: int, status: str) -> Delivery:
        """It has no messages."""
        raise KeyError(message_id)

    def set_credit(self, amount: str) -> None:
        """It takes no money."""

    def _google(self, form: dict[str, str]) -> HttpReply:
        if form.get("client_id") != CLIENT_ID:
            raise Refused(401, "invalid_client", "The OAuth client was not found.")
        if form.get("client_secret") != CLIENT_SECRET:
            raise Refused(401, "invalid_client", "Unauthorized")
        if form.get("grant_type") != "refresh_token":
            raise Refused(400, "unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")
        if form.get("refresh_token") != REFRESH_TOKEN:
            raise Refused(400, "invalid_grant", "Token has been expired or revoked.")
        token = self._issue(f"ya29.{secrets.token_urlsafe(160)}", OWNER)
        return _json({"access_token": token, "expires_in": self.life, "scope": GOOGLE_SCOPE, "token_type": "Bearer"})

    def _microsoft(self, form: dict[str, str], tenant: str) -> HttpReply:
        if tenant != TENANT:
            raise Refused(400, "invalid_request", f"Tenant '{tenant}' not found.", 90002)
        if form.get("client_id") != CLIENT_ID:
            raise Refused(400, "unauthorized_client", "Application was not found in the directory.", 700016)
        if form.get("client_secret", CLIENT_SECRET) != CLIENT_SECRET:
            raise Refused(401, "invalid_client", "Invalid client secret provided.", 7000215)
        match form.get("grant_type"):
            case "client_credentials":
                if "client_secret" not in form:
                    raise Refused(401, "invalid_client", "The request must contain 'client_secret'.", 7000218)
                if form.get("scope") != MICROSOFT_SCOPE:
                    raise Refused(400, "invalid_scope", "The scope is not valid.", 1002012)
                user = None
            case "refresh_token":
                if form.get("refresh_token") != REFRESH_TOKEN:
                    raise Refused(400, "invalid_grant", "The refresh token has expired due to inactivity.", 700082)
                user = OWNER
            case _:
                raise Refused(400, "invalid_request", "The request must contain 'grant_type'.", 900144)
        token = self._issue(f"eyJ0.{secrets.token_urlsafe(1500)}", user)  # as long as theirs are
        return _json(
            {"token_type": "Bearer", "expires_in": self.life, "ext_expires_in": self.life, "access_token": token}
        )

    def _issue(self, text: str, user: str | None) -> str:
        self.issued += 1
        return self.tokens.issue(text, self.life, user)


def _json(value: object) -> HttpReply:
    return HttpReply(body=json.dumps(value).encode(), headers={"Cache-Control": "no-store"})
