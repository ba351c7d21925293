"""Extend many accounts at once: those that expire before a moment, of a group or of all that the operator may see."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal

import msgspec

from functions.accounts import extend
from functions.accounts.extend import Extension
from functions.accounts.groups import GROUPS
from functions.accounts.models import Account
from functions.accounts.people import find
from functions.common import audit
from functions.common.caller import Caller
from functions.common.errors import Invalid, NotFound, Problem, Unavailable
from functions.common.requests import Replayed, RequestMark
from functions.common.table import read
from functions.common.transaction import commit
from functions.common.types import Id, Moment
from functions.jobs import work
from functions.jobs.kinds import Piece, Running
from functions.jobs.models import Job, job_key

KIND: Final = "extension"
LANES: Final = 1
PAGE: Final = 100  # accounts of a piece


class Extensions(Extension, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which accounts, and until when: name the accounts, or the moment before which they expire (those that have
    expired already included)."""

    account_ids: Annotated[
        Annotated[list[Id], msgspec.Meta(min_length=1, max_length=500)] | None, msgspec.Meta(description="These")
    ] = None
    expiring_before: Moment | None = None
    group_id: Annotated[Id | None, msgspec.Meta(description="With expiring_before: of this group alone")] = None


class ShownExtensions(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is. `done`: accounts extended; unchanged, because they expire later already; left, because that was
    refused (deleted meanwhile, for example)."""

    id: Id
    state: Literal["running", "done", "failed"]
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
    job = read(Job, job_key(caller.tenant, job_id))
    standing = work.standing(caller.tenant, job_id)
    if job is None or standing is None or job.kind != KIND:
        raise NotFound("There is no extension with this id.", field="extension_id")
    state: Literal["running", "done", "failed"] = (
        "done" if job.state == "done" else "running" if job.state == "running" else "failed"
    )
    return ShownExtensions(id=job.id, state=state, done=standing.counts, created_at=job.created_at)


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
    counts = {"extended": 0, "unchanged": 0, "left": 0}
    until = Extension(until=wanted.until, days=wanted.days, never=wanted.never)
    for account in accounts:
        if not job.caller.sees(account.group_id):
            counts["left"] += wanted.account_ids is not None
            continue
        once = RequestMark(job.caller, f"{KIND} {job.id}", account.id, b"")  # a piece may be done twice
        try:
            after = extend.extend(job.caller, account.id, until, once)
        except Unavailable:
            raise
        except Problem:
            counts["left"] += 1
        else:
            counts["extended" if after.expires_at != account.expires_at else "unchanged"] += 1
    return counts


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
