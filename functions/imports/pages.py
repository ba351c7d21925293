"""A list in the bucket, page by page, which whoever goes on with it continues where it stopped."""

from typing import Generic, TypeVar

import msgspec

from functions.imports import files

T = TypeVar("T", bound=msgspec.Struct)


class Pages(Generic[T]):
    """Lines of one type under `{prefix}/00000` and so on, `size` on a page. `count` of them are there already: the last
    page may be partly full, and lines behind those are not taken for its own."""

    def __init__(self, prefix: str, type_: type[T], size: int, count: int = 0) -> None:
        self._prefix, self._size = prefix, size
        self._full, begun = divmod(count, size)
        self._lines = files.must_have(self._page(), type_)[:begun] if begun else []
        self._saved = begun

    def __len__(self) -> int:
        """How many pages there are."""
        return self._full + bool(self._lines)

    def add(self, line: T) -> None:
        self._lines.append(line)
        if len(self._lines) == self._size:
            self.save()
            self._full, self._lines, self._saved = self._full + 1, [], 0

    def save(self) -> None:
        """Writes the page that is not yet full, if it has grown."""
        if len(self._lines) > self._saved:
            files.put_lines(self._page(), self._lines)
            self._saved = len(self._lines)

    def _page(self) -> str:
        return f"{self._prefix}/{self._full:05}"
