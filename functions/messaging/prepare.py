"""From a message to what goes on the wire: to whom, in which language, with which link. Nothing of it is kept."""

from functions.accounts import people
from functions.accounts.groups import GROUPS, GroupFields
from functions.accounts.people import Contact
from functions.activation import links as activation_links
from functions.common import clock
from functions.common.errors import NotFound
from functions.installation import links as installation_links
from functions.messaging import countries, defaults, rendering, templates
from functions.messaging.gateways import Channel, Image
from functions.messaging.kinds import SCANNED, Kind
from functions.messaging.lines import Prepared
from functions.messaging.models import Message
from functions.messaging.state import State
from functions.messaging.templates import TemplateFields
from functions.provisioning import profiles
from functions.tenants import tenants


class Pointless(Exception):
    """The message cannot, or must not, be sent any more; it ends in `state`."""

    def __init__(self, state: State, reason: str) -> None:
        self.state, self.reason = state, reason
        super().__init__(reason)


def prepare(message: Message) -> Prepared:
    """Raises Pointless, and NotReady where the installation lacks something that may yet come."""
    contact = _contact(message)
    sms = message.channel == Channel.sms
    to = contact.mobile if sms else contact.email
    if not to:
        raise Pointless(State.failed, f"The account has no {'mobile' if sms else 'email'}.")
    if (trouble := contact.mobile_problem if sms else contact.email_problem) is not None:
        raise Pointless(State.failed, f"Nothing is sent there any more: {trouble}")
    if sms and (problem := countries.refused(tenants.get(message.tenant).fields, contact.mobile_country)) is not None:
        raise Pointless(State.failed, problem)
    group = GROUPS.find(message.tenant, contact.group_id)
    return _rendered(message, contact, group.fields if group is not None else None, to)


def _contact(message: Message) -> Contact:
    try:
        contact = people.contact(message.tenant, message.account_id)
    except NotFound:
        raise Pointless(State.cancelled, "The account was deleted.") from None
    if contact.standing != "enabled":
        raise Pointless(State.cancelled, f"The account is {contact.standing}.")
    return contact


def _rendered(message: Message, contact: Contact, group: GroupFields | None, to: str) -> Prepared:
    tenant = tenants.get(message.tenant).fields
    languages = contact.language, group.language if group is not None else None, tenant.language
    resolved = templates.resolve(message.tenant, Kind(message.kind), Channel(message.channel), *languages)
    template = resolved.template
    names = _names(template)
    values = {"full_name": contact.full_name, "number": contact.number, "tenant": tenant.name}
    values["link"] = _link(message)
    if "installation_link" in names:
        values["installation_link"] = installation_links.address(message.tenant, message.account_id)
    images: tuple[Image, ...] = ()
    if "qr" in names:
        from functions.messaging import qr  # only e-mails have one

        values["qr"] = defaults.qr_alt(template.language)
        images = (qr.image(values[SCANNED[Kind(message.kind)]]),)
    if "expires" in names:
        values["expires"] = _expires(message, template.language)
    if names & {"support_phone", "support_email"}:
        values |= _support(message.tenant, contact, group)
    return Prepared(
        to=to,
        country=contact.mobile_country if message.channel == Channel.sms else None,
        images=images,
        text=rendering.render(template.text, values),
        subject=rendering.render(template.subject, values),
        html=rendering.render_html(template.html, values) if template.html is not None else None,
    )


def _names(template: TemplateFields) -> frozenset[str]:
    return rendering.names(f"{template.subject} {template.text} {template.html or ''}")


def _link(message: Message) -> str:
    if message.kind == Kind.installation:
        return installation_links.address(message.tenant, message.account_id)
    try:
        return activation_links.address(message.tenant, message.account_id, message.link_id or "")
    except activation_links.LinkNotLive:
        raise Pointless(State.cancelled, "Its activation link is no longer live.") from None


def _expires(message: Message, language: str) -> str:
    """How long the link lives: whole from its first message on, or what is left of it. Empty for one without an end."""
    link = activation_links.find(message.tenant, message.account_id, message.link_id) if message.link_id else None
    if link is None:
        return ""
    left = int(link.lifetime) if link.sent_at is None else int(link.expires_at) - clock.epoch()
    return defaults.duration(left, language)


def _support(tenant: str, contact: Contact, group: GroupFields | None) -> dict[str, str]:
    profile = profiles.resolve(tenant, contact.profile_id, group.profile_id if group is not None else None).fields
    return {
        "support_phone": profile.customer_service_phone or "",
        "support_email": profile.customer_service_email or "",
    }
