"""What the clients that exchange a one-time code for their file have in common."""

import re
from collections.abc import Mapping
from typing import Final

from functions.provisioning.clients import Unreadable

_CODE: Final = re.compile(r"[A-Za-z0-9]{23}")


def code(parameters: Mapping[str, str], *names: str) -> str:
    """The one-time code under the first of these names that is there; names in any case, spaces around it are a
    person's typing. Raises Unreadable."""
    found = value(parameters, *names)
    if found is None:
        raise Unreadable(f"The code is missing: it is sent as {names[0]}.")
    if not _CODE.fullmatch(found.strip()):
        raise Unreadable("This is no code: a code has 23 letters and digits. Copy it whole.")
    return found.strip()


def value(parameters: Mapping[str, str], *names: str) -> str | None:
    """What is sent under the first of these names that is there and not empty."""
    given = {name.lower(): text for name, text in parameters.items()}
    return next((given[name.lower()] for name in names if given.get(name.lower())), None)
