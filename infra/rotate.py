"""A new key for one of the keyrings: `make rotate STAGE=prod RING=links`. Half an hour later the same makes it current,
or upkeep does within the next hour. RETIRE=a removes an old key instead, where nothing ends with it; FORCE=1 in any
case."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.functions import AskingError, ask, asking


def lines(found: Mapping[str, Any], retired: str = "") -> Iterator[str]:
    """What the function answered, for people."""
    if "problem" in found:
        yield str(found["problem"])
        return
    for version, notes in found["versions"].items():
        state = {found["current"]: "current", found["next"]: "next"}.get(version, "old")
        told = "  ".join(f"{what} {moment}" for what, moment in sorted(notes.items()))
        yield f"{found['ring']}/{version}  {state:8} {told}".rstrip()
    if found["next"]:
        yield f"{found['ring']}/{found['next']} becomes current at {found['next_from']}, or within the hour after it"
    if found["breaks"]:
        yield f"{retired} is not retired:"
        yield from (f"  {each}" for each in found["breaks"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", default="dev")
    parser.add_argument("--ring", choices=("links", "operators"), required=True)
    parser.add_argument("--retire", default="")
    parser.add_argument("--force", action="store_true")
    wanted = parser.parse_args()
    event: dict[str, object] = {"rotate": wanted.ring}
    if wanted.retire:
        event = {"retire": wanted.ring, "version": wanted.retire, "force": wanted.force}
    try:
        found = ask(asking(wanted.stage), "UpkeepRetain", event)
    except (AskingError, BotoCoreError, ClientError, json.JSONDecodeError) as error:
        sys.exit(str(error))
    for line in lines(found, wanted.retire):
        print(line)
    if "problem" in found or found["breaks"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
