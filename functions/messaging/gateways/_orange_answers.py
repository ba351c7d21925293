"""What Orange answers to a message, and to a request for a token.

Two forms of errors. The platform in front: https://developer.orange.com/resources/orange-apis-error-handling
The application behind it, in the words of OneAPI: `requestError` with a service or a policy exception.
"""

import math
import re
from typing import Final

import msgspec

from functions.messaging.gateways import Answer, Outcome, Trouble
from functions.messaging.gateways._calls import retry_after
from functions.messaging.gateways._tokens import Token
from functions.messaging.gateways._transport import Response
from functions.messaging.gateways._words import words

# `code` of the platform and `messageId` of the application. One that is not here is left to the HTTP status.
OUTCOMES: Final[dict[str, Outcome]] = {
    "20": Outcome.rejected_config,  # invalid part of the address: our sender is in it
    "21": Outcome.rejected_config,  # no body
    "22": Outcome.rejected_recipient,  # invalid body
    "23": Outcome.rejected_recipient,  # a field is missing
    "24": Outcome.rejected_recipient,  # a field is invalid; ours to answer for when OUR_FIELDS has it
    "25": Outcome.rejected_config,  # a header is missing
    "26": Outcome.rejected_config,  # a header is invalid
    "40": Outcome.rejected_config,  # no credentials
    "41": Outcome.rejected_config,  # wrong credentials
    "42": Outcome.rejected_config,  # the token has ended; and so has a new one
    "50": Outcome.rejected_config,  # access denied
    "51": Outcome.rejected_config,  # forbidden
    "53": Outcome.not_sent_transient,  # too many requests
    "SVC0001": Outcome.unknown,  # service error
    "SVC0002": Outcome.rejected_recipient,  # invalid value; ours to answer for when OUR_FIELDS has it
    "SVC0004": Outcome.rejected_recipient,  # no valid address
}
POLICY: Final = "POL"  # any of these: no contract, contract expired, no units
THROTTLED: Final = "53"

# Fields that come from the gateway's settings, as an error names them.
OUR_FIELDS: Final = re.compile(r"\bsender(Address|Name)?\b", re.IGNORECASE)

# Where the body says nothing. What is not here is `unknown`.
HTTP_OUTCOMES: Final[dict[int, Outcome]] = {
    301: Outcome.rejected_config,  # we follow nothing: the base address is out of date
    307: Outcome.rejected_config,
    308: Outcome.rejected_config,
    401: Outcome.rejected_config,
    403: Outcome.rejected_config,
    404: Outcome.rejected_config,  # address, method, Accept or Content-Type are not as Orange wants them
    405: Outcome.rejected_config,
    406: Outcome.rejected_config,
    415: Outcome.rejected_config,
    429: Outcome.not_sent_transient,
    503: Outcome.not_sent_transient,  # the platform in front says so, before anything is asked behind it
}

# With rejected_config; any other is Trouble.other.
TROUBLES: Final[dict[str, Trouble]] = {
    "20": Trouble.sender,
    "22": Trouble.sender,
    "23": Trouble.sender,
    "24": Trouble.sender,
    "40": Trouble.credentials,
    "41": Trouble.credentials,
    "42": Trouble.credentials,
    "SVC0002": Trouble.sender,
    "http-401": Trouble.credentials,
    "invalid_client": Trouble.credentials,
    "unauthorized_client": Trouble.credentials,
}

LONGEST_LIFE: Final = 86_400.0  # seconds that we believe a token to live; Orange says an hour

_ID: Final = re.compile(r"[\x21-\x7e]{1,100}")
_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,4000}")


class _Sent(msgspec.Struct):
    resource_url: str | None = msgspec.field(default=None, name="resourceURL")


class _Exception(msgspec.Struct, rename="camel"):
    message_id: str = ""
    text: str = ""
    variables: list[str] = []


class _RequestError(msgspec.Struct, rename="camel"):
    service_exception: _Exception | None = None
    policy_exception: _Exception | None = None


class _Reply(msgspec.Struct):
    """All that Orange's answers have been seen to hold, of both forms and of the token's."""

    sent: _Sent | None = msgspec.field(default=None, name="outboundSMSMessageRequest")
    request_error: _RequestError | None = msgspec.field(default=None, name="requestError")
    code: str | int | None = None
    message: str | None = None
    description: str | None = None
    error: str | None = None
    error_description: str | None = None


class _Granted(msgspec.Struct):
    access_token: str
    expires_in: str | int | float = 3600  # has been a string and a number


class _Said(msgspec.Struct):
    code: str
    text: str


def read_answer(response: Response, sensitive: tuple[str, ...] = ()) -> Answer:
    """What Orange said of a message, without anything `sensitive`."""
    if not 200 <= response.status < 300:
        return read_refusal(response, sensitive)
    code, sent = f"http-{response.status}", _reply(response).sent
    if sent is None:
        return Answer(outcome=Outcome.unknown, code=code, words="Orange answered without the message in it")
    provider_id = (sent.resource_url or "").rstrip("/").rpartition("/")[2]
    return Answer(
        outcome=Outcome.accepted, provider_ids=(provider_id,) if _ID.fullmatch(provider_id) else (), code=code
    )


def read_refusal(response: Response, sensitive: tuple[str, ...] = ()) -> Answer:
    """What an answer means that is no success. Its own code decides; where that says nothing, the HTTP status."""
    said = _said(_reply(response))
    code = said.code or f"http-{response.status}"
    outcome = OUTCOMES.get(said.code)
    if said.code.startswith(POLICY):
        outcome = Outcome.rejected_config
    if outcome is Outcome.rejected_recipient and OUR_FIELDS.search(said.text):
        outcome = Outcome.rejected_config
    if outcome is None:
        outcome = HTTP_OUTCOMES.get(response.status, Outcome.unknown)
    trouble = TROUBLES.get(code, TROUBLES.get(f"http-{response.status}", Trouble.other))
    if said.code.startswith(POLICY):
        trouble = Trouble.sender if OUR_FIELDS.search(said.text) else Trouble.credit
    transient = outcome is Outcome.not_sent_transient
    text = said.text or f"HTTP {response.status} without an answer of Orange's in it"
    return Answer(
        outcome=outcome,
        code=code,
        words=words(f"{text}{_request_id(response)}", sensitive),
        trouble=trouble if outcome is Outcome.rejected_config else None,
        throttled=transient and (said.code == THROTTLED or response.status == 429),
        retry_after=retry_after(response) if transient else None,
    )


def read_token(response: Response, sensitive: tuple[str, ...] = ()) -> Token | Answer:
    """The token, or why there is none."""
    if 200 <= response.status < 300:
        try:
            granted = msgspec.json.decode(response.body, type=_Granted)
        except (ValueError, RecursionError):
            granted = _Granted(access_token="")
        if _TOKEN.fullmatch(granted.access_token):
            return Token(granted.access_token, _seconds(granted.expires_in))
        return Answer(
            outcome=Outcome.not_sent_transient, code=f"http-{response.status}", words="Orange answered without a token"
        )
    refusal = read_refusal(response, sensitive)
    if response.status in (400, 401) and refusal.trouble is not Trouble.credentials:
        # RFC 6749 has both for a client that is not known; nothing but our credentials was in the request.
        return msgspec.structs.replace(refusal, outcome=Outcome.rejected_config, trouble=Trouble.credentials)
    return refusal


def _reply(response: Response) -> _Reply:
    try:
        return msgspec.json.decode(response.body, type=_Reply)
    except (ValueError, RecursionError):  # not JSON, not UTF-8, nested without end, or something else's JSON
        return _Reply()


def _said(reply: _Reply) -> _Said:
    of_application = reply.request_error or _RequestError()
    told = of_application.policy_exception or of_application.service_exception
    if told is not None:
        text = told.text
        for number, value in enumerate(told.variables, 1):
            text = text.replace(f"%{number}", value) if f"%{number}" in text else f"{text} {value}"
        return _Said(told.message_id if _CODE.fullmatch(told.message_id) else "", text)
    code = str(reply.code if reply.code is not None else reply.error or "")
    parts = (reply.message, reply.description, reply.error_description)
    return _Said(code if _CODE.fullmatch(code) else "", " · ".join(part for part in parts if part))


def _seconds(said: str | float) -> float:
    try:
        seconds = float(said)
    except (ValueError, OverflowError):
        return 0.0  # good for once
    return min(seconds, LONGEST_LIFE) if math.isfinite(seconds) else 0.0


def _request_id(response: Response) -> str:
    """By which Orange's support finds the request."""
    found = response.headers.get("x-oapi-request-id", "")
    return f" (request {found})" if _REQUEST_ID.fullmatch(found) else ""
