"""Modules as they travel: what runs stays, what only readers and type checkers want goes."""

import importlib.util
from pathlib import Path
from types import ModuleType

from infra.archive import compile_in_place

SOURCE = '''"""A module's words stay."""
from typing import Final, NamedTuple

FIRST: Final[int] = 1
LATER: "Undefined"


class Kind(NamedTuple):
    """A type's words stay, and its annotations: they say how data are read."""

    name: str
    size: int = 2

    def doubled(self, times: "Undefined" = 2, *rest: int, key: str = "k", **more: int) -> "Undefined":
        """Gone."""
        return self.size * times


def words_alone() -> None:
    """Gone, and the function does nothing as before."""


async def later(of: int) -> int:
    return of
'''


def _compiled(folder: Path) -> ModuleType:
    (folder / "sample.py").write_text(SOURCE, encoding="utf-8")
    compile_in_place(folder)
    assert [path.name for path in folder.iterdir()] == ["sample.pyc"]
    specification = importlib.util.spec_from_file_location("sample", folder / "sample.pyc")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_what_runs_is_the_same(tmp_path: Path) -> None:
    module = _compiled(tmp_path)
    assert module.FIRST == 1
    assert module.Kind("a").doubled(3) == 6
    assert module.words_alone() is None
    assert module.Kind.doubled.__kwdefaults__ == {"key": "k"}


def test_types_keep_their_words_and_annotations_and_functions_do_not(tmp_path: Path) -> None:
    module = _compiled(tmp_path)
    assert module.__doc__ == "A module's words stay."
    assert module.Kind.__doc__.startswith("A type's words stay")
    assert module.Kind.__annotations__.keys() == {"name", "size"}
    assert module.Kind.doubled.__doc__ is None
    assert module.Kind.doubled.__annotations__ == {}
    assert module.words_alone.__doc__ is None
    assert module.later.__annotations__ == {}


def test_a_line_of_a_traceback_is_the_source_s(tmp_path: Path) -> None:
    module = _compiled(tmp_path)
    assert module.Kind.doubled.__code__.co_firstlineno == SOURCE[: SOURCE.index("def doubled")].count("\n") + 1
    assert module.Kind.doubled.__code__.co_filename == "sample.py"
