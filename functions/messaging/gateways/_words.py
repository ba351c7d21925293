"""What a provider said, made fit to keep and to show."""

import unicodedata
from collections.abc import Iterable
from typing import Final

LONGEST: Final = 300
_WITHHELD: Final = "[withheld]"
# Control, format (direction overrides among them), surrogate and private-use characters, line and paragraph separators.
_UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def words(said: str, secrets: Iterable[str | None] = ()) -> str | None:
    """At most 300 characters of `said` on one line, without control characters and without any of `secrets`.

    Servers do echo what they were sent, and these words are stored, logged and shown. None when nothing is left."""
    for secret in secrets:
        if secret:
            said = said.replace(secret, _WITHHELD)
    printable = "".join(" " if unicodedata.category(character) in _UNPRINTABLE else character for character in said)
    line = " ".join(printable.split())
    return (line if len(line) <= LONGEST else line[: LONGEST - 1] + "…") or None
