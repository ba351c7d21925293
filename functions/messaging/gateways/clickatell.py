"""Clickatell's One API: https://docs.clickatell.com/channels/one-api/

One entry per message in the answer, and an error of the whole request beside it; too fast is code 43 with HTTP 400.
Reports go to the address that is set in Clickatell's portal."""

from functools import partial
from typing import Annotated, Final
from urllib.parse import quote

import msgspec
from msgspec import Meta

from functions.messaging.gateways import Answer, Asked, Channel, Delivery, Health, Outcome, Outgoing, Receipt
from functions.messaging.gateways._calls import heard, retry_after
from functions.messaging.gateways._clickatell_common import (
    BASE_URL,
    CALLBACK_USER,
    NOT_NOW,
    SECRET,
    SENDER,
    UNSURE,
    check_login,
    check_pair,
    funded,
    health_by,
    health_of,
    identifier,
    named_parameter,
    without_answer,
)
from functions.messaging.gateways._clickatell_receipts import polled, receipts
from functions.messaging.gateways._clickatell_tables import ERRORS, PARAMETER_CODES, PARAMETERS, TOO_FAST
from functions.messaging.gateways._clickatell_wire import Balance, Entry, Error, Message, Polled, Reply, Sending
from functions.messaging.gateways._transport import LIMITS, Limits, Request, Response, ask
from functions.messaging.gateways._words import words

CHANNEL: Final = Channel.sms
RATE: Final = 10.0  # not published


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sender: (
        Annotated[
            str,
            Meta(
                pattern=SENDER,
                description="A number or name that the integration has; without it Clickatell chooses",
                examples=["12025550123"],
            ),
        ]
        | None
    ) = None
    base_url: Annotated[
        str, Meta(max_length=200, pattern=BASE_URL, description="Where the API is; a relay's address")
    ] = "https://platform.clickatell.com"


class Secrets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    api_key: Annotated[str, Meta(pattern=SECRET, description="The integration's API key")]
    callback_user: (
        Annotated[str, Meta(pattern=CALLBACK_USER, description="As set in the portal: reports without it are refused")]
        | None
    ) = None
    callback_password: Annotated[str, Meta(pattern=SECRET)] | None = None

    def __post_init__(self) -> None:
        check_pair(self.callback_user, self.callback_password)

    def __repr__(self) -> str:
        return "Secrets(...)"


def send(message: Outgoing, settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Answer:
    """Send one SMS, at most once. Never raises for anything the provider or the network does."""
    sensitive = (*_sensitive(secrets), message.to.removeprefix("+"))  # errors repeat the number
    return ask(build_request(message, settings, secrets), partial(read_answer, sensitive=sensitive), limits)


def build_request(message: Outgoing, settings: Settings, secrets: Secrets) -> Request:
    sender = message.sender or settings.sender
    sending = Message(
        channel="sms",
        to=message.to.removeprefix("+"),
        content=message.text.encode("utf-8", "replace").decode("utf-8"),
        from_=sender.removeprefix("+") if sender else None,
        client_message_id=message.reference,
    )
    body = msgspec.json.encode(Sending([sending]))
    request = _request("POST", "/v1/message", settings, secrets)
    return request._replace(headers={**request.headers, "Content-Type": "application/json"}, body=body)


def read_answer(response: Response, sensitive: tuple[str, ...] = ()) -> Answer:
    """What Clickatell said, without anything `sensitive`: the message's own entry decides, then the request's error,
    and only without both the HTTP status."""
    try:
        reply = msgspec.json.decode(response.body, type=Reply)
    except (ValueError, RecursionError):  # not JSON, not UTF-8, or nested without end
        return without_answer(response)
    entry = reply.messages[0] if reply.messages else Entry()  # we send one
    own, general = _error(entry.error), _error(reply.error)
    known = identifier(entry.api_message_id)
    ids = () if known is None else (known,)
    if entry.accepted and entry.error is None:
        return Answer(outcome=Outcome.accepted, provider_ids=ids)
    said = words(own.description or general.description or "", sensitive)
    if entry.accepted:
        return Answer(outcome=Outcome.unknown, provider_ids=ids, code=identifier(own.code), words=said)
    for error in (own, general):
        if (code := identifier(error.code)) is not None:
            return _refused(code, words(error.description or "", sensitive), response, ids)
    if reply.messages:
        return Answer(outcome=Outcome.unknown, provider_ids=ids, words=said or "neither accepted nor refused")
    return without_answer(response, said)


def read_receipts(delivery: Delivery, settings: Settings, secrets: Secrets) -> list[Receipt]:  # noqa: ARG001
    """What the reports change; empty when nothing.

    Raises ReceiptRefused for a body that is no report and, when a login is set for callbacks, without that login."""
    check_login(delivery, secrets.callback_user, secrets.callback_password)
    return receipts(delivery)


def poll(asked: Asked, settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> list[Receipt]:
    """What became of a message; nothing without Clickatell's own id. Never raises."""
    if not asked.provider_ids:
        return []
    path = f"/v1/message/{quote(asked.provider_ids[0], safe='')}"
    response = heard(_request("GET", path, settings, secrets), limits)
    if not isinstance(response, Response) or response.status != 200:
        return []
    try:
        known = msgspec.json.decode(response.body, type=Polled).sms
    except (ValueError, RecursionError):
        return []
    receipt = polled(known.status, known.timestamp, asked.reference)
    return [] if receipt is None else [receipt]


def probe(settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Health:
    """Whether the account is in order and has credit, by its balance. Never raises."""
    request = _request("GET", "/v1/balance", settings, secrets)
    return health_of(request, limits, partial(_health, sensitive=_sensitive(secrets)))


def _health(response: Response, sensitive: tuple[str, ...]) -> Health:
    try:
        told = msgspec.json.decode(response.body, type=Balance)
    except (ValueError, RecursionError):
        return health_by(read_answer(response, sensitive))
    unit = words(told.currency, sensitive) if told.currency else None
    return funded(told.balance, unit) or health_by(without_answer(response))


def _request(method: str, path: str, settings: Settings, secrets: Secrets) -> Request:
    """The key as it is, without "Bearer"."""
    headers = {"Authorization": secrets.api_key, "Accept": "application/json"}
    return Request(method=method, url=f"{settings.base_url.rstrip('/')}{path}", headers=headers)


def _sensitive(secrets: Secrets) -> tuple[str, ...]:
    return (secrets.api_key,)


def _error(error: Error | str | None) -> Error:
    return Error(description=error) if isinstance(error, str) else error or Error()


OPTED_OUT: Final = "26"


def _refused(code: str, said: str | None, response: Response, ids: tuple[str, ...]) -> Answer:
    named = named_parameter(said or "", PARAMETERS) if code in PARAMETER_CODES else None
    verdict = named or ERRORS.get(code, UNSURE)
    return Answer(
        outcome=verdict.outcome,
        provider_ids=ids if verdict is UNSURE else (),  # it can be asked about
        trouble=verdict.trouble,
        code=code,
        words=said,
        suppress=code == OPTED_OUT,
        throttled=code == TOO_FAST,
        retry_after=retry_after(response) if verdict is NOT_NOW else None,
    )
