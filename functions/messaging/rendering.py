"""Texts with named placeholders, like {link}. Only names are allowed: no expressions, no formats, no attributes.

`{{` and `}}` stand for the braces themselves. A line that names an optional value which is missing is left out, so that
"Questions? Call {support_phone}." does not end in the air."""

import html
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

PLACEHOLDERS: Final[dict[str, str]] = {  # each with a sample for previews
    "full_name": "Alex Example",
    "number": "+12025550123",
    "link": "https://go.example.net/a/a0123456789ABCDEFGHIJKL",
    "tenant": "Example Ltd",
    "expires": "24 hours",  # how long the link lives
    "support_phone": "+12025550199",
    "support_email": "support@example.net",
}
OPTIONAL: Final = frozenset({"expires", "support_phone", "support_email"})

_TOKEN: Final = re.compile(r"\{\{|\}\}|\{([^{}\n]*)\}|[{}]")
_LITERAL: Final = {"{{": "{", "}}": "}"}


class Fault(NamedTuple):
    """What is wrong with a text, and where: line and column count from 1."""

    line: int
    column: int
    problem: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.problem}"


def faults(text: str) -> list[Fault]:
    """Every placeholder that is unknown or malformed, in order."""
    return list(_faults(text))


def names(text: str) -> frozenset[str]:
    """The placeholders that a text uses."""
    return frozenset(match[1] for match in _TOKEN.finditer(text) if match[1] is not None)


def render(text: str, values: Mapping[str, str]) -> str:
    """The text with `values` in it, cleaned of control characters. A name without a value gives nothing."""
    return _render(text, {name: clean(value) for name, value in values.items()}.get)


def render_html(markup: str, values: Mapping[str, str]) -> str:
    """The same for HTML: values are escaped, also for quoted attributes."""
    return _render(markup, {name: html.escape(clean(value)) for name, value in values.items()}.get)


def clean(value: str) -> str:
    """A value on one line: control, format and separator characters (CR, LF, direction overrides) become spaces."""
    return " ".join("".join(character if character.isprintable() else " " for character in value).split())


def _faults(text: str) -> Iterator[Fault]:
    for number, line in enumerate(text.split("\n"), start=1):
        for match in _TOKEN.finditer(line):
            name = match[1]
            if name is None and match[0] not in _LITERAL:
                yield Fault(number, match.start() + 1, f"a single {match[0]}: write {match[0] * 2} for the character")
            elif name is not None and name not in PLACEHOLDERS:
                known = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
                yield Fault(number, match.start() + 1, f"there is no placeholder {match[0]}. There are: {known}")


def _render(text: str, value: Callable[[str], str | None]) -> str:
    def filled(match: re.Match[str]) -> str:
        return _LITERAL.get(match[0], match[0]) if match[1] is None else value(match[1]) or ""

    kept = (line for line in text.split("\n") if all(value(name) for name in names(line) & OPTIONAL))
    return "\n".join(_TOKEN.sub(filled, line) for line in kept)
