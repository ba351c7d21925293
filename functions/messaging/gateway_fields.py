"""A gateway at rest, and the body that changes one."""

from decimal import Decimal
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from functions.common.records import Stored
from functions.common.types import Country, Currency, Money, Name
from functions.messaging.gateways import Channel

MICROS: Final = 1_000_000

Weight = Annotated[int, Meta(ge=1, le=100, description="Its share of the messages, among gateways of the same order")]
Order = Annotated[
    int, Meta(ge=1, le=9, description="1 is tried first; a gateway of a higher order only when none before it can")
]
Rate = Annotated[
    float, Meta(gt=0, le=1000, description="Messages a second; left out: nine tenths of what the provider grants")
]
DailyLimit = Annotated[int, Meta(ge=1, le=10_000_000, description="Messages a day (UTC)")]
Countries = Annotated[
    list[Country], Meta(max_length=250, description="SMS only: the countries it serves; none given: every one")
]
Sender = Annotated[
    str,
    Meta(
        pattern=r"^(\+?[0-9]{3,15}|[A-Za-z0-9 ]{1,11})$(?!\n)",
        description="Up to 11 letters and digits, or a number of up to 15 digits",
    ),
]
GatewayState = Literal["untested", "ready", "out"]


class CountrySender(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sender that people in these countries see."""

    countries: Annotated[list[Country], Meta(min_length=1, max_length=250)]
    sender: Sender


class Prices(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one part of an SMS, or one e-mail, costs. For estimates and for limits of spending; what the provider
    charges stands in each attempt where it says so."""

    currency: Currency
    default: Money | None = None
    countries: Annotated[dict[Country, Money], Meta(max_length=250)] = {}

    def micros(self, country: str | None) -> int | None:
        """Millionths of the currency for one part; None where no price is known."""
        price = self.countries.get(country or "", self.default)
        return None if price is None else int(Decimal(price) * MICROS)


Senders = Annotated[
    list[CountrySender], Meta(max_length=50, description="SMS only: other senders than the one in the settings")
]
Fallback = Annotated[
    str,
    Meta(
        pattern=r"^\+?[0-9]{3,15}$(?!\n)",
        description="SMS only: a number to send from where the usual sender is not allowed",
    ),
]


class Routing(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway of any kind has beside its settings: when it is used, how fast, and at what price."""

    weight: Weight = 1
    order: Order = 1
    rate: Rate | None = None
    daily_limit: DailyLimit | None = None
    countries: Countries = []
    senders: Senders = []
    fallback_sender: Fallback | None = None
    prices: Prices | None = None


class GatewayFields(Routing, frozen=True, kw_only=True):
    """A gateway at rest. Its secrets are in Secrets Manager, in the version named here."""

    name: Name
    kind: str
    channel: Channel
    settings: dict[str, Any]
    secret_version: str


_Set = Annotated[dict[str, Any], Meta(description="As when it was created, of its kind")]


class GatewayChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes of a gateway. `settings` and `secrets`, where given, are set as a whole."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    weight: Weight | msgspec.UnsetType = msgspec.UNSET
    order: Order | msgspec.UnsetType = msgspec.UNSET
    rate: Rate | msgspec.UnsetType | None = msgspec.UNSET
    daily_limit: DailyLimit | msgspec.UnsetType | None = msgspec.UNSET
    countries: Countries | msgspec.UnsetType = msgspec.UNSET
    senders: Senders | msgspec.UnsetType = msgspec.UNSET
    fallback_sender: Fallback | msgspec.UnsetType | None = msgspec.UNSET
    prices: Prices | msgspec.UnsetType | None = msgspec.UNSET
    settings: _Set | msgspec.UnsetType = msgspec.UNSET
    secrets: _Set | msgspec.UnsetType = msgspec.UNSET


Gateway = Stored[GatewayFields]
