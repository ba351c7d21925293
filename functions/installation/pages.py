"""What the person sees who opens the installation link: the right package at once, or every choice."""

from contextlib import suppress
from typing import Final

import msgspec

from functions.accounts.configuration import Effective, effective
from functions.accounts.groups import GROUPS
from functions.accounts.people import Account
from functions.activation.guessing import unknown
from functions.common import agents
from functions.common.agents import Platform
from functions.common.errors import NotFound, NotReady, TooMany
from functions.common.http import Answer, Call, operation
from functions.common.page import escape, page, qr_svg
from functions.common.types import Id
from functions.installation import links
from functions.installation.downloads import for_need
from functions.installation.platforms import PLATFORMS, Need, Offer, choose
from functions.installation.words import PLATFORM_NAMES, SYSTEM_NAMES, Words, words
from functions.provisioning.render import security_model
from functions.tenants import hostnames, tenants

# An iPad says it is a Mac, byte for byte; only its touch points tell. Without script its owner chooses by hand.
IPAD: Final = (
    "if(navigator.maxTouchPoints>1&&/Mac/.test(navigator.userAgent)&&!location.search)location.replace('?platform=ios')"
)


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What was chosen on the page. Further parameters are let through: some chats add theirs to every link."""

    platform: Platform | msgspec.UnsetType = msgspec.UNSET


@operation(
    "Open an installation link: leads to the package for the device, or shows every choice",
    query=Chosen,
    answers={200: None, 302: None},
    problems=(NotFound, TooMany),
    produces="text/html",
    path={"token": Id},
)
def visit(call: Call[None, Chosen]) -> Answer:
    return _answer(call, counted=True)


@operation(
    "What opening an installation link would answer; it does not count as opened",
    query=Chosen,
    answers={200: None, 302: None},
    problems=(NotFound, TooMany),
    produces="text/html",
    path={"token": Id},
)
def head(call: Call[None, Chosen]) -> Answer:
    return _answer(call, counted=False)


def _answer(call: Call[None, Chosen], *, counted: bool) -> Answer:
    account = links.owner(call.path["token"])
    if account is None:
        return _unknown(call.address)
    agent = call.headers.get("user-agent", "")
    kind = agents.kind(agent)
    chosen = None if call.query.platform is msgspec.UNSET else call.query.platform
    platform = chosen or agents.platform(agent)
    if counted and kind != "preview":
        links.record(account, platform or links.UNKNOWN)
    setup = _setup(account)
    fitting = for_need(account.tenant, _need(account, setup))
    directly = chosen is not None or kind != "desktop"
    version = None if chosen is not None else agents.os_version(agent)
    found = choose(fitting, platform, version) if platform is not None and directly else None
    if found is not None:
        return Answer(status=302, headers={"Location": found.url, "Referrer-Policy": "no-referrer"})
    return _choices(call, account, setup, fitting, platform if directly else None)


def _setup(account: Account) -> Effective | None:
    """None when no profile resolves yet: the package can be had all the same."""
    try:
        return effective(account)
    except (NotReady, NotFound):
        return None


def _need(account: Account, setup: Effective | None) -> Need:
    if setup is not None:
        model = security_model(setup.profile.fields, account.security_model)
        return Need(account.group_id, setup.client, model)
    group = GROUPS.find(account.tenant, account.group_id)
    client = account.client or (group.fields.client if group else None) or tenants.get(account.tenant).fields.client
    return Need(account.group_id, client, account.security_model)


def _unknown(address: str) -> Answer:
    """In English: nobody knows whose it is. A network that tries many is told to wait."""
    lang, text = words("en")
    problem = unknown(address)
    headers = {"Retry-After": str(problem.retry_after)} if problem.retry_after else {}
    said = text.unknown if problem.status == NotFound.status else problem.message
    body = f"<h1>{escape(text.unknown_title)}</h1><p>{escape(said)}</p>"
    return page(text.unknown_title, body, lang, status=problem.status, headers=headers)


def _choices(
    call: Call[None, Chosen],
    account: Account,
    setup: Effective | None,
    fitting: list[Offer],
    missing: Platform | None,
) -> Answer:
    tenant = tenants.get(account.tenant).fields
    lang, text = words(setup.language if setup else account.language or tenant.language)
    name = f"<bdi>{escape(tenant.name)}</bdi>"
    offered = [(each, offer) for each in PLATFORMS if (offer := choose(fitting, each, None)) is not None]
    body = [f"<h1>{escape(text.title)}</h1>", f"<p>{escape(text.intro).format(tenant=name)}</p>"]
    body += _list(text, offered, missing)
    body += _code(call, account, text)
    body.append(f'<p class="note">{escape(text.next)}</p>')
    return page(text.title, f"<main>{''.join(body)}</main>{_help(text, setup)}", lang, script=IPAD)


def _list(text: Words, offered: list[tuple[Platform, Offer]], missing: Platform | None) -> list[str]:
    if not offered:
        return [f'<p class="warning">{escape(text.none_at_all)}</p>']
    asked = f"<p>{escape(text.choose)}</p>"
    if missing is not None:
        asked = f'<p class="warning">{escape(text.none_fits.format(platform=PLATFORM_NAMES[missing]))}</p>'
    return [asked, '<ul class="choices">', *(_choice(text, each, offer) for each, offer in offered), "</ul>"]


def _choice(text: Words, platform: Platform, offer: Offer) -> str:
    name = PLATFORM_NAMES[platform]
    system = SYSTEM_NAMES[platform]
    needs = text.needs.format(platform=system, version=offer.minimum_os) if offer.minimum_os else ""
    more = f"<small>{escape(needs)}</small>" if needs else ""
    return f'<li><a href="?platform={platform}" rel="nofollow">{escape(name)}{more}</a></li>'


def _code(call: Call[None, Chosen], account: Account, text: Words) -> list[str]:
    """The page's own address for a phone's camera; none while no hostname is live."""
    with suppress(NotReady):
        base = hostnames.base_url(account.tenant, "links")
        return [f"<p>{escape(text.scan)}</p>", qr_svg(f"{base}/i/{call.path['token']}", text.code)]
    return []


def _help(text: Words, setup: Effective | None) -> str:
    if setup is None:
        return ""
    profile, lines = setup.profile.fields, []
    if profile.customer_service_phone:
        lines.append(text.help_phone.format(phone=profile.customer_service_phone))
    if profile.customer_service_email:
        lines.append(text.help_email.format(email=profile.customer_service_email))
    return f"<footer>{'<br>'.join(map(escape, lines))}</footer>" if lines else ""
