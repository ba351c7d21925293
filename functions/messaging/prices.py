"""What messages cost, as far as the tenant's own gateways say."""

from decimal import Decimal
from typing import Final

from functions.messaging.gateway_choice import usable
from functions.messaging.gateway_fields import MICROS
from functions.messaging.gateways import Channel

SAMPLE: Final = "estimate"  # stands for a message


def estimate(tenant: str, to: str | None, parts: int) -> tuple[str, str] | None:
    """Amount and currency of an SMS of so many parts to this number, through the gateway that is likely to take it.

    None where no price is set, and for the provider's gateways: what they cost is the provider's affair."""
    from functions.accounts.numbers import country_of

    for choice in usable(tenant, Channel.sms, SAMPLE, country_of(to) if to else None):
        prices = choice.gateway.fields.prices
        if choice.gateway.tenant != tenant or prices is None:
            return None
        micros = prices.micros(country_of(to) if to else None)
        return None if micros is None else (f"{(Decimal(micros * parts) / MICROS).normalize():f}", prices.currency)
    return None
