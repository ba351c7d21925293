"""Accounts that ask for an operator's attention: who they are, why, and how that ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.accounts import attention, change
from functions.accounts.attention import HELD, Why
from functions.common import clock
from functions.common.errors import Changed
from functions.common.transaction import commit
from tests.api.client import Api
from tests.api.meanwhile import meanwhile
from tests.api.phone import Phone, desk_link
from tests.api.world import House, World, made

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def note(house: House, account: dict[str, Any], why: Why, **details: str) -> None:
    attention.note(house.tenant, account["id"], why, **details)


def asking(api: Api, **query: str) -> list[str]:
    return [each["id"] for each in api.get("/v1/accounts", query={"attention": "true"} | query).json["items"]]


def why(house: House, account: dict[str, Any]) -> str | None:
    shown: dict[str, Any] = house.csr.get(f"/v1/accounts/{account['id']}").json
    assert (shown["attention"] is None) == (shown["attention_at"] is None)
    found: str | None = shown["attention"]
    return found


def events(house: House, account: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    items = house.csr.get(f"/v1/accounts/{account['id']}/history").json["items"]
    return [(item["event"], item["details"]) for item in reversed(items) if "attention" in item["event"]]


def clear(house: House, account: dict[str, Any]) -> dict[str, Any]:
    reply = house.csr.post(f"/v1/accounts/{account['id']}/attention/clear")
    assert reply.status == 200, reply.text
    shown: dict[str, Any] = reply.json
    return shown


def register(house: House, account: dict[str, Any], epoch: int = 1) -> None:
    body = {"event": "registered", "username": account["username"], "realm": house.domain, "epoch": epoch}
    assert house.registrar.post("/registrar/kamailio/events", body | {"expires": 600}).status == 204


@pytest.fixture
def fetched(house: House, world: World) -> dict[str, Any]:
    """An account whose phone has its file and has not registered."""
    account = house.account()
    phone = Phone(world.anyone.at(house.host))
    phone.fetch(phone.tap(desk_link(house, account["id"])))
    return account


def test_an_account_asks_for_nothing_until_something_is_noted(house: House) -> None:
    account = house.account()
    assert (why(house, account), asking(house.csr)) == (None, [])
    with clock.frozen(NOON):
        note(house, account, "not_opened", link="abc")
        shown = house.csr.get(f"/v1/accounts/{account['id']}").json
        assert (shown["attention"], shown["attention_at"]) == ("not_opened", "2026-11-22T12:00:00Z")
        state = house.csr.get(f"/v1/accounts/{account['id']}/state").json
        assert (state["attention"], state["attention_at"]) == ("not_opened", "2026-11-22T12:00:00Z")
    assert events(house, account) == [("account.attention", {"why": "not_opened", "link": "abc"})]
    assert asking(house.csr) == [account["id"]]


def test_the_newest_comes_first_page_by_page(house: House) -> None:
    accounts = [house.account() for _ in range(5)]
    with clock.frozen(NOON):
        for account in accounts[:4]:
            clock.tick(timedelta(seconds=1))
            note(house, account, "not_opened")
        note(house, accounts[0], "not_claimed")  # again, later
        clock.tick(timedelta(seconds=1))
        note(house, accounts[1], "not_registered")
    first = house.csr.get("/v1/accounts", query={"attention": "true", "limit": "3"}).json
    rest = house.csr.get("/v1/accounts", query={"attention": "true", "limit": "3", "cursor": first["cursor"]}).json
    found = [each["id"] for each in [*first["items"], *rest["items"]]]
    assert found[0] == accounts[1]["id"]
    assert sorted(found) == sorted(each["id"] for each in accounts[:4])
    assert rest["cursor"] is None


def test_a_csr_of_one_group_sees_that_group_s_alone(house: House, world: World) -> None:
    other = made(house.admin.post("/v1/groups", {"name": "Elsewhere"}))["id"]
    third = made(house.admin.post("/v1/groups", {"name": "Nobody's"}))["id"]
    here, there = house.account(), house.account(group_id=other)
    for account in (here, there):
        note(house, account, "not_opened")
    scoped = Api(token=world.token(house.tenant, "csr", groups=[other, third]))
    assert asking(scoped) == [there["id"]]
    assert asking(scoped, group_id=house.group) == []
    assert asking(scoped, group_id=third) == []
    assert asking(house.csr, group_id=house.group) == [here["id"]]
    stranger = world.house("Another Ltd")
    assert asking(stranger.csr) == []


def test_a_filtered_page_is_full_and_its_cursor_goes_on(house: House, world: World) -> None:
    other = made(house.admin.post("/v1/groups", {"name": "Elsewhere"}))["id"]
    mine = [house.account(group_id=group) for group in (house.group, other) * 3]
    for account in mine:
        note(house, account, "not_opened")
    scoped = Api(token=world.token(house.tenant, "csr", groups=[other]))
    found, query = [], {"attention": "true", "limit": "2"}
    while True:
        page = scoped.get("/v1/accounts", query=query).json
        found += [each["id"] for each in page["items"]]
        if page["cursor"] is None:
            break
        query["cursor"] = page["cursor"]
    assert sorted(found) == sorted(each["id"] for each in mine if each["group_id"] == other)


@pytest.mark.parametrize("query", [{"number": "+12025550101"}, {"name": "A"}, {"email": "a@example.net"}])
def test_it_goes_with_nothing_but_a_group(house: House, query: dict[str, str]) -> None:
    reply = house.csr.get("/v1/accounts", query={"attention": "true"} | query)
    assert (reply.status, reply.json["error"]["field"]) == (400, "attention")


def test_garbled_filters_and_cursors_are_named(house: House) -> None:
    assert house.csr.get("/v1/accounts", query={"attention": "perhaps"}).status == 400
    ordinary = house.csr.get("/v1/accounts", query={"limit": "1"}).json["cursor"]
    for cursor in ("abc", ordinary):
        if cursor is not None:
            assert house.csr.get("/v1/accounts", query={"attention": "true", "cursor": cursor}).status == 400
    assert house.csr.get("/v1/accounts", query={"attention": "false"}).status == 200


def test_clearing_is_audited_and_repeatable(house: House) -> None:
    account = house.account()
    note(house, account, "asked_for_new")
    for _ in range(2):
        shown = clear(house, account)
        assert (shown["attention"], shown["attention_at"]) == (None, None)
    assert (why(house, account), asking(house.csr)) == (None, [])
    names = [event for event, _ in events(house, account)]
    assert names == ["account.attention", "account.attention_cleared"]
    audited = [
        each for each in house.admin.get("/v1/audit").json["items"] if each["action"] == "account.attention_clear"
    ]
    assert [(each["target"], each["before"]) for each in audited] == [
        (f"account/{account['id']}", {"attention": "asked_for_new"})
    ]


def test_a_reason_that_nobody_has_seen_is_not_cleared(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    account = house.account()
    note(house, account, "asked_for_new")
    with meanwhile(monkeypatch, attention, "commit", lambda: note(house, account, "not_me")):
        reply = house.csr.post(f"/v1/accounts/{account['id']}/attention/clear")
    assert (reply.status, reply.code) == (409, "changed_meanwhile")
    assert why(house, account) == "not_me"


@pytest.mark.parametrize("reason", ["not_opened", "not_claimed", "not_registered", "undelivered", "asked_for_new"])
def test_a_registration_takes_it_back(house: House, fetched: dict[str, Any], reason: Why) -> None:
    note(house, fetched, reason)
    register(house, fetched)
    assert (why(house, fetched), asking(house.csr)) == (None, [])
    assert house.csr.get(f"/v1/accounts/{fetched['id']}").json["readiness"] == "active"


@pytest.mark.parametrize("reason", sorted(HELD))
def test_what_speaks_of_somebody_else_stays_until_an_operator_has_looked(
    house: House, fetched: dict[str, Any], reason: Why
) -> None:
    note(house, fetched, reason)
    note(house, fetched, "asked_for_new")
    assert why(house, fetched) == reason
    register(house, fetched)
    assert house.csr.get(f"/v1/accounts/{fetched['id']}").json["readiness"] == "active"
    assert why(house, fetched) == reason
    clear(house, fetched)
    note(house, fetched, "not_opened")
    assert why(house, fetched) == "not_opened"


def test_deleting_the_account_ends_it(house: House) -> None:
    account = house.account()
    note(house, account, "not_me")
    assert house.csr.delete(f"/v1/accounts/{account['id']}").status == 204
    assert asking(house.csr) == []
    with pytest.raises(Changed):
        commit(attention.step(house.tenant, account["id"], "not_opened"))
    note(house, account, "not_opened")  # by itself it is silent
    assert asking(house.csr) == []


def test_a_change_that_was_begun_before_does_not_undo_it_nor_is_undone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = house.account()
    with meanwhile(monkeypatch, change, "_checked", lambda: note(house, account, "not_opened")):
        changed = house.csr.patch(f"/v1/accounts/{account['id']}", {"full_name": "Another Name"})
    assert (changed.status, changed.json["full_name"]) == (200, "Another Name")
    assert why(house, account) == "not_opened"
