"""A CSV file as rows while it comes in (RFC 4180), in memory that does not grow with it, whatever it holds.

Python's own parser does the work. It knows no limits, so it is given one line after another, and no more of them to one
row than a row can have within the limits."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from functions.imports.dialect import Dialect, decoder_of
from functions.imports.limits import (
    MOST_BLANK_LINES,
    MOST_BYTES,
    MOST_CELL_BYTES,
    MOST_COLUMNS,
    MOST_ROWS,
    too_many_columns,
)
from functions.imports.limits import Refused as Refused  # what reading raises

BLOCK = 64 * 1024  # bytes that are decoded at once
_LONGEST: Final = MOST_COLUMNS * (2 * MOST_CELL_BYTES + 3) + 2  # characters, every one of them a quote written twice
_SHORT: Final = MOST_CELL_BYTES // 4  # characters that cannot make too many bytes
_QUOTED: Final = re.compile(r'"[^"]*+(?:""[^"]*+)*+"')
_LINE_END: Final = re.compile(r"\r\n|\r|\n")

_NUL: Final = 'There is a NUL byte: this is not text. Save the file as "CSV UTF-8" again.'
_UNDECODABLE: Final = (
    'There are bytes here that are no {}. Save the whole file as "CSV UTF-8", or say its encoding with the import.'
)
_TITLES: Final = {"utf-8": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "windows-1252": "Windows-1252 text"}


class Row(NamedTuple):
    """One row, the header included. `line` is where it begins: a quoted cell may have several lines."""

    line: int
    cells: list[str]


def rows(pieces: Iterable[bytes], dialect: Dialect) -> Iterator[Row]:
    """The file's rows, cut into `pieces` anywhere; the first one is the header.

    Blank lines and rows of empty cells are passed over. Raises Refused at the first row that cannot be read."""
    lines = _Lines(pieces, dialect)
    coming = iter(lines)
    if dialect.declared:
        next(coming, None)
    reader = csv.reader(coming, delimiter=dialect.delimiter, strict=True)
    count = blank = 0
    while True:
        lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise lines.refusal() from None
        if _is_blank(cells):
            blank += 1
            if blank > MOST_BLANK_LINES:
                raise Refused(f"There are more than {MOST_BLANK_LINES:,} blank lines. Remove them.", line=lines.first)
            continue
        blank = 0
        count += 1
        _check(cells, count, lines)
        yield Row(lines.first, cells)


def _is_blank(cells: list[str]) -> bool:
    return not (cells and cells[0].strip()) and not any(cell.strip() for cell in cells)


def _check(cells: list[str], count: int, lines: "_Lines") -> None:
    if count > MOST_ROWS + 1:
        raise Refused(
            f"The file has more than {MOST_ROWS:,} rows below its header. Split it, and import one after the other.",
            line=lines.first,
        )
    if len(cells) > MOST_COLUMNS:
        raise too_many_columns(lines.first)
    if lines.size > _SHORT and any(_too_long(cell) for cell in cells):
        raise lines.refusal()


def _too_long(cell: str) -> bool:
    return len(cell) > _SHORT and len(cell.encode()) > MOST_CELL_BYTES


class _Lines:
    """The physical lines of a file with their ends, one by one, and what of them the present row has taken."""

    def __init__(self, pieces: Iterable[bytes], dialect: Dialect) -> None:
        self._pieces = pieces
        self._dialect = dialect
        self._row: list[str] = []
        self.line = 0  # the last line given
        self.first = 1  # of the present row
        self.size = 0  # characters of the present row

    def begin(self) -> None:
        """A new row begins: whatever was given out belongs to former ones."""
        self._row.clear()
        self.size = 0
        self.first = self.line + 1

    def refusal(self) -> Refused:
        """Why the present row cannot be read."""
        return _refusal("".join(self._row), self._dialect.delimiter, self.first)

    def __iter__(self) -> Iterator[str]:
        rest = ""
        for text, problem in self._texts():
            found = io.StringIO(rest + text, newline="").readlines()
            # The last one may go on, and a carriage return may be half of a line's end.
            rest = found.pop() if found and not found[-1].endswith("\n") else ""
            for line in found:
                yield self._given(line)
            if problem:
                if rest.endswith("\r"):
                    yield self._given(rest)
                    rest = ""
                self._bound(rest)
                raise Refused(problem, line=self.line + 1)
            self._bound(rest)
        if rest:
            yield self._given(rest)

    def _given(self, line: str) -> str:
        self.line += 1
        self._row.append(line)
        self.size += len(line)
        self._bound("")
        return line

    def _bound(self, rest: str) -> None:
        if self.size + len(rest) > _LONGEST:
            self._row.append(rest)
            raise self.refusal()

    def _texts(self) -> Iterator[tuple[str, str]]:
        """What can be read, and why it goes no further: empty while it does."""
        decoder = decoder_of(self._dialect.encoding)("strict")
        read, mark = 0, self._dialect.bom
        for block in _blocks(self._pieces):
            read += len(block)
            text, problem = self._decoded(decoder, block[: len(block) - max(0, read - MOST_BYTES)])
            if mark and text:
                text, mark = text.removeprefix("\ufeff"), False
            if "\0" in text:
                text, problem = text[: text.index("\0")], _NUL
            if not problem and read > MOST_BYTES:
                problem = f"The file is larger than {MOST_BYTES // 1024**2} MB. Split it."
            yield text, problem
            if problem:
                return
        yield self._decoded(decoder, b"", last=True)

    def _decoded(self, decoder: codecs.IncrementalDecoder, block: bytes, *, last: bool = False) -> tuple[str, str]:
        try:
            return decoder.decode(block, last), ""
        except UnicodeDecodeError as error:
            encoding = self._dialect.encoding
            good = decoder_of(encoding)("strict").decode(error.object[: error.start])
            return good, _UNDECODABLE.format(_TITLES.get(encoding, f"text in {encoding}"))


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are worth decoding, and none that is large."""
    held = bytearray()
    for piece in pieces:
        for start in range(0, len(piece), BLOCK):
            held += piece[start : start + BLOCK]
            if len(held) >= BLOCK:
                yield bytes(held)
                held.clear()
    if held:
        yield bytes(held)


def _refusal(text: str, delimiter: str, line: int) -> Refused:
    """Why a row, or as much of it as was read, breaks a limit or RFC 4180. Slow: it is asked for once in a file."""
    plain = re.compile(rf"[^{re.escape(delimiter)}\r\n]*+")
    position, first = 0, line
    for column in range(1, MOST_COLUMNS + 1):
        quoted = text.startswith('"', position)
        cell = (_QUOTED if quoted else plain).match(text, position)
        if cell is None:
            return _not_closed(text[position + 1 :], line)
        inside = cell[0][1:-1].replace('""', '"') if quoted else cell[0]
        if len(inside.encode()) > MOST_CELL_BYTES:
            return Refused(
                f"Cell {column} is longer than {MOST_CELL_BYTES // 1024} KB. Shorten it, and look whether its quotes "
                f"are right.",
                line=line,
            )
        opened, position = line, cell.end()
        line += len(_LINE_END.findall(inside))
        end = text[position : position + 1]
        if end != delimiter:
            if end in ("", "\r", "\n"):
                return Refused("This row cannot be read as CSV. Save the file again.", line=first)
            return Refused(
                f"Text follows the end of a quoted cell, which begins in line {opened}. Close its quote, and write a "
                f"quote inside a cell twice.",
                line=line,
            )
        position += 1
    return too_many_columns(first)


def _not_closed(inside: str, line: int) -> Refused:
    within = f" within {MOST_CELL_BYTES // 1024} KB" if len(inside.encode()) > MOST_CELL_BYTES else ""
    return Refused(
        f"The quote that opens here is not closed{within}. Close it, and write a quote inside a cell twice.", line=line
    )
