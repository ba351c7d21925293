"""Every other way in than a tap on a link from a message, on the deployed system: under the rights of its functions."""

import plistlib
import re
import subprocess
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

import pytest

from infra.system import System
from tests.e2e.sip.certificates import localhost
from tests.e2e.web import ANDROID, ELSEWHERE, Answer, request
from tests.e2e.world import Tenant, World

FORM: Final = "application/x-www-form-urlencoded"
IPHONE: Final = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1"
)
DESKTOP: Final = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"


@pytest.fixture(scope="module")
def world(system: System) -> World:
    return World(system)


@pytest.fixture
def tenant(world: World) -> Tenant:
    return world.new_tenant()


def press(system: System, path: str, agent: str = ANDROID, **fields: str) -> Answer:
    headers = {"User-Agent": agent, "Content-Type": FORM}
    return request("POST", system.base_url + path, headers, urlencode(fields).encode(), ELSEWHERE)


def claim_id(page: Answer) -> str:
    found = re.search(r'name="claim" value="([A-Za-z0-9]+)"', page.text)
    assert found is not None, f"{page.status} {page.text}"
    return found[1]


def opened(system: System, path: str, agent: str = ANDROID) -> Answer:
    return request("GET", system.base_url + path, {"User-Agent": agent, "Accept": "text/html"})


def entries(file: Answer) -> dict[str, str]:
    assert file.status == 200, f"{file.status} {file.text}"
    found = {}
    for section in ElementTree.fromstring(file.text):
        for entry in section:
            found[f"{section.get('name')}/{entry.get('name')}"] = entry.text or ""
    return found


def nobody(tenant: Tenant, **fields: object) -> dict[str, Any]:
    """Somebody whom no message has reached."""
    wanted = {"full_name": "Zoë Ünal", "number": "+12025550143", "group_id": tenant.group_id, "mobile": None}
    made: dict[str, Any] = tenant.api.create("/v1/accounts", {**wanted, **fields})
    return made


def test_a_link_and_its_code_come_by_two_ways_and_together_open(system: System, world: World, tenant: Tenant) -> None:
    world.new_profile(tenant, link_policy={"kind": "code"})
    person = world.new_person(tenant, "Zoë Ünal", messages=[{"kind": "activation", "channel": "email"}])
    path = urlsplit(world.links_for(person, "a")["email"]).path
    claim = claim_id(opened(system, path))
    assert press(system, path, claim=claim).status == 400
    assert press(system, f"{path}/code", claim=claim).status == 303
    assert system.fakes.wait_until(lambda: any(message.channel == "sms" for message in world.inbox(person)))
    (sms,) = [message for message in world.inbox(person) if message.channel == "sms"]
    (code,) = re.findall(r"\b\d{6}\b", sms.text)
    tapped = press(system, path, claim=claim, code=code)
    assert tapped.status == 303, tapped.text
    assert entries(request("GET", tapped.location.removesuffix("/open")))["auth_info_0/ha1"]


def test_whom_no_message_reaches_types_what_is_read_out_on_a_computer(
    system: System, world: World, tenant: Tenant
) -> None:
    world.new_profile(tenant)
    account = nobody(tenant)
    spoken = tenant.api.create(f"/v1/accounts/{account['id']}/spoken-code", {})
    assert spoken["url"] == f"{system.base_url}/go"
    assert opened(system, "/go", DESKTOP).status == 200
    found = press(system, "/go", DESKTOP, code=spoken["code"].lower())
    assert found.status == 303, found.text
    path = urlsplit(found.location).path
    tapped = press(system, path, DESKTOP, claim=claim_id(opened(system, path, DESKTOP)), here="1")
    assert tapped.status == 303, tapped.text
    assert entries(request("GET", tapped.location.removesuffix("/open")))["auth_info_0/ha1"]


def test_a_message_for_somebody_else_is_given_back_and_a_dead_link_asks_for_another(
    system: System, world: World, tenant: Tenant
) -> None:
    world.new_profile(tenant, link_policy={"ask_for_new": "send"})
    person = world.new_person(tenant, "Zoë Ünal")
    path = urlsplit(world.links_for(person, "a")["sms"]).path
    claim = claim_id(opened(system, path))
    assert press(system, f"{path}/not-me", claim=claim).status == 200
    assert world.state_of(person)["link"]["state"] == "live"
    assert press(system, f"{path}/not-me", claim=claim, sure="1").status == 200
    assert world.state_of(person)["link"]["state"] == "revoked"
    account = f"/v1/accounts/{person.account_id}"
    assert tenant.api.get(account)["attention"] == "not_me"
    assert opened(system, path).status == 410
    again = tenant.api.create(f"{account}/links", {"channels": ["sms"], "at_once": True})
    assert system.fakes.wait_until(lambda: len(world.inbox(person)) > person.sent)
    newest = re.search(r"/a/[A-Za-z0-9]+", world.inbox(person)[-1].text)
    assert newest is not None
    assert newest[0] != path
    tenant.api.create(f"{account}/links", {"channels": ["email"]})  # and is superseded
    assert again["state"] == "live"
    assert press(system, f"{newest[0]}/new").status == 200
    assert tenant.api.get(account)["attention"] in ("asked_for_new", "not_me")


def test_a_phone_finds_what_has_changed_at_its_next_start(system: System, world: World, tenant: Tenant) -> None:
    world.new_profile(tenant, later_changes=True)
    account = nobody(tenant)
    desk = tenant.api.create(f"/v1/accounts/{account['id']}/qr", {})
    path = urlsplit(desk["url"]).path
    tapped = press(system, path, claim=claim_id(opened(system, path)))
    first = entries(request("GET", tapped.location.removesuffix("/open")))
    tenant.api.call("PATCH", f"/v1/accounts/{account['id']}", {"full_name": "Another Name"}, expected=200)
    after = entries(request("GET", first["misc/config-uri"]))
    assert "Another Name" in after["proxy_0/reg_identity"]
    assert after["auth_info_0/ha1"] == first["auth_info_0/ha1"]
    assert after["misc/config-uri"] != first["misc/config-uri"]
    assert entries(request("GET", after["misc/config-uri"]))["auth_info_0/ha1"] == first["auth_info_0/ha1"]


def test_an_iphone_is_given_the_authority_of_its_sip_server(
    system: System, world: World, tenant: Tenant, tmp_path: Path
) -> None:
    authority = localhost(tmp_path).authority.read_text()
    world.new_profile(tenant, root_ca=authority)
    account = nobody(tenant)
    path = urlsplit(tenant.api.create(f"/v1/accounts/{account['id']}/qr", {})["url"]).path
    tapped = press(system, path, IPHONE, claim=claim_id(opened(system, path, IPHONE)))
    page = request("GET", tapped.location, {"User-Agent": IPHONE})
    ticket = urlsplit(tapped.location).path.removesuffix("/open")
    assert f'href="{ticket}/profile"' in page.text
    profile = request("GET", system.base_url + ticket + "/profile")
    assert profile.headers["content-type"] == "application/x-apple-aspen-config"
    (payload,) = plistlib.loads(profile.body)["PayloadContent"]
    der = subprocess.run(
        ["openssl", "x509", "-outform", "der"], input=authority.encode(), capture_output=True, check=True
    )
    assert payload["PayloadContent"] == der.stdout
