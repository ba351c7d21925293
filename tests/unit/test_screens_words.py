"""What the activation pages say: the same in every language, in whole sentences."""

import re
from collections.abc import Iterator
from typing import get_args

import pytest

from functions.activation.words import What, Why, Words, languages, words
from functions.activation.words._words import Said
from functions.messaging import defaults

PLACEHOLDERS = {
    "intro": {"tenant"},
    "set_up": {"app"},
    "start": {"app"},
    "missing": {"app"},
    "missing_hint": {"app"},
    "typed_intro": {"app"},
    "scan_app": {"app"},
    "waiting": {"app"},
    "waiting_long": {"app"},
    "test_call": {"number"},
    "help_phone": {"phone"},
    "help_email": {"email"},
    "privacy": {"controller"},
    "minutes": {"minutes"},
}

language = pytest.mark.parametrize("language", languages())


def texts(said: Words) -> Iterator[tuple[str, str]]:
    for field, value in said._asdict().items():
        if isinstance(value, str):
            yield field, value
        elif isinstance(value, Said):
            yield from ((f"{field}.{part}", text) for part, text in value._asdict().items())
        else:
            for key, pair in value.items():
                yield from ((f"{field}.{key}.{part}", text) for part, text in pair._asdict().items())


def test_they_are_those_of_the_messages() -> None:
    assert languages() == defaults.languages() == ("ar", "de", "en", "es", "fr", "it", "pt")


@language
def test_every_word_is_there_with_its_placeholders(language: str) -> None:
    said = words(language)[1]
    assert set(said.ended) == set(get_args(Why))
    assert set(said.told) == set(get_args(What))
    for field, text in texts(said):
        assert text.strip() == text != "", field
        assert "  " not in text, field
        assert "\n" not in text, field
        assert set(re.findall(r"{(.*?)}", text)) == PLACEHOLDERS.get(field, set()), field
        assert text.count("{") == len(PLACEHOLDERS.get(field, ())), field


@language
def test_sentences_end_and_titles_and_buttons_do_not(language: str) -> None:
    said = dict(texts(words(language)[1]))
    whole = {
        field
        for field in said
        if field.endswith((".text", "_hint", "_long")) or field.startswith(("intro", "code_needed", "code_sent"))
    }
    whole |= {"install_message", "in_app", "in_app_ios", "wrong_code", "code_over", "too_many_codes", "start_intro"}
    whole |= {"profile_first", "missing", "fetched_file", "test_call", "help_sender", "privacy", "spell_unknown"}
    colons = {"address", "scan", "typed_intro"}
    going_on = {"busy", "waiting", "fetched"}
    for field, text in said.items():
        last = text[-1]
        if field in whole:
            assert last == ".", (field, text)
        elif field in colons:
            assert last == ":", (field, text)
        elif field in going_on:
            assert last == "…", (field, text)
        else:
            assert last not in ".:…", (field, text)


@pytest.mark.parametrize("language", [each for each in languages() if each != "en"])
def test_nothing_was_left_in_english(language: str) -> None:
    english = dict(texts(words("en")[1]))
    same = {field for field, text in texts(words(language)[1]) if text == english[field]}
    assert same <= {"typed_server"}  # German has the same word


@language
def test_every_language_says_about_as_much(language: str) -> None:
    english = dict(texts(words("en")[1]))
    for field, text in texts(words(language)[1]):
        assert 0.4 < (len(text) + 8) / (len(english[field]) + 8) < 2, (field, text)


def test_arabic_does_not_choose_between_a_man_and_a_woman() -> None:
    for field, text in texts(words("ar")[1]):
        assert not re.search(r"\b(افتح|اضغط|ثبّت|انسخ|اتصل|أدخل|اطلب|انتظر)\b", text), field
