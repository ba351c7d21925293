"""So many new people of a group a day: whose turn is when."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from functions.common import clock, settings
from functions.common.errors import Invalid
from functions.common.table import CONDITION_FAILED, Table, TableMeta, key, read
from functions.messaging.timing import zones

if TYPE_CHECKING:
    from functions.accounts.groups import GroupFields
    from functions.accounts.people import Account
    from functions.tenants.tenants import TenantFields

BEGINS: Final = 9  # o'clock, of a day's wave
MOST_DAYS: Final = 60


class Wave(Table):
    """The day on which a group's next new person is written to. Keys: `wave`, tenant and group | -."""

    class Meta(TableMeta):
        table_name = settings.table("limits")

    day = UnicodeAttribute(null=True)
    people = NumberAttribute(null=True)  # on that day
    ttl = NumberAttribute(null=True)


def turn(account: "Account", group: "GroupFields", tenant: "TenantFields") -> datetime | None:
    """When a new person's turn comes, where the group takes so many a day; None for now.

    Takes the place; one whose account is not made after all stays empty. Raises Invalid when all days are full."""
    if group.people_per_day is None:
        return None
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(zones(account, group, tenant)[0])
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
            if day > today + timedelta(days=MOST_DAYS - 2):
                raise Invalid("This group's days are full for two months: raise people_per_day.", field="group_id")
            taken = _begin(pk, day, found.day) if full else _join(pk, day, group.people_per_day)
        if taken:
            return None if day == today else datetime(day.year, day.month, day.day, BEGINS, tzinfo=zone)
    raise Invalid("Too many people at this moment: try again.", field="group_id")


def room(tenant: str, group_id: str, group: "GroupFields") -> int | None:
    """For how many new people at least the group's days have a place, if nobody else takes one; None where it takes
    all."""
    if group.people_per_day is None:
        return None
    from zoneinfo import ZoneInfo

    now = clock.now()
    # Whose day it is follows from each person: the last one by the earliest day of the world, the first by the latest.
    earliest, latest = (now.astimezone(ZoneInfo(zone)).date() for zone in ("Etc/GMT+12", "Etc/GMT-14"))
    found = read(Wave, key("wave", tenant, group_id))
    at = date.fromisoformat(found.day) if found is not None and found.day else latest
    taken = int(found.people or 0) if found is not None and at >= latest else 0
    days = (earliest + timedelta(days=MOST_DAYS - 2) - max(at, latest)).days + 1
    return max(0, days * group.people_per_day - taken)


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
