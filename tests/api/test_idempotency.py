"""A POST repeated with the same Idempotency-Key has its effect once, and gets the same answer again."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.common import clock
from tests.api.world import House, World, made


def test_a_repeated_creation_is_one_creation(house: House) -> None:
    first = house.admin.post("/v1/groups", {"name": "Sales"}, key="k1")
    second = house.admin.post("/v1/groups", {"name": "Sales"}, key="k1")
    assert (first.status, first.json) == (second.status, second.json)
    assert first.headers["location"] == second.headers["location"] == f"/v1/groups/{first.json['id']}"
    assert [each["name"] for each in house.admin.get("/v1/groups").json["items"]].count("Sales") == 1


def test_without_a_key_every_request_is_new(house: House) -> None:
    ids = {made(house.admin.post("/v1/groups", {"name": "Sales"}))["id"] for _ in range(2)}
    assert len(ids) == 2


def test_a_key_is_not_used_for_another_request(house: House) -> None:
    made(house.admin.post("/v1/groups", {"name": "Sales"}, key="k1"))
    reply = house.admin.post("/v1/groups", {"name": "Support"}, key="k1")
    assert (reply.status, reply.code) == (409, "idempotency_key_reused")


def test_a_key_is_each_operator_s_and_each_route_s_own(house: House) -> None:
    ids = {
        made(house.admin.post("/v1/groups", {"name": "Sales"}, key="k1"))["id"],
        made(house.admin.post("/v1/domains", {"name": "sip.other.example"}, key="k1"))["id"],
        made(house.csr.post("/v1/accounts", _account(house), key="k1"))["id"],
        made(house.admin.post("/v1/accounts", _account(house) | {"number": "+12025550178"}, key="k1"))["id"],
    }
    assert len(ids) == 4


def test_a_refused_request_does_not_use_its_key_up(house: House) -> None:
    taken = _account(house)
    made(house.csr.post("/v1/accounts", taken))
    assert house.csr.post("/v1/accounts", taken, key="k1").status == 409
    assert house.csr.post("/v1/accounts", taken | {"number": "+12025550179"}, key="k1").status == 201


def test_a_repetition_makes_one_audit_entry(world: World, house: House) -> None:
    for _ in range(3):
        house.admin.post("/v1/groups", {"name": "Sales"}, key="k1")
    entries = [
        each for each in house.admin.get("/v1/audit?limit=200").json["items"] if each["action"] == "group.create"
    ]
    assert len(entries) == 2  # the house's own group, and this one


def test_a_key_is_forgotten_after_a_day(house: House) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with clock.frozen(now):
        made(house.admin.post("/v1/groups", {"name": "Sales"}, key="k1"))
        clock.tick(timedelta(hours=25))
        assert house.admin.post("/v1/groups", {"name": "Support"}, key="k1").status == 201


@pytest.mark.parametrize("key", ["", "a" * 256, "a\tb", "a\u0007b", "schlüssel", " a"])
def test_a_key_is_short_and_printable(house: House, key: str) -> None:
    reply = house.admin.post("/v1/groups", {"name": "Sales"}, key=key)
    assert reply.status == 400
    assert reply.wrong.keys() == {"Idempotency-Key"}


@pytest.mark.parametrize("key", ["a|b", "k" * 255, "0b61a3c2-2a3e-4a0f-9f63-4f4a4f1f2d11", "a\\nb", "a b"])
def test_any_other_key_works(house: House, key: str) -> None:
    first, second = (made(house.admin.post("/v1/groups", {"name": "Sales"}, key=key)) for _ in range(2))
    assert first == second


def _account(house: House) -> dict[str, str]:
    return {"full_name": "A Person", "number": "+12025550177", "group_id": house.group}
