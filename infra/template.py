"""The merge template Chalice gets: the parts in infra/template/ joined, and what follows from the route table.

Chalice merges one file into what it generates, deeply and silently: a second value wins, and two intrinsics in one
mapping become an invalid template. So the joining is done here, where both are errors.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import yaml

Node = dict[str, "Node"] | list["Node"] | str | int | float | bool | None
Template = dict[str, Node]

HTTP_FUNCTIONS = {"api": "APIHandler", "links": "Links", "receipts": "Receipts", "registrar": "Registrar"}
"""Route.function → logical id. `api` is the one Chalice makes."""


class TemplateError(Exception):
    """Two parts contradict each other, or a mapping is no valid CloudFormation."""


class Served(NamedTuple):
    """One line of app.py's route table, as far as the gateway cares."""

    verb: str
    path: str
    function: str


def join(parts: Iterable[tuple[str, Template]]) -> Template:
    """One template out of named parts.

    Raises TemplateError when two parts set the same leaf, one sets a mapping where another sets a value, or a mapping
    holds an intrinsic beside anything else.
    """
    joined: Template = {}
    set_by: dict[str, str] = {}
    for name, part in parts:
        _merge(joined, part, name, set_by, "")
    check_intrinsics(joined)
    return joined


def check_intrinsics(node: Node, where: str = "") -> None:
    """Raises TemplateError for a mapping with an intrinsic and a second key: the mark of a merge that went wrong."""
    if isinstance(node, dict):
        intrinsics = [key for key in node if key == "Ref" or key.startswith("Fn::")]
        if intrinsics and len(node) > 1:
            raise TemplateError(f"{where}: {', '.join(sorted(node))} in one mapping; an intrinsic stands alone")
        for key, value in node.items():
            check_intrinsics(value, f"{where}.{key}" if where else key)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            check_intrinsics(value, f"{where}[{index}]")


def read_parts(folder: Path) -> list[tuple[str, Template]]:
    """The *.yaml parts of a folder, in order of name. Top-level keys `x-…` only hold YAML anchors and are dropped."""
    parts = []
    for path in sorted(folder.glob("*.yaml")):
        content = yaml.load(path.read_text(encoding="utf-8"), _CloudFormationLoader)  # noqa: S506  # a SafeLoader
        if not isinstance(content, dict):
            raise TemplateError(f"{path.name}: not a mapping")
        parts.append((path.name, {key: value for key, value in content.items() if not key.startswith("x-")}))
    return parts


def integrations(routes: Iterable[Served]) -> Template:
    """The part that sends each path to its own function: Chalice sends all of them to `api`.

    Same intrinsic as Chalice's, so that the merge replaces it. Raises TemplateError for an unknown function name.
    """
    paths: dict[str, dict[str, Node]] = {}
    for route in routes:
        if route.function not in HTTP_FUNCTIONS:
            raise TemplateError(f"{route.verb} {route.path}: no function named {route.function!r}")
        if route.function == "api":
            continue
        uri: Node = {
            "Fn::Sub": "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
            f"${{{HTTP_FUNCTIONS[route.function]}.Arn}}/invocations"
        }
        verbs = paths.setdefault(route.path, {})
        verbs[route.verb.lower()] = {"x-amazon-apigateway-integration": {"uri": uri}}
    return {"Resources": {"RestAPI": {"Properties": {"DefinitionBody": {"paths": dict(paths)}}}}}


def roles(policies: Path) -> Template:
    """The part with the roles of links, receipts and registrar: Chalice makes roles for its own functions only.

    Each policy is `<function>.json` in the given folder, CloudFormation intrinsics included.
    """
    made: dict[str, Node] = {}
    for name, logical_id in HTTP_FUNCTIONS.items():
        if name == "api":
            continue
        made[f"{logical_id}Role"] = {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "lambda.amazonaws.com"},
                            "Action": "sts:AssumeRole",
                        }
                    ],
                },
                "Policies": [
                    {
                        "PolicyName": f"{logical_id}Policy",
                        "PolicyDocument": json.loads((policies / f"{name}.json").read_text(encoding="utf-8")),
                    }
                ],
            },
        }
    return {"Resources": made}


def stage_default(stage: str) -> Template:
    """The part that makes the packaged template know which installation it is for."""
    return {"Parameters": {"Stage": {"Default": stage}}}


def _merge(into: dict[str, Node], part: Mapping[str, Node], name: str, set_by: dict[str, str], at: str) -> None:
    for key, value in part.items():
        where = f"{at}.{key}" if at else key
        if key not in into:
            into[key] = {} if isinstance(value, dict) else value
            set_by[where] = name
            if not isinstance(value, dict):
                continue
        here = into[key]
        if isinstance(here, dict) and isinstance(value, dict) and (value or set_by[where] == name):
            _merge(here, value, name, set_by, where)
        else:
            raise TemplateError(f"{where} is set by {set_by[where]} and by {name}")


class _CloudFormationLoader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms: `!Ref x` is {"Ref": "x"}, `!GetAtt a.b` {"Fn::GetAtt": ["a", "b"]}.

    Raises TemplateError for a key that stands twice in one mapping, where YAML would take the second.
    """

    def compose_mapping_node(self, anchor: dict[object, yaml.Node]) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise TemplateError(f"{key.value} stands twice, the second time in line {key.start_mark.line + 1}")
            seen.add(key.value)
        return node


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Node]:
    value: Node
    if isinstance(node, yaml.ScalarNode):
        value = str(loader.construct_scalar(node))
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = {str(key): item for key, item in loader.construct_mapping(node, deep=True).items()}
    if suffix == "GetAtt" and isinstance(value, str):
        resource, _, attribute = value.partition(".")
        return {"Fn::GetAtt": [resource, attribute]}
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_construct: Callable[[yaml.SafeLoader, str, yaml.Node], dict[str, Node]] = _short_form
_CloudFormationLoader.add_multi_constructor("!", _construct)
