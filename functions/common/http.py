"""The HTTP edge: from a route and a request to a call of one view, and from its answer or error to a response.

A view is a function of a `Call`, declared with `operation`: what it takes and gives is data, from which requests are
validated and `/openapi.json` is generated. Errors have one shape, made here and nowhere else."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from operator import attrgetter
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import msgspec
from chalice.app import Request, Response

from functions.common import errors, settings
from functions.common.caller import Caller
from functions.common.observability import count, logger
from functions.common.requests import RequestMark
from functions.common.types import Id, IdempotencyKey
from functions.common.validate import convert, decode

MAX_BODY = 64 * 1024
JSON = "application/json"
FILE = "*/*"  # of a type that each file has for itself
PUBLIC = "public"  # the permission of routes that need no token

B = TypeVar("B")
Q = TypeVar("Q")


class Route(NamedTuple):
    """One line of the map: `serves` is "capability.module:view", `function` the Lambda that runs it."""

    verb: str
    path: str
    serves: str
    permission: str
    function: str = "api"


class Answer(msgspec.Struct, kw_only=True):
    """What a view answers: a JSON value (a Struct, list or dict), or text with its own content type."""

    status: int = 200
    body: object = None
    text: str | None = None
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str | list[str]] = {}


class Operation(NamedTuple):
    """What a view takes and gives. `answers` maps each status to the type of its JSON; None is an empty body, or a text
    alone. A view with types that `produces` another media type answers with either."""

    summary: str
    body: Any
    query: Any
    answers: Mapping[int, Any]
    problems: Sequence[type[errors.Problem]]
    content_type: str  # of the request's body
    produces: Sequence[str]  # of the answer's body, where it is a text or a file
    path: Mapping[str, Any]  # types of path parameters that are not ids


class View(Protocol):
    operation: Operation

    def __call__(self, call: Any) -> Answer: ...


@dataclass(frozen=True)
class Call(Generic[B, Q]):
    """One request, authorised and validated. `body` and `query` have the types that the operation declares."""

    route: Route
    caller: Caller
    path: Mapping[str, str]
    body: B
    query: Q
    raw: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)  # lower-case names
    parameters: Mapping[str, str] = field(default_factory=dict)  # the query as it came
    address: str = ""
    host: str = ""

    @cached_property
    def mark(self) -> RequestMark:
        """What makes this request itself: see `common.requests`."""
        path = self.route.path.format(**self.path)
        return RequestMark(self.caller, f"{self.route.verb} {path}", self.headers.get("idempotency-key"), self.raw)


def operation(
    summary: str,
    *,
    body: Any = None,
    query: Any = None,
    answers: Mapping[int, Any],
    problems: Sequence[type[errors.Problem]] = (),
    content_type: str = JSON,
    produces: str | tuple[str, ...] = (),
    path: Mapping[str, Any] | None = None,
) -> Callable[[Callable[[Any], Answer]], View]:
    """Declares a view."""

    def declare(view: Callable[[Any], Answer]) -> View:
        view.operation = Operation(  # type: ignore[attr-defined]
            summary,
            body,
            query,
            answers,
            problems,
            content_type,
            (produces,) if isinstance(produces, str) else produces,
            path or {},
        )
        return view  # type: ignore[return-value]

    return declare


def view_of(route: Route) -> View:
    """The view that serves a route; its module is imported at the first request for it."""
    module, _, name = route.serves.partition(":")
    view: View = attrgetter(name)(import_module(f"functions.{module}"))
    return view


Authorise = Callable[[str | None, str, str], Caller]
"""(Authorization header, permission, client's address) -> caller; raises Unauthenticated or Forbidden."""


def serve(request: Request, route: Route, parameters: Mapping[str, str], authorise: Authorise) -> Response:
    """One request through its view. Never raises."""
    request_id = str(request.context.get("requestId", ""))
    try:
        call = _call(request, route, parameters, authorise)
        answer = view_of(route)(call)
    except errors.Problem as problem:
        logger.info("refused", extra={"route": _name(route), "status": problem.status, "code": problem.code})
        return problem_response(problem, request_id)
    except Exception:
        logger.exception("failed", extra={"route": _name(route)})
        count("ServerError")  # a view's error is a 500 answer, and Lambda's own error metric stays 0
        return _response(500, _error_body("internal", "An internal error. It has been recorded.", request_id))
    logger.info("served", extra={"route": _name(route), "status": answer.status})
    return _answer_response(answer, head=request.method == "HEAD")


def problem_response(problem: errors.Problem, request_id: str) -> Response:
    """The one shape of every error."""
    headers: dict[str, str] = {}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(problem, errors.MethodNotAllowed):
        headers["Allow"] = problem.allow
    return _response(problem.status, _error_body(problem.code, problem.message, request_id, problem), headers)


def rewrite_chalice_errors(event: Request, get_response: Callable[[Any], Response]) -> Response:
    """Middleware: what Chalice refuses by itself (a verb, a media type) gets our shape."""
    response = get_response(event)
    body = response.body
    if isinstance(body, dict) and "Code" in body and response.status_code == 405:
        problem = errors.MethodNotAllowed(str(response.headers.get("Allow", "")))
        return problem_response(problem, str(event.context.get("requestId", "")))
    return response


def _call(request: Request, route: Route, parameters: Mapping[str, str], authorise: Authorise) -> Call[Any, Any]:
    raw = _raw(request)
    if len(raw) > MAX_BODY:
        raise errors.TooLarge
    headers = {name.lower(): value for name, value in request.headers.items()}
    address = str(request.context.get("identity", {}).get("sourceIp", ""))
    if route.permission == PUBLIC:
        caller = Caller(tenant="", operator="", name="", role=PUBLIC, address=address)
    else:
        caller = authorise(headers.get("authorization"), route.permission, address)
    declared = view_of(route).operation
    parameters = {**(request.uri_params or {}), **parameters}  # Chalice leaves {proxy+} out
    _check_path(declared, parameters)
    given = dict(request.query_params or {})
    return Call(
        route=route,
        caller=caller,
        path=parameters,
        body=_body(declared, headers, raw),
        query=convert(given, declared.query) if declared.query else None,
        raw=raw,
        headers=headers,
        parameters=given,
        address=address,
        host=_host(request),
    )


def _raw(request: Request) -> bytes:
    body = request.raw_body
    return body.encode() if isinstance(body, str) else body or b""


def _body(declared: Operation, headers: Mapping[str, str], raw: bytes) -> object:
    if declared.body is None or declared.content_type != JSON:
        return None
    media = headers.get("content-type", JSON).split(";")[0].strip().lower()
    if media != JSON:
        raise errors.UnsupportedType
    _check_key(headers.get("idempotency-key"))
    return decode(raw or b"{}", declared.body)  # no body is one without fields


def _check_key(idempotency_key: str | None) -> None:
    if idempotency_key is None:
        return
    try:
        msgspec.convert(idempotency_key, IdempotencyKey)
    except msgspec.ValidationError:
        raise errors.Invalid("It has 1 to 255 printable ASCII characters.", field="Idempotency-Key") from None


def _check_path(declared: Operation, parameters: Mapping[str, str]) -> None:
    for name, value in parameters.items():
        try:
            msgspec.convert(value, declared.path.get(name, Id))
        except msgspec.ValidationError:
            raise errors.NotFound from None


def _host(request: Request) -> str:
    """The host that the gateway answered for; not the Host header, which anyone may write.

    Only the embedded AWS of a laptop, which does not say for which host it answered, is believed the header."""
    named = request.context.get("domainName")
    if not named and settings.http_allowed():
        named = request.headers.get("host")
    return str(named or "")


def _answer_response(answer: Answer, *, head: bool) -> Response:
    headers: dict[str, str | list[str]] = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    headers |= answer.headers
    if answer.text is not None:
        headers["Content-Type"] = answer.content_type
        body = answer.text
    elif answer.body is not None:
        headers["Content-Type"] = JSON
        body = msgspec.json.encode(answer.body).decode()
    else:
        body = ""
    return Response("" if head else body, headers=headers, status_code=answer.status)


def _error_body(code: str, message: str, request_id: str, problem: errors.Problem | None = None) -> dict[str, object]:
    error: dict[str, object] = {"code": code, "message": message}
    if problem is not None and problem.field:
        error["field"] = problem.field
    if problem is not None and problem.details:
        error["details"] = list(problem.details)
    return {"error": error, "request_id": request_id}


def _response(status: int, body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Response:
    fixed: dict[str, str | list[str]] = {"Content-Type": JSON, "Cache-Control": "no-store"}
    return Response(msgspec.json.encode(body).decode(), headers=fixed | dict(headers or {}), status_code=status)


def _name(route: Route) -> str:
    return f"{route.verb} {route.path}"
