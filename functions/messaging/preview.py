"""A template as people will read it, and what it costs, before it is saved."""

from typing import Annotated

import msgspec
from msgspec import Meta

from functions.common.caller import PROVIDER
from functions.common.errors import Invalid
from functions.common.types import Language, Text
from functions.messaging import rendering, segments, templates
from functions.messaging.gateways import Channel
from functions.messaging.kinds import Kind
from functions.messaging.segments import Encoding
from functions.messaging.templates import Html, Level, TemplateFields, Words
from functions.tenants import tenants


class PreviewRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A draft; without `text`, what would be sent now. Values that are not given are samples."""

    kind: Kind
    channel: Channel
    language: Language | None = None
    subject: Text = ""
    text: Words | None = None
    html: Html | None = None
    values: Annotated[dict[str, Text], Meta(description="By placeholder, without braces")] = {}


class SegmentCount(msgspec.Struct, frozen=True, kw_only=True):
    """What an SMS costs. `units` are septets (gsm7) or 16-bit units (ucs2), of which a part holds `per_part`."""

    encoding: Encoding
    parts: int
    units: int
    per_part: int
    offender: Annotated[str | None, Meta(description="The first character that makes it ucs2")]


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """The texts with values in them; `level` says whose template it is, and is null for a draft."""

    language: str
    level: Level | None
    subject: str
    text: str
    html: str | None
    segments: SegmentCount | None


def preview(tenant: str, wanted: PreviewRequest) -> Preview:
    """Raises Invalid for a draft that could not be saved, and for values without a placeholder."""
    unknown = [name for name in wanted.values if name not in rendering.PLACEHOLDERS]
    if unknown:
        raise Invalid(details=[{"field": f"values.{name}", "problem": "no such placeholder"} for name in unknown])
    template, level = _template(tenant, wanted)
    values = rendering.PLACEHOLDERS | wanted.values
    text = rendering.render(template.text, values)
    return Preview(
        language=template.language,
        level=level,
        subject=rendering.render(template.subject, values),
        text=text,
        html=rendering.render_html(template.html, values) if template.html is not None else None,
        segments=_count(text) if template.channel is Channel.sms else None,
    )


def _template(tenant: str, wanted: PreviewRequest) -> tuple[TemplateFields, Level | None]:
    if wanted.text is None:
        own = tenants.TENANTS.find(PROVIDER, tenant)  # the provider itself is none
        languages = wanted.language, own.fields.language if own is not None else None
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


def _count(text: str) -> SegmentCount:
    counted = segments.count(text)
    return SegmentCount(
        encoding=counted.encoding,
        parts=counted.parts,
        units=counted.units,
        per_part=counted.per_part,
        offender=counted.first_offender,
    )
