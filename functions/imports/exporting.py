"""An export: people as a file that can be imported again, with nothing in it that an import does not take.

Page by page to the bucket, then put together. Two ways to write it: for programs, and safe to open in a spreadsheet
(which would take a number that begins with + for a formula); both can be imported."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, Final, Literal

import msgspec

from functions.accounts.groups import GROUPS
from functions.accounts.models import Account
from functions.accounts.people import standing
from functions.common import audit, clock, paging
from functions.common.caller import Caller
from functions.common.errors import Invalid, NotFound
from functions.common.requests import Replayed, RequestMark
from functions.common.table import key as joined
from functions.common.table import read
from functions.common.transaction import commit
from functions.common.types import Id, Moment
from functions.imports import files
from functions.imports.columns import ADOPTING, COLUMNS
from functions.imports.rows import fold
from functions.imports.writing import cells_of, encode
from functions.jobs import work
from functions.jobs.kinds import Piece, Running
from functions.jobs.models import Job, job_key
from functions.provisioning.profiles import PROFILES

LANES: Final = 1
NAMES: Final = tuple(name for name in COLUMNS if name not in ADOPTING)
KEPT: Final = timedelta(days=7)  # as long as the bucket keeps it


DELIMITERS: Final = {"comma": ",", "semicolon": ";", "tab": "\t"}
RENEWED: Final = 20  # parts between two signs of life


class NewExport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to export: a group's accounts, or all that you may see."""

    group_id: Id | None = None
    spreadsheet_safe: Annotated[
        bool, msgspec.Meta(description="To be opened in a spreadsheet; otherwise for programs. Both can be imported")
    ] = True
    delimiter: Annotated[
        Literal["comma", "semicolon", "tab"],
        msgspec.Meta(description="Spreadsheets take the one of their country: a semicolon where decimals have commas"),
    ] = "comma"


class ShownExport(msgspec.Struct, frozen=True, kw_only=True):
    """How far an export is. `download`: once it is done, for as long as it is kept."""

    id: Id
    state: Literal["running", "done", "failed"]
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
    export_id = mark.id("export")
    try:
        mark.check()
        after = msgspec.to_builtins(wanted)
        entry = audit.entry(caller, "export.create", f"export/{export_id}", after=after)
        commit([*work.begin(caller.tenant, export_id, "export", caller, wanted), entry, *mark.steps()])
        work.enqueue_all(caller.tenant, export_id, "export")
    except Replayed:
        pass
    return show(caller, export_id)


def show(caller: Caller, export_id: str) -> ShownExport:
    """Raises NotFound; also for one that another operator asked for, who may see other groups."""
    job = read(Job, job_key(caller.tenant, export_id))
    if job is None or job.kind != "export" or not _may_see(caller, job):
        raise NotFound("There is no export with this id.", field="export_id")
    wanted = msgspec.json.decode(job.about, type=NewExport)
    counts = work.standing(caller.tenant, export_id)
    done = job.state == "done" and clock.now() < job.changed_at + KEPT
    return ShownExport(
        id=job.id,
        state="done" if job.state == "done" else "running" if job.state == "running" else "failed",
        group_id=wanted.group_id,
        spreadsheet_safe=wanted.spreadsheet_safe,
        accounts=counts.counts.get("accounts", 0) if counts is not None else 0,
        download=files.download(_file(job.tenant, job.id), "accounts.csv") if done else None,
        created_at=job.created_at,
    )


def advance(job: Running, _lane: int, position: str | None) -> Piece:
    """Some pages of accounts, in the order of their names."""
    wanted = job.about(NewExport)
    number, cursor = msgspec.json.decode(position, type=tuple[int, str | None]) if position else (0, None)
    index: Any = Account.by_group if wanted.group_id is not None else Account.by_name
    pk = joined(job.tenant, wanted.group_id) if wanted.group_id is not None else job.tenant
    page = paging.query(Account, pk, cursor=cursor, limit=paging.MAX_LIMIT, index=index)
    names = _Names(job.tenant)
    kept = [
        _cells(account, names)
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


class _Names:
    """Groups and profiles by name where it is theirs alone: a file that names them is read in another tenant, too."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant
        self.groups = _unique({each.id: each.fields.name for each in GROUPS.all(tenant)})
        self.profiles = _unique({each.id: each.fields.name for each in PROFILES.all(tenant)})


def _unique(names: Mapping[str, str]) -> dict[str, str]:
    folded = [fold(name) for name in names.values()]
    return {id_: name if folded.count(fold(name)) == 1 else id_ for id_, name in names.items()}


def _cells(account: Account, names: _Names) -> list[str]:
    values: dict[str, object] = {
        column.field: getattr(account, column.field) for column in COLUMNS.values() if column.name in NAMES
    }
    values["group_id"] = names.groups.get(account.group_id, account.group_id)
    if account.profile_id is not None:
        values["profile_id"] = names.profiles.get(account.profile_id, account.profile_id)
    return cells_of(values, NAMES)


def _may_see(caller: Caller, job: Job) -> bool:
    return caller.groups is None or job.caller.operator == caller.operator


def _file(tenant: str, export_id: str) -> str:
    return f"{tenant}/exports/{export_id}/accounts.csv"


def _part(tenant: str, export_id: str, number: int) -> str:
    return f"{tenant}/exports/{export_id}/parts/{number:05}"
