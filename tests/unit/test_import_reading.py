"""An import's file comes out as the rows it has, whatever it is cut into; a hostile one is refused in little memory."""

import csv
import io
import itertools
import tracemalloc
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple, get_args
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.imports import reading
from functions.imports.dialect import DELIMITERS, HEAD, Dialect, Encoding, sniff
from functions.imports.limits import MOST_BLANK_LINES, MOST_BYTES, MOST_CELL_BYTES, MOST_COLUMNS, MOST_ROWS, Refused
from functions.imports.reading import rows

MB = 1024 * 1024
UTF8 = Dialect("utf-8", ",")
WHOLE = (None, "read to its end")
CODECS = {"shift_jis": "cp932", "big5": "cp950", "euc-kr": "cp949"}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "windows-1252")

tame = st.text(st.sampled_from("ab '\",;\t|\r\né€ß"), max_size=8)
wild = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


class Written(NamedTuple):
    """A table, and how somebody else's program has written it."""

    rows: list[list[str]]
    delimiter: str
    text: str


@st.composite
def written(draw: st.DrawFn, cell: st.SearchStrategy[str] = tame) -> Written:
    """Well-formed: RFC 4180 with any delimiter and line end, needless quotes here and there."""
    table = draw(st.lists(st.lists(cell, min_size=1, max_size=5), min_size=1, max_size=6))
    delimiter, end = draw(st.sampled_from(DELIMITERS)), draw(st.sampled_from(["\r\n", "\n", "\r"]))
    last = draw(st.sampled_from(["", end]))

    def put(text: str) -> str:
        if draw(st.booleans()) or any(character in text for character in f'"\r\n{delimiter}'):
            return '"' + text.replace('"', '""') + '"'
        return text

    return Written(table, delimiter, end.join(delimiter.join(map(put, row)) for row in table) + last)


def filled(table: Iterable[list[str]]) -> list[list[str]]:
    return [row for row in table if any(cell.strip() for cell in row)]


def cut(content: bytes, size: int) -> Iterator[bytes]:
    return (content[start : start + size] for start in range(0, len(content), size))


def read(content: bytes, dialect: Dialect = UTF8) -> list[list[str]]:
    return [row.cells for row in rows([content], dialect)]


def outcome(pieces: Iterable[bytes], dialect: Dialect) -> tuple[list[tuple[int, list[str]]], tuple[int | None, str]]:
    """The rows, and why and where there are no more."""
    found: list[tuple[int, list[str]]] = []
    try:
        found.extend((row.line, row.cells) for row in rows(pieces, dialect))
    except Refused as refused:
        return found, (refused.line, refused.message)
    return found, WHOLE


def refusal(pieces: Iterable[bytes], dialect: Dialect = UTF8) -> Refused:
    with pytest.raises(Refused) as refused:
        for _ in rows(pieces, dialect):
            pass
    assert (refused.value.status, refused.value.code) == (422, "unreadable_file")
    return refused.value


@given(written(), st.integers(1, 40), st.integers(1, 40))
def test_every_well_formed_table_is_read_as_it_is(table: Written, block: int, size: int) -> None:
    with patch.object(reading, "BLOCK", block):
        found = rows(cut(table.text.encode(), size), Dialect("utf-8", table.delimiter))
        assert [row.cells for row in found] == filled(table.rows)


@given(written(wild))
def test_it_is_what_pythons_own_reader_sees(table: Written) -> None:
    expected = csv.reader(io.StringIO(table.text, newline=""), delimiter=table.delimiter)
    assert read(table.text.encode(), Dialect("utf-8", table.delimiter)) == filled(expected)


@given(written(), st.sampled_from(ENCODINGS), st.booleans(), st.integers(1, 70))
def test_so_it_is_in_every_encoding_and_dialect_that_is_seen(
    table: Written, encoding: str, declared: bool, size: int
) -> None:
    header = table.delimiter.join(("fullName", "gsmNumber", "mobile"))
    text = f"{header}\r\n{table.text}"
    if declared:
        text = f"sep={table.delimiter}\r\n{text}"
    content = text.encode(encoding)
    with patch.object(reading, "BLOCK", size):
        found = list(rows(cut(content, size), sniff(content[:HEAD])))
    assert [row.cells for row in found] == [["fullName", "gsmNumber", "mobile"], *filled(table.rows)]
    assert found[0].line == (2 if declared else 1)


TOKENS = ["a", "é", "😀", ",", '"', '""', "\n", "\r", "\r\n", " ", "bc,d\n", '"e"', "\x85", "\u2028"]
SPOILS = [b"", b"", b"", b"\0", b"\xff", b"\xed\xa0\x80", b"\xc3", b"\x00\xd8", b"\x81"]


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, Dialect]:
    """Anything at all, and mostly almost a CSV."""
    encoding: Encoding = draw(st.sampled_from(get_args(Encoding)))
    bom = draw(st.booleans()) and encoding.startswith("utf")
    tokens = draw(st.lists(st.sampled_from(TOKENS), max_size=40))
    parts = ["\ufeff" if bom else "", *tokens]
    content = "".join(parts).encode(CODECS.get(encoding, encoding), "replace")
    at = draw(st.integers(0, len(content)))
    spoil = draw(st.sampled_from(SPOILS))
    start = len("\ufeff".encode(encoding)) if bom else 0
    at = max(at, start)
    return content[:at] + spoil + content[at:], Dialect(encoding, ",", bom=bom, declared=draw(st.booleans()))


@contextmanager
def small(columns: int = 3, cell: int = 8) -> Iterator[None]:
    """Limits that small files break."""
    with ExitStack() as stack:
        for name, value in {
            "MOST_COLUMNS": columns,
            "MOST_CELL_BYTES": cell,
            "_SHORT": cell // 4,
            "_LONGEST": columns * (2 * cell + 3) + 2,
            "MOST_BYTES": 90,
            "MOST_ROWS": 4,
        }.items():
            stack.enter_context(patch.object(reading, name, value))
        yield


@given(streams(), st.integers(1, 9), st.booleans())
@settings(max_examples=400)
def test_where_the_pieces_end_makes_no_difference(stream: tuple[bytes, Dialect], size: int, limited: bool) -> None:
    """To the rows, to what is refused, to the line it is said of: in plenty and at every limit."""
    content, dialect = stream
    with small() if limited else ExitStack():
        whole = outcome([content], dialect)
        with patch.object(reading, "BLOCK", size):
            assert outcome(cut(content, size), dialect) == whole
            assert outcome(cut(content, 1), dialect) == whole


@pytest.mark.parametrize("damage", [b"\xff", b"\0", b"x" * 90])
def test_of_two_reasons_the_one_that_comes_first_is_told(damage: bytes) -> None:
    content = b"a\n" + b"x" * 70 + damage
    with small():
        for block in (1, 64, 1000):
            with patch.object(reading, "BLOCK", block):
                assert "longer than" in refusal([content]).message


@given(streams())
@settings(max_examples=300)
def test_no_row_is_beyond_a_limit(stream: tuple[bytes, Dialect]) -> None:
    with small():
        found, _ = outcome([stream[0]], stream[1])
    assert len(found) <= 5
    for _line, cells in found:
        assert len(cells) <= 3
        assert all(len(cell.encode()) <= 8 for cell in cells)


@given(st.binary(max_size=300) | streams().map(lambda stream: stream[0]))
@settings(max_examples=300)
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        dialect = sniff(content)
    except Refused:
        return
    outcome([content], dialect)


def test_every_cut_of_a_surrogate_pair_is_healed() -> None:
    content = "\ufeffa,😀\r\n".encode("utf-16-le")
    dialect = Dialect("utf-16-le", ",", bom=True)
    for at in range(len(content) + 1):
        with patch.object(reading, "BLOCK", 1):
            assert [row.cells for row in rows([content[:at], content[at:]], dialect)] == [["a", "😀"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\nc,d", [(1, ["a", "b"]), (2, ["c", "d"])]),
        ("a,b\r\nc,d\r\n", [(1, ["a", "b"]), (2, ["c", "d"])]),
        ("a,b\rc,d\r", [(1, ["a", "b"]), (2, ["c", "d"])]),
        ("a\r\r\nb", [(1, ["a"]), (3, ["b"])]),
        ("\n\n a,b\n  \n,,\n\nc", [(3, [" a", "b"]), (7, ["c"])]),
        ('a,"b\nc\r\nd\re"\nf', [(1, ["a", "b\nc\r\nd\re"]), (5, ["f"])]),
        ('"a""b","""",""\n', [(1, ['a"b', '"', ""])]),
        ('a"b,c""d\n', [(1, ['a"b', 'c""d'])]),
        ("a\x85b\u2028c\x0bd,e", [(1, ["a\x85b\u2028c\x0bd", "e"])]),
        ("a,", [(1, ["a", ""])]),
        (",a", [(1, ["", "a"])]),
        ("", []),
        ("\n\r\n", []),
    ],
)
def test_lines_and_quotes_are_read_as_rfc_4180_says(text: str, expected: list[tuple[int, list[str]]]) -> None:
    assert outcome([text.encode()], UTF8) == (expected, WHOLE)


def test_a_byte_order_mark_is_no_part_of_the_first_cell() -> None:
    assert read(b"\xef\xbb\xbfa,b", Dialect("utf-8", ",", bom=True)) == [["a", "b"]]


def test_a_file_of_a_declaration_alone_has_no_rows() -> None:
    assert read(b"sep=,", Dialect("utf-8", ",", declared=True)) == []


def test_long_lines_are_read() -> None:
    row = ["x" * 1500, 'y"\n' * 700, "é" * 1000]
    line = ",".join('"' + cell.replace('"', '""') + '"' for cell in row)
    assert read(f"{line}\n{line}".encode()) == [row, row]


@pytest.mark.parametrize(
    ("content", "dialect", "line", "words"),
    [
        (b"a,b\nc\xff,d\n", UTF8, 2, "no UTF-8"),
        (b"a,b\r\xff", UTF8, 2, "no UTF-8"),
        (b"a\nb\n\xe2\x82", UTF8, 3, "no UTF-8"),
        (b'a,"b\n\n\xff', UTF8, 3, "no UTF-8"),
        ("a\nb".encode("utf-16-le")[:-1], Dialect("utf-16-le", ","), 2, "no UTF-16"),
        (b"a\nb\x81", Dialect("windows-1252", ","), 2, "no Windows-1252"),
        (b"a\nb\nc\0", UTF8, 3, "NUL"),
        ("a\n\0".encode("utf-16-be"), Dialect("utf-16-be", ","), 2, "NUL"),
        (b'a\nb,c\n"d","e\nf\n"g","h"\n', UTF8, 5, "Text follows the end of a quoted cell, which begins in line 3"),
        (b'a\n"b" c\n', UTF8, 2, "Text follows"),
        (b'a\nb,"c\nd\n', UTF8, 2, "quote that opens here is not closed. Close it"),
        (b'a\nb,"c\n"",d\ne', UTF8, 2, "not closed. Close it"),
        (b'a\n"b\n","c\nd', UTF8, 3, "not closed. Close it"),
        (b'a\n"b', UTF8, 2, "not closed. Close it"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(content: bytes, dialect: Dialect, line: int, words: str) -> None:
    refused = refusal([content], dialect)
    assert (refused.line, refused.message.partition(":")[0]) == (line, f"Line {line}")
    assert words in refused.message


def test_rows_before_the_damage_are_given_out() -> None:
    found, problem = outcome([b"a,b\nc,d\ne\xff"], UTF8)
    assert found == [(1, ["a", "b"]), (2, ["c", "d"])]
    assert problem[0] == 3


def test_a_cell_may_have_four_kilobytes_and_not_one_byte_more() -> None:
    for most in ("x" * MOST_CELL_BYTES, "é" * (MOST_CELL_BYTES // 2), '"' * MOST_CELL_BYTES):
        quoted = '"' + most.replace('"', '""') + '"'
        assert read(f"a,b\nc,{quoted}\n".encode()) == [["a", "b"], ["c", most]]
        refused = refusal([f"a,b\nc,{quoted[:-1]}x{quoted[-1]}\n".encode()])
        assert refused.line == 2
        assert "Cell 2 is longer than 4 KB" in refused.message


def test_there_may_be_a_hundred_columns_and_not_one_more() -> None:
    row = ["x"] * MOST_COLUMNS
    assert read(",".join(row).encode()) == [row]
    refused = refusal([b"a\n" + ",".join([*row, ""]).encode()])
    assert refused.line == 2
    assert "more than 100 columns" in refused.message


def test_the_largest_row_is_read() -> None:
    row = ['"' * MOST_CELL_BYTES] * MOST_COLUMNS
    line = ",".join('"' + cell.replace('"', '""') + '"' for cell in row)
    assert read(f"{line}\r\n{line}\r\n".encode()) == [row, row]


class Spring:
    """A stream without end in pieces of one size, which knows how much was taken from it."""

    def __init__(self, before: bytes, again: bytes, most: int) -> None:
        piece = again * (64 * 1024 // len(again) + 1)
        self.taken = 0
        self._pieces = itertools.chain([before], itertools.repeat(piece))
        self._most = most

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if self.taken >= self._most:
                return
            self.taken += len(piece)
            yield piece


@contextmanager
def within(most: int) -> Iterator[None]:
    """No more bytes of memory than this, whatever is read."""
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < most, f"{peak:,} bytes"


@pytest.mark.parametrize(
    ("before", "again", "line", "words"),
    [
        (b"a,b\n", b"x,", 2, "more than 100 columns"),
        (b"a,b\n", b'"x","""",', 2, "more than 100 columns"),
        (b"a,b\n", b"x", 2, "Cell 1 is longer than 4 KB"),
        (b"a,b\nc,", "é".encode(), 2, "Cell 2 is longer than 4 KB"),
        (b'a,b\nc,d\ne,"', b"f,g\nh,i\r\n", 3, "not closed within 4 KB"),
        (b'a,b\nc,"', b"x", 2, "not closed within 4 KB"),
        (b'a,b\nc,"', b'""', 2, "not closed within 4 KB"),
        (b'a,"', b"\n", 1, "not closed within 4 KB"),
        (b'a,"', b'\r"",""\r', 1, "not closed within 4 KB"),
        (b'"', b'\n",a,a,"', 1, "more than 100 columns"),
    ],
)
def test_a_line_or_a_quote_without_end_is_refused_after_little(
    before: bytes, again: bytes, line: int, words: str
) -> None:
    spring = Spring(before, again, MOST_BYTES)
    with within(32 * MB):
        refused = refusal(spring)
    assert refused.line == line
    assert words in refused.message
    assert spring.taken < 2 * MB


def test_a_piece_may_be_as_large_as_the_file() -> None:
    content = b"a,b\n" + b"x" * (64 * MB)
    with within(16 * MB):
        assert "longer than 4 KB" in refusal([content]).message


def test_a_million_columns_are_refused() -> None:
    assert "more than 100 columns" in refusal([b"fullName,gsmNumber\n" + b"a," * 1_000_000]).message


def test_more_than_200_mb_are_refused_in_flat_memory() -> None:
    line = b",".join([b"x" * MOST_CELL_BYTES] * 15) + b"\n"
    spring = Spring(b"", line, 201 * MB)
    with within(8 * MB):
        refused = refusal(spring)
    assert "larger than 200 MB" in refused.message
    assert refused.line == MOST_BYTES // len(line) + 1
    assert spring.taken < MOST_BYTES + MB


def test_200_mb_are_read_and_not_one_byte_more() -> None:
    line = b",".join([b"x" * MOST_CELL_BYTES] * 16) + b"\n"
    count, rest = divmod(MOST_BYTES, len(line))
    content = [*itertools.repeat(line, count), b"\n" * rest]
    assert sum(1 for _ in rows(content, UTF8)) == count
    assert "200 MB" in refusal([*content, b"\n"]).message


def test_of_two_million_rows_the_one_after_500000_is_refused_in_flat_memory() -> None:
    found = (row.line for row in rows(Spring(b"a,b\n", b"c,d\n" * 4096, 2_000_000 * 4), UTF8))
    with within(8 * MB):
        assert sum(1 for _ in itertools.islice(found, MOST_ROWS + 1)) == MOST_ROWS + 1  # the header is none of them
        with pytest.raises(Refused, match="more than 500,000 rows") as refused:
            next(found)
    assert refused.value.line == MOST_ROWS + 2


def test_blank_lines_without_end_are_refused() -> None:
    spring = Spring(b"a,b\n", b"\n", MOST_BYTES)
    assert f"{MOST_BLANK_LINES:,} blank lines" in refusal(spring).message
    assert spring.taken < 2 * MB
