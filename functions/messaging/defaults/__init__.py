"""The texts that are shipped: one module per language, named for it (`pt_BR` for pt-BR), which holds its WORDS."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Final, cast

from functions.messaging.defaults import _layout
from functions.messaging.defaults._words import Count, Unit, Words
from functions.messaging.kinds import SCANNED

FALLBACK: Final = "en"


@cache
def languages() -> tuple[str, ...]:
    found = (module.name for module in iter_modules(__path__))
    return tuple(sorted(name.replace("_", "-") for name in found if not name.startswith("_")))


@cache
def templates(language: str) -> Mapping[str, Mapping[str, str]]:
    """What is shipped in this language of `languages()`: "<kind>.<channel>" → subject, text and html, as a tenant's
    template has them."""
    words = _words(language)
    found = {f"{kind}.sms": {"text": text} for kind, text in words.sms.items()}
    for kind, mail in words.mails.items():
        page = _layout.page(mail, words, language, SCANNED.get(kind))
        found[f"{kind}.email"] = {"subject": mail.subject, "text": mail.text, "html": page}
    return found


def qr_alt(language: str) -> str:
    """What is said in place of an e-mail's QR code where pictures are not shown."""
    return _words(_spoken(language)).qr_alt


def duration(seconds: int, language: str) -> str:
    """A time to live in words, rounded down: days from a week on, or from two on where it is whole days; hours from
    two on, or where it is one; else minutes."""
    unit, n = _measured(max(seconds, 0))
    forms = _words(_spoken(language)).durations[unit]
    return forms.get(_count(n), forms["other"]).format(n=n)


def _measured(seconds: int) -> tuple[Unit, int]:
    days, hours, minutes = seconds // 86_400, seconds // 3600, seconds // 60
    if days >= 7 or (days >= 2 and seconds % 86_400 == 0):
        return "days", days
    return ("hours", hours) if hours >= 2 or minutes == 60 else ("minutes", minutes)


def _count(n: int) -> Count:
    """The plural categories of Unicode's CLDR, as far as the languages here have them."""
    if n in (1, 2):
        return "one" if n == 1 else "two"
    if 3 <= n % 100 <= 10:
        return "few"
    return "many" if n % 100 >= 11 else "other"


def _spoken(language: str) -> str:
    return next((each for each in (language, language.partition("-")[0]) if each in languages()), FALLBACK)


def _words(language: str) -> Words:
    return cast(Words, import_module(f"{__name__}.{language.replace('-', '_')}").WORDS)
