"""What the activation pages say: one module per language, named for it (`pt_BR` for pt-BR), which holds its WORDS."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Final, cast

from functions.activation.words._words import What, Why, Words

__all__ = ["What", "Why", "Words", "languages", "words"]

FALLBACK: Final = "en"


@cache
def languages() -> tuple[str, ...]:
    found = (module.name for module in iter_modules(__path__))
    return tuple(sorted(name.replace("_", "-") for name in found if not name.startswith("_")))


@cache
def words(language: str) -> tuple[str, Words]:
    """The language that is really shown, and its words: the one asked for, its base, or English."""
    shown = next((each for each in (language, language.partition("-")[0]) if each in languages()), FALLBACK)
    return shown, cast(Words, import_module(f"{__name__}.{shown.replace('-', '_')}").WORDS)
