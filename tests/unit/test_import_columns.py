"""A header says what stands in which column, however it is spelt; one that says too little or too much is refused."""

import re

import msgspec
import pytest

from functions.accounts.create import NewAccount
from functions.imports.columns import COLUMNS, Column, Header, column_of, header, known
from functions.imports.limits import Refused
from functions.imports.rows import Values

BATCH = ["fullName", "gsmNumber", "email", "securityModel", "description"]
ADOPT = ["fullName", "gsmNumber", "username", "ha1"]


def read(cells: list[str], *, adopt: bool = False, ignore_unknown: bool = False) -> Header:
    return header(cells, adopt=adopt, ignore_unknown=ignore_unknown, line=1)


def refusal(cells: list[str], *, adopt: bool = False, ignore_unknown: bool = False) -> str:
    with pytest.raises(Refused) as refused:
        read(cells, adopt=adopt, ignore_unknown=ignore_unknown)
    assert (refused.value.status, refused.value.line) == (422, 1)
    return refused.value.message


def test_every_field_of_a_row_has_its_column() -> None:
    fields = set(Values.__struct_fields__) - {"empty"}  # which of the others were
    assert {column.field for column in COLUMNS.values()} == fields
    assert {column_of(field) for field in fields} == set(COLUMNS)


def test_what_a_new_account_can_have_a_row_can_say() -> None:
    rest = set(NewAccount.__struct_fields__) - set(Values.__struct_fields__)
    assert rest == {"messages", "send_at", "at_once"}  # said once for the whole import


def test_a_field_without_a_column_is_named_itself() -> None:
    assert (column_of("messages"), column_of("")) == ("messages", "")


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("fullName", "fullName"),
        ("Full Name", "fullName"),
        ("full_name", "fullName"),
        ("FULL-NAME ", "fullName"),
        ("full\nname", "fullName"),
        ("full\u00a0name", "fullName"),
        ("Name", "fullName"),
        ("phone", "gsmNumber"),
        ("Phone Number", "gsmNumber"),
        ("number", "gsmNumber"),
        ("E-Mail", "email"),
        ("email_address", "email"),
        ("group_id", "group"),
        ("profile id", "profile"),
        ("Time zone", "timeZone"),
        ("HA1_MD5", "ha1"),
        ("ha1-sha256", "ha1Sha256"),
        ("", None),
        ("result", None),
        ("fullNames", None),
    ],
)
def test_a_column_is_known_however_it_is_spelt(cell: str, name: str | None) -> None:
    column = known(cell)
    assert (column and column.name) == name


@pytest.mark.parametrize("column", COLUMNS.values())
def test_our_own_name_of_a_column_and_its_field_are_both_known(column: Column) -> None:
    assert known(column.name) == column
    assert known(column.field) == column


def test_columns_come_in_any_order() -> None:
    assert read(["description", "gsm number", "full_name"]).names == ("description", "gsmNumber", "fullName")


def test_the_columns_of_our_own_result_file_are_passed_over() -> None:
    cells = [*BATCH, "result", "problem", "accountId"]
    assert read(cells).names == (*BATCH, None, None, None)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ([*BATCH, "email"], "The column email is there twice"),
        (["phone", *BATCH], "The column gsmNumber is there twice"),
        ([*BATCH, "shoe size"], "There is no column “shoe size”.*There are: fullName, gsmNumber, .*keepAlive\\."),
        ([*BATCH, "x" * 4000], f"“{'x' * 40}…”"),
        ([*BATCH, "a\x1bb"], "“a�b”"),
        (["email", "gsmNumber"], "names no fullName"),
        (["email", "fullName"], "names no gsmNumber"),
        (["email"], "names no fullName and no gsmNumber"),
        ([*BATCH, "ha1"], "only when accounts are adopted"),
        ([*BATCH, "ha1Sha256"], "only when accounts are adopted"),
        (["Anna Smith", "+12025550123", "anna@example.net"], "No column is known here. The first line must name them"),
        (["1", "2"], "No column is known"),
        (["x"] * 101, "more than 100 columns"),
    ],
)
def test_a_header_that_cannot_be_meant_is_refused(cells: list[str], words: str) -> None:
    assert re.search(words, refusal(cells))


def test_ha1_is_not_offered_where_nobody_is_adopted() -> None:
    assert "ha1" not in refusal([*BATCH, "shoe size"])
    assert "ha1, ha1Sha256" in refusal([*ADOPT, "shoe size"], adopt=True)


def test_unknown_columns_are_passed_over_when_that_is_asked() -> None:
    assert read(["a", *BATCH, "b", "b"], ignore_unknown=True).names == (None, *BATCH, None, None)
    assert "only when accounts are adopted" in refusal([*BATCH, "ha1"], ignore_unknown=True)
    assert "twice" in refusal([*BATCH, "email"], ignore_unknown=True)


@pytest.mark.parametrize("missing", ADOPT)
def test_adopting_needs_a_username_and_its_ha1(missing: str) -> None:
    assert read([*ADOPT, "ha1Sha256"], adopt=True).adopt
    assert f"names no {missing}" in refusal([name for name in ADOPT if name != missing], adopt=True)


def test_a_header_travels_as_json_and_can_be_made_again_from_its_columns() -> None:
    made = read(["Full name", "Phone", "", "shoe size", "result"], ignore_unknown=True)
    assert msgspec.json.decode(msgspec.json.encode(made), type=Header) == made
    assert header(list(made.columns), adopt=False, ignore_unknown=True) == made


MD5, SHA256 = "0123456789abcdef" * 2, "0123456789ABCDEF" * 4


def test_what_is_shown_of_a_row_has_no_ha1() -> None:
    made = read([*ADOPT, "ha1Sha256", "x"], adopt=True, ignore_unknown=True)
    cells = ["Anna", "+12025550123", "anna", MD5, SHA256, "y"]
    assert made.harmless(cells) == ["Anna", "+12025550123", "anna", "", "", "y"]
    assert made.shown(cells) == {
        "fullName": "Anna",
        "gsmNumber": "+12025550123",
        "username": "anna",
        "ha1": "",
        "ha1Sha256": "",
    }
    assert made.without_results(cells) == ["Anna", "+12025550123", "anna", "", "", "y"]


@pytest.mark.parametrize(
    "cells", [["Smith", " Anna", "+12025550123", "anna", MD5, SHA256], ["Anna", "anna", f" {MD5} ", SHA256]]
)
def test_nor_has_one_whose_cells_have_shifted(cells: list[str]) -> None:
    made = read([*ADOPT, "ha1Sha256"], adopt=True)
    for shown in (made.harmless(cells), made.without_results(cells), list(made.shown(cells).values())):
        assert not any(MD5[:8] in cell.lower() for cell in shown)
        assert cells[0] in shown


def test_a_cell_like_an_ha1_is_harmless_where_nobody_is_adopted() -> None:
    assert read(BATCH).harmless([MD5]) == [MD5]


def test_a_result_file_repeats_a_row_in_as_many_cells_as_the_header_has() -> None:
    made = read(["result", "fullName", "gsmNumber", "problem", "accountId"])
    assert made.without_results(made.columns) == ["fullName", "gsmNumber"]
    assert made.without_results(["created", "Anna", "'+12025550123", "", "id"]) == ["Anna", "+12025550123"]
    assert made.without_results(["", "Anna"]) == ["Anna", ""]
    assert made.without_results(["", "Anna", "1", "", "", "more"]) == ["Anna", "1"]
