"""Tokens of Orange's platform: https://developer.orange.com/apis/sms/getting-started"""

import base64
from typing import Final, NamedTuple

import msgspec

from functions.messaging.gateways import Answer, Outcome, _tokens
from functions.messaging.gateways._calls import heard
from functions.messaging.gateways._orange_answers import read_token
from functions.messaging.gateways._transport import Limits, Request, Response

SHARE: Final = 0.5  # of the time that is left, for a token: a message sent with too little time is lost from sight


class Application(NamedTuple):
    """Ours, as the developer portal knows it."""

    base_url: str  # without a slash at its end
    client_id: str
    client_secret: str

    @property
    def basic(self) -> str:
        return base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode("ascii")

    @property
    def sensitive(self) -> tuple[str, ...]:
        return (self.client_secret, self.basic)

    def __repr__(self) -> str:
        return "Application(...)"


class NoToken(Exception):
    """Orange gave none; `answer` says what that means. Nothing was asked with it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.code)
        self.answer = answer


def token(application: Application, limits: Limits) -> str:
    """The one we have, or a new one, for which half of the time may go. Raises NoToken."""
    return _tokens.token(application, lambda: _fetch(application, limits._replace(total=limits.total * SHARE)))


def forget(application: Application) -> None:
    """Orange no longer takes the one we have."""
    _tokens.forget(application)


def _fetch(application: Application, limits: Limits) -> _tokens.Token:
    reply = heard(
        Request(
            method="POST",
            url=f"{application.base_url}/oauth/v3/token",
            headers={
                "Authorization": f"Basic {application.basic}",
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",  # without it Orange may answer 406
            },
            body=b"grant_type=client_credentials",
        ),
        limits,
    )
    read = read_token(reply, application.sensitive) if isinstance(reply, Response) else reply
    if isinstance(read, _tokens.Token):
        return read
    if read.outcome is Outcome.rejected_config:
        raise NoToken(read)
    raise NoToken(msgspec.structs.replace(read, outcome=Outcome.not_sent_transient))  # whatever it was: no message
