"""The texts that are shipped: one module per language, named for it (`pt_BR` for pt-BR), which holds data alone.

TEMPLATES: dict[str, dict[str, str]]       "<kind>.<channel>" → subject, text and html, as a tenant's template has them
DURATIONS: dict[str, tuple[str, str]]      minutes, hours and days: the words for one, and for several"""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Final, cast

FALLBACK: Final = "en"


def languages() -> tuple[str, ...]:
    return tuple(sorted(module.name.replace("_", "-") for module in iter_modules(__path__)))


def templates(language: str) -> Mapping[str, Mapping[str, str]]:
    """What is shipped in this language of `languages()`."""
    return cast(Mapping[str, Mapping[str, str]], _module(language).TEMPLATES)


def duration(seconds: int, language: str) -> str:
    """A time to live in words, rounded down: days from two on, hours from two on, else minutes."""
    spoken = next((each for each in (language, language.partition("-")[0]) if each in languages()), FALLBACK)
    words = cast(Mapping[str, tuple[str, str]], _module(spoken).DURATIONS)
    for unit, length in (("days", 86_400), ("hours", 3600)):
        if seconds >= 2 * length and (unit != "days" or seconds % 86_400 == 0 or seconds >= 7 * 86_400):
            return f"{seconds // length} {words[unit][1]}"
    minutes = max(seconds // 60, 0)
    return f"{minutes} {words['minutes'][minutes != 1]}"


def _module(language: str) -> ModuleType:
    return import_module(f"{__name__}.{language.replace('-', '_')}")
