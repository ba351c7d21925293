"""HTTP as the tests need it: no redirect is followed, nothing is retried, and an unexpected answer shows itself."""

import http.client
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urlencode, urljoin, urlsplit

ELSEWHERE: Final = "127.0.9.1"  # of another network
PATIENCE: Final = 90.0  # seconds; a cold function needs some
ANDROID: Final = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Mobile Safari/537.36"
)


@dataclass(frozen=True)
class Answer:
    """`headers` by lower-case name."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def location(self) -> str:
        """Where it redirects to, as an absolute address."""
        return urljoin(self.url, self.headers["location"])


def request(
    method: str,
    url: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    source: str = "127.0.0.1",
) -> Answer:
    """`source`: the address it comes from. What others here have guessed has locked 127.0.0.1 out of typing codes."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE, source_address=(source, 0))
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body=body, headers=dict(headers or {}))
        answer = connection.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(url, answer.status, named, answer.read())
    finally:
        connection.close()


@dataclass(frozen=True)
class Api:
    """The API as one operator uses it."""

    base_url: str
    token: str = field(repr=False)

    def get(self, path: str) -> Any:
        return self.call("GET", path, expected=200).json

    def create(self, path: str, body: Mapping[str, object]) -> Any:
        """POST that makes something; what was made."""
        return self.call("POST", path, body, expected=201).json

    def call(
        self, method: str, path: str, body: Mapping[str, object] | None = None, *, expected: int | None = None
    ) -> Answer:
        """One request. Raises AssertionError, with the answer, when its status is not the expected one."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid.uuid4())
        if body is not None:
            headers["Content-Type"] = "application/json"
        sent = json.dumps(body).encode() if body is not None else None
        answer = request(method, self.base_url + path, headers, sent)
        assert expected in (None, answer.status), f"{method} {path}: {answer.status} {answer.text}"
        return answer


@dataclass(frozen=True)
class Page:
    """What a person sees of an answer: its links, and its form, if there is one."""

    answer: Answer
    links: tuple[str, ...]
    form_action: str | None
    form_fields: Mapping[str, str]


@dataclass(frozen=True)
class Browser:
    """A phone's browser. It keeps no cookies: those of the link pages are for https alone. `chosen`: what the person
    chooses in each form."""

    user_agent: str = ANDROID
    chosen: Mapping[str, str] = field(default_factory=dict)

    def open(self, url: str) -> Page:
        answer = request("GET", url, {"User-Agent": self.user_agent, "Accept": "text/html"})
        found = _Html()
        if answer.headers.get("content-type", "").startswith("text/html"):
            found.feed(answer.text)
        action = urljoin(url, found.action) if found.action is not None else None
        return Page(answer, tuple(found.links), action, found.fields)

    def submit(self, page: Page) -> Answer:
        """Presses the button of the page's form."""
        assert page.form_action is not None, f"there is no form: {page.answer.status} {page.answer.text}"
        headers = {"User-Agent": self.user_agent, "Content-Type": "application/x-www-form-urlencoded"}
        return request("POST", page.form_action, headers, urlencode({**page.form_fields, **self.chosen}).encode())


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.action: str | None = None
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"] or "")
        elif tag == "form":
            self.action = attributes.get("action") or ""
        elif tag == "input" and attributes.get("name"):
            self.fields[attributes["name"] or ""] = attributes.get("value") or ""
