"""Many accounts extended at once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from functions.accounts import extend_many
from functions.common import clock
from functions.jobs import work as jobs
from tests.api.world import House, World, made


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extend_many, "PAGE", 2)


def in_days(days: int) -> str:
    return clock.text(clock.now() + timedelta(days=days))


def expiry(house: House, account: dict[str, object]) -> str | None:
    found: str | None = house.csr.get(f"/v1/accounts/{account['id']}").json["expires_at"]
    return found


def test_those_that_expire_before_a_moment_are_extended_and_no_others(world: World, house: House) -> None:
    soon = [house.account(expires_at=in_days(days)) for days in (1, 2, 3, 4, 5)]
    late, never = house.account(expires_at=in_days(90)), house.account()
    before = [expiry(house, each) for each in (late, never)]
    body = {"expiring_before": in_days(30), "until": in_days(365), "group_id": house.group}
    job = made(house.csr.post("/v1/extensions", body))
    world.pump()
    shown = house.csr.get(f"/v1/extensions/{job['id']}").json
    assert (shown["state"], shown["done"]["extended"]) == ("done", 5)
    assert {str(expiry(house, each))[:10] for each in soon} == {in_days(365)[:10]}
    assert [expiry(house, each) for each in (late, never)] == before


def shown(house: House, job: dict[str, object]) -> dict[str, object]:
    found: dict[str, object] = house.csr.get(f"/v1/extensions/{job['id']}").json
    return found


@pytest.fixture
def some_left(house: House) -> Iterator[tuple[list[dict[str, object]], list[dict[str, object]]]]:
    """Accounts that expired, one of them unnoticed by upkeep, and others that will."""
    gone = [house.account(expires_at=in_days(days)) for days in (1, 2, 3)]
    house.csr.post(f"/v1/accounts/{gone[0]['id']}/disable")
    soon = [house.account(expires_at=in_days(days)) for days in (10, 11)]
    with clock.frozen(clock.now() + timedelta(days=4)):
        yield gone, soon


def standings(house: House, accounts: list[dict[str, object]]) -> list[str]:
    return [house.csr.get(f"/v1/accounts/{each['id']}").json["standing"] for each in accounts]


@pytest.mark.parametrize("seen", [True, False])
def test_those_who_have_left_are_not_brought_back_unasked(
    world: World, house: House, some_left: Any, seen: bool
) -> None:
    gone, _ = some_left
    if seen:
        world.visit()
    before = [expiry(house, each) for each in gone]
    job = made(house.csr.post("/v1/extensions", {"expiring_before": in_days(30), "days": 100}))
    world.pump()
    assert shown(house, job)["done"] == {"extended": 2, "revived": 0, "expired": 3, "unchanged": 0, "left": 0}
    assert [expiry(house, each) for each in gone] == before
    assert standings(house, gone) == ["disabled", "expired", "expired"]


def test_those_who_have_left_are_brought_back_where_that_is_asked_for(
    world: World, house: House, some_left: Any
) -> None:
    gone, soon = some_left
    world.visit()
    body = {"expiring_before": in_days(30), "until": in_days(100), "include_expired": True}
    job = made(house.csr.post("/v1/extensions", body))
    world.pump()
    assert shown(house, job)["done"] == {"extended": 5, "revived": 3, "expired": 0, "unchanged": 0, "left": 0}
    assert {str(expiry(house, each))[:10] for each in gone + soon} == {in_days(100)[:10]}
    assert standings(house, gone) == ["disabled", "enabled", "enabled"]


def test_whoever_is_named_is_brought_back(world: World, house: House, some_left: Any) -> None:
    gone, soon = some_left
    ids = [each["id"] for each in gone[1:] + soon]
    job = made(house.csr.post("/v1/extensions", {"account_ids": ids, "never": True}))
    world.pump()
    assert shown(house, job)["done"] == {"extended": 4, "revived": 2, "expired": 0, "unchanged": 0, "left": 0}


@pytest.mark.parametrize("include_expired", [True, False])
def test_a_dry_run_changes_nothing_and_counts_the_same(
    world: World, house: House, some_left: Any, include_expired: bool
) -> None:
    gone, soon = some_left
    late = house.account(expires_at=in_days(25))
    body = {"expiring_before": in_days(30), "until": in_days(20), "include_expired": include_expired}
    before = [expiry(house, each) for each in [*gone, *soon, late]]
    job = made(house.csr.post("/v1/extensions", body | {"dry_run": True}))
    world.pump()
    would = shown(house, job)
    assert [expiry(house, each) for each in [*gone, *soon, late]] == before
    assert would["dry_run"] is True
    really = made(house.csr.post("/v1/extensions", body))
    world.pump()
    assert shown(house, really)["done"] == would["done"]
    assert would["done"]["unchanged"] == 1  # type: ignore[index]
    assert shown(house, really)["dry_run"] is False


def test_days_count_once_however_often_a_piece_is_done(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = [house.account(expires_at=in_days(10)) for _ in range(3)]
    made(house.csr.post("/v1/extensions", {"account_ids": [each["id"] for each in accounts], "days": 5}))
    whole, left = jobs._write, [1]

    def dying(*args: object, **kwargs: object) -> None:
        if left:
            left.pop()
            raise SystemExit
        whole(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs, "_write", dying)
    with pytest.raises(SystemExit):
        world.pump()
    with clock.frozen(clock.now() + timedelta(seconds=jobs.LEASE + 1)):
        jobs.sweep(lambda: False)
        world.pump()
    assert {str(expiry(house, each))[:10] for each in accounts} == {in_days(15)[:10]}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"days": 5}, "account_ids"),
        ({"account_ids": ["a"], "expiring_before": "2031-01-01T00:00:00Z", "days": 5}, "account_ids"),
        ({"account_ids": ["a"], "group_id": "b", "days": 5}, "group_id"),
        ({"expiring_before": "2031-01-01T00:00:00Z", "group_id": "nobodys", "days": 5}, "group_id"),
        ({"account_ids": ["a"]}, "until"),
        ({"account_ids": ["a"], "until": "2001-01-01T00:00:00Z"}, "until"),
    ],
)
def test_what_does_not_go_together_is_refused(house: House, body: dict[str, object], field: str) -> None:
    refused = house.csr.post("/v1/extensions", body)
    assert refused.status == 400
    assert field in refused.wrong
