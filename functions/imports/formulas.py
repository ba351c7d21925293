"""Cells that a spreadsheet would not keep as they are written, and the apostrophe that makes it."""

import re
from typing import Final

_STARTS: Final = r"[=+\-@＝＋－＠\t\r\n]"  # of a formula; a spreadsheet of East Asia takes the wide ones, too
_QUANTITY: Final = r"(?:0[0-9]+|[0-9]{12,}|[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+)\Z"  # it would lose digits
_FORMULA: Final = re.compile(f"'*{_STARTS}")
_CHANGED: Final = re.compile(f"'*(?:{_STARTS}|{_QUANTITY})")
_GUARDED: Final = re.compile(f"'+(?:{_STARTS}|{_QUANTITY})")


def guarded(cell: str) -> str:
    """The cell as a spreadsheet shows it, neither calculated nor rounded. `bare` is the inverse, whatever the cell."""
    return f"'{cell}" if _CHANGED.match(cell) else cell


def is_guarded(cell: str) -> bool:
    return _GUARDED.match(cell) is not None


def bare(cell: str) -> str:
    """Without the one apostrophe that `guarded` has put before it."""
    return cell[1:] if is_guarded(cell) else cell


def begins_like_one(cell: str) -> bool:
    """Whether the first character alone makes a spreadsheet calculate."""
    return cell[:1] != "'" and _FORMULA.match(cell) is not None
