"""The front door hides the embedded AWS and lets nobody say where he comes from."""

import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import pytest

from infra.front_door import LARGEST_BODY, PHONES, Behind, FrontDoor, Headers


class Seen(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def json(self) -> dict[str, str]:
        content: dict[str, str] = json.loads(self.body)
        return content


class _Echo(BaseHTTPRequestHandler):
    """Answers what it was asked, with two cookies and a redirect."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = json.dumps({"path": self.path, **{name.lower(): value for name, value in self.headers.items()}}).encode()
        self.send_response(302)
        self.send_header("Location", "/elsewhere?a=%2F")
        self.send_header("Set-Cookie", "a=1; Path=/")
        self.send_header("Set-Cookie", "b=2")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


def _inbox(
    method: str, path: str, query: Mapping[str, list[str]], headers: Headers, body: bytes
) -> tuple[int, list[tuple[str, str]], bytes]:
    named = {name.lower(): value for name, value in headers}
    seen = (method, path, query, named.get("origin"), named.get("host"), body)
    return 200, [("Content-Type", "text/plain")], repr(seen).encode()


@pytest.fixture(scope="module")
def door() -> Iterator[FrontDoor]:
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    threading.Thread(target=upstream.serve_forever, args=(0.02,), daemon=True).start()
    opened = FrontDoor()
    api = f"http://127.0.0.1:{upstream.server_address[1]}/_aws/execute-api/id/dev"
    opened.open(Behind(api, ("files-bucket", "packages-bucket"), _inbox))
    yield opened
    opened.close()
    upstream.shutdown()
    upstream.server_close()


def ask(door: FrontDoor, method: str, path: str, body: bytes | None = None, **headers: str) -> Seen:
    with closing(http.client.HTTPConnection("127.0.0.1", door.port, timeout=10)) as connection:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return Seen(response.status, response.getheaders(), response.read())


def test_an_api_path_goes_to_the_deployed_api_with_its_host(door: FrontDoor) -> None:
    seen = ask(door, "GET", "/v1/accounts?name=a%20b", Host="links.example.org").json()
    assert seen["path"] == "/_aws/execute-api/id/dev/v1/accounts?name=a%20b"
    assert seen["host"] == "links.example.org"


def test_a_caller_cannot_say_where_he_comes_from(door: FrontDoor) -> None:
    seen = ask(door, "GET", "/healthz", X_Forwarded_For="203.0.113.9", Forwarded="for=203.0.113.9").json()
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert "forwarded" not in seen


def test_redirects_and_every_cookie_pass_untouched(door: FrontDoor) -> None:
    seen = ask(door, "GET", "/a/token")
    assert seen.status == 302
    assert ("Location", "/elsewhere?a=%2F") in seen.headers
    assert [value for name, value in seen.headers if name == "Set-Cookie"] == ["a=1; Path=/", "b=2"]


def test_head_has_the_length_and_no_body(door: FrontDoor) -> None:
    seen = ask(door, "HEAD", "/p/ticket")
    assert seen.body == b""
    assert int(dict(seen.headers)["Content-Length"]) > 0


def test_bytes_pass_as_they_are(door: FrontDoor) -> None:
    content = bytes(range(256)) * 1000
    assert ask(door, "POST", "/v1/imports", content).body == content


@pytest.mark.parametrize("bucket", ["files-bucket", "packages-bucket"])
def test_a_presigned_address_reaches_the_bucket_without_anybodys_authority(door: FrontDoor, bucket: str) -> None:
    address = f"/{bucket}/a?X-Amz-Signature=x"
    seen = ask(door, "GET", address, Authorization="AWS4-HMAC-SHA256 Credential=test/").json()
    assert seen["path"] == address
    assert "authorization" not in seen


def test_a_package_may_be_larger_than_what_a_function_takes(door: FrontDoor) -> None:
    content = bytes(LARGEST_BODY + 1)
    assert ask(door, "POST", "/packages-bucket/a?X-Amz-Signature=x", content).status == 200
    assert ask(door, "POST", "/v1/imports", content).status == 413


def test_a_desktop_browser_can_show_itself_as_a_phone_to_link_pages_alone(door: FrontDoor) -> None:
    for path, shown in (("/a/token", PHONES["iphone"]), ("/v1/accounts", "Desktop")):
        seen = ask(door, "GET", path, Cookie="x=1; dialready_phone=iphone", User_Agent="Desktop")
        assert seen.json()["user-agent"] == shown


def test_the_inbox_is_asked_in_process(door: FrontDoor) -> None:
    seen = ask(door, "POST", "/inbox/open?as=", b"x", Host="inbox.example.org", Origin="https://example.net")
    expected = ("POST", "/inbox/open", {"as": [""]}, "https://example.net", "inbox.example.org", b"x")
    assert seen.body == repr(expected).encode()
    assert ask(door, "GET", "/inboxes").json()["path"].endswith("/dev/inboxes")


def test_what_is_too_large_is_refused_as_the_gateway_does(door: FrontDoor) -> None:
    seen = ask(door, "POST", "/v1/imports", bytes(LARGEST_BODY + 1))
    assert seen.status == 413
    assert json.loads(seen.body)["error"]["code"] == "too_large"


def test_a_verb_nobody_knows_is_refused_in_our_shape(door: FrontDoor) -> None:
    seen = ask(door, "BREW", "/healthz")
    assert seen.status == 405
    assert json.loads(seen.body)["error"]["code"] == "method_not_allowed"


def test_an_api_that_is_not_there_is_a_502_in_our_shape() -> None:
    closed = FrontDoor()
    opened = FrontDoor()
    opened.open(Behind(f"http://127.0.0.1:{closed.port}/x", (), _inbox))
    closed.close()
    assert ask(opened, "GET", "/healthz").status == 502
    opened.close()
