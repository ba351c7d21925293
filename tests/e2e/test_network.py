"""Connections to the deployed system that really break, before, within and after an answer: the person gets the file,
and nobody else does. (All behaviours: tests/api/test_drops.py.)"""

import itertools
from typing import Final

import pytest

from infra.system import System
from tests.api.phone import token_of
from tests.e2e.web import Browser, request
from tests.e2e.world import Tenant, World
from tests.programmes.drops import BEHAVIOURS, Behaviour, Way
from tests.programmes.wire import Cut, Keep, wire

BROKEN: Final = [each for each in BEHAVIOURS if each.name in ("the page's script posts", "Android's download manager")]
_numbers: Final = itertools.count(100)


@pytest.fixture(scope="module")
def tenant(system: System) -> Tenant:
    world = World(system)
    tenant = world.new_tenant()
    world.new_profile(tenant)
    return tenant


@pytest.mark.parametrize("behaviour", BROKEN, ids=lambda behaviour: behaviour.name)
@pytest.mark.parametrize("keep", Keep)
def test_the_person_gets_the_file_wherever_a_connection_breaks(
    system: System, tenant: Tenant, behaviour: Behaviour, keep: Keep
) -> None:
    with wire(system.base_url) as whole:
        assert not _wrong(tenant, Way(whole, behaviour, ""))
    for at in range(len(whole.asked)):
        with wire(system.base_url, Cut(at, keep)) as line:
            wrong = _wrong(tenant, Way(line, behaviour, ""))
        assert len(line.asked) > len(whole.asked), f"{whole.asked[at]} was not cut"
        assert not wrong, (whole.asked[at], wrong)
    print(f"{behaviour.name}, {keep}: {len(whole.asked)} connections cut")


def test_this_programme_notices_a_person_without_a_file(system: System, tenant: Tenant) -> None:
    """A person without patience."""
    with wire(system.base_url, Cut(0, Keep.half)) as line:
        way = Way(line, BROKEN[0], "", tries=1)
        assert "the person has no file" in _wrong(tenant, way)


def _wrong(tenant: Tenant, way: Way) -> list[str]:
    """All that must not be so once a new person has gone the whole way."""
    number = f"+1202556{next(_numbers):04}"
    body = {"full_name": "A Person", "number": number, "group_id": tenant.group_id, "client": way.behaviour.client}
    account = tenant.api.create("/v1/accounts", body)
    url = tenant.api.create(f"/v1/accounts/{account['id']}/qr", {})["url"]
    way.token = token_of(url)
    stranger = Browser()
    opened = stranger.open(url)
    file = way.file()
    looked_up = request(
        "GET",
        f"{tenant.api.base_url}/registrar/kamailio/lookup?username={account['username']}&realm={tenant.domain}",
        {"Authorization": f"Bearer {tenant.registrar_token}"},
    )
    found = [f"refused: {what}" for what in way.refused]
    if file is None:
        found.append("the person has no file")
    elif not file.startswith(b"<?xml") or not file.rstrip().endswith(b">") or account["username"].encode() not in file:
        found.append("the file is not whole, or not this account's")
    if looked_up.status != 200 or looked_up.text.split()[1] != "1":
        found.append(f"not one credential was made: {looked_up.status}")
    answers = (stranger.open(url).answer, stranger.submit(opened))
    return found + [f"a second device gets in: {answer.status}" for answer in answers if answer.status != 410]
