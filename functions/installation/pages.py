"""What the person meets who opens the installation link: the right package at once, or every choice.

A store's page is redirected to. Before a package of our own comes a page with the steps that the system will ask for;
its button leads to the file, or on iOS to the installer, which reads the manifest."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from functions.accounts.configuration import Effective, effective
from functions.accounts.groups import GROUPS
from functions.accounts.people import Account
from functions.activation.guessing import unknown
from functions.activation.screens import House
from functions.common import agents
from functions.common.agents import Platform, Version
from functions.common.errors import NotFound, NotReady, TooMany
from functions.common.http import Answer, Call, operation
from functions.common.page import escape, page
from functions.common.records import Stored
from functions.common.types import Id
from functions.installation import links, manifest, screens, storage
from functions.installation.downloads import for_need
from functions.installation.formats import media_type
from functions.installation.packages import PACKAGES, PackageFields
from functions.installation.platforms import PLATFORMS, Need, Offer, choose, needed
from functions.installation.words import words
from functions.provisioning.render import security_model
from functions.tenants import hostnames, tenants

HTML: Final = "text/html"


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What was chosen on the page. Further parameters are let through: some chats add theirs to every link."""

    platform: Platform | msgspec.UnsetType = msgspec.UNSET


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which package, as the page's own addresses name it."""

    package: Id


@operation(
    "Open an installation link: leads to the package for the device, or shows every choice",
    query=Chosen,
    answers={200: None, 302: None},
    problems=(NotFound, TooMany),
    produces=HTML,
    path={"token": Id},
)
def visit(call: Call[None, Chosen]) -> Answer:
    return _owned(call, lambda account: _visit(call, account, counted=True))


@operation(
    "What opening an installation link would answer; it does not count as opened",
    query=Chosen,
    answers={200: None, 302: None},
    problems=(NotFound, TooMany),
    produces=HTML,
    path={"token": Id},
)
def head(call: Call[None, Chosen]) -> Answer:
    return _owned(call, lambda account: _visit(call, account, counted=False))


@operation(
    "The file of a package: a redirect to its bytes",
    query=Wanted,
    answers={302: None},
    problems=(NotFound, TooMany),
    produces=HTML,
    path={"token": Id},
)
def file(call: Call[None, Wanted]) -> Answer:
    def answer(account: Account) -> Answer:
        package = _fitting_package(account, call.query.package)
        if package is None:  # replaced since the page was opened: the link itself knows what there is now
            return _redirect(f"/i/{call.path['token']}")
        return _redirect(storage.download(package.tenant, package.id, package.fields.file_name))

    return _owned(call, answer)


@operation(
    "The type and length of a package's file",
    query=Wanted,
    answers={200: None},
    problems=(NotFound, TooMany),
    produces=HTML,
    path={"token": Id},
)
def file_head(call: Call[None, Wanted]) -> Answer:
    def answer(account: Account) -> Answer:
        package = _fitting_package(account, call.query.package)
        if package is None:
            raise NotFound
        headers: dict[str, str | list[str]] = {
            "Content-Length": str(package.fields.size),
            "Content-Disposition": f'attachment; filename="{package.fields.file_name}"',
        }
        return Answer(text="", content_type=media_type(package.fields.file_name), headers=headers)

    return _owned(call, answer)


@operation(
    "The manifest from which an iPhone installs a package",
    query=Wanted,
    answers={200: None},
    problems=(NotFound, TooMany),
    produces=manifest.MEDIA_TYPE,
    path={"token": Id},
)
def ios_manifest(call: Call[None, Wanted]) -> Answer:
    account = links.owner(call.path["token"])
    if account is None:
        raise unknown(call.address)
    package, base = _fitting_package(account, call.query.package), _base(account)
    if package is None or package.fields.platform != "ios" or base is None:
        raise NotFound
    address = f"{base}/i/{call.path['token']}/file?package={package.id}"
    return Answer(text=manifest.manifest(package.fields, address), content_type=manifest.MEDIA_TYPE)


def _owned(call: Call[Any, Any], answer: Callable[[Account], Answer]) -> Answer:
    account = links.owner(call.path["token"])
    return answer(account) if account is not None else _unknown(call.address)


def _unknown(address: str) -> Answer:
    """In English: nobody knows whose it is. A network that tries many is told to wait."""
    lang, text = words("en")
    problem = unknown(address)
    headers = {"Retry-After": str(problem.retry_after)} if problem.retry_after else {}
    said = text.unknown if problem.status == NotFound.status else problem.message
    body = f"<h1>{escape(text.unknown_title)}</h1><p>{escape(said)}</p>"
    return page(text.unknown_title, body, lang, status=problem.status, headers=headers)


def _visit(call: Call[None, Chosen], account: Account, *, counted: bool) -> Answer:
    agent = call.headers.get("user-agent", "")
    kind, its_own = agents.kind(agent), agents.platform(agent)
    chosen = None if call.query.platform is msgspec.UNSET else call.query.platform
    platform = chosen or its_own
    version = agents.os_version(agent) if platform == its_own else None
    wanted = platform if chosen is not None or kind != "desktop" else None  # on a desktop the person chooses
    setup = _setup(account)
    fitting = for_need(account.tenant, _need(account, setup))
    found = choose(fitting, wanted, version) if wanted is not None else None
    if counted and kind != "preview":
        links.record(account, _seen(platform, version, found))
    if found is not None and found.url is not None:
        return _redirect(found.url)
    house, token = _house(account, setup), call.path["token"]
    if found is not None and (package := _package(found)) is not None:
        target = _target(token, account, package)
        if target is not None:
            return screens.before_install(house, package.fields, target, in_app=kind == "in_app")
    elif wanted is not None and (minimum := needed(fitting, wanted)) is not None:
        return screens.too_old(house, wanted, minimum)
    return _choices(house, account, token, fitting, wanted)


def _choices(house: House, account: Account, token: str, fitting: list[Offer], missing: Platform | None) -> Answer:
    offered = [(each, offer) for each in PLATFORMS if (offer := choose(fitting, each, None)) is not None]
    base = _base(account)
    return screens.choices(house, offered, missing, f"{base}/i/{token}" if base is not None else None)


def _seen(platform: Platform | None, version: Version | None, found: Offer | None) -> links.Visit:
    shown = ".".join(map(str, version)) if version is not None else None
    return links.Visit(platform or links.UNKNOWN, shown, found.id if found is not None else None)


def _redirect(address: str) -> Answer:
    return Answer(status=302, headers={"Location": address, "Referrer-Policy": "no-referrer"})


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


def _house(account: Account, setup: Effective | None) -> House:
    tenant = tenants.get(account.tenant).fields
    profile = setup.profile.fields if setup is not None else None
    return House(
        tenant=tenant.name,
        language=setup.language if setup is not None else account.language or tenant.language,
        brand=tenant.brand,
        support_phone=profile.customer_service_phone if profile is not None else None,
        support_email=profile.customer_service_email if profile is not None else None,
        test_call=None,
    )


def _package(offer: Offer) -> Stored[PackageFields] | None:
    return PACKAGES.find(offer.owner, offer.package_id) if offer.package_id is not None else None


def _fitting_package(account: Account, package_id: str) -> Stored[PackageFields] | None:
    """A package that a download leads this very account to; nobody gets another's by its id."""
    fitting = for_need(account.tenant, _need(account, _setup(account)))
    offer = next((each for each in fitting if each.package_id == package_id), None)
    return _package(offer) if offer is not None else None


def _target(token: str, account: Account, package: Stored[PackageFields]) -> str | None:
    """Where the button leads; None while no hostname is live, without which an iPhone cannot be told where to go."""
    if package.fields.platform != "ios":
        return f"/i/{token}/file?package={package.id}"
    base = _base(account)
    return manifest.link(f"{base}/i/{token}/manifest.plist?package={package.id}") if base is not None else None


def _base(account: Account) -> str | None:
    try:
        return hostnames.base_url(account.tenant, "links")
    except NotReady:
        return None
