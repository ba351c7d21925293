"""Imports over HTTP."""

import base64
import binascii
from typing import Annotated

import msgspec

from functions.common.errors import Conflict, Gone, Invalid, NotFound, TooMany
from functions.common.http import Answer, Call, operation
from functions.common.resource import Cursor, Listing, page_type
from functions.common.types import Id, Moment
from functions.imports import files, stages
from functions.imports.files import FileDownload, FileUpload
from functions.imports.kept import Changing, Missed, Reported
from functions.imports.models import LARGEST, LARGEST_INLINE, Found, Import, ImportFields, State
from functions.jobs import work

Size = Annotated[
    int, msgspec.Meta(ge=1, le=LARGEST, description="Of the file that you will upload, in bytes; 200 MB at most")
]
Csv = Annotated[str, msgspec.Meta(min_length=1, max_length=LARGEST_INLINE, description="The whole file, as text")]


class NewImport(ImportFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of people. A small one comes in `csv`; for others say how large they are, and get an address."""

    size: Size | None = None
    csv: Csv | None = None


class ShownImport(msgspec.Struct, frozen=True, kw_only=True):
    """How far an import is. `found`: what the check says; `done`: rows, by what has become of them, so far."""

    id: Id
    state: State
    fields: ImportFields
    problem: Annotated[str | None, msgspec.Meta(description="Why it was refused, failed, or cannot go on")]
    rows_read: Annotated[int | None, msgspec.Meta(description="While it is being checked")]
    found: Found | None
    done: Annotated[
        dict[str, int],
        msgspec.Meta(
            description="created, adopted, changed, unchanged, problem; afterwards disabled, undone, kept: people"
        ),
    ]
    upload: FileUpload | None
    created_at: Moment
    changed_at: Moment


class PageOfRows(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which page."""

    cursor: Cursor | None = None


LIST = page_type("Import", ShownImport)
FIELDS = ImportFields.__struct_fields__
GONE = "The files of this import are kept for a week, and are gone."
UNDER_WAY = {"running": "import-run", "undoing": "import-undo", "disabling": "import-disable"}


@operation(
    "Import a file of people",
    body=NewImport,
    answers={201: ShownImport},
    problems=(Conflict,),
)
def create(call: Call[NewImport, None]) -> Answer:
    if call.body.csv is not None and call.body.encoding not in (None, "utf-8"):
        raise Invalid("What comes in csv is text already: an encoding is of a file that is uploaded.", field="encoding")
    fields = ImportFields(**{name: getattr(call.body, name) for name in FIELDS})
    stored = stages.create(call.caller, fields, call.body.size, call.body.csv, call.mark)
    return Answer(status=201, body=_shown(stored), headers={"Location": f"/v1/imports/{stored.id}"})


@operation("List imports, newest first", query=Listing, answers={200: LIST})
def list_imports(call: Call[None, Listing]) -> Answer:
    begin = _position(call.query.cursor)
    every = stages.every(call.caller)
    page = every[begin : begin + call.query.limit]
    more = begin + len(page) < len(every)
    return Answer(
        body={"items": [_shown(each) for each in page], "cursor": _cursor(begin + len(page)) if more else None}
    )


@operation("How far an import is", answers={200: ShownImport}, problems=(NotFound,))
def read(call: Call[None, None]) -> Answer:
    return Answer(body=_shown(stages.get(call.caller, call.path["import_id"])))


@operation(
    "The file is uploaded: check it, without changing anything",
    answers={200: ShownImport},
    problems=(NotFound, Conflict),
)
def check(call: Call[None, None]) -> Answer:
    return Answer(body=_shown(stages.check(call.caller, call.path["import_id"])))


@operation(
    "Do what the check has found; rows with problems are left out",
    answers={200: ShownImport},
    problems=(NotFound, Conflict, TooMany),
)
def start(call: Call[None, None]) -> Answer:
    stored = stages.get(call.caller, call.path["import_id"])
    return Answer(body=_shown(stages.start(call.caller, stored)))


@operation("Stop an import: rows that are done stay done", answers={200: ShownImport}, problems=(NotFound, Conflict))
def cancel(call: Call[None, None]) -> Answer:
    return Answer(body=_shown(stages.cancel(call.caller, call.path["import_id"])))


@operation(
    "Delete the accounts that an import has made, unless somebody has activated",
    answers={200: ShownImport},
    problems=(NotFound, Conflict),
)
def undo(call: Call[None, None]) -> Answer:
    return Answer(body=_shown(stages.undo(call.caller, call.path["import_id"])))


@operation(
    "Disable those who are missing from the file of a sync",
    answers={200: ShownImport},
    problems=(NotFound, Conflict),
)
def disable_missing(call: Call[None, None]) -> Answer:
    return Answer(body=_shown(stages.disable_missing(call.caller, call.path["import_id"])))


@operation(
    "The rows that have problems, cell by cell; after the run those that failed",
    query=PageOfRows,
    answers={200: page_type("ImportProblem", Reported)},
    problems=(NotFound, Gone),
)
def problems(call: Call[None, PageOfRows]) -> Answer:
    stored = stages.get(call.caller, call.path["import_id"])
    checked = stored.found.report_pages if stored.found is not None else 0
    pages = int(stored.report_pages) if stored.report_pages is not None else checked
    return _page(stored, "report", pages, call.query.cursor, Reported)


@operation(
    "What the check says would change of those who are there: each row, column by column, before and after",
    query=PageOfRows,
    answers={200: page_type("ImportChange", Changing)},
    problems=(NotFound, Gone),
)
def changes(call: Call[None, PageOfRows]) -> Answer:
    stored = stages.get(call.caller, call.path["import_id"])
    pages = stored.found.change_pages if stored.found is not None else 0
    return _page(stored, "changes", pages, call.query.cursor, Changing)


@operation(
    "Those who are missing from the file of a sync",
    query=PageOfRows,
    answers={200: page_type("ImportMissing", Missed)},
    problems=(NotFound, Gone),
)
def missing(call: Call[None, PageOfRows]) -> Answer:
    stored = stages.get(call.caller, call.path["import_id"])
    pages = stored.found.missing_pages if stored.found is not None else 0
    return _page(stored, "missing", pages, call.query.cursor, Missed)


@operation(
    "Where the result file can be downloaded: every row as it came, and what has become of it",
    answers={200: FileDownload},
    problems=(NotFound, Conflict, Gone),
)
def result(call: Call[None, None]) -> Answer:
    stored = stages.get(call.caller, call.path["import_id"])
    if stored.counts is None:
        raise stages.WrongStage("There is a result when the import has run.")
    key = f"{files.folder(stored.tenant, stored.id)}/result.csv"
    if not files.is_there(key):
        raise Gone(GONE)
    return Answer(body=files.download(key, "import-result.csv"))


def _shown(stored: Import) -> ShownImport:
    done = dict(stored.counts or {})
    if stored.state in UNDER_WAY and stored.job is not None:
        done |= work.counts(stored.tenant, stored.job)
    return ShownImport(
        id=stored.id,
        state=stored.state,  # type: ignore[arg-type]
        fields=stored.fields,
        problem=stored.problem,
        rows_read=int(stored.read) if stored.read is not None else None,
        found=stored.found,
        done=done,
        upload=stages.upload(stored),
        created_at=stored.created_at,
        changed_at=stored.changed_at,
    )


def _page(stored: Import, what: str, pages: int, cursor: str | None, type_: type[msgspec.Struct]) -> Answer:
    number = _position(cursor)
    if number >= pages:
        return Answer(body={"items": [], "cursor": None})
    items = files.lines(f"{files.folder(stored.tenant, stored.id)}/{what}/{number:05}", type_)
    if items is None:
        raise Gone(GONE)
    return Answer(body={"items": items, "cursor": _cursor(number + 1) if number + 1 < pages else None})


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"{position}".encode()).decode().rstrip("=")


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Invalid("This cursor is not of this list.", field="cursor")
    return int(text)
