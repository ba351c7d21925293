"""What the packaged template has that costs something each month, whether anybody uses it or not; its parameters are as
they are by default."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HOURS: Final = 730  # of a month
_PER_MONTH: Final = {"minute": 60 * HOURS, "hour": HOURS, "day": HOURS / 24}
_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")


@dataclass(frozen=True)
class Inventory:
    """`schedules`: runs a month, by handler. `queues`: those that a function consumes. `backed_up`: the tables with
    point-in-time recovery, by the short name that their environment variable has. `traced`: whether functions record
    traces; `method_metrics`: whether each method of the API has metrics of its own."""

    schedules: Mapping[str, float]
    queues: int
    keys: int
    secrets: int
    alarms: int
    backed_up: frozenset[str]
    traced: bool
    method_metrics: bool

    @property
    def every_minute(self) -> list[str]:
        """The handlers of the schedules that run so often."""
        return [handler for handler, runs in self.schedules.items() if runs == _PER_MONTH["minute"]]


def read(template: Path) -> Inventory:
    content: Mapping[str, Any] = json.loads(template.read_text(encoding="utf-8"))
    resources: Mapping[str, Mapping[str, Any]] = content["Resources"]
    functions = [each["Properties"] for each in _of(resources, "AWS::Serverless::Function")]
    events = [(each["Handler"], event) for each in functions for event in each.get("Events", {}).values()]
    return Inventory(
        schedules={
            handler: runs(event["Properties"]["Schedule"]) for handler, event in events if event["Type"] == "Schedule"
        },
        queues=sum(event["Type"] == "SQS" for _, event in events),
        keys=len(list(_of(resources, "AWS::KMS::Key"))),
        secrets=len(list(_of(resources, "AWS::SecretsManager::Secret"))),
        alarms=len(list(_of(resources, "AWS::CloudWatch::Alarm"))),
        backed_up=frozenset(
            name.removesuffix("Table").lower()
            for name, each in resources.items()
            if _backed_up(each.get("Properties", {}))
        ),
        traced=any(_usual(each.get("Tracing"), content) == "Active" for each in functions),
        method_metrics=any(
            _usual(setting.get("MetricsEnabled"), content)
            for api in _of(resources, "AWS::Serverless::Api")
            for setting in api["Properties"].get("MethodSettings", ())
        ),
    )


def runs(schedule: str) -> float:
    """How often a schedule's expression comes to pass in a month."""
    match = _RATE.fullmatch(schedule)
    assert match is not None, f"nobody has said yet how often {schedule} is"
    return _PER_MONTH[match[2]] / int(match[1])


def _usual(value: Any, content: Mapping[str, Any]) -> Any:
    """A value as it is where nobody sets a parameter: of `Fn::If`, what the parameter's default leads to."""
    if not isinstance(value, Mapping):
        return value
    condition, then, otherwise = value["Fn::If"]
    parameter, wanted = content["Conditions"][condition]["Fn::Equals"]
    return then if content["Parameters"][parameter["Ref"]]["Default"] == wanted else otherwise


def _of(resources: Mapping[str, Mapping[str, Any]], kind: str) -> Iterator[Mapping[str, Any]]:
    return (each for each in resources.values() if each["Type"] == kind)


def _backed_up(properties: Mapping[str, Any]) -> bool:
    return bool(properties.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled"))
