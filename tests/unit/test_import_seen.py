"""What a file had before is remembered, in memory that does not grow."""

import tempfile
import tracemalloc
from pathlib import Path

import pytest

from functions.imports import seen as seen_module
from functions.imports.seen import Seen


def test_the_first_line_of_a_value_is_told_to_the_later_ones() -> None:
    with Seen() as seen:
        assert seen.first("number", "+12025550123", 2) is None
        assert seen.first("number", "+12025550124", 3) is None
        assert seen.first("number", "+12025550123", 4) == 2
        assert seen.first("number", "+12025550123", 5) == 2


def test_a_line_is_not_its_own_predecessor() -> None:
    with Seen() as seen:
        assert seen.first("number", "1", 2) is None
        assert seen.first("number", "1", 2) is None


def test_kinds_are_apart() -> None:
    with Seen() as seen:
        assert seen.first("a", "bc", 2) is None
        assert seen.first("ab", "c", 3) is None
        assert seen.first("b", "bc", 4) is None


def test_it_says_what_it_has_seen() -> None:
    with Seen() as seen:
        seen.first("number", "1", 2)
        assert ("number", "1") in seen
        assert ("number", "2") not in seen
        assert ("username", "1") not in seen


def test_what_came_piece_by_piece_is_known_to_whoever_goes_on() -> None:
    pieces = []
    with Seen() as seen:
        for lines in (range(2, 5), range(5, 9), ()):
            for line in lines:
                seen.first("number", str(line % 6), line)
            pieces.append(seen.fresh())
    assert [len(piece) for piece in pieces] == [60, 60, 0]
    with Seen() as seen:
        for piece in pieces:
            seen.restore(piece)
        assert seen.fresh() == b""
        assert seen.first("number", "2", 9) == 2
        assert seen.first("number", "0", 9) == 6
        assert seen.first("number", "6", 9) is None


def test_values_may_be_of_any_text_and_length() -> None:
    with Seen() as seen:
        for line, value in enumerate(["", "'", "😀" * 1000, "😀" * 1001, "\0", "NULL"]):
            assert seen.first("x", value, line) is None
            assert ("x", value) in seen


def test_it_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def read() -> None:
        with Seen() as seen:
            seen.first("number", "+12025550123", 2)
            assert list(tmp_path.iterdir())
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        read()
    assert not list(tmp_path.iterdir())


def test_many_values_need_no_more_memory_than_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's own; SQLite's is its cache."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(seen_module, "_CACHE_KB", 256)
    with Seen() as seen:
        tracemalloc.start()
        try:
            for line in range(100_000):
                assert seen.first("number", f"+1202555{line}", line) is None
                if line % 1000 == 0:
                    seen.fresh()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        kept = sum(file.stat().st_size for folder in tmp_path.iterdir() for file in folder.iterdir())
        assert seen.first("number", "+12025557", 200_000) == 7
    assert peak < 1024**2
    assert kept > 1024**2
