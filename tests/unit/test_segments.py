"""What an SMS costs is counted as the network counts it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.messaging.segments import Encoding, Offender, Segments, count, offenders, split, suggestion
from tests.fakes import gsm

LIMITS = {Encoding.gsm7: (160, 153), Encoding.ucs2: (70, 67)}
EXTENSION = "\f^{}\\[~]|€"

gsm_text = st.text(st.sampled_from(gsm.GSM.replace("\x1b", "") + EXTENSION * 8), max_size=700)
any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
emoji_text = st.text(st.sampled_from("aé😀🇨🇭👩‍🔧"), min_size=30, max_size=300)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments(Encoding.gsm7, 1, 0, 160, None)),
        ("a" * 160, Segments(Encoding.gsm7, 1, 160, 160, None)),
        ("a" * 161, Segments(Encoding.gsm7, 2, 161, 153, None)),
        ("a" * 306, Segments(Encoding.gsm7, 2, 306, 153, None)),
        ("a" * 307, Segments(Encoding.gsm7, 3, 307, 153, None)),
        ("€" * 80, Segments(Encoding.gsm7, 1, 160, 160, None)),
        ("€" * 81, Segments(Encoding.gsm7, 2, 162, 153, None)),
        # 152 septets and a pair: the pair moves on whole, and the text needs a part more than 306 / 153
        ("a" * 152 + "€" + "a" * 152, Segments(Encoding.gsm7, 3, 306, 153, None)),
        ("Grüße à bientôt", Segments(Encoding.ucs2, 1, 15, 70, "ô")),
        ("façade", Segments(Encoding.ucs2, 1, 6, 70, "ç")),
        ("FAÇADE", Segments(Encoding.gsm7, 1, 6, 160, None)),
        ("it’s", Segments(Encoding.ucs2, 1, 4, 70, "’")),
        ("a\u00a0b", Segments(Encoding.ucs2, 1, 3, 70, "\u00a0")),
        ("a\rb\nc", Segments(Encoding.gsm7, 1, 5, 160, None)),
        ("\x1b", Segments(Encoding.ucs2, 1, 1, 70, "\x1b")),
        ("я" * 70, Segments(Encoding.ucs2, 1, 70, 70, "я")),
        ("я" * 71, Segments(Encoding.ucs2, 2, 71, 67, "я")),
        ("😀" * 35, Segments(Encoding.ucs2, 1, 70, 70, "😀")),
        # 66 units and a surrogate pair: likewise
        ("я" * 66 + "😀" + "я" * 66, Segments(Encoding.ucs2, 3, 134, 67, "я")),
    ],
)
def test_a_text_costs_what_the_standard_says(text: str, expected: Segments) -> None:
    assert count(text) == expected


def test_every_character_of_the_alphabet_is_one_septet_and_every_extension_two() -> None:
    alphabet = gsm.GSM.replace("\x1b", "")
    assert len(alphabet) == 127
    assert [count(character).units for character in alphabet] == [1] * 127
    assert [count(character).units for character in EXTENSION] == [2] * 10


@given(st.one_of(gsm_text, any_text, emoji_text))
def test_the_parts_are_the_text(text: str) -> None:
    assert "".join(split(text)) == text


@given(st.one_of(gsm_text, any_text, emoji_text))
def test_every_part_fits_and_holds_whole_characters(text: str) -> None:
    encoding = count(text).encoding
    alone, of_many = LIMITS[encoding]
    parts = split(text)
    for part in parts:
        assert units(part, encoding) <= (alone if len(parts) == 1 else of_many)
        part.encode("utf-16-be")  # a half of a surrogate pair could not be encoded


@given(st.one_of(gsm_text, any_text, emoji_text))
def test_there_are_as_many_parts_as_counted_and_never_fewer_than_arithmetic_says(text: str) -> None:
    measured = count(text)
    assert measured.parts == len(split(text))
    assert measured.units == units(text, measured.encoding)
    assert measured.parts >= -(-measured.units // measured.per_part)


@given(st.one_of(gsm_text, any_text, emoji_text))
def test_no_part_could_have_taken_the_next_character(text: str) -> None:
    encoding = count(text).encoding
    parts = split(text)
    for part, following in pairwise(parts):
        assert units(part + following[0], encoding) > LIMITS[encoding][1]


@given(st.one_of(gsm_text, any_text, emoji_text))
def test_a_provider_that_counts_in_its_own_way_agrees(text: str) -> None:
    ours = count(text)
    theirs = gsm.count(text)
    assert (theirs.encoding, theirs.parts, theirs.shown) == (ours.encoding, ours.parts, text)


def test_every_offender_is_named_once_where_it_stands_first() -> None:
    text = "Grüße\n“Forêt” – forêt 😀\u00a0…"
    assert offenders(text, 10) == (
        Offender("“", 2, 1, '"'),
        Offender("ê", 2, 5, "e"),
        Offender("”", 2, 7, '"'),
        Offender("–", 2, 9, "-"),
        Offender("😀", 2, 17, None),
        Offender("\u00a0", 2, 18, " "),
        Offender("…", 2, 19, "..."),
    )
    assert offenders(text, 3) == offenders(text, 10)[:3]


@pytest.mark.parametrize(
    ("characters", "expected"),
    [
        ("‘’‛′‹›`´", "'"),
        ("“”„‟«»″", '"'),
        ("‐‑‒–—―−•", "-"),
        ("\u00a0\u202f\u2009\u3000", " "),
        ("\u00ad\u200b\u200d\u200e\ufeff\u0301", ""),
        ("áâãāąⓐ", "a"),
        ("êëēę", "e"),
        ("íîïı", "i"),
        ("óôõ", "o"),
        ("úûů", "u"),
        ("çćč", "c"),
        ("łľ", "l"),
        ("őº", None),
        ("я中ش😀°™️", None),
    ],
)
def test_what_could_stand_in_its_place(characters: str, expected: str | None) -> None:
    special = {"ő": "ö", "º": "o", "™": "TM", "\ufe0f": ""}
    assert {each: suggestion(each) for each in characters} == {each: special.get(each, expected) for each in characters}


@given(st.one_of(any_text, emoji_text))
def test_a_suggestion_is_in_the_alphabet_and_offenders_agree_with_the_count(text: str) -> None:
    found = offenders(text, 1000)
    assert (found[0].character if found else None) == count(text).first_offender
    lines = text.split("\n")
    for each in found:
        assert lines[each.line - 1][each.column - 1] == each.character
        assert each.suggestion is None or count(each.suggestion).encoding is Encoding.gsm7
    for each in found:
        if each.suggestion is not None:
            text = text.replace(each.character, each.suggestion)
    assert {each.character for each in offenders(text, 1000)} == {e.character for e in found if e.suggestion is None}


def units(text: str, encoding: Encoding) -> int:
    if encoding is Encoding.ucs2:
        return len(text.encode("utf-16-be")) // 2
    return len(text) + sum(character in EXTENSION for character in text)
