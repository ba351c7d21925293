"""What operators of the installation ask of upkeep by hand."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from functions.common.errors import Changed
from functions.upkeep import keyrings
from functions.upkeep.keyrings import Ring


class _Rotate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rotate: Ring


class _Retire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    retire: Ring
    version: Annotated[str, msgspec.Meta(min_length=1, max_length=1)]
    force: bool = False


def keyring(event: Mapping[str, object]) -> Mapping[str, object]:
    """A keyring as it is afterwards (`keyrings.Rotated`), or {"problem": why nothing was done}."""
    try:
        if "rotate" in event:
            found = keyrings.rotate(msgspec.convert(event, _Rotate).rotate)
        else:
            wanted = msgspec.convert(event, _Retire)
            found = keyrings.retire(wanted.retire, wanted.version, force=wanted.force)
    except msgspec.ValidationError as error:
        return {"problem": str(error)}
    except Changed as changed:
        return {"problem": changed.message}
    except keyrings.Full:
        return {"problem": "Every version is in use: retire one first."}
    shown: dict[str, object] = msgspec.to_builtins(found)
    return shown
