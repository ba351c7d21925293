"""What is asked of many accounts at once."""

from typing import Any

from functions.accounts import many
from functions.accounts.devices import find_slot
from tests.api.sipserver import activated
from tests.api.world import House, World, made


def ids(accounts: list[dict[str, Any]]) -> list[str]:
    return [account["id"] for account in accounts]


def test_accounts_are_read_by_their_ids_deleted_ones_too(world: World, house: House) -> None:
    here, gone = house.account(), house.account()
    elsewhere = world.house("Another Ltd").account()
    house.csr.delete(f"/v1/accounts/{gone['id']}")
    found = many.by_id(house.tenant, [here["id"], gone["id"], here["id"], elsewhere["id"], "0" * 14])
    assert {id_: account.standing for id_, account in found.items()} == {here["id"]: "enabled", gone["id"]: "deleted"}
    assert many.by_id(house.tenant, []) == {}


def test_more_than_one_read_holds_are_all_found(house: House) -> None:
    accounts = [house.account() for _ in range(105)]
    assert many.by_id(house.tenant, ids(accounts)).keys() == set(ids(accounts))


def test_who_has_a_number_or_is_known_by_an_external_id(house: House) -> None:
    ada, grace = house.account(external_id="HR-1"), house.account(external_id="a|b")
    wanted = [(house.domain, ada["number"]), (house.domain, "+12025559999"), ("another.example", ada["number"])]
    assert many.holders_of_numbers(house.tenant, wanted) == {(house.domain, ada["number"]): ada["id"]}
    known = many.holders_of_external_ids(house.tenant, ["HR-1", "a|b", "HR-2"])
    assert known == {"HR-1": ada["id"], "a|b": grace["id"]}
    assert many.holders_of_numbers("another", wanted) == {}
    assert many.holders_of_external_ids(house.tenant, []) == {}


def test_the_accounts_of_a_group_and_of_a_tenant_by_name_and_page_by_page(world: World, house: House) -> None:
    world.house("Another Ltd").account()
    other = made(house.admin.post("/v1/groups", {"name": "Elsewhere"}))["id"]
    groups = (house.group, other)
    accounts = [house.account(full_name=f"Person {n}", group_id=groups[n % 2]) for n in range(5)]
    gone = house.account(full_name="Person 0")
    house.csr.delete(f"/v1/accounts/{gone['id']}")
    assert [each.id for each in many.every(house.tenant, None)] == ids(accounts)
    assert [each.id for each in many.every(house.tenant, other)] == ids(accounts[1::2])
    first = many.page(house.tenant, None, None, 3)
    assert [each.id for each in first.items] == ids(accounts[:3])
    assert [each.id for each in many.page(house.tenant, None, first.cursor, 3).items] == ids(accounts[3:])
    assert [each.id for each in many.page(house.tenant, house.group, None, 3).items] == ids(accounts[::2])


def test_a_username_is_free_again_only_when_nobody_has_had_it(world: World, house: House) -> None:
    unused, used, present = house.account(), activated(world, house), house.account()
    for account in (unused, used):
        house.csr.delete(f"/v1/accounts/{account['id']}")
    found = many.by_id(house.tenant, ids([unused, used, present])).values()
    for _ in range(2):
        many.free_usernames(found, begun_with=0)
    kept = [find_slot(house.tenant, house.domain, each["username"]) for each in (unused, used, present)]
    assert [slot is not None for slot in kept] == [False, True, True]


def test_a_username_that_is_somebody_else_s_by_now_stays_theirs(house: House) -> None:
    """The first one's deletion is done again after the username was given out, and deleted, a second time."""
    first = house.account(username="zoe")
    house.csr.delete(f"/v1/accounts/{first['id']}")
    gone = list(many.by_id(house.tenant, [first["id"]]).values())
    many.free_usernames(gone, begun_with=0)
    second = house.account(username="zoe")
    house.csr.delete(f"/v1/accounts/{second['id']}")
    many.free_usernames(gone, begun_with=0)
    slot = find_slot(house.tenant, house.domain, "zoe")
    assert slot is not None
    assert slot.account_id == second["id"]
