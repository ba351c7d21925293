"""Phones that a company manages itself: one policy for a group, and a link for each of its people."""

import csv
import io
import json
import plistlib

import pytest

from functions.provisioning import managed
from tests.api.client import Api
from tests.api.world import House, World, changed, made

CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def people(house: House, number: int, **fields: object) -> list[str]:
    return [house.account(full_name=f"Person {n:02}", **fields)["id"] for n in range(number)]


@pytest.fixture
def two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert managed.AT_ONCE == 50
    monkeypatch.setattr(managed, "AT_ONCE", 2)


def test_a_policy_is_the_group_s_and_nobody_s(house: House) -> None:
    account = house.account(full_name="Zoë Ünal")
    path = f"/v1/groups/{house.group}/managed-configuration"
    changed(house.admin.patch(f"/v1/profiles/{house.profile}", {"read_only_settings": True, "codecs": ["opus"]}))
    plist, json_ = house.csr.get(path), house.csr.get(f"{path}?format=json")
    assert plist.headers["content-type"] == "application/xml"
    assert 'filename="managed-configuration.plist"' in plist.headers["content-disposition"]
    assert plistlib.loads(plist.text.encode()) == json.loads(json_.text)
    config = json.loads(json_.text)["xmlConfig"]
    assert '<entry name="hide_settings" overwrite="true">1</entry>' in config
    for personal in ("Zoë", account["number"], account["username"], "ha1", house.domain):
        assert personal not in config


def test_a_private_authority_comes_with_the_policy(house: House) -> None:
    changed(house.admin.patch(f"/v1/profiles/{house.profile}", {"root_ca": CA}))
    policy = house.csr.get(f"/v1/groups/{house.group}/managed-configuration?format=json")
    assert json.loads(policy.text)["rootCa"] == CA


def test_a_group_whose_client_is_not_managed_is_told_so(house: House) -> None:
    changed(house.admin.patch(f"/v1/groups/{house.group}", {"client": "privategsm"}))
    policy = house.admin.get(f"/v1/groups/{house.group}/managed-configuration")
    links = house.admin.post(f"/v1/groups/{house.group}/managed-links", {})
    assert (policy.status, policy.code) == (links.status, links.code) == (409, "client_not_managed")
    assert "privategsm" in policy.json["error"]["message"]


def test_every_person_gets_a_link_that_the_device_fetches_its_file_from(house: House) -> None:
    first, second = people(house, 2)
    reply = house.admin.post(f"/v1/groups/{house.group}/managed-links", {"cursor": None})
    assert reply.status == 200, reply.text
    items = reply.json["items"]
    assert reply.json["cursor"] is None
    assert [each["full_name"] for each in items] == ["Person 00", "Person 01"]
    assert [each["problem"] for each in items] == [None, None]
    for account, each in zip((first, second), items, strict=True):
        assert each["config_uri"].startswith(f"https://{house.host}/a/")
        shown = house.csr.get(f"/v1/accounts/{account}").json
        assert (each["number"], each["username"], each["email"]) == (shown["number"], shown["username"], shown["email"])
        (link,) = house.csr.get(f"/v1/accounts/{account}/links").json
        assert link["state"] == "live"
    device = Api().at(house.host)
    file = device.get(items[0]["config_uri"].removeprefix(f"https://{house.host}"))
    assert file.status == 200
    assert "lpconfig" in file.text
    assert items[0]["number"] in file.text


def test_who_can_have_no_link_is_listed_with_the_reason(house: House) -> None:
    disabled, other, _ = people(house, 3)
    assert house.csr.post(f"/v1/accounts/{disabled}/disable").status == 200
    changed(house.csr.patch(f"/v1/accounts/{other}", {"client": "privategsm"}))
    items = house.admin.post(f"/v1/groups/{house.group}/managed-links", {}).json["items"]
    assert [each["config_uri"] is not None for each in items] == [False, False, True]
    assert "not enabled" in items[0]["problem"]
    assert "privategsm" in items[1]["problem"]


def test_people_come_page_by_page(house: House, two_at_once: None) -> None:
    people(house, 3)
    path = f"/v1/groups/{house.group}/managed-links"
    page = house.admin.post(path, {}).json
    rest = house.admin.post(path, {"cursor": page["cursor"]}).json
    assert [len(page["items"]), len(rest["items"]), rest["cursor"]] == [2, 1, None]
    assert house.admin.post(path, {"cursor": "abc"}).status == 400


def test_the_table_is_asked_for_by_its_type(house: House, two_at_once: None) -> None:
    people(house, 3)
    path = f"/v1/groups/{house.group}/managed-links"
    reply = house.admin.post(path, {}, headers={"accept": "text/csv"})
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(reply.text, newline="")))
    assert [row["fullName"] for row in rows] == ["Person 00", "Person 01"]
    rest = house.admin.post(path, {"cursor": reply.headers["cursor"]}, headers={"accept": "text/csv"})
    assert "cursor" not in rest.headers
    assert len(list(csv.DictReader(io.StringIO(rest.text, newline="")))) == 1


def test_it_is_an_admin_s_to_do_and_leaves_its_trace(house: House, world: World) -> None:
    people(house, 1)
    path = f"/v1/groups/{house.group}/managed-links"
    for api in (house.csr, house.auditor, world.provider):
        assert api.post(path, {}).status == 403
    link = house.admin.post(path, {}).json["items"][0]["config_uri"]
    trail = house.admin.get("/v1/audit").json["items"]
    (entry,) = [each for each in trail if each["action"] == "group.managed_links"]
    assert (entry["target"], entry["after"]) == (f"group/{house.group}", {"links": 1})
    assert link.rpartition("/")[2] not in json.dumps(trail)


def test_a_csr_of_other_groups_sees_no_such_group(house: House, world: World) -> None:
    elsewhere = made(house.admin.post("/v1/groups", {"name": "Elsewhere"}))["id"]
    csr = Api(token=world.token(house.tenant, "csr", groups=[elsewhere]))
    assert csr.get(f"/v1/groups/{house.group}/managed-configuration").status == 404
    assert csr.get(f"/v1/groups/{elsewhere}/managed-configuration").status == 200
    assert house.admin.post(f"/v1/groups/{elsewhere}/managed-links", {}).json == {"items": [], "cursor": None}


def test_without_a_host_for_links_nothing_is_issued(world: World) -> None:
    house = world.house("No Host Ltd")
    (host,) = house.admin.get("/v1/hostnames").json["items"]
    assert house.admin.delete(f"/v1/hostnames/{host['id']}").status == 204
    people(house, 1)
    reply = house.admin.post(f"/v1/groups/{house.group}/managed-links", {})
    assert (reply.status, reply.code) == (409, "not_ready")
