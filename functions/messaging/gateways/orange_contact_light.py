"""Orange Business "Contact Everyone", API Light: one form that sends, for accounts without API v1.2.

No sender of one's own, no receipts, no balance, and a wrong number is taken like any other."""

import re
from functools import partial
from typing import Annotated, Final
from urllib.parse import quote_plus, urlencode

import msgspec
from msgspec import Meta

from functions.messaging import segments
from functions.messaging.gateways import Answer, Channel, Delivery, Outcome, Outgoing, Receipt
from functions.messaging.gateways._orange_contact_http import by_status
from functions.messaging.gateways._transport import LIMITS, Limits, Request, Response, ask
from functions.messaging.gateways._types import BaseUrl
from functions.messaging.gateways._words import words

CHANNEL: Final = Channel.sms
RATE: Final = 5.0  # not published

_END: Final = r"$(?!\n)"
_ID: Final = re.compile(rb"\s*\"?([A-Za-z0-9._:-]{1,100})\"?\s*")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    base_url: Annotated[BaseUrl, Meta(description="Where the API is")] = (
        "https://contact-everyone.orange-business.com/api/light"
    )


class Secrets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    token: Annotated[str, Meta(pattern=rf"^[\x21-\x7e]{{1,500}}{_END}", description="The account's token")]

    def __repr__(self) -> str:
        return "Secrets(...)"


class _Error(msgspec.Struct):
    message: str | None = None
    log_id: str | int | None = msgspec.field(default=None, name="logId")


def send(message: Outgoing, settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Answer:
    """Send one SMS, at most once. Never raises for anything the provider or the network does."""
    return ask(build_request(message, settings, secrets), partial(read_answer, sensitive=_sensitive(secrets)), limits)


def build_request(message: Outgoing, settings: Settings, secrets: Secrets) -> Request:
    fields = {"token": secrets.token, "to": message.to, "msg": message.text, "diffusionname": message.reference}
    if segments.first_offender(message.text) is not None:
        fields["xcharset"] = "true"
    return Request(
        method="POST",
        url=f"{settings.base_url.rstrip('/')}/diffusions/sms",
        headers={"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"},
        body=urlencode(fields, encoding="utf-8", errors="replace").encode("ascii"),
    )


def read_answer(response: Response, sensitive: tuple[str, ...] = ()) -> Answer:
    """What Orange said, without anything `sensitive`. 200 with an id, and nothing else, is a success."""
    if response.status == 200 and (id_alone := _ID.fullmatch(response.body)):
        return Answer(outcome=Outcome.accepted, provider_ids=(id_alone[1].decode("ascii"),), code="http-200")
    try:
        error = msgspec.json.decode(response.body, type=_Error)
    except (ValueError, RecursionError):
        error = _Error()
    said = error.message or ""
    if said and error.log_id is not None:
        said = f"{said} (logId {error.log_id})"
    return by_status(response, said=words(said, sensitive))


def read_receipts(delivery: Delivery, settings: Settings, secrets: Secrets) -> list[Receipt]:  # noqa: ARG001
    """Nothing: Orange does not report."""
    return []


def _sensitive(secrets: Secrets) -> tuple[str, ...]:
    """The token, also as it stands in the form."""
    return (secrets.token, quote_plus(secrets.token))
