"""A tenant goes from the deployed system, under the rights of its functions: afterwards nothing of its people is found,
wherever one looks. And upkeep's commands, as an operator of the installation gives them."""

import hashlib
import json
import secrets
from collections.abc import Iterator
from typing import Any

from functions.common import ids
from infra import rotate, upkeep
from infra.functions import Asking, ask
from infra.system import System
from tests.e2e.web import Api, request
from tests.e2e.world import Tenant, World

BUCKETS = ("Bucket", "PackagesBucket", "TransfersBucket")


def asking(system: System) -> Asking:
    return Asking(system.client("lambda"), system.physical_id)


def work(system: System, tenant: Tenant) -> None:
    """The worker that upkeep would call after a minute."""
    entry = {"tenant": tenant.id, "job": ids.derived_id("off-boarding", tenant.id, "1"), "lane": 0}
    record = {"messageId": "1", "receiptHandle": "1", "body": json.dumps(entry), "eventSource": "aws:sqs"}
    ask(asking(system), "JobsWork", {"Records": [record]})


def tables(system: System) -> Iterator[tuple[str, str]]:
    """Every item of every table, as text."""
    database = system.client("dynamodb")
    for page in database.get_paginator("list_tables").paginate():
        for table in page["TableNames"]:
            for found in database.get_paginator("scan").paginate(TableName=table):
                yield from ((table, json.dumps(item, ensure_ascii=False, default=str)) for item in found["Items"])


def objects(system: System) -> Iterator[tuple[str, str, bytes]]:
    """Every object of every bucket of ours."""
    files = system.client("s3")
    for output in BUCKETS:
        bucket = system.outputs[output]
        for page in files.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for found in page.get("Contents", ()):
                yield bucket, found["Key"], files.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()


def test_after_a_tenant_has_gone_nothing_of_its_people_is_found_anywhere(system: System) -> None:
    world = World(system)
    tenant = world.new_tenant()
    world.new_profile(tenant)
    mark = secrets.token_hex(5)
    names = (
        f"Zoë {mark}",
        f"username.{mark}",
        f"about-{mark}",
        f"id-{mark}",
        f"imported {mark}",
        f"it-{mark}@example.org",
    )
    zoe = world.new_person(
        tenant, names[0], username=names[1], description=names[2], external_id=names[3], language="de"
    )
    ticket = world.tap(world.links_for(zoe, "a")["sms"])
    assert request("GET", ticket).status == 200
    deleted = world.new_person(tenant, f"Gone {mark}", username=f"gone.{mark}")
    tenant.api.call("DELETE", f"/v1/accounts/{deleted.account_id}", None, expected=204)
    tenant.api.call("PATCH", f"/v1/groups/{tenant.group_id}", {"it_contact": names[5]}, expected=200)
    rows = f"fullName,gsmNumber\r\n{names[4]},+12025559{secrets.randbelow(900) + 100}\r\n"
    wanted = {"group_id": tenant.group_id, "csv": rows, "start": "when_clean"}
    import_ = tenant.api.create("/v1/imports", wanted)["id"]
    assert system.fakes.wait_until(lambda: tenant.api.get(f"/v1/imports/{import_}")["state"] == "done")
    strings = (*names, zoe.number.removeprefix("+"), zoe.email, deleted.email, f"gone.{mark}")
    found = "".join(text for _, text in tables(system))
    assert [each for each in names if each not in found] == []  # it is looked for where it is

    provider = Api(system.base_url, system.provider_token)
    name = provider.get(f"/v1/tenants/{tenant.id}")["name"]
    asked = provider.call("POST", f"/v1/tenants/{tenant.id}/off-board", {"confirm": name}, expected=202).json
    assert asked["state"] == "closed"
    tenant.api.call("GET", "/v1/accounts", expected=401)
    work(system, tenant)
    address = f"/v1/tenants/{tenant.id}/off-boarding"
    assert system.fakes.wait_until(lambda: provider.get(address)["state"] == "ending"), provider.get(address)["state"]
    foreseen = upkeep.upkeep(asking(system), dry_run=True, say=lambda _: None)
    assert tenant.id in foreseen["UpkeepRetain"]["examples"]["tenant.gone"]
    upkeep.upkeep(asking(system), dry_run=False, say=lambda _: None)
    gone = provider.get(address)
    assert (gone["state"], gone["genuine"]) == ("done", True)

    archived = ""
    for part in gone["parts"]:
        content = request("GET", part["url"]).body
        assert hashlib.sha256(content).hexdigest() == part["sha256"] == gone["certificate"]["parts"][part["name"]]
        archived += content.decode()
    assert [each for each in (*names, zoe.email) if each not in archived] == []
    _forget_the_archive(system, tenant)
    left = [(table, text) for table, text in tables(system) if any(each in text for each in strings)]
    assert left == []
    for bucket, key, content in objects(system):
        assert not key.startswith(f"{tenant.id}/"), (bucket, key)
        assert not [each for each in strings if each.encode() in content], (bucket, key)
    lines = [line for line in system.logs() if any(each in line for each in strings)]
    assert lines == []


def _forget_the_archive(system: System, tenant: Tenant) -> None:
    """As the bucket's rule does after a week."""
    files = system.client("s3")
    for bucket, key, _ in list(objects(system)):
        if key.startswith(f"{tenant.id}/off-boarding/"):
            files.delete_object(Bucket=bucket, Key=key)


def test_a_dry_run_looks_at_everything_and_changes_nothing(system: System) -> None:
    before = sorted(tables(system))
    said: list[str] = []
    reports: Any = upkeep.upkeep(asking(system), dry_run=True, days=400, say=said.append)
    assert [line for line in said if line.startswith("Upkeep")] == [
        "UpkeepVisit: would happen",
        "UpkeepRetain: would happen",
    ]
    assert all(report["done"] for report in reports.values())
    assert sorted(tables(system)) == before


def test_a_new_key_is_added_at_once_and_nothing_is_shown_of_it(system: System) -> None:
    at = asking(system)
    first = ask(at, "UpkeepRetain", {"rotate": "links"})
    assert (first["current"], first["next"]) == ("a", "b")
    assert ask(at, "UpkeepRetain", {"rotate": "links"}) == first
    assert any("becomes current" in line for line in rotate.lines(first))
    secret = system.client("secretsmanager").get_secret_value(SecretId=system.physical_id("LinksKeyring"))
    kept = json.loads(secret["SecretString"])
    assert kept["b"] not in json.dumps(first)
    refused = ask(at, "UpkeepRetain", {"retire": "links", "version": "a"})
    assert refused["breaks"] == ["The version a is in use."]
    assert "problem" in ask(at, "UpkeepRetain", {"rotate": "nobody's"})
