"""Invokes a function of a deployed stage, or of the running `make run`, and reads what it answers."""

import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config

from infra import embedded
from infra.build import ROOT

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

LOCAL: Final = "local"
"""The stage's name that stands for `make run`."""
PATIENCE: Final = 900  # seconds: Lambda's longest


class AskingError(Exception):
    """The function failed, or there is none; the message says what it said."""


@dataclass(frozen=True)
class Asking:
    """Where functions are asked. physical_id: of a resource of the template."""

    functions: "LambdaClient"
    physical_id: Callable[[str], str]


def asking(stage: str) -> Asking:
    """With the caller's own AWS credentials and region; with none for `local`. Raises AskingError."""
    if stage == LOCAL:
        return _local()
    patient = Config(read_timeout=PATIENCE, retries={"total_max_attempts": 1})
    return _asking(boto3.client("lambda", config=patient), boto3.client("cloudformation"), f"dialready-{stage}")


def ask(at: Asking, function: str, event: Mapping[str, object]) -> dict[str, Any]:
    """What the function of this logical id answers. Raises AskingError."""
    answer = at.functions.invoke(FunctionName=at.physical_id(function), Payload=json.dumps(event).encode())
    content = answer["Payload"].read().decode()
    if answer.get("FunctionError"):
        raise AskingError(f"{function} failed: {content}")
    found: dict[str, Any] = json.loads(content)
    return found


def _local() -> Asking:
    ports = ROOT / ".local" / "ports.json"
    if not ports.exists():
        raise AskingError("nothing has run here yet: make run")
    port = json.loads(ports.read_text(encoding="utf-8"))["aws"]
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        raise AskingError("nothing is running here: make run") from None
    address = f"http://127.0.0.1:{port}"
    functions: LambdaClient = embedded.client(address, "lambda")
    return _asking(functions, embedded.client(address, "cloudformation"), embedded.STACK)


def _asking(functions: "LambdaClient", cloudformation: Any, stack: str) -> Asking:
    def physical_id(logical_id: str) -> str:
        found = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=logical_id)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    return Asking(functions, physical_id)
