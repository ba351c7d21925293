"""The network fails in every place of every way to a file: the person gets it, and nobody else does."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from functions.activation import claim
from functions.activation.links import OPEN
from functions.common import clock
from tests.api.client import Api
from tests.api.phone import Phone, desk_link, entries
from tests.api.post import Post, fakes_fixture, post_fixture, running_fixture  # noqa: F401 - fixtures
from tests.api.world import House, World
from tests.programmes.drops import BEHAVIOURS, CHROME, Answered, Behaviour, Drop, Dropped, Refetch, Way
from tests.programmes.remembered import remembered

SAMSUNG: Final = (
    "Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 "
    "Chrome/121.0.0.0 Mobile Safari/537.36"
)
named = pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda behaviour: behaviour.name)


@dataclass
class Line:
    """The app in this process; the request numbered `at` (from 0) suffers `drop`."""

    api: Api
    world: World
    at: int | None = None
    drop: Drop = Drop.before
    roams: bool = False
    asked: list[str] = field(default_factory=list)

    def ask(self, verb: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answered:
        number = len(self.asked)
        self.asked.append(f"{verb} {path}")
        if number == self.at and self.drop is Drop.before:
            raise Dropped
        answer = self._stored(headers) if "://" in path else self._app(verb, path, headers, body)
        if number == self.at:
            raise Dropped  # whether a part of it came, or nothing: what came is not used
        return answer

    def _app(self, verb: str, path: str, headers: Mapping[str, str], body: bytes) -> Answered:
        address = f"198.51.{len(self.asked)}.7" if self.roams else "198.51.100.7"
        there = self.api.at(self.api.host, source_ip=address)
        reply = there.request(verb, path, raw=body.decode() or None, headers=headers)
        return Answered(reply.status, dict(reply.headers), reply.text.encode())

    def _stored(self, headers: Mapping[str, str]) -> Answered:
        """What the bucket gives to whoever has the presigned address."""
        stored = self.world.cloud.s3.list_objects_v2(Bucket="files").get("Contents", [])
        assert len(stored) == 1, stored
        body = self.world.cloud.s3.get_object(Bucket="files", Key=stored[0]["Key"])["Body"].read()
        if (wanted := headers.get("Range")) is not None:
            return Answered(206, {}, body[int(wanted.removeprefix("bytes=").removesuffix("-")) :])
        return Answered(200, {}, body)


@dataclass
class Case:
    """A person with a link, and a stranger who has its page open already."""

    world: World
    house: House
    behaviour: Behaviour

    def __post_init__(self) -> None:
        self.account = self.house.account(client=self.behaviour.client)
        self.token = desk_link(self.house, self.account["id"])
        self.stranger = Phone(self.world.anyone.at(self.house.host, source_ip="203.0.113.9"))
        self.strange_claim = self.stranger.claim_id(self.token)
        self.beginning = self.world.cloud.keep()

    def again(self) -> None:
        """As if nothing had been."""
        self.world.cloud.begin(self.beginning)

    def line(self, at: int | None = None, drop: Drop = Drop.before) -> Line:
        return Line(self.world.anyone.at(self.house.host), self.world, at, drop, self.behaviour.roams)

    def wrong(self, line: Line, refetch: Refetch | None = None) -> list[str]:
        """All that must not be so once a person has gone the whole way over this line."""
        with remembered():
            return self._wrong(Way(line, self.behaviour, self.token, refetch))

    def _wrong(self, way: Way) -> list[str]:
        file = way.file()
        query = _look_up(self.house, self.account)
        looked_up = self.house.registrar.get("/registrar/kamailio/lookup", query=query)
        found = [f"refused: {what}" for what in way.refused]
        if file is None:
            found.append("the person has no file")
        elif _whole(self, file) is None:
            found.append("the file is not whole, or not this account's")
        if looked_up.status != 200 or looked_up.text.split()[1] != "1":
            found.append(f"not one credential was made: {looked_up.status}")
        if any(head.status != 200 or head.body or not head.headers.get("content-length") for head in way.heads):
            found.append("HEAD was not answered with the file's length alone")
        return found + self._strangers()

    def _strangers(self) -> list[str]:
        """What a second device gets: by the link, and by the page that it had open before."""
        opened, pressed = self.stranger.open(self.token), self.stranger.press(self.token, self.strange_claim)
        return [f"a second device gets in: {answer.status}" for answer in (opened, pressed) if answer.status != 410]


def _whole(case: Case, file: bytes) -> bytes | None:
    """The file, when it has its beginning and its end and speaks of this account."""
    text = file.decode()
    return (
        file if text.startswith("<?xml") and text.rstrip().endswith(">") and case.account["username"] in text else None
    )


def _gives_file(asked: str) -> bool:
    verb, _, path = asked.partition(" ")
    return verb == "GET" and ("://" in path or (path.startswith("/p/") and not path.endswith("/open")))


@named
@pytest.mark.parametrize("drop", Drop)
def test_the_person_gets_the_file_whichever_request_the_network_drops(
    world: World, house: House, behaviour: Behaviour, drop: Drop
) -> None:
    case = Case(world, house, behaviour)
    whole = case.line()
    assert not case.wrong(whole)
    for at, asked in enumerate(whole.asked):
        if drop is Drop.mid and not _gives_file(asked):
            continue  # half an answer without a file is none: `Drop.after`
        case.again()
        line = case.line(at, drop)
        wrong = case.wrong(line)
        assert not wrong, (line.asked[at], wrong)
    print(f"{behaviour.name}, {drop}: {len(whole.asked)} requests")


@named
@pytest.mark.parametrize("refetch", Refetch)
def test_the_person_gets_the_file_however_it_is_asked_for_again(
    world: World, house: House, behaviour: Behaviour, refetch: Refetch
) -> None:
    case = Case(world, house, behaviour)
    whole = case.line()
    assert not case.wrong(whole, refetch)
    case.again()  # the worst of both: the network drops the last of them
    assert not case.wrong(case.line(len(whole.asked) - 1, Drop.after), refetch)


def test_tap_install_for_twenty_minutes_return_in_another_browser_and_tap(post: Post) -> None:
    """The client was missing at the first tap; its ticket has died meanwhile, and nothing was lost with it."""
    house, anyone = post.house, post.world.anyone
    with clock.frozen(datetime(2026, 11, 22, 12, 0, tzinfo=UTC)):
        account = post.account("2001", "activation")
        post.world.pump()
        token = _sent_link(post, account)
        chrome = Phone(anyone.at(house.host, user_agent=CHROME))
        early = chrome.tap(token)
        clock.tick(timedelta(minutes=20))
        samsung = Phone(anyone.at(house.host, user_agent=SAMSUNG, source_ip="203.0.113.9"))
        ticket = samsung.tap(token)
        assert chrome.fetch(early).status == 410
        file = entries(samsung.fetch(ticket))
        known = house.registrar.get("/registrar/kamailio/lookup", query=_look_up(house, account))
        ha1, epoch, *_ = known.text.split()
        assert (file["auth_info_0/ha1"], epoch) == (ha1, "1")
        event = {"event": "registered", "username": account["username"], "realm": house.domain, "expires": 600}
        assert house.registrar.post("/registrar/kamailio/events", event | {"epoch": 1}).status == 204
        assert house.csr.get(f"/v1/accounts/{account['id']}/state").json["readiness"] == "active"


def _sent_link(post: Post, account: dict[str, Any]) -> str:
    """The token in the SMS that the person got."""
    (sms,) = post.sent(account)
    found = re.search(r"/a/([A-Za-z0-9]+)", sms.text)
    assert found is not None, sms.text
    return found[1]


def _look_up(house: House, account: Mapping[str, Any]) -> dict[str, str]:
    return {"username": account["username"], "realm": house.domain, "algorithm": "SHA-256"}


def test_this_programme_notices_a_person_without_a_file(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody may fetch again, a lost file stays lost."""
    monkeypatch.setattr(claim, "may_fetch_again", lambda link, mine: False)
    case = Case(world, house, BEHAVIOURS[0])
    last = case.line()
    case.wrong(last)
    case.again()
    assert "the person has no file" in case.wrong(case.line(len(last.asked) - 1, Drop.after))


def test_this_programme_notices_a_second_device(world: World, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tap that asks only whether the link is open takes it from the device that has fetched."""
    monkeypatch.setattr(claim, "LIVE", OPEN)
    monkeypatch.setattr(claim, "waiting", lambda link: True)
    case = Case(world, house, BEHAVIOURS[0])
    assert [what for what in case.wrong(case.line()) if what.startswith("a second device")]
