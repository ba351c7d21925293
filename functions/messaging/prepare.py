"""From a message to what goes on the wire: to whom, in which language, with which link. Nothing of it is kept."""

from datetime import timedelta
from typing import Final, NamedTuple

from functions.accounts import people
from functions.accounts.groups import GROUPS, GroupFields
from functions.accounts.people import Contact
from functions.activation import links as activation_links
from functions.common import clock
from functions.common.errors import NotFound
from functions.installation import links as installation_links
from functions.messaging import countries, defaults, notices, rendering, templates, timing
from functions.messaging.gateways import Channel, Image
from functions.messaging.kinds import ACTIVATING, NOTICES, SCANNED, Kind
from functions.messaging.lines import Prepared
from functions.messaging.models import Message, to_former
from functions.messaging.state import State
from functions.messaging.templates import TemplateFields
from functions.provisioning import profiles
from functions.tenants import tenants
from functions.tenants.tenants import TenantFields

CODE_LIFE: Final = timedelta(minutes=10)  # nobody waits longer for a code at the page that asks for it
FORMER: Final = "(the former address, which is kept nowhere)"


class Pointless(Exception):
    """The message cannot, or must not, be sent any more; it ends in `state`."""

    def __init__(self, state: State, reason: str) -> None:
        self.state, self.reason = state, reason
        super().__init__(reason)


class _To(NamedTuple):
    """Where a message goes; `country` of a number."""

    address: str
    country: str | None


def prepare(message: Message) -> Prepared:
    """Raises Pointless, and NotReady where the installation lacks something that may yet come."""
    contact = _contact(message)
    to = _former(message) if to_former(message) else _present(message, contact)
    if message.channel == Channel.sms:
        problem = countries.refused(tenants.get(message.tenant).fields, to.country)
        if problem is not None:
            raise Pointless(State.failed, problem)
    group = GROUPS.find(message.tenant, contact.group_id)
    return _rendered(message, contact, group.fields if group is not None else None, to)


def _contact(message: Message) -> Contact:
    try:
        contact = people.contact(message.tenant, message.account_id)
    except NotFound:
        raise Pointless(State.cancelled, "The account was deleted.") from None
    if contact.standing != "enabled" and message.kind not in NOTICES:
        raise Pointless(State.cancelled, f"The account is {contact.standing}.")
    return contact


def _present(message: Message, contact: Contact) -> _To:
    sms = message.channel == Channel.sms
    to = contact.mobile if sms else contact.email
    if not to:
        raise Pointless(State.failed, f"The account has no {'mobile' if sms else 'email'}.")
    if (trouble := contact.mobile_problem if sms else contact.email_problem) is not None:
        raise Pointless(State.failed, f"Nothing is sent there any more: {trouble}")
    return _To(to, contact.mobile_country if sms else None)


def _former(message: Message) -> _To:
    if message.state == State.kept:
        return _To(FORMER, None)
    address = notices.former_address(message)
    if address is None:
        raise Pointless(State.failed, "The former address is kept nowhere any more.")
    if message.channel != Channel.sms:
        return _To(address, None)
    from functions.accounts.numbers import country_of  # the account knows the country of its present mobile alone

    return _To(address, country_of(address))


def _rendered(message: Message, contact: Contact, group: GroupFields | None, to: _To) -> Prepared:
    tenant = tenants.get(message.tenant).fields
    languages = contact.language, group.language if group is not None else None, tenant.language
    resolved = templates.resolve(message.tenant, Kind(message.kind), Channel(message.channel), *languages)
    template = resolved.template
    names = _names(template)
    values = {"full_name": contact.full_name, "number": contact.number, "tenant": tenant.name}
    link = None
    if message.kind in ACTIVATING:
        link, values["link"] = _link(message)
    values |= _own(message, contact, group, tenant, names)
    images: tuple[Image, ...] = ()
    if "qr" in names:
        from functions.messaging import qr  # only e-mails have one

        values["qr"] = defaults.qr_alt(template.language)
        images = (qr.image(values[SCANNED[Kind(message.kind)]]),)
    if "expires" in names:
        values["expires"] = _expires(message, link, template.language)
    if names & {"support_phone", "support_email"}:
        values |= _support(message.tenant, contact, group)
    return Prepared(
        to=to.address,
        country=to.country,
        images=images,
        text=rendering.render(template.text, values),
        subject=rendering.render(template.subject, values),
        html=rendering.render_html(template.html, values) if template.html is not None else None,
        link=link,
    )


def _names(template: TemplateFields) -> frozenset[str]:
    return rendering.names(f"{template.subject} {template.text} {template.html or ''}")


def _own(
    message: Message, contact: Contact, group: GroupFields | None, tenant: TenantFields, names: frozenset[str]
) -> dict[str, str]:
    """What a message of this kind says beside what all do, and its activation link."""
    match Kind(message.kind):
        case Kind.installation:
            return {"link": installation_links.address(message.tenant, message.account_id)}
        case Kind.combined:
            return {"installation_link": installation_links.address(message.tenant, message.account_id)}
        case Kind.code:
            return {"code": _code(message)}
        case Kind.activated:
            when = timing.local(message.created_at, contact, group, tenant)
            return {"not_me": _not_me(message), "when": when, "device": _device(message) if "device" in names else ""}
        case Kind.activation | Kind.reminder | Kind.reset | Kind.changed:
            return {}


def _link(message: Message) -> activation_links.Addressed:
    try:
        return activation_links.addressed(message.tenant, message.account_id, message.link_id or "")
    except activation_links.LinkNotLive:
        raise Pointless(State.cancelled, "Its activation link is no longer live.") from None


def _code(message: Message) -> str:
    from functions.activation import codes  # few messages have one

    if clock.now() > message.created_at + CODE_LIFE:
        raise Pointless(State.cancelled, "Its code was wanted ten minutes ago: nobody waits for it any more.")
    try:
        return codes.for_message(message.tenant, message.account_id, message.link_id or "")
    except activation_links.LinkNotLive:
        raise Pointless(State.cancelled, "Its code is no longer good.") from None


def _not_me(message: Message) -> str:
    from functions.activation import notme_link  # few messages have one

    return notme_link.address(message.tenant, message.account_id, message.link_id or "")


def _device(message: Message) -> str:
    """What took the link, as its browser said; empty where that is not known."""
    from functions.common import agents  # few messages say it
    from functions.installation.words import PLATFORM_NAMES

    link = activation_links.find(message.tenant, message.account_id, message.link_id or "")
    platform = agents.platform(link.claimed_by or "") if link is not None else None
    return PLATFORM_NAMES[platform] if platform is not None else ""


def _expires(message: Message, link: activation_links.Link | None, language: str) -> str:
    """How long the link lives: whole from its first message on, or what is left of it; or how long a code is good.
    Empty for what has no end."""
    if link is None and message.link_id is not None:
        link = activation_links.find(message.tenant, message.account_id, message.link_id)
    if link is None:
        return ""
    if message.kind == Kind.code:
        return defaults.duration(int(link.code_until or 0) - clock.epoch(), language)
    left = int(link.lifetime) if link.sent_at is None else int(link.expires_at) - clock.epoch()
    return defaults.duration(left, language)


def _support(tenant: str, contact: Contact, group: GroupFields | None) -> dict[str, str]:
    profile = profiles.resolve(tenant, contact.profile_id, group.profile_id if group is not None else None).fields
    return {
        "support_phone": profile.customer_service_phone or "",
        "support_email": profile.customer_service_email or "",
    }
