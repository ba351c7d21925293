"""An import of people who are adopted waits a day for its check, a day for its start, and no longer: HA1s are in it."""

from collections.abc import Mapping
from typing import Final

from functions.imports import stages
from functions.imports.kept import Waiting
from functions.jobs.kinds import Piece, Running

LANES: Final = 1


def advance(job: Running, _lane: int, _position: str | None) -> Piece:
    stages.lapse(job.tenant, job.about(Waiting))
    return Piece(None, {}, True)


def finish(job: Running, _counts: Mapping[str, int]) -> None:
    """There is nothing to put together."""


def failed(job: Running) -> None:
    """The bucket's own rule removes the files."""
