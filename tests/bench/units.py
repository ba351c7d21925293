"""What DynamoDB charges for one call, in request units, from the sizes of the items it touches.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html and, for the sizes,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html. A transaction counts
each item twice, a ConditionCheck like a write of the item it looks at. An index is written for itself, once, behind a
transaction too, and only when something changes that it holds; an item that leaves one key of it for another is written
twice.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import ceil
from typing import Any, NamedTuple

Item = Mapping[str, Mapping[str, Any]]
"""An item as DynamoDB's JSON shows it: {"pk": {"S": "…"}}. An empty one is not there."""

READ_BYTES = 4096
WRITE_BYTES = 1024
STORED_BYTES = 100  # that DynamoDB adds to each item it stores, and to each entry of an index


class Units(NamedTuple):
    """Request units of reading and of writing."""

    read: float = 0
    write: float = 0

    def plus(self, other: "Units") -> "Units":
        return Units(self.read + other.read, self.write + other.write)


class Index(NamedTuple):
    """The names of a secondary index's two keys, and of all that it holds (None: everything)."""

    partition: str
    sort: str
    holds: Collection[str] | None = None


class Written(NamedTuple):
    """One item's change. `checked` where it was looked at and not written."""

    before: Item
    after: Item
    checked: bool = False


def total(units: Iterable[Units]) -> Units:
    found = Units()
    for each in units:
        found = found.plus(each)
    return found


def reading(items: Sequence[Item], *, consistent: bool) -> Units:
    """A GetItem, or a Query that met these items: at least one block is paid for, found or not."""
    blocks = max(1, ceil(sum(size(item) for item in items) / READ_BYTES))
    return Units(read=blocks if consistent else blocks / 2)


def writing(written: Written, indexes: Sequence[Index], *, in_transaction: bool) -> Units:
    """A write of one item, with what follows in the indexes that it is in."""
    own = _blocks(max(size(written.before), size(written.after))) * (2 if in_transaction else 1)
    if written.checked:
        return Units(write=own)
    return Units(write=own + sum(_in_index(written, index) for index in indexes))


def entry(item: Item, index: Index) -> Item | None:
    """What an index holds of an item; None where the item lacks one of the keys."""
    if index.partition not in item or index.sort not in item:
        return None
    return {name: value for name, value in item.items() if index.holds is None or name in index.holds}


def stored(item: Item, indexes: Sequence[Index]) -> int:
    """The bytes that an item takes, with its entries in the indexes."""
    copies = [item, *(found for index in indexes if (found := entry(item, index)) is not None)]
    return sum(size(each) + STORED_BYTES for each in copies)


def _in_index(written: Written, index: Index) -> int:
    before, after = entry(written.before, index), entry(written.after, index)
    if before == after:
        return 0
    if before is not None and after is not None and _key(before, index) == _key(after, index):
        return _blocks(max(size(before), size(after)))
    return sum(_blocks(size(each)) for each in (before, after) if each is not None)


def _key(item: Item, index: Index) -> tuple[object, object]:
    return item[index.partition], item[index.sort]


def _blocks(length: int) -> int:
    return max(1, ceil(length / WRITE_BYTES))


def size(item: Item) -> int:
    """An item's size in bytes: its names and its values."""
    return sum(len(name.encode()) + _value(value) for name, value in item.items())


def _value(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return _number(content)
        case "B":
            return len(content)
        case "BOOL" | "NULL":
            return 1
        case "SS":
            return sum(len(each.encode()) for each in content)
        case "NS":
            return sum(_number(each) for each in content)
        case "L":
            return 3 + sum(1 + _value(each) for each in content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value(each) for name, each in content.items())
    raise ValueError(f"DynamoDB has no type {kind}")


def _number(text: str) -> int:
    digits = text.lstrip("-").replace(".", "").strip("0") or "0"
    return ceil(len(digits) / 2) + 1 + text.startswith("-")
