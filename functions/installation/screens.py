"""The pages of the installation link, from what is known to HTML. They decide nothing."""

from collections.abc import Sequence
from typing import Final

from functions.activation.screens import House, shell
from functions.common.agents import Platform
from functions.common.http import Answer
from functions.common.page import escape, page, qr_svg
from functions.installation import drawings
from functions.installation.formats import ending
from functions.installation.guides import DRAWINGS, guide
from functions.installation.packages import PackageFields
from functions.installation.platforms import Offer
from functions.installation.words import PLATFORM_NAMES, SYSTEM_NAMES, Words, words

# An iPad says it is a Mac, byte for byte; only its touch points tell. Without script its owner chooses by hand.
IPAD: Final = (
    "if(navigator.maxTouchPoints>1&&/Mac/.test(navigator.userAgent)&&!location.search)location.replace('?platform=ios')"
)


def choices(
    house: House, offered: Sequence[tuple[Platform, Offer]], missing: Platform | None, address: str | None
) -> Answer:
    """Every platform's package, and a code for the phone's camera.

    missing: the reader's own platform, when there is none for it. address: this page's own, where one is live."""
    _, text = words(house.language)
    body = [shell.paragraph(text.intro, tenant=shell.name(house.tenant))]
    body += _list(text, offered, missing)
    if address is not None:
        body += [f"<p>{escape(text.scan)}</p>", qr_svg(address, text.code)]
    body.append(shell.paragraph(text.next, "note"))
    return _page(house, text.title, body, script=IPAD)


def too_old(house: House, platform: Platform, minimum: str) -> Answer:
    """No package runs on the reader's device."""
    _, text = words(house.language)
    needs = text.needs.format(platform=SYSTEM_NAMES[platform], version=minimum)
    return _page(house, text.too_old, [shell.paragraph(text.too_old_needs, needs=escape(needs))])


def before_install(house: House, package: PackageFields, target: str, *, in_app: bool) -> Answer:
    """What the system will ask, step by step, before the file is fetched.

    target: where the button leads. in_app: the page is open in another app's browser."""
    _, text = words(house.language)
    found = ending(package.file_name)
    assert found is not None  # of no other name is a package made
    steps = zip(text.steps[guide(found)], DRAWINGS[guide(found)], strict=True)
    label = text.install if package.platform == "ios" else text.download
    megabytes = max(1, round(package.size / 1_000_000))
    about = text.file.format(version=package.version, size=megabytes)
    body = [
        shell.paragraph(text.trust, tenant=shell.name(house.tenant), platform=SYSTEM_NAMES[package.platform]),
        shell.paragraph(text.other_browser, "warning") if in_app else "",
        '<ol class="steps">',
        *(f"<li>{drawings.svg(drawing)}<p>{escape(said)}</p></li>" for said, drawing in steps),
        "</ol>",
        shell.button(target, label),
        f'<p class="note">{escape(about)}<br>{escape(text.sum)} <code class="sum">{package.sha256}</code></p>',
        shell.paragraph(text.next, "note"),
    ]
    return _page(house, text.title, body, style=drawings.STYLE)


def _page(house: House, title: str, body: Sequence[str], *, script: str = "", style: str = "") -> Answer:
    """In the tenant's colours, with whom to call below."""
    shown, _ = words(house.language)
    html = f"{shell.header(house)}<main><h1>{escape(title)}</h1>{''.join(body)}</main>{shell.footer(house)}"
    return page(title, html, shown, script=script, style=shell.STYLE + style + shell.colours(house.brand))


def _list(text: Words, offered: Sequence[tuple[Platform, Offer]], missing: Platform | None) -> list[str]:
    if not offered:
        return [f'<p class="warning">{escape(text.none_at_all)}</p>']
    asked = f"<p>{escape(text.choose)}</p>"
    if missing is not None:
        asked = f'<p class="warning">{escape(text.none_fits.format(platform=PLATFORM_NAMES[missing]))}</p>'
    return [asked, '<ul class="choices">', *(_choice(text, each, offer) for each, offer in offered), "</ul>"]


def _choice(text: Words, platform: Platform, offer: Offer) -> str:
    system = SYSTEM_NAMES[platform]
    needs = text.needs.format(platform=system, version=offer.minimum_os) if offer.minimum_os else ""
    more = f"<small>{escape(needs)}</small>" if needs else ""
    return f'<li><a href="?platform={platform}" rel="nofollow">{escape(PLATFORM_NAMES[platform])}{more}</a></li>'
