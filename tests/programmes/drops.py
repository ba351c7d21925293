"""How phones and people behave while the network fails them, until they have their file or give up.

    BEHAVIOURS     seven ways of getting from a link to a file, as phones were seen to do it
    Cut            what goes wrong, and at which request
    activate       one person's whole way, over any line; the files that arrived whole

The behaviours are those that projects published in their issues: Chrome and Firefox on iOS fetch before they ask and
after; Android hands a download to its manager, which has no cookie; DuckDuckGo for Android fetches a second time with
an empty Cookie and its own User-Agent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, NamedTuple, Protocol
from urllib.parse import urlencode

CHROME: Final = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
)
SAFARI: Final = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
    "Mobile/15E148 Safari/604.1"
)
DUCKDUCKGO: Final = (
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/131.0.0.0 Mobile "
    "DuckDuckGo/5 Safari/537.36"
)
MANAGER: Final = "AndroidDownloadManager/14 (Linux; U; Android 14; Pixel 8 Build/UD1A)"
SOFTPHONE: Final = "Unknown"  # what Linphone's own fetch says
FORM: Final = "application/x-www-form-urlencoded"
TRIES: Final = 8  # of a patient person


class Dropped(Exception):
    """The network failed: the request did not arrive, or its answer did not arrive whole."""


class Answered(NamedTuple):
    """An answer that arrived whole; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Line(Protocol):
    """A way to the server. `path` may be an absolute address."""

    def ask(self, verb: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answered:
        """Raises Dropped."""
        ...


class Drop(StrEnum):
    """What goes wrong with one request."""

    before = "before the request"
    mid = "mid-answer"
    after = "after its effect"


class Refetch(StrEnum):
    """How the file is asked for once more, or first, by whatever on the phone has that habit."""

    no_cookie = "second fetch without cookie"
    other_agent = "other User-Agent"
    range = "range re-fetch"
    head = "HEAD first"


Again = Literal["request", "form", "link"]


@dataclass(frozen=True)
class Behaviour:
    """One way of getting there. `fetchers`: who asks for the file, in turn; the last one starts the client.

    again: what is done after trouble: the same request once more, the page's button once more, or the message's link
    is opened once more."""

    name: str
    client: str
    agent: str
    fetchers: tuple[str, ...]
    again: Again
    cookies: bool = True
    script: bool = False  # the page's script posts, and goes on by itself
    taps: int = 1
    roams: bool = False  # each request comes from another network


BEHAVIOURS: Final = (
    Behaviour("Chrome on Android, whose softphone fetches", "linphone", CHROME, (SOFTPHONE,), "request"),
    Behaviour("the page's script posts", "linphone", CHROME, (SOFTPHONE, SOFTPHONE), "form", script=True),
    Behaviour("Safari on iOS, which fetches before it asks", "privategsm", SAFARI, (SAFARI, SAFARI), "request"),
    Behaviour("Android's download manager", "privategsm", CHROME, (CHROME, MANAGER), "request"),
    Behaviour("DuckDuckGo on Android", "privategsm", DUCKDUCKGO, (DUCKDUCKGO, "ddg_android/5"), "form", cookies=False),
    Behaviour("an impatient person, who taps twice", "linphone", SAFARI, (SOFTPHONE,), "form", taps=2),
    Behaviour("on the move, back to the message each time", "linphone", CHROME, (SOFTPHONE,), "link", roams=True),
)


@dataclass
class Way:
    """One person's way from the link to the file, as far as it has come."""

    line: Line
    behaviour: Behaviour
    token: str
    refetch: Refetch | None = None
    tries: int = TRIES
    cookie: str = ""
    claim: str | None = None
    ticket: str | None = None
    started: bool = False  # the page after the tap is there
    refused: list[str] = field(default_factory=list)  # what the server would not do
    heads: list[Answered] = field(default_factory=list)

    def file(self) -> bytes | None:
        """The file, when one arrived whole."""
        for _ in range(self.tries):
            try:
                return self._through()
            except Dropped:
                match self.behaviour.again:
                    case "form":
                        self.ticket = None
                    case "link":
                        self.ticket = self.claim = None
        return None

    def _through(self) -> bytes | None:
        if self.claim is None:
            self.claim = self._open()
        if self.ticket is None:
            for _ in range(self.behaviour.taps):
                self.ticket = self._tap()
            self.started = False
        if not self.started:
            self._asked("GET", f"/p/{self.ticket}/open", self._headers())
            self.started = True
        return self._fetched()

    def _open(self) -> str:
        page = self._asked("GET", f"/a/{self.token}", self._headers())
        found = re.search(rb'name="claim" value="([A-Za-z0-9]+)"', page.body)
        if found is None:
            raise Dropped
        return found[1].decode()

    def _tap(self) -> str:
        headers = self._headers() | {"Content-Type": FORM}
        if self.behaviour.script:
            headers |= {"Accept": "application/json", "Sec-Fetch-Site": "same-origin"}
        answer = self._asked("POST", f"/a/{self.token}", headers, urlencode({"claim": str(self.claim)}).encode())
        if self.behaviour.cookies:
            self.cookie = answer.headers.get("set-cookie", "").partition(";")[0]
        found = re.search(r"/p/([A-Za-z0-9]+)/open", answer.headers.get("location", "") + answer.body.decode())
        if found is None:
            raise Dropped
        return found[1]

    def _fetched(self) -> bytes:
        path = f"/p/{self.ticket}"
        if self.refetch is Refetch.head:
            self.heads.append(self._asked("HEAD", path, {"User-Agent": self.behaviour.fetchers[0]}))
        last = b""
        for agent in self.behaviour.fetchers:
            last = self._got(path, {"User-Agent": agent})
        match self.refetch:
            case Refetch.no_cookie:
                self._got(path, {"User-Agent": self.behaviour.agent})
                return self._got(path, {"User-Agent": self.behaviour.agent, "Cookie": ""})
            case Refetch.other_agent:
                return self._got(path, {"User-Agent": "okhttp/4.12.0"})
            case Refetch.range:
                return last[:100] + self._rest(path, last)
        return last

    def _got(self, path: str, headers: Mapping[str, str]) -> bytes:
        """The file's bytes, from us or where we send to."""
        answer = self._asked("GET", path, headers)
        if answer.status == 302:
            answer = self._asked("GET", answer.headers["location"], headers)
        return answer.body

    def _rest(self, path: str, whole: bytes) -> bytes:
        """A download that is taken up again after a hundred bytes."""
        headers = {"User-Agent": self.behaviour.fetchers[-1], "Range": "bytes=100-"}
        answer = self._asked("GET", path, headers)
        if answer.status == 302:
            answer = self._asked("GET", answer.headers["location"], headers)
        return answer.body if answer.status == 206 else answer.body[100:]

    def _asked(self, verb: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answered:
        answer = self.line.ask(verb, path, headers, body)
        if answer.status >= 400:
            self.refused.append(f"{verb} {path.split('/')[1]}: {answer.status}")
            raise Dropped
        return answer

    def _headers(self) -> dict[str, str]:
        return {"User-Agent": self.behaviour.agent} | ({"Cookie": self.cookie} if self.cookie else {})
