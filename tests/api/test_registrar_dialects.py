"""FreeSWITCH and Asterisk: what they send, and whether they could read the answer.

Read back here as their sources read it: FreeSWITCH by an XML parser and the paths that `switch_xml.c` takes, Asterisk
by what `res_config_curl.c` does with each character."""

import base64
from datetime import timedelta
from urllib.parse import unquote_plus, urlencode
from xml.etree import ElementTree

import pytest

from functions.common import clock
from tests.api.client import Api, Reply
from tests.api.phone import FORM, Phone, desk_link, entries
from tests.api.sipserver import SipServer, activated
from tests.api.world import House, World

HOSTILE = 'Zoë "${system(id)}" <Ünal> & Söhne, \\ 😀 שלום'
SIP_AUTH = {"action": "sip_auth", "sip_auth_method": "REGISTER"}


def freeswitch(house: House, user: str, **asked: str) -> Reply:
    """As mod_xml_curl posts it: what it looks for, then the event's own fields."""
    form = {
        "hostname": "fs1",
        "section": "directory",
        "tag_name": "domain",
        "key_name": "name",
        "key_value": house.domain,
        "Event-Name": "REQUEST_PARAMS",
        "key": "id",
        "user": user,
        "domain": house.domain,
        **asked,
    }
    return house.registrar.request("POST", "/registrar/freeswitch/directory", raw=urlencode(form), headers=FORM)


def user_of(reply: Reply, house: House) -> ElementTree.Element | None:
    """The user that switch_xml.c would find in the answer."""
    assert (reply.status, reply.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    document = ElementTree.fromstring(reply.text)
    assert (document.tag, document.get("type")) == ("document", "freeswitch/xml")
    if document.find("section[@name='result']/result[@status='not found']") is not None:
        return None
    found = document.findall(f"section[@name='directory']/domain[@name='{house.domain}']/groups/group/users/user")
    assert len(found) == 1
    return found[0]


def values(user: ElementTree.Element, what: str) -> dict[str, str]:
    return {each.get("name", ""): each.get("value", "") for each in user.findall(what)}


def test_freeswitch_authenticates_with_the_digest_secret_and_shows_the_number(world: World, house: House) -> None:
    account = activated(world, house, full_name=HOSTILE, security_model="end-to-site")
    ha1 = SipServer(house).look_up(account["username"]).text.split()[0]
    user = user_of(freeswitch(house, account["username"], **SIP_AUTH, sip_to_user=account["number"]), house)
    assert user is not None
    assert user.attrib == {"id": account["username"], "number-alias": account["number"]}  # not remembered
    assert values(user, "params/param")["a1-hash"] == ha1
    variables = values(user, "variables/variable")
    assert variables["effective_caller_id_number"] == account["number"]
    assert variables["effective_caller_id_name"] == "Zoë system(id) Ünal Söhne 😀 שלום"
    assert (variables["user_context"], variables["rtp_secure_media"]) == (house.domain, "mandatory")


def test_freeswitch_finds_who_is_called_by_the_number_and_may_remember_it_for_a_minute(
    world: World, house: House
) -> None:
    account = activated(world, house, security_model="end-to-end")
    user = user_of(freeswitch(house, account["number"], action="user_call"), house)
    assert user is not None
    assert (user.get("id"), user.get("cacheable")) == (account["username"], "60000")
    parameters = values(user, "params/param")
    assert f"sofia_contact({account['number']}@{house.domain})" in parameters["dial-string"]
    assert parameters["a1-hash"]  # without one FreeSWITCH lets in whoever says that name
    assert values(user, "variables/variable")["bypass_media"] == "true"


def test_freeswitch_does_not_find_whom_it_should_not(world: World, house: House) -> None:
    account = activated(world, house)
    stranger = world.house("Stranger Ltd")
    username = account["username"]
    for reply in (
        freeswitch(house, "nobody", **SIP_AUTH),
        freeswitch(house, house.account()["username"], **SIP_AUTH),  # never activated
        freeswitch(house, username, **SIP_AUTH, sip_to_user="+12025550000"),  # for another one's number
        freeswitch(house, account["number"], **SIP_AUTH),  # a number is nobody's digest user
        freeswitch(house, username, section="dialplan"),
        freeswitch(house, "", purpose="gateways"),
        freeswitch(house, "a|b"),
    ):
        assert user_of(reply, house) is None
    theirs = freeswitch(stranger, username, key_value=house.domain, domain=house.domain)
    assert user_of(theirs, house) is None
    house.csr.post(f"/v1/accounts/{account['id']}/disable")
    assert user_of(freeswitch(house, username, **SIP_AUTH), house) is None
    assert user_of(freeswitch(house, account["number"], action="user_call"), house) is None


def asterisk(house: House, table: str, query: str = "single", /, *, api: Api | None = None, **form: str) -> Reply:
    path = f"/registrar/asterisk/{house.domain}/{table}/{query}"
    return (api or house.registrar).request("POST", path, raw=urlencode(form), headers=FORM)


def row(reply: Reply) -> dict[str, str]:
    """What realtime_curl() makes of an answer: cut at the first end of line, split at & and =, decoded."""
    assert reply.status == 200, reply.text
    line = reply.text.split("\r")[0].split("\n")[0]
    found = {}
    for pair in filter(None, line.split("&")):
        name, _, value = pair.partition("=")
        found[unquote_plus(name)] = unquote_plus(value)
    return found


def test_asterisk_finds_endpoint_aor_and_auth(world: World, house: House) -> None:
    account = activated(world, house, full_name=HOSTILE)
    number, username = account["number"], account["username"]
    endpoint = row(asterisk(house, "endpoints", id=number))
    assert (endpoint["id"], endpoint["aors"], endpoint["auth"]) == (number, number, username)
    assert endpoint["callerid"] == f'"Zoë system(id) Ünal Söhne 😀 שלום" <{number}>'
    assert (endpoint["media_encryption"], endpoint["media_encryption_optimistic"]) == ("sdes", "no")
    assert endpoint["transport"] == "transport-tls"
    aor = row(asterisk(house, "aors", id=number))
    assert (aor["id"], aor["max_contacts"], aor["maximum_expiration"]) == (number, "1", "3600")
    auth = row(asterisk(house, "auths", id=username))
    ha1, *_ = SipServer(house).look_up(username).text.split()
    expected = {"id": username, "auth_type": "md5", "username": username, "realm": house.domain, "md5_cred": ha1}
    assert auth == expected
    sha256, *_ = SipServer(house).look_up(username, "SHA-256").text.split()
    digest = row(asterisk(house, "digests", id=username))
    assert digest["password_digest"] == f"MD5:{ha1},SHA-256:{sha256}"


def test_what_asterisk_and_freeswitch_are_given_is_what_the_phone_has(world: World, house: House) -> None:
    account = house.account()
    phone = Phone(world.anyone.at(house.host))
    file = entries(phone.fetch(phone.tap(desk_link(house, account["id"]))))
    digest = row(asterisk(house, "digests", id=account["username"]))["password_digest"]
    assert dict(each.split(":") for each in digest.split(","))["SHA-256"] == file["auth_info_0/ha1"]


def test_asterisk_is_not_given_lists_nor_what_is_not_its_own(world: World, house: House) -> None:
    account = activated(world, house)
    number, username, path = account["number"], account["username"], f"/registrar/asterisk/{house.domain}"
    for reply in (
        house.registrar.request("POST", f"{path}/auths/multi", raw="id%20LIKE=%25", headers=FORM),
        house.registrar.request("POST", f"{path}/endpoints/multi", raw="id%20LIKE=%25", headers=FORM),
        asterisk(house, "auths", id=number),
        asterisk(house, "endpoints", id=username),
        asterisk(house, "auths", id="a|b"),
        asterisk(house, "auths"),
        asterisk(house, "endpoints", id=house.account()["number"]),  # never activated: nobody could register
    ):
        assert (reply.status, reply.text) == (200, "")
    assert row(asterisk(house, "auths", "multi", id=username))["id"] == username
    assert asterisk(house, "auths", "require", id="char:40").text == "0"
    for wrong in (asterisk(house, "contacts", id=username), asterisk(house, "auths", "update", id=username)):
        assert (wrong.status, wrong.code) == (404, "not_found")
    stranger = world.house("Stranger Ltd")
    assert asterisk(house, "auths", api=stranger.registrar, id=username).status == 404
    house.csr.post(f"/v1/accounts/{account['id']}/disable")
    for table, id_ in (("auths", username), ("digests", username), ("endpoints", number), ("aors", number)):
        assert asterisk(house, table, id=id_).text == ""


def test_an_asterisk_s_registrations_end_with_the_account(world: World, house: House) -> None:
    ends = clock.now().replace(microsecond=0) + timedelta(minutes=10)
    account = activated(world, house, expires_at=ends.isoformat())
    with clock.frozen(ends - timedelta(minutes=5)):
        assert row(asterisk(house, "aors", id=account["number"]))["maximum_expiration"] == "300"


@pytest.mark.parametrize(
    "raw", ["", "=&=&&", "%ff%fe=%00", "a" * 2000, "id=%00&user=%00", "id=" + "a" * 5000, "&".join(["a=1"] * 600)]
)
def test_forms_that_nobody_sends_are_no_error_of_ours(house: House, raw: str) -> None:
    raw = raw.replace("id=aaa", f"section=directory&domain={house.domain}&user={'a' * 5000}&id=aaa")
    for path in ("freeswitch/directory", f"asterisk/{house.domain}/auths/single"):
        assert house.registrar.request("POST", f"/registrar/{path}", raw=raw, headers=FORM).status in (200, 400)


def test_the_token_may_be_http_basic_s_password_for_sip_servers_alone(world: World, house: House) -> None:
    account = activated(world, house)

    def basic(api: Api, path: str) -> Reply:
        credentials = base64.b64encode(f"freeswitch:{api.token}".encode()).decode()
        headers = {**FORM, "Authorization": f"Basic {credentials}"}
        raw = urlencode({"id": account["username"]})
        return Api().request("POST" if "asterisk" in path else "GET", path, raw=raw, headers=headers)

    auths = f"/registrar/asterisk/{house.domain}/auths/single"
    assert row(basic(house.registrar, auths))["id"] == account["username"]
    assert basic(house.csr, "/v1/accounts").status == 401
    assert basic(house.admin, auths).status == 401
    for wrong in ("Basic", "Basic !", "Basic " + base64.b64encode(b"\xff:\xfe").decode(), "Basic eDp5"):
        assert Api().request("POST", auths, headers={"Authorization": wrong}).status == 401
