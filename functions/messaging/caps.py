"""What may be sent in a day: to one address, by one tenant, for how much. At a limit messages wait for the next day.

Counted once for each attempt, before it begins, and given back when surely nothing was sent. A crash in between counts
one too many: the limits err early, never late."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from pynamodb.attributes import NumberAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition

from functions.common import clock, limits, settings
from functions.common.keyring import fingerprint
from functions.common.observability import count, logger
from functions.common.table import CONDITION_FAILED, Table, TableMeta, key, read
from functions.messaging.gateway_fields import MICROS, Gateway
from functions.messaging.health import Standing
from functions.messaging.models import Reserved
from functions.tenants.tenants import TenantFields

PER_ADDRESS: Final = 10  # messages to one number or address a day
WARNED_AT: Final = 0.8  # of the limit of spending


class Day(Table):
    """What a tenant has sent on one day (UTC). Keys: `sent`, tenant and day | -."""

    class Meta(TableMeta):
        table_name = settings.table("limits")

    messages = NumberAttribute(null=True)
    micros = NumberAttribute(null=True)
    ttl = NumberAttribute(null=True)


class AtLimit(Exception):
    """Not today: `until` is when the next day begins. The message says which limit, for people."""

    def __init__(self, words: str) -> None:
        self.until = tomorrow()
        super().__init__(words)


def reserve(tenant: str, fields: TenantFields, to: str, micros: int) -> Reserved:
    """Counts one message to `to` at this price. Raises AtLimit."""
    day = clock.now().date().isoformat()
    address = fingerprint(f"{tenant}|{to}")
    if limits.take_today(PER_ADDRESS, "sent-to", address) is not None:
        raise AtLimit(f"{PER_ADDRESS} messages went to this person today.")
    limited = fields.messages_per_day is not None or fields.spend_per_day is not None
    reserved = Reserved(day=day, to=address, micros=micros, counted=limited)
    if limited:
        try:
            _count(tenant, fields, reserved)
        except AtLimit:
            limits.give_back_today("sent-to", address)
            raise
    return reserved


def release(tenant: str, reserved: Reserved) -> None:
    """Nothing was sent."""
    limits.give_back_today("sent-to", reserved.to)
    if not reserved.counted:
        return
    try:
        _day(tenant, reserved.day).update(
            [Day.messages.add(-1), Day.micros.add(-reserved.micros)],
            (Day.messages > 0) & (Day.micros >= reserved.micros),
        )
    except UpdateError as error:
        if error.cause_response_code != CONDITION_FAILED:  # that day's count is gone
            logger.warning("limit not given back", extra={"tenant": tenant}, exc_info=True)


def price(fields: TenantFields, gateway: Gateway, country: str | None, parts: int) -> int:
    """What a message through this gateway counts, in millionths of the currency of the tenant's limit of spending; 0
    without a limit. Raises AtLimit where it is not known: a limit that cannot be kept must not be passed."""
    if fields.spend_per_day is None:
        return 0
    prices = gateway.fields.prices
    micros = prices.micros(country) if prices is not None and prices.currency == fields.spend_per_day.currency else None
    if micros is None:
        raise AtLimit("Spending is limited, and no price is known for this message: set the gateway's prices.")
    return micros * parts


def gateway_today(gateway: Gateway, standing: Standing, usual: int | None) -> bool:
    """Whether the gateway may take one more message today; counted where it has a limit of the day: what is set, else
    the `usual` one of its kind."""
    if standing.left_today is not None and standing.left_today <= 0:
        return False
    most = gateway.fields.daily_limit or usual
    if most is None:
        return True
    return limits.take_today(most, "gateway-day", gateway.id) is None


def per_address(tenant: str, to: str) -> int | None:
    """How long this person must be left in peace; None when another message may go."""
    return limits.over_today(PER_ADDRESS, "sent-to", fingerprint(f"{tenant}|{to}"))


def today(tenant: str) -> tuple[int, int]:
    """Messages and millionths of the currency that were counted today; counted only where there is a limit."""
    found = read(Day, _day(tenant, clock.now().date().isoformat()).pk)
    return (0, 0) if found is None else (int(found.messages or 0), int(found.micros or 0))


def most_micros(fields: TenantFields) -> int | None:
    """The limit of spending in millionths of its currency."""
    return None if fields.spend_per_day is None else int(Decimal(fields.spend_per_day.amount) * MICROS)


def _count(tenant: str, fields: TenantFields, reserved: Reserved) -> None:
    item = _day(tenant, reserved.day)
    most = most_micros(fields)
    condition: Condition | None = None
    if fields.messages_per_day is not None:
        condition = Day.messages.does_not_exist() | (Day.messages < fields.messages_per_day)
    if most is not None:
        if reserved.micros > most:
            raise AtLimit("This message costs more than may be spent in a day.")
        left = Day.micros.does_not_exist() | (Day.micros <= most - reserved.micros)
        condition = left if condition is None else condition & left
    ends = clock.epoch() + 40 * 86_400
    try:
        item.update([Day.messages.add(1), Day.micros.add(reserved.micros), Day.ttl.set(ends)], condition)
    except UpdateError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
        count("AtDailyLimit")
        raise AtLimit("The day's limit of messages, or of spending, is reached.") from None
    spent = int(item.micros or 0)
    if most is not None and spent - reserved.micros < WARNED_AT * most <= spent:
        logger.warning("spending near the day's limit", extra={"tenant": tenant, "micros": spent, "limit": most})
        count("SpendingNearLimit")


def _day(tenant: str, day: str) -> Day:
    return Day(pk=key("sent", tenant, day), sk="-")


def tomorrow() -> datetime:
    """When the next day begins (UTC), for all limits of a day."""
    return (clock.now() + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
