"""Extending accounts: never shorter, once, and whoever had expired is back as they were."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from functions.accounts.extend import Extension, expiring_page, extend
from functions.common import clock
from functions.common.caller import Caller
from functions.common.requests import RequestMark
from tests.api.client import Api, Reply
from tests.api.sipserver import SipServer, activated
from tests.api.world import House, World, changed, made

NOON: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


def ends(days: float) -> str:
    return (NOON + days * DAY).isoformat().replace("+00:00", "Z")


def asked(house: House, account: dict[str, Any], body: object, **kwargs: Any) -> Reply:
    return house.csr.post(f"/v1/accounts/{account['id']}/extend", body, **kwargs)


def entries(house: House, account: dict[str, Any]) -> list[dict[str, Any]]:
    items = house.csr.get(f"/v1/accounts/{account['id']}/history").json["items"]
    return [item["details"] for item in reversed(items) if item["event"] == "account.extended"]


def audited(house: House) -> list[dict[str, Any]]:
    items = house.auditor.get("/v1/audit", query={"day": clock.now().date().isoformat()}).json["items"]
    return [item for item in items if item["action"] == "account.extend"]


@pytest.mark.parametrize(
    ("before", "body", "after"),
    [
        (30, {"until": ends(60)}, 60),
        (30, {"days": 60}, 90),
        (-1, {"days": 60}, 60),  # from now, when it has passed
        (-1, {"until": ends(60)}, 60),
        (30, {"never": True}, None),
        (-1, {"never": True}, None),
        # Never shorter.
        (30, {"until": ends(20)}, 30),
        (None, {"until": ends(20)}, None),
        (None, {"days": 60}, None),
        (None, {"never": True}, None),
    ],
)
def test_until_when(house: House, before: float | None, body: dict[str, object], after: float | None) -> None:
    account = house.account(expires_at=ends(abs(before)) if before is not None else None)
    with clock.frozen(NOON):
        if before == -1:
            clock.tick(timedelta(seconds=86_400))
            body = {name: ends(61) if name == "until" else value for name, value in body.items()}
            after = after + 1 if after is not None else None
        reply = changed(asked(house, account, body))
    assert reply["expires_at"] == (ends(after) if after is not None else None)
    assert reply["standing"] == "enabled"
    assert len(entries(house, account)) == (reply["expires_at"] != account["expires_at"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "until"),
        ({"until": ends(5), "days": 5}, "until"),
        ({"days": 5, "never": True}, "until"),
        ({"never": False}, "until"),
        ({"until": ends(0)}, "until"),
        ({"until": "2020-01-01T00:00:00Z"}, "until"),
        ({"until": "2027-01-01T00:00:00"}, "until"),
        ({"days": 0}, "days"),
        ({"days": 3651}, "days"),
        ({"weeks": 1}, "weeks"),
    ],
)
def test_what_is_no_extension_is_refused(house: House, body: dict[str, object], field: str) -> None:
    account = house.account(expires_at=ends(30))
    refused = asked(house, account, body)
    assert (refused.status, set(refused.wrong)) == (400, {field})
    assert entries(house, account) == []


def test_an_expired_account_is_back_with_its_phone_as_it_was(world: World, house: House) -> None:
    server = SipServer(house)
    account = activated(world, house, expires_at=ends(1))
    path = f"/v1/accounts/{account['id']}"
    server.tell(account["username"], 1)
    made(house.csr.post(f"{path}/qr"))
    (link,) = (each["id"] for each in house.csr.get(f"{path}/links").json if each["state"] == "live")
    before = server.look_up(account["username"])
    clock.tick(DAY)
    assert world.visit()["counts"]["account.expired"] == 1
    clock.tick(timedelta(minutes=5))
    since = server.changes().cursor
    assert server.look_up(account["username"]).status == 404
    after = changed(asked(house, account, {"until": ends(8)}))
    assert (after["standing"], after["expires_at"], after["readiness"]) == ("enabled", ends(8), "active")
    assert server.look_up(account["username"]).text == before.text
    assert [line[1:4] for line in server.changes(since).lines] == [(account["username"], "1", account["number"])]
    assert server.changes(since).lines[0].until != "-"
    assert {each["id"]: each["state"] for each in house.csr.get(f"{path}/links").json}[link] == "revoked"
    (slot,) = house.csr.get(f"{path}/devices").json
    assert slot["filled"]
    server.tell(account["username"], 1)
    assert [each["account_id"] for each in house.csr.get("/v1/registrations").json["items"]] == [account["id"]]
    made(house.csr.post(f"{path}/qr"))
    assert entries(house, account) == [{"until": clock.text(NOON + 8 * DAY), "by": entries(house, account)[0]["by"]}]
    (entry,) = audited(house)
    assert entry["before"] == {"expires_at": ends(1), "standing": "expired"}
    assert entry["after"] == {"expires_at": ends(8), "standing": "enabled"}


def test_an_expiry_that_nobody_has_noticed_yet_is_as_good(world: World, house: House) -> None:
    account = house.account(expires_at=ends(1))
    clock.tick(DAY)
    assert changed(asked(house, account, {"days": 7}))["standing"] == "enabled"
    assert world.visit()["counts"] == {}


def test_days_count_once_with_a_key_and_each_time_without(house: House) -> None:
    account = house.account(expires_at=ends(10))
    for _ in range(3):
        assert changed(asked(house, account, {"days": 5}, key="once"))["expires_at"] == ends(15)
    assert asked(house, account, {"days": 6}, key="once").code == "idempotency_key_reused"
    assert changed(asked(house, account, {"days": 5}, key="twice"))["expires_at"] == ends(20)
    assert changed(asked(house, account, {"days": 5}))["expires_at"] == ends(25)
    assert len(entries(house, account)) == len(audited(house)) == 3


def test_until_takes_effect_once(house: House) -> None:
    account = house.account(expires_at=ends(10))
    for _ in range(3):
        assert changed(asked(house, account, {"until": ends(20)}))["expires_at"] == ends(20)
    assert len(entries(house, account)) == len(audited(house)) == 1


def test_what_asked_for_attention_because_of_it_is_over(world: World, house: House) -> None:
    account = house.account(expires_at=ends(10))
    clock.tick(9 * DAY)
    assert world.visit()["counts"] == {"account.expires_soon": 1}
    assert changed(asked(house, account, {"days": 100}))["attention"] is None
    assert world.visit()["counts"] == {}
    clock.tick(80 * DAY)
    assert world.visit()["counts"].get("account.expires_soon") is None


def test_a_disabled_or_deleted_account(house: House) -> None:
    account = house.account(expires_at=ends(10))
    path = f"/v1/accounts/{account['id']}"
    house.csr.post(f"{path}/disable")
    assert changed(asked(house, account, {"days": 5}))["standing"] == "disabled"
    house.csr.delete(path)
    assert asked(house, account, {"days": 5}).status == 404


def test_only_whoever_sees_the_account(house: House, world: World) -> None:
    account = house.account(expires_at=ends(10))
    other = made(house.admin.post("/v1/groups", {"name": "Elsewhere"}))["id"]
    elsewhere = Api(token=world.token(house.tenant, "csr", groups=[other]))
    for api, status in ((elsewhere, 404), (world.house("Another Ltd").csr, 404), (house.auditor, 403)):
        assert api.post(f"/v1/accounts/{account['id']}/extend", {"days": 5}).status == status


def test_a_program_extends_a_piece_of_a_group_again_and_it_counts_once(house: House) -> None:
    account = house.account(expires_at=ends(10))
    caller = Caller(tenant=house.tenant, operator="job", name="job", role="admin")
    for _ in range(2):  # its worker was killed, and another one begins again
        mark = RequestMark(caller, "extension", f"job|{account['id']}", b"")
        extended = extend(caller, account["id"], Extension(days=5), mark)
        assert extended.expires_at == NOON + 15 * DAY
        extended = extend(caller, account["id"], Extension(until=NOON + 12 * DAY))
        assert extended.expires_at == NOON + 15 * DAY
    assert len(entries(house, account)) == 1


def test_the_accounts_that_expire_before_a_moment(house: House) -> None:
    other = made(house.admin.post("/v1/groups", {"name": "Elsewhere"}))["id"]
    soon = [
        house.account(full_name=f"Soon {n}", expires_at=ends(5), group_id=(house.group, other)[n % 2]) for n in range(6)
    ]
    late = house.account(full_name="Late", expires_at=ends(50))
    house.account(full_name="Never")
    gone = house.account(full_name="Gone", expires_at=ends(5))
    house.csr.delete(f"/v1/accounts/{gone['id']}")
    before = NOON + 6 * DAY
    assert expiring(house, None, before) == [each["id"] for each in soon]
    assert expiring(house, house.group, before) == [each["id"] for each in soon[::2]]
    assert expiring(house, other, before) == [each["id"] for each in soon[1::2]]
    assert late["id"] in expiring(house, None, NOON + 51 * DAY)
    assert expiring(house, None, NOON + 5 * DAY) == []


def expiring(house: House, group_id: str | None, before: datetime) -> list[str]:
    """The ids of those that expire before a moment, read two at a time."""
    page = expiring_page(house.tenant, group_id, before, None, limit=2)
    found = list(page.items)
    while page.cursor is not None:
        assert len(page.items) <= 2
        page = expiring_page(house.tenant, group_id, before, page.cursor, limit=2)
        found += page.items
    return [each.id for each in found]
