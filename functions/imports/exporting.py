"""An export: people as a file that can be imported again, with nothing in it that an import does not take.

Page by page to the bucket, then put together. Two ways to write it: for programs, and safe to open in a spreadsheet
(which would take a number that begins with + for a formula); both can be imported."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Final, Literal

import msgspec

from functions.accounts import many
from functions.accounts.groups import GROUPS
from functions.accounts.people import Account, standing
from functions.common import audit, clock, paging
from functions.common.caller import Caller
from functions.common.errors import Invalid, NotFound
from functions.common.requests import Replayed, RequestMark
from functions.common.transaction import commit
from functions.common.types import Id, Moment
from functions.imports import files
from functions.imports.columns import ADOPTING, COLUMNS
from functions.imports.rows import fold
from functions.imports.writing import cells_of, encode
from functions.jobs import work
from functions.jobs.kinds import Piece, Running
from functions.provisioning.profiles import PROFILES

KIND: Final = "export"
LANES: Final = 1
NAMES: Final = tuple(name for name in COLUMNS if name not in ADOPTING)
KEPT: Final = timedelta(days=7)  # as long as the bucket keeps it


DELIMITERS: Final = {"comma": ",", "semicolon": ";", "tab": "\t"}
RENEWED: Final = 20  # parts between two signs of life


class NewExport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to export: a group's accounts, or all that you may see."""

    group_id: Id | None = None
    spreadsheet_safe: Annotated[
        bool,
        msgspec.Meta(
            description="To be opened in a spreadsheet; otherwise for programs, with no apostrophe before numbers. "
            "Both can be imported"
        ),
    ] = True
    delimiter: Annotated[
        Literal["comma", "semicolon", "tab"],
        msgspec.Meta(description="Spreadsheets take the one of their country: a semicolon where decimals have commas"),
    ] = "comma"


class ShownExport(msgspec.Struct, frozen=True, kw_only=True):
    """How far an export is. `download`: once it is done, for as long as it is kept."""

    id: Id
    state: work.State
    group_id: Id | None
    spreadsheet_safe: bool
    accounts: int
    download: files.FileDownload | None
    created_at: Moment


def create(caller: Caller, wanted: NewExport, mark: RequestMark) -> ShownExport:
    """Raises Invalid."""
    if wanted.group_id is not None and (
        not caller.sees(wanted.group_id) or GROUPS.find(caller.tenant, wanted.group_id) is None
    ):
        raise Invalid("There is no group with this id.", field="group_id")
    export_id = mark.id(KIND)
    try:
        mark.check()
        after = msgspec.to_builtins(wanted)
        entry = audit.entry(caller, "export.create", f"export/{export_id}", after=after)
        commit([*work.begin(caller.tenant, export_id, KIND, caller, wanted), entry, *mark.steps()])
        work.enqueue_all(caller.tenant, export_id, KIND)
    except Replayed:
        pass
    return show(caller, export_id)


def show(caller: Caller, export_id: str) -> ShownExport:
    """Raises NotFound; also for one that another operator asked for, who may see other groups."""
    job = work.look(caller.tenant, export_id, KIND)
    if job is None or not _may_see(caller, job):
        raise NotFound("There is no export with this id.", field="export_id")
    wanted = job.about(NewExport)
    there = job.state == "done" and clock.now() < job.changed_at + KEPT
    return ShownExport(
        id=export_id,
        state=job.state,
        group_id=wanted.group_id,
        spreadsheet_safe=wanted.spreadsheet_safe,
        accounts=job.counts.get("accounts", 0),
        download=files.download(_file(caller.tenant, export_id), "accounts.csv") if there else None,
        created_at=job.created_at,
    )


def advance(job: Running, _lane: int, position: str | None) -> Piece:
    """Some pages of accounts, in the order of their names."""
    wanted = job.about(NewExport)
    number, cursor = msgspec.json.decode(position, type=tuple[int, str | None]) if position else (0, None)
    page = many.page(job.tenant, wanted.group_id, cursor, paging.MAX_LIMIT)
    names = Names(job.tenant)
    kept = [
        cells(account, names)
        for account in page.items
        if standing(account) == "enabled" and job.caller.sees(account.group_id)
    ]
    files.put_lines(_part(job.tenant, job.id, number), kept)
    following = msgspec.json.encode((number + 1, page.cursor)).decode()
    return Piece(following, {"accounts": len(kept), "parts": 1}, page.cursor is None)


def finish(job: Running, counts: Mapping[str, int]) -> None:
    wanted, parts = job.about(NewExport), counts.get("parts", 0)

    def lines() -> Iterator[list[str]]:
        yield list(NAMES)
        for number in range(parts):
            if number % RENEWED == 0:
                job.renew()
            yield from files.must_have(_part(job.tenant, job.id, number), list[str])

    content = encode(lines(), spreadsheet_safe=wanted.spreadsheet_safe, delimiter=DELIMITERS[wanted.delimiter])
    files.assemble(_file(job.tenant, job.id), content)


def failed(job: Running) -> None:
    """The job's own state says it."""


class Names:
    """Groups and profiles by name where it is theirs alone: a file that names them is read in another tenant, too."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant
        self.groups = _unique({each.id: each.fields.name for each in GROUPS.all(tenant)})
        self.profiles = _unique({each.id: each.fields.name for each in PROFILES.all(tenant)})


def _unique(names: Mapping[str, str]) -> dict[str, str]:
    folded = [fold(name) for name in names.values()]
    return {id_: name if folded.count(fold(name)) == 1 else id_ for id_, name in names.items()}


def cells(account: Account, names: Names) -> list[str]:
    """An account as a row of `NAMES`."""
    values: dict[str, object] = {
        column.field: getattr(account, column.field) for column in COLUMNS.values() if column.name in NAMES
    }
    values["group_id"] = names.groups.get(account.group_id, account.group_id)
    if account.profile_id is not None:
        values["profile_id"] = names.profiles.get(account.profile_id, account.profile_id)
    return cells_of(values, NAMES)


def _may_see(caller: Caller, job: work.Progress) -> bool:
    return caller.groups is None or job.caller.operator == caller.operator


def _file(tenant: str, export_id: str) -> str:
    return f"{tenant}/exports/{export_id}/accounts.csv"


def _part(tenant: str, export_id: str, number: int) -> str:
    return f"{tenant}/exports/{export_id}/parts/{number:05}"
