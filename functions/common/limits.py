"""How often something may happen: counters that end by themselves. They err early, never late."""

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


def take(limit: int, seconds: int, *what: str, by: int = 1) -> int | None:
    """Counts `by` more of `what` within `seconds` of the first; None, or how long to wait when there were `limit`
    already.

    The test is in the write's condition: parallel callers never pass together."""
    now = clock.epoch()
    item = Counter(pk=key(*what), sk="-")
    try:
        open_ = Counter.until > now
        item.update([Counter.used.add(by)], open_ & (Counter.used <= limit - by))
        return None
    except UpdateError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
    fresh = Counter(pk=item.pk, sk="-", used=by, until=now + seconds, ttl=now + seconds + 3600)
    try:
        fresh.save(Counter.pk.does_not_exist() | (Counter.until <= now))
        return None
    except PutError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
    found = read(Counter, item.pk)
    if found is None or (found.until or 0) <= now or (found.used or 0) <= limit - by:
        return take(limit, seconds, *what, by=by)  # another caller has just begun the next period
    return int(found.until or now) - now


def over(limit: int, *what: str) -> int | None:
    """How long `what` is still at its limit, without counting; None when it is not."""
    found = read(Counter, key(*what))
    now = clock.epoch()
    if found is None or (found.until or 0) <= now or (found.used or 0) < limit:
        return None
    return int(found.until or now) - now


def give_back(*what: str) -> None:
    """What `take` counted did not happen after all."""
    try:
        Counter(pk=key(*what), sk="-").update(
            [Counter.used.add(-1)], (Counter.used > 0) & (Counter.until > clock.epoch())
        )
    except UpdateError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
