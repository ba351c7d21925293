"""Several capabilities' changes, committed together or not at all.

Each capability offers its part as steps; the use case that began the change commits them. A step knows the error to
raise when its condition fails. Conflicts with other transactions and throttling are retried, then reported as 503,
never as 409."""

import random
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
from pynamodb.connection import Connection
from pynamodb.exceptions import CancellationReason, TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from functions.common import aws, ids
from functions.common.errors import Changed, Unavailable
from functions.common.table import BUSY, Table, TableMeta

T = TypeVar("T")

ATTEMPTS = 5
TRIES = 3  # of a whole read-and-commit
BASE_DELAY = 0.03  # seconds, doubled each time, with jitter

pause: Callable[[float], None] = time.sleep  # tests set it


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One item's change. `otherwise` is raised when its condition does not hold."""

    item: Table
    condition: Condition | None = None
    otherwise: Exception = msgspec.field(default_factory=Changed)


class Check(Step, frozen=True, kw_only=True):
    """The condition must hold; nothing is written."""


class Delete(Step, frozen=True, kw_only=True):
    pass


class Put(Step, frozen=True, kw_only=True):
    pass


class Update(Step, frozen=True, kw_only=True):
    actions: Sequence[Action] = ()


def new(item: Table, otherwise: Exception | None = None) -> Put:
    """Puts an item that must not exist yet."""
    return Put(item=item, condition=type(item).pk.does_not_exist(), otherwise=otherwise or Changed())


def retried(change: Callable[[], T]) -> T:
    """Does a read-and-commit again when somebody else changed the same things in between. Raises Changed in the end."""
    for _ in range(TRIES - 1):
        try:
            return change()
        except Changed:
            continue
    return change()


_ORDER = (Check, Delete, Put, Update)  # the order in which PynamoDB sends them, and DynamoDB answers


def commit(steps: Sequence[Step], token: str | None = None) -> None:
    """Writes all steps, or none.

    `token` (at most 36 characters) makes a repetition of the same transaction within ten minutes harmless; by default
    each call has its own, which covers the client's retries. Raises the first failed step's `otherwise`, or
    Unavailable when the tables stayed busy: then nothing was written."""
    ordered = sorted(steps, key=lambda step: _ORDER.index(type(step)))
    request_token = token or ids.new_id(32)
    for attempt in range(ATTEMPTS):
        if attempt:
            pause(BASE_DELAY * 2**attempt * (0.5 + random.random()))  # noqa: S311 - jitter, not a secret
        try:
            _write(ordered, request_token)
            return
        except TransactWriteError as error:
            failed = _failed(ordered, error.cancellation_reasons)
            if failed is not None:
                raise failed.otherwise from None
            if error.cause_response_code not in BUSY and not _only_busy(error.cancellation_reasons):
                raise
    raise Unavailable


def _write(steps: Sequence[Step], token: str) -> None:
    with TransactWrite(connection=_connection(), client_request_token=token) as transaction:
        for step in steps:
            match step:
                case Check():
                    transaction.condition_check(type(step.item), step.item.pk, step.item.sk, condition=step.condition)
                case Delete():
                    transaction.delete(step.item, condition=step.condition)
                case Put():
                    transaction.save(step.item, condition=step.condition)
                case Update():
                    transaction.update(step.item, actions=list(step.actions), condition=step.condition)


def _failed(steps: Sequence[Step], reasons: Sequence[CancellationReason | None]) -> Step | None:
    """The first step that its condition refused; busy items beside it do not matter."""
    for step, reason in zip(steps, reasons, strict=False):
        if reason is not None and reason.code == "ConditionalCheckFailed":
            return step
    return None


def _only_busy(reasons: Sequence[CancellationReason | None]) -> bool:
    codes = {reason.code for reason in reasons if reason is not None and reason.code != "None"}
    return bool(codes) and codes <= BUSY


_cached: Connection | None = None


def _connection() -> Connection:
    global _cached
    if _cached is None:
        _cached = Connection(
            connect_timeout_seconds=TableMeta.connect_timeout_seconds,
            read_timeout_seconds=TableMeta.read_timeout_seconds,
            max_retry_attempts=TableMeta.max_retry_attempts,
        )
        _cached._client = aws.dynamodb()
    return _cached


def forget_connection() -> None:
    """In tests, when the world is made anew."""
    global _cached
    _cached = None
