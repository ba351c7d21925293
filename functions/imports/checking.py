"""The check of an import: the whole file is read, every cell judged, and nothing written but what it found.

In constant memory: rows go to the bucket in chunks as they are read, and what must be compared over the whole file
(numbers, usernames, external ids) lies in a temporary file. A piece is some chunks. Who goes on in another process
reads the file from its beginning, which takes seconds, passes over the rows that were judged, and gets from the bucket
what was seen in them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import Final

import msgspec

from functions.accounts import many
from functions.accounts.change import CONTACT
from functions.accounts.groups import GROUPS
from functions.accounts.people import Account
from functions.common import clock
from functions.common.caller import Caller
from functions.common.errors import Changed, Problem, Unavailable
from functions.common.table import key as joined
from functions.common.types import Moment
from functions.imports import chunks, files, people, stages
from functions.imports.columns import Header, header
from functions.imports.dialect import HEAD, sniff
from functions.imports.judging import Verdict, judge
from functions.imports.kept import Changing, Missed, Read, Ref, Reported
from functions.imports.limits import Refused
from functions.imports.models import CHECKED_AT_ONCE, ROWS, Found, Import, ImportFields
from functions.imports.pages import Pages
from functions.imports.people import Present
from functions.imports.reading import Row, rows
from functions.imports.rows import CellProblem, Known, Values, values
from functions.imports.seen import Seen
from functions.jobs.kinds import Piece, Running
from functions.messaging import waves

LANES: Final = 1
STINT: Final = 300  # seconds: whoever goes on reads the file from its beginning
LONGEST_NAME: Final = 200  # characters of a column's name that are kept
LONGEST_CELL: Final = 300  # characters of a cell in a report
SAMPLES: Final = 3  # words that show whether an encoding was guessed right
LONGEST_SAMPLE: Final = 40  # characters
_GUESSED: Final = (
    "The file does not say its encoding, and {} is a guess: look at the samples in `found`. If they are right, start "
    "the import; if they are wrong, import the file again and say its encoding."
)
_DONE: Final = Piece(None, {}, True)


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """How far a check has come. `counts`: of rows by their judgement, of messages, and of those who are missing."""

    file: str = ""  # which of the files that were uploaded: its tag; empty: none was looked at
    began: Moment  # the first piece
    counts: dict[str, int] = {}
    chunks: int = 0
    seen: int = 0  # how many files say what was seen
    whole: bool = False  # all rows are judged; of a sync it is asked who is missing
    cursor: str | None = None  # where the next accounts begin of which that is asked
    changes: dict[str, int] = {}  # rows that would change somebody, by column
    cleared: dict[str, int] = {}  # those of them that would leave nothing there
    samples: list[str] = []
    turns: dict[str, int] = {}  # places that are left in the days of groups that take so many people a day


def advance(job: Running, _lane: int, position: str | None) -> Iterator[Piece]:
    import_id = job.about(Ref).import_id
    stored = stages.at(job.tenant, import_id, job.id, "checking")
    if stored is None:
        _tidy(job, import_id)
        yield _DONE
        return
    try:
        check = _Check(job, stored, msgspec.json.decode(position, type=Position) if position is not None else None)
        for reached in check.run():
            yield Piece(msgspec.json.encode(reached).decode(), {}, False)
        stages.checked(stored, check.found(), check.began)
    except files.Replaced:
        yield Piece(None, {}, False)  # it is another file: from its beginning
        return
    except Refused as problem:
        stages.refuse(stored, problem.message)
    except _Nothing:
        stages.not_uploaded(stored)
    except _Ended:
        _tidy(job, import_id)
    yield _DONE


def finish(job: Running, _counts: Mapping[str, int]) -> None:
    stages.read_whole(job.tenant, job.about(Ref).import_id)
    stored = stages.at(job.tenant, job.about(Ref).import_id, job.id, "checked")
    if stored is None or stored.found is None:
        return
    found = stored.found
    if stored.fields.start != "when_clean" or found.problems or not found.rows:
        return
    if found.encoding_guessed:
        stages.noted(stored, _GUESSED.format(found.encoding))
        return
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
    stages.given_up(job)


class _Nothing(Exception):
    """Nothing has been uploaded."""


class _Ended(Exception):
    """The import was cancelled meanwhile."""


class _Check:
    def __init__(self, job: Running, stored: Import, position: Position | None) -> None:
        self._job, self._stored = job, stored
        self._caller: Caller = job.caller
        self._fields: ImportFields = stored.fields
        self._folder = files.folder(stored.tenant, stored.id)
        self._known: Known = people.known(job.caller, stored.fields)
        self._settings = people.Settings(stored.tenant, stored.fields)
        self._reached = position or Position(began=clock.now())
        self._counts = Counter(self._reached.counts)
        self._chunks = self._reached.chunks
        self._changes, self._cleared = Counter(self._reached.changes), Counter(self._reached.cleared)
        self._samples, self._turns = list(self._reached.samples), dict(self._reached.turns)
        self._report = Pages(f"{self._folder}/report", Reported, ROWS, self._counts["problem"])
        self._changing = Pages(f"{self._folder}/changes", Changing, ROWS, self._counts["change"])
        self._missing = Pages(f"{self._folder}/missing", Missed, ROWS, self._counts["missing"])

    def run(self) -> Iterator[Position]:
        """Goes on from the position; tells each that is reached, where another may go on.

        Raises Refused, files.Replaced, _Nothing, _Ended."""
        content = files.content(f"{self._folder}/upload", self._reached.file or None)
        if content is None:
            raise _Nothing
        self._reached = msgspec.structs.replace(self._reached, file=content.tag)
        first = next(content.pieces, b"")
        language = people.language(self._stored.tenant, self._fields)
        self._dialect = sniff(first[:HEAD], self._fields.encoding, language)
        read = rows(chain([first], content.pieces), self._dialect)
        top = next(read, None)
        if top is None:
            raise Refused("The file is empty: its first line names the columns.")
        self._head = header(
            top.cells,
            adopt=self._fields.mode == "adopt",
            ignore_unknown=self._fields.ignore_unknown_columns,
            line=top.line,
        )
        with Seen() as seen:
            if self._reached.seen:
                self._restore(seen)
            if not self._reached.whole:
                yield from self._read(read, seen)
            if self._fields.mode == "sync":
                yield from self._ask(seen)
        self._save()

    @property
    def began(self) -> datetime:
        """When the first piece did."""
        return self._reached.began

    def found(self) -> Found:
        """What was found, once all is done."""
        return Found(
            columns=[name[:LONGEST_NAME] for name in self._head.columns],
            encoding=self._dialect.encoding,
            encoding_guessed=self._dialect.guessed,
            samples=self._samples,
            delimiter=self._dialect.delimiter,
            rows=self._counts["rows"],
            chunks=self._chunks,
            create=self._counts["create"],
            change=self._counts["change"],
            unchanged=self._counts["unchanged"],
            problems=self._counts["problem"],
            changes=dict(self._changes),
            cleared=dict(self._cleared),
            change_pages=len(self._changing),
            not_enabled=self._counts["not_enabled"],
            not_activated=self._counts["not_activated"],
            messages=self._counts["messages"],
            report_pages=len(self._report),
            missing=self._counts["missing"],
            missing_of=self._counts["missing_of"],
            missing_pages=len(self._missing),
        )

    def _restore(self, seen: Seen) -> None:
        for number in range(self._reached.seen):
            seen.restore(files.get(f"{self._folder}/seen/{number:05}"))
        self._job.renew()

    def _read(self, read: Iterator[Row], seen: Seen) -> Iterator[Position]:
        """Judges the rows that were not."""
        done = self._counts["rows"]
        next(islice(read, done, done), None)
        while chunk := list(islice(read, ROWS)):
            self._chunk(self._head, self._chunks, chunk, seen)
            self._chunks += 1
            if self._chunks % CHECKED_AT_ONCE == 0:
                yield self._at(seen)
        if self._fields.mode == "sync":
            yield self._at(seen, whole=True)

    def _at(self, seen: Seen, *, whole: bool = False, cursor: str | None = None) -> Position:
        """The position that is reached by now; what it refers to is written. Raises _Ended."""
        self._save()
        count = self._reached.seen
        if fresh := seen.fresh():
            files.put(f"{self._folder}/seen/{count:05}", fresh)
            count += 1
        if not stages.reading(self._stored, self._counts["rows"]):
            raise _Ended
        self._reached = msgspec.structs.replace(
            self._reached,
            counts=dict(self._counts),
            chunks=self._chunks,
            seen=count,
            whole=whole,
            cursor=cursor,
            changes=dict(self._changes),
            cleared=dict(self._cleared),
            samples=list(self._samples),
            turns=dict(self._turns),
        )
        return self._reached

    def _save(self) -> None:
        for pages in (self._report, self._changing, self._missing):
            pages.save()

    def _chunk(self, head: Header, number: int, chunk: Sequence[Row], seen: Seen) -> None:
        if self._dialect.guessed:
            self._sample(head, chunk)
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
        chunks.write(self._stored, number, kept)

    def _judged(self, head: Header, row: Row, found: Values, present: Present, seen: Seen) -> Read:
        account = present.account
        verdict = judge(self._caller, self._fields, found, present)
        problems = list(verdict.problems)
        earlier = seen.first("account", account.id, row.line) if account is not None else None
        if earlier is not None:
            problems = [CellProblem("", f"Line {earlier} is about the same person.")]
        if not problems and verdict.messages:
            said = found.group_id or self._fields.group_id
            problems = self._turn(verdict.different.get("group_id", account.group_id) if account is not None else said)
        if problems:
            return self._problem(head, row, problems)
        self._counts["rows"] += 1
        self._counts[verdict.would] += 1
        self._counts["messages"] += len(verdict.messages)
        if account is not None:
            self._there(row.line, account, verdict)
        return Read(line=row.line, cells=row.cells, values=found, would=verdict.would)

    def _there(self, line: int, account: Account, verdict: Verdict) -> None:
        """Notes what a row means for somebody who is there."""
        self._counts["not_enabled"] += people.not_enabled(account, verdict.different) is not None
        self._counts["not_activated"] += bool(verdict.messages)
        self._counts["messages"] += len(CONTACT & verdict.different.keys())  # whoever has the former address is told
        if verdict.different:
            columns = people.shown(self._known, account, verdict.different)
            self._changing.add(Changing(line=line, account_id=account.id, columns=columns))
            self._changes.update(columns.keys())
            self._cleared.update(name for name, each in columns.items() if not each.after)

    def _turn(self, group_id: str) -> list[CellProblem]:
        """Takes a place in the group's days; what to say where none is left."""
        if group_id not in self._turns:
            group = GROUPS.find(self._stored.tenant, group_id)
            room = waves.room(self._stored.tenant, group_id, group.fields) if group is not None else None
            if room is None:
                return []
            self._turns[group_id] = room
        if not self._turns[group_id]:
            what = "With the rows before, this group's days are full for two months: raise people_per_day, or wait."
            return [CellProblem("group", what)]
        self._turns[group_id] -= 1
        return []

    def _sample(self, head: Header, chunk: Sequence[Row]) -> None:
        """Keeps the first words that the guessed encoding matters for."""
        words = (word for row in chunk for cell in head.shown(row.cells).values() for word in cell.split())
        while len(self._samples) < SAMPLES:
            word = next((each[:LONGEST_SAMPLE] for each in words if not each.isascii()), None)
            if word is None:
                return
            if word not in self._samples:
                self._samples.append(word)

    def _problem(self, head: Header, row: Row, problems: list[CellProblem]) -> Read:
        self._counts["rows"] += 1
        self._counts["problem"] += 1
        self._report.add(Reported(line=row.line, cells=shown(head, row.cells), problems=problems))
        return Read(line=row.line, cells=row.cells, values=None, would="problem", problems=problems)

    def _ask(self, seen: Seen) -> Iterator[Position]:
        """Lists the enabled accounts that the file does not have."""
        group_id = self._fields.group_id if self._fields.missing.scope == "group" else None
        cursor = self._reached.cursor
        while True:
            page = many.page(self._caller.tenant, group_id, cursor, ROWS * CHECKED_AT_ONCE)
            for account in page.items:
                if account.standing == "enabled" and self._caller.sees(account.group_id):
                    self._counts["missing_of"] += 1
                    if not _named(seen, account):
                        self._counts["missing"] += 1
                        self._missing.add(
                            Missed(account_id=account.id, full_name=account.full_name, number=account.number)
                        )
            cursor = page.cursor
            if cursor is None:
                return
            yield self._at(seen, whole=True, cursor=cursor)


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


def _named(seen: Seen, account: Account) -> bool:
    """Whether the file has this account, by its external id or its number."""
    external = account.external_id
    return (external is not None and ("external_id", external) in seen) or (
        "number",
        joined(account.domain, account.number),
    ) in seen
