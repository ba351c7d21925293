"""The installation pages in every language and for every kind of package: whole, small, and of their own making."""

import re
from html import unescape
from typing import Final

import pytest

from functions.activation.screens import House
from functions.installation import manifest, screens
from functions.installation.formats import FORMATS, Ending
from functions.installation.guides import DRAWINGS, guide
from functions.installation.packages import PackageFields
from functions.installation.words import LANGUAGES, words
from functions.messaging import defaults
from functions.tenants.brand import Brand

LONGEST: Final = "<b>\u202eÄ & {0} {platform}\"'" * 8
ADDRESS: Final = "https://go.example.net/i/a0123456789ABCDEFGHIJKL/manifest.plist?package=4Xk0b2mQ9sLw7P"


def house(language: str) -> House:
    brand = Brand(colour="#aa3300", controller=LONGEST, privacy_url="https://example.net/privacy")
    return House(LONGEST, language, brand, "+39 02 1234567", "help@example.net", None)


def package(ending: Ending) -> PackageFields:
    return PackageFields(
        platform=FORMATS[ending].platform, version="5.2.1-rc.1", file_name=f"a.{ending}", size=10**9, sha256="0" * 64
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("ending", FORMATS)
def test_the_steps_before_an_installation(language: str, ending: Ending) -> None:
    page = screens.before_install(house(language), package(ending), manifest.link(ADDRESS), in_app=True)
    html = page.text or ""
    assert len(html.encode()) < 15_000
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in html
    assert not re.search(r'(?:src| action)=|@import|url\(|style="| on[a-z]+="|<b>|http:', html)
    assert "unsafe" not in str(page.headers["Content-Security-Policy"])
    text = words(language)[1]
    assert re.findall(r"</svg><p>(.*?)</p>", unescape(html)) == list(text.steps[guide(ending)])
    assert f"{1000} M" in html or language == "ar"
    assert not re.search(r"[{}]", re.sub(r"<style>.*?</style>", "", html).replace("{0} {platform}", ""))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything(language: str) -> None:
    text, english = words(language)[1], words("en")[1]
    assert text.steps.keys() == english.steps.keys() == DRAWINGS.keys()
    for name, steps in text.steps.items():
        assert len(steps) == len(DRAWINGS[name])
    for field in text.__struct_fields__:
        if field != "steps":
            given, wanted = getattr(text, field), getattr(english, field)
            assert sorted(re.findall(r"\{\w+\}", given)) == sorted(re.findall(r"\{\w+\}", wanted)), field


def test_there_are_the_languages_that_messages_have() -> None:
    assert set(LANGUAGES) == set(defaults.languages())
