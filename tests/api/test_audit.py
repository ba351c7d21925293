"""Every change leaves its entry, in the change's own transaction, without secrets and personal values."""

from datetime import datetime, timedelta

import pytest

import app
from functions.accounts import attention
from functions.activation import codes, links
from functions.activation.models import Link
from functions.common import clock
from functions.common.http import PUBLIC, Route
from tests.api.client import Api
from tests.api.conftest import Furnished
from tests.api.samples import name
from tests.api.world import House, World, made

# What changes nothing that an operator should answer for: a look without effect, and what SIP servers report.
SILENT = {
    "POST /v1/templates/preview",
    "POST /registrar/events",
    "POST /registrar/kamailio/events",
    "POST /registrar/freeswitch/directory",
    "POST /registrar/asterisk/{realm}/{table}/{query}",
}
SEVERAL = {
    "POST /v1/groups/{group_id}/managed-links": 2,  # the list, and each link in it
    "POST /v1/tenants/{tenant_id}/off-board": 7,  # that, the tenant's closing, and each of its tokens
}
CHANGES = [
    route
    for route in app.ROUTES
    if route.permission != PUBLIC and route.verb not in ("GET", "HEAD") and name(route) not in SILENT
]
WHO = {"tenants:write": "provider", "accounts:send": "csr"}


def entries(world: World) -> list[dict[str, object]]:
    return world.cloud.rows("audit")


@pytest.mark.parametrize("route", CHANGES, ids=name)
def test_every_change_leaves_an_entry(owned: Furnished, route: Route) -> None:
    house = owned.things.house
    path = _target(owned, route)
    before = len(entries(owned.world))
    role = WHO.get(route.permission, "admin")
    api: Api = owned.world.provider if role == "provider" else getattr(house, role)
    with clock.frozen(clock.now() + timedelta(minutes=1)):  # the same message is not sent twice in one breath
        reply = api.request(route.verb, path, owned.things.body(route))
    assert reply.status < 300, reply.text
    assert len(entries(owned.world)) == before + SEVERAL.get(name(route), 1)


def _target(owned: Furnished, route: Route) -> str:
    """The address of something to which the change can happen: to some things only when they are free."""
    house, provider = owned.things.house, owned.world.provider
    match name(route):
        case "DELETE /v1/tenants/{tenant_id}":
            return f"/v1/tenants/{made(provider.post('/v1/tenants', {'name': 'Empty Ltd'}))['id']}"
        case "DELETE /v1/domains/{domain_id}":
            return f"/v1/domains/{made(house.admin.post('/v1/domains', {'name': 'sip.free.example'}))['id']}"
        case "DELETE /v1/groups/{group_id}":
            return f"/v1/groups/{made(house.admin.post('/v1/groups', {'name': 'Empty'}))['id']}"
        case "POST /v1/hostnames/{hostname_id}/live":
            wanted = made(house.admin.post("/v1/hostnames", {"host": "free.example.net"}))
            assert owned.world.anyone.at("free.example.net").get(wanted["check_path"]).status == 200
            return f"/v1/hostnames/{wanted['id']}/live"
        case "POST /v1/packages/{package_id}/complete":
            key = f"{house.tenant}/{owned.things.ids['package_id']}"
            owned.world.cloud.s3.put_object(Bucket="packages", Key=key, Body=b"test", ChecksumAlgorithm="SHA256")
        case "POST /v1/accounts/{account_id}/links/{link_id}/code":
            links.address(
                house.tenant, owned.things.ids["account_id"], owned.things.ids["link_id"]
            )  # as its sender does
        case "POST /v1/accounts/{account_id}/links/{link_id}/unlock":
            ids = owned.things.ids
            link = links.find(house.tenant, ids["account_id"], ids["link_id"])
            assert link is not None
            link.update([Link.code_tries.set(codes.TRIES)])
        case "POST /v1/accounts/{account_id}/attention/clear":
            attention.note(house.tenant, owned.things.ids["account_id"], "not_opened")
        case "POST /v1/accounts/{account_id}/enable":
            house.csr.post(f"/v1/accounts/{owned.things.ids['account_id']}/disable")
    return owned.things.path(route)


def test_an_entry_says_who_what_where_and_what_changed(house: House) -> None:
    admin = house.admin.at("api.example.net", source_ip="198.51.100.7")
    admin.patch(f"/v1/groups/{house.group}", {"name": "Renamed"})
    entry = house.auditor.get("/v1/audit?limit=200").json["items"][-1]
    assert entry["action"] == "group.change"
    assert entry["target"] == f"group/{house.group}"
    assert (entry["before"], entry["after"]) == ({"name": "Everybody"}, {"name": "Renamed"})
    assert (entry["role"], entry["operator_name"], entry["address"]) == ("admin", "the admin", "198.51.100.7")


def test_a_change_that_changes_nothing_leaves_none(world: World, house: House) -> None:
    before = len(entries(world))
    house.admin.patch(f"/v1/groups/{house.group}", {"name": "Everybody"})
    assert len(entries(world)) == before


def test_a_refused_change_leaves_none(world: World, house: House) -> None:
    before = len(entries(world))
    house.admin.post("/v1/domains", {"name": house.domain})
    house.admin.delete(f"/v1/domains/{house.domain_id}")
    house.csr.post("/v1/groups", {"name": "x"})
    assert len(entries(world)) == before


def test_personal_values_and_secrets_are_not_in_the_trail(world: World, house: House) -> None:
    canaries = {
        "full_name": "Canary Bird",
        "email": "canary@example.net",
        "mobile": "+12025550155",
        "description": "yellow",
    }
    account = house.account(**canaries)["id"]
    house.csr.patch(f"/v1/accounts/{account}", {"full_name": "Second Canary"})
    made(house.admin.post("/v1/groups", {"name": "x", "it_contact": "canary@example.net"}))
    trail = str(entries(world))
    for value in (*canaries.values(), "Second Canary"):
        assert value not in trail


def test_a_day_reads_in_order_and_in_pages(house: House) -> None:
    whole = house.auditor.get("/v1/audit?limit=200").json["items"]
    times = [datetime.fromisoformat(each["at"]) for each in whole]  # a text without a fraction sorts after one with
    assert times == sorted(times)
    first = house.auditor.get("/v1/audit?limit=2").json
    second = house.auditor.get(f"/v1/audit?limit=2&cursor={first['cursor']}").json
    assert first["items"] + second["items"] == whole[:4]
    assert house.auditor.get("/v1/audit?day=2020-01-01").json == {"items": [], "cursor": None}
    assert house.auditor.get("/v1/audit?day=yesterday").wrong.keys() == {"day"}


def test_a_tenant_reads_its_own_trail_alone(world: World, house: House) -> None:
    stranger = world.house("Stranger Ltd")
    assert house.group not in stranger.admin.get("/v1/audit?limit=200").text
