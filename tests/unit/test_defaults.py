"""The texts that are shipped: whole in every language, cheap as SMS, and the same everywhere."""

from html.parser import HTMLParser
from typing import NamedTuple

import pytest

from functions.messaging import defaults, qr, rendering, segments, templates
from functions.messaging.defaults import _layout
from functions.messaging.gateways import Channel
from functions.messaging.kinds import NEEDED, SCANNED, Kind
from functions.messaging.templates import TemplateFields
from tests.fakes import gsm

LANGUAGES = ("ar", "de", "en", "es", "fr", "it", "pt")
LINK = "https://" + "h" * 25 + "/a/" + "x" * 24  # one character more than the longest there is
WORST = {
    "number": "+393331234567890",
    "link": LINK,
    "installation_link": LINK.replace("/a/", "/i/"),
    "not_me": LINK.replace("/a/", "/n/"),
    "code": "012345",
    "support_phone": "+393331234567890",
}
LONGEST_CODE_LIFE = 30 * 60  # seconds

# Parts of an SMS at most, with the longest values there are.
GSM7_PARTS = dict.fromkeys(Kind, 1) | {Kind.combined: 2}
UCS2_PARTS = dict.fromkeys(Kind, 2) | {Kind.combined: 3}

ADDRESSES = {"link", "installation_link", "not_me"}
LINKS = {kind: tuple(name for name in NEEDED[kind] if name in ADDRESSES) for kind in Kind}
# What an SMS says: names of people could be of any length.
SMS = {kind: {"number", *NEEDED[kind]} for kind in Kind} | {
    Kind.code: {"number", "code", "expires"},
    Kind.reset: {"number", "support_phone"},
    Kind.changed: {"support_phone"},
}

ELEMENTS = {"html", "head", "meta", "title", "body", "div", "p", "strong", "a", "bdi", "img"}

language = pytest.mark.parametrize("language", defaults.languages())
kind = pytest.mark.parametrize("kind", Kind)
with_a_link = pytest.mark.parametrize("kind", [kind for kind in Kind if LINKS[kind]])
scanned = pytest.mark.parametrize("kind", SCANNED)


def test_there_are_these_languages() -> None:
    assert defaults.languages() == LANGUAGES


@language
@kind
@pytest.mark.parametrize("channel", Channel)
def test_what_is_shipped_could_be_saved(language: str, kind: Kind, channel: Channel) -> None:
    words = defaults.templates(language)[f"{kind}.{channel}"]
    templates.check(TemplateFields(kind=kind, channel=channel, language=language, **words))


@language
@kind
def test_what_is_shipped_says_the_same_in_every_language(language: str, kind: Kind) -> None:
    for channel in Channel:
        ours, english = defaults.templates(language)[f"{kind}.{channel}"], defaults.templates("en")[f"{kind}.{channel}"]
        assert ours.keys() == english.keys()
        for field, text in english.items():
            assert placeholders_by_line(ours[field]) == placeholders_by_line(text)
    assert defaults.templates(language)[f"{kind}.email"]["text"].count("\n\n") >= 5  # paragraphs, not one block


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_nothing_was_left_in_english(language: str) -> None:
    ours, english = defaults.templates(language), defaults.templates("en")
    for name in english:
        for field in ("subject", "text"):
            lines = {line for line in english[name].get(field, "").split("\n") if line and not line.startswith("{")}
            assert not lines & set(ours[name].get(field, "").split("\n"))
    assert defaults.qr_alt(language) != defaults.qr_alt("en")
    assert defaults.duration(7200, language) != defaults.duration(7200, "en")


class TestSms:
    @language
    @kind
    def test_it_is_cheap_even_with_the_longest_values(self, language: str, kind: Kind) -> None:
        values = WORST | {"expires": defaults.duration(LONGEST_CODE_LIFE, language)}
        text = rendering.render(defaults.templates(language)[f"{kind}.sms"]["text"], values)
        counted = segments.count(text)
        assert counted.encoding == ("ucs2" if language == "ar" else "gsm7"), counted.first_offender
        assert counted.parts <= (UCS2_PARTS if language == "ar" else GSM7_PARTS)[kind], counted.units
        assert gsm.count(text).parts == counted.parts

    @language
    @kind
    def test_it_says_what_has_a_known_length_alone(self, language: str, kind: Kind) -> None:
        assert rendering.names(defaults.templates(language)[f"{kind}.sms"]["text"]) == SMS[kind]

    @language
    @with_a_link
    def test_each_link_has_a_line_of_its_own(self, language: str, kind: Kind) -> None:
        lines = defaults.templates(language)[f"{kind}.sms"]["text"].split("\n")
        assert lines[-1] == f"{{{LINKS[kind][0]}}}"
        assert all(lines.count(f"{{{link}}}") == 1 for link in LINKS[kind])

    @language
    @kind
    def test_it_makes_sense_without_what_may_be_missing(self, language: str, kind: Kind) -> None:
        text = defaults.templates(language)[f"{kind}.sms"]["text"]
        without = rendering.render(text, {name: value for name, value in WORST.items() if name != "support_phone"})
        assert without.strip()
        assert without.split("\n")[0][-1] in ".:!?" or kind is Kind.code

    @kind
    def test_an_arabic_number_keeps_its_plus_in_front(self, kind: Kind) -> None:
        shipped = defaults.templates("ar")
        for line in (shipped[f"{kind}.sms"]["text"] + "\n" + shipped[f"{kind}.email"]["text"]).split("\n"):
            for name in ("{number}", "{support_phone}"):
                assert line.count(name) == line.count("\u200e" + name)


class TestEmail:
    @language
    @kind
    def test_html_and_text_say_the_same(self, language: str, kind: Kind) -> None:
        shipped = defaults.templates(language)[f"{kind}.email"]
        values = WORST | {"full_name": "A B", "tenant": "<C> & D", "when": "2026-01-31", "device": "<X>"}
        read = Read.of(rendering.render_html(shipped["html"], values))
        text = rendering.render(shipped["text"], values)
        plain = text.replace(_layout.LEFT_TO_RIGHT_MARK, "")
        assert read.paragraphs == [line for line in plain.split("\n") if line]

    @language
    @kind
    def test_the_language_is_said_and_every_element_is_closed(self, language: str, kind: Kind) -> None:
        read = Read.of(defaults.templates(language)[f"{kind}.email"]["html"])
        direction = "rtl" if language == "ar" else "ltr"
        for tag in ("html", "div"):
            assert next(e.attributes for e in read.elements if e.tag == tag).items() >= {
                ("lang", language),
                ("dir", direction),
            }
        assert read.open == []

    @language
    @kind
    def test_nothing_is_loaded_and_links_lead_where_they_say(self, language: str, kind: Kind) -> None:
        html = defaults.templates(language)[f"{kind}.email"]["html"]
        assert "http" not in html
        assert "src" not in html
        rendered = Read.of(rendering.render_html(html, rendering.PLACEHOLDERS))
        assert [e.attributes["src"] for e in rendered.elements if e.tag == "img"] == (
            [rendering.ATTACHED] if kind in SCANNED else []
        )
        assert {e.tag for e in rendered.elements} <= ELEMENTS
        links = [e.attributes["href"] for e in rendered.elements if e.tag == "a"]
        assert set(links) == {
            *(rendering.PLACEHOLDERS[link] for link in LINKS[kind]),
            "tel:" + rendering.PLACEHOLDERS["support_phone"],
            "mailto:" + rendering.PLACEHOLDERS["support_email"],
        }

    @kind
    def test_arabic_sets_apart_what_runs_from_left_to_right(self, kind: Kind) -> None:
        html = defaults.templates("ar")[f"{kind}.email"]["html"]
        body = html[html.index("<body>") :]
        numbers = () if kind is Kind.changed else ("number",)
        for name in (*numbers, *NEEDED[kind], "support_phone", "support_email"):
            shown = body.count(f"{{{name}}}") - body.count(f'="{{{name}}}"') - body.count(f':{{{name}}}"')
            assert shown >= 1
            assert body.count(f'<bdi dir="ltr">{{{name}}}</bdi>') == shown

    @language
    @scanned
    def test_the_code_follows_the_link_that_it_holds(self, language: str, kind: Kind) -> None:
        lines = defaults.templates(language)[f"{kind}.email"]["html"].split("\n")
        [at] = [number for number, line in enumerate(lines) if "{qr}" in line]
        assert f'href="{{{SCANNED[kind]}}}"' in lines[at - 1]
        assert "qr" in rendering.names("\n".join(lines))

    @language
    def test_without_a_picture_its_sentence_goes_too(self, language: str) -> None:
        html = defaults.templates(language)["activation.email"]["html"]
        with_it = rendering.render_html(html, WORST | {"qr": defaults.qr_alt(language)})
        assert f'<img src="cid:{qr.NAME}" alt="{defaults.qr_alt(language)}" width="200" height="200"' in with_it
        assert len(rendering.render_html(html, WORST).split("\n")) == len(with_it.split("\n")) - 1


class TestDuration:
    @pytest.mark.parametrize(
        ("seconds", "words"),
        [
            (0, "0 minutes"),
            (-5, "0 minutes"),
            (119, "1 minute"),
            (600, "10 minutes"),
            (3599, "59 minutes"),
            (3600, "1 hour"),
            (3661, "61 minutes"),
            (7199, "119 minutes"),
            (7200, "2 hours"),
            (86_400, "24 hours"),
            (172_800, "2 days"),
            (172_801, "48 hours"),
            (604_799, "167 hours"),
            (604_801, "7 days"),
        ],
    )
    def test_it_is_rounded_down(self, seconds: int, words: str) -> None:
        assert defaults.duration(seconds, "en-GB") == defaults.duration(seconds, "xx") == words

    @pytest.mark.parametrize(
        ("language", "words"),
        [
            ("de-CH", ["1 Minute", "1 Stunde", "24 Stunden", "2 Tage"]),
            ("en", ["1 minute", "1 hour", "24 hours", "2 days"]),
            ("es", ["1 minuto", "1 hora", "24 horas", "2 días"]),
            ("fr", ["1 minute", "1 heure", "24 heures", "2 jours"]),
            ("it", ["1 minuto", "1 ora", "24 ore", "2 giorni"]),
            ("pt-BR", ["1 minuto", "1 hora", "24 horas", "2 dias"]),
        ],
    )
    def test_one_is_not_several(self, language: str, words: list[str]) -> None:
        assert [defaults.duration(seconds, language) for seconds in (60, 3600, 86_400, 172_800)] == words

    @pytest.mark.parametrize(
        ("seconds", "words"),
        [
            (60, "دقيقة واحدة"),
            (120, "دقيقتين"),
            (180, "3 دقائق"),
            (600, "10 دقائق"),
            (660, "11 دقيقة"),
            (59 * 60, "59 دقيقة"),
            (100 * 60, "100 دقيقة"),
            (103 * 60, "103 دقائق"),
            (3600, "ساعة واحدة"),
            (7200, "ساعتين"),
            (5 * 3600, "5 ساعات"),
            (86_400, "24 ساعة"),
            (172_800, "يومين"),
            (7 * 86_400, "7 أيام"),
            (30 * 86_400, "30 يومًا"),
            (100 * 86_400, "100 يوم"),
        ],
    )
    def test_arabic_has_a_word_for_two_and_another_for_few(self, seconds: int, words: str) -> None:
        assert defaults.duration(seconds, "ar") == words


def test_a_code_is_a_png_that_differs_with_its_link() -> None:
    image = qr.image(LINK)
    assert (image.name, image.content_type) == ("qr", "image/png")
    assert image.data.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(image.data) < 4096
    width = int.from_bytes(image.data[16:20], "big")
    assert width == int.from_bytes(image.data[20:24], "big")
    assert width >= 200
    assert image == qr.image(LINK)
    assert image.data != qr.image(LINK + "y").data


def placeholders_by_line(text: str) -> list[list[str]]:
    """How often each stands in each line: languages may order them in their own way within one."""
    return [sorted(match[1] for match in rendering._TOKEN.finditer(line) if match[1]) for line in text.split("\n")]


class Element(NamedTuple):
    tag: str
    attributes: dict[str, str | None]


class Read(HTMLParser):
    """What a page holds: its elements, its paragraphs' words (without that of the picture), and what is still open."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.paragraphs: list[str] = []
        self.open: list[str] = []

    @classmethod
    def of(cls, html: str) -> "Read":
        read = cls()
        read.feed(html)
        read.close()
        return read

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.open.append(tag)
        if tag == "p":
            self.paragraphs.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "p" in self.open:
            self.paragraphs[-1] += data
