"""The Communicator HTTP API's two languages: the text of a message on its way there, and the lines of its answers."""

import re
from enum import StrEnum
from typing import Final, NamedTuple

from functions.messaging import segments

_ALONE, _OF_MANY = 70, 67  # UTF-16 units in one part, and in each of several

# An id is there whole or not at all: half of an answer must not pass for one. For the same reason a code has a comma
# or the line's end behind it.
_ID: Final = re.compile(r"ID:\s*([0-9A-Fa-f]{32})(?:\s+To:\s*\+?[0-9]+)?")
_ERROR: Final = re.compile(r"ERR:\s*([0-9]{3})(?:\s*,\s*(.*?))?(?:\s+To:\s*\+?[0-9]+)?")
_STATUS: Final = re.compile(r"(?:ID|apiMsgId):\s*\S+(?:\s+charge:\s*\S+)?\s+status:\s*([0-9]{3})", re.IGNORECASE)
_CREDIT: Final = re.compile(r"Credit:\s*(-?[0-9]{1,12}(?:\.[0-9]{1,12})?)")


class Plain(StrEnum):
    """Which characters travel as they are; all others as Unicode, with fewer to a part. Sources disagree on the
    encoding that Clickatell takes beyond ASCII."""

    ascii = "ascii"
    latin1 = "iso-8859-1"
    utf8 = "utf-8"


class Text(NamedTuple):
    content: str  # of the parameter `text`
    unicode: bool
    parts: int


class Refusal(NamedTuple):
    code: str  # three digits
    said: str


def on_the_wire(text: str, plain: Plain) -> Text:
    """Nothing of the text is lost: what GSM-7 or the encoding cannot carry turns the whole into UCS-2."""
    if segments.first_offender(text) is None and _fits(text, plain):
        return Text(text, False, segments.count(text).parts)
    units = text.encode("utf-16-be", "replace")
    return Text(units.hex().upper(), True, _parts(units))


def _fits(text: str, plain: Plain) -> bool:
    try:
        text.encode(plain.value)
    except UnicodeEncodeError:
        return False
    return True


def _parts(units: bytes) -> int:
    """How many SMS so much UTF-16 is; a surrogate pair is not cut."""
    length = len(units) // 2
    if length <= _ALONE:
        return 1
    parts = start = 0
    while start < length:
        end = start + _OF_MANY
        if end < length and 0xD8 <= units[2 * end - 2] <= 0xDB:
            end -= 1
        parts, start = parts + 1, end
    return parts


def lines(body: bytes) -> list[str]:
    return [line.strip() for line in body.decode("utf-8", "replace").splitlines() if line.strip()]


def accepted(line: str) -> str | None:
    """Clickatell's id in a line that accepts a message."""
    found = _ID.fullmatch(line)
    return found.group(1) if found else None


def refusal(line: str) -> Refusal | None:
    found = _ERROR.fullmatch(line)
    return Refusal(found.group(1), found.group(2) or "") if found else None


def status(line: str) -> str | None:
    """The three digits of a line that says where a message is."""
    found = _STATUS.fullmatch(line)
    return found.group(1) if found else None


def credit(line: str) -> str | None:
    found = _CREDIT.fullmatch(line)
    return found.group(1) if found else None
