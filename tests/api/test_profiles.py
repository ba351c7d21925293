"""Provisioning profiles: what they take, whose applies, and what may not be pulled from under live accounts."""

import pytest

from functions.accounts.people import get
from functions.common.caller import PROVIDER
from functions.common.errors import NotReady
from functions.provisioning.clients import Credentials, SecurityModel, clients
from functions.provisioning.fields import ProfileFields
from functions.provisioning.profiles import Resolved, resolve
from functions.provisioning.render import Person, build_phone
from tests.api.world import House, World, made


def profile(house: House, **fields: object) -> str:
    """A new profile of the house; its id."""
    return str(made(house.admin.post("/v1/profiles", {"name": "Other", "domain": house.domain} | fields))["id"])


def resolved(house: House, account: str) -> Resolved:
    found = get(house.tenant, account)
    group = house.admin.get(f"/v1/groups/{found.group_id}").json
    return resolve(house.tenant, found.profile_id, group["profile_id"])


def test_a_profile_needs_a_name_and_a_domain_and_has_the_known_defaults(house: House) -> None:
    shown = made(house.admin.post("/v1/profiles", {"name": "Plain", "domain": house.domain}))
    assert shown["pin_policy"] == {"required": False, "idle_lock_minutes": 10, "attempts": 5, "lockout_minutes": 1}
    assert shown["link_policy"] == {
        "kind": "tap",
        "lifetime_minutes": 1440,
        "grace_minutes": 10,
        "ticket_seconds": 300,
        "ticket_fetches": 20,
        "code_by": "message",
        "code_minutes": 10,
        "ask_for_new": "tell",
        "stuck": {"not_opened_hours": 6, "not_claimed_hours": 2, "not_registered_minutes": 30, "reminders": 1},
    }
    assert (shown["proxy_port"], shown["transport"], shown["devices_per_account"]) == (5061, "tls", 1)
    assert (shown["messaging"], shown["default"]) == (True, False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("transport", "udp"),
        ("proxy_port", 0),
        ("proxy_host", "Sip.Example.net"),
        ("stun_server", "stun.example.net:abc"),
        ("codecs", "opus"),
        ("test_call_number", "call me"),
        ("devices_per_account", 6),
        ("security_model", "end-to-site"),
        ("register_expires_seconds", 59),
        ("digest_algorithm", "SHA-1"),
        ("customer_service_email", "nobody"),
        ("oem_licence_code", "a\nb"),
    ],
)
def test_what_a_field_cannot_be(house: House, field: str, value: object) -> None:
    reply = house.admin.post("/v1/profiles", {"name": "x", "domain": house.domain, field: value})
    assert reply.status == 400
    assert {each.partition("[")[0] for each in reply.wrong} == {field}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lifetime_minutes", 9),
        ("lifetime_minutes", 43_201),
        ("grace_minutes", 31),
        ("ticket_seconds", 59),
        ("kind", "guess"),
    ],
)
def test_what_a_link_policy_cannot_be(house: House, field: str, value: object) -> None:
    reply = house.admin.post("/v1/profiles", {"name": "x", "domain": house.domain, "link_policy": {field: value}})
    assert reply.wrong.keys() == {f"link_policy.{field}"}


def test_the_account_s_profile_comes_before_the_group_s_and_that_before_the_default(world: World, house: House) -> None:
    account = house.account()["id"]
    assert resolved(house, account).level == "tenant"
    for_group = profile(house, name="The group's")
    house.admin.patch(f"/v1/groups/{house.group}", {"profile_id": for_group})
    assert (resolved(house, account).stored.id, resolved(house, account).level) == (for_group, "group")
    own = profile(house, name="Its own")
    house.csr.patch(f"/v1/accounts/{account}", {"profile_id": own})
    assert (resolved(house, account).stored.id, resolved(house, account).level) == (own, "account")
    assert house.admin.delete(f"/v1/profiles/{own}").status == 204
    assert resolved(house, account).level == "group"


def test_the_provider_s_default_serves_tenants_that_have_none(world: World) -> None:
    made(
        world.provider.post("/v1/profiles", {"name": "For all", "default": True, "proxy_host": "sip.provider.example"})
    )
    house = world.house()
    assert resolve(house.tenant, None, None).level == "tenant"
    house.admin.delete(f"/v1/profiles/{house.profile}")
    found = resolve(house.tenant, None, None)
    assert (found.level, found.stored.tenant, found.domain) == ("provider", PROVIDER, house.domain)
    made(house.admin.post("/v1/domains", {"name": "sip.second.example"}))
    with pytest.raises(NotReady, match="several SIP domains"):
        resolve(house.tenant, None, None)


def test_without_any_profile_nothing_resolves(house: House) -> None:
    house.admin.delete(f"/v1/profiles/{house.profile}")
    with pytest.raises(NotReady, match="No provisioning profile"):
        resolve(house.tenant, None, None)


def test_one_profile_is_the_default_and_another_takes_over_from_it(house: House) -> None:
    second = profile(house, default=True)
    listed = {each["id"]: each["default"] for each in house.admin.get("/v1/profiles").json["items"]}
    assert listed == {house.profile: False, second: True}
    house.admin.patch(f"/v1/profiles/{house.profile}", {"default": True})
    assert resolve(house.tenant, None, None).stored.id == house.profile
    house.admin.patch(f"/v1/profiles/{house.profile}", {"default": False})
    with pytest.raises(NotReady):
        resolve(house.tenant, None, None)
    assert not [each for each in house.admin.get("/v1/profiles").json["items"] if each["default"]]


def test_taking_over_is_audited_for_both(house: House) -> None:
    second = profile(house, default=True)
    entries = house.admin.get("/v1/audit?limit=200").json["items"]
    changed = [each for each in entries if each["action"] == "profile.change"]
    assert [(each["target"], each["after"]) for each in changed] == [(f"profile/{house.profile}", {"default": False})]
    assert f"profile/{second}" in [each["target"] for each in entries if each["action"] == "profile.create"]


def test_a_profile_leads_to_one_of_the_tenant_s_own_domains(world: World, house: House) -> None:
    stranger = world.house("Stranger Ltd")
    for domain in (stranger.domain, "sip.nobody.example", None):
        reply = house.admin.post("/v1/profiles", {"name": "x", "domain": domain})
        assert reply.status == 400
        assert reply.wrong.keys() == {"domain"}
    assert world.provider.post("/v1/profiles", {"name": "x", "domain": house.domain}).wrong.keys() == {"domain"}


def test_the_domain_is_not_changed_under_live_accounts(house: House) -> None:
    made(house.admin.post("/v1/domains", {"name": "sip.next.example"}))
    moved = {"domain": "sip.next.example"}
    account = house.account()
    reply = house.admin.patch(f"/v1/profiles/{house.profile}", moved)
    assert (reply.status, reply.code) == (409, "domain_in_use")
    house.csr.delete(f"/v1/accounts/{account['id']}")
    assert house.admin.patch(f"/v1/profiles/{house.profile}", moved).status == 200


def test_a_profile_that_a_group_names_is_not_deleted(house: House) -> None:
    other = profile(house)
    house.admin.patch(f"/v1/groups/{house.group}", {"profile_id": other})
    reply = house.admin.delete(f"/v1/profiles/{other}")
    assert (reply.status, reply.code) == (409, "profile_in_use")
    house.admin.patch(f"/v1/groups/{house.group}", {"profile_id": None})
    assert house.admin.delete(f"/v1/profiles/{other}").status == 204


def test_a_profile_that_does_not_exist_is_not_named(house: House) -> None:
    nowhere = {"profile_id": "0" * 14}
    assert house.admin.patch(f"/v1/groups/{house.group}", nowhere).wrong.keys() == {"profile_id"}
    body = {"full_name": "A", "number": "+12025550177", "group_id": house.group}
    assert house.csr.post("/v1/accounts", body | nowhere).wrong.keys() == {"profile_id"}


class TestExtraSettings:
    def test_they_are_checked_by_the_client_itself(self, house: House) -> None:
        wanted = {"nokia": {"a": "b"}, "linphone": {"sound/echocancellation": "1", "sip/media_encryption": "none"}}
        reply = house.admin.patch(f"/v1/profiles/{house.profile}", {"extra": wanted})
        assert reply.status == 400
        assert reply.wrong.keys() == {"extra.nokia", "extra.linphone.sip/media_encryption"}

    def test_a_value_that_the_client_cannot_take_is_found_when_saved(self, house: House) -> None:
        wrong = {"privategsm": {"content_type": "not a type"}}
        assert house.admin.patch(f"/v1/profiles/{house.profile}", {"extra": wrong}).wrong.keys() == {"extra.privategsm"}

    def test_good_ones_are_kept(self, house: House) -> None:
        wanted = {"linphone": {"sound/echocancellation": "1"}}
        assert house.admin.patch(f"/v1/profiles/{house.profile}", {"extra": wanted}).json["extra"] == wanted


PERSON = Person(
    full_name="A Person",
    number="+12025550123",
    domain="sip.example.net",
    security_model="end-to-site",
    obfuscation=True,
    obfuscation_key=9,
    keep_alive=True,
    language="en",
)
CREDENTIALS = Credentials(username="1", password="p", realm="sip.example.net", ha1_md5="", ha1_sha256="")


def test_a_profile_tightens_and_never_loosens() -> None:
    plain, tight = ProfileFields(name="x"), ProfileFields(name="x", security_model="end-to-end")
    secret = PERSON.__class__(
        **{name: getattr(PERSON, name) for name in PERSON.__struct_fields__} | {"security_model": "end-to-end"}
    )
    assert build_phone(plain, PERSON, CREDENTIALS, {}).security_model is SecurityModel.end_to_site
    assert build_phone(tight, PERSON, CREDENTIALS, {}).security_model is SecurityModel.end_to_end
    assert build_phone(plain, secret, CREDENTIALS, {}).security_model is SecurityModel.end_to_end


def test_every_field_of_a_profile_reaches_the_phone_or_is_the_system_s_own() -> None:
    ours = {
        "name",
        "default",
        "domain",
        "digest_algorithm",
        "devices_per_account",
        "link_policy",
        "message_policy",
        "pin_policy",
        "extra",
        "later_changes",  # as an address of the device's own
        "root_ca",  # in a file beside it
    }
    phone = build_phone(ProfileFields(name="x", proxy_host="edge.example.net"), PERSON, CREDENTIALS, {})
    assert set(ProfileFields.__struct_fields__) - ours <= set(phone.__struct_fields__)
    assert phone.proxy_host == "edge.example.net"
    assert build_phone(ProfileFields(name="x"), PERSON, CREDENTIALS, {}).proxy_host == PERSON.domain


def test_every_client_is_known_by_its_name() -> None:
    assert {"linphone", "privategsm"} <= set(clients())
