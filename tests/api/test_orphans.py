"""What was left behind when something was cut short goes within a day, and nothing else does."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from functions.activation import links
from functions.common import aws, clock
from functions.installation import storage
from functions.messaging import gateway_secrets, receipts
from functions.messaging.gateways import Receipt, ReceiptStatus
from functions.upkeep import orphans, rounds
from functions.upkeep.report import Report
from tests.api.phone import Phone, desk_link
from tests.api.samples import MAIL, PACKAGE
from tests.api.world import House, World, made
from tests.faults.injection import Crash, Fault, injected

DAY = timedelta(days=1, minutes=1)


def run(*, dry_run: bool = False) -> Report:
    report = Report()
    orphans.run(report, lambda: False, dry_run=dry_run)
    return report


@pytest.fixture(autouse=True)
def _no_strange_secrets(world: World) -> None:
    """Secrets outlive the world of a test: here only its own are looked at."""
    keeper = world.cloud.secrets
    ours = [{"Key": "name", "Values": ["dialready/test/gateway/"]}]
    pages = list(keeper.get_paginator("list_secrets").paginate(Filters=ours))
    for each in [each for page in pages for each in page["SecretList"]]:
        keeper.delete_secret(SecretId=each["Name"], ForceDeleteWithoutRecovery=True)


def package(house: House) -> str:
    return str(made(house.admin.post("/v1/packages", PACKAGE))["id"])


def bytes_of(world: World) -> list[str]:
    return [each["Key"] for each in world.cloud.s3.list_objects_v2(Bucket="packages").get("Contents", [])]


def put(world: World, name: str) -> None:
    world.cloud.s3.put_object(Bucket="packages", Key=name, Body=b"test", ChecksumAlgorithm="SHA256")


def secrets(world: World) -> list[str]:
    return [name for name, _ in gateway_secrets.every()]


# Packages.


def test_a_package_that_was_never_completed_goes_with_its_bytes(world: World, house: House) -> None:
    empty, uploaded, ready = package(house), package(house), package(house)
    for each in (uploaded, ready):
        put(world, f"{house.tenant}/{each}")
    assert house.admin.post(f"/v1/packages/{ready}/complete").status == 200
    assert run().counts == {}
    with clock.frozen(clock.now() + DAY):
        foreseen = run(dry_run=True)
        assert sorted(foreseen.examples["package.unfinished"]) == sorted(
            f"{house.tenant}/{e}" for e in (empty, uploaded)
        )
        assert len(house.admin.get("/v1/packages").json["items"]) == 3
        assert run().counts == foreseen.counts == {"package.unfinished": 2}
    assert [each["id"] for each in house.admin.get("/v1/packages").json["items"]] == [ready]
    assert bytes_of(world) == [f"{house.tenant}/{ready}"]
    trail = house.auditor.get(f"/v1/audit?limit=200&day={(clock.now() + DAY).date()}").json["items"]
    assert [(each["action"], each["operator_name"]) for each in trail] == [("package.delete", "upkeep")] * 2


def test_the_provider_s_own_are_looked_at_too(world: World) -> None:
    made(world.provider.post("/v1/packages", PACKAGE))
    with clock.frozen(clock.now() + DAY):
        assert run().counts == {"package.unfinished": 1}


def test_a_package_that_is_completed_at_that_moment_stays(world: World, house: House) -> None:
    late = package(house)
    put(world, f"{house.tenant}/{late}")

    def complete() -> None:
        assert house.admin.post(f"/v1/packages/{late}/complete").status == 200

    with clock.frozen(clock.now() + DAY):
        with injected(fault=None) as calls:
            run(dry_run=True)
        for at in range(len(calls.names) + 4):
            with injected(at, None, meanwhile=complete) as calls:
                run()
            if calls.hit:
                break
    assert bytes_of(world) == [f"{house.tenant}/{late}"]
    assert house.admin.get(f"/v1/packages/{late}").json["state"] == "ready"


@pytest.mark.parametrize("at", range(8))
def test_bytes_whose_record_is_gone_go(world: World, house: House, at: int) -> None:
    """The deletion of a package dies somewhere: bytes without a record are found the day after."""
    going = package(house)
    put(world, f"{house.tenant}/{going}")
    assert house.admin.post(f"/v1/packages/{going}/complete").status == 200
    with suppress(Crash), injected(at, Fault.crash_before):
        house.admin.delete(f"/v1/packages/{going}")
    there = house.admin.get(f"/v1/packages/{going}").status == 200
    with clock.frozen(clock.now() + DAY):
        run()
    assert bytes_of(world) == ([f"{house.tenant}/{going}"] if there else [])


def test_bytes_that_were_put_after_the_end_of_their_package_go(world: World, house: House) -> None:
    put(world, f"{house.tenant}/nobodys")
    assert run().counts == {}  # so young that its record may be on its way
    with clock.frozen(clock.now() + DAY):
        assert run().examples == {"package.bytes": [f"{house.tenant}/nobodys"]}
    assert bytes_of(world) == []


# Secrets of gateways.


@pytest.mark.parametrize("at", range(12))
def test_a_gateway_whose_creation_dies_leaves_no_secret(world: World, house: House, at: int) -> None:
    with suppress(Crash), injected(at, Fault.crash_before):
        house.admin.post("/v1/gateways", MAIL)
    gateways = [each["id"] for each in house.admin.get("/v1/gateways").json["items"]]
    with clock.frozen(clock.now() + DAY):
        run()
    assert secrets(world) == [f"{house.tenant}/{each}" for each in gateways]


def test_a_gateway_whose_deletion_stops_half_way_leaves_no_secret(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway, kept = (made(house.admin.post("/v1/gateways", MAIL))["id"] for _ in range(2))
    with monkeypatch.context() as patch:
        patch.setattr(gateway_secrets, "destroy", lambda *_: 1 / 0)
        assert house.admin.delete(f"/v1/gateways/{gateway}").status == 204
    assert len(secrets(world)) == 2
    assert run().counts == {}
    with clock.frozen(clock.now() + DAY):
        assert run(dry_run=True).examples == {"gateway.secret": [f"{house.tenant}/{gateway}"]}
        assert len(secrets(world)) == 2
        run()
    assert secrets(world) == [f"{house.tenant}/{kept}"]


def test_secrets_come_page_by_page_and_others_are_left_alone(world: World, house: House) -> None:
    world.cloud.secrets.create_secret(Name="dialready/test/gatewayish", SecretString="x")
    names = [f"{house.tenant}/{number:03}" for number in range(120)]
    for name in names:
        world.cloud.secrets.create_secret(Name=f"dialready/test/gateway/{name}", SecretString="x")
    try:
        assert sorted(secrets(world)) == names
    finally:
        world.cloud.secrets.delete_secret(SecretId="dialready/test/gatewayish", ForceDeleteWithoutRecovery=True)


# Rounds.


def test_once_a_day_is_enough(world: World, house: House) -> None:
    with clock.frozen(clock.now() + DAY):
        run()
        put(world, f"{house.tenant}/nobodys")
        assert run().counts == {}
    with clock.frozen(clock.now() + 2 * DAY):
        assert run().counts == {"package.bytes": 1}


def test_a_round_that_runs_out_of_time_goes_on_where_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"t{number:02}" for number in range(10)]

    def things(after: str) -> list[str]:
        return [name for name in names if name > after]

    def some(most: int) -> tuple[list[str], bool]:
        report, left = Report(), iter(range(most))
        return list(rounds.through("x", things, report, lambda: next(left, None) is None, dry_run=False)), report.done

    assert some(4) == (names[:4], False)
    with clock.frozen(clock.now() + timedelta(days=1)):  # past midnight, too
        assert some(4) == (names[4:8], False)
        assert some(4) == (names[8:], True)
        assert some(4) == (names[:4], False)  # that was yesterday's
    assert list(rounds.through("x", things, Report(), lambda: False, dry_run=True)) == names


def test_a_dry_run_that_runs_out_of_time_says_where_the_next_one_goes_on() -> None:
    names = [f"t{number:02}" for number in range(10)]

    def things(after: str) -> list[str]:
        return [name for name in names if name > after]

    cursor: dict[str, Any] = {}
    for expected in (names[:4], names[4:8], names[8:], []):
        report, left = Report(cursor=cursor), iter(range(4))
        found = list(
            rounds.through("x", things, report, lambda left=left: next(left, None) is None, dry_run=True)  # type: ignore[misc]
        )
        assert found == expected
        cursor = report.cursor
    assert (cursor, report.done) == ({"x": None}, True)


def test_one_that_cannot_be_removed_keeps_nobody_from_the_others(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        put(world, f"{house.tenant}/{name}")
    remove = storage.remove

    def broken(tenant: str, package_id: str) -> None:
        if package_id == "b":
            raise OSError
        remove(tenant, package_id)

    monkeypatch.setattr(storage, "remove", broken)
    with clock.frozen(clock.now() + DAY):
        run()
    assert bytes_of(world) == [f"{house.tenant}/b"]


# What ends by itself.


def test_a_file_whose_deletion_fails_is_deleted_again_until_it_is_gone(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.admin.patch(f"/v1/groups/{house.group}", {"client": "privategsm"})
    account = house.account()
    phone = Phone(world.anyone.at(house.host))
    answer = phone.fetch(phone.tap(desk_link(house, account["id"])))
    assert answer.status == 302
    assert files(world)
    s3 = aws.files()
    with monkeypatch.context() as patch:
        patch.setattr(s3, "delete_object", lambda **_: 1 / 0)
        assert house.csr.post(f"/v1/accounts/{account['id']}/disable").status == 200
        assert files(world)
        with clock.frozen(clock.now() + timedelta(minutes=16)):
            world.sweep()
        assert files(world)
    with clock.frozen(clock.now() + timedelta(minutes=22)):
        world.sweep()
    assert files(world) == []


def test_a_file_that_a_slow_worker_puts_after_the_end_goes_too(world: World, house: House) -> None:
    account = house.account()
    phone = Phone(world.anyone.at(house.host))
    phone.fetch(phone.tap(desk_link(house, account["id"])))
    (link,) = links.for_account(house.tenant, account["id"])
    assert house.csr.post(f"/v1/accounts/{account['id']}/disable").status == 200
    name = links.file_key(link, str(link.claim))
    world.cloud.s3.put_object(Bucket="files", Key=name, Body=b"late, and its worker dies")
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        world.sweep()
    assert files(world) == []


def files(world: World) -> list[str]:
    return [each["Key"] for each in world.cloud.s3.list_objects_v2(Bucket="files").get("Contents", [])]


def test_a_report_that_nobody_knows_ends_and_is_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    monkeypatch.setattr(receipts, "count", counted.append)
    receipt = Receipt(status=ReceiptStatus.delivered, reference="a-b-12345678-1", provider_id=None)
    arrived: Any = receipts.Arrived(receipt=receipt, gateway="nobodys", parked=receipts.MOST_PARKED - 1)
    receipts._park(arrived)
    assert counted == []
    receipts._park(msgspec.structs.replace(arrived, parked=receipts.MOST_PARKED))
    assert counted == ["ReceiptDropped"]
