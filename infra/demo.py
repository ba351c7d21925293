"""`make demo`: ten people of examples/people.csv are invited on the running local system, and what each of them got."""

import csv
import sys
import time
from collections.abc import Mapping

from infra.api import Api, ApiError, Json
from infra.build import ROOT
from infra.local import SHELL
from infra.seed import Local

PEOPLE = ROOT / "examples" / "people.csv"
MESSAGES: list[Json] = [
    {"kind": kind, "channel": channel} for kind in ("installation", "activation") for channel in ("sms", "email")
]
PATIENCE = 120.0  # seconds for all of it to arrive

Row = Mapping[str, str]


def main() -> None:
    """Creates each account with its four messages, waits for them, shows them."""
    local = Local.read(SHELL)
    if local is None:
        sys.exit("nothing is running here: make run, and then make demo in another terminal")
    api = local.api()
    with PEOPLE.open(encoding="utf-8", newline="") as file:
        people = list(csv.DictReader(file))
    try:
        accounts = [_create(api, local.group, row) for row in people]
        for row, account in zip(people, accounts, strict=True):
            _show(api, row, account)
    except OSError:
        sys.exit(f"nothing answers at {local.url}: make run, and then make demo in another terminal")
    except ApiError as error:
        sys.exit(str(error))
    print(f"\nAll of it, with the links: {local.url}/inbox")


def _create(api: Api, group: str, row: Row) -> str:
    """The account's id. Within a day the same row is the same account, and nothing is sent again."""
    account = api.post(
        "/v1/accounts",
        {
            "full_name": row["fullName"],
            "number": row["gsmNumber"],
            "email": row["email"],
            "security_model": row["securityModel"],
            "description": row["description"],
            "language": row["language"],
            "client": row["client"],
            "group_id": group,
            "messages": MESSAGES,
        },
        once=f"demo-{row['gsmNumber']}",
    )
    print(f"created {row['fullName']}", flush=True)
    return str(account["id"])


def _show(api: Api, row: Row, account: str) -> None:
    print(f"\n{row['fullName']}, {row['gsmNumber']}, {row['client']} on {row['platform']}")
    for message in _arrived(api, row):
        first = message["subject"] or str(message["text"]).replace("\n", " ")
        print(f"  {message['channel']:6} {message['provider']:8} {first}")
    state = api.get(f"/v1/accounts/{account}/state")
    print(f"  is {state['standing']} and {state['readiness']}")


def _arrived(api: Api, row: Row) -> list[dict[str, Json]]:
    """What this person was sent, once all of it is there or PATIENCE is over."""
    deadline = time.monotonic() + PATIENCE
    found: dict[object, dict[str, Json]] = {}
    after: Json = 0
    while len(found) < len(MESSAGES) and time.monotonic() < deadline:
        feed = api.get(f"/inbox/messages?after={after}&wait=5")
        after = feed["next"]
        messages = feed["messages"]
        assert isinstance(messages, list)
        for message in messages:
            if isinstance(message, dict) and message["to"] in (
                row["gsmNumber"].lstrip("+"),
                row["gsmNumber"],
                row["email"],
            ):
                found[message["id"]] = message
    return list(found.values())


if __name__ == "__main__":
    main()
