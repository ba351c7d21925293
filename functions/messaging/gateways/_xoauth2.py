"""Access tokens for mail servers (OAuth 2, RFC 6749), got without a person: from a refresh token, or from the
application's own credentials.

Google: https://developers.google.com/identity/protocols/oauth2/web-server#offline. Microsoft:
https://learn.microsoft.com/en-us/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
where a refresh token ends after 90 days, and the application's credentials do not.

While a token is fetched no mail has left us, so nothing that happens here is ever `unknown`.
"""

import re
from typing import Final, NamedTuple
from urllib.parse import quote_plus, urlencode

import msgspec

from functions.common import settings as environment
from functions.messaging.gateways import Answer, Outcome, Trouble
from functions.messaging.gateways import _tokens as kept_tokens
from functions.messaging.gateways._tokens import Token
from functions.messaging.gateways._transport import Limits, NeverLeft, NoAnswer, Request, Response, exchange
from functions.messaging.gateways._words import words

GOOGLE: Final = "https://oauth2.googleapis.com/token"
MICROSOFT: Final = "https://login.microsoftonline.com/{}/oauth2/v2.0/token"
MICROSOFT_SCOPE: Final = "https://outlook.office365.com/.default"

# `error` of an answer: what we have to mend. An error that is not here and came as HTTP 4xx is ours to mend, too.
ERRORS: Final[dict[str, Trouble]] = {
    "invalid_client": Trouble.credentials,  # unknown, or its secret is wrong or has ended
    "invalid_grant": Trouble.credentials,  # the refresh token has ended, or was revoked
    "unauthorized_client": Trouble.credentials,  # not for this kind of grant, or unknown in this directory
    "access_denied": Trouble.credentials,
    "interaction_required": Trouble.credentials,  # Microsoft: a person has to log in anew
    "consent_required": Trouble.credentials,  # Microsoft: an administrator has to agree
    "admin_policy_enforced": Trouble.credentials,  # Google: the organisation does not allow the application
    "disabled_client": Trouble.credentials,  # Google
    "deleted_client": Trouble.credentials,  # Google
    "invalid_request": Trouble.other,
    "invalid_scope": Trouble.other,
    "invalid_resource": Trouble.other,  # Microsoft
    "unsupported_grant_type": Trouble.other,  # Google gives an application no token of its own
}
FOR_NOW: Final = frozenset({"temporarily_unavailable", "server_error", "internal_failure", "rate_limit_exceeded"})
STATUSES_FOR_NOW: Final = frozenset({408, 425, 429})

LIFE: Final = 600.0  # seconds, of a token that does not say how long it lives
LONGEST_LIFE: Final = 86_400.0

_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,8000}")  # with the user name in a line of 12 288 (RFC 4954 §4)
_SECONDS: Final = re.compile(r"[0-9]{1,9}")


class Grant(NamedTuple):
    """What a token is made of."""

    token_url: str
    client_id: str
    client_secret: str | None
    refresh_token: str | None  # without it the application asks for itself
    scope: str | None

    def __repr__(self) -> str:
        return "Grant(...)"

    @property
    def made_of(self) -> tuple[str, ...]:
        return tuple(part or "" for part in self)

    @property
    def travelling(self) -> tuple[str, ...]:
        """The secrets in every form in which the token endpoint gets them."""
        secrets = [secret for secret in (self.client_secret, self.refresh_token) if secret]
        return (*secrets, *(quote_plus(secret) for secret in secrets))


class Access(NamedTuple):
    token: str
    kept: bool  # from an earlier time: it may have ended meanwhile

    def __repr__(self) -> str:
        return "Access(...)"


class NoToken(Exception):
    """`answer` says why; no mail was sent."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.code)
        self.answer = answer


class _Reply(msgspec.Struct):
    access_token: str | None = None
    expires_in: int | float | str | None = None
    error: str | None = None
    error_description: str | None = None


def access(grant: Grant, limits: Limits) -> Access:
    """A token of this grant, kept from earlier or new. Raises NoToken."""
    fetched: list[Token] = []

    def fetch() -> Token:
        fetched.append(_fetch(grant, limits))
        return fetched[0]

    token = kept_tokens.token(grant.made_of, fetch)
    return Access(token, kept=not fetched)


def forget(grant: Grant) -> None:
    """The mail server no longer takes the token that is kept."""
    kept_tokens.forget(grant.made_of)


def build_request(grant: Grant) -> Request:
    fields = {
        "grant_type": "refresh_token" if grant.refresh_token else "client_credentials",
        "client_id": grant.client_id,
        "client_secret": grant.client_secret,
        "refresh_token": grant.refresh_token,
        "scope": grant.scope,
    }
    return Request(
        method="POST",
        url=grant.token_url,
        headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
        body=urlencode({name: value for name, value in fields.items() if value}).encode("ascii"),
    )


def read_answer(response: Response, sensitive: tuple[str, ...] = ()) -> Token:
    """The token in an answer. Raises NoToken, whose words are without anything `sensitive`."""
    try:
        reply = msgspec.json.decode(response.body, type=_Reply)
    except (ValueError, RecursionError):  # not JSON, not UTF-8, or nested without end
        reply = _Reply()
    if response.status == 200 and reply.access_token and _TOKEN.fullmatch(reply.access_token):
        return Token(reply.access_token, _life(reply.expires_in))
    said = " ".join(part for part in (reply.error, reply.error_description) if part)
    code = words(reply.error or "", sensitive)
    raise NoToken(
        msgspec.structs.replace(
            _refusal(response.status, reply.error or ""),
            code=code[:40] if code else f"http-{response.status}",
            words=words(f"token: {said or f'HTTP {response.status} without a token in it'}", sensitive),
        )
    )


def _fetch(grant: Grant, limits: Limits) -> Token:
    if grant.token_url.startswith("http://") and not environment.http_allowed():
        said = "the token's address is not https"
        raise NoToken(Answer(outcome=Outcome.rejected_config, trouble=Trouble.other, code="plain-http", words=said))
    try:
        response = exchange(build_request(grant), limits)
    except (NeverLeft, NoAnswer) as reason:
        raise NoToken(Answer(outcome=Outcome.not_sent_transient, words=words(f"token: {reason}"))) from reason
    return read_answer(response, grant.travelling)


def _refusal(status: int, error: str) -> Answer:
    if (trouble := ERRORS.get(error)) is not None:
        return Answer(outcome=Outcome.rejected_config, trouble=trouble)
    if error in FOR_NOW or status in STATUSES_FOR_NOW or not 300 <= status < 500:
        return Answer(outcome=Outcome.not_sent_transient)
    return Answer(outcome=Outcome.rejected_config, trouble=Trouble.other)


def _life(seconds: float | str | None) -> float:
    """In seconds; Microsoft's older endpoint writes them as text."""
    if isinstance(seconds, str):
        seconds = int(seconds) if _SECONDS.fullmatch(seconds) else None
    return LIFE if seconds is None else float(min(max(seconds, 0), LONGEST_LIFE))
