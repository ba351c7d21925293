"""Lists come in pages; a cursor leads on, and only where it came from."""

import base64
import json
from collections.abc import Iterator

import pytest

from tests.api.client import Api
from tests.api.world import House, World, made


def pages(api: Api, path: str, limit: int) -> Iterator[list[str]]:
    """The ids of each page of a list."""
    cursor = ""
    for _ in range(100):
        body = api.get(f"{path}limit={limit}{cursor}").json
        assert len(body["items"]) <= limit
        yield [each["id"] for each in body["items"]]
        if body["cursor"] is None:
            return
        cursor = f"&cursor={body['cursor']}"


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 200])
def test_every_thing_comes_once_whatever_the_page_s_length(house: House, limit: int) -> None:
    wanted = {made(house.admin.post("/v1/groups", {"name": f"Group {n}"}))["id"] for n in range(6)} | {house.group}
    found = [id_ for page in pages(house.admin, "/v1/groups?", limit) for id_ in page]
    assert sorted(found) == sorted(wanted)


@pytest.mark.parametrize("query", ["?", "?group_id={group}&", "?name=per&"])
def test_accounts_come_in_order_of_name(house: House, query: str) -> None:
    names = ["Perez, Ana", "pérez, BEA", "Perez, Carl", "Person, D", "PERSON, E"]
    wanted = [house.account(full_name=name)["id"] for name in reversed(names)][::-1]
    path = "/v1/accounts" + query.format(group=house.group)
    for limit in (1, 2, 5):
        assert [id_ for page in pages(house.csr, path, limit) for id_ in page] == wanted


def test_a_csr_of_several_groups_pages_through_all_of_them(world: World, house: House) -> None:
    groups = [house.group, *(made(house.admin.post("/v1/groups", {"name": n}))["id"] for n in "ab")]
    wanted = {house.account(group_id=group)["id"] for group in groups for _ in range(3)}
    api = Api(token=world.token(house.tenant, "csr", groups=groups))
    for limit in (1, 2, 3, 4, 50):
        found = [id_ for page in pages(api, "/v1/accounts?", limit) for id_ in page]
        assert sorted(found) == sorted(wanted)


def test_history_comes_newest_first(house: House) -> None:
    account = house.account()["id"]
    for _ in range(2):
        house.csr.post(f"/v1/accounts/{account}/disable")
        house.csr.post(f"/v1/accounts/{account}/enable")
    whole = house.csr.get(f"/v1/accounts/{account}/history").json["items"]
    times = [each["at"] for each in whole]
    assert times == sorted(times, reverse=True)
    assert whole[-1]["event"] == "account.created"


def test_a_cursor_of_another_list_is_refused(world: World, house: House) -> None:
    for n in range(2):
        made(house.admin.post("/v1/groups", {"name": f"Group {n}"}))
    cursor = house.admin.get("/v1/groups?limit=1").json["cursor"]
    stranger = world.house("Stranger Ltd")
    for api, path in ((house.admin, "/v1/domains"), (house.admin, "/v1/accounts"), (stranger.admin, "/v1/groups")):
        reply = api.get(f"{path}?cursor={cursor}")
        assert reply.status == 400
        assert reply.wrong.keys() == {"cursor"}


def test_a_forged_cursor_leads_nowhere(world: World, house: House) -> None:
    stranger = world.house("Stranger Ltd")
    forged = {"pk": f"{house.tenant}|group", "sk": "0"}
    for keys in (
        forged,
        {"pk": f"{stranger.tenant}|group"},
        {"pk": 7, "sk": "0"},
        [1],
        {"pk": f"{stranger.tenant}|group", "sk": ""},
    ):
        cursor = base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")
        assert stranger.admin.get(f"/v1/groups?cursor={cursor}").status == 400
