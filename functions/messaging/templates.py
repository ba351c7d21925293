"""What messages say: a tenant's templates, else the provider's, else those that are shipped."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from functions.common.caller import PROVIDER, Caller
from functions.common.errors import Conflict, Invalid
from functions.common.records import Collection
from functions.common.table import key
from functions.common.transaction import Delete, Step, new
from functions.common.types import Language, LongText, Text
from functions.messaging import defaults, rendering, segments
from functions.messaging.gateways import Channel
from functions.messaging.kinds import NEEDED, ONLY_IN, PERSONAL, SCANNED, Kind
from functions.messaging.models import MessagingRecord, TemplateFor

MOST_PARTS: Final = 6  # of an SMS with sample values: each part is paid for

Level = Literal["tenant", "provider", "default"]
Html = Annotated[
    str,
    Meta(
        max_length=20_000,
        pattern=r"^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f]*$",
        description="An HTML page; values are escaped when they are put in. {qr} shows the link as a QR code",
    ),
]
Words = Annotated[
    LongText,
    Meta(
        min_length=1,
        description="With placeholders. {link} must be among them; in kind combined {installation_link}, too; in kind "
        "code {code}, and in kind activated {not_me}, instead. The kinds reset and changed have no link",
    ),
]


class TemplateFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a message of one kind says on one channel in one language. Subject and html are an e-mail's."""

    kind: Kind
    channel: Channel
    language: Language = defaults.FALLBACK
    subject: Text = ""
    text: Words
    html: Html | None = None


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """The template that a message takes, and whose it is."""

    template: TemplateFields
    level: Level


class TemplateExists(Conflict):
    code = "template_exists"
    message = "There is a template for this kind, channel and language already. Change that one."


def check(template: TemplateFields) -> None:
    """Raises Invalid naming every fault of every text with its line and column."""
    problems = list(_problems(template))
    if problems:
        raise Invalid(details=problems)


def _guard(caller: Caller, id_: str, before: TemplateFields | None, after: TemplateFields | None) -> Sequence[Step]:
    if after is not None:
        check(after)
    was, will_be = _place(caller.tenant, id_, before), _place(caller.tenant, id_, after)
    if was is not None and will_be is not None and was.sk == will_be.sk:
        return ()
    steps: list[Step] = [Delete(item=was)] if was is not None else []
    if will_be is not None:
        steps.append(new(will_be, TemplateExists(field="language")))
    return steps


TEMPLATES = Collection(MessagingRecord, "template", TemplateFields, _guard)


def resolve(tenant: str, kind: Kind, channel: Channel, *languages: str | None) -> Resolved:
    """The template for the first of `languages` that has one: the tenant's own in any of them before the provider's in
    any, and that before what is shipped. Each language stands for its base, too; English is always the last."""
    wanted = spoken(*languages)
    levels: tuple[tuple[str, Level], ...] = ((tenant, "tenant"), (PROVIDER, "provider"))
    for owner, level in levels:
        found = _best(wanted, (stored.fields for stored in TEMPLATES.all(owner)), kind, channel)
        if found is not None:
            return Resolved(template=found, level=level)
    shipped = _best(wanted, _shipped(wanted, kind, channel), kind, channel)
    assert shipped is not None  # English has them all: a test says so
    return Resolved(template=shipped, level="default")


def spoken(*languages: str | None) -> tuple[str, ...]:
    """pt-BR, it → pt-BR, pt, it, en"""
    given = [each for language in languages if language for each in (language, language.partition("-")[0])]
    return tuple(dict.fromkeys([*given, defaults.FALLBACK]))


def _best(
    wanted: Sequence[str], found: Iterable[TemplateFields], kind: Kind, channel: Channel
) -> TemplateFields | None:
    by_language = {each.language: each for each in found if each.kind is kind and each.channel is channel}
    return next((by_language[language] for language in wanted if language in by_language), None)


def _shipped(wanted: Sequence[str], kind: Kind, channel: Channel) -> Iterator[TemplateFields]:
    for language in wanted:
        if language in defaults.languages():
            words = defaults.templates(language)[f"{kind}.{channel}"]
            yield TemplateFields(kind=kind, channel=channel, language=language, **words)


def _place(tenant: str, id_: str, template: TemplateFields | None) -> TemplateFor | None:
    if template is None:
        return None
    what = key(template.kind, template.channel, template.language)
    return TemplateFor(pk=key(tenant, "template_for"), sk=what, template_id=id_)


def _problems(template: TemplateFields) -> Iterator[dict[str, str]]:
    texts = {"subject": template.subject, "text": template.text, "html": template.html or ""}
    for name, text in texts.items():
        for fault in rendering.faults(text, _refused(template, name)):
            yield {"field": name, "problem": str(fault)}
    for name in ("text", "html") if template.html is not None else ("text",):
        for needed in NEEDED[template.kind]:
            if needed not in rendering.names(texts[name]):
                yield {"field": name, "problem": f"{{{needed}}} is missing: {_MISSING[needed]}"}
    for name, text in texts.items():
        if template.kind is Kind.code and "://" in text:
            yield {"field": name, "problem": "a code goes without a link: who asks for both in one place is a thief"}
    if template.channel is Channel.email:
        if not template.subject.strip():
            yield {"field": "subject", "problem": "an e-mail needs a subject"}
        return
    for name in ("subject", "html"):
        if texts[name]:
            yield {"field": name, "problem": "only an e-mail has it"}
    parts = segments.count(rendering.render(template.text, rendering.PLACEHOLDERS)).parts
    if parts > MOST_PARTS:
        yield {"field": "text", "problem": f"it costs {parts} SMS parts with sample values; at most {MOST_PARTS}"}


_MISSING: Final = {
    "link": "the message would lead nowhere",
    "installation_link": "the app could not be installed",
    "code": "it is what the message is for",
    "not_me": "nobody could say that it was somebody else",
}


def _refused(template: TemplateFields, name: str) -> dict[str, str]:
    """The placeholders that cannot stand in this text of the template, and why."""
    refused = {
        placeholder: _only_in(placeholder) for placeholder, kinds in ONLY_IN.items() if template.kind not in kinds
    }
    if template.kind is Kind.changed:
        refused |= dict.fromkeys(PERSONAL, "the message may go to an address that is somebody else's by now")
    if template.kind not in SCANNED:
        refused[rendering.QR] = f"a message of kind {template.kind} has no link that is opened on the phone"
    elif name != "html":
        refused[rendering.QR] = "a picture shows in the HTML of an e-mail alone"
    return refused


def _only_in(placeholder: str) -> str:
    kinds = [kind for kind in Kind if kind in ONLY_IN[placeholder]]
    return f"only a message of kind {' or '.join((', '.join(kinds[:-1]), kinds[-1])) if kinds[1:] else kinds[0]} has it"
