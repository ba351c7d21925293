"""How many SMS a text costs, counted exactly as the network does (3GPP TS 23.038 and 23.040).

One character outside the GSM-7 alphabet turns the whole text into UCS-2 and can triple its parts, so `count` names the
first such character. A part is never cut inside an extension pair (`€` is escape + 0x65) or a surrogate pair (most
emoji), so a text can need more parts than its length divided by a part's size.
"""

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


def first_offender(text: str) -> str | None:
    """The first character that GSM-7 cannot carry, or None."""
    return next((character for character in text if character not in _BASIC and character not in _EXTENSION), None)


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
