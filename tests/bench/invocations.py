"""Our functions' invocations while a story is told: what each was given, what it answered, which AWS calls it made.

Everything runs in this process on moto; listening puts itself before the handlers that tests.api.world calls."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from inspect import signature
from typing import Any

from chalice.app import Chalice

import app
from functions.common import aws
from functions.messaging import triggers as messaging
from functions.upkeep import triggers as upkeep
from tests.bench.record import Call, recording

FUNCTION_OF = {(route.verb, route.path): route.function for route in app.ROUTES}


@dataclass(frozen=True)
class Invocation:
    """`function` is the Lambda, `what` the route, queue or schedule that it was invoked for."""

    function: str
    what: str
    handler: str  # as the template names it
    event: dict[str, Any]
    answer: Any
    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Twice:
    """The same request to a process that has just started, and again."""

    first: Invocation
    again: Invocation


@contextmanager
def listening(*, fresh: bool = False) -> Iterator[list[Invocation]]:
    """Collects the invocations made inside. `fresh`: each in a process that has kept nothing of an earlier one."""
    heard: list[Invocation] = []
    with ExitStack() as undo:
        undo.enter_context(_before(Chalice, "__call__", "app.app", _http, heard, fresh))
        for module, names in ((messaging, ("dispatch", "settle", "watch")), (upkeep, ("sweep", "tidy"))):
            for name in names:
                undo.enter_context(_before(module, name, f"{module.__name__}.{name}", _triggered, heard, fresh))
        yield heard


def _http(handler: str, event: dict[str, Any]) -> tuple[str, str]:
    verb, path = event["httpMethod"], event["resource"]
    return FUNCTION_OF[verb, path], f"{verb} {path}"


def _triggered(handler: str, event: dict[str, Any]) -> tuple[str, str]:
    _, capability, _, name = handler.split(".")
    return f"{capability}-{name}", "one message" if "Records" in event else "the minute"


@contextmanager
def _before(
    owner: object,
    name: str,
    handler: str,
    named: Callable[[str, dict[str, Any]], tuple[str, str]],
    heard: list[Invocation],
    fresh: bool,
) -> Iterator[None]:
    own = getattr(owner, name)

    def listened(*arguments: Any) -> Any:
        given = deepcopy(arguments[-2])  # the last is the context, and a method's first the app itself
        if fresh:
            forget()
        with recording() as recorded:
            answer = own(*arguments)
        heard.append(Invocation(*named(handler, given), handler, given, answer, tuple(recorded.calls)))
        return answer

    setattr(owner, name, listened)
    try:
        yield
    finally:
        setattr(owner, name, own)


def forget() -> None:
    """What a function's process has kept of tenants, tokens, keys and secrets. Its clients stay: they know nothing."""
    for name, module in list(sys.modules.items()):
        if not name.startswith("functions.") or module is aws:
            continue
        for own in (vars(module).get("forget"), vars(module).get("forget_all")):
            if own is not None and all(
                given.default is not given.empty for given in signature(own).parameters.values()
            ):
                own()
        for value in list(vars(module).values()):
            if hasattr(value, "cache_clear"):
                value.cache_clear()


def _asks(function: Callable[..., object]) -> bool:
    """Whether it cannot be called without saying for what."""
    return any(given.default is given.empty for given in signature(function).parameters.values())
