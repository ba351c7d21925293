"""An import is undone: every account that it made is deleted, as though it had never been, so that the same file can
come again. Before, all of them are looked at (`looking`): where one person has activated, nothing is undone."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from pynamodb.exceptions import DeleteError

from functions.accounts import standing
from functions.accounts.models import Account, Device, account_key, device_key, digest_user
from functions.activation.models import Link, link_key
from functions.common.errors import NotFound
from functions.common.table import CONDITION_FAILED
from functions.imports import files, stages
from functions.imports.kept import Ref, Result
from functions.imports.models import Import
from functions.jobs.kinds import Piece, Running

LANES: Final = 8
MADE: Final = ("created", "adopted")
CLAIMED: Final = frozenset({"claimed", "fetched", "closed"})


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
    stored = stages.at(job.tenant, job.about(Ref).import_id, job.id, "undoing")
    if stored is not None:
        stages.over(stored, "undone", counts)


def failed(job: Running) -> None:
    stages.given_up(job.tenant, job.about(Ref).import_id)


def made(stored: Import, number: int) -> list[Account]:
    """The accounts that a chunk of the import has made, deleted ones too."""
    results = files.must_have(f"{files.folder(stored.tenant, stored.id)}/results/{number:05}", Result)
    ids = [result.account_id for result in results if result.outcome in MADE and result.account_id]
    keys = [(account_key(stored.tenant, each), "-") for each in ids]
    return list(Account.batch_get(keys, consistent_read=True)) if keys else []


def claimed(stored: Import, accounts: Sequence[Account]) -> set[str]:
    """Which of these accounts somebody has activated: a link was claimed, or credentials given out since."""
    present = [account for account in accounts if account.standing != "deleted"]
    begun_with = _begun_with(stored)
    slots = _slots(present)
    found = {slot.account_id for slot in slots if int(slot.epoch) > begun_with}
    keys = [(link_key(slot.tenant, slot.account_id), slot.live_link) for slot in slots if slot.live_link]
    links: Iterable[Link] = Link.batch_get(keys, consistent_read=True) if keys else ()
    return found | {link.account_id for link in links if link.state in CLAIMED}


def _slots(accounts: Iterable[Account]) -> list[Device]:
    keys = [
        (device_key(account.tenant, account.domain, digest_user(account.username, number)), "-")
        for account in accounts
        for number in range(1, int(account.slots) + 1)
    ]
    return list(Device.batch_get(keys, consistent_read=True)) if keys else []


def _begun_with(stored: Import) -> int:
    """The epoch of the slots that the import made."""
    return 1 if stored.fields.mode == "adopt" else 0


def _undo(job: Running, stored: Import, account: Account) -> bool:
    """Whether the account goes. With it goes the tombstone of a username that nobody has ever had: a deletion counts
    the epoch on by one, and a phone that came in between by one more."""
    if account.standing != "deleted":
        if claimed(stored, [account]):  # just now
            return False
        with suppress(NotFound):  # an earlier try of this very piece has done it, or somebody else
            standing.delete(job.caller, account.id)
    for slot in _slots([account]):
        try:
            slot.delete(condition=(Device.epoch <= _begun_with(stored) + 1) & (Device.standing == "deleted"))
        except DeleteError as error:
            if error.cause_response_code != CONDITION_FAILED:
                raise
    return True
