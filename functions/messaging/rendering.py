"""Texts with named placeholders, like {link}. Only names are allowed: no expressions, no formats, no attributes.

`{{` and `}}` stand for the braces themselves. A line that names an optional value which is missing is left out, so that
"Questions? Call {support_phone}." does not end in the air."""

import html
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

QR: Final = "qr"  # a picture of a link, in HTML alone; its value is what is said where pictures are not shown

PLACEHOLDERS: Final[dict[str, str]] = {  # each with a sample for previews
    "full_name": "Alex Example",
    "number": "+12025550123",
    # As long as a link can be: no message costs more than its preview says because of its link.
    "link": "https://phone-service.example.net/a/a0123456789ABCDEFGHIJKL",
    "installation_link": "https://phone-service.example.net/i/i0123456789ABCDEFGHIJKL",
    "not_me": "https://phone-service.example.net/n/n0123456789ABCDEFGHIJKL",  # says that it was somebody else
    "code": "012345",
    "tenant": "Example Ltd",
    "expires": "24 hours",  # how long the link lives, or the code
    "when": "2026-01-31 12:34 (Europe/Zurich)",
    "device": "Android",
    "support_phone": "+12025550199",
    "support_email": "support@example.net",
    QR: "QR code with the link",
}
OPTIONAL: Final = frozenset({"expires", "device", "support_phone", "support_email", QR})

ATTACHED: Final = "cid:qr"  # the address of the picture that travels with an e-mail

_TOKEN: Final = re.compile(r"\{\{|\}\}|\{([^{}\n]*)\}|[{}]")
_LITERAL: Final = {"{{": "{", "}}": "}"}
_NOTHING: Final[Mapping[str, str]] = {}


class Fault(NamedTuple):
    """What is wrong with a text, and where: line and column count from 1."""

    line: int
    column: int
    problem: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.problem}"


def faults(text: str, refused: Mapping[str, str] = _NOTHING) -> list[Fault]:
    """Every placeholder that is unknown or malformed, or that `refused` gives a reason against, in order."""
    return list(_faults(text, refused))


def names(text: str) -> frozenset[str]:
    """The placeholders that a text uses."""
    return frozenset(match[1] for match in _TOKEN.finditer(text) if match[1] is not None)


def render(text: str, values: Mapping[str, str]) -> str:
    """The text with `values` in it, cleaned of control characters. A name without a value gives nothing."""
    return _render(text, {name: clean(value) for name, value in values.items()}.get)


def render_html(markup: str, values: Mapping[str, str], picture: str = ATTACHED) -> str:
    """The same for HTML: values are escaped, also for quoted attributes.

    {qr} alone becomes markup: the image at `picture`, with its value as the words for those who do not see it."""
    escaped = {name: html.escape(clean(value)) for name, value in values.items()}
    if escaped.get(QR):
        escaped[QR] = (
            f'<img src="{html.escape(picture)}" alt="{escaped[QR]}" width="200" height="200" style="display: block">'
        )
    return _render(markup, escaped.get)


def clean(value: str) -> str:
    """A value on one line: control, format and separator characters (CR, LF, direction overrides) become spaces."""
    return " ".join("".join(character if character.isprintable() else " " for character in value).split())


def _faults(text: str, refused: Mapping[str, str]) -> Iterator[Fault]:
    for number, line in enumerate(text.split("\n"), start=1):
        for match in _TOKEN.finditer(line):
            name, column = match[1], match.start() + 1
            if name is None and match[0] not in _LITERAL:
                yield Fault(number, column, f"a single {match[0]}: write {match[0] * 2} for the character")
            elif name is not None and name not in PLACEHOLDERS:
                known = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS if each not in refused)
                yield Fault(number, column, f"there is no placeholder {match[0]}. There are: {known}")
            elif name is not None and name in refused:
                yield Fault(number, column, f"{match[0]}: {refused[name]}")


def _render(text: str, value: Callable[[str], str | None]) -> str:
    def filled(match: re.Match[str]) -> str:
        return _LITERAL.get(match[0], match[0]) if match[1] is None else value(match[1]) or ""

    return "\n".join(_TOKEN.sub(filled, line) for line in _kept(text, value))


def _kept(text: str, value: Callable[[str], str | None]) -> Iterator[str]:
    """The lines without those that lack an optional value. With a whole paragraph goes one empty line beside it."""
    left_out, last = False, ""
    for line in text.split("\n"):
        if not all(value(name) for name in names(line) & OPTIONAL):
            left_out = True
        elif left_out and not line and not last:
            left_out = False
        else:
            yield line
            left_out, last = False, line
