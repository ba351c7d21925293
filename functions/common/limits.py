"""How often something may happen: counters that end by themselves. They err early, never late."""

from datetime import datetime

from pynamodb.attributes import NumberAttribute
from pynamodb.exceptions import PutError, UpdateError

from functions.common import clock, settings
from functions.common.table import CONDITION_FAILED, Table, TableMeta, key, read


class Counter(Table):
    """One counter. Keys: what is counted | -. Over when `until` has passed, whether TTL has removed it or not."""

    class Meta(TableMeta):
        table_name = settings.table("limits")

    used = NumberAttribute(null=True)
    until = NumberAttribute(null=True)
    ttl = NumberAttribute(null=True)


def take(limit: int, seconds: int, *what: str) -> int | None:
    """Counts one more of `what` within `seconds` of the first; None, or how long to wait when there were `limit`
    already.

    The test is in the write's condition: parallel callers never pass together."""
    now = clock.epoch()
    item = Counter(pk=key(*what), sk="-")
    try:
        open_ = Counter.until > now
        item.update([Counter.used.add(1)], open_ & (Counter.used < limit))
        return None
    except UpdateError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
    fresh = Counter(pk=item.pk, sk="-", used=1, until=now + seconds, ttl=now + seconds + 3600)
    try:
        fresh.save(Counter.pk.does_not_exist() | (Counter.until <= now))
        return None
    except PutError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
    found = read(Counter, item.pk)
    if found is None or (found.until or 0) <= now or (found.used or 0) < limit:
        return take(limit, seconds, *what)  # another caller has just begun the next period
    return int(found.until or now) - now


def give_back(*what: str) -> None:
    """What `take` counted did not happen after all."""
    try:
        Counter(pk=key(*what), sk="-").update([Counter.used.add(-1)], Counter.used > 0)
    except UpdateError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise


def over(limit: int, *what: str) -> int | None:
    """How long `what` is still at its limit, without counting; None when it is not."""
    found = read(Counter, key(*what))
    now = clock.epoch()
    if found is None or (found.until or 0) <= now or (found.used or 0) < limit:
        return None
    return int(found.until or now) - now


def take_today(limit: int, *what: str, by: int = 1) -> int | None:
    """Counts `by` more of `what` on this day (UTC), in one write; None, or the seconds until tomorrow when there are
    `limit` already."""
    now = clock.now()
    item = Counter(pk=_today(what), sk="-")
    few = Counter.used.does_not_exist() | (Counter.used <= limit - by)
    try:
        item.update([Counter.used.add(by), Counter.ttl.set(int(now.timestamp()) + 2 * 86_400)], few)
        return None
    except UpdateError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
        return _left(now)


def over_today(limit: int, *what: str) -> int | None:
    """The seconds until tomorrow while `what` is at its limit of the day, without counting; None when it is not."""
    found = read(Counter, _today(what))
    return _left(clock.now()) if found is not None and (found.used or 0) >= limit else None


def give_back_today(*what: str) -> None:
    """What `take_today` counted did not happen after all."""
    try:
        Counter(pk=_today(what), sk="-").update([Counter.used.add(-1)], Counter.used > 0)
    except UpdateError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise


def _today(what: tuple[str, ...]) -> str:
    return key(*what, clock.now().date().isoformat())


def _left(now: datetime) -> int:
    """Seconds of this day that are left."""
    return 86_400 - int(now.timestamp()) % 86_400
