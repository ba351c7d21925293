"""How a message is to be sent, fixed when it is written: so that whoever sends it later need not ask again."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

import msgspec


class Quiet(msgspec.Struct, frozen=True, kw_only=True):
    """When nobody is to be disturbed, in every one of `zones`. Minutes after midnight; may lie across it."""

    start: int
    end: int
    zones: tuple[str, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`other_channel`: it goes by the other channel when this one fails. `resend_unknown`: it is sent once more when
    nobody knows whether it was sent."""

    quiet: Quiet | None = None
    other_channel: bool = True
    resend_unknown: bool = False


INSTALLED: Final = "installation"  # what an activation message may wait for: the click on that link
PLAIN: Final = Plan()


def quiet_until(quiet: Quiet, now: datetime) -> datetime | None:
    """The end of the quiet hours that `now` lies in, or None.

    With several zones (a country has them, and nobody said which one is meant) it is quiet while it is in any; where
    that leaves no hour of the day, the first zone counts alone."""
    from zoneinfo import ZoneInfo

    zones: Sequence[tzinfo] = [ZoneInfo(name) for name in quiet.zones] or [UTC]
    found = _loud_in_all(quiet, zones, now)
    return found if found != now else None


def _loud_in_all(quiet: Quiet, zones: Sequence[tzinfo], now: datetime) -> datetime:
    moment = now
    while moment < now + timedelta(days=2):
        ends = [end for zone in zones if (end := _end(quiet, moment.astimezone(zone))) is not None]
        if not ends:
            return moment
        moment = max(end.astimezone(UTC) for end in ends)
    return _loud_in_all(quiet, zones[:1], now) if len(zones) > 1 else now


def _end(quiet: Quiet, local: datetime) -> datetime | None:
    """When the quiet hours around this local time end; None when it is not in them."""
    minute = local.hour * 60 + local.minute
    across = quiet.start > quiet.end
    inside = minute >= quiet.start or minute < quiet.end if across else quiet.start <= minute < quiet.end
    if not inside:
        return None
    day = local.date() + timedelta(days=1) if across and minute >= quiet.start else local.date()
    return datetime(day.year, day.month, day.day, quiet.end // 60, quiet.end % 60, tzinfo=local.tzinfo)
