"""The One API's JSON, as it is sent and as it comes back: https://docs.clickatell.com/channels/one-api/"""

from decimal import Decimal

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    channel: str
    to: str  # digits alone
    content: str
    from_: str | None = msgspec.field(default=None, name="from")
    client_message_id: str


class Sending(msgspec.Struct, frozen=True):
    messages: list[Message]


class Error(msgspec.Struct, frozen=True):
    code: int | str | None = None
    description: str | None = None


class Entry(msgspec.Struct, frozen=True, rename="camel"):
    """One message of the answer. `error` is null or absent when there is none."""

    api_message_id: str | None = None
    accepted: bool | None = None
    error: Error | str | None = None


class Reply(msgspec.Struct, frozen=True):
    """`error` is of the request as a whole."""

    messages: list[Entry] | None = None
    error: Error | str | None = None


class Known(msgspec.Struct, frozen=True):
    """Where a message is."""

    status: str
    timestamp: int | float | str | None = None  # milliseconds since 1970


class Polled(msgspec.Struct, frozen=True):
    sms: Known


class Balance(msgspec.Struct, frozen=True):
    balance: Decimal
    currency: str | None = None
