"""Tokens: shown once, kept as a hash, ended at once, and never reaching further than who issued them."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.common import clock
from tests.api.client import Api
from tests.api.world import House, World, made


def test_a_token_is_shown_once(house: House) -> None:
    issued = made(house.admin.post("/v1/tokens", {"name": "a program", "role": "csr"}))
    assert Api(token=issued["token"]).get("/v1/groups").status == 200
    listed = house.admin.get("/v1/tokens")
    assert issued["id"] in [each["id"] for each in listed.json["items"]]
    assert issued["token"] not in listed.text


def test_a_token_is_nowhere_at_rest(world: World, house: House) -> None:
    for table in ("operators", "audit", "requests"):
        assert str(house.admin.token) not in str(world.cloud.rows(table))


def test_a_repeated_request_gets_the_same_token_without_its_being_kept(world: World, house: House) -> None:
    body = {"name": "a program", "role": "csr"}
    first, second = (made(house.admin.post("/v1/tokens", body, key="k1")) for _ in range(2))
    assert first == second
    assert first["token"] not in str(world.cloud.rows("requests"))


def test_a_revoked_token_ends_with_the_next_request(house: House) -> None:
    issued = made(house.admin.post("/v1/tokens", {"name": "a program", "role": "csr"}))
    assert house.admin.delete(f"/v1/tokens/{issued['id']}").status == 204
    assert Api(token=issued["token"]).get("/v1/groups").status == 401
    assert house.admin.delete(f"/v1/tokens/{issued['id']}").status == 404


def test_a_token_ends_when_its_time_is_over(house: House) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with clock.frozen(now):
        ends = (now + timedelta(hours=1)).isoformat()
        issued = made(house.admin.post("/v1/tokens", {"name": "a program", "role": "csr", "expires_at": ends}))
        assert Api(token=issued["token"]).get("/v1/groups").status == 200
        clock.tick(timedelta(hours=1))
        assert Api(token=issued["token"]).get("/v1/groups").status == 401


def test_an_admin_issues_for_its_own_tenant_alone(world: World, house: House) -> None:
    stranger = world.house("Stranger Ltd")
    for body in (
        {"role": "admin", "tenant_id": stranger.tenant},
        {"role": "provider"},
        {"role": "csr", "tenant_id": "provider"},
    ):
        assert house.admin.post("/v1/tokens", {"name": "x"} | body).status == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "registrar"}, "domains"),
        ({"role": "csr", "domains": ["sip.example.net"]}, "domains"),
        ({"role": "admin", "groups": ["abc"]}, "groups"),
        ({"role": "csr", "groups": []}, "groups"),
        ({"role": "csr", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"role": "csr", "expires_at": "2099-01-01T00:00:00"}, "expires_at"),
        ({"role": "owner"}, "role"),
    ],
)
def test_what_does_not_fit_the_role_is_refused(house: House, body: dict[str, object], field: str) -> None:
    reply = house.admin.post("/v1/tokens", {"name": "x"} | body)
    assert reply.status == 400
    assert reply.wrong.keys() == {field}


def test_a_csr_of_some_groups_sees_those_accounts_alone(world: World, house: House) -> None:
    elsewhere = made(house.admin.post("/v1/groups", {"name": "Elsewhere"}))["id"]
    seen, unseen = house.account(), house.account(group_id=elsewhere)
    api = Api(token=world.token(house.tenant, "csr", groups=[house.group]))
    assert [each["id"] for each in api.get("/v1/accounts").json["items"]] == [seen["id"]]
    assert api.get(f"/v1/accounts/{unseen['id']}").status == 404
    assert api.get(f"/v1/accounts?number={unseen['number'].replace('+', '%2B')}").json["items"] == []
    moved = {"full_name": "X", "number": "+12025550177", "group_id": elsewhere}
    assert api.post("/v1/accounts", moved).wrong.keys() == {"group_id"}


def test_the_first_token_is_the_same_whenever_it_is_asked_for(world: World) -> None:
    from functions.operators.bootstrap import provider_token

    assert provider_token() == world.provider.token
