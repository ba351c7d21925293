"""Before an import is undone: has anybody whom it made activated already?"""

from collections.abc import Mapping
from typing import Final

from functions.imports import stages, undoing
from functions.imports.kept import Ref
from functions.jobs.kinds import Piece, Running

LANES: Final = 1


def advance(job: Running, _lane: int, position: str | None) -> Piece:
    number = int(position or 0)
    stored = stages.at(job.tenant, job.about(Ref).import_id, job.id, "looking")
    if stored is None or stored.found is None or number >= stored.found.chunks:
        return Piece(None, {}, True)
    claimed = len(undoing.claimed(stored, undoing.made(stored, number)))
    return Piece(str(number + 1), {"claimed": claimed}, number + 1 >= stored.found.chunks)


def finish(job: Running, counts: Mapping[str, int]) -> None:
    stored = stages.at(job.tenant, job.about(Ref).import_id, job.id, "looking")
    if stored is not None:
        stages.look_over(stored, counts.get("claimed", 0))


def failed(job: Running) -> None:
    stages.given_up(job)
