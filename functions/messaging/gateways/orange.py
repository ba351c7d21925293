"""Orange Developer, SMS Africa and Middle East: https://developer.orange.com/apis/sms/getting-started

A token of an hour comes before the message. Orange takes no reference of ours and reports to one address per
application, so a receipt finds its message by Orange's id alone.
"""

import re
import time
from functools import partial
from typing import Annotated, Final
from urllib.parse import quote

import msgspec
from msgspec import Meta

from functions.messaging.gateways import (
    Answer,
    Channel,
    Delivery,
    Health,
    Outcome,
    Outgoing,
    Receipt,
    ReceiptRefused,
    ReceiptStatus,
    Trouble,
)
from functions.messaging.gateways._calls import heard, left
from functions.messaging.gateways._orange_access import Application, NoToken, forget, token
from functions.messaging.gateways._orange_answers import read_answer, read_refusal
from functions.messaging.gateways._orange_balance import read_balance
from functions.messaging.gateways._transport import LIMITS, Limits, Request, Response, ask
from functions.messaging.gateways._types import BaseUrl

CHANNEL: Final = Channel.sms
RATE: Final = 5.0  # commonly quoted, on no page of Orange's

EXPIRED: Final = "42"  # code of a token that has ended

# `deliveryStatus`. `DeliveryUncertain` changes nothing, so it is not here.
STATUSES: Final[dict[str, ReceiptStatus]] = {
    "DeliveredToTerminal": ReceiptStatus.delivered,
    "DeliveredToNetwork": ReceiptStatus.sent,
    "MessageWaiting": ReceiptStatus.buffered,
    "DeliveryImpossible": ReceiptStatus.undelivered,
}

_END: Final = r"$(?!\n)"
_ID: Final = re.compile(r"[\x21-\x7e]{1,100}")
_NUMBER: Final = re.compile(r"\+?[0-9]+")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    client_id: Annotated[str, Meta(pattern=rf"^[\x21-\x39\x3b-\x7e]{{1,100}}{_END}", description="Of the application")]
    country_sender: Annotated[
        str,
        Meta(
            pattern=rf"^\+[1-9][0-9]{{3,14}}{_END}",
            description="Orange's number for the country: its calling code and 0000",
            examples=["+2250000"],
        ),
    ]
    sender_name: (
        Annotated[
            str,
            Meta(
                pattern=rf"^[A-Za-z0-9][A-Za-z0-9 ._&-]{{0,10}}{_END}",
                description="Shown in place of the number, once the local Orange team has approved it",
                examples=["ACME"],
            ),
        ]
        | None
    ) = None
    balance_country: (
        Annotated[
            str,
            Meta(pattern=rf"^[A-Z]{{3}}{_END}", description="Count the units of this country alone", examples=["CIV"]),
        ]
        | None
    ) = None
    base_url: Annotated[BaseUrl, Meta(description="Where the API is, or a relay to it")] = "https://api.orange.com"


class Secrets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    client_secret: Annotated[
        str, Meta(pattern=rf"^[\x21-\x7e]{{1,200}}{_END}", description="Of the application, as the portal shows it")
    ]

    def __repr__(self) -> str:
        return "Secrets(...)"


class _Info(msgspec.Struct, rename="camel"):
    delivery_status: str = ""


class _Notification(msgspec.Struct, rename="camel"):
    callback_data: str | None = None
    delivery_info: _Info | list[_Info] = []


class _Report(msgspec.Struct):
    notification: _Notification = msgspec.field(name="deliveryInfoNotification")


def send(message: Outgoing, settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Answer:
    """Send one SMS, at most once. Never raises for anything Orange or the network does.

    Where Orange says that the token has ended, it did not take the message: it is sent again with a new one, once."""
    application, since = _application(settings, secrets), time.monotonic()
    content = (message.text, message.to, message.to.removeprefix("+"))

    def sent() -> Answer:
        bearer = token(application, left(limits, since))
        read = partial(read_answer, sensitive=(bearer, *application.sensitive, *content))
        answer = ask(build_request(message, settings, bearer), read, left(limits, since))
        if answer.trouble is Trouble.credentials:
            forget(application)
        return answer

    try:
        answer = sent()
        return sent() if answer.code == EXPIRED else answer
    except NoToken as none:
        return none.answer


def build_request(message: Outgoing, settings: Settings, bearer: str) -> Request:
    """Orange's sender is two things: the number that stands for the country, and a name. The message's own sender
    takes the place of the one that it looks like."""
    number, name = settings.country_sender, settings.sender_name
    if message.sender is not None:
        number, name = (message.sender, None) if _NUMBER.fullmatch(message.sender) else (number, message.sender)
    address = f"tel:+{number.removeprefix('+')}"
    content: dict[str, object] = {
        "address": f"tel:{message.to}",
        "senderAddress": address,
        "outboundSMSTextMessage": {"message": message.text.encode("utf-8", errors="replace").decode()},
    }
    if name is not None:
        content["senderName"] = name
    return Request(
        method="POST",
        url=f"{settings.base_url.rstrip('/')}/smsmessaging/v1/outbound/{quote(address, safe='')}/requests",
        headers={
            "Authorization": f"Bearer {bearer}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        },
        body=msgspec.json.encode({"outboundSMSMessageRequest": content}),
    )


def read_receipts(delivery: Delivery, settings: Settings, secrets: Secrets) -> list[Receipt]:  # noqa: ARG001
    """The receipt of one message, known by Orange's id; empty when it changes nothing.

    Raises ReceiptRefused for a body that is no report. Orange signs nothing: the address is what is secret."""
    try:
        told = msgspec.json.decode(delivery.body, type=_Report).notification
    except (ValueError, RecursionError) as problem:
        raise ReceiptRefused("not a delivery report of Orange's") from problem
    infos = told.delivery_info if isinstance(told.delivery_info, list) else [told.delivery_info]
    if not told.callback_data or not _ID.fullmatch(told.callback_data):
        return []
    return [
        Receipt(
            reference=None,
            provider_id=told.callback_data,
            status=STATUSES[info.delivery_status],
            code=info.delivery_status,
        )
        for info in infos[:1]  # one recipient per message
        if info.delivery_status in STATUSES
    ]


def probe(settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Health:
    """The units that are left. Never raises."""
    application, since = _application(settings, secrets), time.monotonic()

    def answered() -> Health:
        bearer = token(application, left(limits, since))
        reply = heard(_question(settings, bearer), left(limits, since))
        if isinstance(reply, Response):
            if 200 <= reply.status < 300:
                return read_balance(reply)
            reply = read_refusal(reply, (bearer, *application.sensitive))
        if reply.trouble is Trouble.credentials:
            forget(application)
        return _ailing(reply)

    try:
        health = answered()
        return answered() if health.code == EXPIRED else health
    except NoToken as none:
        return _ailing(none.answer)


def _question(settings: Settings, bearer: str) -> Request:
    wanted = f"?country={settings.balance_country}" if settings.balance_country else ""
    return Request(
        method="GET",
        url=f"{settings.base_url.rstrip('/')}/sms/admin/v1/contracts{wanted}",
        headers={"Authorization": f"Bearer {bearer}", "Accept": "application/json"},
    )


def _ailing(answer: Answer) -> Health:
    refused = answer.outcome is Outcome.rejected_config
    return Health(
        works=False if refused else None,
        trouble=answer.trouble if refused else None,
        code=answer.code,
        words=answer.words,
    )


def _application(settings: Settings, secrets: Secrets) -> Application:
    return Application(settings.base_url.rstrip("/"), settings.client_id, secrets.client_secret)
