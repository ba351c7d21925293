"""The rows of an import as they were read, some at a time: what its check leaves to its run.

Of people who are adopted they hold HA1s: those chunks are sealed under the tenant's key, each for its own place."""

from collections.abc import Sequence

import msgspec

from functions.common import ids, sealing
from functions.imports import files
from functions.imports.kept import Read
from functions.imports.models import Import
from functions.tenants import tenants


def write(stored: Import, number: int, rows: Sequence[Read]) -> None:
    files.put_lines(_key(stored, number), [_seal(stored, number, rows)] if _is_sealed(stored) else rows)


def read(stored: Import, number: int) -> list[Read]:
    """The inverse of `write`. Raises LookupError where nothing is: that must not be taken for nothing to do."""
    if not _is_sealed(stored):
        return files.must_have(_key(stored, number), Read)
    (sealed,) = files.must_have(_key(stored, number), str)
    text = sealing.unseal(stored.tenant, tenants.data_key(stored.tenant), sealed, *_place(stored, number))
    return msgspec.json.decode(text, type=list[Read])


def account_id(import_id: str, line: int) -> str:
    """Of the account that this row makes."""
    return ids.derived_id("account", "import", import_id, str(line))


def _is_sealed(stored: Import) -> bool:
    return stored.fields.mode == "adopt"


def _seal(stored: Import, number: int, rows: Sequence[Read]) -> str:
    text = msgspec.json.encode(rows).decode()
    return sealing.seal(stored.tenant, tenants.data_key(stored.tenant), text, *_place(stored, number))


def _place(stored: Import, number: int) -> tuple[str, ...]:
    return ("import", stored.id, str(number))


def _key(stored: Import, number: int) -> str:
    return f"{files.folder(stored.tenant, stored.id)}/rows/{number:05}"
