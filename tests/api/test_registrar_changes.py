"""What a SIP server hears of: whose credentials and registrations have ended, and how long an answer may be kept."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.common import clock
from functions.registrar import changes
from tests.api.client import Reply
from tests.api.phone import Phone, desk_link
from tests.api.sipserver import SipServer, activated
from tests.api.world import House, World, changed

NOON = datetime(2030, 5, 17, 12, 0, tzinfo=UTC)


@pytest.fixture
def server(house: House) -> SipServer:
    return SipServer(house)


def test_a_first_activation_is_no_news(world: World, house: House, server: SipServer) -> None:
    start = server.changes().cursor
    account = activated(world, house)
    house.csr.post(f"/v1/accounts/{house.account()['id']}/disable")  # nobody ever registered with it
    assert server.look_up(account["username"]).status == 200
    assert server.changes(start).lines == []


def test_what_ends_credentials_is_heard_once_it_is_done(world: World, house: House, server: SipServer) -> None:
    account = activated(world, house)
    path = f"/v1/accounts/{account['id']}"

    me, number, other = account["username"], account["number"], "+12025550190"
    steps: tuple[tuple[Callable[[], Reply], tuple[str, str, str]], ...] = (
        (lambda: house.csr.post(f"{path}/disable"), (me, "-", number)),
        (lambda: house.csr.post(f"{path}/enable"), (me, "1", number)),
        (lambda: house.csr.patch(path, {"number": other}), (me, "-", number)),
        (lambda: house.csr.post(f"{path}/devices/1/reset"), (me, "2", other)),
    )
    with clock.frozen(NOON):
        for does, told in steps:
            clock.tick(timedelta(minutes=5))
            since = server.changes().cursor
            assert does().status in (200, 204)
            assert [line[1:4] for line in server.changes(since).lines] == [told]


def test_a_successor_s_fetch_ends_the_registration_of_the_device_before(
    world: World, house: House, server: SipServer
) -> None:
    account = activated(world, house)
    phone = Phone(world.anyone.at(house.host))
    link = desk_link(house, account["id"])
    since = server.changes().cursor
    assert server.changes(since).lines == []  # the present phone works on
    phone.fetch(phone.tap(link))
    assert [(each.epoch, each.number) for each in server.changes(since).lines] == [("2", account["number"])]


def test_a_deleted_account_s_number_and_user_are_still_heard_of(world: World, house: House, server: SipServer) -> None:
    account = activated(world, house)
    since = server.changes().cursor
    assert house.csr.delete(f"/v1/accounts/{account['id']}").status == 204
    assert [line[1:4] for line in server.changes(since).lines] == [(account["username"], "-", account["number"])]


def test_an_account_that_is_enabled_again_keeps_its_phone(world: World, house: House, server: SipServer) -> None:
    account = activated(world, house)
    since = server.changes().cursor
    for verb in ("disable", "enable"):
        house.csr.post(f"/v1/accounts/{account['id']}/{verb}")
    assert [line.epoch for line in server.changes(since).lines] == ["1"]


def test_an_earlier_end_is_heard_and_shortens_what_may_be_remembered(
    world: World, house: House, server: SipServer
) -> None:
    account = activated(world, house)
    assert server.look_up(account["username"]).text.split()[4] == "86400"
    since = server.changes().cursor
    with clock.frozen(clock.now()):
        ends = clock.now() + timedelta(minutes=10)
        changed(house.csr.patch(f"/v1/accounts/{account['id']}", {"expires_at": ends.isoformat()}))
        assert [line.until for line in server.changes(since).lines] == [str(int(ends.timestamp()))]
        clock.tick(timedelta(minutes=4))
        assert server.look_up(account["username"]).text.split()[4] == "360"
        assert server.number(account["number"]).text.split()[2] == "360"
        clock.tick(timedelta(minutes=6))
        assert server.look_up(account["username"]).status == 404  # nobody has written anything


def test_the_directory_s_no_is_told_from_other_servers_404s(server: SipServer) -> None:
    for reply in (server.look_up("nobody"), server.number("+12025550000")):
        assert (reply.status, reply.code) == (404, "no_such_user")


def test_a_change_that_commits_late_is_still_heard(world: World, house: House, server: SipServer) -> None:
    """Its moment is that of its beginning; meanwhile the SIP server has asked again."""
    account = activated(world, house)
    with clock.frozen(NOON):
        cursor = server.changes().cursor
        clock.tick(timedelta(seconds=28))
        cursor = server.changes(cursor).cursor
    with clock.frozen(NOON + timedelta(seconds=1)):
        house.csr.post(f"/v1/accounts/{account['id']}/disable")
    with clock.frozen(NOON + timedelta(seconds=29)):
        heard = server.changes(cursor)
        assert [line.epoch for line in heard.lines] == ["-"]
    with clock.frozen(NOON + timedelta(minutes=2)):
        again = server.changes(heard.cursor)
        assert again.lines == heard.lines  # the same line: left out by its id
        assert server.changes(again.cursor).lines == []


def test_more_than_one_answer_holds_is_told_in_several(
    world: World, house: House, server: SipServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "AT_ONCE", 2)
    accounts = [activated(world, house) for _ in range(3)]
    since = server.changes().cursor
    for account in accounts:
        house.csr.post(f"/v1/accounts/{account['id']}/disable")
    first = server.changes(since)
    rest = server.changes(first.cursor)
    assert (first.state, rest.state) == ("more", "end")
    assert {line.username for line in (*first.lines, *rest.lines)} == {account["username"] for account in accounts}


def test_who_was_away_for_too_long_is_told_so(server: SipServer) -> None:
    since = server.changes().cursor
    with clock.frozen(clock.now() + timedelta(hours=31)):
        heard = server.changes(since)
        assert (heard.state, heard.lines) == ("lost", [])
        assert server.changes(heard.cursor).state == "end"


@pytest.mark.parametrize("cursor", ["x", "2030-05-17", "2030-05-17T12:00:00.000+00:00", "9" * 64])
def test_a_cursor_that_is_none_is_refused(house: House, cursor: str) -> None:
    reply = house.registrar.get("/registrar/changes", query={"realm": house.domain, "since": cursor})
    assert (reply.status, *reply.wrong) == (400, "since")


def test_changes_are_their_own_domain_s(world: World, house: House, server: SipServer) -> None:
    stranger = world.house("Stranger Ltd")
    since = server.changes().cursor
    account = activated(world, house)
    house.csr.post(f"/v1/accounts/{account['id']}/disable")
    assert SipServer(stranger).changes(since).lines == []
    query: dict[str, Any] = {"realm": house.domain}
    assert stranger.registrar.get("/registrar/changes", query=query).status == 403
