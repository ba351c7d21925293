"""ASPSMS JSON API: https://json.aspsms.com/

Every call is a POST whose body holds the credentials, and errors are HTTP 200, too. The answer has no id. What a
message is called later, in receipts and polls, is its transaction reference number (TRN), which is ours to choose: so a
message whose answer was lost can be asked about.
"""

import re
import time
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from functions.common import ids
from functions.messaging.gateways import (
    Answer,
    Asked,
    Channel,
    Delivery,
    Health,
    Outcome,
    Outgoing,
    Receipt,
    Trouble,
)
from functions.messaging.gateways._aspsms_codes import HTTP_OUTCOMES, INQUIRED, OUTCOMES, SENDER_REFUSED, TROUBLES
from functions.messaging.gateways._aspsms_receipts import Notification, addresses, inquired, reported
from functions.messaging.gateways._calls import heard, left, retry_after
from functions.messaging.gateways._transport import LIMITS, Limits, Request, Response, ask
from functions.messaging.gateways._types import BaseUrl
from functions.messaging.gateways._words import words

CHANNEL: Final = Channel.sms
RATE: Final = 5.0  # not published

TRN_LENGTH: Final = 24  # at most 30; a reference of ours has 40

_END: Final = r"$(?!\n)"
_NUMBER: Final = re.compile(r"\+?[0-9]{3,15}")
_CREDITS: Final = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    user_key: Annotated[str, Meta(pattern=rf"^[\x21-\x7e]{{1,100}}{_END}", description="The account's user key")]
    sender: Annotated[
        str,
        Meta(
            pattern=rf"^(\+?[0-9]{{3,15}}|[A-Za-z0-9 ]{{1,11}}){_END}",
            description="Up to 11 letters and digits, or a number that was unlocked for the account",
            examples=["ACME"],
        ),
    ]
    base_url: Annotated[BaseUrl, Meta(description="Where the API is")] = "https://json.aspsms.com"
    trn_in_recipient: Annotated[
        bool, Meta(description="Name each message, as number:name. Without it there are no receipts")
    ] = True
    force_gsm7: Annotated[bool, Meta(description="Never send Unicode; other characters are lost")] = False


class Secrets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    password: Annotated[str, Meta(pattern=rf"^[\x20-\x7e]{{1,200}}{_END}", description="The account's API password")]

    def __repr__(self) -> str:
        return "Secrets(...)"


class _Reply(msgspec.Struct):
    """ASPSMS sends strings; a number is taken, too."""

    status_code: str | int | None = msgspec.field(default=None, name="StatusCode")
    status_info: str | None = msgspec.field(default=None, name="StatusInfo")


class _Credits(_Reply):
    credits: str | int | float | None = msgspec.field(default=None, name="Credits")


class _Inquiry(_Reply):
    notifications: list[Notification] | None = msgspec.field(default=None, name="DeliveryNotifications")


_Kind = TypeVar("_Kind", bound=_Reply)


def send(message: Outgoing, settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Answer:
    """Send one SMS, at most once. Never raises for anything the provider or the network does."""
    answer = ask(build_request(message, settings, secrets), partial(read_answer, sensitive=_sensitive(secrets)), limits)
    if settings.trn_in_recipient and answer.outcome in (Outcome.accepted, Outcome.unknown):
        # Also when nobody knows: a receipt that comes after all, or a poll, names it.
        return msgspec.structs.replace(answer, provider_ids=(trn(message.reference),))
    return answer


def build_request(message: Outgoing, settings: Settings, secrets: Secrets) -> Request:
    recipient = f"{message.to}:{trn(message.reference)}" if settings.trn_in_recipient else message.to
    reports = addresses(message.receipt_url) if message.receipt_url and settings.trn_in_recipient else {}
    return _request(
        "SendTextSMS",
        settings,
        secrets,
        {
            "Originator": message.sender or settings.sender,
            "Recipients": [recipient],
            "MessageText": message.text.encode("utf-8", errors="replace").decode("utf-8"),
            "DeferredDeliveryTime": "",
            "FlashingSMS": "",
            **reports,
            "ForceGSM7bit": settings.force_gsm7,
        },
    )


def read_answer(response: Response, sensitive: tuple[str, ...] = ()) -> Answer:
    """What ASPSMS said, without anything `sensitive`. Only without a `StatusCode` the HTTP status decides."""
    reply = _decoded(response, _Reply)
    if reply is None or reply.status_code is None:
        return _without_code(response)
    code = str(reply.status_code)
    outcome = OUTCOMES.get(code, Outcome.unknown)
    return Answer(
        outcome=outcome,
        code=words(code[:40], sensitive),
        words=None if outcome is Outcome.accepted else words(reply.status_info or "", sensitive),
        trouble=TROUBLES.get(code, Trouble.other) if outcome is Outcome.rejected_config else None,
        retry_after=retry_after(response) if outcome is Outcome.not_sent_transient else None,
    )


def read_receipts(delivery: Delivery, settings: Settings, secrets: Secrets) -> list[Receipt]:  # noqa: ARG001
    """The report; empty when it changes nothing. ASPSMS does not sign, so none is refused."""
    found = reported(delivery.query)
    return [] if found is None else [found]


def poll(asked: Asked, settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> list[Receipt]:
    """What became of an attempt, its answer known or lost; empty when ASPSMS does not know. Never raises."""
    if not settings.trn_in_recipient:
        return []
    name = trn(asked.reference)
    response = heard(
        _request("InquireDeliveryNotifications", settings, secrets, {"TransactionReferenceNumbers": name}), limits
    )
    if isinstance(response, Answer):
        return []
    reply = _decoded(response, _Inquiry)
    if reply is None or str(reply.status_code) not in INQUIRED:
        return []
    receipts = (inquired(found, name, asked, _sensitive(secrets)) for found in reply.notifications or ())
    return [receipt for receipt in receipts if receipt is not None]


def probe(settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Health:
    """The credits, and whether a number as the sender is unlocked. Sends and costs nothing. Never raises."""
    since = time.monotonic()
    health = _credit(heard(_request("CheckCredits", settings, secrets, {}), limits), _sensitive(secrets))
    if not health.works or not _NUMBER.fullmatch(settings.sender):
        return health
    request = _request("CheckOriginatorAuthorization", settings, secrets, {"Originator": settings.sender})
    response = heard(request, left(limits, since))
    reply = None if isinstance(response, Answer) else _decoded(response, _Reply)
    if reply is None or str(reply.status_code) not in SENDER_REFUSED:
        return health
    return msgspec.structs.replace(
        health,
        works=False,
        trouble=Trouble.sender,
        code=str(reply.status_code),
        words=words(reply.status_info or "", _sensitive(secrets)),
    )


def trn(reference: str) -> str:
    """What ASPSMS calls the message: always the same for a reference, and of letters and digits only."""
    return ids.derived_id("aspsms", reference, length=TRN_LENGTH)


def _request(method: str, settings: Settings, secrets: Secrets, fields: Mapping[str, object]) -> Request:
    return Request(
        method="POST",
        url=f"{settings.base_url.rstrip('/')}/{method}",
        headers={"Content-Type": "application/json; charset=utf-8", "Accept": "application/json"},
        body=msgspec.json.encode({"UserName": settings.user_key, "Password": secrets.password, **fields}),
    )


def _decoded(response: Response, kind: type[_Kind]) -> _Kind | None:
    try:
        return msgspec.json.decode(response.body, type=kind)
    except (ValueError, RecursionError):  # not JSON, not UTF-8, or nested without end
        return None


def _without_code(response: Response) -> Answer:
    outcome = HTTP_OUTCOMES.get(response.status, Outcome.unknown)
    trouble = Trouble.credentials if response.status in (401, 403) else Trouble.other
    return Answer(
        outcome=outcome,
        code=f"http-{response.status}",
        words=f"HTTP {response.status} without an ASPSMS answer in it",
        trouble=trouble if outcome is Outcome.rejected_config else None,
        throttled=response.status == 429,
        retry_after=retry_after(response) if outcome is Outcome.not_sent_transient else None,
    )


def _credit(response: Response | Answer, sensitive: tuple[str, ...]) -> Health:
    answer = response if isinstance(response, Answer) else read_answer(response, sensitive)
    if isinstance(response, Answer) or answer.code not in INQUIRED:
        refused = answer.outcome is Outcome.rejected_config
        return Health(
            works=False if refused else None,
            trouble=(answer.trouble or Trouble.other) if refused else None,
            code=answer.code,
            words=answer.words,
        )
    reply = _decoded(response, _Credits)
    amount = "" if reply is None else str(reply.credits)
    if not _CREDITS.fullmatch(amount):
        return Health(works=True)
    if Decimal(amount) <= 0:
        return Health(works=False, trouble=Trouble.credit, words="no credits left", credit=amount, unit="credits")
    return Health(works=True, credit=amount, unit="credits")


def _sensitive(secrets: Secrets) -> tuple[str, ...]:
    """The password, also as it stands in the body that a server may show."""
    return (secrets.password, msgspec.json.encode(secrets.password)[1:-1].decode())
