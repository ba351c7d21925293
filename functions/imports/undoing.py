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
    stored = stages.find(job.tenant, job.about(Ref).import_id)
    if stored is None or stored.found is None or stored.state != "undoing" or number >= stored.found.chunks:
        return Piece(None, {}, True)
    accounts = made(stored, number)
    kept = claimed(stored, accounts)
    gone = 0
    for count, account in enumerate(accounts, 1):
        if account.id not in kept:
            _undo(job, account)
            gone += 1
        if count % 50 == 0:
            job.renew()
    following = number + LANES
    return Piece(str(following), {"undone": gone, "kept": len(kept)}, following >= stored.found.chunks)


def finish(job: Running, counts: Mapping[str, int]) -> None:
    stored = stages.find(job.tenant, job.about(Ref).import_id)
    if stored is not None and stored.state == "undoing":
        stages.over(stored, "undone", counts)


def failed(job: Running) -> None:
    stages.given_up(job.tenant, job.about(Ref).import_id)


def made(stored: Import, number: int) -> list[Account]:
    """The accounts that a chunk of the import has made, deleted ones too."""
    results = files.lines(f"{files.folder(stored.tenant, stored.id)}/results/{number:05}", Result) or []
    ids = [result.account_id for result in results if result.outcome in MADE and result.account_id]
    keys = [(account_key(stored.tenant, each), "-") for each in ids]
    return list(Account.batch_get(keys, consistent_read=True)) if keys else []


def claimed(stored: Import, accounts: Sequence[Account]) -> set[str]:
    """Which of these accounts somebody has activated: a link was claimed, or credentials given out since."""
    present = [account for account in accounts if account.standing != "deleted"]
    begun_with = 1 if stored.fields.mode == "adopt" else 0
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


def _undo(job: Running, account: Account) -> None:
    """The account goes, and with it the tombstone of a username that nobody has ever had."""
    with suppress(NotFound):  # an earlier try of this very piece has done it, or somebody else
        standing.delete(job.caller, account.id)
    for slot in _slots([account]):
        try:
            slot.delete(condition=(Device.epoch == slot.epoch) & (Device.standing == "deleted"))
        except DeleteError as error:
            if error.cause_response_code != CONDITION_FAILED:
                raise
