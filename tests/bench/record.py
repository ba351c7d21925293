"""Every AWS call of a piece of work, as the wire saw it: what was asked, what was answered, what DynamoDB charges.

A hook of botocore's own, put where each later session finds it: import this module before the first client is made.
"""

import traceback
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
from botocore import handlers, xform_name
from botocore.response import StreamingBody

from tests.bench import units
from tests.bench.units import Index, Item, Units, Written

FUNCTIONS = Path(__file__).parents[2] / "functions"
COMMON = FUNCTIONS / "common"
OF_A_FILE = ("etag", "content-range")


@dataclass(frozen=True)
class Answered:
    """What came back over the wire. Of the headers: what S3 says of a file."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One AWS call. `parameters` is what the client was given; `target` is by what a server tells it from others."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    target: str
    answered: Answered
    units: Units
    made_by: tuple[str, ...]  # the lines of our code that led to it, innermost first: "accounts/create.py:160"

    @property
    def name(self) -> str:
        return f"{self.service}.{self.operation}"

    @property
    def plain(self) -> tuple[str, str, Mapping[str, Any]]:
        """What makes the call again, as JSON can say it: boto3's name of the service, the method, the parameters."""
        parameters = {name: _text(value) for name, value in self.parameters.items()}
        return self.service.replace("secrets-manager", "secretsmanager"), xform_name(self.operation), parameters


def _text(value: Any) -> Any:
    """A parameter as JSON can say it."""
    content = value.getvalue() if isinstance(value, BytesIO) else value
    return b64encode(content).decode() if isinstance(content, bytes) else content


def counted(names: Iterable[str]) -> str:
    """2 GetItem, 1 PutItem"""
    return ", ".join(f"{number} {name}" for name, number in Counter(names).items())


@dataclass
class Recording:
    """The calls made so far, in order. Not `weighed`: without their units and who made them, so that it costs nothing
    to speak of."""

    weighed: bool = True
    calls: list[Call] = field(default_factory=list)


@contextmanager
def recording(*, weighed: bool = True) -> Iterator[Recording]:
    """Records the calls made inside."""
    global _running
    before, _running = _running, Recording(weighed)
    try:
        yield _running
    finally:
        _running = before


_running: Recording | None = None


@dataclass
class _Begun:
    """A call on its way."""

    parameters: dict[str, Any]
    made_by: tuple[str, ...]
    target: str = ""
    befores: list[Item] = field(default_factory=list)


def _before_parameter_build(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    if _running is not None:
        context["begun"] = _Begun(deepcopy(params), _made_by()) if _running.weighed else _Begun(params, ())


def _before_call(model: Any, params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    begun = context.get("begun")
    if begun is None:
        return
    begun.target = params["headers"].get("X-Amz-Target") or params["method"]
    if _running is not None and _running.weighed and model.service_model.service_name == "dynamodb":
        begun.befores = [_item(table, key) for table, key, _ in touched(model.name, begun.parameters)]


def _response_received(
    event_name: str, context: dict[str, Any], response_dict: Mapping[str, Any], parsed_response: Any, **_: object
) -> None:
    begun = context.pop("begun", None)
    if begun is None or _running is None:
        return
    service, operation = event_name.split(".")[1:]
    weighs = _running.weighed and service == "dynamodb"
    _running.calls.append(
        Call(
            service=service,
            operation=operation,
            parameters=begun.parameters,
            target=begun.target,
            answered=Answered(
                response_dict["status_code"],
                response_dict["headers"].get("Content-Type", "application/x-amz-json-1.0"),
                _body(response_dict["body"], parsed_response),
                {name: value for name, value in response_dict["headers"].items() if name.lower() in OF_A_FILE},
            ),
            units=_units(operation, begun, parsed_response) if weighs else Units(),
            made_by=begun.made_by,
        )
    )


def _body(body: bytes | StreamingBody, answer: dict[str, Any]) -> bytes:
    """What came; where it comes piece by piece, the caller gets it once more."""
    if isinstance(body, bytes):
        return body
    whole: bytes = body.read()
    answer["Body"] = StreamingBody(BytesIO(whole), len(whole))
    return whole


def _units(operation: str, begun: _Begun, answer: Mapping[str, Any]) -> Units:
    asked = begun.parameters
    match operation:
        case "GetItem":
            return units.reading([answer.get("Item", {})], consistent=_consistent(asked))
        case "Query" | "Scan":
            return units.reading(_met(answer), consistent=_consistent(asked))
        case "BatchGetItem":
            return units.total(_batch(asked["RequestItems"], answer["Responses"]))
    written = touched(operation, asked)
    assert written, f"{operation}: nobody has said yet what it costs"
    return units.total(
        units.writing(
            Written(before, _item(table, key), checked),
            indexes(table),
            in_transaction=operation == "TransactWriteItems",
        )
        for before, (table, key, checked) in zip(begun.befores, written, strict=True)
    )


def _consistent(asked: Mapping[str, Any]) -> bool:
    return bool(asked.get("ConsistentRead"))


def _met(answer: Mapping[str, Any]) -> list[Item]:
    """The items that a Query or Scan met. What a filter left out is paid for, too: taken to be like what it let
    through."""
    found: list[Item] = answer["Items"]
    return [*found, *(found[0] for _ in range(answer["ScannedCount"] - len(found)) if found)]


def _batch(asked: Mapping[str, Any], answered: Mapping[str, Sequence[Item]]) -> Iterator[Units]:
    """Each item is paid for by itself, found or not."""
    for table, wanted in asked.items():
        found = answered.get(table, ())
        missing = len(wanted["Keys"]) - len(found)
        for item in (*found, *({} for _ in range(missing))):
            yield units.reading([item], consistent=_consistent(wanted))


def touched(operation: str, parameters: Mapping[str, Any]) -> list[tuple[str, Item, bool]]:
    """Table and key of each item that a call to DynamoDB writes or checks, and whether it only checks."""
    match operation:
        case "PutItem" | "UpdateItem" | "DeleteItem":
            return [(*_place(parameters), False)]
        case "TransactWriteItems":
            return [
                (*_place(part), kind == "ConditionCheck")
                for action in parameters["TransactItems"]
                for kind, part in action.items()
            ]
        case "BatchWriteItem":
            return [
                (*_place({"TableName": table, **part}), False)
                for table, actions in parameters["RequestItems"].items()
                for action in actions
                for part in action.values()
            ]
    return []


def _place(parameters: Mapping[str, Any]) -> tuple[str, Item]:
    source = parameters.get("Key") or parameters["Item"]
    return parameters["TableName"], {name: source[name] for name in ("pk", "sk")}


def _item(table: str, key: Item) -> Item:
    with _unheard():
        found: Item = _dynamodb().get_item(TableName=table, Key=key, ConsistentRead=True).get("Item", {})
    return found


@cache
def indexes(table: str) -> tuple[Index, ...]:
    """A table's secondary indexes."""
    with _unheard():
        described = _dynamodb().describe_table(TableName=table)["Table"]
    return tuple(_index(each) for each in described.get("GlobalSecondaryIndexes", ()))


def _index(described: Mapping[str, Any]) -> Index:
    key = {part["KeyType"]: part["AttributeName"] for part in described["KeySchema"]}
    keys_only = described["Projection"]["ProjectionType"] == "KEYS_ONLY"
    return Index(key["HASH"], key["RANGE"], {"pk", "sk", *key.values()} if keys_only else None)


@cache
def _dynamodb() -> Any:
    return boto3.client("dynamodb")


@contextmanager
def _unheard() -> Iterator[None]:
    global _running
    before, _running = _running, None
    try:
        yield
    finally:
        _running = before


def _made_by() -> tuple[str, ...]:
    """`common` and the edge are left out: they are on every way."""
    found = [
        f"{path.relative_to(FUNCTIONS)}:{frame.lineno}"
        for frame in reversed(traceback.extract_stack(limit=60))
        if (path := Path(frame.filename)).is_relative_to(FUNCTIONS) and not path.is_relative_to(COMMON)
    ]
    return tuple(found)


_HOOKS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("before-parameter-build", _before_parameter_build),
    ("before-call", _before_call),
    ("response-received", _response_received),
)
handlers.BUILTIN_HANDLERS.extend(_HOOKS)
