"""What time does to an account, and when: decided here from the account and its tenant's retention alone. No I/O.

Each account carries the moment at which upkeep visits it next (`due_at`). Whoever changes an account calls `schedule`;
a visit does what is `due`, notes it by `done`, and calls `schedule`, too."""

import math
from datetime import datetime, timedelta
from typing import Final, Literal
from zlib import crc32

import msgspec

from functions.accounts.models import Account, Upkeep, Why
from functions.tenants.retention import Retention

LESSER: Final[frozenset[Why]] = frozenset({"expires_soon", "never_activated"})  # reasons for attention: any other first
SHARDS: Final = 4  # of the index of accounts that are due
SHARDS_EVER: Final = 16  # as many as there were at most: an account stays where it is until it is scheduled anew
TRIM_EVERY: Final = timedelta(days=30)  # at least: more often where addresses are kept for less
SLACK: Final = timedelta(days=1)  # by which addresses may be kept longer, so that a day's go together

Step = Literal[
    "erase",  # what a deleted account has left goes
    "delete",  # it expired so long ago that it is not kept any more
    "expire",  # its expiry has passed
    "give_up",  # no phone has ever registered: it expires now
    "flag",  # no phone has ever registered: operators are told
    "warn",  # it will expire soon: operators are told
    "trim",  # what is old in its partitions goes
]
IDLE: Final[frozenset[Step]] = frozenset({"flag", "give_up"})  # because its person has done nothing for so long
ENDS: Final[frozenset[Step]] = frozenset({"erase", "delete", "expire", "give_up"})  # a visit does nothing beside one


def due(account: Account, retention: Retention, now: datetime) -> list[Step]:
    """What a visit does now, in this order; whatever else has come to be due after an end is the next visit's."""
    found = [step for step, moment in _moments(account, retention).items() if moment <= now]
    return found[:1] if found and found[0] in ENDS else found


def next_visit(account: Account, retention: Retention) -> int | None:
    """When upkeep visits next, in epoch seconds; in the past where something is due already. None: never."""
    moments = _moments(account, retention).values()
    return math.ceil(min(moments).timestamp()) if moments else None


def schedule(account: Account, retention: Retention) -> None:
    """Sets when upkeep visits the account, by all its other fields."""
    account.due_at = next_visit(account, retention)
    account.due_shard = shard(account.id) if account.due_at is not None else None


def shard(account_id: str) -> str:
    return str(crc32(account_id.encode()) % SHARDS)


def shards(minute: int) -> list[str]:
    """Those that a run in this minute reads: all, each minute another first, so that none starves; and one of those
    that there once were, in turn."""
    present = [(minute + offset) % SHARDS for offset in range(SHARDS)]
    former = range(SHARDS, SHARDS_EVER)
    return [str(number) for number in (*present, *([former[minute % len(former)]] if former else ()))]


def done(account: Account, step: Step, retention: Retention, now: datetime) -> None:
    """Notes in the account that a visit does this step now: from then on the step is not due any more."""
    match step:
        case "erase":
            account.upkeep = Upkeep(erased=True)
        case "delete":
            account.upkeep = None
        case "expire":
            _expire(account, now)
        case "give_up":
            account.expires_at = now
            _expire(account, now)
        case "warn":
            account.attention_expiring = True
            _note(account, warned_of=account.expires_at)
        case "flag":
            _note(account, flagged_at=now)
        case "trim":
            _note(account, trim_at=now + _every(retention))


def again(account: Account, at: datetime) -> None:
    """More is to be trimmed then, if that is sooner than it would be anyway; or of a deleted account, erased then."""
    known = _known(account).trim_at
    sooner = known is None or at < known or account.standing == "deleted"
    _note(account, trim_at=at if sooner else known)


def addresses_go(at: datetime, retention: Retention) -> datetime:
    """When what was noted at a moment is to hold no address any more."""
    return at + timedelta(days=retention.addresses_days) + SLACK


def used_again(account: Account, at: datetime) -> None:
    """It waits for its first phone since then at the earliest: its person was, or is to be, sent a link."""
    if at > idle_since(account):
        _note(account, idle_since=at)


def bare_to(account: Account) -> datetime:
    """Up to when the account's history holds no addresses."""
    return _known(account).bare_to or account.created_at


def bare(account: Account, to: datetime) -> None:
    """It holds none up to here."""
    _note(account, bare_to=to)


def expiry_set(account: Account, now: datetime) -> None:
    """An operator has set `expires_at` anew. An account that had expired is enabled again, where that lies ahead; one
    that was disabled is not. Whatever operators were told of its end is told anew when its time comes."""
    known = _known(account)
    ahead = account.expires_at is None or account.expires_at > now
    account.upkeep = msgspec.structs.replace(
        known,
        expiry_set_at=now,
        warned_of=None,
        expired_at=None if ahead else known.expired_at,
        idle_since=now,
        flagged_at=None,
    )
    if ahead and account.standing == "expired":
        account.standing = "enabled"
    _attended(account)


def idle_since(account: Account) -> datetime:
    """Since when it waits for its first phone."""
    return _known(account).idle_since or account.created_at


def _moments(account: Account, retention: Retention) -> dict[Step, datetime]:
    """When each step that is not done comes to be due, in the order in which a visit does them."""
    known = _known(account)
    if account.standing == "deleted":
        return {} if known.erased else {"erase": known.trim_at or account.changed_at}
    moments: dict[Step, datetime] = {}
    if known.expired_at is not None:
        if retention.delete_after_days is not None:
            ended = max(known.expired_at, account.expires_at) if account.expires_at is not None else known.expired_at
            moments["delete"] = ended + timedelta(days=retention.delete_after_days)
    elif account.expires_at is not None:
        moments["expire"] = account.expires_at
    if account.standing == "enabled":
        moments |= _idle(account, known, retention) if account.readiness != "active" else {}
        if account.expires_at is not None and known.warned_of != account.expires_at and retention.warn_days:
            moments["warn"] = _warning(account, account.expires_at, known, retention)
    moments["trim"] = known.trim_at or account.created_at + _every(retention) + SLACK
    return moments


def _idle(account: Account, known: Upkeep, retention: Retention) -> dict[Step, datetime]:
    """Of an account without a phone. It never expires before operators could act on what they were told."""
    since = idle_since(account)
    flag, give_up = retention.never_activated_flag_days, retention.never_activated_expire_days
    if flag is not None and known.flagged_at is None:
        return {"flag": since + timedelta(days=flag)}
    if give_up is None:
        return {}
    ends = since + timedelta(days=give_up)
    if flag is not None and known.flagged_at is not None:
        ends = max(ends, known.flagged_at + timedelta(days=give_up - flag))
    return {"give_up": ends}


def _warning(account: Account, expires_at: datetime, known: Upkeep, retention: Retention) -> datetime:
    """When operators are told of an expiry: so many days before; of one that was nearer when they set it, after half of
    that time, lest they are told at once of what they have just done."""
    set_at = known.expiry_set_at or account.created_at
    return max(expires_at - timedelta(days=retention.warn_days), set_at + (expires_at - set_at) / 2)


def _expire(account: Account, now: datetime) -> None:
    _note(account, expired_at=now)
    if account.standing == "enabled":
        account.standing = "expired"
    _attended(account)


def _attended(account: Account) -> None:
    """What time alone brings asks for no attention any more."""
    account.attention_expiring = None
    if account.attention in LESSER:
        account.attention = account.attention_at = None


def _every(retention: Retention) -> timedelta:
    return min(TRIM_EVERY, timedelta(days=retention.addresses_days))


def _note(account: Account, **fields: datetime | bool | None) -> None:
    account.upkeep = msgspec.structs.replace(_known(account), **fields)


def _known(account: Account) -> Upkeep:
    return account.upkeep if account.upkeep is not None else Upkeep()
