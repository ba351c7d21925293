"""What is registered now, and the subscriber table."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from functions.common import clock
from functions.registrar import subscribers
from tests.api.client import Api
from tests.api.sipserver import SipServer, activated
from tests.api.world import House, World, changed, made


def registered(world: World, house: House, **fields: object) -> dict[str, Any]:
    account = activated(world, house, **fields)
    SipServer(house).tell(account["username"], 1)
    return account


def live(api: Api, **query: str) -> list[dict[str, Any]]:
    reply = api.get("/v1/registrations", query=query)
    assert reply.status == 200, reply.text
    items: list[dict[str, Any]] = reply.json["items"]
    return items


def test_a_registered_phone_is_listed_with_its_person(world: World, house: House) -> None:
    account = registered(world, house, full_name="Zoë Ünal")
    activated(world, house)  # has its file and has not registered
    found = live(house.csr)
    assert len(found) == 1
    shown = found[0]
    assert (shown["account_id"], shown["full_name"]) == (account["id"], "Zoë Ünal")
    assert (shown["number"], shown["username"], shown["slot"]) == (account["number"], account["username"], 1)
    assert (shown["domain"], shown["user_agent"], shown["contact"]) == (house.domain, "Linphone", "sip:x")
    assert shown["registered_at"] < shown["registered_until"]


def test_what_has_ended_is_not_listed(world: World, house: House) -> None:
    server = SipServer(house)
    gone, disabled, emptied, deleted, stays = (registered(world, house) for _ in range(5))
    assert len(live(house.csr)) == 5
    server.tell(gone["username"], 1, "unregistered")
    house.csr.post(f"/v1/accounts/{disabled['id']}/disable")
    house.csr.post(f"/v1/accounts/{emptied['id']}/devices/1/reset")
    house.csr.delete(f"/v1/accounts/{deleted['id']}")
    assert [each["account_id"] for each in live(house.csr)] == [stays["id"]]
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        assert live(house.csr) == []  # its time is over, and nobody told us
        server.tell(stays["username"], 1)
        assert [each["account_id"] for each in live(house.csr)] == [stays["id"]]


def test_groups_bound_what_is_seen_also_after_a_move(world: World, house: House) -> None:
    elsewhere = made(house.admin.post("/v1/groups", {"name": "Elsewhere"}))["id"]
    here, there = registered(world, house), registered(world, house, group_id=elsewhere)
    csr = Api(token=world.token(house.tenant, "csr", groups=[house.group]))
    assert [each["account_id"] for each in live(csr)] == [here["id"]]
    assert live(csr, group_id=elsewhere) == []
    assert [each["account_id"] for each in live(house.csr, group_id=elsewhere)] == [there["id"]]
    changed(house.csr.patch(f"/v1/accounts/{there['id']}", {"group_id": house.group}))
    assert {each["account_id"] for each in live(csr)} == {here["id"], there["id"]}
    assert live(world.house("Stranger Ltd").csr) == []


def test_pages_lead_through_all_groups(world: World, house: House) -> None:
    groups = [house.group, *(made(house.admin.post("/v1/groups", {"name": f"G{n}"}))["id"] for n in range(3))]
    accounts = [registered(world, house, group_id=group) for group in groups[:3] for _ in range(2)]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": "1"} | ({"cursor": cursor} if cursor else {})
        reply = house.csr.get("/v1/registrations", query=query).json
        assert len(reply["items"]) <= 1
        seen += [each["account_id"] for each in reply["items"]]
        cursor = reply["cursor"]
    assert sorted(seen) == sorted(account["id"] for account in accounts)
    for wrong in ("x", f"{house.group}.x", "."):
        reply = house.csr.get("/v1/registrations", query={"cursor": wrong})
        assert (reply.status, *reply.wrong) == (400, "cursor")


def exported(house: House, api: Api | None = None) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    path: str | None = f"/registrar/subscribers?realm={house.domain}"
    while path is not None:
        reply = (api or house.exporter).get(path)
        assert (reply.status, reply.headers["content-type"]) == (200, "text/csv; charset=utf-8"), reply.text
        rows += csv.DictReader(io.StringIO(reply.text))
        link = reply.headers.get("link")
        path = link[1 : link.index(">")] if link is not None else None
    return rows


def test_the_subscriber_table_holds_who_may_register_now(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribers, "AT_ONCE", 2)
    house.account()
    accounts = [activated(world, house) for _ in range(3)]
    disabled = activated(world, house)
    house.csr.post(f"/v1/accounts/{disabled['id']}/disable")
    rows = exported(house)
    assert {row["username"] for row in rows} == {account["username"] for account in accounts}
    for row in rows:
        md5, epoch, number, *_ = SipServer(house).look_up(row["username"]).text.split()
        sha256, *_ = SipServer(house).look_up(row["username"], "SHA-256").text.split()
        assert (row["ha1"], row["ha1_sha256"], row["epoch"], row["number"]) == (md5, sha256, epoch, number)
        assert (row["domain"], row["password"], row["ha1b"]) == (house.domain, "", "")


def test_only_a_token_made_for_it_exports_and_each_page_is_in_the_audit_trail(world: World, house: House) -> None:
    activated(world, house)
    path = f"/registrar/subscribers?realm={house.domain}"
    for api in (house.registrar, house.admin, house.csr, house.auditor):
        assert api.get(path).status == 403
    assert world.house("Stranger Ltd").exporter.get(path).status == 403
    assert house.exporter.get(f"/registrar/kamailio/lookup?realm={house.domain}&username=x").status == 403
    exported(house)
    entries = [each for each in house.auditor.get("/v1/audit").json["items"] if each["action"] == "subscribers.export"]
    assert [(each["target"], each["after"], each["role"]) for each in entries] == [
        (f"domain/{house.domain}", {"users": 1}, "exporter")
    ]
    assert house.admin.post("/v1/tokens", {"name": "x", "role": "exporter"}).wrong.keys() == {"domains"}
