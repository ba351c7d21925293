"""Lists in pages, with a cursor: the last item's own keys, which callers keep and hand back unread."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import Index

from functions.common.errors import Invalid
from functions.common.table import Table

T = TypeVar("T")
M = TypeVar("M", bound=Table)

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some items, and where the next ones begin (None: these were the last)."""

    items: Sequence[T]
    cursor: str | None


def query(
    model: type[M],
    pk: str,
    *,
    cursor: str | None,
    limit: int,
    range_: Condition | None = None,
    index: Index[M] | None = None,
    only: Condition | None = None,
    newest_first: bool = False,
) -> Page[M]:
    """One page of a partition of a table or an index; with `only`, of its items that are so, for partitions that are
    short. Raises Invalid for a cursor that is not this list's."""
    source: Any = index if index is not None else model
    partition, names = _keys_of(index)
    start = _decode(cursor, partition, names, pk)
    results = source.query(
        pk,
        range_,
        only,
        limit=limit,
        page_size=limit,
        last_evaluated_key=start,
        scan_index_forward=not newest_first,
        **({} if index is not None else {"consistent_read": True}),
    )
    items = list(results)
    return Page(items, _encode(results.last_evaluated_key))


def _keys_of(index: Index[M] | None) -> tuple[str, frozenset[str]]:
    """The name of the partition key that is queried, and of every key that a cursor holds."""
    if index is None:
        return "pk", frozenset({"pk", "sk"})
    keys = {a.attr_name: a for a in index.Meta.attributes.values() if a.is_hash_key or a.is_range_key}
    partition = next(name for name, attribute in keys.items() if attribute.is_hash_key)
    return partition, frozenset({"pk", "sk", *keys})


def _encode(last: dict[str, Any] | None) -> str | None:
    if not last:
        return None
    plain = {name: next(iter(typed.values())) for name, typed in last.items()}
    return base64.urlsafe_b64encode(msgspec.json.encode(plain)).decode().rstrip("=")


def _decode(cursor: str | None, partition: str, names: frozenset[str], pk: str) -> dict[str, Any] | None:
    """The start key that a cursor stands for, checked to lie in the partition that is asked for."""
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        plain = msgspec.json.decode(raw, type=dict[str, str])
    except (binascii.Error, msgspec.MsgspecError, ValueError):
        plain = {}
    if plain.keys() != names or plain[partition] != pk or not all(plain.values()):
        raise Invalid("This cursor is not of this list.", field="cursor")
    return {name: {"S": value} for name, value in plain.items()}
