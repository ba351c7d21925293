"""Everything that is kept about one person, for the person: what it is, why it is kept, and for how long.

What is not in it is said in it, too (`left_out`). A long history comes in pages; each carries what operators did in its
time, found beside the history's own entries: the audit trail is kept by day, not by account."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, NamedTuple, TypeVar

import msgspec
from msgspec import Meta

from functions.accounts import devices, history
from functions.accounts.devices import ShownDevice
from functions.accounts.history import Happened
from functions.accounts.models import Account
from functions.accounts.people import ShownAccount, show, visible
from functions.activation import links
from functions.activation.links import ShownLink
from functions.common import audit, clock, paging
from functions.common.caller import Caller
from functions.common.resource import Cursor
from functions.common.table import key
from functions.common.transaction import commit
from functions.common.types import Id, Moment
from functions.installation.links import Click, clicked
from functions.messaging import outbox
from functions.messaging.outbox import MessageView
from functions.tenants import tenants
from functions.tenants.retention import Retention

T = TypeVar("T")

LARGEST: Final = 1_500_000  # bytes of each list of an answer: Lambda gives at most 6 MB back
BESIDE: Final = timedelta(seconds=5)  # an act's two entries are made within one request
MOST_LOOKS: Final = 200  # into the audit trail, for one answer


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """That the person opened the installation link, and on what."""

    first_at: Moment
    last_at: Moment
    times: int
    platform: str
    os_version: str | None
    download_id: Id | None
    platforms: Annotated[
        list[str], Meta(description="Each platform it was opened on, and the download it led to there")
    ]


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator did with the account. Whose personal values it changed is named, not what they were."""

    at: Moment
    operator_id: Id
    role: str
    action: str
    target: str
    before: dict[str, object] | None
    after: dict[str, object] | None


class Purpose(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of data: why it is kept, and until when."""

    what: str
    why: str
    until: str


class PersonalData(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept about a person. All but `history` and `acts` is in the first page alone."""

    made_at: Moment
    account: ShownAccount
    mobile_country: Annotated[str | None, Meta(description="ISO 3166-1, told by the mobile's prefix")]
    import_row: Annotated[str | None, Meta(description="The import, and the row of its file, that made the account")]
    devices: list[ShownDevice]
    installation: Installation | None
    links: list[ShownLink]
    messages: list[MessageView]
    history: list[Happened]
    acts: list[Act]
    purposes: list[Purpose]
    left_out: list[str]
    cursor: Annotated[str | None, Meta(description="Where the history goes on; null: this was its oldest part")]


class PersonalDataQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which part of a long history."""

    cursor: Cursor | None = None


class _Window(NamedTuple):
    """A stretch of time around something that an operator did."""

    begins: datetime
    ends: datetime


def of(caller: Caller, account_id: str, cursor: str | None = None) -> PersonalData:
    """One page; that it was made stands in the history and in the audit trail, from before it is given.

    Raises NotFound, and Invalid for a cursor of another list."""
    account = visible(caller, account_id)
    happened, following = _history(account, cursor)
    first = cursor is None
    acts, unread = _acts(account, happened, made_here=following is None)
    sent, unsent = _within(outbox.for_account(account.tenant, account.id) if first else ())
    issued, unissued = _within(map(links.show, links.for_account(account.tenant, account.id) if first else ()))
    click = clicked(account.tenant, account.id) if first else None
    commit(
        [
            history.step(account.tenant, account.id, "account.personal_data", by=caller.operator),
            audit.entry(caller, "account.personal_data", f"account/{account.id}"),
        ]
    )
    return PersonalData(
        made_at=clock.now(),
        account=show(account),
        mobile_country=account.mobile_country,
        import_row=account.import_row,
        devices=devices.show(account) if first else [],
        installation=_installation(click) if click is not None else None,
        links=issued,
        messages=sent,
        history=happened,
        acts=acts,
        purposes=purposes(tenants.retention(account.tenant)),
        left_out=[*LEFT_OUT, *_cut("messages", unsent), *_cut("links", unissued), *_not_looked(unread)],
        cursor=following,
    )


def purposes(kept: Retention) -> list[Purpose]:
    """What a tenant keeps of people, in words."""
    account = "until an operator deletes the account"
    if kept.delete_after_days is not None:
        account += f", or {kept.delete_after_days} days after it has expired"
    networks = f"networks in full, and what phones and browsers call themselves, for {kept.addresses_days} days"
    return [
        Purpose(what="account", why="to give the person a telephone account, and to reach them", until=account),
        Purpose(
            what="devices", why="to let the person's phones register, and nobody else's", until=f"{account}; {networks}"
        ),
        Purpose(
            what="links and installation",
            why="to bring app and configuration to the person's phone, and to see when that is stuck or misused",
            until=f"links for 90 days after they have ended; {networks}; the installation's with the account",
        ),
        Purpose(
            what="messages",
            why="to bring links and notices to the person, to see that they came, and what they cost",
            until=f"{kept.messages_days} days after they have ended",
        ),
        Purpose(
            what="history",
            why="to help the person, and to find misuse",
            until=f"{kept.history_days} days; {networks}",
        ),
        Purpose(
            what="acts",
            why="to answer for what operators did; it names this account by its id alone",
            until=f"{kept.audit_days} days",
        ),
    ]


LEFT_OUT: Final = (
    "Passwords, digest secrets, and the addresses of links: secrets, of which only what checks them is kept.",
    "The text of messages: it is made when a message is sent, and kept nowhere.",
    "Who the operators are, and where they were: that is their own data. Their ids are in here.",
    "Acts that left no mark in the history: the reading of a message that a tenant on trial kept back.",
    "A former number or address that is still to be told of its change: sealed, for minutes.",
    "What SIP servers are told of an ended registration (username and number): for 30 hours.",
    "Counters against misuse: they hold hashes of addresses, for two days at most.",
    "Files that were imported or exported: with their tenant, for a week.",
    "Logs: they hold ids, for 30 days. Back-ups: they hold what is in here, for 35 days.",
)


def _history(account: Account, cursor: str | None) -> tuple[list[Happened], str | None]:
    """As much of it as an answer holds, newest first, and where it goes on."""
    found: list[Happened] = []
    size = 0
    while size < LARGEST:
        page = history.page(account.tenant, account.id, cursor, paging.MAX_LIMIT)
        found += page.items
        size += len(msgspec.json.encode(page.items))
        cursor = page.cursor
        if cursor is None:
            break
    return found, cursor


def _within(items: Iterable[T]) -> tuple[list[T], int]:
    """The first of some things, as many as an answer holds, and how many were left out."""
    taken: list[T] = []
    size, left = 0, 0
    for item in items:
        size += len(msgspec.json.encode(item))
        if size <= LARGEST:
            taken.append(item)
        else:
            left += 1
    return taken, left


def _acts(account: Account, happened: Sequence[Happened], *, made_here: bool) -> tuple[list[Act], int]:
    """What operators did in the time of a page of the history, newest first, and how many stretches of it were not
    looked through. An act leaves its entry in the history, too: the trail is read around those."""
    moments = [each.at for each in happened if "by" in each.details or each.event not in OTHERS]
    if made_here:
        moments.append(account.created_at)
    windows = sorted(_windows(moments), reverse=True)
    found = {item.sk: item for window in windows[:MOST_LOOKS] for item in _entries(account, window)}
    acts = [_act(found[name]) for name in sorted(found, reverse=True)]
    return acts, max(len(windows) - MOST_LOOKS, 0)


OTHERS: Final = frozenset(  # what people, phones, providers and time do; where it was an operator it says `by`
    {
        *(f"message.{state}" for state in ("sent", "buffered", "delivered", "undelivered", "queued", "unknown")),
        *(f"message.{state}" for state in ("failed", "cancelled", "kept", "other_channel")),
        *("account.unreachable", "account.attention", "installation.clicked"),
        *(f"link.{what}" for what in ("opened", "claimed", "fetched", "fetched_again", "second_device", "not_me")),
        *(f"link.{what}" for what in ("code_sent", "code_failed", "locked", "asked_for_new", "reminded")),
        *("link.closed", "link.expired", "device.registered", "device.auth_failed"),
    }
)


def _windows(moments: Iterable[datetime]) -> Iterator[_Window]:
    """Stretches around some moments, those that touch as one; none across midnight: the trail is kept by day (UTC)."""
    stretch: _Window | None = None
    for moment in sorted(moments):
        around = _Window(moment - BESIDE, moment + BESIDE)
        if stretch is not None and around.begins <= stretch.ends:
            stretch = _Window(stretch.begins, around.ends)
            continue
        if stretch is not None:
            yield from _days(stretch)
        stretch = around
    if stretch is not None:
        yield from _days(stretch)


def _days(stretch: _Window) -> Iterator[_Window]:
    begins = stretch.begins
    while begins.date() < stretch.ends.date():
        midnight = (begins + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        yield _Window(begins, midnight - timedelta(milliseconds=1))
        begins = midnight
    yield _Window(begins, stretch.ends)


def _entries(account: Account, window: _Window) -> list[audit.Entry]:
    """The trail's entries about the account, and about its messages."""
    about = (audit.Entry.target == f"account/{account.id}") | audit.Entry.target.startswith(f"message/{account.id}-")
    between = audit.Entry.sk.between(clock.text(window.begins), key(clock.text(window.ends), "~"))
    return list(audit.Entry.query(key(account.tenant, window.begins.date().isoformat()), between, about))


def _act(entry: audit.Entry) -> Act:
    return Act(
        at=entry.at,
        operator_id=entry.operator,
        role=entry.role,
        action=entry.action,
        target=entry.target,
        before=entry.before,
        after=entry.after,
    )


def _installation(click: Click) -> Installation:
    return Installation(
        first_at=click.at,
        last_at=click.last_at,
        times=int(click.clicks),
        platform=click.platform,
        os_version=click.os_version,
        download_id=click.download_id,
        platforms=sorted(click.seen or ()),
    )


def _cut(what: str, number: int) -> list[str]:
    return (
        [f"The {number} oldest {what}: an answer holds no more. The account's {what} has them all."] if number else []
    )


def _not_looked(number: int) -> list[str]:
    return [f"Acts of {number} more moments of this part of the history: an answer looks no further."] if number else []
