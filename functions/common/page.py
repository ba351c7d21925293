"""The pages people see: one shell for all, with no script or asset of anybody else, readable on the smallest phone.

    return page("Ready to dial", f"<h1>Ready to dial</h1><p>{escape(name)}</p>", "en")

The body is HTML that the caller made, with every text from outside passed through `escape`; no element has a `style` or
an `on…` attribute, and pictures are data: addresses, because the content security policy refuses all else. What the
style sheet knows:

    main > h1, h2, p, ul           plain text
    .button (a or button)          the one thing to do, as wide as the page; `.quiet` beside it: what else could be done
    ul.choices > li > a            several things to choose from, each a large target; `small` says more about it
    .note  .warning                a paragraph set apart
    svg.qr                         what `qr_svg` gives
    input[type=text]               a code to type; its label above it
    header, footer                 whose page it is; whom to call

Colours are variables, which a page's own style may set: --act of links and outlines, --button and --on of the button
and its text.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from html import escape as _escape
from typing import Final

from functions.common.http import Answer

RIGHT_TO_LEFT: Final = frozenset({"ar", "ckb", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})

NOBODY: Final = "'none'"  # in a content security policy


def _compact(css: str) -> str:
    return re.sub(r"\s*([{};:,>])\s*", r"\1", css.strip()).replace(";}", "}")


STYLE: Final = _compact("""
:root { color-scheme: light dark; --back: #fff; --text: #1a1d21; --soft: #59616b; --line: #cfd5dc;
  --act: #0b5fce; --on: #fff; --warn: #8a1c13 }
@media (prefers-color-scheme: dark) { :root { --back: #14171a; --text: #eceff2; --soft: #a9b2bc; --line: #3b434c;
  --act: #7db4ff; --on: #0c1116; --warn: #ffab9f } }
* { box-sizing: border-box }
body { margin: 0; background: var(--back); color: var(--text); overflow-wrap: anywhere;
  font: 1.0625rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif }
header, main, footer { max-width: 34rem; margin: 0 auto; padding: 1rem }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0 1rem }
h2 { font-size: 1.125rem; margin: 1.5rem 0 .5rem }
a { color: var(--act) }
.button { display: block; width: 100%; margin: 1rem 0; padding: .9rem 1rem; border-radius: .6rem;
  border: 1px solid var(--act); background: var(--button, var(--act)); color: var(--on);
  font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer }
.button.quiet { background: none; border-color: var(--line); color: var(--act) }
.button:disabled { opacity: .6; cursor: default }
.choices { list-style: none; margin: 1rem 0; padding: 0 }
.choices a { display: block; margin: .5rem 0; padding: .8rem 1rem; border: 1px solid var(--line); border-radius: .6rem;
  text-decoration: none }
.choices small { display: block }
.choices small, .note, footer { color: var(--soft) }
.warning { color: var(--warn); font-weight: 600 }
.qr { display: block; width: 100%; max-width: 16rem; height: auto; margin: 1rem auto; border-radius: .4rem }
input[type=text] { display: block; width: 100%; margin: .5rem 0; padding: .7rem; border: 1px solid var(--soft);
  border-radius: .6rem; background: var(--back); color: var(--text); font: 1.25rem ui-monospace, monospace }
:focus-visible { outline: 3px solid var(--act); outline-offset: 2px }
footer { font-size: .9375rem; border-top: 1px solid var(--line); margin-top: 1.5rem }
[hidden] { display: none }
""")


def page(
    title: str,
    body: str,
    lang: str,
    *,
    status: int = 200,
    form_action: Sequence[str] = (),
    script: str = "",
    style: str = "",
    headers: Mapping[str, str | list[str]] | None = None,
) -> Answer:
    """A whole HTML document, in the language that its text has. Nobody keeps, frames or indexes it.

    title: plain text. body: HTML; stands in `<main>` unless it has one. lang: BCP 47; the direction follows from it.
    form_action: where forms may lead, redirects included, as CSP sources ("'self'", "https://bucket…"); else nowhere.
    script, style: this page's own, inline, allowed by their hash; a script may fetch from this host only.
    headers: further ones (Set-Cookie, …)."""
    css = STYLE + _compact(style)
    direction = "rtl" if lang.partition("-")[0] in RIGHT_TO_LEFT else "ltr"
    html = (
        f'<!doctype html><html lang="{escape(lang)}" dir="{direction}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="robots" content="noindex,nofollow"><meta name="format-detection" content="telephone=no">'
        f"<title>{escape(title)}</title><style>{css}</style></head><body>"
        + (body if "<main" in body else f"<main>{body}</main>")
        + (f"<script>{script}</script>" if script else "")
        + "</body></html>"
    )
    sent = _headers(css, script, body, form_action)
    return Answer(status=status, text=html, headers=sent | dict(headers or {}))


def escape(text: str) -> str:
    """Text for HTML, in an element or a quoted attribute."""
    return _escape(text, quote=True)


def qr_svg(text: str, label: str) -> str:
    """A QR code of `text` as inline SVG, dark on light with its quiet zone (scanners do not read the inverse).

    `label` is what a screen reader says."""
    import segno  # only pages with a code need it

    svg: str = segno.make(text, micro=False, error="m").svg_inline(
        border=4, omitsize=True, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1)


def _headers(css: str, script: str, body: str, form_action: Sequence[str]) -> dict[str, str | list[str]]:
    policy = {
        "default-src": NOBODY,
        "style-src": _hashed(css),
        **({"script-src": _hashed(script), "connect-src": "'self'"} if script else {}),
        **({"img-src": "data:"} if "<img " in body else {}),
        "form-action": " ".join(form_action) or NOBODY,
        "base-uri": NOBODY,
        "frame-ancestors": NOBODY,
    }
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in policy.items()),
        "Referrer-Policy": "same-origin",
        "X-Frame-Options": "DENY",  # browsers too old for frame-ancestors
        "X-Robots-Tag": "noindex, nofollow",
    }


def _hashed(inline: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}'"
