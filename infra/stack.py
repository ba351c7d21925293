"""Puts a built package into AWS, real or embedded: artefacts into a bucket under their hash, then one change set."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError

from infra.archive import digest
from infra.build import Package

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudformation.type_defs import ParameterTypeDef, StackTypeDef
    from types_boto3_s3 import S3Client

Outputs = dict[str, str]
T = TypeVar("T")


class StackError(Exception):
    """CloudFormation refused; the message holds the resources that failed and why."""


@dataclass(frozen=True)
class Place:
    """Where a stack goes. `pause`: seconds between two looks at its state."""

    cloudformation: "CloudFormationClient"
    s3: "S3Client"
    artifacts: str
    pause: float = 3.0


def deploy(place: Place, stack: str, package: Package, parameters: Mapping[str, str]) -> Outputs:
    """Creates the stack, or updates it when anything differs, and answers its outputs.

    A parameter that is not given keeps its value, or takes its default. Raises StackError.
    """
    existing = _describe(place, stack)
    if existing is not None and existing["StackStatus"] in ("ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"):
        # Left over from a creation that failed: it holds nothing, and can only be deleted.
        place.cloudformation.delete_stack(StackName=stack)
        _settled(place, stack)
        existing = None
    started = datetime.now(UTC)
    body = _upload(place, package)
    name = f"package-{digest(body.path)[:16]}-{int(time.time())}"
    try:
        place.cloudformation.create_change_set(
            StackName=stack,
            ChangeSetName=name,
            ChangeSetType="CREATE" if existing is None else "UPDATE",
            TemplateURL=body.url,
            Parameters=_parameters(existing, parameters),
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
    except ClientError as error:
        raise StackError(f"stack {stack}: {error}") from error
    if _change_set_is_empty(place, stack, name):
        place.cloudformation.delete_change_set(StackName=stack, ChangeSetName=name)
        assert existing is not None
        return _outputs(existing)
    place.cloudformation.execute_change_set(StackName=stack, ChangeSetName=name)
    after = _settled(place, stack)
    if after is None or after["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        status = after["StackStatus"] if after else "gone"
        raise StackError("\n".join([f"stack {stack}: {status}", *_failures(place, stack, started)]))
    return _outputs(after)


@dataclass(frozen=True)
class _Body:
    path: Path
    url: str


def _upload(place: Place, package: Package) -> _Body:
    """Artefacts and template under names that hold their hash: the same content is uploaded once."""
    text = package.template.read_text(encoding="utf-8")
    for path in (package.code, package.layer):
        key = f"{path.stem}-{digest(path)}.zip"
        _put(place, key, path.read_bytes())
        text = text.replace(f'"./{path.name}"', f'"s3://{place.artifacts}/{key}"')
    body = package.template.with_name("deployed.json")
    body.write_text(text, encoding="utf-8")
    key = f"template-{digest(body)}.json"
    _put(place, key, body.read_bytes())
    return _Body(body, f"{place.s3.meta.endpoint_url}/{place.artifacts}/{key}")


def _put(place: Place, key: str, content: bytes) -> None:
    try:
        place.s3.head_object(Bucket=place.artifacts, Key=key)
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") != 404:
            raise
        place.s3.put_object(Bucket=place.artifacts, Key=key, Body=content)


def _parameters(existing: "StackTypeDef | None", given: Mapping[str, str]) -> "list[ParameterTypeDef]":
    wanted: list[ParameterTypeDef] = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
    for parameter in existing.get("Parameters", []) if existing else []:
        key = parameter.get("ParameterKey", "")
        if key not in given:
            wanted.append({"ParameterKey": key, "UsePreviousValue": True})
    return wanted


def _change_set_is_empty(place: Place, stack: str, name: str) -> bool:
    """Waits until the change set is made. Raises StackError when it cannot be, for another reason than no change."""

    def look() -> tuple[str, str]:
        answer = place.cloudformation.describe_change_set(StackName=stack, ChangeSetName=name)
        return answer.get("Status", ""), answer.get("StatusReason", "")

    for status, reason in _looks(place, look):
        if status == "CREATE_COMPLETE":
            return False
        if status == "FAILED":
            if "didn't contain changes" in reason or "No updates are to be performed" in reason:
                return True
            raise StackError(f"stack {stack}: {reason}")
    raise AssertionError


def _settled(place: Place, stack: str) -> "StackTypeDef | None":
    for found in _looks(place, lambda: _describe(place, stack)):
        if found is None or not found["StackStatus"].endswith("_IN_PROGRESS"):
            return found
    raise AssertionError


def _looks(place: Place, look: Callable[[], T]) -> Iterator[T]:
    while True:
        yield look()
        time.sleep(place.pause)


def _describe(place: Place, stack: str) -> "StackTypeDef | None":
    try:
        found = place.cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "ValidationError":
            return None
        raise
    return found[0] if found and found[0]["StackStatus"] != "DELETE_COMPLETE" else None


def _outputs(stack: "StackTypeDef") -> Outputs:
    return {output.get("OutputKey", ""): output.get("OutputValue", "") for output in stack.get("Outputs", [])}


def _failures(place: Place, stack: str, since: datetime) -> list[str]:
    """What failed, the cause first: later events are its consequences."""
    events = place.cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    return [
        f"  {event.get('LogicalResourceId')} ({event.get('ResourceType')}): {event.get('ResourceStatusReason')}"
        for event in reversed(events)
        if "FAILED" in event.get("ResourceStatus", "") and event["Timestamp"] >= since
    ]
