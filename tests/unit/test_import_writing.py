"""What we write as CSV no spreadsheet calculates, and an import reads it as it was."""

import csv
import io
import itertools
import string
import tracemalloc
import unicodedata
from datetime import UTC, datetime
from functools import partial

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from functions.imports.columns import COLUMNS, header
from functions.imports.dialect import DELIMITERS, HEAD, Dialect, sniff
from functions.imports.formulas import bare, guarded
from functions.imports.reading import rows
from functions.imports.rows import Known, Values, values
from functions.imports.writing import cells_of, encode

KNOWN = Known.of(
    groups=[("g-1", "Sales"), ("g-2", "Support")],
    profiles=[("p-1", "Standard")],
    group_id="g-1",
    extensions=None,
    clients=("linphone", "privategsm"),
)
FORMULA = "=+-@＝＋－＠\t\r\n"

any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
text_with_lines = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\t\r\n"), max_size=12)
nasty = st.text(st.sampled_from("'=+-@\t\r\n\",; a＝"), max_size=6)


def test_people_get_a_file_that_their_spreadsheet_reads() -> None:
    content = b"".join(encode([["fullName", "gsmNumber"], ["Zoë", "+12025550123"]], spreadsheet_safe=True))
    assert content.decode() == '\ufeff"fullName","gsmNumber"\r\n"Zoë","\'+12025550123"\r\n'


def test_programs_get_numbers_as_they_are_and_texts_as_an_import_reads_them() -> None:
    table = [["fullName", "gsmNumber"], ['a"b', "+12025550123"], ["=1", "'-"], ["007", "'007"], ["12E+3", "1" * 12]]
    content = b"".join(encode(table, spreadsheet_safe=False))
    assert content.decode().splitlines()[1:] == [
        '"a""b","+12025550123"',
        '"\'=1","\'\'-"',
        '"007","\'\'007"',
        '"\'12E+3","111111111111"',
    ]


def test_of_nothing_there_is_nothing_but_the_mark() -> None:
    assert b"".join(encode([], spreadsheet_safe=False)) == b""
    assert b"".join(encode([], spreadsheet_safe=True)) == b"\xef\xbb\xbf"


@given(any_text | nasty)
def test_no_cell_begins_like_a_formula_and_every_one_comes_back(cell: str) -> None:
    assert not guarded(cell).startswith(tuple(FORMULA))
    assert bare(guarded(cell)) == cell


@pytest.mark.parametrize("start", FORMULA)
def test_what_begins_like_a_formula_is_guarded(start: str) -> None:
    assert guarded(f"{start}cmd") == f"'{start}cmd"


@pytest.mark.parametrize("cell", ["007", "00", "123456789012", "12E+3", "12e3", "1.5E-7", "4,1E+10"])
def test_what_a_spreadsheet_would_round_is_guarded(cell: str) -> None:
    assert (guarded(cell), bare(f"'{cell}")) == (f"'{cell}", cell)
    assert (guarded(f"'{cell}"), bare(f"''{cell}")) == (f"''{cell}", f"'{cell}")


def test_nothing_else_is_touched() -> None:
    for cell in ("", "a=b", "'", "'s", "5", "0", "12345678901", "e5", "1e", "5-1", "00a", "012 ", " =1", '"'):
        assert (guarded(cell), bare(cell)) == (cell, cell)


@given(
    st.lists(st.lists(text_with_lines | nasty, min_size=3, max_size=3), max_size=6),
    st.sampled_from(DELIMITERS),
    st.booleans(),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]),
)
@settings(max_examples=200)
def test_what_is_written_is_read_as_it_was(table: list[list[str]], delimiter: str, safe: bool, encoding: str) -> None:
    table = [["fullName", "gsmNumber", "email"], *(row for row in table if any(cell.strip() for cell in row))]
    text = b"".join(encode(table, spreadsheet_safe=safe, delimiter=delimiter)).decode("utf-8-sig")
    content = text.encode(encoding)
    dialect = sniff(content[:HEAD])
    assert dialect.delimiter == delimiter
    found = [row.cells for row in rows([content], dialect)]
    assert [[bare(cell) for cell in row] for row in found] == table


@given(st.lists(st.lists(any_text | nasty, min_size=1, max_size=4), max_size=6))
def test_pythons_own_reader_reads_it_too(table: list[list[str]]) -> None:
    text = b"".join(encode(table, spreadsheet_safe=False)).decode()
    found = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert [[bare(cell) for cell in row] for row in found] == table


printable = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Cn"], exclude_characters="\ufeff")
texts = st.text(printable, max_size=15).map(lambda text: " ".join(text.split()))
plain = st.text(string.ascii_lowercase + string.digits, min_size=3, max_size=10)
numbers = st.sampled_from(["+12025550123", "+41446681800", "+393471234567"])


def or_unset(*strategies: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(st.just(UNSET), *strategies)


def composed(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def given_only(fields: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not UNSET}


people = st.fixed_dictionaries(
    {
        "full_name": texts.map(composed).filter(bool),
        "number": numbers,
        "email": or_unset(st.none(), plain.map("{}@example.net".format)),
        "mobile": or_unset(st.none(), numbers),
        "username": or_unset(plain),
        "security_model": or_unset(st.sampled_from(["end-to-end", "end-to-site"])),
        "description": or_unset(texts.map(composed), st.sampled_from(["=1+1", "'=1", "''+", "-", "@x", '"', "a,b;c"])),
        "group_id": or_unset(st.sampled_from(["g-1", "g-2"])),
        "profile_id": or_unset(st.none(), st.just("p-1")),
        "client": or_unset(st.none(), st.sampled_from(["linphone", "privategsm"])),
        "language": or_unset(st.none(), st.sampled_from(["en", "pt-BR"])),
        "time_zone": or_unset(st.none(), st.just("Europe/Zurich")),
        "expires_at": or_unset(
            st.none(),
            st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
                lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
            ),
        ),
        "external_id": or_unset(st.none(), plain, st.sampled_from(["12E+3", "1.5e7", "007", "'007", "9" * 15])),
        "obfuscation": or_unset(st.booleans()),
        "obfuscation_key": or_unset(st.integers(0, 2**31 - 1)),
        "keep_alive": or_unset(st.booleans()),
    }
).map(lambda fields: msgspec.convert(given_only(fields), Values))


def written_and_read(value: Values, *, safe: bool) -> object:
    names = [column.name for column in COLUMNS.values() if getattr(value, column.field) is not UNSET]
    table = [names, cells_of(msgspec.structs.asdict(value), names)]
    content = b"".join(encode(table, spreadsheet_safe=safe))
    head, row = rows([content], sniff(content))
    found = values(header(head.cells, adopt=False, ignore_unknown=False), row, KNOWN)
    return msgspec.structs.replace(found, empty=()) if isinstance(found, Values) else found


@given(people, st.booleans())
@settings(max_examples=300, deadline=None)
def test_a_person_who_is_exported_is_imported_the_same(value: Values, safe: bool) -> None:
    assert written_and_read(value, safe=safe) == value


def test_cells_stand_in_the_order_of_the_columns() -> None:
    value = {"number": "+1", "full_name": "A", "keep_alive": False, "obfuscation_key": 0, "email": None}
    names = ["gsmNumber", "email", "keepAlive", "mobile", "fullName", "obfuscationKey"]
    assert cells_of(value, names) == ["+1", "", "no", "", "A", "0"]


def test_a_result_file_is_read_as_the_file_it_came_from() -> None:
    """Also where that was a result file itself, and its cells have their apostrophes already."""
    first = [
        ["fullName", "gsmNumber", "description"],
        ["Anna", "+12025550123", "'- x"],
        ["'=B", "'+12025550124", "''=1"],
    ]
    known = partial(values, known=KNOWN)
    content = "\r\n".join(",".join(row) for row in first).encode()
    expected: list[object] | None = None
    for _ in range(3):
        head_row, *found = rows([content], Dialect("utf-8", ",", bom=content.startswith(b"\xef")))
        head = header(head_row.cells, adopt=False, ignore_unknown=False)
        read = [known(head, row) for row in found]
        assert all(isinstance(each, Values) for each in read)
        expected = expected or list(read)
        assert read == expected
        repeated = [[*head.without_results(row.cells), "created", "- said", "id"] for row in found]
        result_head = [*head.without_results(head.columns), "result", "problem", "accountId"]
        content = b"".join(encode([result_head, *repeated], spreadsheet_safe=True))


def test_many_rows_are_written_in_flat_memory() -> None:
    row = ["Anna", "+12025550123"]
    tracemalloc.start()
    try:
        count = sum(len(piece) for piece in encode(itertools.repeat(row, 300_000), spreadsheet_safe=True))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 3 + 300_000 * len(b'"Anna","\'+12025550123"\r\n')
    assert peak < 2 * 1024**2
