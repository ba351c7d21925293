"""Every AWS call of tap and fetch fails once, in three ways; the person tries again as people do."""

from contextlib import suppress
from dataclasses import dataclass

import pytest

from tests.api.client import Reply
from tests.api.phone import Phone, desk_link, entries
from tests.api.world import House, World
from tests.faults.injection import Crash, Fault, injected


@dataclass
class Story:
    """A person with a link in hand."""

    house: House
    phone: Phone
    account: dict[str, str]
    token: str
    claim_id: str

    def tap_and_fetch(self) -> list[Reply]:
        """One try, as far as it comes: the files that reached the phone."""
        tapped = self.phone.press(self.token, self.claim_id)
        if tapped.status != 303:
            return []
        ticket = tapped.headers["location"].split("/")[2]
        return [answer for _ in range(2) if (answer := self.phone.fetch(ticket)).status in (200, 302)]


def story(world: World, house: House, client: str) -> Story:
    phone = Phone(world.anyone.at(house.host))
    account = house.account(client=client)
    token = desk_link(house, account["id"])
    return Story(house, phone, account, token, phone.claim_id(token))


def files_of(answers: list[Reply], world: World) -> set[str]:
    """What the phone has read, whichever way it came."""
    found = {answer.text for answer in answers if answer.status == 200}
    if any(answer.status == 302 for answer in answers):
        (stored,) = world.cloud.s3.list_objects_v2(Bucket="files")["Contents"]
        found.add(world.cloud.s3.get_object(Bucket="files", Key=stored["Key"])["Body"].read().decode())
    return found


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("client", ["linphone", "privategsm"])
def test_the_person_gets_the_one_file_whatever_fails(world: World, house: House, client: str, fault: Fault) -> None:
    told = story(world, house, client)
    beginning = world.cloud.keep()
    with injected() as calls:
        assert told.tap_and_fetch()
    assert len(calls.names) > 10
    for at in range(len(calls.names)):
        world.cloud.begin(beginning)
        _one_fault(world, told, client, fault, at)


def _one_fault(world: World, told: Story, client: str, fault: Fault, at: int) -> None:
    answers: list[Reply] = []
    with injected(at, fault) as calls, suppress(Crash):
        answers = told.tap_and_fetch()
    where = f"{fault} at call {at}: {calls.names[-1]}"
    assert calls.hit, where
    again = told.tap_and_fetch()
    assert again, f"{where}: the person was refused"
    files = files_of(answers + again, world)
    assert len(files) == 1, f"{where}: {len(files)} different files"
    query = {"username": told.account["username"], "realm": told.house.domain, "algorithm": "SHA-256"}
    ha1, epoch, *_ = told.house.registrar.get("/registrar/kamailio/lookup", query=query).text.split()
    assert epoch == "1", f"{where}: {epoch} credentials were made"
    if client == "linphone":
        assert entries(again[0])["auth_info_0/ha1"] == ha1, where
    assert Phone(told.phone.api).open(told.token).status == 410, f"{where}: a second device got in"
