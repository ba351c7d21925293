"""How often something may happen: counters that end by themselves. They err early, never late."""

from pynamodb.attributes import NumberAttribute
from pynamodb.exceptions import PutError, UpdateError

from functions.common import clock, settings
from functions.common.errors import Unavailable
from functions.common.table import BUSY, CONDITION_FAILED, Table, TableMeta, key, read
from functions.common.transaction import Update


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
    step = step_today(limit, Exception(), *what, by=by)
    try:
        step.item.update(list(step.actions), step.condition)
        return None
    except UpdateError as error:
        if error.cause_response_code in BUSY:  # another's transaction holds it
            raise Unavailable from error
        if error.cause_response_code != CONDITION_FAILED:
            raise
        return left_today()


def step_today(limit: int, otherwise: Exception, *what: str, by: int = 1) -> Update:
    """The same as a step, so that it is counted with what it is counted for, or neither is."""
    return Update(
        item=Counter(pk=_today(what), sk="-"),
        actions=[Counter.used.add(by), Counter.ttl.set(clock.epoch() + 2 * 86_400)],
        condition=Counter.used.does_not_exist() | (Counter.used <= limit - by),
        otherwise=otherwise,
    )


def over_today(limit: int, *what: str) -> int | None:
    """The seconds until tomorrow while `what` is at its limit of the day, without counting; None when it is not."""
    found = read(Counter, _today(what))
    return left_today() if found is not None and (found.used or 0) >= limit else None


def give_back_today(*what: str) -> None:
    """What `take_today` counted did not happen after all."""
    try:
        Counter(pk=_today(what), sk="-").update([Counter.used.add(-1)], Counter.used > 0)
    except UpdateError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise


def _today(what: tuple[str, ...]) -> str:
    return key(*what, clock.now().date().isoformat())


def left_today() -> int:
    """Seconds of this day that are left."""
    return 86_400 - clock.epoch() % 86_400
