"""What people write, in one spelling."""

import unicodedata
from typing import Final

SPACES: Final = (
    " \t\r\n\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\ufeff"
)
INVISIBLE: Final = dict.fromkeys(
    map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
)


def plain(text: str) -> str:
    """Without spaces around it, and composed (NFC): a Mac's é and a PC's are one."""
    return unicodedata.normalize("NFC", text.strip(SPACES))


def address(text: str) -> str:
    """The same of an address, in which nothing is invisible."""
    return plain(text.translate(INVISIBLE))
