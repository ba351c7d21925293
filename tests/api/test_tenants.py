"""Customer organisations, and the names that each of them owns."""

import pytest

from tests.api.client import Api
from tests.api.world import House, World, made


def test_a_tenant_is_made_read_listed_changed_and_deleted(world: World) -> None:
    made_ = made(world.provider.post("/v1/tenants", {"name": "Example Ltd"}))
    address = f"/v1/tenants/{made_['id']}"
    assert world.provider.get(address).json == made_
    assert [each["id"] for each in world.provider.get("/v1/tenants").json["items"]] == [made_["id"]]
    changed = world.provider.patch(address, {"language": "it"}).json
    assert (changed["language"], changed["name"]) == ("it", "Example Ltd")
    assert world.provider.delete(address).status == 204
    assert world.provider.get(address).status == 404


def test_a_tenant_is_deleted_when_it_holds_nothing_that_others_could_want(world: World, house: House) -> None:
    def refused() -> bool:
        reply = world.provider.delete(f"/v1/tenants/{house.tenant}")
        return (reply.status, reply.code) == (409, "conflict")

    assert refused()
    for path in (f"groups/{house.group}", f"profiles/{house.profile}", f"domains/{house.domain_id}"):
        assert house.admin.delete(f"/v1/{path}").status == 204
        assert refused()
    for stored in house.admin.get("/v1/hostnames").json["items"]:
        house.admin.delete(f"/v1/hostnames/{stored['id']}")
    assert world.provider.delete(f"/v1/tenants/{house.tenant}").status == 204
    assert house.admin.get("/v1/groups").status == 401  # its tokens went with it


def test_a_sip_domain_with_accounts_is_not_deleted_whoever_s_profile_they_have(world: World) -> None:
    made(world.provider.post("/v1/profiles", {"name": "For all", "default": True}))
    house = world.house()
    assert house.admin.delete(f"/v1/profiles/{house.profile}").status == 204
    account = house.account()
    assert house.admin.delete(f"/v1/domains/{house.domain_id}").status == 409
    house.csr.delete(f"/v1/accounts/{account['id']}")
    assert house.admin.delete(f"/v1/domains/{house.domain_id}").status == 204


def test_an_admin_reads_and_changes_its_own_tenant_and_no_more(house: House) -> None:
    assert house.admin.get("/v1/tenant").json["id"] == house.tenant
    assert house.admin.patch("/v1/tenant", {"name": "New name", "client": "privategsm"}).json["name"] == "New name"
    for field in ("extensions", "created_at"):
        assert house.admin.patch("/v1/tenant", {field: None}).wrong == {field: "unknown field"}


def test_a_tenant_s_look_is_its_own_administrators_and_its_logo_is_what_it_says(house: House) -> None:
    look = {
        "logo": "data:image/png;base64,iVBORw0KGgoAAAA=",
        "colour": "#e2001a",
        "controller": "Example Ltd",
        "privacy_url": "https://www.example.net/privacy",
    }
    assert house.admin.patch("/v1/tenant", {"brand": look}).json["brand"] == look
    assert house.csr.patch("/v1/tenant", {"brand": {}}).status == 403
    jpeg = {"logo": look["logo"].replace("png", "jpeg")}
    assert house.admin.patch("/v1/tenant", {"brand": jpeg}).wrong.keys() == {"brand.logo"}
    wrong = {"colour": "red", "privacy_url": "http://example.net", "size": 1}
    assert house.admin.patch("/v1/tenant", {"brand": wrong}).wrong.keys() == {f"brand.{field}" for field in wrong}


def test_a_range_of_extensions_does_not_end_before_it_begins(world: World, house: House) -> None:
    backwards = {"extensions": {"first": 299, "last": 200}}
    assert world.provider.patch(f"/v1/tenants/{house.tenant}", backwards).wrong.keys() == {"extensions"}


def test_a_sip_domain_belongs_to_one_tenant_of_the_installation(world: World, house: House) -> None:
    stranger = world.house("Stranger Ltd")
    reply = stranger.admin.post("/v1/domains", {"name": house.domain})
    assert (reply.status, reply.code) == (409, "domain_taken")


def test_a_sip_domain_is_not_renamed(house: House) -> None:
    assert house.admin.patch(f"/v1/domains/{house.domain_id}", {"name": "sip.other.example"}).wrong.keys() == {"name"}
    assert house.admin.patch(f"/v1/domains/{house.domain_id}", {"description": "x"}).json["description"] == "x"


def test_a_sip_domain_in_use_is_not_deleted_and_a_free_one_can_be_taken_again(world: World, house: House) -> None:
    assert house.admin.delete(f"/v1/domains/{house.domain_id}").status == 409
    free = made(house.admin.post("/v1/domains", {"name": "sip.free.example"}))
    assert house.admin.delete(f"/v1/domains/{free['id']}").status == 204
    assert world.house("Stranger Ltd").admin.post("/v1/domains", {"name": "sip.free.example"}).status == 201


@pytest.mark.parametrize(
    "name", ["SIP.example.net", "-a.example", "a..b", "exa mple.net", "a.example.", "x" * 254, "a_b.example"]
)
def test_a_sip_domain_is_a_host_name_in_lower_case(house: House, name: str) -> None:
    assert house.admin.post("/v1/domains", {"name": name}).wrong.keys() == {"name"}


class TestHostname:
    def test_it_is_requested_verified_by_being_reached_and_made_live(self, house: House, api: Api) -> None:
        wanted = made(house.admin.post("/v1/hostnames", {"host": "new.example.net"}))
        assert wanted["state"] == "requested"
        early = house.admin.post(f"/v1/hostnames/{wanted['id']}/live")
        assert early.status == 409
        assert wanted["check_path"] in early.json["error"]["message"]
        assert api.at("new.example.net").get(wanted["check_path"]).status == 200
        assert house.admin.get(f"/v1/hostnames/{wanted['id']}").json["state"] == "verified"
        assert house.admin.post(f"/v1/hostnames/{wanted['id']}/live").json["state"] == "live"

    def test_it_is_not_verified_under_another_name(self, house: House, api: Api) -> None:
        wanted = made(house.admin.post("/v1/hostnames", {"host": "new.example.net"}))
        for host in (house.host, "api.example.net", "evil.example.com"):
            reply = api.at(host).get(wanted["check_path"], headers={"Host": "new.example.net"})
            assert reply.status == 404
        assert house.admin.get(f"/v1/hostnames/{wanted['id']}").json["state"] == "requested"

    def test_a_host_serves_one_tenant(self, world: World, house: House) -> None:
        reply = world.house("Stranger Ltd").admin.post("/v1/hostnames", {"host": house.host})
        assert (reply.status, reply.code) == (409, "host_taken")

    def test_a_host_for_links_is_short_because_it_stands_in_an_sms(self, house: House) -> None:
        long = "activation.of.phones.example.net"
        assert house.admin.post("/v1/hostnames", {"host": long}).wrong.keys() == {"host"}
        assert house.admin.post("/v1/hostnames", {"host": long, "serves": ["receipts"]}).status == 201

    @pytest.mark.parametrize("body", [{"host": "a.example:8080"}, {"host": "a.example", "scheme": "http"}])
    def test_in_public_it_is_https_without_a_port(self, house: House, body: dict[str, str]) -> None:
        assert house.admin.post("/v1/hostnames", body).status == 400
