"""Who is told unasked, on the deployed system: by functions that have just the rights that this takes."""

import re
from typing import Final

import pytest
from botocore.exceptions import ClientError

from infra.system import System
from tests.e2e.test_rights import acting_as, refused
from tests.e2e.web import Api, request
from tests.e2e.world import Person, World
from tests.fakes.records import Recorded

FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def world(system: System) -> World:
    return World(system)


@pytest.fixture(scope="module")
def person(world: World) -> Person:
    tenant = world.new_tenant()
    world.new_profile(tenant)
    return world.new_person(tenant, "Zoë Ünal")


def mails(system: System, to: str, subject: str) -> list[Recorded]:
    return [each for each in system.fakes.records.all() if each.to == to and subject in each.subject]


def test_who_is_activated_is_told_and_can_block_the_phone(system: System, world: World, person: Person) -> None:
    assert request("GET", world.tap(world.links_for(person, "a")["sms"])).status == 200
    username = person.tenant.api.get(f"/v1/accounts/{person.account_id}")["username"]
    registered = {"event": "registered", "username": username, "realm": person.tenant.domain, "epoch": 1}
    sip_server = Api(system.base_url, person.tenant.registrar_token)
    sip_server.call("POST", "/registrar/kamailio/events", {**registered, "expires": 600}, expected=204)
    subject = f"Your number {person.number} was activated"
    assert system.fakes.wait_until(lambda: bool(mails(system, person.email, subject)))  # the sweep brings it
    [notice] = mails(system, person.email, subject)
    found = re.search(r"https?://\S+/n/[A-Za-z0-9]+", notice.text)
    assert found is not None, notice.text
    page = request("GET", found[0])
    assert (page.status, "<form" in page.text) == (200, True)
    assert request("POST", found[0], FORM, b"code=").status == 400
    assert request("POST", found[0], FORM, f"code={person.number[-4:]}".encode()).status == 200
    after = person.tenant.api.get(f"/v1/accounts/{person.account_id}")
    assert (after["standing"], after["attention"]) == ("disabled", "not_me")


def test_an_address_that_went_away_is_told(system: System, person: Person) -> None:
    path = f"/v1/accounts/{person.account_id}"
    new = "new-" + person.email
    person.tenant.api.call("PATCH", path, {"email": new}, expected=200)
    subject = "contact details"
    assert system.fakes.wait_until(lambda: bool(mails(system, person.email, subject)))
    assert mails(system, new, subject) == []


def test_who_seals_a_former_address_cannot_open_it_and_who_opens_it_opens_no_data_key(system: System) -> None:
    address_key, data_key = system.physical_id("AddressKey"), system.physical_id("Key")
    api, dispatch = (acting_as(system, name, "kms") for name in ("APIHandler", "MessagingDispatch"))
    sealed = api.encrypt(KeyId=address_key, Plaintext=b"+12025550123", EncryptionContext={"message": "a"})
    blob = {"CiphertextBlob": sealed["CiphertextBlob"]}
    assert refused(api.decrypt, **blob, EncryptionContext={"message": "a"})
    assert dispatch.decrypt(**blob, EncryptionContext={"message": "a"})["Plaintext"] == b"+12025550123"
    with pytest.raises(ClientError):  # it is another message's
        dispatch.decrypt(**blob, EncryptionContext={"message": "b"})
    tenant_s = system.client("kms").generate_data_key(KeyId=data_key, KeySpec="AES_256")["CiphertextBlob"]
    assert refused(dispatch.decrypt, CiphertextBlob=tenant_s)
