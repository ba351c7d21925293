"""Capabilities keep to themselves: nobody but a capability itself sees how it keeps its things."""

import ast
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

import pytest

from infra.build import ROOT

HOME: Final = "functions"
OTHERS: Final = ("app.py",)  # which are held to it beside every module under `functions`


class Reach(NamedTuple):
    """An import of another capability's `models`."""

    path: str
    line: int
    owner: str

    def __str__(self) -> str:
        return (
            f"{self.path}:{self.line} imports {HOME}.{self.owner}.models: call a function of {HOME}/{self.owner}, or "
            "write one there; a type comes from the module there that gives things of it"
        )


def reaches(path: str, source: str) -> list[Reach]:
    """Those of a module, wherever they stand in it. `path` is the module's, from the project's root."""
    package = PurePosixPath(path).parts[:-1]
    own = package[1] if len(package) > 1 else None
    found = (
        (node.lineno, name.split("."))
        for node in ast.walk(ast.parse(source, path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in _imported(node, package)
    )
    return [
        Reach(path, line, parts[1])
        for line, parts in sorted({(line, tuple(parts[:3])) for line, parts in found})
        if len(parts) == 3 and parts[0] == HOME and parts[2] == "models" and parts[1] != own
    ]


def _imported(node: ast.Import | ast.ImportFrom, package: tuple[str, ...]) -> Iterator[str]:
    """The full names that an import brings: of `from a import b` it is a.b."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    begin = package[: len(package) - node.level + 1] if node.level else ()
    module = ".".join((*begin, *([node.module] if node.module else [])))
    yield from (f"{module}.{alias.name}" for alias in node.names)


def _modules() -> Iterator[Path]:
    yield from sorted((ROOT / HOME).rglob("*.py"))
    yield from (ROOT / name for name in OTHERS)


def test_no_capability_reaches_into_another_s_models() -> None:
    found = [
        reach
        for module in _modules()
        for reach in reaches(module.relative_to(ROOT).as_posix(), module.read_text(encoding="utf-8"))
    ]
    assert not found, "\n" + "\n".join(map(str, found))


@pytest.mark.parametrize(
    "source",
    [
        "from functions.accounts.models import Account",
        "from functions.accounts import models",
        "from functions.accounts import groups, models as at_rest",
        "import functions.accounts.models",
        "import functions.accounts.models as at_rest",
        "from ..accounts.models import Account",
        "from ..accounts import models",
        "def undo() -> None:\n    from functions.accounts.models import Account",
        "if TYPE_CHECKING:\n    from functions.accounts.models import Account",
        "try:\n    pass\nfinally:\n    from functions.accounts.models import (\n        Account,\n    )",
    ],
)
def test_whatever_way_it_is_imported_it_is_found(source: str) -> None:
    (found,) = reaches("functions/imports/undoing.py", source)
    line = 1 + source[: source.index("import ")].count("\n")
    assert (found.path, found.line, found.owner) == ("functions/imports/undoing.py", line, "accounts")
    assert str(found).startswith(f"functions/imports/undoing.py:{line} imports functions.accounts.models: call ")


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("functions/accounts/many.py", "from functions.accounts.models import Account"),
        ("functions/accounts/many.py", "from .models import Account"),
        ("functions/accounts/many.py", "from . import models"),
        ("functions/messaging/gateways/ses.py", "from ..models import Message"),
        ("functions/imports/undoing.py", "from functions.accounts.people import Account"),
        ("functions/imports/undoing.py", "from functions.imports.models import Import"),
        ("functions/common/table.py", "from pynamodb.models import Model"),
    ],
)
def test_a_capability_s_own_models_are_its_own(path: str, source: str) -> None:
    assert reaches(path, source) == []


def test_the_map_is_held_to_it_too() -> None:
    assert [reach.owner for reach in reaches("app.py", "from functions.jobs.models import Job")] == ["jobs"]
