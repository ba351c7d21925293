"""What all our tables have in common: keys, time-outs shorter than a Lambda's, and writes that know themselves again.

A conditional write whose answer was lost is retried by the client and then fails against itself. `update` therefore
leaves a stamp: a failed condition that finds its own stamp was a success."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import msgspec
from pynamodb.attributes import Attribute, NumberAttribute, UnicodeAttribute
from pynamodb.connection import TableConnection
from pynamodb.constants import STRING
from pynamodb.exceptions import DeleteError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from functions.common import aws, clock, ids
from functions.common.errors import Unavailable

S = TypeVar("S")
M = TypeVar("M", bound="Table")

CONDITION_FAILED = "ConditionalCheckFailedException"
BUSY = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ThrottlingException",
        "ThrottlingError",
        "TransactionConflictException",
        "TransactionConflict",
        "TransactionInProgressException",
        "InternalServerError",
        "ServiceUnavailable",
    }
)


class TableMeta:
    """PynamoDB's own time-outs exceed a Lambda's: these do not (worst case 3 × 4 s)."""

    connect_timeout_seconds = 1
    read_timeout_seconds = 3
    max_retry_attempts = 2


class MomentAttribute(Attribute[datetime]):
    """A moment as RFC 3339 text in UTC with milliseconds: sorts in order of time."""

    attr_type = STRING

    def serialize(self, value: datetime) -> str:
        return clock.text(value)

    def deserialize(self, value: str) -> datetime:
        return clock.read(value).astimezone(UTC)


class StructAttribute(Attribute[S], Generic[S]):
    """A value of any msgspec type as JSON text: for parts of an item that are read and written as a whole."""

    attr_type = STRING

    def __init__(self, type_: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.type_ = type_

    def serialize(self, value: S) -> str:
        return msgspec.json.encode(value).decode()

    def deserialize(self, value: str) -> S:
        decoded: S = msgspec.json.decode(value, type=self.type_)
        return decoded


class Table(Model):
    """An item with our two keys. `stamp` is the mark of its last conditional update."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    stamp = UnicodeAttribute(null=True)

    @classmethod
    def _get_connection(cls) -> TableConnection:
        """PynamoDB makes a session, a client and its connections for every model; ours share one."""
        found = super()._get_connection()
        found.connection._client = aws.dynamodb()
        return found


class Due(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]  # its __init_subclass__ has no types
    """Items for which something is to be done at a known time (sparse). Each model has an instance of its own."""

    class Meta:
        index_name = "due"
        projection = AllProjection()

    due_shard = UnicodeAttribute(hash_key=True)
    due_at = NumberAttribute(range_key=True)  # epoch seconds


def key(*parts: str) -> str:
    """A key of several parts. None of them holds the separator: ids are letters and digits, addresses are checked."""
    return "|".join(parts)


def read(model: type[M], pk: str, sk: str = "-", *, consistent: bool = True) -> M | None:
    """One item, or None."""
    try:
        return model.get(pk, sk, consistent_read=consistent)
    except model.DoesNotExist:
        return None


def update(item: Table, actions: Sequence[Action], condition: Condition, otherwise: Exception) -> None:
    """Changes `item` in the table, and in memory, when `condition` holds or this very write already took effect.

    Raises `otherwise` when the condition does not hold, Unavailable when the table stays busy."""
    stamp = ids.new_id()
    try:
        item.update(actions=[*actions, type(item).stamp.set(stamp)], condition=condition)
    except UpdateError as error:
        if error.cause_response_code in BUSY:
            raise Unavailable from error
        if error.cause_response_code != CONDITION_FAILED:
            raise
        found = read(type(item), item.pk, item.sk)
        if found is None or found.stamp != stamp:
            raise otherwise from None
        item.attribute_values.update(found.attribute_values)


def delete(item: Table, condition: Condition) -> None:
    """Deletes `item` when `condition` holds: otherwise it is gone, or another's by now. Repeatable."""
    try:
        item.delete(condition=condition)
    except DeleteError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
