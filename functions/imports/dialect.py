"""How a CSV file is written: its encoding and what stands between its cells, from how it begins."""

import codecs
import csv
import io
import re
from collections.abc import Callable
from typing import Final, Literal

import msgspec

from functions.imports import columns
from functions.imports.limits import Refused

HEAD: Final = 64 * 1024  # bytes that are looked at
DELIMITERS: Final = (",", ";", "\t", "|")

_Alike = Literal[
    "utf-8",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "macintosh",
    "shift_jis",
    "gb18030",
    "big5",
    "euc-kr",
]
Given = Literal[_Alike, "utf-16"]  # what spreadsheets write, as whoever has the file may name it
Encoding = Literal[_Alike, "utf-16-le", "utf-16-be"]

_AS_EXCEL_WRITES: Final = {"macintosh": "mac_roman", "shift_jis": "cp932", "big5": "cp950", "euc-kr": "cp949"}
_BY_LANGUAGE: Final[dict[str, Encoding]] = {  # what Excel's plain "CSV" is in, where it is not Windows-1252
    **dict.fromkeys(("bs", "cs", "hr", "hu", "pl", "ro", "sk", "sl", "sq"), "windows-1250"),
    **dict.fromkeys(("be", "bg", "kk", "ky", "mk", "mn", "ru", "sr", "tg", "uk"), "windows-1251"),
    "el": "windows-1253",
    **dict.fromkeys(("az", "tr", "uz"), "windows-1254"),
    **dict.fromkeys(("he", "yi"), "windows-1255"),
    **dict.fromkeys(("ar", "fa", "ur"), "windows-1256"),
    **dict.fromkeys(("et", "lt", "lv"), "windows-1257"),
    "vi": "windows-1258",
    "ja": "shift_jis",
    "zh": "gb18030",
    "zh-HK": "big5",
    "zh-MO": "big5",
    "zh-TW": "big5",
    "ko": "euc-kr",
}

_SAVE: Final = 'Open it in the spreadsheet and save it as "CSV UTF-8".'
_BINARY: Final = f"This is not a text file. {_SAVE}"
_FOREIGN: Final = (  # how files of other kinds begin
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", f"This is an Excel workbook (.xls). {_SAVE}"),
    (b"%PDF-", f"This is a PDF document. {_SAVE}"),
    (b"\x1f\x8b", "This is a compressed file (gzip). Unpack it first."),
    (b"BZh", "This is a compressed file (bzip2). Unpack it first."),
    (b"\xfd7zXZ\x00", "This is a compressed file (xz). Unpack it first."),
    (b"\x28\xb5\x2f\xfd", "This is a compressed file (zstd). Unpack it first."),
    (b"7z\xbc\xaf\x27\x1c", "This is a compressed file (7z). Unpack it first."),
    (b"Rar!\x1a\x07", "This is a compressed file (rar). Unpack it first."),
    (codecs.BOM_UTF32_LE, f"This file is in UTF-32. {_SAVE}"),
    (codecs.BOM_UTF32_BE, f"This file is in UTF-32. {_SAVE}"),
)
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_BOMS: Final[tuple[tuple[bytes, Encoding], ...]] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_EVIDENT: Final = 32  # bytes in which UTF-16 without its mark shows: every header begins with ASCII
_CONTROL: Final = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SLIPS: Final = 2  # control characters that do not make it binary, and one more in every hundred: their rows tell
_DECLARED: Final = re.compile(r'"?sep=([^\r\n])"?(?:[\r\n]|\Z)', re.IGNORECASE)


class Dialect(msgspec.Struct, frozen=True):
    """How a file is written. It goes with the import: every piece of the file is read by it."""

    encoding: Encoding
    delimiter: str
    bom: bool = False  # the file begins with the mark of its encoding
    declared: bool = False  # the first line is `sep=…`, and the header comes after it
    guessed: bool = False  # the encoding is a guess: look whether names are right


def sniff(head: bytes, given: Given | None = None, language: str | None = None) -> Dialect:
    """How a file is written, from its first 64 KB (all of it, where it is shorter). Raises Refused for what is no CSV.

    `given`: the encoding, by whoever knows it; only a mark in the file itself knows better. `language`: of most people
    in it, for a better guess. A file of ASCII so far is taken for UTF-8: where that proves wrong further on, reading it
    says so."""
    head, whole = head[:HEAD], len(head) < HEAD
    _refuse_foreign(head)
    encoding, mark, guessed = _encoding(head, whole, given, language)
    decoder = decoder_of(encoding)("replace")
    text = decoder.decode(head[len(mark) :], whole)
    if not text.strip() and whole:
        raise Refused("This file is empty.")
    _refuse_binary(text)
    declared = _DECLARED.match(text)
    if declared is None:
        return Dialect(encoding, _delimiter(text), bool(mark), False, guessed)
    if declared[1] not in DELIMITERS:
        raise Refused("sep= names none of comma, semicolon, tab and |. Use one of them.", line=1)
    return Dialect(encoding, declared[1], bool(mark), True, guessed)


def decoder_of(encoding: Encoding) -> Callable[[str], codecs.IncrementalDecoder]:
    """What decodes it piece by piece, made with how to take errors."""
    return codecs.getincrementaldecoder(_AS_EXCEL_WRITES.get(encoding, encoding))


def _refuse_foreign(head: bytes) -> None:
    for start, message in _FOREIGN:
        if head.startswith(start):
            raise Refused(message)
    if head.startswith(_ZIP):
        if b"opendocument" in head:
            raise Refused(f"This is an OpenDocument file (.ods). {_SAVE}")
        if b"xl/" in head or b"[Content_Types].xml" in head:
            raise Refused(f"This is an Excel workbook (.xlsx). {_SAVE}")
        raise Refused("This is a zip archive. Unpack it first.")


def _refuse_binary(text: str) -> None:
    if "\0" in text:
        raise Refused(_BINARY)
    strays = len(_CONTROL.findall(text))
    if strays and (strays > _SLIPS + len(text) // 100 or _CONTROL.search(re.split(r"[\r\n]", text, maxsplit=1)[0])):
        raise Refused(_BINARY)


def _encoding(head: bytes, whole: bool, given: Given | None, language: str | None) -> tuple[Encoding, bytes, bool]:
    """The encoding, the mark that says so, and whether it is a guess."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding, mark, False
    if given is not None and given != "utf-16":
        return given, b"", False
    if 0 in head or given is not None:
        return _unmarked_utf16(head), b"", False
    text, broken = _read_as("utf-8", head, whole)
    if not broken:
        return "utf-8", b"", False
    good = sum(character > "\x7f" for character in text) - broken
    if good > broken:  # UTF-8 with damage: reading it as anything else would garble every other name
        return "utf-8", b"", False
    return _guess(head, whole, language), b"", True


def _guess(head: bytes, whole: bool, language: str | None) -> Encoding:
    """What a spreadsheet writes where this language is spoken, if this can be that."""
    name = language or ""
    likely = _BY_LANGUAGE.get(name) or _BY_LANGUAGE.get(name.partition("-")[0])
    return likely if likely is not None and not _read_as(likely, head, whole)[1] else "windows-1252"


def _read_as(encoding: Encoding, head: bytes, whole: bool) -> tuple[str, int]:
    """The text, and how many places of it are no such text."""
    text = decoder_of(encoding)("replace").decode(head, whole)
    return text, text.count("\ufffd") - head.count("\ufffd".encode())


def _unmarked_utf16(head: bytes) -> Encoding:
    """Which UTF-16 it is, by where the zeros of the header's ASCII stand. Raises Refused for anything else with
    zeros in it."""
    even, odd = head[:_EVIDENT:2], head[1:_EVIDENT:2]
    if 0 not in even and odd.count(0) * 2 >= len(odd) > 0:
        return "utf-16-le"
    if 0 not in odd and even.count(0) * 2 >= len(even) and odd:
        return "utf-16-be"
    raise Refused(_BINARY)


def _delimiter(text: str) -> str:
    """What makes the most known columns of the header; of equals, what makes the most cells."""

    def worth(delimiter: str) -> tuple[int, int]:
        cells = _header(text, delimiter)
        return sum(columns.known(cell) is not None for cell in cells), len(cells)

    return max(DELIMITERS, key=worth)


def _header(text: str, delimiter: str) -> list[str]:
    """The cells of the first line that has any."""
    try:
        records = csv.reader(io.StringIO(text, newline=None), delimiter=delimiter)
        return next((cells for cells in records if any(cell.strip() for cell in cells)), [])
    except csv.Error:
        return []
