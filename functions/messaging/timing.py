"""When messages are sent: both at once or one after the other, in waves, and not while people sleep."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from msgspec import Meta
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from functions.common import clock, settings
from functions.common.errors import Invalid
from functions.common.table import CONDITION_FAILED, Table, TableMeta, key, read
from functions.common.types import Moment
from functions.messaging.gateways import Channel
from functions.messaging.kinds import Kind
from functions.messaging.plan import INSTALLED, Plan, Quiet
from functions.provisioning.fields import MessagePolicy
from functions.tenants import tenants

if TYPE_CHECKING:
    from functions.accounts.groups import GroupFields
    from functions.accounts.models import Account

SendAt = Annotated[Moment, Meta(description="Not before this moment, at most 60 days away; at once when left out")]
AtOnce = Annotated[bool, Meta(description="Also in quiet hours: the person is on the telephone")]

LATEST: Final = timedelta(days=60)
WAVE_BEGINS: Final = 9  # o'clock, of a day's wave
MOST_DAYS: Final = 60  # of waves


class Ordered(NamedTuple):
    """One message, when it is sent, and what may make it come sooner."""

    kind: Kind
    channel: Channel
    send_at: datetime | None
    waits_for: str | None = None


def ordered(
    wanted: Sequence[tuple[Kind, Channel]], policy: MessagePolicy, first: datetime | None = None
) -> list[Ordered]:
    """The messages to send so that `wanted` is told, in the profile's order, the first of them at `first`.

    An order needs an installation and an activation message: by itself each is sent as it is. Raises Invalid."""
    check_time(first)
    kinds = {kind for kind, _ in wanted}
    if not {Kind.installation, Kind.activation} <= kinds or policy.order == "both":
        return [Ordered(kind, channel, first) for kind, channel in wanted]
    if policy.order == "combined":
        both = [channel for kind, channel in wanted if (_other(kind), channel) in wanted]
        found = [Ordered(Kind.combined, channel, first) for channel in dict.fromkeys(both)]
        return found + [Ordered(kind, channel, first) for kind, channel in wanted if channel not in both]
    later = (first or clock.now()) + timedelta(hours=policy.after_hours)
    return [
        Ordered(kind, channel, first)
        if kind is Kind.installation
        else Ordered(kind, channel, later, waits_for=INSTALLED)
        for kind, channel in wanted
    ]


def check_time(send_at: datetime | None) -> None:
    """Raises Invalid for a moment too far away."""
    if send_at is not None and send_at > clock.now() + LATEST:
        raise Invalid(f"Messages are kept for at most {LATEST.days} days.", field="send_at")


def plan(account: "Account", group: "GroupFields", policy: MessagePolicy, *, at_once: bool = False) -> Plan:
    """How the account's messages are sent under this policy."""
    hours = None if at_once else policy.quiet_hours
    return Plan(
        quiet=None
        if hours is None
        else Quiet(start=_minutes(hours.start), end=_minutes(hours.end), zones=zones(account, group)),
        other_channel=policy.other_channel,
        resend_unknown=policy.resend_unknown,
    )


def zones(account: "Account", group: "GroupFields") -> tuple[str, ...]:
    """The person's time zone: the account's, the group's, those of the mobile's country, the tenant's; else UTC."""
    if named := account.time_zone or group.time_zone:
        return (named,)
    if account.mobile_country and (found := of_country(account.mobile_country)):
        return found
    own = tenants.get(account.tenant).fields.time_zone
    return (own,) if own else ("UTC",)


@cache
def _countries() -> dict[str, tuple[str, ...]]:
    """The time zones of each country, the most populous first, by the IANA data's own table."""
    from importlib.resources import files

    found: dict[str, tuple[str, ...]] = {}
    for line in files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, name = line.split("\t")[:3]
            found[country] = (*found.get(country, ()), name)
    return found


def of_country(country: str) -> tuple[str, ...]:
    return _countries().get(country, ())


class Wave(Table):
    """The day on which a group's next new person is written to. Keys: `wave`, tenant and group | -."""

    class Meta(TableMeta):
        table_name = settings.table("limits")

    day = UnicodeAttribute(null=True)
    people = NumberAttribute(null=True)  # on that day
    ttl = NumberAttribute(null=True)


def wave(account: "Account", group: "GroupFields") -> datetime | None:
    """When a new person's turn comes, where the group takes so many a day; None for now.

    Takes the place; one whose account is not made after all stays empty. Raises Invalid when all days are full."""
    if group.people_per_day is None:
        return None
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(zones(account, group)[0])
    today = clock.now().astimezone(zone).date()
    pk = key("wave", account.tenant, account.group_id)
    for _ in range(MOST_DAYS):
        found = read(Wave, pk)
        at = date.fromisoformat(found.day) if found is not None and found.day else None
        if at is None or at < today:
            day, taken = today, _begin(pk, today, found.day if found is not None else None)
        else:
            assert found is not None
            full = int(found.people or 0) >= group.people_per_day
            day = at + timedelta(days=1) if full else at
            taken = _begin(pk, day, found.day) if full else _join(pk, day, group.people_per_day)
        if taken:
            if day > today + timedelta(days=MOST_DAYS - 2):
                raise Invalid("This group's days are full for two months: raise people_per_day.", field="group_id")
            return None if day == today else datetime(day.year, day.month, day.day, WAVE_BEGINS, tzinfo=zone)
    raise Invalid("Too many people at this moment: try again.", field="group_id")


def _begin(pk: str, day: date, before: str | None) -> bool:
    """A new day begins with one person, unless somebody else has begun it."""
    unmoved = Wave.day == before if before is not None else Wave.day.does_not_exist()
    ends = clock.epoch() + 100 * 86_400
    return _taken(Wave(pk=pk, sk="-"), [Wave.day.set(day.isoformat()), Wave.people.set(1), Wave.ttl.set(ends)], unmoved)


def _join(pk: str, day: date, most: int) -> bool:
    return _taken(Wave(pk=pk, sk="-"), [Wave.people.add(1)], (Wave.day == day.isoformat()) & (Wave.people < most))


def _taken(item: Wave, actions: list[Action], condition: Condition) -> bool:
    try:
        item.update(actions, condition)
    except UpdateError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
        return False
    return True


def _other(kind: Kind) -> Kind:
    return Kind.activation if kind is Kind.installation else Kind.installation


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
