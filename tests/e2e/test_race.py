"""Devices that race for one link, and operators who end it meanwhile, on the deployed system's tables: at most one
device gets in, and none after the change.

Most of it runs the package in a process of its own (`tests/programmes`): over HTTP and its workers ten thousand devices
would take minutes. One race goes the whole way."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from threading import Barrier
from typing import Final
from xml.etree import ElementTree

import pytest

from infra.system import System
from tests.e2e.web import Answer, Browser, request
from tests.e2e.world import World
from tests.programmes import changes, races
from tests.programmes.mutants import FETCH, TAP
from tests.programmes.processes import beside
from tests.programmes.scene import Scene, scene_of

DEVICES: Final = 200
THREADS: Final = 16
PAIRS: Final = 80  # four for every call of a device
ROUNDS: Final = 12
SOFTPHONE: Final = {"User-Agent": "Unknown"}
PATIENCE: Final = 300  # seconds for one programme


@pytest.fixture(scope="module")
def process(system: System) -> Iterator[Executor]:
    with beside(system) as process:
        yield process


@pytest.fixture(scope="module")
def scene(system: System) -> Scene:
    return scene_of(system)


def test_ten_thousand_devices_tap_and_fetch_one_link_and_one_gets_the_file(process: Executor, scene: Scene) -> None:
    outcome = process.submit(races.crowd, scene, 10_000).result(PATIENCE)
    print(outcome)
    assert (outcome.files, outcome.wrong) == (1, [])
    assert outcome.answers["tap 303"] + outcome.answers["tap 410"] == 10_000


def test_two_devices_race_for_each_of_many_links(process: Executor, scene: Scene) -> None:
    outcome = process.submit(races.pairs, scene, PAIRS).result(PATIENCE)
    print(outcome)
    assert (outcome.files, outcome.wrong) == (PAIRS, [])


def test_two_devices_in_every_order_of_their_calls(process: Executor, scene: Scene) -> None:
    outcome = process.submit(races.interleavings, scene).result(PATIENCE)
    print(outcome)
    assert (outcome.files, outcome.wrong) == (outcome.races, [])


def test_a_thousand_double_taps_of_one_device_make_one_credential(process: Executor, scene: Scene) -> None:
    outcome = process.submit(races.double_taps, scene, 1000).result(PATIENCE)
    print(outcome)
    assert (outcome.files, outcome.wrong) == (1, [])
    assert outcome.answers["tap 303"] == 2000


@pytest.mark.parametrize("mutant", [TAP, FETCH])
def test_the_races_catch_a_fetch_that_reads_and_then_writes(process: Executor, scene: Scene, mutant: str) -> None:
    for raced in (
        process.submit(races.pairs, scene, 40, mutant),
        process.submit(races.interleavings, scene, mutant),
    ):
        outcome = raced.result(PATIENCE)
        print(f"{mutant}: {outcome}")
        assert outcome.wrong


@pytest.mark.parametrize("change", changes.ENDS)
def test_never_a_file_after_a_change_at_the_same_time(process: Executor, scene: Scene, change: str) -> None:
    outcome = process.submit(changes.racing, scene, change, ROUNDS).result(PATIENCE)
    print(outcome)
    assert not outcome.wrong


@pytest.mark.parametrize("change", ["disable", "revoke", "reset", "supersede"])
def test_never_a_file_after_a_change_in_every_order_of_their_calls(
    process: Executor, scene: Scene, change: str
) -> None:
    outcome = process.submit(changes.interleavings, scene, change).result(PATIENCE)
    print(outcome)
    assert not outcome.wrong


def test_never_a_stored_file_after_a_change(process: Executor, scene: Scene) -> None:
    """The client to which the file goes by way of the bucket."""
    for changed in (
        process.submit(changes.interleavings, scene, "disable", "privategsm"),
        process.submit(changes.racing, scene, "supersede", ROUNDS, "privategsm"),
    ):
        outcome = changed.result(PATIENCE)
        print(outcome)
        assert not outcome.wrong


def test_changes_catch_a_fetch_that_reads_and_then_writes(process: Executor, scene: Scene) -> None:
    outcome = process.submit(changes.interleavings, scene, "disable", mutant=FETCH).result(PATIENCE)
    print(outcome)
    assert outcome.wrong


def test_two_hundred_devices_race_over_the_network_and_one_gets_the_file(system: System) -> None:
    world = World(system)
    tenant = world.new_tenant()
    world.new_profile(tenant)
    person = world.new_person(tenant, "One Person")
    link = world.links_for(person, "a")["sms"]
    begin = Barrier(THREADS)

    def warm(_: int) -> None:
        """All workers of the functions are up before the race, so that its requests really meet."""
        begin.wait()
        Browser().open(link)

    def device(_: int) -> list[Answer]:
        browser = Browser()
        page = browser.open(link)
        if page.answer.status != 200:
            return [page.answer]
        tapped = browser.submit(page)
        if tapped.status != 303:
            return [tapped]
        ticket = tapped.location.removesuffix("/open")
        return [request("GET", ticket, SOFTPHONE) for _ in range(2)]

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(warm, range(THREADS)))
        answers = list(pool.map(device, range(DEVICES)))

    statuses = sorted({answer.status for each in answers for answer in each})
    files = {answer.body for each in answers for answer in each if answer.status == 200}
    winners = [each for each in answers if each[0].status == 200]
    print(f"{DEVICES} devices, {THREADS} threads: {len(winners)} with a file, {len(files)} file, statuses {statuses}")
    assert statuses == [200, 410]
    assert len(winners) == len(files) == 1
    (ha1,) = [entry.text for entry in ElementTree.fromstring(files.pop()).iter() if entry.get("name") == "ha1"]
    (slot,) = tenant.api.get(f"/v1/accounts/{person.account_id}/devices")
    query = f"username={slot['username']}&realm={tenant.domain}&algorithm=SHA-256"
    looked_up = request(
        "GET",
        f"{system.base_url}/registrar/kamailio/lookup?{query}",
        {"Authorization": f"Bearer {tenant.registrar_token}"},
    )
    assert looked_up.text.split()[:2] == [ha1, "1"]
