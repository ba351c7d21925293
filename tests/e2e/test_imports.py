"""A file of people on the deployed system: uploaded, done by the functions under their own rights; by workers that are
killed; and with memory and cost per row that do not grow."""

import csv
import io
from collections import Counter
from typing import Any, Final

import pytest

from infra.system import System
from tests.e2e import crowd
from tests.e2e.runs import UNLIMITED, gateway
from tests.e2e.web import request
from tests.e2e.world import Tenant, World
from tests.fakes.server import Fakes
from tests.programmes import importing

KILLS: Final = 20
MOBILE: Final = 5_001_000  # of the first person, after +4179: last digits below 100 choose what a fake does


@pytest.fixture(scope="module")
def world(system: System) -> World:
    return World(system)


@pytest.fixture
def tenant(world: World) -> Tenant:
    made = world.new_tenant()
    world.new_profile(made)
    return made


def at(tenant: Tenant, import_: str, *states: str) -> dict[str, Any]:
    """The import, once it is at one of these stages."""

    def there() -> bool:
        return tenant.api.get(f"/v1/imports/{import_}")["state"] in states

    assert crowd.eventually(there), tenant.api.get(f"/v1/imports/{import_}")
    found: dict[str, Any] = tenant.api.get(f"/v1/imports/{import_}")
    return found


def act(tenant: Tenant, import_: str, what: str) -> None:
    tenant.api.call("POST", f"/v1/imports/{import_}/{what}", expected=200)


def result(tenant: Tenant, import_: str) -> list[dict[str, str]]:
    answer = request("GET", tenant.api.get(f"/v1/imports/{import_}/result")["url"])
    assert answer.status == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"))))


def test_a_file_is_uploaded_checked_done_exported_and_undone(tenant: Tenant, system: System) -> None:
    rows = 450
    content = b"".join(importing.people(rows)) + b"Nobody,12,,,,,\n"
    import_ = importing.uploaded(system, tenant, content)
    act(tenant, import_, "check")
    checked = at(tenant, import_, "checked", "refused")
    assert (checked["found"]["create"], checked["found"]["problems"]) == (rows, 1)
    assert tenant.api.get(f"/v1/imports/{import_}/problems")["items"][0]["line"] == rows + 2
    act(tenant, import_, "start")
    done = at(tenant, import_, "done")
    assert done["done"] == {"created": rows, "problem": 1}
    assert Counter(row["result"] for row in result(tenant, import_)) == {"created": rows, "problem": 1}
    export = tenant.api.create("/v1/exports", {"group_id": tenant.group_id})["id"]
    assert crowd.eventually(lambda: tenant.api.get(f"/v1/exports/{export}")["state"] == "done")
    exported = request("GET", tenant.api.get(f"/v1/exports/{export}")["download"]["url"]).body
    again = importing.uploaded(system, tenant, exported, start="when_clean")
    act(tenant, again, "check")
    assert at(tenant, again, "done")["done"] == {"unchanged": rows}
    other = importing.uploaded(system, tenant, content.replace(b"one of many", b"one of us"), mode="update")
    act(tenant, other, "check")
    assert at(tenant, other, "checked")["found"]["changes"] == {"description": rows}
    page = tenant.api.get(f"/v1/imports/{other}/changes")["items"]
    assert page[0]["columns"]["description"] == {"before": "one of many", "after": "one of us"}
    act(tenant, other, "cancel")
    act(tenant, import_, "undo")
    assert at(tenant, import_, "undone")["done"]["undone"] == rows
    assert tenant.api.get("/v1/accounts")["items"] == []


def test_what_a_presigned_address_takes_is_the_file_that_was_announced(tenant: Tenant) -> None:
    made = tenant.api.create("/v1/imports", {"group_id": tenant.group_id, "size": 10})
    other = request("PUT", made["upload"]["url"] + "0", made["upload"]["headers"], b"0123456789")
    assert other.status == 403


def test_workers_are_killed_again_and_again_and_each_row_is_one_account_and_one_message(system: System) -> None:
    """Wherever it hits them: in the check, before a row's transaction or when it is done and nobody knows, while a
    piece's end is written. Once the import is over no worker dies any more: so all of them did amid it."""
    rows = 400
    world = World(system)
    with Fakes() as fakes:
        fakes.courier.hold()
        tenant, _ = crowd.tenant_with(world, gateway(fakes, UNLIMITED))
        before = len(fakes.sms)
        killed = importing.killed(
            system,
            tenant,
            b"".join(importing.people(rows, mobile=MOBILE)),
            KILLS,
            seed=5,
            start="when_clean",
            messages=[{"kind": "activation", "channel": "sms"}],
        )
        done = tenant.api.get(f"/v1/imports/{killed.import_id}")
        left = tenant.api.get(f"/v1/imports/{killed.import_id}/problems")["items"]
        assert {each["problems"][0]["problem"] for each in left} == set()
        assert (done["state"], done["done"]) == ("done", {"created": rows})
        assert fakes.wait_until(lambda: len(fakes.sms) - before >= rows, 240)
        sent = Counter(each.to for each in fakes.sms[before:])
    assert set(sent.values()) == {1}, [number for number, times in sent.items() if times > 1]
    assert len(sent) == rows
    numbers = Counter(account["number"] for account in everything(tenant, "/v1/accounts"))
    assert len(numbers) == rows
    assert set(numbers.values()) == {1}
    listed = result(tenant, killed.import_id)
    assert [row["externalId"] for row in listed] == [f"E{n}" for n in range(rows)]
    assert {row["accountId"] for row in listed} == {account["id"] for account in everything(tenant, "/v1/accounts")}
    created = [entry for entry in everything(tenant, "/v1/audit") if entry["action"] == "account.create"]
    assert len(created) == rows
    assert len(killed.deaths) >= KILLS
    assert "TransactWriteItems" in {each.split()[1] for each in killed.deaths}
    print(f"{len(killed.deaths)} kills: {Counter(killed.deaths)}")


def test_memory_and_cost_for_a_row_are_the_same_for_four_times_as_many(system: System, world: World) -> None:
    """`make bench` compares 10,000 with 50,000."""
    found = []
    for size in (600, 2400):
        tenant = world.new_tenant()
        world.new_profile(tenant)
        found.append(importing.import_rows(system, tenant, size))
    few, many = found
    print(f"{few.calls_per_row:.3f} and {many.calls_per_row:.3f} calls a row; memory × {many.growth:.2f}")
    assert many.done == {"created": 2400}
    assert many.calls_per_row <= few.calls_per_row * 1.1
    assert many.growth <= 1.1


def everything(tenant: Tenant, path: str) -> list[dict[str, Any]]:
    """A list's items, page by page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = tenant.api.get(f"{path}?limit=200{cursor}")
        found += page["items"]
        if page["cursor"] is None:
            return found
        cursor = f"&cursor={page['cursor']}"
