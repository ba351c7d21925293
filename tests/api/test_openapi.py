"""The API's description is generated, whole, true to the route table, and readable without a network."""

import json
import re
from typing import Any

import msgspec
import pytest

import app
from functions.common.http import PUBLIC, Route, view_of
from functions.console import openapi
from tests.api.client import Api
from tests.api.samples import name

DOCUMENT: dict[str, Any] = json.loads(openapi.text())
VERBS = ("get", "head", "post", "put", "patch", "delete", "options")


def described(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][route.path][route.verb.lower()]
    return found


def answer(given: dict[str, Any]) -> dict[str, Any]:
    """A response itself, where it was given by reference."""
    found: dict[str, Any] = given
    if "$ref" in given:
        found = DOCUMENT["components"]["responses"][given["$ref"].removeprefix("#/components/responses/")]
    return found


def references(node: object) -> set[str]:
    if isinstance(node, list):
        return {found for each in node for found in references(each)}
    if isinstance(node, dict):
        own = {str(node["$ref"])} if isinstance(node.get("$ref"), str) else set()
        return own | {found for each in node.values() for found in references(each)}
    return set()


def test_it_is_served_and_always_the_same(api: Api) -> None:
    reply = api.get("/openapi.json")
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    assert reply.json == DOCUMENT
    assert msgspec.json.encode(openapi.build(app.ROUTES)) == openapi.text()


def test_it_says_what_the_specification_demands() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    ids = [each["operationId"] for verbs in DOCUMENT["paths"].values() for each in verbs.values()]
    assert len(set(ids)) == len(ids)
    assert {tag for verbs in DOCUMENT["paths"].values() for each in verbs.values() for tag in each["tags"]} == {
        tag["name"] for tag in DOCUMENT["tags"]
    }
    for names in DOCUMENT["components"].values():
        assert all(re.fullmatch(r"[A-Za-z0-9._-]+", each) for each in names)


def test_every_reference_leads_somewhere_and_nothing_is_left_over() -> None:
    found = references(DOCUMENT)
    there = {
        f"#/components/{kind}/{each}" for kind in ("schemas", "responses") for each in DOCUMENT["components"][kind]
    }
    assert found == there


def test_its_addresses_are_those_of_the_route_table() -> None:
    listed = {(verb.upper(), path) for path, verbs in DOCUMENT["paths"].items() for verb in verbs}
    assert listed == {(route.verb, route.path) for route in app.ROUTES}


@pytest.mark.parametrize("route", app.ROUTES, ids=name)
def test_every_route_is_described_whole(route: Route) -> None:
    found = described(route)
    assert found["summary"]
    assert found["description"]
    assert found["security"] == ([] if route.permission == PUBLIC else [{"token": []}])
    parameters = {(each["in"], each["name"]) for each in found["parameters"]}
    assert len(parameters) == len(found["parameters"])
    assert {each for place, each in parameters if place == "path"} == set(re.findall(r"\{(\w+)\}", route.path))
    assert all(each["required"] for each in found["parameters"] if each["in"] == "path")
    statuses = set(found["responses"])
    assert {"429", "503"} <= statuses
    assert "500" not in statuses
    assert ({"401", "403"} <= statuses) == (route.permission != PUBLIC)
    for status, given in found["responses"].items():
        given = answer(given)
        assert given["description"]
        if int(status) >= 400 and int(status) not in view_of(route).operation.answers and route.verb != "HEAD":
            schema = given["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Error"}
        if status in ("429", "503") and route.verb != "HEAD":
            assert "Retry-After" in given["headers"]


@pytest.mark.parametrize("route", [r for r in app.ROUTES if view_of(r).operation.body is not None], ids=name)
def test_every_body_s_example_is_taken(route: Route) -> None:
    declared = view_of(route).operation
    (content,) = described(route)["requestBody"]["content"].values()
    msgspec.convert(content["example"], declared.body)
    assert ("header", "Idempotency-Key") in {(p["in"], p["name"]) for p in described(route)["parameters"]} or (
        route.verb == "PATCH" or "204" in described(route)["responses"]
    )


@pytest.mark.parametrize("route", app.ROUTES, ids=name)
def test_every_answer_s_example_is_of_its_type(route: Route) -> None:
    declared = view_of(route).operation
    for status, type_ in declared.answers.items():
        if type_ is not None and route.verb != "HEAD":
            content = answer(described(route)["responses"][str(status)])["content"]["application/json"]
            msgspec.convert(content["example"], type_)


def test_two_types_of_one_name_are_noticed() -> None:
    from functions.console.schemas import Schemas

    schemas = Schemas()
    schemas.of(msgspec.defstruct("Thing", [("a", int)]))
    with pytest.raises(ValueError, match="Thing"):
        schemas.of(msgspec.defstruct("Thing", [("b", int)]))


class TestDocs:
    """The page for people."""

    @pytest.fixture
    def page(self, api: Api) -> str:
        reply = api.get("/docs")
        assert reply.status == 200
        assert "unsafe" not in reply.headers["content-security-policy"]
        return reply.text

    def test_every_operation_is_on_it_with_its_call(self, page: str) -> None:
        for route in app.ROUTES:
            assert f'id="{described(route)["operationId"]}"' in page
        assert page.count("curl ") == len(app.ROUTES)
        assert "-X POST &quot;$DIALREADY/v1/accounts&quot;" in page

    def test_it_needs_nothing_from_elsewhere(self, page: str) -> None:
        assert not re.search(r'src=|<link|@import|url\(|style="| on[a-z]+="', page)
        assert set(re.findall(r"href=[\"']([^\"']*)", page)) <= {"openapi.json"} | {
            f"#{tag['name']}" for tag in DOCUMENT["tags"]
        }

    def test_nothing_of_a_tenant_is_in_it(self, page: str) -> None:
        assert "example.net" in page
        assert "Example Ltd" not in page
