"""Texts with placeholders: a value stays a value, whatever it holds."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.messaging import rendering
from functions.messaging.rendering import OPTIONAL, PLACEHOLDERS, Fault

any_text = st.text(max_size=60)
hostile = st.one_of(
    any_text,
    st.lists(
        st.sampled_from(
            (
                *(
                    "{link}",
                    "{",
                    "}",
                    "{{",
                    "}}",
                    "{qr}",
                    "a",
                    " ",
                    "\r\n",
                    "\x00",
                    "\x1b[31m",
                    "\x85",
                    "\u2028",
                    "\u2029",
                ),
                *("\u202e", "\u2066", "\u200f", "\u200b", "\ufeff"),
                *("<b>", "</p>", "<!--", "-->", "&lt;", "&#60;", '"', "'", "' onload='x", "javascript:"),
            )
        ),
        max_size=12,
    ).map("".join),
)


def test_braces_are_doubled_to_be_themselves() -> None:
    assert rendering.render("{{link}} {{{link}}}", {"link": "x"}) == "{link} {x}"
    assert rendering.faults("p {{ color: red }}") == []


def test_a_line_without_its_optional_value_is_left_out() -> None:
    text = "Hello {full_name}\nCall {support_phone}.\nBye"
    assert rendering.render(text, {"full_name": "A"}) == "Hello A\nBye"
    assert rendering.render(text, {"full_name": "A", "support_phone": "1"}) == "Hello A\nCall 1.\nBye"


def test_no_gap_is_left_where_a_paragraph_was() -> None:
    text = "Hello\n\nCall {support_phone}\nWrite {support_email}\n\nBye\n\n\nPS"
    assert rendering.render(text, {}) == "Hello\n\nBye\n\n\nPS"
    assert rendering.render(text, {"support_email": "a@b"}) == "Hello\n\nWrite a@b\n\nBye\n\n\nPS"
    assert rendering.render("Hello\n\nCall {support_phone}\n", {}) == "Hello\n"


def test_a_refused_placeholder_is_named_with_its_place_and_the_reason() -> None:
    assert rendering.faults("a\n {qr} {link}", {"qr": "not here"}) == [Fault(2, 2, "{qr}: not here")]
    assert "{qr}" not in rendering.faults("{oops}", {"qr": "not here"})[0].problem
    assert rendering.faults("{qr}") == []


def test_the_code_is_the_only_markup_and_its_words_are_escaped() -> None:
    html = rendering.render_html("<p>Scan {qr}</p>", {"qr": 'a "code" <b>'})
    assert html.startswith('<p>Scan <img src="cid:qr" alt="a &quot;code&quot; &lt;b&gt;" width="200" height="200"')
    assert rendering.names("<p>Scan {qr}</p>") == {"qr"}
    assert rendering.render_html("<p>Scan {qr}</p>\nBye", {}) == "Bye"
    assert 'src="data:image/png;base64,AAAA"' in rendering.render_html(
        "{qr}", {"qr": "a"}, "data:image/png;base64,AAAA"
    )


@given(hostile, any_text)
def test_a_value_stays_a_value(name: str, before: str) -> None:
    text = before.replace("{", "").replace("}", "").replace("\n", "") + "{full_name}"
    rendered = rendering.render(text, {"full_name": name})
    value = rendered[len(text) - len("{full_name}") :]
    assert value == rendering.clean(name)
    assert value.isprintable()
    assert "<" not in rendering.render_html("{full_name}", {"full_name": name})


@given(st.fixed_dictionaries(dict.fromkeys(PLACEHOLDERS, hostile)))
def test_no_value_changes_the_lines_or_is_read_as_a_placeholder(values: dict[str, str]) -> None:
    names = sorted(PLACEHOLDERS.keys() - OPTIONAL)
    text = "\n".join(f"{name}: {{{name}}}." for name in names)
    wanted = [f"{name}: {rendering.clean(values[name])}." for name in names]
    assert rendering.render(text, values).split("\n") == wanted


@given(st.fixed_dictionaries(dict.fromkeys(PLACEHOLDERS, hostile)))
def test_html_in_a_value_stays_text(values: dict[str, str]) -> None:
    names = sorted(PLACEHOLDERS.keys() - {"qr"})
    page = Page()
    shown = values | {name: values[name] or "-" for name in OPTIONAL}
    markup = "".join(f'<p title="{{{name}}}">{{{name}}}</p>' for name in names) + "{qr}"
    page.feed(rendering.render_html(markup.replace("\n", ""), {n: rendering.clean(v) or "-" for n, v in shown.items()}))
    page.close()
    texts = [rendering.clean(shown[name]) or "-" for name in names]
    assert page.texts == texts
    assert page.titles == texts
    assert page.others == ["img"]


@given(any_text)
def test_any_text_is_either_faulty_or_renders(text: str) -> None:
    if not rendering.faults(text):
        assert rendering.names(text) <= PLACEHOLDERS.keys()
    rendering.render(text, PLACEHOLDERS)


@given(any_text)
def test_a_text_without_placeholders_is_itself(text: str) -> None:
    plain = text.replace("{", "{{").replace("}", "}}")
    assert rendering.faults(plain) == []
    assert rendering.render(plain, {}) == text


@pytest.mark.parametrize("name", PLACEHOLDERS)
def test_every_sample_is_clean_and_a_sample_link_is_as_long_as_a_link_can_be(name: str) -> None:
    sample = PLACEHOLDERS[name]
    assert rendering.clean(sample) == sample
    if name.endswith("link"):
        assert len(sample) == len("https://" + "h" * 25 + "/a/" + "x" * 23)


class Page(HTMLParser):
    """The words and the titles of its paragraphs, and every other element."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.titles: list[str | None] = []
        self.others: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "p":
            self.texts.append("")
            self.titles.append(dict(attrs)["title"])
        else:
            self.others.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts[-1] += data
