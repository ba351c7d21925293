"""CSV as we write it: exports, which can be imported again, and what became of an import's rows."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import UNSET

from functions.common import clock
from functions.imports.columns import COLUMNS
from functions.imports.formulas import guarded

_PIECE: Final = 64 * 1024  # characters
_NUMBER: Final = re.compile(r"\+?[0-9]+")
_BOM: Final = "\ufeff"  # without it Excel takes UTF-8 for the machine's own code page


def encode(rows: Iterable[Sequence[str]], *, spreadsheet_safe: bool, delimiter: str = ",") -> Iterator[bytes]:
    """The rows, the header first, as a file in UTF-8: piece by piece, in constant memory.

    spreadsheet_safe: for people. An apostrophe keeps spreadsheets from calculating what begins like a formula, phone
    numbers too; importing the file takes it away, so that every text comes back as it was. Otherwise for programs:
    numbers have none."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    if spreadsheet_safe:
        buffer.write(_BOM)
    safe = guarded if spreadsheet_safe else _guarded_text
    for row in rows:
        writer.writerow([safe(cell) for cell in row])
        if buffer.tell() >= _PIECE:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    if buffer.tell():
        yield buffer.getvalue().encode()


def cells_of(values: Mapping[str, object], names: Iterable[str]) -> list[str]:
    """The cells of an account's `values`, in the order of the columns' `names`. Reading them gives the same values."""
    return [_cell(values.get(COLUMNS[name].field)) for name in names]


def _guarded_text(cell: str) -> str:
    """The cell as an import reads it: digits, with a plus or without, are nothing else there."""
    return cell if _NUMBER.fullmatch(cell) else guarded(cell)


def _cell(value: object) -> str:
    if value is None or value is UNSET:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return clock.text(value)
    return str(value)
