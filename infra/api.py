"""The public API as our own programs at the terminal use it."""

import http.client
import json
import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import urlsplit

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
Object = Mapping[str, Json]


class ApiError(Exception):
    """The API refused a call; the message says which and how."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Api:
    """The public API with one operator's token. Every call raises ApiError, or OSError when nothing answers."""

    base_url: str
    token: str = field(repr=False)
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def get(self, path: str) -> dict[str, Json]:
        return self._ask("GET", path, None, "")

    def items(self, path: str) -> list[dict[str, Json]]:
        """The first page of a list."""
        found = self.get(path)["items"]
        assert isinstance(found, list)
        return [item for item in found if isinstance(item, dict)]

    def post(self, path: str, body: Object | None = None, once: str = "") -> dict[str, Json]:
        """once: idempotency key."""
        return self._ask("POST", path, body, once)

    def delete(self, path: str) -> None:
        self._ask("DELETE", path, None, "")

    def _ask(self, method: str, path: str, body: Object | None, once: str) -> dict[str, Json]:
        at = urlsplit(self.base_url)
        assert at.hostname
        connection = (
            http.client.HTTPSConnection(at.hostname, at.port, context=self.trust, timeout=90)
            if at.scheme == "https"
            else http.client.HTTPConnection(at.hostname, at.port, timeout=90)
        )
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if once:
            headers["Idempotency-Key"] = once
        with closing(connection):
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            content = response.read()
        if response.status >= 300:
            raise ApiError(f"{method} {path}: {response.status} {content.decode(errors='replace')}", response.status)
        found: dict[str, Json] = json.loads(content) if content.startswith(b"{") else {}
        return found
