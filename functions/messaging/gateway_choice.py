"""Which gateway a message takes, and from which sender."""

import hashlib
import math
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from functions.common.caller import PROVIDER
from functions.messaging import health
from functions.messaging.gateway_accounts import GATEWAYS
from functions.messaging.gateway_fields import Gateway
from functions.messaging.gateways import Channel, Trouble
from functions.messaging.health import Standing
from functions.messaging.state import Attempt

SHARE: Final = 0.9  # of the rate that a provider grants: the rest is for the clocks
# Where no letters may stand for a sender, so that a fall-back number is used at once.
NUMBERS_ONLY: Final = frozenset({"US", "CA", "PR", "BR", "AR", "CL", "CO", "MX", "UY", "NZ", "KR", "TW", "ZA"})


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway that may send a message; `sender` where it is not the gateway's usual one."""

    gateway: Gateway
    standing: Standing
    sender: str | None = None

    @property
    def order(self) -> int:
        return self.gateway.fields.order

    def rate(self, granted: float) -> float:
        """Messages a second; `granted` is what the kind's provider gives to any account."""
        return self.gateway.fields.rate or SHARE * (self.standing.rate or granted)


def usable(
    tenant: str, channel: Channel, message: str, country: str | None = None, attempts: Sequence[Attempt] = ()
) -> list[Choice]:
    """The gateways that may send a message, the one to take first: the tenant's own, else the provider's; none that is
    out, does not serve the country, or has refused all our senders for this message.

    Lower orders come first. Within one, messages are shared out by weight, always alike for one message; gateways that
    it was tried with come later."""
    tried = [attempt.gateway for attempt in attempts]
    for owner in dict.fromkeys((tenant, PROVIDER)):
        found = list(_able(owner, channel, country, attempts))
        if found:
            return sorted(
                found,
                key=lambda choice: (tried.count(choice.gateway.id), choice.order, _turn(choice.gateway, message)),
            )
    return []


def serves(tenant: str, channel: Channel, country: str | None) -> bool:
    """Whether any gateway, working or not, is there for this country."""
    return any(
        stored.fields.channel is channel and _to(stored, country)
        for owner in dict.fromkeys((tenant, PROVIDER))
        for stored in GATEWAYS.all(owner)
    )


def _able(owner: str, channel: Channel, country: str | None, attempts: Sequence[Attempt]) -> Iterator[Choice]:
    stored = [each for each in GATEWAYS.all(owner) if each.fields.channel is channel and _to(each, country)]
    standings = health.of_all(owner) if stored else {}
    for each in stored:
        standing = standings.get(each.id, Standing())
        senders = _senders(each, country)
        refused = [
            attempt.sender for attempt in attempts if attempt.gateway == each.id and attempt.trouble is Trouble.sender
        ]
        left = [sender for sender in senders if sender not in refused]
        if standing.state != "out" and left:
            yield Choice(gateway=each, standing=standing, sender=left[0])


def _to(stored: Gateway, country: str | None) -> bool:
    return not stored.fields.countries or country in stored.fields.countries


def _senders(stored: Gateway, country: str | None) -> list[str | None]:
    """What may be shown as sender in this country, the best first; None is the one of the settings."""
    fields = stored.fields
    named = [each.sender for each in fields.senders if country in each.countries]
    usual: list[str | None] = [named[0]] if named else [None]
    fallback = [fields.fallback_sender] if fields.fallback_sender is not None else []
    if country in NUMBERS_ONLY and fallback and not named:
        return [*fallback]
    return [*usual, *fallback]


def _turn(stored: Gateway, message: str) -> float:
    """Weighted rendezvous: the least is taken; over many messages each gateway is first in proportion to its weight."""
    digest = hashlib.sha256(f"{message}\n{stored.id}".encode()).digest()
    even = (int.from_bytes(digest[:8], "big") + 1) / (2**64 + 1)
    return -math.log(even) / stored.fields.weight
