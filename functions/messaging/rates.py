"""How fast a gateway may be asked: one moment for each message, evenly spaced, handed out by one item in DynamoDB.

A message whose moment is near waits for it in the worker. One whose moment is further away leaves the queue until then,
so that no throttle uses up its receive count; those moments are handed out by a second pointer, a little faster than
the gateway's rate, so that its time is never idle while messages wait. The first pointer alone decides what is
sent."""

import time
from collections.abc import Callable
from typing import Final, NamedTuple

from pynamodb.attributes import NumberAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from functions.common import clock, settings
from functions.common.table import BUSY, CONDITION_FAILED, Table, TableMeta, key, read

NEAR: Final = 2000  # milliseconds that a worker waits
BURST: Final = 5  # milliseconds of lost time that may be made up for; with LATE below the tenth left to the provider
LATE: Final = 0.05  # seconds that a message may be behind its moment
LEAD: Final = 0.05  # seconds before its moment at which a message is made ready for the wire
AHEAD: Final = 1.05  # how much faster than the rate messages come back
FLOOD: Final = 60_000  # milliseconds: with moments to come back so far away, a process takes some more at once
AT_ONCE: Final = 10
TRIES: Final = 8
RETAKEN: Final = 5  # times that a worker which was held up takes another moment

sleep: Callable[[float], None] = time.sleep  # tests set both
ticks: Callable[[], float] = time.monotonic


class Moment(NamedTuple):
    """When a message may go, by `ticks`. `alone`: nobody else wanted this moment, so being late disturbs nobody."""

    gateway_id: str
    rate: float
    at: float
    alone: bool


class Pace(Table):
    """A gateway's next free moments, in milliseconds since 1970. Keys: `pace` and gateway | -."""

    class Meta(TableMeta):
        table_name = settings.table("limits")

    next = NumberAttribute(null=True)  # to send
    planned = NumberAttribute(null=True)  # to come back
    ttl = NumberAttribute(null=True)


class Later(Exception):
    """Not now: the message should come back in so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"in {seconds:.1f} s")


_busy: dict[str, float] = {}  # by gateway: its next moment as this process saw it last
_taken: dict[str, list[float]] = {}  # by gateway: moments to come back that this process has taken and not handed out


def turn(gateway_id: str, rate: float) -> Moment:
    """Takes the gateway's next moment. `rate` in messages a second. Raises Later."""
    step = round(1000 / rate, 3)
    for _ in range(TRIES):
        now = _now()
        busy = _busy.get(gateway_id, 0.0)
        if busy > now + NEAR:  # it only moves on
            raise Later(_come_back(gateway_id, now, step))
        take = _behind if busy > now else _first
        found = take(gateway_id, now, step)
        if found is None:
            free = _read(gateway_id)
            if free > now + NEAR:
                _busy[gateway_id] = free
                raise Later(_come_back(gateway_id, now, step))
            take = _first if free < now - BURST else _behind
            found = take(gateway_id, now, step)
        if found is not None:
            _busy[gateway_id] = found + step
            return Moment(gateway_id, rate, ticks() + max(found - now, 0.0) / 1000, alone=take is _first)
    raise Later(1.0)


def nearly(moment: Moment) -> None:
    """Waits until the message should be made ready for the wire."""
    sleep(max(moment.at - LEAD - ticks(), 0.0))


def now_or_next(moment: Moment) -> None:
    """Waits until the moment; whoever was held up and has missed it takes another one, so that late messages do not go
    out together."""
    for _ in range(RETAKEN):
        if moment.alone or ticks() <= moment.at + LATE:
            break
        try:
            moment = turn(moment.gateway_id, moment.rate)
        except Later as later:
            sleep(min(later.seconds, NEAR / 1000))
    sleep(max(moment.at - ticks(), 0.0))


def _first(gateway_id: str, now: int, step: float) -> float | None:
    """Nobody waits: this very moment. A little of what passed unused may be made up for, so that short delays on our
    side do not cost the rate."""
    free = Pace.next.does_not_exist() | (Pace.next < now - BURST)
    ends = now // 1000 + 7 * 86_400
    return float(now) if _moved(gateway_id, Pace.next.set(now - BURST + step), free, ends) is not None else None


def _behind(gateway_id: str, now: int, step: float) -> float | None:
    """After those who wait already."""
    near = (Pace.next >= now - BURST) & (Pace.next <= now + NEAR)
    moved = _moved(gateway_id, Pace.next.set(Pace.next + step), near)
    return moved - step if moved is not None else None


def _moved(gateway_id: str, action: Action, condition: Condition, ttl: int | None = None) -> float | None:
    """The pointer after the action, or None when the condition does not hold."""
    item = Pace(pk=key("pace", gateway_id), sk="-")
    try:
        item.update([action, *([Pace.ttl.set(ttl)] if ttl else [])], condition)
    except UpdateError as error:
        if error.cause_response_code == CONDITION_FAILED:
            return None
        if error.cause_response_code in BUSY:
            raise Later(1.0) from None
        raise
    assert item.next is not None
    return float(item.next)


def _come_back(gateway_id: str, now: int, step: float) -> float:
    """When to come back, in seconds. In a flood, whose moments are far away, this process takes some at once."""
    taken = _taken.setdefault(gateway_id, [])
    while taken:
        moment = taken.pop(0)
        if moment > now + NEAR:
            return (moment - now) / 1000
    pace = round(step / AHEAD, 3)
    last = _planned(gateway_id, now, pace)
    if last > now + FLOOD:
        end = _planned(gateway_id, now, pace * AT_ONCE)
        taken += [end - pace * number for number in reversed(range(AT_ONCE))]
    return max(last - now, 0.0) / 1000


def _planned(gateway_id: str, now: int, pace: float) -> float:
    """The second pointer, moved on by so much."""
    item = Pace(pk=key("pace", gateway_id), sk="-")
    floor = now + NEAR
    try:
        item.update([Pace.planned.set(Pace.planned + pace)], Pace.planned >= floor)
    except UpdateError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise Later(1.0) from None
        item.update([Pace.planned.set(floor + pace)])
    assert item.planned is not None
    return float(item.planned)


def _read(gateway_id: str) -> float:
    found = read(Pace, key("pace", gateway_id))
    return float(found.next or 0) if found is not None else 0.0


def _now() -> int:
    return int(clock.now().timestamp() * 1000)


def forget() -> None:
    """In tests, when the world is made anew."""
    _busy.clear()
    _taken.clear()
