"""Crashes at AWS's wire: before a call, after its effect, or with its answer lost.

The one hook that moto answers through is wrapped, so every AWS call of a flow is met, whoever makes it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from botocore.exceptions import ReadTimeoutError
from moto.core.botocore_stubber import BotocoreStubber

from tests.fakes.server import Fakes

READS: Final = ("GetItem", "BatchGetItem", "Query", "Scan", "GetSecretValue", "Decrypt")


class Fault(StrEnum):
    """What goes wrong at one call."""

    crash_before = "crash before"
    crash_after = "crash after"
    answer_lost = "answer lost"  # the effect took place; the client sees a time-out and tries again


class Crash(BaseException):
    """The process has died: nothing in it may handle this."""


@dataclass
class Calls:
    """The AWS calls of a flow, in order, as `service.Operation`, and what providers had been given before each."""

    names: list[str] = field(default_factory=list)
    given: list[int] = field(default_factory=list)
    hit: bool = False

    def positions(self, fault: Fault) -> list[int]:
        """The calls at which `fault` is an event of its own: to die after one call is to die before the next, unless a
        provider is given something between them; and what lost its answer to a read only reads again."""
        every, last = range(len(self.names)), len(self.names) - 1
        match fault:
            case Fault.crash_before:
                return list(every)
            case Fault.crash_after:
                return [at for at in every if at == last or self.given[at] != self.given[at + 1]]
            case Fault.answer_lost:
                return [at for at in every if not self.names[at].endswith(READS)]


@contextmanager
def injected(
    at: int | None = None,
    fault: Fault | None = Fault.crash_before,
    *,
    fakes: Fakes | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> Iterator[Calls]:
    """Counts the AWS calls made inside; the one numbered `at` (from 0) suffers `fault`.

    Just before that one `meanwhile` happens: the work of others, which is not counted. With `fakes` it is noted what
    they had recorded."""
    calls = Calls()
    answer = BotocoreStubber.__call__
    transactions: dict[str, Any] = {}
    others = False

    def once(self: BotocoreStubber, event_name: str, request: Any, rest: dict[str, Any]) -> Any:
        """moto applies a repeated transaction twice; DynamoDB knows its token and answers as before."""
        token = json.loads(request.body or b"{}").get("ClientRequestToken") if "Transact" in event_name else None
        if token is None:
            return answer(self, event_name, request, **rest)
        if token not in transactions:
            transactions[token] = answer(self, event_name, request, **rest)
        return transactions[token]

    def answer_or_fail(self: BotocoreStubber, event_name: str, request: Any, **rest: Any) -> Any:
        nonlocal others
        if others:
            return once(self, event_name, request, rest)
        number = len(calls.names)
        calls.names.append(event_name.removeprefix("before-send."))
        calls.given.append(len(fakes.records.all()) if fakes is not None else 0)
        calls.hit |= number == at
        if number == at and meanwhile is not None:
            others = True
            meanwhile()
            others = False
        if number == at and fault is Fault.crash_before:
            raise Crash
        response = once(self, event_name, request, rest)
        if number == at and fault is Fault.crash_after:
            raise Crash
        if number == at and fault is Fault.answer_lost:
            raise ReadTimeoutError(endpoint_url=request.url)
        return response

    BotocoreStubber.__call__ = answer_or_fail  # type: ignore[method-assign]
    try:
        yield calls
    finally:
        BotocoreStubber.__call__ = answer  # type: ignore[method-assign]
