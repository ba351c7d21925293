"""AWS calls of one thread, counted; before the one wanted something else happens.

Every order of two things with one change of turns is: the first runs to its n-th call, the second runs whole, the first
goes on; for all n."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.client import BaseClient

_call: Callable[[BaseClient, str, Any], Any] = BaseClient._make_api_call  # type: ignore[attr-defined]
_present = threading.local()


@dataclass
class Calls:
    """How many calls there were; before the one numbered `at` (from 0) `meanwhile` happens, which is not counted."""

    at: int | None = None
    meanwhile: Callable[[], None] = lambda: None
    made: int = 0


@contextmanager
def counted(at: int | None = None, meanwhile: Callable[[], None] = lambda: None) -> Iterator[Calls]:
    """Counts this thread's AWS calls made inside."""
    BaseClient._make_api_call = _counting  # type: ignore[attr-defined]
    calls, before = Calls(at, meanwhile), getattr(_present, "calls", None)
    _present.calls = calls
    try:
        yield calls
    finally:
        _present.calls = before


def _counting(self: BaseClient, operation: str, parameters: Any) -> Any:
    calls: Calls | None = getattr(_present, "calls", None)
    if calls is None:
        return _call(self, operation, parameters)
    number, calls.made = calls.made, calls.made + 1
    if number == calls.at:
        _present.calls = None
        calls.meanwhile()
        _present.calls = calls
    return _call(self, operation, parameters)
