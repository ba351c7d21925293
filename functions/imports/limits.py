"""How much a file may hold, and how one is refused that cannot be read."""

from typing import Final

from functions.common.errors import UnreadableFile

MOST_BYTES: Final = 200 * 1024 * 1024
MOST_ROWS: Final = 500_000  # below the header
MOST_COLUMNS: Final = 100
MOST_CELL_BYTES: Final = 4096  # in UTF-8
MOST_BLANK_LINES: Final = 1_048_576  # one after another: as many as a spreadsheet has rows


class Refused(UnreadableFile):
    """The file as a whole cannot be imported. `line`: where it is seen, counted from 1; None for all of it."""

    def __init__(self, message: str, *, line: int | None = None) -> None:
        self.line = line
        super().__init__(f"Line {line}: {message}" if line else message)


def too_many_columns(line: int | None) -> Refused:
    return Refused(f"There are more than {MOST_COLUMNS} columns. Remove those that are not needed.", line=line)
