"""The activation link as people and their phones meet it.

GET and HEAD change nothing and disclose nothing: mail scanners and chat previews open every link, and run its
scripts. The button acts by POST, with a claim id that this page made. What a tap gives is a ticket; its page works
in any browser."""

from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final, Literal
from urllib.parse import parse_qs

import msgspec

from functions.accounts.configuration import effective
from functions.accounts.devices import present_epoch_registered
from functions.accounts.people import get
from functions.activation import claim, deliver, links, texts
from functions.activation.guessing import unknown
from functions.activation.models import Link
from functions.common import agents, settings
from functions.common.errors import Gone, NotFound, Problem, TooMany
from functions.common.http import Answer, Call, operation
from functions.common.network import network
from functions.common.page import escape, page, qr_svg
from functions.provisioning.clients import client
from functions.tenants import hostnames, tenants

COOKIE: Final = "__Host-claim"
FORM: Final = "application/x-www-form-urlencoded"
HTML: Final = "text/html"
ANY: Final = str  # tokens are looked up, not parsed: an odd one is unknown like any other


@operation(
    "The activation page", answers={200: None}, problems=(NotFound, Gone, TooMany), produces=HTML, path={"token": ANY}
)
def show(call: Call[None, None]) -> Answer:
    return _people(lambda: _show(call))


@operation(
    "Whether the activation link is live",
    answers={200: None},
    problems=(NotFound, Gone, TooMany),
    produces=HTML,
    path={"token": ANY},
)
def head(call: Call[None, None]) -> Answer:
    return _people(lambda: _show(call))


@operation(
    "The tap: takes the link for this device and leads to its ticket",
    answers={303: None},
    problems=(claim.BadClaim, NotFound, Gone, TooMany),
    content_type=FORM,
    produces=HTML,
    path={"token": ANY},
)
def tap(call: Call[None, None]) -> Answer:
    return _people(lambda: _tap(call))


@operation(
    "The page's own note that a person has it before them",
    answers={204: None},
    problems=(NotFound, TooMany),
    path={"token": ANY},
)
def opened(call: Call[None, None]) -> Answer:
    link = _link(call)
    if agents.kind(call.headers.get("user-agent", "")) != "preview":
        links.opened(link)
    return Answer(status=204)


@operation(
    "The file: its bytes, or a redirect to them",
    answers={200: None, 302: None},
    problems=(NotFound, Gone),
    produces="application/xml",
    path={"ticket": ANY},
)
def fetch(call: Call[None, None]) -> Answer:
    def answer() -> Answer:
        fetched = deliver.fetch(call.path["ticket"])
        if fetched.redirect is not None:
            return Answer(status=302, headers={"Location": fetched.redirect, "Referrer-Policy": "no-referrer"})
        file = fetched.file
        return Answer(text=file.body.decode(), content_type=file.content_type, headers=_file_headers(file.file_name))

    return _people(answer)


@operation(
    "The file's type and length; costs the ticket nothing",
    answers={200: None},
    problems=(NotFound, Gone),
    produces="application/xml",
    path={"ticket": ANY},
)
def fetch_head(call: Call[None, None]) -> Answer:
    def answer() -> Answer:
        file = deliver.head(call.path["ticket"])
        headers = _file_headers(file.file_name) | {"Content-Length": str(len(file.body))}
        return Answer(text="", content_type=file.content_type, headers=headers)

    return _people(answer)


@operation(
    "The page that starts the client",
    answers={200: None},
    problems=(NotFound, Gone),
    produces=HTML,
    path={"ticket": ANY},
)
def open_client(call: Call[None, None]) -> Answer:
    return _people(lambda: _open(call.path["ticket"]))


class NotOnPhone(Problem):
    """The button was pressed by something that is no phone. Nothing has changed."""

    status, code = 400, "not_on_phone"
    message = "Open this link on the phone that you want to call with, and tap the button there."


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far this ticket's device has come."""

    state: Literal["waiting", "fetched", "registered", "ended"]


@operation("How far the device has come", answers={200: Progress}, problems=(NotFound, Gone), path={"ticket": ANY})
def progress(call: Call[None, None]) -> Answer:
    link = deliver.visit(call.path["ticket"]).link
    return Answer(body=Progress(state=_state(link)))


def _show(call: Call[Any, Any]) -> Answer:
    link = _link(call)
    may_return = _remembered(call, link)
    if not links.waiting(link) and may_return is None:
        raise Gone
    agent = agents.kind(call.headers.get("user-agent", ""))
    tenant = tenants.get(link.tenant).fields.name
    words = texts.ENGLISH
    claim_id = may_return or claim.new_claim_id(link)
    form = (
        f'<form method="post" action="/a/{escape(call.path["token"])}">'
        f'<input type="hidden" name="claim" value="{claim_id}">'
        f'<button class="button">{escape(words.activate)}</button></form>'
    )
    intro = f"<h1>{escape(words.title)}</h1><p>{escape(words.intro.replace('{tenant}', tenant))}</p>"
    match agent:
        case "phone" | "tablet":
            body, script = intro + form + f'<p class="note">{escape(words.install_first)}</p>', texts.OPENED_SCRIPT
        case "in_app":
            body, script = intro + f'<p class="warning">{escape(words.other_browser)}</p>', ""
        case "preview":
            body, script = intro, ""
        case _:
            address = f"{hostnames.base_url(link.tenant, 'links')}/a/{call.path['token']}"
            body = f'{intro}<div id="code"><p>{escape(words.on_phone)}</p>{qr_svg(address, words.qr_label)}</div>'
            script = ""
            if _says_mac(call):
                body, script = f'{body}<div id="tap" hidden>{form}</div>', texts.TABLET_SCRIPT
    return page(words.title, body, "en", form_action=("'self'", *_bucket()), script=script)


def _tap(call: Call[Any, Any]) -> Answer:
    link = _link(call)
    if call.headers.get("sec-fetch-site") == "cross-site":
        raise claim.BadClaim
    fields = _form(call)
    claim_id = fields.get("claim") or _cookie(call)
    if claim_id is None:
        raise claim.BadClaim
    if not _may_tap(call, touched=fields.get("touch") == "1"):
        raise NotOnPhone
    claimed = claim.tap(link, claim_id, call.headers.get("user-agent", ""), network(call.address))
    cookie = f"{COOKIE}={claim_id}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=86400"
    return Answer(status=303, headers={"Location": f"/p/{claimed.ticket}/open", "Set-Cookie": cookie})


def _may_tap(call: Call[Any, Any], *, touched: bool) -> bool:
    """Whether the browser is a phone's or a tablet's: the scanners that press buttons call themselves desktops."""
    agent = agents.kind(call.headers.get("user-agent", ""))
    return agent in ("phone", "tablet", "in_app") or (_says_mac(call) and touched)


def _says_mac(call: Call[Any, Any]) -> bool:
    """An iPad says that it is a Mac; only the page's script can tell, by its touch points."""
    agent = call.headers.get("user-agent", "")
    return "Macintosh" in agent and agents.kind(agent) == "desktop"


def _open(ticket: str) -> Answer:
    link = deliver.visit(ticket).link
    if _state(link) == "ended":
        raise Gone
    account = get(link.tenant, link.account_id)
    setup = effective(account)
    app = client(setup.client)
    address = f"{hostnames.base_url(link.tenant, 'links')}/p/{ticket}"
    words = texts.ENGLISH
    support = setup.profile.fields
    contact = support.customer_service_phone or support.customer_service_email
    test_call = f" {escape(words.test_call)} {escape(support.test_call_number)}." if support.test_call_number else ""
    body = (
        f"<h1>{escape(words.open_title)}</h1><p>{escape(words.open_intro)}</p>"
        f'<a class="button" href="{escape(app.launch_url(address))}">{escape(words.open_button)}</a>'
        f'<p id="progress" role="status">{escape(words.waiting)}</p>'
        f'<p id="fetched" hidden>{escape(words.fetched)}</p>'
        f'<p id="ready" hidden><strong>{escape(words.ready)}</strong>{test_call}</p>'
        + (f"<footer>{escape(words.support)} {escape(contact)}</footer>" if contact else "")
    )
    return page(words.open_title, body, "en", script=texts.PROGRESS_SCRIPT)


def _state(link: Link) -> Literal["waiting", "fetched", "registered", "ended"]:
    match link.state:
        case "claimed":
            return "waiting"
        case "fetched":
            return "fetched"
        case "closed":
            return "registered" if present_epoch_registered(link.tenant, link.account_id, int(link.slot)) else "ended"
    return "ended"


def _link(call: Call[Any, Any]) -> Link:
    try:
        return links.by_token(call.path["token"])
    except NotFound:
        raise unknown(call.address) from None


def _remembered(call: Call[Any, Any], link: Link) -> str | None:
    """The claim id of this browser's earlier tap on this very link, when it may fetch again."""
    claim_id = _cookie(call)
    return claim_id if claim_id is not None and claim.holds(link, claim_id) else None


def _cookie(call: Call[Any, Any]) -> str | None:
    try:
        morsel = SimpleCookie(call.headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel is not None else None


def _form(call: Call[Any, Any]) -> dict[str, str]:
    try:
        fields = parse_qs(call.raw.decode("ascii"), max_num_fields=10)
    except (UnicodeDecodeError, ValueError):
        return {}
    return {name: values[0] for name, values in fields.items()}


def _people(answer: Callable[[], Answer]) -> Answer:
    """An answer for people: what is wrong, and the next step, as a page."""
    try:
        return answer()
    except Problem as problem:
        title = texts.ENGLISH.problems.get(problem.status, texts.ENGLISH.problem)
        headers = {"Retry-After": str(problem.retry_after)} if problem.retry_after else {}
        body = f"<h1>{escape(title)}</h1><p>{escape(problem.message)}</p>"
        return page(title, body, "en", status=problem.status, headers=headers)


def _file_headers(name: str) -> dict[str, str | list[str]]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Referrer-Policy": "no-referrer"}


def _bucket() -> tuple[str, ...]:
    """Where a form's redirects may end besides here: the host that presigned addresses name."""
    endpoint = settings.optional("FILES_ENDPOINT")
    if endpoint is not None:
        return (endpoint,)
    bucket, region = settings.optional("BUCKET_FILES"), settings.optional("AWS_REGION")
    return (f"https://{bucket}.s3.{region}.amazonaws.com",) if bucket and region else ()
