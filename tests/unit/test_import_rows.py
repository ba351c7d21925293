"""A row is what the API would take, or a list of everything that is wrong with it, in words that help."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from functions.accounts.create import NewAccount
from functions.imports.columns import COLUMNS, header
from functions.imports.reading import Row
from functions.imports.rows import CellProblem, Known, Values, values
from functions.tenants.tenants import ExtensionRange

KNOWN = Known.of(
    groups=[("g-1", "Sales"), ("g-2", "Zürich  Office"), ("g-3", "Twins"), ("g-4", "twins"), ("g-5", "Hidden")],
    profiles=[("p-1", "Standard"), ("p-2", "Strict")],
    group_id="g-1",
    extensions=None,
    clients=("linphone", "privategsm"),
    visible=frozenset({"g-1", "g-2", "g-3", "g-4"}),
)
MD5, SHA256 = "0123456789abcdef" * 2, "0123456789abcdef" * 4
ADOPT = {"fullName": "Anna", "gsmNumber": "+12025550123", "username": "anna", "ha1": MD5}


def read(cells: dict[str, str], *, adopt: bool = False, known: Known = KNOWN) -> Values | list[CellProblem]:
    return values(header(list(cells), adopt=adopt, ignore_unknown=False), Row(7, list(cells.values())), known)


def one(column: str, cell: str, known: Known = KNOWN) -> Any:
    """What a good row with this cell says in that column."""
    found = read({"fullName": "Anna", "gsmNumber": "+12025550123"} | {column: cell}, known=known)
    assert isinstance(found, Values), found
    return getattr(found, COLUMNS[column].field)


def problem(column: str, cell: str, known: Known = KNOWN) -> str:
    """The one thing that is wrong with a row that is good but for this cell."""
    found = read({"fullName": "Anna", "gsmNumber": "+12025550123"} | {column: cell}, known=known)
    assert isinstance(found, list), found
    assert [each.column for each in found] == [column]
    return found[0].problem


def test_a_row_says_what_its_columns_say_and_nothing_else() -> None:
    found = read({"fullName": " Zoë  Ünal ", "gsmNumber": "+1 (202) 555-0123"})
    assert found == Values(full_name="Zoë  Ünal", number="+12025550123")
    assert msgspec.json.encode(found) == '{"full_name":"Zoë  Ünal","number":"+12025550123"}'.encode()


def test_every_column_is_read() -> None:
    cells = {
        "fullName": "Anna",
        "gsmNumber": "+12025550123",
        "email": "anna@example.net",
        "securityModel": "End to End",
        "description": "Head of sales, day & night",
        "mobile": "+12025550124",
        "username": "anna.1",
        "group": "zürich office",
        "profile": "p-2",
        "client": "Linphone",
        "language": "pt_br",
        "timeZone": "Europe/Zurich",
        "expiresAt": "2031-03-31",
        "externalId": "A-17",
        "obfuscation": "no",
        "obfuscationKey": "12",
        "keepAlive": "TRUE",
        "ha1": MD5.upper(),
        "ha1Sha256": SHA256,
    }
    assert list(cells) == list(COLUMNS)
    found = read(cells, adopt=True)
    assert found == Values(
        full_name="Anna",
        number="+12025550123",
        email="anna@example.net",
        mobile="+12025550124",
        username="anna.1",
        security_model="end-to-end",
        description="Head of sales, day & night",
        group_id="g-2",
        profile_id="p-2",
        client="linphone",
        language="pt-BR",
        time_zone="Europe/Zurich",
        expires_at=datetime(2031, 3, 31, 23, 59, 59, tzinfo=UTC),
        external_id="A-17",
        obfuscation=False,
        obfuscation_key=12,
        keep_alive=True,
        ha1_md5=MD5,
        ha1_sha256=SHA256,
    )
    assert msgspec.json.decode(msgspec.json.encode(found), type=Values) == found


def test_an_empty_cell_says_what_a_new_account_has() -> None:
    found = read(dict.fromkeys(COLUMNS, "") | ADOPT, adopt=True)
    assert found == Values(
        full_name="Anna",
        number="+12025550123",
        email=None,
        mobile=None,
        username="anna",
        security_model=UNSET,
        description="",
        group_id="g-1",
        profile_id=None,
        client=None,
        language=None,
        time_zone=None,
        expires_at=None,
        external_id=None,
        obfuscation=True,
        obfuscation_key=9,
        keep_alive=True,
        ha1_md5=MD5,
        ha1_sha256=None,
        empty=(
            "email",
            "description",
            "mobile",
            "group_id",
            "profile_id",
            "client",
            "language",
            "time_zone",
            "expires_at",
            "external_id",
            "obfuscation",
            "obfuscation_key",
            "keep_alive",
            "ha1_sha256",
        ),
    )
    assert msgspec.json.decode(msgspec.json.encode(found), type=Values) == found
    new = NewAccount(full_name="Anna", number="+12025550123", group_id="g-1")
    for field in ("email", "description", "profile_id", "obfuscation", "obfuscation_key", "keep_alive", "expires_at"):
        assert getattr(found, field) == getattr(new, field)


def test_an_empty_username_and_security_model_say_nothing() -> None:
    assert one("username", "") is UNSET
    assert one("securityModel", " ") is UNSET


@pytest.mark.parametrize("column", ["fullName", "gsmNumber", "username", "ha1"])
def test_what_is_needed_may_not_be_empty(column: str) -> None:
    assert read(ADOPT | {column: " "}, adopt=True) == [CellProblem(column, f"Needed here: {COLUMNS[column].about}.")]


def test_a_value_has_the_limits_of_the_api() -> None:
    limits = {field.name: field.type for field in msgspec.structs.fields(NewAccount)}
    for field in msgspec.structs.fields(Values):
        if field.name in limits:
            for cell in ("", "x" * 1001, "x", "\x00"):
                assert _takes(field.type, cell) == _takes(limits[field.name], cell)


def _takes(type_: object, value: object) -> bool:
    try:
        msgspec.convert(value, type_)
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("+12025550123", "+12025550123"),
        ("'+12025550123", "+12025550123"),
        ("+1 202-555-0123", "+12025550123"),
        ("+1 (202) 555.0123", "+12025550123"),
        ("001 202 555 0123", "+12025550123"),
        ("0041 44 668 18 00", "+41446681800"),
        ("+41 (0)44 668 18 00", "+41446681800"),
        ("+1\u00a0202\u202f555\u20110123", "+12025550123"),
        ("\u202a+12025550123\u202c", "+12025550123"),
        ("\ufeff+12025550123", "+12025550123"),
        ("＋１２０２５５５０１２３", "+12025550123"),
    ],
)
def test_numbers_are_read_as_people_write_them(cell: str, number: str) -> None:
    assert one("gsmNumber", cell) == number
    assert one("mobile", cell) == number


@pytest.mark.parametrize("column", ["gsmNumber", "mobile"])
@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("4.17912E+10", "shortened"),
        ("4,17912E+10", "shortened"),
        ("+4.17912e+10", "shortened"),
        ("4E+10", "shortened"),
        ("4E10", "not a telephone number"),
        ("12025550123", "beginning with +"),
        ("2025550123", "beginning with +"),
        ("12025550123.0", "decimal"),
        ("+1202555012,0", "decimal"),
        ("+1202", "few digits"),
        ("+999999999999", "not a telephone number"),
        ("-12025550123", "beginning with +"),
        ("+1 202 CALL NOW", "not a telephone number"),
        ("+12025550123;ext=5", "not a telephone number"),
        ("+1" + "2" * 30, "not a telephone number"),
        ("n/a", "not a telephone number"),
        ("=+12025550123", "formula"),
        ('="+12025550123"', "formula"),
        ("@12025550123", "formula"),
        ("+120255\n50123", "line break"),
    ],
)
def test_what_is_no_number_is_told_apart(column: str, cell: str, words: str) -> None:
    assert words in problem(column, cell)


def test_no_message_goes_to_a_premium_number() -> None:
    assert "premium-rate" in problem("mobile", "+1 900 555 0123")
    assert "+19005550123" in one("gsmNumber", "+1 900 555 0123")


def test_extensions_are_numbers_where_the_tenant_has_them() -> None:
    known = Known.of(groups=[], profiles=[], group_id=None, extensions=ExtensionRange(first=100, last=199), clients=())
    assert one("gsmNumber", "101", known) == "101"
    assert one("gsmNumber", "0012025550123", known) == "+12025550123"
    assert "extension from 100 to 199" in problem("gsmNumber", "200", known)
    assert "beginning with +" in problem("mobile", "101", known)


@pytest.mark.parametrize(
    "cell", ["=cmd|' /C calc'!A0", "@SUM(1)", "+SUM(1)", "-cmd", "- see", "=1+1", "＝1", " =1", "\t=1"]
)
@pytest.mark.parametrize("column", ["fullName", "description", "email", "group", "username", "externalId"])
def test_formulas_are_refused_everywhere(column: str, cell: str) -> None:
    assert "begins like a formula" in problem(column, cell)


@pytest.mark.parametrize("cell", ["\tAnna", "\rAnna", "\nAnna"])
def test_so_is_what_makes_a_spreadsheet_see_one_later(cell: str) -> None:
    assert "begins like a formula" in problem("fullName", cell)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("'=1+1", "=1+1"),
        ("'@home", "@home"),
        ("'- see", "- see"),
        ("''=1", "'=1"),
        ("'s Gravenhage", "'s Gravenhage"),
        ("'", "'"),
        ("+1 202 555-0123", "+1 202 555-0123"),
        ("-12.5", "-12.5"),
        ("a=b", "a=b"),
    ],
)
def test_an_apostrophe_says_that_it_is_a_text(cell: str, text: str) -> None:
    assert one("description", cell) == text


@pytest.mark.parametrize("character", ["\x00", "\x07", "\n", "\r\n", "\t", "\x1b", "\x7f", "\x85", "\x9f", "\u2028"])
def test_control_characters_are_refused(character: str) -> None:
    for column in ("fullName", "description", "externalId"):
        assert "control character" in problem(column, f"a{character}b")


def test_texts_are_trimmed_and_composed() -> None:
    assert one("fullName", "\u00a0 Zoe\u0308 \u3000") == "Zoë"
    assert one("description", " \u0130 ") == "\u0130"
    assert one("email", "anna@example.net\u200b") == "anna@example.net"


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("fullName", "x" * 201, "Longer than 200 characters: shorten it."),
        ("description", "x" * 1001, "Longer than 1000 characters: shorten it."),
        ("email", "anna@localhost", "Wanted: An e-mail address."),
        ("email", "anna", "Wanted: An e-mail address."),
        ("email", "x" * 250 + "@example.net", "Longer than 254 characters"),
        ("securityModel", "both", "Write end-to-end or end-to-site."),
        ("username", "An", "Shorter than 3 characters: write more."),
        ("username", "Anna", "lower case"),
        ("username", "1.2E+09", "shortened"),
        ("externalId", "1.2E+09", "shortened"),
        ("group", "Marketing", "no group with this name or id"),
        ("group", "Hidden", "no group with this name or id"),
        ("group", "g-5", "no group with this name or id"),
        ("group", "TWINS", "There are 2 groups of this name: write the id"),
        ("profile", "Loose", "no profile with this name or id"),
        ("client", "skype", "There are: linphone, privategsm."),
        ("language", "english", "BCP 47, like en or pt-BR"),
        ("timeZone", "Mars/Base", "no such time zone"),
        ("timeZone", "../etc", "no such time zone"),
        ("expiresAt", "31.03.2031", "Write a date like 2027-03-31"),
        ("expiresAt", "2031-02-30", "Write a date like"),
        ("expiresAt", "2031-03-31T12:00:00", "Write a date like"),
        ("expiresAt", "0001-01-01T00:00:00+10:00", "Write a date like"),
        ("expiresAt", "9999-12-31T23:59:59-10:00", "Write a date like"),
        ("expiresAt", "46000", "Write a date like"),
        ("obfuscation", "maybe", "Write yes or no."),
        ("keepAlive", "2", "Write yes or no."),
        ("obfuscationKey", "nine", "whole number from 0 to 2147483647"),
        ("obfuscationKey", "-1", "whole number"),
        ("obfuscationKey", "2147483648", "whole number"),
        ("obfuscationKey", "٩", "whole number"),
        ("obfuscationKey", "9" * 4000, "whole number"),
    ],
)
def test_each_problem_says_what_to_do(column: str, cell: str, words: str) -> None:
    assert words in problem(column, cell)


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("group", " g-3 ", "g-3"),
        ("group", "ZÜRICH OFFICE", "g-2"),
        ("group", "sales", "g-1"),
        ("profile", "strict", "p-2"),
        ("client", "PrivateGSM", "privategsm"),
        ("language", "DE", "de"),
        ("language", "gsw", "gsw"),
        ("securityModel", "END_TO_SITE", "end-to-site"),
        ("externalId", "12e45", "12e45"),
        ("obfuscationKey", "0", 0),
        ("obfuscationKey", "2147483647", 2**31 - 1),
        ("obfuscation", "No", False),
        ("obfuscation", "1", True),
        ("keepAlive", "0", False),
        ("keepAlive", "false", False),
        ("expiresAt", "2031-03-31", datetime(2031, 3, 31, 23, 59, 59, tzinfo=UTC)),
        ("expiresAt", "2031-03-31T02:00:00.123456+02:00", datetime(2031, 3, 31, 0, 0, 0, 123000, tzinfo=UTC)),
        ("expiresAt", "2020-01-01T00:00:00Z", datetime(2020, 1, 1, tzinfo=UTC)),
    ],
)
def test_what_is_clear_is_read_forgivingly(column: str, cell: str, value: object) -> None:
    assert one(column, cell) == value


def test_a_group_must_be_written_where_the_import_has_none() -> None:
    known = Known.of(groups=[], profiles=[], group_id=None, extensions=None, clients=())
    assert problem("group", "", known) == "Write the name or id of a group."


def test_every_problem_of_a_row_is_told_at_once() -> None:
    found = read({"fullName": "", "gsmNumber": "0", "email": "anna", "client": "skype", "description": "x" * 1001})
    assert isinstance(found, list)
    assert {each.column for each in found} == {"fullName", "gsmNumber", "email", "client", "description"}


HEADER = header(["fullName", "gsmNumber", "", "email"], adopt=False, ignore_unknown=False)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["Anna"], "This row has 1 cells, the header 4: add"),
        (["Anna", "+12025550123", ""], "This row has 3 cells, the header 4: add"),
        (["Anna", "+12025550123", "", "", "x"], "This row has 5 cells, the header 4: put"),
        (["Anna", "+12025550123", "x", ""], "Column 3 has no name in the header"),
    ],
)
def test_a_row_of_another_shape_than_the_header_is_a_problem_of_the_row(cells: list[str], words: str) -> None:
    found = values(HEADER, Row(2, cells), KNOWN)
    assert isinstance(found, list)
    assert [each.column for each in found] == [""]
    assert words in found[0].problem


def test_empty_cells_beyond_the_header_are_none() -> None:
    assert isinstance(values(HEADER, Row(2, ["Anna", "+12025550123", " ", "", "", " "]), KNOWN), Values)


def test_what_stands_in_a_column_that_is_passed_over_is_not_looked_at() -> None:
    head = header(["fullName", "gsmNumber", "x", "result"], adopt=False, ignore_unknown=True)
    assert isinstance(values(head, Row(2, ["Anna", "+12025550123", "=1\0", "=2"]), KNOWN), Values)


@pytest.mark.parametrize("cell", [MD5[:-1], MD5 + "0", "g" + MD5[1:], f"={MD5}", f"{MD5[:16]}\n{MD5[16:]}"])
def test_a_wrong_ha1_is_not_repeated(cell: str) -> None:
    found = read(ADOPT | {"ha1": cell, "ha1Sha256": cell}, adopt=True)
    assert isinstance(found, list)
    assert {each.column for each in found} == {"ha1", "ha1Sha256"}
    assert cell[2:14] not in str(found)


def test_values_keep_people_and_secrets_from_logs() -> None:
    found = read(ADOPT, adopt=True)
    assert isinstance(found, Values)
    assert repr([found]) == "[Values(…)]"


@given(st.lists(st.text(max_size=20) | st.sampled_from(["=1", "'=", "1E+5", "+", "00", "\t"]), max_size=22))
@settings(max_examples=300)
def test_any_row_is_read_or_told_what_is_wrong(cells: list[str]) -> None:
    head = header(list(COLUMNS), adopt=True, ignore_unknown=False)
    found = values(head, Row(2, cells), KNOWN)
    if isinstance(found, Values):
        assert msgspec.json.decode(msgspec.json.encode(found), type=Values) == found
    else:
        assert found
        assert all(each.problem.endswith(".") for each in found)


@given(st.sampled_from([name for name in COLUMNS if not name.startswith("ha1")]), st.text(max_size=30))
@settings(max_examples=500)
def test_any_one_cell_is_read_or_is_the_one_told(column: str, cell: str) -> None:
    found = read({"fullName": "Anna", "gsmNumber": "+12025550123"} | {column: cell})
    assert isinstance(found, Values) or [each.column for each in found] == [column]
