"""The inbox: every SMS and e-mail as the person gets it, in a page that renews itself, and as a feed for tests.

    GET /inbox                                the page
    GET /inbox/messages?after=&wait=&to=   what changed after a revision, oldest change first; `wait` up to 10 s for it
    GET /inbox/messages?last=&to=          the newest messages
    GET /inbox/mail/<id>                   the HTML part of a mail, in a cage of its own
    GET /inbox/providers                   the state of the providers
    POST /inbox/report, …                  what is in tests.fakes.control; from the page itself or a program, as JSON

A feed's answer is {"generation", "next", "messages"}; ask again after `next`. Another generation than before means that
everything was forgotten: begin again after 0.
"""

import html
import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import msgspec

from tests.fakes import control, ses, smtp
from tests.fakes.control import Control
from tests.fakes.records import Recorded, Records
from tests.fakes.scenarios import BY_SUFFIX
from tests.fakes.wire import HttpReply, HttpRequest

LONGEST_WAIT = 10.0  # seconds
MOST_AT_ONCE = 1000

# Who behaves in a way of his own, and how: three lists at the foot of the page.
SUFFIXES = {f"…{suffix}": scenario.value for suffix, scenario in BY_SUFFIX.items()}
LOCAL_PARTS = {
    f"{local}@": words
    for local, words in {
        **{local: f"refused: {reply}" for local, reply in smtp.RCPT_REPLIES.items()},
        **{local: f"refused: {reply.partition(';')[0]}" for local, reply in smtp.CONTENT_REPLIES.items()},
        "drop-at-rcpt": "not taken: the connection is lost at the recipient",
        "drop-before-data": "not taken: the connection is lost before the mail",
        "drop-in-data": "not taken: the connection is lost in the mail",
        **smtp.WORDS,
    }.items()
}
SIMULATOR = {f"{local}@": ses.WORDS.get(local, "accepted, then delivered") for local in ses.SIMULATOR}


def _listed(behaviours: Mapping[str, str]) -> str:
    return "".join(f"<dt>{html.escape(who)}</dt><dd>{html.escape(how)}</dd>" for who, how in behaviours.items())


PAGE = (
    Path(__file__)
    .with_suffix(".html")
    .read_text(encoding="utf-8")
    .replace("<!-- suffixes -->", _listed(SUFFIXES))
    .replace("<!-- local parts -->", _listed(LOCAL_PARTS))
    .replace("<!-- simulator -->", _listed(SIMULATOR))
)


def _hashes(tag: str) -> str:
    """What a policy must name for the page's own inline elements to count, and no others."""
    found = re.findall(rf"<{tag}>(.*?)</{tag}>", PAGE, re.DOTALL)
    return " ".join(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in found)


_PAGE_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; script-src {_hashes('script')}; style-src {_hashes('style')}; connect-src 'self'; "
        "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_MAIL_HEADERS = {
    **_PAGE_HEADERS,
    "Content-Security-Policy": (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
}
_FEED_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Feed(msgspec.Struct):
    generation: str
    next: int
    messages: list[Recorded]


def serve(records: Records, operated: Control, request: HttpRequest) -> HttpReply:
    what = request.path.removeprefix("/inbox/")
    if what in control.CHANGES:
        return _change(operated, what, request)
    if request.method not in ("GET", "HEAD"):
        return HttpReply(405, "text/plain", b"read only\n", {"Allow": "GET, HEAD"})
    if request.path in ("/inbox", "/inbox/"):
        return HttpReply(200, "text/html; charset=utf-8", PAGE.encode(), _PAGE_HEADERS)
    if what == "messages":
        return HttpReply(body=msgspec.json.encode(feed(records, request.query)), headers=_FEED_HEADERS)
    if what in control.READ:
        return operated.serve(what, b"")._replace(headers=_FEED_HEADERS)
    if (found := re.fullmatch(r"mail/([0-9]{1,9})", what)) is not None:
        return _mail(records.get(int(found[1])))
    return HttpReply(404, "text/plain", b"not found\n")


def _change(operated: Control, what: str, request: HttpRequest) -> HttpReply:
    """No other page in the browser can have this done: JSON across origins needs a leave that nobody gives, and what
    says that it comes from elsewhere is refused."""
    if request.method != "POST":
        return HttpReply(405, "text/plain", b"POST it\n", {"Allow": "POST"})
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return HttpReply(415, "text/plain", b"it has to be application/json\n")
    origin, host = request.headers.get("origin"), request.headers.get("host")
    if origin not in (None, f"http://{host}", f"https://{host}"):
        return HttpReply(403, "text/plain", b"from this page alone\n")
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return HttpReply(403, "text/plain", b"from this page alone\n")
    return operated.serve(what, request.body)._replace(headers=_FEED_HEADERS)


def feed(records: Records, query: Mapping[str, str]) -> Feed:
    after, wait = _whole(query, "after"), min(float(_whole(query, "wait")), LONGEST_WAIT)
    if "last" not in query and wait:
        records.wait_beyond(after, wait)
    generation = records.generation
    messages, revision = records.since(0 if "last" in query else after)
    matching = [message for message in messages if _is_for(message, query.get("to", ""))]
    if "last" in query:
        newest = sorted(matching, key=lambda message: message.id)[-min(_whole(query, "last"), MOST_AT_ONCE) :]
        return Feed(generation, revision, newest)
    if len(matching) > MOST_AT_ONCE:
        matching = matching[:MOST_AT_ONCE]
        revision = matching[-1].revision
    return Feed(generation, revision, matching)


def _whole(query: Mapping[str, str], name: str) -> int:
    """A number of the query; 0 for anything else."""
    return int(query[name]) if re.fullmatch(r"[0-9]{1,9}", query.get(name, "")) else 0


def _is_for(message: Recorded, wanted: str) -> bool:
    """By a part of the address, however it is spaced: `+41 79` finds 41790000001."""
    wanted = wanted.strip().lower()
    if message.channel == "sms":
        return re.sub(r"[^0-9a-z@]", "", wanted) in message.to
    return wanted in message.to.lower()


def _mail(message: Recorded | None) -> HttpReply:
    if message is None or message.html is None:
        return HttpReply(404, "text/plain", b"no such mail\n")
    page = f'<!doctype html><meta charset="utf-8"><base target="_blank">{message.html}'
    return HttpReply(200, "text/html; charset=utf-8", page.encode(), _MAIL_HEADERS)
