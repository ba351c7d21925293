"""Cells that a spreadsheet would take for a formula, and the apostrophe that keeps it from doing so."""

import re
from typing import Final

_STARTS: Final = r"[=+\-@＝＋－＠\t\r\n]"  # a spreadsheet of East Asia takes the wide ones, too
_LIKE_ONE: Final = re.compile(f"'*{_STARTS}")
_GUARDED: Final = re.compile(f"'+{_STARTS}")


def guarded(cell: str) -> str:
    """The cell as a spreadsheet shows it and does not calculate. `bare` is the inverse, whatever the cell."""
    return f"'{cell}" if _LIKE_ONE.match(cell) else cell


def is_guarded(cell: str) -> bool:
    return _GUARDED.match(cell) is not None


def bare(cell: str) -> str:
    """Without the one apostrophe that `guarded` has put before it."""
    return cell[1:] if is_guarded(cell) else cell


def begins_like_one(cell: str) -> bool:
    """Whether the first character alone makes a spreadsheet calculate."""
    return cell[:1] != "'" and _LIKE_ONE.match(cell) is not None
