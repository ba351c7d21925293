"""A tenant's own look: whatever colour it has, its pages can be read; whatever it gives as logo, nothing runs."""

import base64
from typing import Any, Final

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.common.errors import Invalid
from functions.common.page import STYLE
from functions.tenants.brand import CONTRAST, DARK, LIGHT, LOGO_LENGTH, Brand, check, contrast, palette

PNG: Final = b"\x89PNG\r\n\x1a\n" + bytes(30)
JPEG: Final = b"\xff\xd8\xff\xe0" + bytes(30)
WEBP: Final = b"RIFF\x10\x00\x00\x00WEBPVP8 "
SVG: Final = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">{}</svg>'


def logo(kind: str, picture: bytes | str) -> str:
    data = picture if isinstance(picture, bytes) else picture.encode()
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def decoded(**fields: Any) -> Brand:
    return msgspec.convert(fields, Brand)


@given(st.integers(0, 0xFFFFFF))
@example(0xFFFFFF)
@example(0x000000)
@example(0xFFD400)
@example(0x767676)
def test_whatever_the_colour_it_can_be_read(number: int) -> None:
    shades = palette(f"#{number:06X}")
    assert contrast(shades.on_button, shades.button) >= CONTRAST
    assert contrast(shades.on_light, LIGHT) >= CONTRAST
    assert contrast(shades.on_dark, DARK) >= CONTRAST


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert palette("#0B5FCE")[:3] == ("#0b5fce", "#ffffff", "#0b5fce")
    assert palette("#ffd400").on_dark == "#ffd400"
    assert palette("#ffd400").on_light != "#ffd400"


def test_the_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_backgrounds_are_those_of_the_pages() -> None:
    assert "--back:#fff;" in STYLE
    assert f"--back:{DARK};" in STYLE
    assert LIGHT == "#ffffff"


@pytest.mark.parametrize(
    ("kind", "picture"),
    [
        ("png", PNG),
        ("jpeg", JPEG),
        ("webp", WEBP),
        ("svg+xml", SVG.format('<path d="M0 0h1v1z"/>')),
        ("svg+xml", '<?xml version="1.0"?>' + SVG.format('<use href="#a"/>')),
    ],
)
def test_pictures_are_taken(kind: str, picture: bytes | str) -> None:
    check(decoded(logo=logo(kind, picture)))


@pytest.mark.parametrize(
    ("kind", "picture"),
    [
        ("png", JPEG),
        ("jpeg", PNG),
        ("webp", b"RIFF\x10\x00\x00\x00WAVEfmt "),
        ("svg+xml", PNG),
        ("png", SVG.format("")),
        ("svg+xml", "<svg/>"),  # in no namespace: no browser draws it
        ("svg+xml", "<html xmlns='http://www.w3.org/1999/xhtml'/>"),
        ("svg+xml", SVG.format("<script>a()</script>")),
        ("svg+xml", SVG.format("<path onload='a()'/>")),
        ("svg+xml", SVG.format("<image href='https://example.net/x.png'/>")),
        ("svg+xml", SVG.format("<image xmlns:x='http://www.w3.org/1999/xlink' x:href='//example.net/x.png'/>")),
        ("svg+xml", SVG.format("<foreignObject/>")),
        ("svg+xml", '<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + SVG.format("&a;")),
        ("svg+xml", '<?xml-stylesheet href="https://example.net/x.css"?>' + SVG.format("")),
        ("svg+xml", SVG.format("<path>")),
    ],
)
def test_what_is_no_such_picture_is_refused(kind: str, picture: bytes | str) -> None:
    with pytest.raises(Invalid) as refused:
        check(decoded(logo=logo(kind, picture)))
    assert refused.value.field == "brand.logo"


def test_broken_base64_is_refused() -> None:
    with pytest.raises(Invalid):
        check(decoded(logo="data:image/png;base64,AAAAA"))


@pytest.mark.parametrize(
    "fields",
    [
        {"logo": "https://example.net/logo.png"},
        {"logo": "data:text/html;base64,AAAA"},
        {"logo": logo("png", PNG) + '"><script>'},
        {"logo": logo("png", PNG + bytes(LOGO_LENGTH))},
        {"colour": "red"},
        {"colour": "#e2001a;}"},
        {"colour": "#e20"},
        {"privacy_url": "http://example.net/privacy"},
        {"privacy_url": "javascript:a()"},
        {"privacy_url": 'https://example.net/"><script>'},
        {"privacy_url": "https://"},
        {"controller": "\n"},
        {"unknown": 1},
    ],
)
def test_what_does_not_fit_is_refused_by_its_type(fields: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        decoded(**fields)
