"""An import is done: 200 rows at a time, by several workers at once.

A row's account has an id that follows from import and row, and the row leaves its mark on what it changes. So a row
that is done once more, because its worker was killed, finds what it has made."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from functions.accounts import change as changing
from functions.accounts import create as creating
from functions.accounts.change import AccountChange
from functions.accounts.create import Adopted
from functions.accounts.models import Account, account_key
from functions.common import ids
from functions.common.errors import Conflict, Problem, Unavailable
from functions.common.observability import count
from functions.common.table import read
from functions.imports import checking, files, people, stages
from functions.imports.columns import RESULTS, Header, header
from functions.imports.kept import Outcome, Read, Ref, Reported, Result
from functions.imports.models import ROWS, Import
from functions.imports.rows import CellProblem, Values
from functions.imports.writing import encode
from functions.jobs.kinds import Piece, Running
from functions.messaging import outbox
from functions.messaging.outbox import MessageKey

LANES: Final = 8
RENEWED: Final = 50  # rows between two signs of life


class _Done(NamedTuple):
    outcome: Outcome
    account_id: str | None = None
    problems: Sequence[CellProblem] = ()
    keys: Sequence[MessageKey] = ()


def advance(job: Running, lane: int, position: str | None) -> Piece:
    number = lane if position is None else int(position)
    stored = stages.find(job.tenant, job.about(Ref).import_id)
    if stored is None or stored.found is None or stored.state != "running" or number >= stored.found.chunks:
        return Piece(None, {}, True)
    folder = files.folder(stored.tenant, stored.id)
    rows = files.lines(f"{folder}/rows/{number:05}", Read)
    assert rows is not None  # the check has left them
    results, counts = _chunk(job, stored, rows)
    files.put_lines(f"{folder}/results/{number:05}", results)
    following = number + LANES
    return Piece(str(following), counts, following >= stored.found.chunks)


def finish(job: Running, counts: Mapping[str, int]) -> None:
    """The result file and the report are put together, and what may hold secrets goes."""
    stored = stages.find(job.tenant, job.about(Ref).import_id)
    if stored is None or stored.found is None:
        return
    if stored.state in ("running", "cancelling"):
        folder = files.folder(stored.tenant, stored.id)
        files.assemble(f"{folder}/result.csv", _result_file(stored))
        pages = _report(stored)
        stages.over(stored, "done" if stored.state == "running" else "cancelled", counts, pages)
    stages.forget(stored)


def failed(job: Running) -> None:
    stages.given_up(job.tenant, job.about(Ref).import_id)


def account_id(import_id: str, line: int) -> str:
    """Of the account that this row makes."""
    return ids.derived_id("account", "import", import_id, str(line))


def results(stored: Import) -> Iterator[Result]:
    """What has become of every row, in the file's order; those that were not reached are cancelled."""
    assert stored.found is not None
    folder, head = files.folder(stored.tenant, stored.id), _header(stored)
    for number in range(stored.found.chunks):
        done = files.lines(f"{folder}/results/{number:05}", Result)
        if done is None:
            rest = files.lines(f"{folder}/rows/{number:05}", Read) or []
            done = [Result(line=row.line, cells=head.harmless(row.cells), outcome="cancelled") for row in rest]
        yield from done


def _chunk(job: Running, stored: Import, rows: Sequence[Read]) -> tuple[list[Result], dict[str, int]]:
    settings = people.Settings(stored.tenant, stored.fields)
    good = [(settings.domain(row.values), row.values) for row in rows if row.values is not None]
    present = iter(people.present(stored.tenant, good))
    head = _header(stored)
    done: list[Result] = []
    counts: dict[str, int] = {}
    keys: list[MessageKey] = []
    for number, row in enumerate(rows, 1):
        if row.values is None:
            one = _Done("problem", problems=row.problems)
        else:
            one = _row(job, stored, row.line, row.values, next(present))
        keys += one.keys
        counts[one.outcome] = counts.get(one.outcome, 0) + 1
        done.append(
            Result(
                line=row.line,
                cells=head.harmless(row.cells),
                outcome=one.outcome,
                account_id=one.account_id,
                problems=list(one.problems),
            )
        )
        if number % RENEWED == 0:
            outbox.enqueue(keys)
            keys = []
            job.renew()
    outbox.enqueue(keys)
    count("RowsImported", len(rows))
    return done, counts


def _row(job: Running, stored: Import, line: int, values: Values, present: Account | None) -> _Done:
    id_ = account_id(stored.id, line)
    mark = f"{stored.id}|{line}"
    if present is not None and present.id == id_:
        return _made(stored, id_)
    if present is not None and present.import_row == mark and not people.differing(present, stored.fields, values):
        return _Done("changed", present.id)
    problems: list[CellProblem] = []
    try:
        if present is None:
            return _create(job, stored, id_, mark, values)
        would, problems = checking.judge(job.caller, stored.fields, values, present)
        if would == "unchanged":
            return _Done("unchanged", present.id)
        if would == "change":
            change = AccountChange(**people.differing(present, stored.fields, values))
            changing.change(job.caller, present.id, change, row=mark)
            return _Done("changed", present.id)
    except Unavailable:
        raise  # the whole piece is done again, later
    except Problem as problem:
        problems = people.cell_problems(problem)
    return _Done("problem", problems=problems)


def _create(job: Running, stored: Import, id_: str, mark: str, values: Values) -> _Done:
    adopted = None
    if stored.fields.mode == "adopt":
        assert values.ha1_md5  # the header demands it
        adopted = Adopted(values.ha1_md5, values.ha1_sha256 or None)
    wanted = people.wanted(stored.fields, values)
    try:
        made = creating.make(job.caller, id_, wanted, (), row=mark, adopted=adopted)
    except Conflict:
        # Its number or its own id may be taken by itself: an earlier try whose answer was lost, or another worker.
        if read(Account, account_key(stored.tenant, id_)) is None:
            raise
        return _made(stored, id_)
    return _made(stored, id_)._replace(keys=made.keys)


def _made(stored: Import, id_: str) -> _Done:
    return _Done("adopted" if stored.fields.mode == "adopt" else "created", id_)


def _header(stored: Import) -> Header:
    assert stored.found is not None
    return header(stored.found.columns, adopt=stored.fields.mode == "adopt", ignore_unknown=True)


def _result_file(stored: Import) -> Iterator[bytes]:
    head = _header(stored)

    def lines() -> Iterator[list[str]]:
        yield [*head.without_results(head.columns), *RESULTS]
        for result in results(stored):
            problems = "; ".join(
                f"{each.column}: {each.problem}" if each.column else each.problem for each in result.problems
            )
            yield [*head.without_results(result.cells), result.outcome, problems, result.account_id or ""]

    return encode(lines(), spreadsheet_safe=True)


def _report(stored: Import) -> int:
    """The rows that have problems, page by page. -> how many pages."""
    head, folder = _header(stored), files.folder(stored.tenant, stored.id)
    page: list[Reported] = []
    pages = 0
    for result in results(stored):
        if result.outcome != "problem":
            continue
        page.append(Reported(line=result.line, cells=head.shown(result.cells), problems=result.problems))
        if len(page) == ROWS:
            files.put_lines(f"{folder}/report/{pages:05}", page)
            page, pages = [], pages + 1
    if page:
        files.put_lines(f"{folder}/report/{pages:05}", page)
        pages += 1
    return pages
