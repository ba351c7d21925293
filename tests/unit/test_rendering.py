"""Texts with placeholders, and the texts that are shipped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.messaging import defaults, rendering, segments, templates
from functions.messaging.gateways import Channel
from functions.messaging.kinds import Kind
from functions.messaging.templates import TemplateFields

LINK = "https://" + "h" * 25 + "/a/" + "x" * 23  # the longest there is
WORST = {"number": "+" + "9" * 15, "link": LINK}


@pytest.mark.parametrize("language", defaults.languages())
@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("channel", Channel)
def test_what_is_shipped_could_be_saved(language: str, kind: Kind, channel: Channel) -> None:
    words = defaults.templates(language)[f"{kind}.{channel}"]
    templates.check(TemplateFields(kind=kind, channel=channel, language=language, **words))


@pytest.mark.parametrize("language", defaults.languages())
@pytest.mark.parametrize("kind", Kind)
def test_a_shipped_sms_fits_with_the_longest_link_on_its_own_line(language: str, kind: Kind) -> None:
    template = defaults.templates(language)[f"{kind}.sms"]["text"]
    assert rendering.names(template) <= WORST.keys()  # a name could be of any length
    text = rendering.render(template, WORST)
    counted = segments.count(text)
    assert len(LINK) == 59
    assert text.split("\n")[-1] == LINK
    assert counted.parts == (1 if counted.encoding == "gsm7" else 2)


def test_braces_are_doubled_to_be_themselves() -> None:
    assert rendering.render("{{link}} {{{link}}}", {"link": "x"}) == "{link} {x}"
    assert rendering.faults("p {{ color: red }}") == []


def test_a_line_without_its_optional_value_is_left_out() -> None:
    text = "Hello {full_name}\nCall {support_phone}.\nBye"
    assert rendering.render(text, {"full_name": "A"}) == "Hello A\nBye"
    assert rendering.render(text, {"full_name": "A", "support_phone": "1"}) == "Hello A\nCall 1.\nBye"


@given(st.text(), st.text())
def test_a_value_stays_a_value(name: str, before: str) -> None:
    text = before.replace("{", "").replace("}", "").replace("\n", "") + "{full_name}"
    rendered = rendering.render(text, {"full_name": name})
    value = rendered[len(text) - len("{full_name}") :]
    assert value == rendering.clean(name)
    assert value.isprintable()
    assert "<" not in rendering.render_html("{full_name}", {"full_name": name})


@given(st.text())
def test_any_text_is_either_faulty_or_renders(text: str) -> None:
    if not rendering.faults(text):
        assert rendering.names(text) <= rendering.PLACEHOLDERS.keys()
    rendering.render(text, rendering.PLACEHOLDERS)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(600, "10 minutes"), (3600, "60 minutes"), (7200, "2 hours"), (86_400, "24 hours"), (172_800, "2 days")],
)
def test_a_time_to_live_in_words(seconds: int, words: str) -> None:
    assert defaults.duration(seconds, "en-GB") == defaults.duration(seconds, "xx") == words
