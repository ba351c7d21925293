"""A template as people will read it, and what it costs, before it is saved."""

from base64 import b64encode
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from functions.accounts.groups import GROUPS, GroupFields
from functions.accounts.numbers import e164
from functions.accounts.people import Account, visible
from functions.common.caller import PROVIDER, Caller
from functions.common.errors import Invalid, NotFound, NotReady
from functions.common.types import Id, Language, Number, Text
from functions.messaging import defaults, qr, rendering, segments, templates
from functions.messaging.gateways import Channel
from functions.messaging.kinds import SCANNED, Kind
from functions.messaging.segments import Encoding
from functions.messaging.templates import Html, Level, TemplateFields, Words
from functions.provisioning import profiles
from functions.tenants import tenants

MOST_OFFENDERS: Final = 10
SAMPLE_LIFE: Final = 86_400  # seconds: how long the sample link lives
SAMPLE_CODE_LIFE: Final = 600


class PreviewRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A draft; without `text`, what would be sent now. Values that are not given are samples."""

    kind: Kind
    channel: Channel
    language: Language | None = None
    subject: Text = ""
    text: Words | None = None
    html: Html | None = None
    values: Annotated[dict[str, Text], Meta(description="By placeholder, without braces")] = {}
    account_id: Annotated[
        Id | None, Meta(description="Whose name, number, support and language are taken; links stay samples")
    ] = None
    to: Annotated[
        Number | None, Meta(description="Whose country sets an SMS's price; else the account's mobile does")
    ] = None


class Offender(msgspec.Struct, frozen=True, kw_only=True):
    """A character that makes the text ucs2, and where it stands first; line and column count from 1."""

    character: str
    line: int
    column: int
    suggestion: Annotated[
        str | None, Meta(description="What reads the same in gsm7; empty: leave it out; null: nothing does")
    ]


class SegmentCount(msgspec.Struct, frozen=True, kw_only=True):
    """What an SMS costs. `units` are septets (gsm7) or 16-bit units (ucs2), of which a part holds `per_part`."""

    encoding: Encoding
    parts: int
    units: int
    per_part: int
    split: Annotated[tuple[str, ...], Meta(description="The text of each part")]
    offenders: Annotated[
        tuple[Offender, ...], Meta(description=f"Each character that makes it ucs2, the first {MOST_OFFENDERS}")
    ]


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """The texts with values in them; `level` says whose template it is, and is null for a draft.

    The price is that of the whole message, all parts; null where nobody to send it to was given, or no price is
    known."""

    language: str
    level: Level | None
    subject: str
    text: str
    html: str | None
    segments: SegmentCount | None
    estimated_price: Annotated[str | None, Meta(description="Decimal, in `currency`")] = None
    currency: str | None = None


def preview(caller: Caller, wanted: PreviewRequest) -> Preview:
    """Raises Invalid for a draft that could not be saved, for values without a placeholder, and for an account that the
    caller does not see."""
    _check_values(wanted)
    account = _account(caller, wanted.account_id)
    group = _group(account) if account is not None else None
    to = e164(wanted.to, "to") if wanted.to is not None else account.mobile if account is not None else None
    template, level = _template(caller.tenant, wanted, account, group)
    values = _samples(template) | (_own(account, group) if account is not None else {}) | wanted.values
    text = rendering.render(template.text, values)
    counted = _count(text) if template.channel is Channel.sms else None
    price = _price(caller.tenant, to, counted.parts) if counted is not None and to is not None else None
    return Preview(
        language=template.language,
        level=level,
        subject=rendering.render(template.subject, values),
        text=text,
        html=_html(template.html, values, template.kind) if template.html is not None else None,
        segments=counted,
        estimated_price=price[0] if price is not None else None,
        currency=price[1] if price is not None else None,
    )


def _check_values(wanted: PreviewRequest) -> None:
    known = rendering.PLACEHOLDERS.keys() - {rendering.QR}
    unknown = [name for name in wanted.values if name not in known]
    if unknown:
        raise Invalid(details=[{"field": f"values.{name}", "problem": "no such placeholder"} for name in unknown])


def _account(caller: Caller, id_: str | None) -> Account | None:
    try:
        return visible(caller, id_) if id_ is not None else None
    except NotFound as missing:
        raise Invalid(missing.message, field="account_id") from None


def _group(account: Account) -> GroupFields | None:
    found = GROUPS.find(account.tenant, account.group_id)
    return found.fields if found is not None else None


def _template(
    tenant: str, wanted: PreviewRequest, account: Account | None, group: GroupFields | None
) -> tuple[TemplateFields, Level | None]:
    if wanted.text is None:
        own = tenants.TENANTS.find(PROVIDER, tenant)  # the provider itself is none
        languages = (
            wanted.language,
            account.language if account is not None else None,
            group.language if group is not None else None,
            own.fields.language if own is not None else None,
        )
        resolved = templates.resolve(tenant, wanted.kind, wanted.channel, *languages)
        return resolved.template, resolved.level
    draft = TemplateFields(
        kind=wanted.kind,
        channel=wanted.channel,
        language=wanted.language or "en",
        subject=wanted.subject,
        text=wanted.text,
        html=wanted.html,
    )
    templates.check(draft)
    return draft, None


def _samples(template: TemplateFields) -> dict[str, str]:
    life = SAMPLE_CODE_LIFE if template.kind is Kind.code else SAMPLE_LIFE
    return rendering.PLACEHOLDERS | {
        "expires": defaults.duration(life, template.language),
        rendering.QR: defaults.qr_alt(template.language),
    }


def _own(account: Account, group: GroupFields | None) -> dict[str, str]:
    """What a message to the account would say; never a link of its own."""
    return {
        "full_name": account.full_name,
        "number": account.number,
        "tenant": tenants.get(account.tenant).fields.name,
        **_support(account, group),
    }


def _support(account: Account, group: GroupFields | None) -> dict[str, str]:
    named = group.profile_id if group is not None else None
    try:
        profile = profiles.resolve(account.tenant, account.profile_id, named).fields
    except NotReady:  # no profile applies yet: there is nobody to call
        return {"support_phone": "", "support_email": ""}
    return {
        "support_phone": profile.customer_service_phone or "",
        "support_email": profile.customer_service_email or "",
    }


def _html(markup: str, values: dict[str, str], kind: Kind) -> str:
    """With the QR code, of the sample link, in the page itself: outside of an e-mail there is no attachment to show."""
    if rendering.QR not in rendering.names(markup):
        return rendering.render_html(markup, values)
    data = b64encode(qr.image(rendering.PLACEHOLDERS[SCANNED[kind]]).data).decode()
    return rendering.render_html(markup, values, picture=f"data:image/png;base64,{data}")


def _count(text: str) -> SegmentCount:
    counted = segments.count(text)
    return SegmentCount(
        encoding=counted.encoding,
        parts=counted.parts,
        units=counted.units,
        per_part=counted.per_part,
        split=segments.split(text),
        offenders=tuple(Offender(**each._asdict()) for each in segments.offenders(text, MOST_OFFENDERS)),
    )


def _price(tenant: str, to: str, parts: int) -> tuple[str, str] | None:
    from functions.messaging.prices import estimate  # only where somebody to send it to is given

    return estimate(tenant, to, parts)
