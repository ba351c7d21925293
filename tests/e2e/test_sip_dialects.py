"""FreeSWITCH's and Asterisk's questions and the export through the deployed gateway: HTTP Basic, forms, and a SIP
domain within the path."""

import base64
import re
from typing import Final
from urllib.parse import urlencode
from xml.etree import ElementTree

from infra.system import System
from tests.e2e.web import Answer, request
from tests.e2e.world import Tenant, World

FORM: Final = "application/x-www-form-urlencoded"


def test_other_sip_servers_get_the_secret_that_the_phone_has(system: System) -> None:
    world = World(system)
    tenant = world.new_tenant()
    world.new_profile(tenant, proxy_host="localhost", digest_algorithm="MD5")
    person = world.new_person(tenant, "Zoë Ünal")
    file = request("GET", world.tap(world.links_for(person, "a")["sms"])).text
    has = dict(re.findall(r'<entry name="(\w+)" overwrite="true">([^<]*)</entry>', file))

    def posts(path: str, **form: str) -> Answer:
        sent = urlencode(form).encode()
        return request("POST", f"{system.base_url}/registrar/{path}", _basic(tenant.registrar_token), sent)

    asked = {"section": "directory", "domain": tenant.domain, "user": has["userid"], "action": "sip_auth"}
    answer = posts("freeswitch/directory", **asked)
    hashed = ElementTree.fromstring(answer.text).find(".//param[@name='a1-hash']")
    assert hashed is not None, answer.text
    assert hashed.get("value") == has["ha1"]
    row = posts(f"asterisk/{tenant.domain}/auths/single", id=has["userid"]).text
    assert f"md5_cred={has['ha1']}" in row.strip().split("&")
    assert posts(f"asterisk/{tenant.domain}/endpoints/single", id=person.number).text.startswith("id=%2B1202555")
    assert posts(f"asterisk/{tenant.domain}/auths/single", id="nobody").text == ""


def test_the_export_is_given_to_its_own_token_alone(system: System) -> None:
    world = World(system)
    tenant = world.new_tenant()
    wanted = {"name": "a SIP server", "role": "exporter", "domains": [tenant.domain]}
    exporter = tenant.api.create("/v1/tokens", wanted)["token"]
    assert _export(system, tenant, exporter).text.startswith("username,domain,")
    assert _export(system, tenant, tenant.registrar_token).status == 403


def _export(system: System, tenant: Tenant, token: str) -> Answer:
    address = f"{system.base_url}/registrar/subscribers?realm={tenant.domain}"
    return request("GET", address, {"Authorization": f"Bearer {token}"})


def _basic(token: str) -> dict[str, str]:
    credentials = base64.b64encode(f"server:{token}".encode()).decode()
    return {"Authorization": f"Basic {credentials}", "Content-Type": FORM}
