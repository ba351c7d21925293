"""Every AWS call fails once while a phone registers or contacts change; whoever asked asks again. The person is told
once, and the address that went away is kept nowhere."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest

from functions.common import clock
from functions.messaging import outbox
from tests.api.phone import Phone, desk_link
from tests.api.world import House, World
from tests.fakes.server import Fakes
from tests.faults.injection import Crash, Fault, injected
from tests.faults.sending import NOON, forget, make_able_to_send, recover

MOBILE, MAIL = "+41790000001", "person@example.net"


def told_once(
    world: World, house: House, fakes: Fakes, fault: Fault, flow: Callable[[], object], check: Callable[[str], None]
) -> None:
    """The flow with each of its calls failing, and then again."""
    beginning = world.cloud.keep()
    with injected() as calls:
        flow()
    assert len(calls.names) > 3
    for at in calls.positions(fault):
        world.cloud.begin(beginning)
        forget(fakes)
        with clock.frozen(clock.now()):
            with injected(at, fault) as failing, suppress(Crash):
                flow()
            assert failing.hit
            flow()
            flow()
            recover(world)
            check(f"{fault} at call {at}: {failing.names[-1]}")


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("fault", list(Fault))
def test_of_an_activation(world: World, house: House, fakes: Fakes, fault: Fault, late: bool) -> None:
    def registers() -> None:
        body = {"event": "registered", "username": account["username"], "realm": house.domain, "epoch": 1}
        house.registrar.post("/registrar/kamailio/events", body | {"expires": 600, "user_agent": "Linphone"})

    def check(where: str) -> None:
        assert [mail.to for mail in fakes.mails] == [MAIL], where
        assert fakes.sms == [], where
        assert house.csr.get(f"/v1/accounts/{account['id']}/links").json[0]["state"] == "closed", where
        assert house.csr.get(f"/v1/accounts/{account['id']}").json["readiness"] == "active", where

    with clock.frozen(NOON):
        make_able_to_send(house, fakes)
        account = house.account(mobile=MOBILE, email=MAIL)
        phone = Phone(world.anyone.at(house.host))
        assert phone.fetch(phone.tap(desk_link(house, account["id"]))).status == 200
        if late:  # after the link's grace
            clock.tick(timedelta(hours=1))
            world.sweep()
        told_once(world, house, fakes, fault, registers, check)


@pytest.mark.parametrize("fault", list(Fault))
def test_of_another_mobile(world: World, house: House, fakes: Fakes, fault: Fault) -> None:
    def changes() -> None:
        house.csr.patch(f"/v1/accounts/{account['id']}", {"mobile": "+41790000003"})

    def check(where: str) -> None:
        assert [sms.to.lstrip("+") for sms in fakes.sms] == [MOBILE.lstrip("+")], where
        [message] = outbox.all_of(house.tenant, account["id"])
        assert message.state == "sent", where
        assert message.former is None, where

    with clock.frozen(NOON):
        make_able_to_send(house, fakes)
        account = house.account(mobile=MOBILE, email=MAIL)
        told_once(world, house, fakes, fault, changes, check)
