"""Every AWS call fails once in creating an account with its messages.

The CSR's client repeats with the same key, the queue delivers, the minute's sweep runs. Then: one account, one link,
and each message once at the provider."""

from contextlib import suppress

import pytest

from functions.common import clock
from tests.api.world import House, World
from tests.fakes.server import Fakes
from tests.faults.injection import Crash, Fault, injected
from tests.faults.sending import SENT, forget, make_able_to_send, recover

PERSON = {"full_name": "A Person", "number": "+12025550104", "email": "ok@example.net", "messages": SENT}


def create(house: House) -> int:
    return house.csr.post("/v1/accounts", {**PERSON, "group_id": house.group}, key="the one").status


def check(house: House, fakes: Fakes, where: str) -> None:
    (account,) = house.csr.get("/v1/accounts").json["items"]
    (link,) = house.csr.get(f"/v1/accounts/{account['id']}/links").json
    messages = house.csr.get(f"/v1/accounts/{account['id']}/messages").json["items"]
    assert len(messages) == 2, where
    for message in messages:
        recorded = fakes.sms if message["channel"] == "sms" else fakes.mails
        assert len(recorded) == 1, f"{where}: {len(recorded)} × {message['channel']}"
        assert message["state"] == "sent", f"{where}: {message}"
    assert link["state"] == "live", where


@pytest.mark.parametrize("fault", list(Fault))
def test_creating(world: World, house: House, fakes: Fakes, fault: Fault) -> None:
    make_able_to_send(house, fakes)
    beginning = world.cloud.keep()
    with injected(fakes=fakes) as calls:
        create(house)
    for at in calls.positions(fault):
        world.cloud.begin(beginning)
        forget(fakes)
        with clock.frozen(clock.now()):
            with injected(at, fault) as failing, suppress(Crash):
                create(house)
            where = f"{fault} at call {at}: {failing.names[-1]}"
            assert failing.hit, where
            assert create(house) == 201, where
            recover(world)
            check(house, fakes, where)
