"""What all activation pages have in common: whose page it is, in which language, whom to call, and what becomes of
personal data."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from urllib.parse import quote

from functions.activation.words import Words, words
from functions.common.http import Answer
from functions.common.page import escape, page
from functions.tenants.brand import Brand, palette

STYLE: Final = """
header { display: flex; gap: .75rem; align-items: center; padding-bottom: 0; font-weight: 600 }
header img { max-height: 3rem; max-width: 9rem }
h1:focus { outline: 0 }
form p:empty { margin: 0 }
label { display: block; margin-top: 1rem; font-weight: 600 }
.tick { display: flex; gap: .75rem; align-items: center; padding: .5rem 0 }
.tick input { width: 1.5rem; height: 1.5rem; flex: none; margin: 0 }
details { margin: 1.5rem 0; border: 1px solid var(--line); border-radius: .6rem; padding: 0 1rem }
summary { padding: .8rem 0; font-weight: 600; cursor: pointer }
.value { font-family: ui-monospace, monospace; user-select: all; -webkit-user-select: all }
.box { padding: .7rem; border: 1px solid var(--line); border-radius: .6rem }
.copy { margin: .25rem 0; padding: .3rem .8rem; border: 1px solid var(--line); border-radius: .4rem; background: none;
  color: var(--act); font: inherit; cursor: pointer }
dt { color: var(--soft) }
dd { margin: 0 0 .75rem }
#progress h2 { font-size: 1.5rem; margin-top: .5rem }
.aside { margin-top: 2rem }
footer p { margin: .5rem 0 }
"""


class House(NamedTuple):
    """Who sends the link, and in which language its person reads."""

    tenant: str
    language: str
    brand: Brand
    support_phone: str | None
    support_email: str | None
    test_call: str | None

    @property
    def words(self) -> Words:
        return words(self.language)[1]


NEUTRAL: Final = House("", "en", Brand(), None, None, None)


def whole(
    house: House,
    title: str,
    body: str,
    *,
    status: int = 200,
    form_action: Sequence[str] = ("'self'",),
    script: str = "",
    headers: Mapping[str, str | list[str]] | None = None,
) -> Answer:
    """The page. `body` is HTML without its first heading, which is the title."""
    shown, _ = words(house.language)
    html = f"{header(house)}<main><h1>{escape(title)}</h1>{body}</main>{footer(house)}"
    style = STYLE + colours(house.brand)
    return page(title, html, shown, status=status, form_action=form_action, script=script, style=style, headers=headers)


def fill(sentence: str, **values: str) -> str:
    """A sentence of our own with its placeholders, as HTML. `values` are HTML already."""
    return escape(sentence).format(**values)


def paragraph(sentence: str, kind: str = "", **values: str) -> str:
    opened = f'<p class="{kind}">' if kind else "<p>"
    return f"{opened}{fill(sentence, **values)}</p>"


def name(text: str) -> str:
    """Somebody's name, whichever way its script runs."""
    return f"<bdi>{escape(text)}</bdi>"


def left_to_right(text: str) -> str:
    """Digits and addresses, which run from left to right everywhere."""
    return f'<bdi dir="ltr">{escape(text)}</bdi>'


def contact(house: House) -> str:
    """Whom to call, as paragraphs."""
    lines = []
    if house.support_phone:
        digits = "".join(each for each in house.support_phone if each in "+0123456789")
        shown = house.support_phone.replace(" ", "\u00a0")  # on one line
        phone = f'<a href="tel:{digits}">{left_to_right(shown)}</a>'
        lines.append(paragraph(house.words.help_phone, phone=phone))
    if house.support_email:
        email = (
            f'<a href="mailto:{escape(quote(house.support_email, safe="@"))}">{left_to_right(house.support_email)}</a>'
        )
        lines.append(paragraph(house.words.help_email, email=email))
    return "".join(lines) or paragraph(house.words.help_sender)


def form(path: str, *inside: str, busy: str | None = None) -> str:
    """A form that is sent to `path`. busy: it is the tap, and this is said below until its answer is there."""
    tap, below = "", ""
    if busy is not None:
        tap, below = f' data-tap="{escape(busy)}"', '<p role="status"></p>'
    return f'<form method="post" action="{escape(path)}"{tap}>{"".join(inside)}{below}</form>'


def submit(label: str, *, quiet: bool = False) -> str:
    return f'<button class="{_class(quiet)}">{escape(label)}</button>'


def button(address: str, label: str, *, quiet: bool = False) -> str:
    """A link that looks like the button it is to people."""
    return f'<a class="{_class(quiet)}" href="{escape(address)}">{escape(label)}</a>'


def claim_field(claim_id: str) -> str:
    return f'<input type="hidden" name="claim" value="{escape(claim_id)}">'


def code_field(place: str, label: str, attributes: str) -> str:
    return (
        f'<label for="{place}-code">{escape(label)}</label>'
        f'<input type="text" id="{place}-code" name="code" dir="ltr" required {attributes}>'
    )


def described(place: str) -> str:
    """The attributes of a field that `wrong` says something of."""
    return f' aria-invalid="true" aria-describedby="{place}-wrong"'


def wrong(place: str, text: str) -> str:
    return f'<p class="warning" role="alert" id="{place}-wrong">{escape(text)}</p>'


def copyable(id_: str, value: str, said: Words) -> str:
    """Digits or an address to take elsewhere: to be selected by one touch, and copied by a button where there is
    script."""
    return (
        f'<bdi dir="ltr" class="value" id="{id_}">{escape(value)}</bdi> '
        f'<button type="button" class="copy" data-copy="{id_}" data-copied="{escape(said.copied)}" hidden>'
        f'{escape(said.copy)}</button> <span role="status"></span>'
    )


def install(said: Words, url: str | None) -> str:
    """For those whose client is not there yet."""
    if url is None:
        return paragraph(said.install_message, "note")
    link = f'<a href="{escape(url)}">{escape(said.install)}</a>'
    return f"{paragraph(said.install_hint, 'note')}<p>{link}</p>"


def _class(quiet: bool) -> str:
    return "button quiet" if quiet else "button"


def header(house: House) -> str:
    """Whose page it is."""
    if not house.tenant:
        return ""
    logo = f'<img src="{escape(house.brand.logo)}" alt="">' if house.brand.logo else ""
    return f"<header>{logo}{name(house.tenant)}</header>"


def footer(house: House) -> str:
    """Whom to call, and who answers for the personal data."""
    said, controller = house.words, house.brand.controller or house.tenant
    privacy = paragraph(said.privacy, controller=name(controller)) if controller else ""
    if house.brand.privacy_url:
        notice = f'<a href="{escape(house.brand.privacy_url)}" rel="noreferrer">{escape(said.privacy_notice)}</a>'
        privacy += f"<p>{notice}</p>"
    return f"<footer>{contact(house)}{privacy}</footer>"


def colours(brand: Brand) -> str:
    """The tenant's own, for the page's style sheet."""
    if brand.colour is None:
        return ""
    shades = palette(brand.colour)
    return (
        f":root {{ --act: {shades.on_light}; --button: {shades.button}; --on: {shades.on_button} }}"
        f"@media (prefers-color-scheme: dark) {{ :root {{ --act: {shades.on_dark} }} }}"
    )
