"""The check of an import: the whole file is read, every cell judged, and nothing written but what it found.

One long piece in constant memory: rows go to the bucket in chunks as they are read, and what must be compared over the
whole file (numbers, usernames, external ids) lies in a temporary file. A check that was killed begins anew and writes
the same."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Final

from functions.accounts import change as changing
from functions.accounts import create as creating
from functions.accounts.change import CONTACT, AccountChange
from functions.accounts.models import Account
from functions.common import clock
from functions.common.caller import Caller
from functions.common.errors import Changed, Problem, Unavailable
from functions.common.table import key as joined
from functions.imports import files, people, stages
from functions.imports.columns import Header, column_of, header
from functions.imports.dialect import HEAD, sniff
from functions.imports.kept import Judgement, Missed, Read, Ref, Reported
from functions.imports.limits import Refused
from functions.imports.models import CHECKED_AT_ONCE, ROWS, Found, Import, ImportFields
from functions.imports.people import Present
from functions.imports.reading import Row, rows
from functions.imports.rows import CellProblem, Known, Values, values
from functions.imports.seen import Seen
from functions.jobs.kinds import Piece, Running

LANES: Final = 1
LONGEST_NAME: Final = 200  # characters of a column's name that are kept
LONGEST_CELL: Final = 300  # characters of a cell in a report
_DONE: Final = Piece(None, {}, True)


def advance(job: Running, _lane: int, _position: str | None) -> Piece:
    import_id = job.about(Ref).import_id
    stored = stages.at(job.tenant, import_id, job.id, "checking")
    if stored is None:
        _tidy(job, import_id)
        return _DONE
    began = clock.now()
    try:
        found = _Check(job, stored).run()
    except Refused as problem:
        stages.refuse(stored, problem.message)
    except _Nothing:
        stages.not_uploaded(stored)
    except _Ended:
        _tidy(job, import_id)
    else:
        stages.checked(stored, found, began)
    return _DONE


def finish(job: Running, _counts: Mapping[str, int]) -> None:
    stored = stages.at(job.tenant, job.about(Ref).import_id, job.id, "checked")
    if stored is None or stored.found is None:
        return
    if stored.fields.start == "when_clean" and not stored.found.problems and stored.found.rows:
        try:
            stages.start(job.caller, stored)
        except (Unavailable, Changed):
            raise  # again, later
        except Problem as problem:
            stages.noted(stored, problem.message)


def _tidy(job: Running, import_id: str) -> None:
    """An import that ends here leaves no file; one that another job goes on with keeps it."""
    stored = stages.at(job.tenant, import_id, job.id, "refused", "cancelled")
    if stored is not None:
        stages.forget(stored)


def failed(job: Running) -> None:
    stages.given_up(job.tenant, job.about(Ref).import_id)


class _Nothing(Exception):
    """Nothing has been uploaded."""


class _Ended(Exception):
    """The import was cancelled meanwhile."""


class _Check:
    def __init__(self, job: Running, stored: Import) -> None:
        self._job, self._stored = job, stored
        self._caller: Caller = job.caller
        self._fields: ImportFields = stored.fields
        self._folder = files.folder(stored.tenant, stored.id)
        self._known: Known = people.known(job.caller, stored.fields)
        self._settings = people.Settings(stored.tenant, stored.fields)
        self._counts = {"rows": 0, "create": 0, "change": 0, "unchanged": 0, "problem": 0, "messages": 0}
        self._report: list[Reported] = []
        self._pages = 0

    def run(self) -> Found:
        """Raises Refused, _Nothing, _Ended."""
        content = files.pieces(f"{self._folder}/upload")
        if content is None:
            raise _Nothing
        first = next(content, b"")
        dialect = sniff(first[:HEAD])
        read = rows(chain([first], content), dialect)
        top = next(read, None)
        if top is None:
            raise Refused("The file is empty: its first line names the columns.")
        head = header(
            top.cells,
            adopt=self._fields.mode == "adopt",
            ignore_unknown=self._fields.ignore_unknown_columns,
            line=top.line,
        )
        with Seen() as seen:
            chunks = 0
            while chunk := list(islice(read, ROWS)):
                self._chunk(head, chunks, chunk, seen)
                chunks += 1
                if chunks % CHECKED_AT_ONCE == 0:
                    self._sign_of_life()
            if self._report:
                self._flush()
            missing, of, pages = self._missing(seen) if self._fields.mode == "sync" else (0, 0, 0)
        return Found(
            columns=[name[:LONGEST_NAME] for name in head.columns],
            encoding=dialect.encoding,
            delimiter=dialect.delimiter,
            rows=self._counts["rows"],
            chunks=chunks,
            create=self._counts["create"],
            change=self._counts["change"],
            unchanged=self._counts["unchanged"],
            problems=self._counts["problem"],
            messages=self._counts["messages"],
            report_pages=self._pages,
            missing=missing,
            missing_of=of,
            missing_pages=pages,
        )

    def _sign_of_life(self) -> None:
        self._job.renew()
        if not stages.reading(self._stored, self._counts["rows"]):
            raise _Ended

    def _chunk(self, head: Header, number: int, chunk: Sequence[Row], seen: Seen) -> None:
        read = [(row, values(head, row, self._known)) for row in chunk]
        good: list[tuple[str, Values]] = []
        domains: dict[int, str] = {}
        problems: dict[int, list[CellProblem]] = {}
        for row, found in read:
            if not isinstance(found, Values):
                problems[row.line] = found
                continue
            try:
                domains[row.line] = domain = self._settings.domain(found)
            except Unavailable:
                raise
            except Problem as problem:
                problems[row.line] = people.cell_problems(problem)
                continue
            again = _again(seen, domain, found, row.line)
            if again:
                problems[row.line] = again
            else:
                good.append((domain, found))
        present = iter(people.present(self._stored.tenant, good))
        kept = []
        for row, found in read:
            if row.line in problems or not isinstance(found, Values):
                kept.append(self._problem(head, row, problems[row.line]))
            else:
                kept.append(self._judged(head, row, found, next(present), seen))
        files.put_lines(f"{self._folder}/rows/{number:05}", kept)

    def _judged(self, head: Header, row: Row, found: Values, present: Present, seen: Seen) -> Read:
        account = present.account
        would, problems = judge(self._caller, self._fields, found, present)
        earlier = seen.first("account", account.id, row.line) if account is not None else None
        if earlier is not None:
            problems = [CellProblem("", f"Line {earlier} is about the same person.")]
        if problems:
            return self._problem(head, row, problems)
        self._counts["rows"] += 1
        self._counts[would] += 1
        if would == "create":
            self._counts["messages"] += len(people.wanted(self._fields, found).messages)
        elif would == "change" and account is not None:  # whoever has the former address is told
            self._counts["messages"] += len(CONTACT & people.differing(account, self._fields, found).keys())
        return Read(line=row.line, cells=row.cells, values=found, would=would)

    def _problem(self, head: Header, row: Row, problems: list[CellProblem]) -> Read:
        self._counts["rows"] += 1
        self._counts["problem"] += 1
        self._report.append(Reported(line=row.line, cells=shown(head, row.cells), problems=problems))
        if len(self._report) == ROWS:
            self._flush()
        return Read(line=row.line, cells=row.cells, values=None, would="problem", problems=problems)

    def _flush(self) -> None:
        files.put_lines(f"{self._folder}/report/{self._pages:05}", self._report)
        self._pages += 1
        self._report = []

    def _missing(self, seen: Seen) -> tuple[int, int, int]:
        """How many accounts the file does not have, of how many, and on how many pages they are listed."""
        found: list[Missed] = []
        missing = of = pages = 0
        for account in _scope(self._caller, self._fields):
            of += 1
            if of % (ROWS * CHECKED_AT_ONCE) == 0:
                self._sign_of_life()
            if (account.external_id and ("external_id", account.external_id) in seen) or (
                "number",
                joined(account.domain, account.number),
            ) in seen:
                continue
            missing += 1
            found.append(Missed(account_id=account.id, full_name=account.full_name, number=account.number))
            if len(found) == ROWS:
                self._sign_of_life()
                files.put_lines(f"{self._folder}/missing/{pages:05}", found)
                found, pages = [], pages + 1
        if found:
            files.put_lines(f"{self._folder}/missing/{pages:05}", found)
            pages += 1
        return missing, of, pages


def judge(caller: Caller, fields: ImportFields, found: Values, present: Present) -> tuple[Judgement, list[CellProblem]]:
    """What a row would do, or what stands against it."""
    account = present.account
    if present.taken:
        return "problem", [CellProblem("gsmNumber", "Another person has this number: one with another externalId.")]
    if account is not None and not caller.sees(account.group_id):
        return "problem", [CellProblem("", "This person is in a group that you do not see.")]
    try:
        if account is None:
            creating.check(caller, people.wanted(fields, found))
            return "create", []
        different = people.differing(account, fields, found)
        if not different:
            return "unchanged", []
        if "username" in different:
            return "problem", [CellProblem("username", "This person is here with another one; it never changes.")]
        if fields.mode in ("create", "adopt"):
            names = ", ".join(column_of(name) for name in different)
            what = f"This person is here already, with other values ({names}). The mode update changes them."
            return "problem", [CellProblem(column_of(next(iter(different))), what)]
        changing.check(caller, account, AccountChange(**different))
    except Unavailable:
        raise
    except Problem as problem:
        return "problem", people.cell_problems(problem)
    return "change", []


def shown(head: Header, cells: Sequence[str]) -> dict[str, str]:
    """A row's cells as a report shows them: whoever wrote much knows how it went on."""
    return {name: cell[:LONGEST_CELL] for name, cell in head.shown(cells).items()}


def _again(seen: Seen, domain: str, found: Values, line: int) -> list[CellProblem]:
    """What this row shares with an earlier one."""
    problems = []
    marks = [("number", "gsmNumber", joined(domain, found.number))]
    if found.external_id:
        marks.append(("external_id", "externalId", found.external_id))
    if found.username:
        marks.append(("username", "username", joined(domain, found.username)))
    for kind, column, value in marks:
        earlier = seen.first(kind, value, line)
        if earlier is not None:
            problems.append(CellProblem(column, f"Line {earlier} has the same."))
    return problems


def _scope(caller: Caller, fields: ImportFields) -> Iterator[Account]:
    """The enabled accounts of which one asks whether they are missing."""
    if fields.missing.scope == "group":
        found = Account.by_group.query(joined(caller.tenant, fields.group_id))
    else:
        found = Account.by_name.query(caller.tenant)
    for account in found:
        if account.standing == "enabled" and caller.sees(account.group_id):
            yield account
