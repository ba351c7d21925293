"""An import is done: 200 rows at a time, by several workers at once.

A row's account has an id that follows from import and row, and the row leaves its mark on what it changes. So a row
that is done once more, because its worker was killed, finds what it has made."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from functions.accounts import change as changing
from functions.accounts import create as creating
from functions.accounts import many
from functions.accounts.change import AccountChange
from functions.accounts.create import Adopted
from functions.accounts.people import Account
from functions.activation import issue
from functions.common.errors import Changed, Conflict, Problem, Unavailable
from functions.common.observability import count
from functions.imports import checking, chunks, files, people, stages
from functions.imports.columns import RESULTS, Header, header
from functions.imports.judging import Verdict, judge, pairs
from functions.imports.kept import Outcome, Read, Ref, Reported, Result
from functions.imports.models import ROWS, Import
from functions.imports.people import Present
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
    stored = stages.at(job.tenant, job.about(Ref).import_id, job.id, "running")
    if stored is None or stored.found is None or number >= stored.found.chunks:
        return Piece(None, {}, True)
    folder = files.folder(stored.tenant, stored.id)
    rows = chunks.read(stored, number)
    results, counts = _chunk(job, stored, rows)
    files.put_lines(f"{folder}/results/{number:05}", results)
    following = number + LANES
    return Piece(str(following), counts, following >= stored.found.chunks)


def finish(job: Running, counts: Mapping[str, int]) -> None:
    """The result file and the report are put together, and what may hold secrets goes."""
    import_id = job.about(Ref).import_id
    stored = stages.at(job.tenant, import_id, job.id, "running", "cancelling")
    if stored is not None and stored.found is not None:
        if stored.state == "cancelling":
            counts = _complete(job, stored)
        folder = files.folder(stored.tenant, stored.id)
        files.assemble(f"{folder}/result.csv", _result_file(job, stored))
        pages = _report(job, stored)
        stages.over(stored, "done" if stored.state == "running" else "cancelled", counts, pages)
    ended = stages.find(job.tenant, import_id)
    if ended is not None and ended.state in ("done", "cancelled"):
        stages.forget(ended)


def failed(job: Running) -> None:
    stages.given_up(job)


def _complete(job: Running, stored: Import) -> dict[str, int]:
    """What was cancelled: chunks that were not done get their results, too. Of one that broke off in the middle some
    accounts may be there. -> the counts of all."""
    assert stored.found is not None
    folder, head = files.folder(stored.tenant, stored.id), _header(stored)
    counts: Counter[str] = Counter()
    for number in range(stored.found.chunks):
        job.renew()
        done = files.lines(f"{folder}/results/{number:05}", Result)
        if done is None:
            done = _cancelled(stored, head, chunks.read(stored, number))
            files.put_lines(f"{folder}/results/{number:05}", done)
        counts.update(result.outcome for result in done if result.outcome != "cancelled")
    return dict(counts)


def _cancelled(stored: Import, head: Header, rows: Sequence[Read]) -> list[Result]:
    """What has become of each row, by the marks that those leave which are done."""
    good, _ = _placed(stored, rows)
    present = dict(zip(good, people.present(stored.tenant, list(good.values())), strict=True))
    made = many.by_id(stored.tenant, [chunks.account_id(stored.id, row.line) for row in rows])

    def one(row: Read) -> _Done:
        id_ = chunks.account_id(stored.id, row.line)
        if id_ in made:
            return _made(stored, id_)
        account = present[row.line].account if row.line in present else None
        if account is not None and account.import_row == _mark(stored, row.line):
            return _Done("changed", account.id)
        return _Done("cancelled" if row.values is not None else "problem", problems=row.problems)

    return [_result(head, row, one(row)) for row in rows]


def _mark(stored: Import, line: int) -> str:
    """What a row leaves on the account that it makes or changes."""
    return f"{stored.id}|{line}"


def _result(head: Header, row: Read, one: _Done) -> Result:
    return Result(
        line=row.line,
        cells=head.harmless(row.cells),
        outcome=one.outcome,
        account_id=one.account_id,
        problems=list(one.problems),
    )


def _results(job: Running, stored: Import) -> Iterator[Result]:
    """What has become of every row, in the file's order."""
    assert stored.found is not None
    folder = files.folder(stored.tenant, stored.id)
    for number in range(stored.found.chunks):
        if number % RENEWED == 0:
            job.renew()
        yield from files.must_have(f"{folder}/results/{number:05}", Result)


def _chunk(job: Running, stored: Import, rows: Sequence[Read]) -> tuple[list[Result], dict[str, int]]:
    good, problems = _placed(stored, rows)
    present = dict(zip(good, people.present(stored.tenant, list(good.values())), strict=True))
    head = _header(stored)
    done: list[Result] = []
    counts: dict[str, int] = {}
    keys: list[MessageKey] = []
    for number, row in enumerate(rows, 1):
        if row.values is None or row.line in problems:
            one = _Done("problem", problems=problems.get(row.line, row.problems))
        else:
            one = _row(job, stored, row.line, row.values, present[row.line])
        keys += one.keys
        counts[one.outcome] = counts.get(one.outcome, 0) + 1
        done.append(_result(head, row, one))
        if number % RENEWED == 0:
            outbox.enqueue(keys)
            keys = []
            job.renew()
    outbox.enqueue(keys)
    count("RowsImported", len(rows))
    return done, counts


def _placed(stored: Import, rows: Sequence[Read]) -> tuple[dict[int, tuple[str, Values]], dict[int, list[CellProblem]]]:
    """The rows under their SIP domains, by line; and what stands against those whose group or profile is gone."""
    settings = people.Settings(stored.tenant, stored.fields)
    good, problems = {}, {}
    for row in rows:
        if row.values is None:
            continue
        try:
            good[row.line] = (settings.domain(row.values), row.values)
        except Unavailable:
            raise
        except Problem as problem:
            problems[row.line] = people.cell_problems(problem)
    return good, problems


def _row(job: Running, stored: Import, line: int, values: Values, who: Present) -> _Done:
    id_, mark = chunks.account_id(stored.id, line), _mark(stored, line)
    present = who.account
    if present is not None and present.id == id_:
        return _made(stored, id_)
    try:
        if present is None and not who.taken:
            return _create(job, stored, id_, mark, values)
        verdict = judge(job.caller, stored.fields, values, who)
        if present is None or verdict.problems:
            return _Done("problem", problems=verdict.problems)
        return _there(job, stored, mark, present, verdict)
    except (Unavailable, Changed):
        raise  # the whole piece is done again, later
    except Problem as problem:
        return _Done("problem", problems=people.cell_problems(problem))


def _there(job: Running, stored: Import, mark: str, account: Account, verdict: Verdict) -> _Done:
    """What a row says of somebody who is there is done, and its messages are made."""
    if verdict.different:
        changing.change(job.caller, account.id, AccountChange(**verdict.different), row=mark)
    keys: Sequence[MessageKey] = ()
    if verdict.messages:
        fields = stored.fields
        wanted = pairs(verdict.messages)
        keys = issue.repeat(
            job.caller, account.id, wanted, f"import|{mark}", send_at=fields.send_at, at_once=fields.at_once
        )
    told = people.not_enabled(account, verdict.different)
    changed = verdict.different or account.import_row == mark  # by this row: now, or when it was done before
    return _Done("changed" if changed else "unchanged", account.id, [told] if told is not None else [], keys)


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
        if not many.by_id(stored.tenant, [id_]):
            raise
        return _made(stored, id_)
    return _made(stored, id_)._replace(keys=made.keys)


def _made(stored: Import, id_: str) -> _Done:
    return _Done("adopted" if stored.fields.mode == "adopt" else "created", id_)


def _header(stored: Import) -> Header:
    assert stored.found is not None
    return header(stored.found.columns, adopt=stored.fields.mode == "adopt", ignore_unknown=True)


def _result_file(job: Running, stored: Import) -> Iterator[bytes]:
    head = _header(stored)

    def lines() -> Iterator[list[str]]:
        yield [*head.without_results(head.columns), *RESULTS]
        for result in _results(job, stored):
            problems = "; ".join(
                f"{each.column}: {each.problem}" if each.column else each.problem for each in result.problems
            )
            yield [*head.without_results(result.cells), result.outcome, problems, result.account_id or ""]

    assert stored.found is not None
    return encode(lines(), spreadsheet_safe=True, delimiter=stored.found.delimiter)


def _report(job: Running, stored: Import) -> int:
    """The rows that have problems, page by page. -> how many pages."""
    head, folder = _header(stored), files.folder(stored.tenant, stored.id)
    page: list[Reported] = []
    pages = 0
    for result in _results(job, stored):
        if result.outcome != "problem":
            continue
        page.append(Reported(line=result.line, cells=checking.shown(head, result.cells), problems=result.problems))
        if len(page) == ROWS:
            files.put_lines(f"{folder}/report/{pages:05}", page)
            page, pages = [], pages + 1
    if page:
        files.put_lines(f"{folder}/report/{pages:05}", page)
        pages += 1
    return pages
