"""The readiness check names every gap with its cure, and nothing else."""

from datetime import timedelta

from functions.common import clock
from tests.api.client import Api
from tests.api.conftest import Furnished
from tests.api.samples import MAIL
from tests.api.world import House, World, made


def gaps(house: House, query: str = "") -> dict[str, str]:
    """Each requirement that is not met, with its state."""
    answer = house.csr.get(f"/v1/readiness{query}").json
    assert answer["ready"] == (not [each for each in answer["requirements"] if each["state"] != "ok"])
    assert all(bool(each["cure"]) == (each["state"] != "ok") for each in answer["requirements"])
    return {each["what"]: each["state"] for each in answer["requirements"] if each["state"] != "ok"}


def complete(house: House) -> None:
    """Whatever a furnished house still lacks for e-mail and Linphone."""
    for platform in ("android", "ios", "windows", "macos", "linux"):
        made(house.admin.post("/v1/downloads", {"platform": platform, "url": f"https://dl.example.com/{platform}"}))
    query = {"username": "nobody", "realm": house.domain}
    house.registrar.get("/registrar/kamailio/lookup", query=query)


def test_a_new_tenant_learns_all_that_is_missing(house: House) -> None:
    assert gaps(house) == {
        "gateway for sms": "missing",
        "gateway for email": "missing",
        f"SIP server of {house.domain}": "missing",
        "linphone for android, end-to-site": "missing",
        "linphone for ios, end-to-site": "missing",
        "linphone for windows, end-to-site": "missing",
        "linphone for macos, end-to-site": "missing",
        "linphone for linux, end-to-site": "missing",
    }


def test_step_by_step_nothing_is_missing(world: World, house: House) -> None:
    complete(house)
    gateway = made(house.admin.post("/v1/gateways", MAIL))["id"]
    assert gaps(house) == {"gateway for sms": "missing", "gateway for email": "stale"}
    house.admin.post(f"/v1/gateways/{gateway}/test", {"to": "admin@example.net"})
    assert gaps(house) == {"gateway for sms": "missing"}


def test_each_group_is_checked_for_what_its_accounts_use(owned: Furnished) -> None:
    house = owned.things.house
    complete(house)
    other = made(house.admin.post("/v1/groups", {"name": "Field", "client": "privategsm"}))["id"]
    house.account(group_id=other, security_model="end-to-end")
    assert gaps(house, f"?group_id={house.group}").keys() == {"gateway for sms"}
    missing = gaps(house, f"?group_id={other}").keys() - {"gateway for sms"}
    assert missing == {"privategsm for blackberry, end-to-end", "privategsm for symbian, end-to-end"}


def test_a_group_without_a_profile_is_named(house: House) -> None:
    house.admin.delete(f"/v1/profiles/{house.profile}")
    assert gaps(house)["profile for Everybody"] == "missing"


def test_a_hostname_that_waits_is_stale(house: House) -> None:
    for stored in house.admin.get("/v1/hostnames").json["items"]:
        house.admin.delete(f"/v1/hostnames/{stored['id']}")
    assert gaps(house)["hostname for links"] == "missing"
    made(house.admin.post("/v1/hostnames", {"host": "new.example.net"}))
    assert gaps(house)["hostname for links"] == "stale"


def test_a_sip_server_that_fell_silent_is_stale(house: House) -> None:
    with clock.frozen(clock.now()):
        house.registrar.get("/registrar/kamailio/lookup", query={"username": "nobody", "realm": house.domain})
        assert f"SIP server of {house.domain}" not in gaps(house)
        clock.tick(timedelta(hours=25))
        assert gaps(house)[f"SIP server of {house.domain}"] == "stale"


def test_many_lookups_are_noted_once(world: World, house: House) -> None:
    before = world.cloud.rows("limits")
    for _ in range(5):
        house.registrar.get("/registrar/kamailio/lookup", query={"username": "nobody", "realm": house.domain})
    assert len(world.cloud.rows("limits")) == len(before) + 1


def test_another_group_and_another_tenant_s_are_not_there(world: World, house: House) -> None:
    other = made(house.admin.post("/v1/groups", {"name": "Elsewhere"}))["id"]
    limited = Api(token=world.token(house.tenant, "csr", groups=[house.group]))
    assert limited.get(f"/v1/readiness?group_id={other}").status == 404
    assert "Elsewhere" not in limited.get("/v1/readiness").text
    assert world.house("Stranger Ltd").csr.get(f"/v1/readiness?group_id={house.group}").status == 404


def test_the_provider_sees_what_it_offers_to_all(world: World) -> None:
    answer = world.provider.get("/v1/readiness").json
    assert {each["what"] for each in answer["requirements"]} == {
        "hostname for links",
        "hostname for receipts",
        "gateway for sms",
        "gateway for email",
    }
