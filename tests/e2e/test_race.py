"""Two hundred devices with one link, on the deployed system: one of them gets in."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Final
from xml.etree import ElementTree

from infra.system import System
from tests.e2e.web import Answer, Browser, request
from tests.e2e.world import World

DEVICES: Final = 200
THREADS: Final = 16
SOFTPHONE: Final = {"User-Agent": "Unknown"}


def test_two_hundred_devices_tap_and_fetch_one_link_and_one_gets_the_file(system: System) -> None:
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
