"""What a tenant has sent today, beside what it may."""

from typing import Annotated

import msgspec
from msgspec import Meta

from functions.common.caller import PROVIDER
from functions.common.http import Answer, Call, operation
from functions.common.types import Currency
from functions.messaging import caps
from functions.messaging.gateway_fields import MICROS
from functions.tenants import tenants
from functions.tenants.tenants import TenantFields


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Of the present day (UTC). Counted only where the provider has set a limit; null where it has not."""

    messages: int | None
    messages_per_day: int | None
    spent: Annotated[str | None, Meta(description="By the gateways' prices, in `currency`")]
    spend_per_day: str | None
    currency: Currency | None
    near_limit: Annotated[bool, Meta(description="Four fifths of what may be spent are spent")]


@operation("What the tenant has sent today, and its limits", answers={200: Usage})
def today(call: Call[None, None]) -> Answer:
    fields = tenants.find(call.caller.tenant) if call.caller.tenant != PROVIDER else None
    return Answer(body=_usage(call.caller.tenant, fields))


def _usage(tenant: str, fields: TenantFields | None) -> Usage:
    limited = fields is not None and (fields.messages_per_day is not None or fields.spend_per_day is not None)
    if fields is None or not limited:
        return Usage(
            messages=None, messages_per_day=None, spent=None, spend_per_day=None, currency=None, near_limit=False
        )
    messages, micros = caps.today(tenant)
    most = caps.most_micros(fields)
    spending = fields.spend_per_day
    return Usage(
        messages=messages,
        messages_per_day=fields.messages_per_day,
        spent=f"{micros / MICROS:.4f}" if spending is not None else None,
        spend_per_day=spending.amount if spending is not None else None,
        currency=spending.currency if spending is not None else None,
        near_limit=most is not None and micros >= caps.WARNED_AT * most,
    )
