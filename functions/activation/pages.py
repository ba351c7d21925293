"""The activation link as people and their phones meet it.

GET and HEAD change nothing and disclose nothing: mail scanners and chat previews open every link, and run its
scripts. The button acts by POST, with a claim id that this page made. What a tap gives is a ticket; its page works
in any browser. What the pages say and show is in `screens`."""

from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final, Literal
from urllib.parse import parse_qs

import msgspec

from functions.accounts.configuration import Effective
from functions.accounts.devices import present_epoch_registered
from functions.accounts.people import Account, device
from functions.activation import around, claim, codes, deliver, files, links, screens
from functions.activation.guessing import unknown
from functions.activation.models import Link
from functions.activation.screens import NEUTRAL, Offer, Started, Why, launching
from functions.activation.screens.link_page import Problem as Mistake
from functions.common import agents, records
from functions.common.errors import Gone, NotFound, NotReady, Problem, TooMany
from functions.common.http import FILE, Answer, Call, operation
from functions.common.network import network
from functions.provisioning.clients import Start, client
from functions.tenants import hostnames

COOKIE: Final = "__Host-claim"
HTML: Final = "text/html"
FORM: Final = "application/x-www-form-urlencoded"
ANY: Final = str  # tokens are looked up, not parsed: an odd one is unknown like any other
COMPUTERS: Final = frozenset({"windows", "macos", "linux"})


_MISTAKES: Final[dict[type[Problem], Mistake]] = {
    codes.WrongCode: "wrong_code",
    codes.CodeOver: "code_over",
    codes.TooManyTries: "too_many_codes",
}
_TOO_MANY: Final[dict[type[Problem], Why]] = {
    codes.TooManyCodes: "codes_asked",
    links.AskedAlready: "asked_already",
}
_WHY: Final[dict[int, Why]] = {404: "unknown", 410: "expired", 429: "wait"}  # of a ticket, or of an unknown link


class NotOnPhone(Problem):
    """The button was pressed by something that is no phone. Nothing has changed."""

    status, code = 400, "not_on_phone"
    message = "Open this link on the phone that you want to call with, and tap the button there."


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What a page of ours adds to the address. Further parameters are let through: some chats add theirs."""

    sent: Literal["1"] | msgspec.UnsetType = msgspec.UNSET


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """What brings a browser back to the page after the tap."""

    missing: Literal["1"] | msgspec.UnsetType = msgspec.UNSET  # the client was not there


class Tapped(msgspec.Struct, frozen=True, kw_only=True):
    """Where the page's own script goes on after a tap: straight to `url`, or to the page `open`."""

    open: str
    url: str | None
    fallback: bool  # `url` leads somewhere useful where the client is missing


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far this ticket's device has come."""

    state: Literal["waiting", "fetched", "registered", "ended"]


@operation(
    "The activation page; of a direct link, the file",
    query=Shown,
    answers={200: None},
    problems=(NotFound, Gone, TooMany),
    produces=(HTML, FILE),
    path={"token": ANY},
)
def show(call: Call[None, Shown]) -> Answer:
    def answer(link: Link) -> Answer:
        if link.policy in links.WITHOUT_TAP and not agents.draws_previews(_agent(call)):
            fetched = deliver.direct(link, _agent(call), network(call.address))
            return files.whole(fetched.file)
        return _offer(call, link)

    return _at(call, answer)


@operation(
    "Whether the activation link is live; of a direct link, the file's type and length. It costs the link nothing",
    answers={200: None},
    problems=(NotFound, Gone, TooMany),
    produces=HTML,
    path={"token": ANY},
)
def head(call: Call[None, None]) -> Answer:
    def answer(link: Link) -> Answer:
        if link.policy in links.WITHOUT_TAP:
            return files.announced(deliver.head_of(link))
        return _offer(call, link)

    return _at(call, answer)


@operation(
    "The tap: takes the link for this device and leads to its ticket",
    answers={200: Tapped, 303: None},
    problems=(claim.BadClaim, NotOnPhone, NotFound, Gone, TooMany),
    content_type=FORM,
    produces=HTML,
    path={"token": ANY},
)
def tap(call: Call[None, None]) -> Answer:
    return _at(call, lambda link: _tap(call, link))


@operation(
    "The page's own note that a person has it before them",
    answers={204: None},
    problems=(NotFound, TooMany),
    path={"token": ANY},
)
def opened(call: Call[None, None]) -> Answer:
    link = _link(call)
    kind = agents.kind(_agent(call))
    if link.state in ("fetched", "closed") and kind not in ("preview", "desktop"):
        around.second_visit(link, _agent(call), network(call.address))
    elif kind != "preview":
        links.opened(link, agents.platform(_agent(call)) or kind)
    return Answer(status=204)


@operation(
    "Send the code that this link needs, by the other channel",
    answers={303: None},
    problems=(claim.BadClaim, NotFound, Gone, TooMany),
    content_type=FORM,
    produces=HTML,
    path={"token": ANY},
)
def send_code(call: Call[None, None]) -> Answer:
    def answer(link: Link) -> Answer:
        _claim_id(call, link)
        if not _pressed(call) or not (link.policy == "code" or _on_this_computer(call, _form(call))):
            raise claim.BadClaim
        from functions.activation import person

        person.send_code(link)
        return _see(f"/a/{call.path['token']}?sent=1")

    return _at(call, answer)


@operation(
    "Ask whether this link really is not for the person who opened it",
    answers={200: None},
    problems=(NotFound, Gone, TooMany),
    produces=HTML,
    path={"token": ANY},
)
def not_me_page(call: Call[None, None]) -> Answer:
    def answer(link: Link) -> Answer:
        if not links.waiting(link):
            raise Gone
        return screens.sure(around.house(link), f"/a/{call.path['token']}", claim.new_claim_id(link))

    return _at(call, answer)


@operation(
    "This link is not for the person who opened it: it ends, and an operator looks at it",
    answers={200: None},
    problems=(claim.BadClaim, NotFound, Gone, TooMany),
    content_type=FORM,
    produces=HTML,
    path={"token": ANY},
)
def not_me(call: Call[None, None]) -> Answer:
    def answer(link: Link) -> Answer:
        claim_id = _claim_id(call, link)
        if _form(call).get("sure") != "1":
            return screens.sure(around.house(link), f"/a/{call.path['token']}", claim_id)
        from functions.activation import person

        person.disown(link, network(call.address))
        return screens.told(around.house(link), "not_me")

    return _at(call, answer)


@operation(
    "Ask for a new link in place of this dead one",
    answers={200: None},
    problems=(NotFound, Gone, TooMany),
    content_type=FORM,
    produces=HTML,
    path={"token": ANY},
)
def ask_for_new(call: Call[None, None]) -> Answer:
    def answer(link: Link) -> Answer:
        from functions.activation import person

        if _pressed(call):
            person.ask_for_new(link, network(call.address))
        return screens.told(around.house(link), "asked")

    return _at(call, answer)


@operation(
    "The file: its bytes, or a redirect to them",
    answers={200: None, 302: None},
    problems=(NotFound, Gone),
    produces=FILE,
    path={"ticket": ANY},
)
def fetch(call: Call[None, None]) -> Answer:
    def answer() -> Answer:
        fetched = deliver.fetch(call.path["ticket"])
        if fetched.redirect is not None:
            return Answer(status=302, headers={"Location": fetched.redirect, "Referrer-Policy": "no-referrer"})
        return files.whole(fetched.file)

    return people(answer)


@operation(
    "The file's type and length; costs the ticket nothing",
    answers={200: None},
    problems=(NotFound, Gone),
    produces=FILE,
    path={"ticket": ANY},
)
def fetch_head(call: Call[None, None]) -> Answer:
    return people(lambda: files.announced(deliver.head(call.path["ticket"])))


@operation(
    "The page after the tap, whose button starts the softphone",
    query=Returned,
    answers={200: None},
    problems=(NotFound, Gone),
    produces=HTML,
    path={"ticket": ANY},
)
def open_client(call: Call[None, Returned]) -> Answer:
    def answer() -> Answer:
        link = deliver.visit(call.path["ticket"]).link
        if _state(link) == "ended":
            raise Gone
        account, setup = _set_up(link)
        started = _started(call, link, call.path["ticket"], account, setup)
        return screens.start(around.house(link, account, setup), started)

    return people(answer)


@operation("How far the device has come", answers={200: Progress}, problems=(NotFound, Gone), path={"ticket": ANY})
def progress(call: Call[None, None]) -> Answer:
    link = deliver.visit(call.path["ticket"]).link
    return Answer(body=Progress(state=_state(link)))


def _offer(call: Call[Any, Any], link: Link, problem: Mistake | None = None) -> Answer:
    may_return = _remembered(call, link)
    if not links.waiting(link) and may_return is None:
        raise Gone
    account = around.account_of(link)
    if account is None:
        raise Gone
    agent = _agent(call)
    kind = agents.kind(agent)
    setup = around.setup_of(account)
    if kind in ("phone", "tablet") and not around.runs_on(setup, agents.platform(agent)):
        return screens.ended(around.house(link, account, setup), "no_app", ask_path=None)
    here = setup is not None and not COMPUTERS.isdisjoint(client(setup.client).PLATFORMS)
    needed: Literal["none", "needed", "here"] = "none"
    if link.policy == "code":
        needed = "needed"
    elif kind == "desktop" and link.policy != "spoken":
        needed = "here"
    path = f"/a/{call.path['token']}"
    offer = Offer(
        path=path,
        claim_id=may_return or claim.new_claim_id(link),
        agent=kind,
        platform=agents.platform(agent),
        says_mac=_says_mac(agent),
        page_url=f"{hostnames.base_url(link.tenant, 'links')}{path}",
        install_url=around.install_url(account),
        code=needed,
        code_by=around.code_by(link, account) if needed != "none" else "operator",
        code_sent=getattr(call.query, "sent", None) == "1",
        problem=problem,
        here=here,
        form_action=("'self'", *around.bucket()),
    )
    return screens.offer(around.house(link, account, setup), offer)


def _tap(call: Call[Any, Any], link: Link) -> Answer:
    claim_id = _claim_id(call, link)
    fields = _form(call)
    here = _on_this_computer(call, fields)
    if not here and not _on_phone(_agent(call), touched=fields.get("touch") == "1"):
        raise NotOnPhone
    where = network(call.address)
    if link.policy in links.WITHOUT_TAP:
        raise Gone
    account, setup = _set_up(link)
    if not here and not around.runs_on(setup, agents.platform(_agent(call))):
        raise NotOnPhone
    around.startable(setup)  # before anything is taken
    if (link.policy == "code" or (here and link.policy != "spoken")) and not claim.holds(link, claim_id):
        try:
            codes.check(link, fields.get("code", ""), where)
        except (codes.CodeNeeded, codes.WrongCode, codes.CodeOver, codes.TooManyTries) as problem:
            answer = _offer(call, link, _MISTAKES.get(type(problem)))
            return msgspec.structs.replace(answer, status=problem.status)
    claimed = claim.tap(link, claim_id, _agent(call), where)
    cookie = f"{COOKIE}={claim_id}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=86400"
    opens = f"/p/{claimed.ticket}/open"
    if call.headers.get("accept", "").startswith("application/json"):
        started = _started(call, claimed.link, claimed.ticket, account, setup)
        launch = launching(started.launch, started.platform, started.page_url)
        tapped = Tapped(open=opens, url=launch.url, fallback=launch.fallback)
        return Answer(body=tapped, headers={"Set-Cookie": cookie})
    return Answer(status=303, headers={"Location": opens, "Set-Cookie": cookie})


def _set_up(link: Link) -> tuple[Account, Effective]:
    """Whose link it is, and what is in force for them. Raises Gone."""
    account = around.account_of(link)
    setup = around.setup_of(account) if account is not None else None
    if account is None or setup is None:
        raise Gone
    return account, setup


def _started(call: Call[Any, Any], link: Link, ticket: str, account: Account, setup: Effective) -> Started:
    slot = device(account, int(link.slot))
    if slot is None:
        raise Gone
    base = hostnames.base_url(link.tenant, "links")
    agent = _agent(call)
    start = Start(
        ticket=ticket,
        url=f"{base}/p/{ticket}",
        endpoint=f"{base}/provisioning/{setup.client}",
        username=slot.username,
        platform=agents.platform(agent),
        extra=setup.profile.fields.extra.get(setup.client, {}),
    )
    return Started(
        launch=around.launch(setup, start),
        ticket_path=f"/p/{ticket}",
        platform=agents.platform(agent),
        agent=agents.kind(agent),
        install_url=around.install_url(account),
        app=client(setup.client).TITLE,
        profile_path=around.apple_profile(setup, start.platform, ticket),
        page_url=f"{base}/p/{ticket}/open",
        missing=getattr(call.query, "missing", None) == "1",
        state=_progress(link),
        form_action=("'self'", *around.bucket()),
    )


def _on_phone(agent: str, *, touched: bool) -> bool:
    """Whether the browser is a phone's or a tablet's: the scanners that press buttons call themselves desktops."""
    return agents.kind(agent) in ("phone", "tablet", "in_app") or (_says_mac(agent) and touched)


def _pressed(call: Call[Any, Any]) -> bool:
    """Whether a person pressed: a phone's browser is believed; a computer's only where it says that this page was left
    by a person's own press, or sends it from the page's script, which heeds no other. Programs say neither."""
    match agents.kind(_agent(call)):
        case "phone" | "tablet" | "in_app":
            return True
        case "desktop":
            own = call.headers.get("sec-fetch-site") == "same-origin"
            return own and (
                call.headers.get("sec-fetch-user") == "?1" or call.headers.get("sec-fetch-mode") != "navigate"
            )
    return False


def _on_this_computer(call: Call[Any, Any], fields: dict[str, str]) -> bool:
    return fields.get("here") == "1" and agents.kind(_agent(call)) == "desktop"


def _says_mac(agent: str) -> bool:
    """An iPad says that it is a Mac; only the page's script can tell, by its touch points."""
    return "Macintosh" in agent and agents.kind(agent) == "desktop"


def _state(link: Link) -> Literal["waiting", "fetched", "registered", "ended"]:
    match link.state:
        case "claimed":
            return "waiting"
        case "fetched":
            return "fetched"
        case "closed":
            return "registered" if present_epoch_registered(link.tenant, link.account_id, int(link.slot)) else "ended"
    return "ended"


def _progress(link: Link) -> Literal["waiting", "fetched", "registered"]:
    """Of a link that has not ended."""
    state = _state(link)
    return "waiting" if state == "ended" else state


def _at(call: Call[Any, Any], answer: Callable[[Link], Answer]) -> Answer:
    """What is answered at a link's address: a dead one says so, in its person's language, with the next step."""

    def found() -> Answer:
        link = _link(call)
        try:
            return answer(link)
        except Gone:
            return _ended(call, link)
        except NotOnPhone:
            return screens.ended(around.house(link), "not_on_phone", ask_path=None)
        except claim.BadClaim:
            return screens.ended(around.house(link), "again", ask_path=None)
        except NotReady as problem:  # a setting is missing that was there when the link was sent
            around.not_ready(link, problem.message)
            return screens.ended(around.house(link), "not_ready", ask_path=None)
        except TooMany as problem:
            why = _TOO_MANY.get(type(problem), "wait")
            return screens.ended(around.house(link), why, ask_path=None, retry_after=problem.retry_after)

    return people(found)


def _ended(call: Call[Any, Any], link: Link) -> Answer:
    account = around.account_of(link)
    why = around.why(link, account)
    if call.route.verb == "POST" and why == "used":
        around.second_visit(link, _agent(call), network(call.address))
    ask_path = f"/a/{call.path['token']}/new" if account is not None and why in ("expired", "superseded") else None
    return screens.ended(around.house(link, account), why, ask_path=ask_path, seen=why == "used")


def _link(call: Call[Any, Any]) -> Link:
    try:
        return links.by_token(call.path["token"])
    except NotFound:
        raise unknown(call.address) from None


def _claim_id(call: Call[Any, Any], link: Link) -> str:
    """The signed claim id that a form of this link's page carries. Raises BadClaim."""
    claim_id = _form(call).get("claim") or _cookie(call)
    if call.headers.get("sec-fetch-site") == "cross-site" or claim_id is None or not claim.ours(link, claim_id):
        raise claim.BadClaim
    return claim_id


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


def _agent(call: Call[Any, Any]) -> str:
    return call.headers.get("user-agent", "")


def _see(path: str) -> Answer:
    return Answer(status=303, headers={"Location": path})


def people(answer: Callable[[], Answer]) -> Answer:
    """An answer for people about whom nothing is known."""
    try:
        with records.once():
            return answer()
    except Problem as problem:
        why = _WHY.get(problem.status, "not_ready" if isinstance(problem, NotReady) else "again")
        page = screens.ended(NEUTRAL, why, ask_path=None, retry_after=problem.retry_after)
        return page if problem.status in _WHY else msgspec.structs.replace(page, status=problem.status)
