"""A person's texts as they are kept: in one spelling, so that two of one name or external id are one."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from functions.common import texts
from functions.common.errors import Invalid
from functions.common.types import Email, Name, Text


class _Spelling(NamedTuple):
    of: Callable[[str], str | None]
    type: Any


def _or_none(text: str) -> str | None:
    return texts.plain(text) or None


_SPELLINGS: Final[Mapping[str, _Spelling]] = {
    "full_name": _Spelling(texts.plain, Name),
    "description": _Spelling(texts.plain, Text),
    "external_id": _Spelling(_or_none, Text | None),
    "email": _Spelling(texts.address, Email | None),
}


def spelt(values: Mapping[str, object]) -> dict[str, Any]:
    """Those of the values that are kept otherwise than they were sent. Raises Invalid where too much is left, or
    nothing."""
    found: dict[str, Any] = {}
    for name, spelling in _SPELLINGS.items():
        sent = values.get(name)
        if not isinstance(sent, str) or (kept := spelling.of(sent)) == sent:
            continue
        try:
            found[name] = msgspec.convert(kept, spelling.type)
        except msgspec.ValidationError:
            raise Invalid("Too long, or nothing that can be seen.", field=name) from None
    return found
