"""Message gateways: one module per provider, named for its kind, and the few types all of them share.

A gateway module is pure but for `send`, `poll` and `probe`:

    CHANNEL: Channel                     which channel it serves
    RATE: float                          messages a second that the provider takes of one account, where it says
    class Settings(msgspec.Struct)       what an operator sets and may read back
    class Secrets(msgspec.Struct)        what an operator sets and nobody reads back
    def send(message, settings, secrets) -> Answer        never raises for anything the provider or the network does
    def read_receipts(delivery, settings, secrets) -> list[Receipt]     raises ReceiptRefused when it is not the
    provider's, and Unavailable when that cannot be told now

where the provider takes only so many messages of one account in a day, unless the operator says otherwise:

    DAILY_LIMIT: int

where the provider can be asked what became of a message, and whether our account there is in order:

    def poll(asked, settings, secrets) -> list[Receipt]   what it knows for sure; empty when nothing. Never raises
    def probe(settings, secrets) -> Health                sends and costs nothing. Never raises

and, beneath them, `build_request` and `read_answer` as functions of their arguments. A new provider is a new module
and its contract test; nothing else names it.
"""

from collections.abc import Callable
from enum import StrEnum
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Protocol, cast

import msgspec


class Channel(StrEnum):
    sms = "sms"
    email = "email"


class Outcome(StrEnum):
    """What became of one attempt; every provider answer maps to exactly one."""

    accepted = "accepted"
    rejected_recipient = "rejected_recipient"
    rejected_config = "rejected_config"
    not_sent_transient = "not_sent_transient"
    unknown = "unknown"


class Trouble(StrEnum):
    """What is wrong with our account at a provider, where `rejected_config` says so."""

    credentials = "credentials"
    credit = "credit"
    sender = "sender"  # this sender is not allowed, at least to this country: another one may be
    other = "other"


class ReceiptStatus(StrEnum):
    sent = "sent"
    buffered = "buffered"
    undelivered = "undelivered"
    delivered = "delivered"


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """A picture inside an e-mail: its HTML shows it as `<img src="cid:{name}">`."""

    name: str  # letters, digits, hyphens
    content_type: str  # image/png
    data: bytes


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """One message ready for the wire. `reference` comes back in receipts: message id and attempt, at most 40
    characters."""

    reference: str
    to: str  # E.164 with + for SMS, an address for e-mail
    text: str
    sender: str | None = None  # SMS only: in place of the one in the settings, which did not suit the country
    subject: str = ""  # e-mail only
    html: str | None = None  # e-mail only
    images: tuple[Image, ...] = ()  # e-mail only
    receipt_url: str | None = None  # where this provider may report, when it takes an address per message


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider said of one attempt, in our words and in its own."""

    outcome: Outcome
    provider_ids: tuple[str, ...] = ()  # one per part where the provider counts parts
    parts: int | None = None
    refused_parts: int = 0  # parts of an accepted message that the provider did not take: it cannot arrive whole
    price: str | None = None  # decimal, in `currency`
    currency: str | None = None
    code: str | None = None  # the provider's code, verbatim
    words: str | None = None  # the provider's words, at most 300 characters, no secret in them
    trouble: Trouble | None = None  # with rejected_config alone
    suppress: bool = False  # with rejected_recipient: the person wants no messages, or has no such address any more
    throttled: bool = False  # with not_sent_transient: we were too fast, nothing is wrong with the gateway
    retry_after: int | None = None  # seconds, when the provider asks for a pause


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery report. At least one of `reference` and `provider_id` is set."""

    reference: str | None
    provider_id: str | None
    part: bool = False  # it speaks of the one part that `provider_id` names, not of the whole message
    status: ReceiptStatus
    code: str | None = None
    words: str | None = None
    at: str | None = None  # RFC 3339, the provider's time when it gives one
    suppress: bool = False  # the person wants no messages, or has no such address any more
    parts: int | None = None  # of the message, where only the receipt tells
    price: str | None = None  # of the message or this part, where only the receipt tells
    currency: str | None = None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The attempt that a provider is asked about."""

    reference: str
    provider_ids: tuple[str, ...] = ()
    to: str | None = None  # where the provider needs it


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says of our account there."""

    works: bool | None  # None: it could not be asked
    trouble: Trouble | None = None  # when it does not work
    code: str | None = None
    words: str | None = None
    credit: str | None = None  # decimal, in `unit`
    unit: str | None = None  # a currency, or what the provider counts in: "credits", "units"
    rate: float | None = None  # messages a second that it grants this account
    left_today: int | None = None  # messages that it still takes today


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP request (or a queue's body) in which a provider reports."""

    method: str = "POST"
    content_type: str = ""
    query: dict[str, str] = {}
    headers: dict[str, str] = {}  # lower-case names
    body: bytes = b""


class ReceiptRefused(Exception):
    """The report is not the provider's: signature missing, wrong or too old."""


class Gateway(Protocol):
    CHANNEL: Channel
    RATE: float
    Settings: type[msgspec.Struct]
    Secrets: type[msgspec.Struct]

    def send(self, message: Outgoing, settings: msgspec.Struct, secrets: msgspec.Struct) -> Answer: ...

    def read_receipts(self, delivery: Delivery, settings: msgspec.Struct, secrets: msgspec.Struct) -> list[Receipt]: ...


def kinds() -> tuple[str, ...]:
    """Every kind of gateway there is, alphabetically: the modules of this package whose name has no underscore in
    front."""
    return tuple(sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_")))


def gateway(kind: str) -> Gateway:
    """The module for a kind of `kinds()`; only the one asked for is imported."""
    if kind not in kinds():
        raise KeyError(kind)
    return cast(Gateway, import_module(f"{__name__}.{kind}"))


def daily_limit_of(module: Gateway) -> int | None:
    """How many messages a day the provider usually takes of one account; None where it sets no such limit."""
    return getattr(module, "DAILY_LIMIT", None)


def poll_of(module: Gateway) -> Callable[[Asked, Any, Any], list[Receipt]] | None:
    """Asks what became of a message, where the provider can be asked."""
    return getattr(module, "poll", None)


def probe_of(module: Gateway) -> Callable[[Any, Any], Health] | None:
    """Asks whether our account is in order, where the provider can be asked."""
    return getattr(module, "probe", None)
