"""What somebody else does at that very moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest


@contextmanager
def meanwhile(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, happens: Callable[[], object]) -> Iterator[None]:
    """`happens` just before the module's function `name` is called for the first time."""
    whole = getattr(module, name)

    def wrapped(*arguments: Any, **named: Any) -> Any:
        monkeypatch.setattr(module, name, whole)
        happens()
        return whole(*arguments, **named)

    monkeypatch.setattr(module, name, wrapped)
    yield
    assert getattr(module, name) is whole, "it was never called"
