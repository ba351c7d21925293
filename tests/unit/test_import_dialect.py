"""An import's file says by its first bytes how it is written, or that it is no CSV."""

import codecs
import gzip
import io
import random
import zipfile
from typing import get_args

import msgspec
import pytest

from functions.imports.dialect import HEAD, Dialect, Encoding, Given, sniff
from functions.imports.limits import Refused
from functions.imports.reading import rows

TEXT = "fullName,gsmNumber,email\r\nZoë Ünal,+12025550123,zoe@example.net\r\n"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (TEXT.encode(), Dialect("utf-8", ",")),
        (TEXT.encode("utf-8-sig"), Dialect("utf-8", ",", bom=True)),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), Dialect("utf-16-le", ",", bom=True)),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), Dialect("utf-16-be", ",", bom=True)),
        (TEXT.encode("utf-16-le"), Dialect("utf-16-le", ",")),
        (TEXT.encode("utf-16-be"), Dialect("utf-16-be", ",")),
        ("fullName\tgsmNumber\r\n李小龙\t+12025550123".encode("utf-16-le"), Dialect("utf-16-le", "\t")),
        (TEXT.encode("windows-1252"), Dialect("windows-1252", ",", guessed=True)),
        ("fullName;gsmNumber\nJosé;+12025550123;€".encode("windows-1252"), Dialect("windows-1252", ";", guessed=True)),
    ],
)
def test_the_encoding_is_seen(head: bytes, expected: Dialect) -> None:
    assert sniff(head) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "windows-1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_delimiter_is_seen_in_every_encoding(encoding: str, delimiter: str, end: str) -> None:
    text = f"fullName;gsmNumber{end}Zoë;+12025550123{end}".replace(";", delimiter)
    assert sniff(text.encode(encoding)).delimiter == delimiter


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("fullName;gsmNumber;a,b,c,d,e", ";"),  # more commas, but they make no column
        ('"full name","gsm number";"x"', ","),
        ('"a;b;c;d",fullName,gsmNumber', ","),
        ("\n\r\n  \nfullName|gsmNumber", "|"),
        ('"full\nname";"gsm, number"', ";"),
        ("fullName", ","),
        ("a;b;c", ";"),
        ("Name\tPhone", "\t"),
    ],
)
def test_the_delimiter_is_what_makes_known_columns(text: str, delimiter: str) -> None:
    assert sniff(text.encode()) == Dialect("utf-8", delimiter)


@pytest.mark.parametrize("line", ["sep=;", "SEP=;", '"sep=;"'])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_first_line_may_declare_the_delimiter(line: str, end: str) -> None:
    head = f"{line}{end}fullName,x;gsmNumber{end}".encode("utf-8-sig")
    assert sniff(head) == Dialect("utf-8", ";", bom=True, declared=True)


def test_a_tab_may_be_declared() -> None:
    assert sniff(b"sep=\t\r\nfullName\tgsmNumber") == Dialect("utf-8", "\t", declared=True)


def test_another_declared_delimiter_is_refused() -> None:
    with pytest.raises(Refused, match="Line 1: sep= names none") as refused:
        sniff(b"sep=#\nfullName#gsmNumber")
    assert (refused.value.status, refused.value.code, refused.value.line) == (422, "unreadable_file", 1)


def test_a_column_that_begins_with_sep_declares_nothing() -> None:
    assert not sniff(b"sep=;x,fullName,gsmNumber\n").declared


def archive(name: str, content: str = "") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr(name, content)
    return made.getvalue()


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\xff\xfe", "empty"),
        (b" \r\n\t\n", "empty"),
        (archive("xl/workbook.xml"), 'Excel workbook .*"CSV UTF-8"'),
        (archive("[Content_Types].xml"), 'Excel workbook .*"CSV UTF-8"'),
        (archive("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), 'OpenDocument .*"CSV UTF-8"'),
        (archive("people.csv"), "zip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), 'Excel workbook .*"CSV UTF-8"'),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (gzip.compress(TEXT.encode()), "gzip"),
        (TEXT.encode("utf-32"), "UTF-32"),
        (codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"), "UTF-32"),
        (TEXT.encode() + b"\0", "not a text file"),
        (TEXT.encode().replace(b"Z", b"\0Z"), "not a text file"),
        ((TEXT + "\0").encode("utf-16"), "not a text file"),
        (b"full\x07Name,gsmNumber\n", "not a text file"),
        (TEXT.encode() + b"\x01\x02\x03", "not a text file"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not a text file"),
        (b"\x7fELF\x02\x01\x01" + bytes(9), "not a text file"),
        (random.Random(5).randbytes(HEAD), "not a text file"),
    ],
)
def test_what_is_no_csv_is_refused_with_what_to_do(head: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words):
        sniff(head)


def test_one_stray_control_character_is_left_to_its_row() -> None:
    assert sniff((TEXT * 10).encode() + b"\x0b") == Dialect("utf-8", ",")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_character_that_the_end_of_the_head_cuts_is_no_damage(encoding: str) -> None:
    header = "fullName,gsmNumber\n"
    for shift in range(4):
        text = header + "x" * shift + "é€😀" * HEAD
        assert sniff(text.encode(encoding)[:HEAD]) == Dialect(encoding, ",")  # type: ignore[arg-type]


def test_the_last_character_of_a_short_file_may_be_an_accent_of_windows() -> None:
    assert sniff("fullName,gsmNumber\n+12025550123,José".encode("windows-1252")).guessed


def test_more_than_the_head_is_not_looked_at() -> None:
    assert sniff(TEXT.encode().ljust(HEAD, b"x") + b"\xff\0") == Dialect("utf-8", ",")


def test_utf8_with_one_broken_byte_is_not_read_as_windows() -> None:
    """Every accent would come out wrong; reading it says in which line the damage is."""
    assert sniff(TEXT.encode() + b"Andr\xe9,") == Dialect("utf-8", ",")


def test_a_replacement_character_is_a_character() -> None:
    assert sniff(TEXT.encode() + "�, �".encode()) == Dialect("utf-8", ",")


def test_a_dialect_travels_as_json() -> None:
    dialect = Dialect("utf-16-le", "\t", bom=True, declared=True)
    assert msgspec.json.decode(msgspec.json.encode(dialect), type=Dialect) == dialect


NAMES = {
    "windows-1250": "Łukasz Żółć",
    "windows-1251": "Юрий Щукин",
    "windows-1252": "Zoë Ünal",
    "windows-1253": "Γιώργος Ξένος",
    "windows-1254": "Şükrü Ağaoğlu",
    "windows-1255": "דוד לוי",
    "windows-1256": "محمد علي",
    "windows-1257": "Žydrūnas Šarūnė",
    "windows-1258": "Ngô Đình".replace("ì", "i\u0300"),
    "macintosh": "Zoë Ünal",
    "shift_jis": "山田 表ソ構",
    "gb18030": "李小龙 𠮷",
    "big5": "許功蓋",
    "euc-kr": "김철수 똠",
    "utf-8": "Zoë Ünal",
    "utf-16": "Zoë Ünal",
}
CODECS = {"shift_jis": "cp932", "big5": "cp950", "euc-kr": "cp949"}


@pytest.mark.parametrize("given", get_args(Given))
def test_an_encoding_that_is_given_is_read_as_it_is(given: Given) -> None:
    raw = f"fullName;gsmNumber\r\n{NAMES[given]};+12025550123\r\n".encode(CODECS.get(given, given))
    dialect = sniff(raw, given)
    assert (dialect.delimiter, dialect.guessed) == (";", False)
    assert [row.cells[0] for row in rows([raw], dialect)] == ["fullName", NAMES[given]]


@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        ("pl", "windows-1250"),
        ("ru", "windows-1251"),
        ("tr", "windows-1254"),
        ("ja", "shift_jis"),
        ("zh-TW", "big5"),
        ("zh-CN", "gb18030"),
        ("de", "windows-1252"),
        (None, "windows-1252"),
    ],
)
def test_a_guess_follows_the_language_and_stays_one(language: str | None, encoding: Encoding) -> None:
    raw = f"fullName,gsmNumber\n{NAMES[encoding]},+12025550123\n".encode(CODECS.get(encoding, encoding))
    assert sniff(raw, language=language) == Dialect(encoding, ",", guessed=True)


def test_what_cannot_be_the_language_s_encoding_is_not_taken_for_it() -> None:
    assert sniff("fullName,gsmNumber\nJosé,+12025550123\n".encode("windows-1252"), language="ja").encoding == (
        "windows-1252"
    )


def test_a_mark_in_the_file_knows_better_than_what_is_given() -> None:
    assert sniff(TEXT.encode("utf-8-sig"), "windows-1250") == Dialect("utf-8", ",", bom=True)


def test_utf16_that_is_none_is_refused() -> None:
    with pytest.raises(Refused, match="not a text file"):
        sniff(TEXT.encode(), "utf-16")
