"""How a tenant's pages look, and who answers there for the personal data: name, logo, one colour, and a privacy notice.

A logo is checked for what it is, not for what it says it is. A colour is taken as it is for the button, with whichever
of black and white is easier to read on it; for links and outlines it is darkened, or on a dark screen lightened, until
it has the contrast that WCAG 2.2 asks of text."""

import re
from base64 import b64decode
from typing import Annotated, Final, NamedTuple

import msgspec

from functions.common.errors import Invalid
from functions.common.types import Name

CONTRAST: Final = 4.5  # WCAG 2.2, 1.4.3, for text of any size
LIGHT, DARK = "#ffffff", "#14171a"  # the pages' backgrounds: common/page.py

LOGO_LENGTH: Final = 4096  # of the whole data: address; a page with it still weighs less than 15 KB

_ONE_PIXEL: Final = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)
Logo = Annotated[
    str,
    msgspec.Meta(
        max_length=LOGO_LENGTH,
        pattern=r"^data:image/(png|jpeg|webp|svg\+xml);base64,[A-Za-z0-9+/]{4,}={0,2}$(?!\n)",
        description="A small picture (PNG, JPEG, WebP or SVG) as a data: address",
        examples=[_ONE_PIXEL],
    ),
]
Colour = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^#[0-9A-Fa-f]{6}$(?!\n)",
        description="Of buttons and links. Links are darkened or lightened where they could not be read",
        examples=["#0b5fce"],
    ),
]
PrivacyUrl = Annotated[
    str,
    msgspec.Meta(
        max_length=500,
        pattern=r"^https://[A-Za-z0-9][!#-&(-;=?-\[\]-~]+$(?!\n)",
        description="The https address of the privacy notice",
        examples=["https://www.example.net/privacy"],
    ),
]


class Brand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the pages of links show of a tenant beside its name."""

    logo: Logo | None = None
    colour: Colour | None = None
    controller: Annotated[
        Name | None, msgspec.Meta(description="Who is responsible for the personal data; the tenant, unless said")
    ] = None
    privacy_url: PrivacyUrl | None = None


def check(brand: Brand) -> None:
    """Raises Invalid for a logo that is not the picture it says it is."""
    if brand.logo is None:
        return
    says, _, data = brand.logo.removeprefix("data:image/").partition(";base64,")
    try:
        picture = b64decode(data, validate=True)
    except ValueError:
        raise Invalid("The logo is not valid base64.", field="brand.logo") from None
    if not _KINDS[says](picture):
        raise Invalid(f"The logo is no picture of the kind that it says it is ({says}).", field="brand.logo")


def _svg(picture: bytes) -> bool:
    """Well-formed, with nothing that could run or be loaded: no DTD, script or foreign content, no references out."""
    from xml.parsers import expat  # only where a drawing is saved

    names: list[str] = []

    def element(name: str, attributes: dict[str, str]) -> None:
        names.append(name)
        if name.rpartition(" ")[2] in _FOREIGN or any(_leads_out(*each) for each in attributes.items()):
            refuse()

    def refuse(*_: object) -> None:
        raise ValueError

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = element
    parser.StartDoctypeDeclHandler = parser.ProcessingInstructionHandler = refuse
    try:
        parser.Parse(picture, True)
    except (expat.ExpatError, ValueError):
        return False
    return names[0] == "http://www.w3.org/2000/svg svg"


def _leads_out(attribute: str, value: str) -> bool:
    own = attribute.rpartition(" ")[2].lower()
    return own.startswith("on") or (own == "href" and not value.startswith("#"))


_FOREIGN: Final = frozenset({"script", "foreignObject", "iframe", "audio", "video"})
_KINDS: Final = {
    "png": lambda picture: picture.startswith(b"\x89PNG\r\n\x1a\n"),
    "jpeg": lambda picture: picture.startswith(b"\xff\xd8\xff"),
    "webp": lambda picture: picture.startswith(b"RIFF") and picture[8:12] == b"WEBP",
    "svg+xml": _svg,
}


class Palette(NamedTuple):
    """A colour, in the shades in which it can be read. Each is #rrggbb."""

    button: str  # as the tenant gave it
    on_button: str
    on_light: str
    on_dark: str


def palette(colour: str) -> Palette:
    red_green_blue = _parts(colour)
    on_button = max(("#000000", "#ffffff"), key=lambda text: contrast(text, colour))
    return Palette(colour.lower(), on_button, _towards(red_green_blue, 0, LIGHT), _towards(red_green_blue, 255, DARK))


def contrast(one: str, other: str) -> float:
    """Between two colours, 1 to 21: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _towards(colour: tuple[int, ...], end: int, background: str) -> str:
    """The colour, moved towards black (0) or white (255) by as little as its contrast needs."""
    shades = ("#" + "".join(f"{part + (end - part) * step // 20:02x}" for part in colour) for step in range(21))
    return next(shade for shade in shades if contrast(shade, background) >= CONTRAST)


def _luminance(colour: str) -> float:
    linear = [part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in _parts(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _parts(colour: str) -> tuple[int, ...]:
    return tuple(int(part, 16) for part in re.findall("[0-9A-Fa-f]{2}", colour))
