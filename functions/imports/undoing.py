"""An import is undone: every account that it made is deleted, as though it had never been, so that the same file can
come again. Before, all of them are looked at (`looking`): where one person has activated, nothing is undone."""

from collections.abc import Iterable, Mapping
from typing import Final

from functions.accounts import many, standing
from functions.accounts.people import Account, devices_of
from functions.activation import links
from functions.common.errors import NotFound
from functions.imports import chunks, files, stages
from functions.imports.kept import Ref, Result
from functions.imports.models import Import
from functions.jobs.kinds import Piece, Running

LANES: Final = 8
MADE: Final = ("created", "adopted")
CLAIMED: Final = frozenset({"claimed", "fetched", "closed"})


class _JustNow(Exception):
    """Somebody has activated since it was looked."""


def advance(job: Running, lane: int, position: str | None) -> Piece:
    number = lane if position is None else int(position)
    stored = stages.at(job.tenant, job.about(Ref).import_id, job.id, "undoing")
    if stored is None or stored.found is None or number >= stored.found.chunks:
        return Piece(None, {}, True)
    counts = {"undone": 0, "kept": 0}
    for done, account in enumerate(made(stored, number), 1):
        counts["undone" if _undo(job, stored, account) else "kept"] += 1
        if done % 50 == 0:
            job.renew()
    following = number + LANES
    return Piece(str(following), counts, following >= stored.found.chunks)


def finish(job: Running, counts: Mapping[str, int]) -> None:
    import_id = job.about(Ref).import_id
    stored = stages.at(job.tenant, import_id, job.id, "undoing")
    if stored is not None:
        stages.over(stored, "undone", counts)
    ended = stages.find(job.tenant, import_id)
    if ended is not None and ended.state == "undone":
        stages.forget(ended)


def failed(job: Running) -> None:
    stages.given_up(job)


def made(stored: Import, number: int) -> list[Account]:
    """The accounts that a chunk of the import has made, deleted ones too; of a chunk that was not done to its end those
    that are there."""
    results = files.lines(f"{files.folder(stored.tenant, stored.id)}/results/{number:05}", Result)
    if results is not None:
        ids = [result.account_id for result in results if result.outcome in MADE and result.account_id]
    else:
        rows = chunks.read(stored, number)
        ids = [chunks.account_id(stored.id, row.line) for row in rows if row.values is not None]
    return list(many.by_id(stored.tenant, ids).values())


def claimed(stored: Import, accounts: Iterable[Account]) -> set[str]:
    """Which of these accounts somebody has activated: a link was claimed, or credentials given out since."""
    present = [account for account in accounts if account.standing != "deleted"]
    begun_with = _begun_with(stored)
    slots = [slot for of_account in devices_of(present).values() for slot in of_account]
    found = {slot.account_id for slot in slots if int(slot.epoch) > begun_with}
    live = links.several((slot.tenant, slot.account_id, slot.live_link) for slot in slots if slot.live_link)
    return found | {link.account_id for link in live if link.state in CLAIMED}


def _begun_with(stored: Import) -> int:
    """The epoch of the slots that the import made."""
    return 1 if stored.fields.mode == "adopt" else 0


def _undo(job: Running, stored: Import, account: Account) -> bool:
    """Whether the account goes. With it goes the tombstone of a username that nobody has ever had."""
    if account.standing != "deleted":

        def unclaimed(known: standing.Whole) -> None:
            if claimed(stored, [known.account]):
                raise _JustNow

        try:
            standing.delete(job.caller, account.id, unclaimed)
        except NotFound:
            pass  # an earlier try of this very piece has done it, or somebody else
        except _JustNow:
            return False
    many.free_usernames([account], _begun_with(stored))
    return True
