"""The keys that everybody's activation needs, docs/scaling.md names them all: the hottest ones there are."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.common import aws, clock, keyring
from functions.installation import links
from infra.build import ROOT
from tests.api.phone import Phone, token_of
from tests.api.post import Post, fakes_fixture, post_fixture, running_fixture  # noqa: F401 - fixtures
from tests.api.told import Told, told
from tests.api.world import made

Place = tuple[str, str]  # a table, and a partition key, or the name of an index


@dataclass
class Needed:
    """What one activation asked of DynamoDB."""

    reads: Counter[Place] = field(default_factory=Counter)  # units, were every item small
    places: set[Place] = field(default_factory=set)  # of the tables' own partitions
    in_transactions: set[tuple[str, str, str]] = field(default_factory=set)  # table and both keys


@contextmanager
def _listening() -> Iterator[Needed]:
    heard = Needed()

    def note(params: Mapping[str, Any], model: Any, **_: object) -> None:
        for table, key, read in _touched(model.name, params):
            place = table, key["pk"]
            heard.places.add(place)
            heard.reads[place] += read  # type: ignore[assignment]
            if model.name == "TransactWriteItems":
                heard.in_transactions.add((*place, key["sk"]))

    events = aws.dynamodb().meta.events
    events.register("before-parameter-build.dynamodb", note)
    try:
        yield heard
    finally:
        events.unregister("before-parameter-build.dynamodb", note)


def _touched(operation: str, params: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str], float]]:
    """Table, keys, and the units of reading, of each item; of a Query the partition alone, and none of an index."""
    match operation:
        case "GetItem":
            yield params["TableName"], _keys(params["Key"]), _read(params)
        case "BatchGetItem":
            for table, asked in params["RequestItems"].items():
                for key in asked["Keys"]:
                    yield table, _keys(key), _read(asked)
        case "Query" if "IndexName" not in params:
            (partition, *_) = params["ExpressionAttributeValues"].values()
            yield params["TableName"], {"pk": partition["S"], "sk": "*"}, _read(params)
        case "PutItem" | "UpdateItem" | "DeleteItem":
            yield params["TableName"], _keys(params.get("Key") or params["Item"]), 0
        case "TransactWriteItems":
            for part in (part for action in params["TransactItems"] for part in action.values()):
                yield part["TableName"], _keys(part.get("Key") or part["Item"]), 0


def _keys(item: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {name: item[name]["S"] for name in ("pk", "sk")}


def _read(params: Mapping[str, Any]) -> float:
    return 1 if params.get("ConsistentRead") else 0.5


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with clock.frozen(datetime(2026, 11, 22, 12, tzinfo=UTC)):
        yield


@pytest.fixture(name="told")
def told_fixture(post: Post) -> Told:
    """Its gateways have all the time they need: the clock stands still."""
    assert post.house.admin.patch(f"/v1/gateways/{post.gateway}", {"rate": 1000}).status == 200
    for platform in ("android", "ios"):
        url = f"https://store.example.com/{platform}"
        made(post.house.admin.post("/v1/downloads", {"platform": platform, "url": url}))
    return told(post)


def _activated(told: Told, suffix: str) -> Needed:
    """One person, from the account to the phone that is ready, and what upkeep does of it."""
    post, house, world = told.post, told.post.house, told.post.world
    wanted = [{"kind": "installation", "channel": "email"}, {"kind": "activation", "channel": "sms"}]
    with _listening() as heard:
        account = house.account(mobile=f"+4179001{suffix}", email=f"person{suffix}@example.net", messages=wanted)
        world.pump()
        (sms,) = post.sent(account)
        assert post.report(sms, "delivered").status == 200
        world.pump()
        phone = Phone(world.anyone.at(house.host))
        install = keyring.token(links.RING, links.PURPOSE, account["id"]).text
        assert phone.api.get(f"/i/{install}").status == 302
        token = token_of(sms.text.split()[-1])
        claim = phone.claim_id(token)
        assert phone.api.post(f"/a/{token}/opened").status == 204
        ticket = phone.press(token, claim).headers["location"].split("/")[2]
        assert phone.api.get(f"/p/{ticket}/open").status == 200
        assert phone.fetch(ticket).status == 200
        query = {"username": account["username"], "realm": house.domain, "algorithm": "SHA-256"}
        assert house.registrar.get("/registrar/kamailio/lookup", query=query).status == 200
        told.registers(account)
        for _ in range(3):
            assert phone.api.get(f"/p/{ticket}/state").json == {"state": "registered"}
        told.later()
        clock.tick(timedelta(minutes=30))
        told.later()
    return heard


@dataclass(frozen=True)
class Both:
    """What two activations of one house needed alike, by the names that the page uses."""

    reads: Mapping[str, float]  # of the second activation
    keys: set[str]
    items_in_transactions: set[str]


def _both(told: Told) -> Both:
    _activated(told, "1001")  # the process is warm from now on
    one, other = _activated(told, "1002"), _activated(told, "1003")
    names = _names(told)
    alike = one.places & other.places
    reads: Counter[str] = Counter()
    for place in alike:
        reads[_named(place, names)] += other.reads[place]
    items = one.in_transactions & other.in_transactions
    return Both(reads, {_named(place, names) for place in alike}, {_named(item[:2], names) for item in items})


def _names(told: Told) -> dict[str, str]:
    """The page's words for ids."""
    house = told.post.house
    tokens = house.admin.get("/v1/tokens").json["items"]
    gateways = house.admin.get("/v1/gateways").json["items"]
    return {
        house.tenant: "tenant",
        house.domain: "domain",
        house.group: "group",
        **{each["id"]: "operator" for each in tokens},
        **{each["id"]: "gateway" for each in gateways},
    }


def _named(place: Place, names: Mapping[str, str]) -> str:
    table, key = place
    parts = [names.get(part) or _kind(part) for part in key.split("|")]
    return f"{table} `{'|'.join(parts)}`"


def _kind(part: str) -> str:
    if re.fullmatch(r"[0-9a-f]{64}", part):
        return "hash"
    return "day" if re.fullmatch(r"\d{4}-\d\d-\d\d", part) else part


def _page(*heads: str) -> dict[str, list[str]]:
    """The lines of the page's table with these heads, by their first cell."""
    lines = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8").splitlines()
    (begin,) = [number for number, line in enumerate(lines) if line.startswith(f"| {' | '.join(heads)} |")]
    rows: dict[str, list[str]] = {}
    for line in lines[begin + 2 :]:
        if not line.startswith("|"):
            break
        first, *rest = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        rows[first] = rest
    return rows


READ = _page("key", "units", "at the peak", "share", "in transactions")
WRITTEN = _page("key", "units", "shards")


def test_the_page_names_every_key_that_everybody_needs_and_how_often(told: Told) -> None:
    both = _both(told)
    assert both.keys - set(READ) - set(WRITTEN) == set()
    assert set(READ) - both.keys == set(), "nobody reads these any more"
    for name, (units, *_) in READ.items():
        assert 0.9 * both.reads[name] <= float(units) <= 2 * both.reads[name], (name, both.reads[name])
    assert both.items_in_transactions == {name for name, cells in READ.items() if cells[-1] == "checked"}
