"""Crashes at AWS's wire: before a call, after its effect, or with its answer lost.

The one hook that moto answers through is wrapped, so every AWS call of a flow is met, whoever makes it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from botocore.exceptions import ReadTimeoutError
from moto.core.botocore_stubber import BotocoreStubber


class Fault(StrEnum):
    """What goes wrong at one call."""

    crash_before = "crash before"
    crash_after = "crash after"
    answer_lost = "answer lost"  # the effect took place; the client sees a time-out and tries again


class Crash(BaseException):
    """The process has died: nothing in it may handle this."""


@dataclass
class Calls:
    """The AWS calls of a flow, in order, as `service.Operation`."""

    names: list[str] = field(default_factory=list)
    hit: bool = False


@contextmanager
def injected(at: int | None = None, fault: Fault = Fault.crash_before) -> Iterator[Calls]:
    """Counts the AWS calls made inside; the one numbered `at` (from 0) suffers `fault`."""
    calls = Calls()
    answer = BotocoreStubber.__call__
    transactions: dict[str, Any] = {}

    def once(self: BotocoreStubber, event_name: str, request: Any, rest: dict[str, Any]) -> Any:
        """moto applies a repeated transaction twice; DynamoDB knows its token and answers as before."""
        token = json.loads(request.body or b"{}").get("ClientRequestToken") if "Transact" in event_name else None
        if token is None:
            return answer(self, event_name, request, **rest)
        if token not in transactions:
            transactions[token] = answer(self, event_name, request, **rest)
        return transactions[token]

    def answer_or_fail(self: BotocoreStubber, event_name: str, request: Any, **rest: Any) -> Any:
        number = len(calls.names)
        calls.names.append(event_name.removeprefix("before-send."))
        calls.hit |= number == at
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
