"""A row on its way: as it was read and judged, and what has become of it. Lines of JSON in the bucket."""

from typing import Literal

import msgspec

from functions.common.types import Id
from functions.imports.rows import CellProblem, Values

Judgement = Literal["create", "change", "unchanged", "problem"]
Outcome = Literal["created", "adopted", "changed", "unchanged", "problem", "cancelled"]


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """A row as it was read. It may hold HA1s."""

    line: int
    cells: list[str]
    values: Values | None
    would: Judgement
    problems: list[CellProblem] = []


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What has become of a row; no HA1."""

    line: int
    cells: list[str]
    outcome: Outcome
    account_id: str | None = None
    problems: list[CellProblem] = []


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """A row with problems, as the API shows it: its cells by column, without HA1s."""

    line: int
    cells: dict[str, str]
    problems: list[CellProblem]


class Difference(msgspec.Struct, frozen=True):
    """What a column says before and after, as a file has it; empty where there is nothing."""

    before: str
    after: str


class Changing(msgspec.Struct, frozen=True, kw_only=True):
    """A row that would change somebody: what of them, by column. No secret: those never change."""

    line: int
    account_id: Id
    columns: dict[str, Difference]


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """An account that the file does not have."""

    account_id: Id
    full_name: str
    number: str


class Ref(msgspec.Struct, frozen=True, kw_only=True):
    """What a job of an import is about."""

    import_id: str


Waits = Literal["awaiting_file", "checked"]


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """What the job is about that ends an import's waiting: in this state it was when the job was begun."""

    import_id: str
    state: Waits
