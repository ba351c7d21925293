"""Upkeep's visits on the deployed system: very many accounts in several runs, and what the function itself may do."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from infra.system import System
from tests.e2e.crowd import eventually
from tests.e2e.web import request
from tests.e2e.world import Person, Tenant, World
from tests.programmes.upkeep import expire_many

SIZE: Final = 6_000  # accounts: what two runs at once do in a minute or two on two cores; `make bench` takes 100,000
RUN: Final = 10.0  # seconds


def test_very_many_accounts_expire_in_several_runs_each_of_them_once(system: System) -> None:
    """Two runs at the same time, again and again: they are in each other's way, and do everything once."""
    result = expire_many(system, SIZE, at_once=2, seconds=RUN)
    print(result)
    assert result.wrong == []
    assert sum(run.expired for run in result.runs) == SIZE
    assert len([run for run in result.runs if run.expired]) > 2
    assert max(run.megabytes for run in result.runs) < 1.2 * min(run.megabytes for run in result.runs)


# The function as it is deployed: it has the rights that it needs. Time is moved for it in the tables.


@pytest.fixture
def person(system: System) -> Person:
    world = World(system)
    tenant = world.new_tenant()
    world.new_profile(tenant, devices_per_account=2)
    return world.new_person(tenant, "Zenobia Quill", external_id="HR-884422")


def visit(system: System, **asked: object) -> dict[str, Any]:
    """What the function says it did, or would do, beside what its schedule makes it do."""
    name, event = system.physical_id("UpkeepVisit"), json.dumps(asked).encode()
    answer = system.client("lambda").invoke(FunctionName=name, Payload=event)
    told: dict[str, Any] = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, told
    return told


def comes_to_be(system: System, holds: Callable[[], bool]) -> bool:
    def visited() -> bool:
        visit(system)
        return holds()

    return eventually(visited)


def moved(system: System, person: Person, **fields: str) -> None:
    """The account has these fields now, and is due."""
    system.client("dynamodb").update_item(
        TableName=system.physical_id("AccountsTable"),
        Key={"pk": {"S": f"{person.tenant.id}|account|{person.account_id}"}, "sk": {"S": "-"}},
        UpdateExpression="SET due_at = :due, " + ", ".join(f"{name} = :{name}" for name in fields),
        ExpressionAttributeValues={":due": {"N": "1"}} | {f":{name}": {"S": text} for name, text in fields.items()},
    )


def guessed_at(system: System, person: Person, at: str) -> None:
    """Somebody used a wrong password for the account's phone, then."""
    item = {
        "pk": f"{person.tenant.id}|{person.account_id}",
        "sk": f"{at}|guessed",
        "at": at,
        "event": "device.auth_failed",
        "details": '{"slot":1,"network":"2001:db8:1:200::/56"}',
    }
    table = system.physical_id("HistoryTable")
    system.client("dynamodb").put_item(TableName=table, Item={name: {"S": text} for name, text in item.items()})


def ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def everything_about(system: System, tenant: Tenant) -> str:
    """Every item of every table that names the tenant, but for what is over within a day or two by itself."""
    tables, passing = system.client("dynamodb"), system.physical_id("LimitsTable")
    found = []
    for name in tables.list_tables()["TableNames"]:
        for page in tables.get_paginator("scan").paginate(TableName=name) if name != passing else ():
            found += [text for item in page["Items"] if tenant.id in (text := json.dumps(item))]
    return "\n".join(found)


def test_the_deployed_function_takes_an_account_to_its_end(system: System, person: Person) -> None:
    world, api, path = World(system), person.tenant.api, f"/v1/accounts/{person.account_id}"
    link = world.links_for(person, "a")["sms"]
    world.open_installation_link(world.links_for(person, "i")["sms"])
    assert request("GET", world.tap(link), {"User-Agent": "Unknown"}).status == 200
    api.create(f"{path}/links", {"channels": ["sms"], "device": "add"})

    guessed_at(system, person, ago(60))
    moved(system, person, created_at=ago(100), upkeep=json.dumps({"trim_at": ago(1), "flagged_at": ago(1)}))
    assert person.account_id in str(visit(system, dry_run=True)["examples"])
    assert comes_to_be(system, lambda: "2001:db8:1::/48" in str(api.get(f"{path}/history")))

    moved(system, person, expires_at=ago(0))
    assert comes_to_be(system, lambda: "account.expired" in str(api.get(f"{path}/history")))
    assert {each["state"] for each in api.get(f"{path}/links")} == {"revoked"}

    moved(system, person, expires_at=ago(100), upkeep=json.dumps({"expired_at": ago(100)}))
    assert comes_to_be(system, lambda: api.call("GET", path).status == 404)

    def erased() -> bool:
        left = everything_about(system, person.tenant)
        if gone := not any(text in left for text in ("Zenobia", person.number, person.email, "HR-884422", "Mozilla")):
            return gone
        moved(system, person, upkeep="{}")  # it waits for messages that were on their way
        return False

    assert comes_to_be(system, erased), everything_about(system, person.tenant)
