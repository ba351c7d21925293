"""Extend many accounts at once: those that expire before a moment, of a group or of all that the operator may see."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Final

import msgspec

from functions.accounts import extend
from functions.accounts.extend import Extension
from functions.accounts.groups import GROUPS
from functions.accounts.people import Account, find
from functions.common import audit, clock
from functions.common.caller import Caller
from functions.common.errors import Invalid, NotFound, Problem, Unavailable
from functions.common.requests import Replayed, RequestMark
from functions.common.transaction import commit
from functions.common.types import Id, Moment
from functions.jobs import work
from functions.jobs.kinds import Piece, Running

KIND: Final = "extension"
LANES: Final = 1
PAGE: Final = 100  # accounts of a piece
COUNTS: Final = ("extended", "revived", "expired", "unchanged", "left")


class Extensions(Extension, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which accounts, and until when: name the accounts, or the moment before which they expire."""

    account_ids: Annotated[
        Annotated[list[Id], msgspec.Meta(min_length=1, max_length=500)] | None, msgspec.Meta(description="These")
    ] = None
    expiring_before: Moment | None = None
    group_id: Annotated[Id | None, msgspec.Meta(description="With expiring_before: of this group alone")] = None
    include_expired: Annotated[
        bool,
        msgspec.Meta(
            description="With expiring_before: those, too, that have expired already; they are enabled again. "
            "Accounts that are named are extended in any case"
        ),
    ] = False
    dry_run: Annotated[bool, msgspec.Meta(description="Changes no account, and counts what would change")] = False


class ShownExtensions(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is. `done`: accounts extended; revived, those of them that had expired; expired, those passed over
    because they had; unchanged, because they expire later already; left, because that was refused (deleted meanwhile,
    for example). With `dry_run`, what would be so: nothing has changed."""

    id: Id
    state: work.State
    dry_run: bool
    done: dict[str, int]
    created_at: Moment


def create(caller: Caller, wanted: Extensions, mark: RequestMark) -> ShownExtensions:
    """Raises Invalid."""
    _check(caller, wanted)
    job = mark.id(KIND)
    try:
        mark.check()
        after = msgspec.to_builtins(wanted)
        entry = audit.entry(caller, "extension.create", f"extension/{job}", after=after)
        commit([*work.begin(caller.tenant, job, KIND, caller, wanted), entry, *mark.steps()])
        work.enqueue_all(caller.tenant, job, KIND)
    except Replayed:
        pass
    return show(caller, job)


def show(caller: Caller, job_id: str) -> ShownExtensions:
    """Raises NotFound."""
    job = work.look(caller.tenant, job_id, KIND)
    if job is None:
        raise NotFound("There is no extension with this id.", field="extension_id")
    dry_run = job.about(Extensions).dry_run
    return ShownExtensions(id=job_id, state=job.state, dry_run=dry_run, done=job.counts, created_at=job.created_at)


def advance(job: Running, _lane: int, position: str | None) -> Piece:
    wanted = job.about(Extensions)
    if wanted.account_ids is not None:
        begin = int(position or 0)
        ids = wanted.account_ids[begin : begin + PAGE]
        found = [find(job.tenant, each) for each in ids]
        counts = _extend(job, wanted, [account for account in found if account is not None])
        counts["left"] += found.count(None)
        following = begin + PAGE
        return Piece(str(following), counts, following >= len(wanted.account_ids))
    assert wanted.expiring_before is not None  # checked when it was asked for
    page = extend.expiring_page(job.tenant, wanted.group_id, wanted.expiring_before, position, PAGE)
    return Piece(page.cursor, _extend(job, wanted, page.items), page.cursor is None)


def finish(job: Running, counts: Mapping[str, int]) -> None:
    """Nothing is left to do."""


def failed(job: Running) -> None:
    """The job's own state says it."""


def _extend(job: Running, wanted: Extensions, accounts: Iterable[Account]) -> dict[str, int]:
    counts, named, now = dict.fromkeys(COUNTS, 0), wanted.account_ids is not None, clock.now()
    for account in accounts:
        if not job.caller.sees(account.group_id):
            counts["left"] += named
            continue
        over = account.expires_at is not None and account.expires_at <= now
        if over and not named and not wanted.include_expired:
            counts["expired"] += 1
            continue
        before = account.expires_at
        try:
            after = _until(job, wanted, account, now)
        except Unavailable:
            raise
        except Problem:
            counts["left"] += 1
        else:
            counts["extended" if after != before else "unchanged"] += 1
            counts["revived"] += over and after != before
    return counts


def _until(job: Running, wanted: Extensions, account: Account, now: datetime) -> datetime | None:
    """When the account expires now; in a dry run, when it would."""
    until = Extension(until=wanted.until, days=wanted.days, never=wanted.never)
    if wanted.dry_run:
        return extend.expiry(account.expires_at, until, now)
    once = RequestMark(job.caller, f"{KIND} {job.id}", account.id, b"")  # a piece may be done twice
    return extend.extend(job.caller, account.id, until, once).expires_at


def _check(caller: Caller, wanted: Extensions) -> None:
    if (wanted.account_ids is None) == (wanted.expiring_before is None):
        raise Invalid("Send either account_ids or expiring_before.", field="account_ids")
    if wanted.account_ids is not None and wanted.group_id is not None:
        raise Invalid("This goes with expiring_before.", field="group_id")
    if wanted.group_id is not None and (
        not caller.sees(wanted.group_id) or GROUPS.find(caller.tenant, wanted.group_id) is None
    ):
        raise Invalid("There is no group with this id.", field="group_id")
    extend.check(Extension(until=wanted.until, days=wanted.days, never=wanted.never))
