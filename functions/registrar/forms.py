"""What FreeSWITCH and Asterisk post: a form, with more fields than are of interest."""

from typing import Final
from urllib.parse import parse_qsl

import msgspec

from functions.common.errors import Invalid
from functions.registrar.directory import Word

MOST_FIELDS: Final = 500
_STEERING: Final = str.maketrans(dict.fromkeys('${}"\\<>,;&', " "))


def fields(raw: bytes) -> dict[str, str]:
    """Each field's first value. Raises Invalid for what is no form."""
    found: dict[str, str] = {}
    try:
        for name, value in parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS):
            found.setdefault(name, value)
    except ValueError as error:
        raise Invalid("The body is not a form.") from error
    return found


def word(value: str) -> str | None:
    """A name or number that somebody may have; None for what nobody has."""
    try:
        return msgspec.convert(value, Word)
    except msgspec.ValidationError:
        return None


def caller_name(full_name: str) -> str:
    """A name as a dial plan may show it: without the characters by which dial plans are steered."""
    return " ".join(full_name.translate(_STEERING).split())
