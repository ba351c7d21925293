"""What a fake provider is asked over HTTP, and the ways in which it may answer or fail to."""

from base64 import b64decode
from collections.abc import Callable, Mapping
from enum import Enum
from typing import NamedTuple


class Manner(Enum):
    whole = "the answer as it should be"
    silence = "nothing, until the client hangs up"
    reset = "the connection torn down"
    drip = "the body at one byte a second"


class HttpRequest(NamedTuple):
    method: str
    path: str  # without the provider's prefix
    query: Mapping[str, str]
    headers: Mapping[str, str]  # lower-case names
    body: bytes

    @property
    def basic_login(self) -> tuple[str, str] | None:
        """User and password of HTTP Basic, when it has them."""
        kind, _, encoded = self.headers.get("authorization", "").partition(" ")
        try:
            user, colon, password = b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            return None
        return (user, password) if kind.lower() == "basic" and colon else None


class HttpReply(NamedTuple):
    status: int = 200
    content_type: str = "application/json"
    body: bytes = b""
    headers: Mapping[str, str] = {}
    manner: Manner = Manner.whole
    afterwards: Callable[[], object] | None = None  # once the client has its answer, or has lost it
