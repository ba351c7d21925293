"""Vonage SMS API, the former Nexmo: https://developer.vonage.com/en/api/sms

It answers HTTP 200 also to errors, has one entry per part, knows no repeated send, and encodes as it is told: text that
is not GSM-7 loses characters unless we ask for `unicode`.
"""

import re
from decimal import Decimal
from functools import partial
from typing import Annotated, Final
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from functions.messaging import segments
from functions.messaging.gateways import Answer, Channel, Delivery, Health, Outcome, Outgoing, Receipt, Trouble
from functions.messaging.gateways._calls import retry_after
from functions.messaging.gateways._transport import LIMITS, Limits, Request, Response, ask
from functions.messaging.gateways._types import BaseUrl, Secret
from functions.messaging.gateways._vonage_balance import balance, basic_login
from functions.messaging.gateways._vonage_receipts import SignatureMethod, parameters_of, receipt, verify
from functions.messaging.gateways._words import words

CHANNEL: Final = Channel.sms
RATE: Final = 30.0  # an account's default: https://api.support.vonage.com/hc/en-us/articles/203993598

# `status` of one part. A code that is not here is `unknown`: we do not guess whether it was sent.
OUTCOMES: Final[dict[str, Outcome]] = {
    "0": Outcome.accepted,
    "1": Outcome.not_sent_transient,  # throttled
    "2": Outcome.rejected_recipient,  # a parameter is missing; ours to answer for when OUR_PARAMETERS has it
    "3": Outcome.rejected_recipient,  # a parameter is invalid; likewise
    "4": Outcome.rejected_config,  # bad credentials
    "5": Outcome.unknown,  # internal error
    "6": Outcome.rejected_recipient,  # invalid message, e.g. unknown prefix
    "7": Outcome.rejected_recipient,  # number barred
    "8": Outcome.rejected_config,  # account barred
    "9": Outcome.rejected_config,  # no credit
    "10": Outcome.not_sent_transient,  # too many connections
    "11": Outcome.rejected_config,  # account not for HTTP
    "12": Outcome.rejected_recipient,  # too long
    "14": Outcome.rejected_config,  # signature wrong
    "15": Outcome.rejected_config,  # sender not allowed
    "22": Outcome.rejected_recipient,  # network code
    "23": Outcome.rejected_config,  # callback address
    "29": Outcome.rejected_config,  # demo account, number not listed
    "32": Outcome.rejected_config,  # secret together with a signature
    "33": Outcome.rejected_recipient,  # number de-activated
}

# What is wrong with our account; where it is not here, something else.
TROUBLES: Final[dict[str, Trouble]] = {
    "4": Trouble.credentials,
    "9": Trouble.credit,
    "14": Trouble.credentials,
    "15": Trouble.sender,
    "32": Trouble.credentials,
    "http-401": Trouble.credentials,
    "http-403": Trouble.credentials,
}

# We were too fast, or too many at once.
THROTTLED: Final = frozenset({"1", "10", "http-429"})

# Parameters that come from the gateway's settings, as they are named in `error-text` with status 2 and 3.
OUR_PARAMETERS: Final[dict[str, Trouble]] = {
    "from": Trouble.sender,
    "callback": Trouble.other,
    "api_key": Trouble.credentials,
    "api_secret": Trouble.credentials,
    "username": Trouble.credentials,
    "password": Trouble.credentials,
}

# Only where the body says nothing. What is not here is `unknown`.
HTTP_OUTCOMES: Final[dict[int, Outcome]] = {
    301: Outcome.rejected_config,  # we follow nothing: the base address is out of date
    307: Outcome.rejected_config,
    308: Outcome.rejected_config,
    401: Outcome.rejected_config,
    403: Outcome.rejected_config,
    404: Outcome.rejected_config,
    405: Outcome.rejected_config,
    429: Outcome.not_sent_transient,
}

_END: Final = r"$(?!\n)"
_ID: Final = re.compile(r"[\x21-\x7e]{1,100}")
_PRICE: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,12})?")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    api_key: Annotated[str, Meta(pattern=rf"^[A-Za-z0-9_-]{{1,64}}{_END}", description="The account's API key")]
    sender: Annotated[
        str,
        Meta(
            pattern=rf"^(\+?[0-9]{{3,15}}|[A-Za-z0-9 ]{{1,11}}){_END}",
            description="Up to 11 letters and digits, or a number of up to 15 digits",
            examples=["ACME"],
        ),
    ]
    base_url: Annotated[BaseUrl, Meta(description="Where the API is; another region's or a relay's address")] = (
        "https://rest.nexmo.com"
    )
    receipts_per_message: Annotated[
        bool, Meta(description="Ask for receipts with each message; otherwise at the address set in the Vonage account")
    ] = True
    currency: Annotated[
        str, Meta(pattern=rf"^[A-Z]{{3}}{_END}", description="The account's, which no answer of Vonage's names")
    ] = "EUR"


class Secrets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    api_secret: Annotated[Secret, Meta(description="The account's API secret")]
    signature_secret: Annotated[Secret, Meta(description="When set, unsigned receipts are refused")] | None = None
    signature_method: SignatureMethod = SignatureMethod.md5hash

    def __repr__(self) -> str:
        return "Secrets(...)"


class _Part(msgspec.Struct):
    """One entry of `messages`. Vonage sends strings; a number is taken, too."""

    status: str | int | None = None
    message_id: str | int | None = msgspec.field(default=None, name="message-id")
    message_price: str | int | float | None = msgspec.field(default=None, name="message-price")
    error_text: str | None = msgspec.field(default=None, name="error-text")

    @property
    def code(self) -> str:
        return "" if self.status is None else str(self.status)[:40]

    @property
    def id(self) -> str:
        return "" if self.message_id is None else str(self.message_id)

    @property
    def ours(self) -> Trouble | None:
        """What is wrong when a parameter that comes from the settings is."""
        if self.code not in ("2", "3"):
            return None
        said = self.error_text or ""
        named = (name for name in OUR_PARAMETERS if re.search(rf"\b{name}\b", said, re.IGNORECASE))
        return next((OUR_PARAMETERS[name] for name in named), None)

    @property
    def outcome(self) -> Outcome:
        return OUTCOMES.get(self.code, Outcome.unknown) if self.ours is None else Outcome.rejected_config

    @property
    def trouble(self) -> Trouble | None:
        if self.outcome is not Outcome.rejected_config:
            return None
        return self.ours or TROUBLES.get(self.code, Trouble.other)


class _Reply(msgspec.Struct):
    messages: list[_Part] = []


def send(message: Outgoing, settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Answer:
    """Send one SMS, at most once. Never raises for anything the provider or the network does."""
    read = partial(read_answer, sensitive=_sensitive(settings, secrets), currency=settings.currency)
    return ask(build_request(message, settings, secrets), read, limits)


def probe(settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Health:
    """Whether the account may be used, and its credit. Never raises."""
    return balance(settings.base_url, _basic(settings, secrets), settings.currency, limits)


def build_request(message: Outgoing, settings: Settings, secrets: Secrets) -> Request:
    fields = {
        "from": (message.sender or settings.sender).removeprefix("+"),
        "to": message.to.removeprefix("+"),
        "text": message.text,
        "type": "text" if segments.first_offender(message.text) is None else "unicode",
        "client-ref": message.reference,
    }
    if message.receipt_url and settings.receipts_per_message:
        fields["callback"] = message.receipt_url
    return Request(
        method="POST",
        url=f"{settings.base_url.rstrip('/')}/sms/json",
        headers={
            "Authorization": f"Basic {_basic(settings, secrets)}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        },
        body=urlencode(fields, encoding="utf-8", errors="replace").encode("ascii"),
    )


def read_answer(response: Response, sensitive: tuple[str, ...] = (), currency: str | None = None) -> Answer:
    """What Vonage said, without anything `sensitive`. The parts decide; only without them the HTTP status does.

    `currency` is that of the account: the answer names none."""
    try:
        parts = msgspec.json.decode(response.body, type=_Reply).messages
    except (ValueError, RecursionError):  # not JSON, not UTF-8, or nested without end
        parts = []
    if not parts:
        return _without_parts(response)
    taken = [part for part in parts if part.outcome is Outcome.accepted]
    refused = [part for part in parts if part.outcome is not Outcome.accepted]
    said = words(" · ".join(part.error_text for part in refused if part.error_text), sensitive)
    if taken:
        # Some parts may have been refused. What was taken is on its way and costs: sending again would be a duplicate.
        price = _total_price(taken)
        return Answer(
            outcome=Outcome.accepted,
            provider_ids=tuple(part.id for part in taken if _ID.fullmatch(part.id)),
            parts=len(parts),
            refused_parts=len(refused),
            price=price,
            currency=None if price is None else currency,
            code=refused[0].code if refused else "0",
            words=words(f"{len(refused)} of {len(parts)} parts refused: {said}") if refused else None,
        )
    worst = next((part for part in refused if part.outcome is Outcome.unknown), refused[0])
    return Answer(
        outcome=worst.outcome,
        code=worst.code or None,
        words=said or (None if worst.code else "an answer without a status"),
        trouble=worst.trouble,
        throttled=worst.code in THROTTLED,
        retry_after=retry_after(response) if worst.outcome is Outcome.not_sent_transient else None,
    )


def read_receipts(delivery: Delivery, settings: Settings, secrets: Secrets) -> list[Receipt]:  # noqa: ARG001
    """The receipt of one part; empty when it changes nothing.

    Raises ReceiptRefused for a body that is no report and, when a signature secret is set, for a signature that is
    missing, wrong or older than 15 minutes."""
    parameters = parameters_of(delivery)
    if secrets.signature_secret is not None:
        verify(parameters, secrets.signature_secret, secrets.signature_method)
    found = receipt(parameters)
    return [] if found is None else [found]


def _basic(settings: Settings, secrets: Secrets) -> str:
    return basic_login(settings.api_key, secrets.api_secret)


def _sensitive(settings: Settings, secrets: Secrets) -> tuple[str, ...]:
    return (secrets.api_secret, _basic(settings, secrets))


def _without_parts(response: Response) -> Answer:
    outcome, code = HTTP_OUTCOMES.get(response.status, Outcome.unknown), f"http-{response.status}"
    return Answer(
        outcome=outcome,
        code=code,
        words=f"HTTP {response.status} without a Vonage answer in it",
        trouble=TROUBLES.get(code, Trouble.other) if outcome is Outcome.rejected_config else None,
        throttled=code in THROTTLED,
        retry_after=retry_after(response) if outcome is Outcome.not_sent_transient else None,
    )


def _total_price(parts: list[_Part]) -> str | None:
    """The sum over the parts."""
    prices = [str(part.message_price) for part in parts]
    if not all(_PRICE.fullmatch(price) for price in prices):
        return None
    return f"{sum(map(Decimal, prices)):f}"
