"""How many SMS a text costs, counted exactly as the network does (3GPP TS 23.038 and 23.040).

One character outside the GSM-7 alphabet turns the whole text into UCS-2 and can triple its parts, so `count` names the
first such character, and `offenders` all of them with what could stand in their place. A part is never cut inside an
extension pair (`€` is escape + 0x65) or a surrogate pair (most emoji), so a text can need more parts than its length
divided by a part's size.
"""

import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

# The default alphabet in the order of its 128 codes; code 0x1B, the escape, stands for no character of its own.
_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
_EXTENSION: Final = frozenset("\f^{}\\[~]|€")  # an escape before each: two septets

# What reads the same in GSM-7, for characters that are not a Latin letter with an accent: those lose the accent.
_REPLACEMENTS: Final[dict[str, str]] = {
    "\t": " ",  # CHARACTER TABULATION
    "`": "'",  # GRAVE ACCENT
    "´": "'",  # ACUTE ACCENT
    "\u00a0": " ",  # NO-BREAK SPACE
    "©": "(c)",  # COPYRIGHT SIGN
    "«": '"',  # LEFT-POINTING DOUBLE ANGLE QUOTATION MARK
    "»": '"',  # RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK
    "\u00ad": "",  # SOFT HYPHEN
    "®": "(R)",  # REGISTERED SIGN
    "·": "-",  # MIDDLE DOT
    "×": "x",  # MULTIPLICATION SIGN
    "Ð": "D",  # LATIN CAPITAL LETTER ETH
    "Þ": "Th",  # LATIN CAPITAL LETTER THORN
    "ð": "d",  # LATIN SMALL LETTER ETH
    "÷": ":",  # DIVISION SIGN
    "þ": "th",  # LATIN SMALL LETTER THORN
    "Đ": "D",  # LATIN CAPITAL LETTER D WITH STROKE
    "đ": "d",  # LATIN SMALL LETTER D WITH STROKE
    "ı": "i",  # LATIN SMALL LETTER DOTLESS I
    "Ł": "L",  # LATIN CAPITAL LETTER L WITH STROKE
    "ł": "l",  # LATIN SMALL LETTER L WITH STROKE
    "Ő": "Ö",  # LATIN CAPITAL LETTER O WITH DOUBLE ACUTE
    "ő": "ö",  # LATIN SMALL LETTER O WITH DOUBLE ACUTE
    "Œ": "OE",  # LATIN CAPITAL LIGATURE OE
    "œ": "oe",  # LATIN SMALL LIGATURE OE
    "Ű": "Ü",  # LATIN CAPITAL LETTER U WITH DOUBLE ACUTE
    "ű": "ü",  # LATIN SMALL LETTER U WITH DOUBLE ACUTE
    "ẞ": "SS",  # LATIN CAPITAL LETTER SHARP S
    "\u200b": "",  # ZERO WIDTH SPACE
    "\u200c": "",  # ZERO WIDTH NON-JOINER
    "\u200d": "",  # ZERO WIDTH JOINER
    "\u200e": "",  # LEFT-TO-RIGHT MARK
    "\u200f": "",  # RIGHT-TO-LEFT MARK
    "‐": "-",  # HYPHEN
    "‑": "-",  # NON-BREAKING HYPHEN
    "‒": "-",  # FIGURE DASH
    "–": "-",  # EN DASH
    "—": "-",  # EM DASH
    "―": "-",  # HORIZONTAL BAR
    "‘": "'",  # LEFT SINGLE QUOTATION MARK
    "’": "'",  # RIGHT SINGLE QUOTATION MARK
    "‚": ",",  # SINGLE LOW-9 QUOTATION MARK
    "‛": "'",  # SINGLE HIGH-REVERSED-9 QUOTATION MARK
    "“": '"',  # LEFT DOUBLE QUOTATION MARK
    "”": '"',  # RIGHT DOUBLE QUOTATION MARK
    "„": '"',  # DOUBLE LOW-9 QUOTATION MARK
    "‟": '"',  # DOUBLE HIGH-REVERSED-9 QUOTATION MARK
    "•": "-",  # BULLET
    "\u2028": "\n",  # LINE SEPARATOR
    "\u2029": "\n",  # PARAGRAPH SEPARATOR
    "′": "'",  # PRIME
    "″": '"',  # DOUBLE PRIME
    "‹": "'",  # SINGLE LEFT-POINTING ANGLE QUOTATION MARK
    "›": "'",  # SINGLE RIGHT-POINTING ANGLE QUOTATION MARK
    "⁄": "/",  # FRACTION SLASH
    "\u2060": "",  # WORD JOINER
    "←": "<-",  # LEFTWARDS ARROW
    "→": "->",  # RIGHTWARDS ARROW
    "−": "-",  # MINUS SIGN
    "\ufe0f": "",  # VARIATION SELECTOR-16
    "\ufeff": "",  # ZERO WIDTH NO-BREAK SPACE
}


class Encoding(StrEnum):
    gsm7 = "gsm7"
    ucs2 = "ucs2"


class _Room(NamedTuple):
    """What fits, in septets or in 16-bit code units."""

    alone: int
    of_many: int  # six bytes of each part go to the header that joins them


_ROOM: Final = {Encoding.gsm7: _Room(160, 153), Encoding.ucs2: _Room(70, 67)}


class Segments(NamedTuple):
    """What a text costs to send."""

    encoding: Encoding
    parts: int  # at least 1: an empty SMS is one, too
    units: int  # septets in GSM-7, 16-bit code units in UCS-2, of the whole text
    per_part: int  # how many units one part of this message holds: 160 or 153, 70 or 67
    first_offender: str | None  # the first character outside GSM-7; None when the text is GSM-7


class Offender(NamedTuple):
    """A character that makes a text UCS-2, and where it stands first: line and column count from 1."""

    character: str
    line: int
    column: int
    suggestion: str | None  # in GSM-7; empty where it can simply go; None where nothing comes near


def first_offender(text: str) -> str | None:
    """The first character that GSM-7 cannot carry, or None."""
    return next((character for character in text if not _in_gsm7(character)), None)


def offenders(text: str, most: int) -> tuple[Offender, ...]:
    """The distinct characters that GSM-7 cannot carry, as they come, at most so many."""
    found: dict[str, Offender] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        for column, character in enumerate(line, start=1):
            if len(found) < most and character not in found and not _in_gsm7(character):
                found[character] = Offender(character, number, column, suggestion(character))
    return tuple(found.values())


def suggestion(character: str) -> str | None:
    """What reads the same in GSM-7: ê → e, … → three dots. None where nothing does."""
    if character in _REPLACEMENTS:
        return _REPLACEMENTS[character]
    if "\u0300" <= character <= "\u036f":  # an accent that follows its letter
        return ""
    apart = unicodedata.normalize("NFKD", character)
    plain = "".join(_REPLACEMENTS.get(each, each) for each in apart if not unicodedata.combining(each))
    return plain if plain and first_offender(plain) is None else None


def count(text: str) -> Segments:
    """Encoding, parts and units of a text, exactly as billed."""
    offender = first_offender(text)
    encoding = Encoding.gsm7 if offender is None else Encoding.ucs2
    units = sum(_units(character, encoding) for character in text)
    room = _ROOM[encoding]
    if units <= room.alone:
        return Segments(encoding, 1, units, room.alone, offender)
    return Segments(encoding, sum(1 for _ in _cut(text, encoding)), units, room.of_many, offender)


def split(text: str) -> tuple[str, ...]:
    """The parts in which the text travels; joined they are the text. An empty text is one empty part."""
    measured = count(text)
    return (text,) if measured.parts == 1 else tuple(_cut(text, measured.encoding))


def _in_gsm7(character: str) -> bool:
    return character in _BASIC or character in _EXTENSION


def _units(character: str, encoding: Encoding) -> int:
    if encoding is Encoding.gsm7:
        return 2 if character in _EXTENSION else 1
    return 2 if ord(character) > 0xFFFF else 1


def _cut(text: str, encoding: Encoding) -> Iterator[str]:
    """Parts filled to the brim, whole characters only."""
    room = _ROOM[encoding].of_many
    start = filled = 0
    for position, character in enumerate(text):
        needed = _units(character, encoding)
        if filled + needed > room:
            yield text[start:position]
            start, filled = position, 0
        filled += needed
    yield text[start:]
