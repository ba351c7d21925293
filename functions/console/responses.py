"""Every answer that a route can give: the view's own, its problems, and what the HTTP edge and the gateway add."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from functions.common import errors
from functions.common.http import JSON, PUBLIC, Operation, Route
from functions.console.examples import example
from functions.console.schemas import Schema, Schemas

TOKEN: Final = "token"  # noqa: S105 - the name of the security scheme
HTML: Final = "text/html"
WAITING: Final = (429, 503)  # the gateway throttles any route, and any table may be busy
REQUEST_ID: Final = "0b61a3c2-2a3e-4a0f-9f63-4f4a4f1f2d11"

_MEANING: Final = {
    200: "Done",
    201: "Created",
    204: "Done; nothing to say",
    302: "It is elsewhere: see Location",
    303: "Go on at Location",
    403: "Refused, in the softphone's own words",
}


class ErrorDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One wrong field; the field's name is empty for the request as a whole."""

    field: str
    problem: str


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong: `code` for programs, `message` for people."""

    code: str
    message: str
    field: str | msgspec.UnsetType = msgspec.UNSET
    details: list[ErrorDetail] | msgspec.UnsetType = msgspec.UNSET


class Error(msgspec.Struct, frozen=True, kw_only=True):
    """Every error has this shape; `request_id` finds the request in the logs."""

    error: ErrorBody
    request_id: str


def takes_key(route: Route, declared: Operation) -> bool:
    """Whether a repetition of the request is recognised by its Idempotency-Key."""
    return route.verb == "POST" and declared.body is not None and 204 not in declared.answers


class Responses:
    """The answers of all routes; a problem that answers alike everywhere is written once."""

    def __init__(self, schemas: Schemas) -> None:
        self.components: dict[str, Schema] = {}
        self._schemas = schemas

    def of(self, route: Route, declared: Operation) -> dict[str, Schema]:
        """A route's answers by status, in order."""
        found = {status: self._answer(route, declared, status, type_) for status, type_ in declared.answers.items()}
        by_status: dict[int, set[type[errors.Problem]]] = {}
        for problem in _problems(route, declared):
            by_status.setdefault(problem.status, set()).add(problem)
        for status, problems in by_status.items():
            found[status] = self._problem(route, declared, problems)
        return {str(status): found[status] for status in sorted(found)}

    def _answer(self, route: Route, declared: Operation, status: int, type_: Any) -> Schema:
        found: Schema = {"description": _MEANING.get(status, "Done")}
        if status in (302, 303):
            found["headers"] = {"Location": {"required": True, "schema": {"type": "string"}}}
        if route.verb == "HEAD" or status in (204, 302, 303):
            return found
        content: Schema = {}
        if type_ is not None:
            schema = self._schemas.of(type_)
            content[JSON] = {"schema": schema, "example": example(self._schemas, schema)}
        content |= {media: {"schema": {"type": "string"}} for media in declared.produces}
        return found | ({"content": content} if content else {})

    def _problem(self, route: Route, declared: Operation, problems: set[type[errors.Problem]]) -> Schema:
        if route.verb == "HEAD":
            return {"description": _meaning(problems)}
        if HTML in declared.produces or route.path.startswith("/p/"):  # what people open is answered as a page
            found = self._described(problems)
            found["content"][HTML] = {"schema": {"type": "string"}}
            return found
        if len(problems) > 1:
            return self._described(problems)
        name = next(iter(problems)).__name__
        self.components.setdefault(name, self._described(problems))
        return {"$ref": f"#/components/responses/{name}"}

    def _described(self, problems: set[type[errors.Problem]]) -> Schema:
        first = _sorted(problems)[0]
        found: Schema = {"description": _meaning(problems)}
        if first.status in WAITING:
            found["headers"] = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}}
        shown = {"error": {"code": first.code, "message": first.message}, "request_id": REQUEST_ID}
        found["content"] = {JSON: {"schema": self._schemas.of(Error), "example": shown}}
        return found


def _sorted(problems: set[type[errors.Problem]]) -> list[type[errors.Problem]]:
    return sorted(problems, key=lambda problem: (problem.code, problem.__name__))


def _meaning(problems: set[type[errors.Problem]]) -> str:
    return " ".join(f"`{problem.code}`: {problem.message}" for problem in _sorted(problems))


def _problems(route: Route, declared: Operation) -> Iterator[type[errors.Problem]]:
    """What the view declares, and what is raised before it is asked."""
    yield from declared.problems
    if declared.body is not None or declared.query is not None:
        yield errors.Invalid
    if route.permission != PUBLIC:
        yield from (errors.Unauthenticated, errors.Forbidden)
    if "{" in route.path:
        yield errors.NotFound
    if takes_key(route, declared):
        yield from (errors.KeyReused, errors.NotFound)  # repeated when what it made has been deleted
    if declared.body is not None:
        yield errors.UnsupportedType
    if route.verb not in ("GET", "HEAD"):
        yield errors.TooLarge
    yield from (errors.TooMany, errors.Unavailable)
