"""Activation links as other capabilities need them: found, addressed, checked, ended."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, NamedTuple

import msgspec

from functions.accounts import history
from functions.activation.models import SHARDS, Nonce, TokenHash, found_by, link_key, nonce_key
from functions.activation.models import Link as Link  # what this module gives has this type
from functions.common import aws, clock, ids, keyring, settings
from functions.common.errors import Changed, Conflict, NotFound, TooMany
from functions.common.network import shortened
from functions.common.table import read, update
from functions.common.transaction import Check, Step, Update, commit
from functions.common.types import Id, Moment
from functions.installation import links as installation
from functions.tenants import hostnames

RING: Final = "SECRET_LINKS"
PURPOSE: Final = "act"
TOMBSTONE: Final = timedelta(days=90)  # a dead link answers 410 for as long
UNSENT: Final = timedelta(hours=72)  # how long a link waits for its first message
CLEANED_AGAIN: Final = 15 * 60  # seconds after its end, when upkeep deletes a link's leavings once more
LIVE: Final = ("live", "claimed")
UNUSED: Final = (*LIVE, "locked")
OPEN: Final = (*UNUSED, "fetched")

WITHOUT_TAP: Final = frozenset({"direct", "managed"})  # policies under which whoever opens the link gets the file

State = Literal["live", "claimed", "fetched", "closed", "expired", "revoked", "superseded", "locked"]


class ShownLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link as operators see it: never its address."""

    id: Id
    slot: int
    state: State
    policy: Literal["tap", "code", "direct", "desk", "spoken", "managed"]
    issued_at: Moment
    expires_at: Moment
    sent_at: Moment | None
    opened_at: Moment | None
    claimed_at: Moment | None
    claimed_by: str | None
    claimed_from: str | None
    fetched_at: Moment | None
    fetches: int
    code_tries: int  # wrong ones since the last unlocking
    ended_at: Moment | None


class AskedAlready(TooMany):
    """Another link was asked for in place of this one a while ago."""

    message = "A new link was asked for already."


class Addressed(NamedTuple):
    """A link that is found by its token, and its URL."""

    link: Link
    url: str


class LinkNotLive(Conflict):
    code = "link_not_live"
    message = "There is no live activation link. Issue a new one."


def find(tenant: str, account_id: str, link_id: str) -> Link | None:
    return read(Link, link_key(tenant, account_id), link_id)


def several(wanted: Iterable[tuple[str, str, str]]) -> list[Link]:
    """Those that exist of many links, each by tenant, account and id; a hundred in one read."""
    keys = [(link_key(tenant, account_id), link_id) for tenant, account_id, link_id in wanted]
    return list(Link.batch_get(keys, consistent_read=True)) if keys else []


def bearing(version: str, enough: Callable[[], bool]) -> bool:
    """Whether an open link bears this version of the keyring; also where there was no time to look at all of them.
    Every open link is in the index of what upkeep looks after."""
    open_ = (Link.key_version == version) & Link.state.is_in(*OPEN)
    for number in range(SHARDS):
        found = Link.due.query(str(number), filter_condition=open_, limit=1)
        if next(iter(found), None) is not None or enough():
            return True
    return False


def by_token(token: str) -> Link:
    """The link of a token, whatever its state. Raises NotFound."""
    found = read(TokenHash, found_by(PURPOSE, token))
    link = find(found.tenant, found.account_id, found.link_id) if found is not None else None
    if link is None:
        raise NotFound("This link is not known. Check that it was copied whole.")
    return link


def restored(link: Link) -> bool:
    """Whether the link is older than the tables' last restore from a back-up, which may have brought it back to
    life."""
    return int(link.issued_at.timestamp()) < int(settings.optional("RESTORE_EPOCH") or 0)


def for_account(tenant: str, account_id: str) -> list[Link]:
    """All links of an account, newest first."""
    found = Link.query(link_key(tenant, account_id), consistent_read=True)
    return sorted(found, key=lambda link: link.issued_at, reverse=True)


def address(tenant: str, account_id: str, link_id: str) -> str:
    """The link's URL: see `addressed`."""
    return addressed(tenant, account_id, link_id).url


def addressed(tenant: str, account_id: str, link_id: str) -> Addressed:
    """The link with its URL, under the tenant's live host; from now on it is found by its token. Repeatable: always the
    same URL.

    Raises LinkNotLive, NotReady."""
    link = find(tenant, account_id, link_id)
    if link is None or not waiting(link):
        raise LinkNotLive
    base = hostnames.base_url(tenant, "links")
    derived = keyring.token(RING, PURPOSE, link.id, version=link.key_version)
    if link.key_version is None:
        item = TokenHash(
            pk=found_by(PURPOSE, derived.text),
            sk="-",
            tenant=tenant,
            account_id=account_id,
            link_id=link_id,
            ttl=int(link.expires_at) + int(TOMBSTONE.total_seconds()),
        )
        item.save()
        installation.findable(tenant, account_id)  # so that the page can say where the app is
        link.update([Link.key_version.set(derived.version)], Link.pk.exists())
    return Addressed(link, f"{base}/a/{derived.text}")


def path(link: Link) -> str:
    """Its path, for somebody who has proven to be the one it is for. Only of a link that has an address."""
    return f"/a/{keyring.token(RING, PURPOSE, link.id, version=link.key_version).text}"


def check_live(tenant: str, account_id: str, link_id: str) -> Step:
    """A step: the link still waits for its phone when the transaction commits; raises LinkNotLive there."""
    item = Link(pk=link_key(tenant, account_id), sk=link_id)
    usable = Link.state.is_in(*LIVE) & (Link.expires_at > clock.epoch())
    return Check(item=item, condition=usable, otherwise=LinkNotLive())


def accepted(link: Link | None, at: datetime) -> None:
    """A provider took a message with this link, as it was lately: at the first time its life begins."""
    if link is None or link.sent_at is not None or link.state not in LIVE:
        return
    from functions.activation import stuck  # which knows what a link is

    ends = int(at.timestamp()) + int(link.lifetime)
    look = stuck.next_look(link, sent_at=at, expires_at=ends)
    actions = [Link.sent_at.set(at), Link.expires_at.set(ends), Link.due_at.set(look)]
    with suppress(LinkNotLive):  # another message was faster, or the link has ended: both are fine
        update(link, actions, Link.sent_at.does_not_exist() & Link.state.is_in(*LIVE), LinkNotLive())


def opened(link: Link, kind: str) -> None:
    """A person has the link's page before them, on a device of this kind: noted once. No decision reads it."""
    if link.opened_at is not None:
        return
    from functions.activation import stuck  # which knows what a link is

    now = clock.now()
    seen = Update(
        item=link,
        actions=[Link.opened_at.set(now), Link.due_at.set(stuck.next_look(link, opened_at=now))],
        condition=Link.opened_at.does_not_exist() & Link.state.is_in(*UNUSED),
        otherwise=LinkNotLive(),
    )
    with suppress(LinkNotLive):
        commit([seen, history.step(link.tenant, link.account_id, "link.opened", link=link.id, device=kind)])


def waiting(link: Link) -> bool:
    """Whether any phone may still take it: nothing was fetched, and its time is not over."""
    return link.state in LIVE and link.expires_at > clock.epoch() and not restored(link)


def forget_secrets(link: Link) -> None:
    """Deletes what a link leaves: its file and its nonces. Afterwards its password cannot be produced again."""
    if link.claim is not None:
        Nonce(pk=nonce_key(link.tenant, link.id), sk=link.claim).delete()
        aws.files().delete_object(Bucket=settings.setting("BUCKET_FILES"), Key=file_key(link, link.claim))


def forget_browsers(tenant: str, account_id: str, before: datetime | None, *, dry_run: bool = False) -> int:
    """Forgets what the browsers that took links before a moment called themselves, and cuts their networks; with None
    forgets both, of all links. How many links. Repeatable."""
    forgotten = 0
    known = Link.claimed_by.exists() | Link.claimed_from.exists() if before is None else Link.claimed_by.exists()
    for link in Link.query(link_key(tenant, account_id), filter_condition=known, consistent_read=True):
        if before is not None and link.claimed_at is not None and link.claimed_at >= before:
            continue
        forgotten += 1
        if not dry_run:
            cut = shortened(link.claimed_from or "") if before is not None else ""
            place = Link.claimed_from.set(cut) if cut else Link.claimed_from.remove()
            same = Link.claim == link.claim if link.claim is not None else Link.claim.does_not_exist()
            with suppress(Changed):  # another browser has it now
                update(link, [Link.claimed_by.remove(), place], same, Changed())
    return forgotten


def file_key(link: Link, claim: str) -> str:
    """Where a claim's file lies: a re-issued or superseded link never reuses it."""
    return f"{link.tenant}/{link.id}/{claim}"


def shard(link_id: str) -> str:
    return str(ids.ALPHABET.index(link_id[0]) % SHARDS)


def shown_state(link: Link) -> str:
    """Its state as it is now: one whose time is over has expired, whoever has noticed it."""
    over = link.expires_at <= clock.epoch() or restored(link)
    return "expired" if link.state in UNUSED and over else link.state


def show(link: Link) -> ShownLink:
    state = shown_state(link)
    return ShownLink(
        id=link.id,
        slot=int(link.slot),
        state=state,  # type: ignore[arg-type]
        policy=link.policy,  # type: ignore[arg-type]
        issued_at=link.issued_at,
        expires_at=datetime.fromtimestamp(int(link.expires_at), UTC),
        sent_at=link.sent_at,
        opened_at=link.opened_at,
        claimed_at=link.claimed_at,
        claimed_by=link.claimed_by,
        claimed_from=link.claimed_from,
        fetched_at=link.fetched_at,
        fetches=int(link.fetches),
        code_tries=int(link.code_tries),
        ended_at=link.ended_at,
    )
