"""How many parts a text is, and what of it survives, written anew from 3GPP TS 23.038 and 23.040."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

# Codes 0x00 to 0x7F; 0x1B announces a second table.
GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_SECOND = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}
ESCAPE = 0x1B


class Counted(NamedTuple):
    encoding: Literal["gsm7", "ucs2"]
    parts: int
    shown: str  # on the handset: what the encoding lost is a question mark


def count(text: str, unicode: bool | None = None) -> Counted:
    """Parts of a text sent as UCS-2 or as GSM-7; `None` leaves the choice to the text, as most providers do."""
    if unicode is None:
        unicode = not fits_gsm(text)
    return _ucs2(text) if unicode else _gsm7(text)


def fits_gsm(text: str) -> bool:
    return all(c in GSM_SECOND or (c in GSM and c != "\x1b") for c in text)


def _ucs2(text: str) -> Counted:
    units = text.encode("utf-16-be", errors="replace")
    pairs = [units[at : at + 2] for at in range(0, len(units), 2)]
    ends_open = [0xD8 <= pair[0] <= 0xDB for pair in pairs]
    return Counted("ucs2", _parts(ends_open, alone=70, of_many=67), text)


def _gsm7(text: str) -> Counted:
    shown = "".join(c if c in GSM_SECOND or (c in GSM and c != "\x1b") else "?" for c in text)
    codes = [code for c in shown for code in ((ESCAPE, GSM_SECOND[c]) if c in GSM_SECOND else (GSM.index(c),))]
    return Counted("gsm7", _parts([code == ESCAPE for code in codes], alone=160, of_many=153), shown)


def _parts(ends_open: Sequence[bool], alone: int, of_many: int) -> int:
    """How many parts so many units need, when a part may not end with a unit that is `ends_open`."""
    if len(ends_open) <= alone:
        return 1
    parts, start = 0, 0
    while start < len(ends_open):
        end = min(start + of_many, len(ends_open))
        start = end - 1 if end < len(ends_open) and ends_open[end - 1] else end
        parts += 1
    return parts
