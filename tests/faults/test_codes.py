"""Every AWS call fails once while a code is asked for, sent and typed, and while other ways in are made; whoever asked
asks again."""

import re
from contextlib import suppress

import pytest

from functions.activation import links
from functions.common import clock
from tests.api.client import Reply
from tests.api.phone import FORM, Phone, entries, token_of
from tests.api.world import House, World, changed, made
from tests.fakes.server import Fakes
from tests.faults.injection import Crash, Fault, injected
from tests.faults.sending import forget, make_able_to_send, recover

MOBILE, MAIL = "+41790000001", "person@example.net"


@pytest.mark.parametrize("fault", list(Fault))
def test_a_code_reaches_its_person_and_opens_the_link_whatever_fails(
    world: World, house: House, fakes: Fakes, fault: Fault
) -> None:
    make_able_to_send(house, fakes)
    changed(house.admin.patch(f"/v1/profiles/{house.profile}", {"link_policy": {"kind": "code"}}))
    account = house.account(mobile=MOBILE, email=MAIL)
    issued = made(house.csr.post(f"/v1/accounts/{account['id']}/links", {"channels": ["email"]}))
    world.pump()
    link = links.find(house.tenant, account["id"], issued["id"])
    assert link is not None
    token = token_of(links.path(link))
    phone = Phone(world.anyone.at(house.host))
    claim_id = phone.claim_id(token)
    beginning = world.cloud.keep()

    def post(path: str, **fields: str) -> Reply:
        raw = "&".join(f"{name}={value}" for name, value in ({"claim": claim_id} | fields).items())
        return phone.api.request("POST", f"/a/{token}{path}", raw=raw, headers=FORM)

    def asks_and_types() -> list[Reply]:
        """One try, as far as it comes; the person types the newest code that has come."""
        post("/code")
        world.pump()
        codes = [found for sms in fakes.sms for found in re.findall(r"\b\d{6}\b", sms.text)]
        tapped = post("", code=codes[-1]) if codes else None
        if tapped is None or tapped.status != 303:
            return []
        return [phone.fetch(tapped.headers["location"].split("/")[2])]

    forget(fakes)
    with clock.frozen(clock.now()), injected() as calls:
        assert asks_and_types()
    for at in calls.positions(fault):
        world.cloud.begin(beginning)
        forget(fakes)
        with clock.frozen(clock.now()):
            with injected(at, fault) as failing, suppress(Crash):
                asks_and_types()
            where = f"{fault} at call {at}: {failing.names[-1]}"
            assert failing.hit, where
            recover(world)
            files = asks_and_types() or asks_and_types()
            assert files, f"{where}: the person was refused"
            query = {"username": account["username"], "realm": house.domain, "algorithm": "SHA-256"}
            ha1, epoch, *_ = house.registrar.get("/registrar/kamailio/lookup", query=query).text.split()
            assert (entries(files[0])["auth_info_0/ha1"], epoch) == (ha1, "1"), where


@pytest.mark.parametrize("fault", list(Fault))
def test_a_spoken_code_that_was_read_out_works_and_only_the_last_link_is_live(
    world: World, house: House, fault: Fault
) -> None:
    account = house.account()
    phone = Phone(world.anyone.at(house.host))
    path = f"/v1/accounts/{account['id']}/spoken-code"
    beginning = world.cloud.keep()
    with injected() as calls:
        made(house.csr.post(path))
    for at in calls.positions(fault):
        world.cloud.begin(beginning)
        with injected(at, fault) as failing, suppress(Crash):
            house.csr.post(path)
        where = f"{fault} at call {at}: {failing.names[-1]}"
        code = made(house.csr.post(path))["code"]
        found = phone.api.request("POST", "/go", raw=f"code={code}", headers=FORM)
        assert found.status == 303, where
        file = phone.fetch(phone.tap(token_of(found.headers["location"])))
        assert entries(file)["auth_info_0/ha1"], where
        shown = house.csr.get(f"/v1/accounts/{account['id']}/links").json
        assert sum(each["state"] in ("live", "claimed", "fetched") for each in shown) == 1, where
