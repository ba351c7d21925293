"""One look for all e-mails that are shipped. The HTML is made from the plain text, so both always say the same.

Each line is a paragraph on one line of the HTML, too: what lacks its optional value goes whole in both. Nothing is
loaded from elsewhere, and nothing tells who has read it."""

import html
import re
from typing import Final

from functions.messaging.defaults._words import Mail, Words

_LINK: Final = '<a href="{scheme}{name}" style="color: #0b57d0">{shown}</a>'
_SCHEMES: Final = {
    "link": "",
    "installation_link": "",
    "not_me": "",
    "support_phone": "tel:",
    "support_email": "mailto:",
}
_STRONG: Final = frozenset({"number", "code"})
_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")

# Between right-to-left words, what has a direction of its own is set apart: else a number ends with its plus sign.
_APART: Final = {
    "number": '<bdi dir="ltr">{}</bdi>',
    "link": '<bdi dir="ltr">{}</bdi>',
    "installation_link": '<bdi dir="ltr">{}</bdi>',
    "not_me": '<bdi dir="ltr">{}</bdi>',
    "code": '<bdi dir="ltr">{}</bdi>',
    "when": '<bdi dir="ltr">{}</bdi>',
    "device": "<bdi>{}</bdi>",
    "support_phone": '<bdi dir="ltr">{}</bdi>',
    "support_email": '<bdi dir="ltr">{}</bdi>',
    "full_name": "<bdi>{}</bdi>",
    "tenant": "<bdi>{}</bdi>",
}
LEFT_TO_RIGHT_MARK: Final = "\u200e"  # does the same in plain text, before a number


def page(mail: Mail, words: Words, language: str, scanned: str | None) -> str:
    """An e-mail's HTML, with placeholders. After the link named `scanned` stands the QR code."""
    body: list[str] = []
    for line in filter(None, mail.text.split("\n")):
        body.append(f"<p>{_marked(line, words)}</p>")
        if scanned is not None and line == f"{{{scanned}}}":
            body.append(f"<p>{html.escape(words.qr, quote=False)} {{qr}}</p>")
    direction = f'lang="{language}" dir="{words.direction}"'
    # Mail programs on the web keep neither <html> nor its attributes: the <div> says them again.
    return "\n".join(
        [
            "<!doctype html>",
            f"<html {direction}>",
            f'<head><meta charset="utf-8"><title>{_plain(mail.subject)}</title></head>',
            "<body>",
            f'<div {direction} style="font-family: sans-serif; font-size: 16px; line-height: 1.5; max-width: 36em">',
            *body,
            "</div>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _marked(line: str, words: Words) -> str:
    def marked(match: re.Match[str]) -> str:
        shown = match[0]
        if words.direction == "rtl":
            shown = _APART.get(match[1], "{}").format(shown)
        if match[1] in _STRONG:
            return f"<strong>{shown}</strong>"
        scheme = _SCHEMES.get(match[1])
        return shown if scheme is None else _LINK.format(scheme=scheme, name=match[0], shown=shown)

    return _PLACEHOLDER.sub(marked, _plain(line))


def _plain(text: str) -> str:
    return html.escape(text.replace(LEFT_TO_RIGHT_MARK, ""), quote=False)
