"""`make demo`: the ten people of examples/people.csv, created over the API of a running `make run`, and a table of what
each one got. Run again within a day it makes nobody twice, and sends nothing again.
"""

import csv
import http.client
import re
import sys
import time
import unicodedata
from collections.abc import Mapping
from contextlib import closing
from itertools import cycle
from urllib.parse import quote, urlsplit

from infra.api import Api, ApiError, Json
from infra.build import ROOT
from infra.local import SHELL
from infra.seed import Local

PEOPLE = ROOT / "examples" / "people.csv"
PATIENCE = 120.0  # seconds for all of it to arrive
CHANNELS = ("sms", "email")
MESSAGES: list[Json] = [
    {"kind": kind, "channel": channel} for kind in ("installation", "activation") for channel in CHANNELS
]
BROWSERS = (  # of a phone with Android, an iPhone, and a computer: people take turns
    (
        "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
        "Mobile Safari/537.36"
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/18.1 Mobile/15E148 Safari/604.1"
    ),
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
)
COLUMNS = {
    "name": 23,
    "number": 13,
    "username": 10,
    "client": 10,
    "SMS": 11,
    "e-mail": 15,
    "on their phone the installation link leads to": 46,
    "the activation link": 20,
}

Row = Mapping[str, str]
Message = Mapping[str, Json]


def main() -> None:
    local = Local.read(SHELL)
    if local is None:
        sys.exit("nothing is running here: make run, and then make demo in another terminal")
    api = local.api()
    with PEOPLE.open(encoding="utf-8", newline="") as file:
        people = list(csv.DictReader(file))
    try:
        print(f"creating {len(people)} people, each with four messages", flush=True)
        accounts = [_account(api, local.group, row) for row in people]
        print("waiting for their messages\n", flush=True)
        _print_row(list(COLUMNS))
        _print_row(["─" * width for width in COLUMNS.values()])
        deadline = time.monotonic() + PATIENCE
        for row, account, browser in zip(people, accounts, cycle(BROWSERS), strict=False):
            messages = _arrived(api, str(account["id"]), deadline)
            _print_row(_told(api, row, account, messages, browser))
    except OSError:
        sys.exit(f"nothing answers at {local.url}: make run, and then make demo in another terminal")
    except ApiError as error:
        sys.exit(str(error))
    print(f"\nread their messages, and tap: {local.url}/inbox")


def _account(api: Api, group: str, row: Row) -> Message:
    """The person's account, made now or before."""
    body: dict[str, Json] = {
        "full_name": row["fullName"],
        "number": row["gsmNumber"],
        "email": row["email"],
        "security_model": row["securityModel"],
        "description": row["description"],
        "language": row["language"],
        "client": row["client"],
        "group_id": group,
        "messages": MESSAGES,
    }
    try:
        return api.post("/v1/accounts", body, once=f"demo-{row['gsmNumber']}")
    except ApiError as refused:
        if refused.status != 409:
            raise
        (known,) = api.items(f"/v1/accounts?number={quote(row['gsmNumber'])}")  # from a demo of another day
        return known


def _arrived(api: Api, account: str, deadline: float) -> list[Message]:
    """The account's messages, once they have all gone out; an SMS also says when it was delivered."""
    while True:
        messages = api.items(f"/v1/accounts/{account}/messages")
        waiting = [m for m in messages if m["state"] in ("queued", "claimed", "sending")]
        waiting += [m for m in messages if (m["channel"], m["state"]) == ("sms", "sent")]
        if not waiting or time.monotonic() > deadline:
            return list(messages)
        time.sleep(0.3)


def _told(api: Api, row: Row, account: Message, messages: list[Message], browser: str) -> list[str]:
    """One line of the table."""
    links = _links(api, row)
    states = [", ".join(sorted({str(m["state"]) for m in messages if m["channel"] == channel})) for channel in CHANNELS]
    return [
        row["fullName"],
        row["gsmNumber"],
        str(account["username"]),
        row["client"],
        *states,
        _opened(api, links.get("i"), browser),
        _opened(api, links.get("a"), browser),
    ]


def _links(api: Api, row: Row) -> dict[str, str]:
    """The paths in this person's messages: "i" the installation link's, "a" the activation link's."""
    found = api.get("/inbox/messages")["messages"]
    assert isinstance(found, list)
    mine = [m for m in found if isinstance(m, dict) and str(m["to"]).lstrip("+") == row["gsmNumber"].lstrip("+")]
    texts = " ".join(str(message["text"]) for message in mine)
    return {path[1]: path for path in re.findall(r"/[ia]/[A-Za-z0-9]{23}", texts)}


def _opened(api: Api, path: str | None, browser: str) -> str:
    """What a person's browser makes of a link: where it leads, or what its page offers."""
    if path is None:
        return "(not sent)"
    at = urlsplit(api.base_url)
    assert at.hostname
    connection = (
        http.client.HTTPSConnection(at.hostname, at.port, context=api.trust, timeout=90)
        if at.scheme == "https"
        else http.client.HTTPConnection(at.hostname, at.port, timeout=90)
    )
    with closing(connection):
        connection.request("GET", path, headers={"User-Agent": browser})
        answer = connection.getresponse()
        page = answer.read().decode()
    location = answer.getheader("Location")
    if location is not None:
        return location.removeprefix("https://")
    if answer.status != 200:
        return f"is dead ({answer.status})"
    return "shows a code to scan" if "<svg" in page else "shows a button"


def _print_row(cells: list[str]) -> None:
    padded = [_fitted(cell, width) for cell, width in zip(cells, COLUMNS.values(), strict=True)]
    print("  ".join(padded).rstrip(), flush=True)


def _fitted(text: str, width: int) -> str:
    """Cut or filled to a width on screen, where some characters take two columns and some none."""
    while _columns(text) > width:
        text = text.removesuffix("…")[:-1] + "…"
    return text + " " * (width - _columns(text))


def _columns(text: str) -> int:
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)


if __name__ == "__main__":
    main()
