"""`/openapi.json`: the API as OpenAPI 3.1, generated from the route table and from the types that validate requests."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

import msgspec

from functions.common.http import JSON, PUBLIC, Answer, Call, Operation, Route, operation, view_of
from functions.common.types import Id, IdempotencyKey
from functions.console.examples import example
from functions.console.responses import TOKEN, Responses, takes_key
from functions.console.schemas import Schema, Schemas
from functions.operators.permissions import ROLES, allows

VERSION: Final = "1"
DESCRIPTION: Final = """\
From a name and a phone number to a phone that is ready to dial.

Every request under `/v1` carries `Authorization: Bearer <token>`. Bodies are JSON with snake_case names; times are
RFC 3339 in UTC; ids are opaque. An unknown field is an error, and an error names every wrong field at once. A list
comes in pages: send the answer's `cursor` to get the next one. `PATCH` changes the fields that are sent. A POST that
creates may carry an `Idempotency-Key`: repeated within a day with the same body, it takes effect once and gets the same
answer.
"""

# What the addresses are about, in the order shown.
TAGS: Final[Mapping[str, str]] = {
    "accounts": "People and their VoIP accounts: create, change, disable, delete; links and messages of one account",
    "messages": "Single messages: follow and cancel",
    "groups": "Departments, buildings, customers' sites: what accounts have in common",
    "profiles": "Provisioning profiles: what the file for a phone says",
    "packages": "Packages that are kept here: upload, versions, SHA-256",
    "downloads": "Where each platform's package is found",
    "templates": "What messages say",
    "gateways": "Accounts at message providers",
    "domains": "SIP domains",
    "hostnames": "Public names under which links, receipts and SIP servers reach the system",
    "readiness": "What is still missing before phones can be activated",
    "tenant": "The caller's own organisation",
    "tenants": "All organisations of the installation (the provider's)",
    "tokens": "Who may use this API",
    "audit": "What operators did",
    "registrar": "What SIP servers ask and tell",
    "receipts": "What message providers report",
    "people": "The links that people get",
    "system": "Health and documentation",
}
FORM: Final = "application/x-www-form-urlencoded"
_PEOPLE: Final = ("i", "a", "p", "go", ".well-known")
_PARAMETER: Final = re.compile(r"\{(\w+)\}")


@operation("This document", answers={200: dict[str, object]})
def document(_call: Call[None, None]) -> Answer:
    return Answer(body=msgspec.Raw(text()))


@cache
def text() -> bytes:
    """The document as JSON: the same bytes for the same code."""
    import app  # the map; it names this module, and is imported when it is complete

    return msgspec.json.encode(build(app.ROUTES))


def build(routes: Iterable[Route]) -> Schema:
    """The document of these routes."""
    schemas, table = Schemas(), tuple(routes)
    responses = Responses(schemas)
    paths: dict[str, dict[str, Schema]] = {}
    names = _names(table)
    for route in table:
        paths.setdefault(route.path, {})[route.verb.lower()] = _operation(route, names[route], schemas, responses)
    used = {tag for verbs in paths.values() for each in verbs.values() for tag in each["tags"]}
    return {
        "openapi": "3.1.0",
        "info": {"title": "DialReady", "version": VERSION, "description": DESCRIPTION},
        "tags": [{"name": name, "description": about} for name, about in TAGS.items() if name in used],
        "paths": paths,
        "components": {
            "responses": dict(sorted(responses.components.items())),
            "schemas": dict(sorted(schemas.components.items())),
            "securitySchemes": {TOKEN: {"type": "http", "scheme": "bearer", "description": "A token of /v1/tokens"}},
        },
    }


def tag(route: Route) -> str:
    """What an address is about: its first word, after the version."""
    words = [word for word in route.path.split("/") if word not in ("", "v1")]
    first = "people" if words[0] in _PEOPLE else words[0]
    return first if first in TAGS else "system"


def _operation(route: Route, name: str, schemas: Schemas, responses: Responses) -> Schema:
    declared = view_of(route).operation
    found: Schema = {
        "operationId": name,
        "summary": declared.summary,
        "description": _who(route),
        "tags": [tag(route)],
        "security": [] if route.permission == PUBLIC else [{TOKEN: []}],
        "parameters": _parameters(route, declared, schemas),
    }
    body = _body(route, declared, schemas)
    if body is not None:
        found["requestBody"] = body
    found["responses"] = responses.of(route, declared)
    return found


def _who(route: Route) -> str:
    if route.permission == PUBLIC:
        return "Open to everybody."
    roles = ", ".join(role for role in sorted(ROLES) if allows(role, route.permission))
    return f"Needs the permission `{route.permission}`: {roles}."


def _parameters(route: Route, declared: Operation, schemas: Schemas) -> list[Schema]:
    found = []
    for name in _PARAMETER.findall(route.path):
        schema = schemas.of(declared.path.get(name, Id))
        found.append({"name": name, "in": "path", "required": True, "schema": schema})
    for name, (schema, required) in (schemas.fields(declared.query) if declared.query else {}).items():
        found.append({"name": name, "in": "query", "required": required, "schema": schema})
    if takes_key(route, declared):
        schema = schemas.of(IdempotencyKey)
        found.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema})
    for parameter in found:
        about: Any = parameter["schema"]
        parameter["description"] = about.pop("description", "")
    return found


def _body(route: Route, declared: Operation, schemas: Schemas) -> Schema | None:
    if declared.body is not None:
        schema = schemas.of(declared.body)
        body = schemas.resolved(schema)
        needed = "anyOf" in body or bool(body.get("required"))  # no body is one without fields
        return {"required": needed, "content": {JSON: {"schema": schema, "example": example(schemas, schema)}}}
    if route.verb == "POST" and declared.content_type != JSON:
        schema = {"type": "object", "additionalProperties": {"type": "string"}} if declared.content_type == FORM else {}
        return {"required": False, "content": {declared.content_type: {"schema": schema}}}
    return None


def _names(routes: Iterable[Route]) -> dict[Route, str]:
    """An operation id for each route: the view's own name, with its capability's where it has no collection's."""
    plain = {}
    for route in routes:
        module, _, view = route.serves.partition(":")
        plain[route] = view if "." in view else f"{module.partition('.')[0]}.{view}"
    twice = {name for name, times in Counter(plain.values()).items() if times > 1}
    return {route: f"{name}.{route.verb.lower()}" if name in twice else name for route, name in plain.items()}
