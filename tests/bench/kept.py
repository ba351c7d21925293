"""What was measured, kept between runs: so that one part can be measured again, and the page still holds all."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from tests.bench.report import Part

FOLDER: Final = Path(__file__).parents[2] / "build" / "bench"


class Measured(msgspec.Struct, frozen=True):
    """What came of one name's measurement."""

    day: str
    parts: list[Part]


def keep(name: str, parts: list[Part], folder: Path = FOLDER) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    measured = Measured(datetime.now(UTC).date().isoformat(), parts)
    (folder / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(measured)))


def known(folder: Path = FOLDER) -> Mapping[str, Measured]:
    """By name."""
    found = sorted(folder.glob("*.json"))
    return {each.stem: msgspec.json.decode(each.read_bytes(), type=Measured) for each in found}
