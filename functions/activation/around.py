"""What surrounds a link for the pages that show it: whose it is, in which language, whom to call, what became of it.

Reads alone, but for `second_visit`."""

from typing import Final, Literal

from functions.accounts import attention, history
from functions.accounts.configuration import Effective, effective
from functions.accounts.people import Account, find, standing
from functions.activation.models import Link
from functions.activation.screens import House, Why
from functions.common import agents, limits, settings
from functions.common.errors import NotFound, NotReady
from functions.installation.links import known_address
from functions.provisioning import render
from functions.provisioning.clients import Delivery, Launch, Start, Unrenderable, client
from functions.tenants import tenants

VISITS_NOTED_EVERY: Final = 3600  # seconds, per link


def account_of(link: Link) -> Account | None:
    return find(link.tenant, link.account_id)


def setup_of(account: Account) -> Effective | None:
    """None where no profile resolves at present."""
    try:
        return effective(account)
    except (NotReady, NotFound):
        return None


def house(link: Link, account: Account | None = None, setup: Effective | None = None) -> House:
    """Who sent the link, and in which language to speak."""
    account = account or account_of(link)
    setup = setup or (setup_of(account) if account is not None else None)
    tenant = tenants.get(link.tenant).fields
    profile = setup.profile.fields if setup is not None else None
    return House(
        tenant=tenant.name,
        language=setup.language if setup is not None else tenant.language,
        brand=tenant.brand,
        support_phone=profile.customer_service_phone if profile is not None else None,
        support_email=profile.customer_service_email if profile is not None else None,
        test_call=profile.test_call_number if profile is not None else None,
    )


def why(link: Link, account: Account | None) -> Why:
    """Why a link gives nothing any more."""
    if account is None:
        return "revoked"
    if standing(account) != "enabled":
        return "suspended"
    match link.state:
        case "fetched" | "closed":
            return "used"
        case "superseded" | "revoked" | "locked":
            return link.state
    return "expired"


def code_by(link: Link, account: Account) -> Literal["sms", "email", "operator"]:
    """How the link's code reaches its person."""
    if link.code_by == "operator":
        return "operator"
    from functions.messaging import notices, outbox

    channel = notices.code_channel(account, notices.came_by(outbox.all_of(link.tenant, account.id), link.id))
    return channel.value if channel is not None else "operator"


def install_url(account: Account) -> str | None:
    """The installation link, where one was sent."""
    return known_address(account.tenant, account.id)


def launch(setup: Effective, start: Start) -> Launch:
    """How the account's client is started. Raises NotReady where a setting of the profile is missing."""
    try:
        return client(setup.client).launch(start)
    except Unrenderable as error:
        raise NotReady(str(error)) from None


def apple_profile(setup: Effective, platform: str | None, ticket: str) -> str | None:
    """Where an iPhone finds the certificate that its softphone's server is checked against."""
    wanted = platform == "ios" and setup.profile.fields.root_ca is not None
    return f"/p/{ticket}/profile" if wanted else None


def runs_on(setup: Effective | None, platform: str | None) -> bool:
    """Whether the account's client exists for a platform; so it is taken to where one of both is not known."""
    return setup is None or platform is None or platform in client(setup.client).PLATFORMS


def startable(setup: Effective) -> None:
    """Raises NotReady where a setting of the profile is missing without which the client cannot be started."""
    if client(setup.client).DELIVERY is not Delivery.shown:
        render.startable(setup.client, setup.profile.fields)


def not_ready(link: Link, problem: str) -> None:
    """A link could not do its work because of a setting: an operator is told, once a day."""
    if limits.take(1, 86_400, "not ready", link.tenant, link.account_id) is None:
        attention.note(link.tenant, link.account_id, "not_ready", link=link.id, problem=problem)


def second_visit(link: Link, agent: str, network: str) -> None:
    """Somebody has a used link before them, or taps it: when that is another device, an operator looks at it. The one
    that used it may have moved to another network, or its person taps in another app."""
    if link.claimed_by is None or link.claimed_by == agent[:200] or link.claimed_from == network:
        return  # nobody can tell any more which one took it, or it is the same
    if limits.take(1, VISITS_NOTED_EVERY, "second visit", link.tenant, link.id) is not None:
        return
    kind = agents.platform(agent) or agents.kind(agent)
    history.add(link.tenant, link.account_id, "link.second_device", link=link.id, device=kind, network=network)
    attention.note(link.tenant, link.account_id, "second_device", link=link.id)


def bucket() -> tuple[str, ...]:
    """Where a form's redirects may end besides here: the host that presigned addresses name."""
    endpoint = settings.optional("FILES_ENDPOINT")
    if endpoint is not None:
        return (endpoint,)
    name, region = settings.optional("BUCKET_FILES"), settings.optional("AWS_REGION")
    return (f"https://{name}.s3.{region}.amazonaws.com",) if name and region else ()
