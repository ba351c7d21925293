"""A client of the API that calls the app as API Gateway does: one REST event in, one answer out, in this process."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

import app
from tests.api.foretold import surprise

PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 "
    "Mobile Safari/537.36"
)


class Context:
    """What Lambda tells a function about its invocation."""

    function_name = "api"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:api"
    log_group_name = log_stream_name = "test"

    def __init__(self) -> None:
        self.aws_request_id = str(uuid4())

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 28_000


@dataclass(frozen=True)
class Reply:
    """An answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    text: str
    cookies: tuple[str, ...] = ()

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """The error's code."""
        return str(self.json["error"]["code"])

    @property
    def wrong(self) -> dict[str, str]:
        """Each wrong field with its problem."""
        error = self.json["error"]
        listed = {each["field"]: each["problem"] for each in error.get("details", ())}
        return listed or {error["field"]: error["message"]}


@dataclass(frozen=True)
class Api:
    """Requests as one operator (or nobody) from one place. Redirects are not followed."""

    token: str | None = None
    host: str = "api.example.net"
    source_ip: str = "192.0.2.1"
    user_agent: str = PHONE

    def using(self, token: str | None) -> "Api":
        return replace(self, token=token)

    def at(self, host: str, *, user_agent: str | None = None, source_ip: str | None = None) -> "Api":
        return replace(self, host=host, user_agent=user_agent or self.user_agent, source_ip=source_ip or self.source_ip)

    def get(self, path: str, **kwargs: Any) -> Reply:
        return self.request("GET", path, **kwargs)

    def head(self, path: str, **kwargs: Any) -> Reply:
        return self.request("HEAD", path, **kwargs)

    def post(self, path: str, body: object = None, **kwargs: Any) -> Reply:
        return self.request("POST", path, body, **kwargs)

    def patch(self, path: str, body: object = None, **kwargs: Any) -> Reply:
        return self.request("PATCH", path, body, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> Reply:
        return self.request("DELETE", path, **kwargs)

    def request(
        self,
        verb: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        raw: str | None = None,
        elsewhere: bool = False,
    ) -> Reply:
        """One request. `body` is sent as JSON, `raw` as it is; `key` is the Idempotency-Key.

        elsewhere: the gateway found no such address or verb, and asks the route for all others."""
        sent = {"Host": self.host, "User-Agent": self.user_agent, "Accept": "*/*"}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            sent["Content-Type"] = "application/json"
        if key is not None:
            sent["Idempotency-Key"] = key
        content = raw if raw is not None else json.dumps(body) if body is not None else None
        event = self._event(verb, path, sent | dict(headers or {}), dict(query or {}), content)
        if elsewhere:
            event |= {"resource": app.ELSEWHERE, "pathParameters": {"proxy": path.lstrip("/")}}
            event["requestContext"] |= {"resourcePath": app.ELSEWHERE}
        return self._answered(event)

    def _answered(self, event: dict[str, Any]) -> Reply:
        reply = reply_of(app.app(event, Context()))
        wrong = surprise(event["httpMethod"], event["resource"], reply.status, reply.headers.get("content-type"))
        assert wrong is None, wrong
        return reply

    def _event(
        self, verb: str, path: str, headers: dict[str, str], query: dict[str, str], content: str | None
    ) -> dict[str, Any]:
        path, _, inline = path.partition("?")
        query |= dict(parse_qsl(inline, keep_blank_values=True))
        resource, parameters = _resource(path)
        return {
            "resource": resource,
            "path": path,
            "httpMethod": verb,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": query or None,
            "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} or None,
            "pathParameters": parameters or None,
            "stageVariables": None,
            "requestContext": {
                "resourcePath": resource,
                "httpMethod": verb,
                "path": f"/test{path}",
                "stage": "test",
                "requestId": str(uuid4()),
                "domainName": self.host,
                "identity": {"sourceIp": self.source_ip, "userAgent": self.user_agent},
            },
            "body": content,
            "isBase64Encoded": False,
        }


def _resource(path: str) -> tuple[str, dict[str, str]]:
    """What API Gateway would match: fixed words before parameters, and `/{proxy+}` for the rest."""
    for pattern, resource in _RESOURCES:
        if match := pattern.fullmatch(path):
            return resource, match.groupdict()
    return app.ELSEWHERE, {"proxy": path.lstrip("/")}


def _pattern(resource: str) -> re.Pattern[str]:
    parts = [f"(?P<{p[1:-1]}>[^/]+)" if p.startswith("{") else re.escape(p) for p in resource.split("/")]
    return re.compile("/".join(parts))


_RESOURCES = [
    (_pattern(path), path) for path in sorted({route.path for route in app.ROUTES}, key=lambda p: p.count("{"))
]


def reply_of(answer: dict[str, Any]) -> Reply:
    """What API Gateway makes of a proxy's answer."""
    many = {name.lower(): [str(v) for v in values] for name, values in answer.get("multiValueHeaders", {}).items()}
    single = {name.lower(): str(value) for name, value in answer["headers"].items()}
    return Reply(
        status=answer["statusCode"],
        headers={name: values[-1] for name, values in many.items()} | single,
        text=answer["body"],
        cookies=tuple(many.get("set-cookie", [single["set-cookie"]] if "set-cookie" in single else [])),
    )
