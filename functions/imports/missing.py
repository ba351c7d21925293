"""Who is missing from a sync's file is disabled, when an operator has said so: nobody whose account has changed since
the file was read."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from functions.accounts import many, standing
from functions.common.errors import NotFound
from functions.imports import files, stages
from functions.imports.kept import Missed, Ref
from functions.jobs.kinds import Piece, Running

LANES: Final = 1


def advance(job: Running, _lane: int, position: str | None) -> Piece:
    number = int(position or 0)
    stored = stages.at(job.tenant, job.about(Ref).import_id, job.id, "disabling")
    if stored is None or stored.found is None or number >= stored.found.missing_pages:
        return Piece(None, {}, True)
    assert stored.checked_at is not None  # the check has set it
    listed = files.must_have(f"{files.folder(stored.tenant, stored.id)}/missing/{number:05}", Missed)
    accounts = many.by_id(stored.tenant, [each.account_id for each in listed])
    counts = {"disabled": 0, "kept": 0}
    for done, account in enumerate(accounts.values(), 1):
        if account.standing == "enabled" and account.changed_at <= stored.checked_at:
            with suppress(NotFound):  # deleted at this moment
                standing.disable(job.caller, account.id)
            counts["disabled"] += 1
        elif account.standing == "enabled":
            counts["kept"] += 1
        if done % 50 == 0:
            job.renew()
    return Piece(str(number + 1), counts, number + 1 >= stored.found.missing_pages)


def finish(job: Running, counts: Mapping[str, int]) -> None:
    stored = stages.at(job.tenant, job.about(Ref).import_id, job.id, "disabling")
    if stored is not None:
        stages.over(stored, "done", counts)


def failed(job: Running) -> None:
    stages.given_up(job)
