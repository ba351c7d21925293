"""Our functions' invocations while a story is told: what each was given, what it answered, which AWS calls it made.

Everything runs in this process; listening puts itself before the handlers that tests.api.world calls."""

import logging
import pkgutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from importlib import import_module
from inspect import signature
from types import ModuleType
from typing import Any

from chalice.app import Chalice, EventSourceHandler, SQSEvent

import app
import functions
from functions.common import aws
from functions.common.observability import logger
from tests.bench.record import Call, recording

ON_SCHEDULE = "its time"  # what a schedule's function is invoked for
FUNCTION_OF = {(route.verb, route.path): route.function for route in app.ROUTES}
GIVEN_AGAIN = 1  # byte: the line feed after each line of the log


@dataclass(frozen=True)
class Invocation:
    """`function` is the Lambda, `what` the route, queue or schedule that it was invoked for."""

    function: str
    what: str
    handler: str  # as the template names it
    event: dict[str, Any]
    answer: Any
    calls: tuple[Call, ...]
    seconds: float = 0.0  # of CPU, in the thread that served it
    logged: int = 0  # bytes


@dataclass(frozen=True)
class Twice:
    """The same request to a process that has just started, and again."""

    first: Invocation
    again: Invocation


@contextmanager
def listening(*, fresh: bool = False, weighed: bool = True) -> Iterator[list[Invocation]]:
    """Collects the invocations made inside. `fresh`: each in a process that has kept nothing of an earlier one. Not
    `weighed`: without the units of their calls, so that the seconds are the functions' own."""
    heard: list[Invocation] = []
    with ExitStack() as undo:
        undo.enter_context(_before(Chalice, "__call__", "app.app", _http, heard, fresh, weighed))
        for module, name in triggers():
            handler = f"{module.__name__}.{name}"
            undo.enter_context(_before(module, name, handler, _triggered, heard, fresh, weighed))
        yield heard


def triggers() -> Iterator[tuple[ModuleType, str]]:
    """Every queue's and schedule's handler: its module, and its name there."""
    for capability in pkgutil.iter_modules(functions.__path__, "functions."):
        names = [each.name for each in pkgutil.iter_modules(import_module(capability.name).__path__)]
        if "triggers" not in names or capability.name == "functions.common":
            continue
        module = import_module(f"{capability.name}.triggers")
        yield from ((module, name) for name, value in vars(module).items() if _handles(value))


def schedules() -> Iterator[tuple[ModuleType, str]]:
    """Those of them that run at their time, and not for an entry of a queue."""
    for module, name in triggers():
        if not issubclass(getattr(module, name).event_class, SQSEvent):
            yield module, name


def _handles(value: object) -> bool:
    return isinstance(value, EventSourceHandler)


def _http(handler: str, event: dict[str, Any]) -> tuple[str, str]:
    verb, path = event["httpMethod"], event["resource"]
    return FUNCTION_OF[verb, path], f"{verb} {path}"


def _triggered(handler: str, event: dict[str, Any]) -> tuple[str, str]:
    _, capability, _, name = handler.split(".")
    return f"{capability}-{name}", "one message" if "Records" in event else ON_SCHEDULE


@contextmanager
def _before(
    owner: object,
    name: str,
    handler: str,
    named: Callable[[str, dict[str, Any]], tuple[str, str]],
    heard: list[Invocation],
    fresh: bool,
    weighed: bool,
) -> Iterator[None]:
    own = getattr(owner, name)

    def listened(*arguments: Any) -> Any:
        given = deepcopy(arguments[-2])  # the last is the context, and a method's first the app itself
        if fresh:
            forget()
        with ExitStack() as inside:
            recorded = inside.enter_context(recording(weighed=weighed))
            logged = inside.enter_context(_log())
            begun = time.thread_time()
            answer = own(*arguments)
            seconds = time.thread_time() - begun
        function, what = named(handler, given)
        made = tuple(recorded.calls)
        heard.append(Invocation(function, what, handler, given, answer, made, seconds, logged.size))
        return answer

    setattr(owner, name, listened)
    try:
        yield
    finally:
        setattr(owner, name, own)


class _Log(logging.Handler):
    """Weighs what is logged."""

    def __init__(self, formatter: logging.Formatter | None) -> None:
        super().__init__()
        self.formatter = formatter
        self.size = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.size += len(self.format(record).encode()) + GIVEN_AGAIN


@contextmanager
def _log() -> Iterator[_Log]:
    listener, plain = _Log(logger.registered_formatter), logging.getLogger(logger.name)
    plain.addHandler(listener)
    try:
        yield listener
    finally:
        plain.removeHandler(listener)


def forget() -> None:
    """What a function's process has kept of tenants, tokens, keys and secrets. Its clients stay: they know nothing."""
    for name, module in list(sys.modules.items()):
        if not name.startswith("functions.") or module is aws:
            continue
        for own in (vars(module).get("forget"), vars(module).get("forget_all")):
            if own is not None and not asks(own):
                own()
        for value in list(vars(module).values()):
            if hasattr(value, "cache_clear"):
                value.cache_clear()


def asks(function: Callable[..., object]) -> bool:
    """Whether it cannot be called without saying for what."""
    return any(given.default is given.empty for given in signature(function).parameters.values())
