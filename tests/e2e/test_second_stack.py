"""The credentials in each client's file are right: a SIP stack other than Linphone's registers with them.

Each person taps; then the file is asked for as that client asks, read by a reader of its own, and what it says is given
to PJSIP, which registers over verified TLS at a real Kamailio, once with MD5 and once with SHA-256."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import pytest

from examples.reference_client.file import Settings
from examples.reference_client.phone import USER_AGENT
from functions.provisioning.clients import Algorithm
from infra.system import System
from tests.e2e.second_stack import SecondStack, needs_second_stack
from tests.e2e.sip import wait_until
from tests.e2e.sip.certificates import localhost
from tests.e2e.sip.softphone import Softphone
from tests.e2e.site import Site, needs_phones, ok, site
from tests.e2e.web import ELSEWHERE, Browser, request
from tests.e2e.world import Person
from tests.unit.client_files import read_ini, read_xml

pytestmark = needs_second_stack

NAME: Final = 'Zoë "Zed" \\ Ünal & <Söhne> 😀 שלום'
EXTRA: Final = {"acrobits": {"cloud_id": "EXAMPLE"}, "zoiper": {"page_url": "https://www.example.org/qr.php"}}
FORM: Final = "application/x-www-form-urlencoded"
DESKTOP: Final = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"
ANY_REALM: Final = "*"  # the file names none: the client answers whoever challenges it


def privategsm(base: str, _username: str, ticket: str) -> Settings:
    given = request("GET", f"{base}/p/{ticket}")
    said = _said(request("GET", given.location).body)

    def text(path: str) -> str:
        return said[f"provisioning/{path}"]

    return Settings(
        full_name=text("account/full_name"),
        number=text("account/number"),
        username=text("credentials/username"),
        password=text("credentials/password"),
        realm=text("credentials/realm"),
        domain=text("sip/domain"),
        proxy_host=text("sip/proxy_host"),
        proxy_port=int(text("sip/proxy_port")),
        transport=text("sip/transport"),
        register_expires_seconds=int(text("sip/register_expires_seconds")),
        encryption=text("media/encryption"),
    )


def acrobits(base: str, username: str, ticket: str) -> Settings:
    """It sends what its `csc:` link said, user name and one-time code, to the address that its portal holds."""
    asked = urlencode({"username": username, "password": ticket})
    said = _said(request("GET", f"{base}/provisioning/acrobits?{asked}").body)

    def text(name: str) -> str:
        return said[f"account/{name}"]

    host, _, port = text("proxy").rpartition(":")
    return Settings(
        full_name=text("userDisplayName"),
        number=text("username"),
        username=text("authUsername"),
        password=text("password"),
        realm=ANY_REALM,
        domain=text("host"),
        proxy_host=host,
        proxy_port=int(port),
        transport={"tls+sip:": "tls"}[text("transport")],
        register_expires_seconds=int(text("expires")),
        encryption={"required": "srtp"}[text("sdesOutgoing")],
    )


def zoiper(base: str, username: str, ticket: str) -> Settings:
    """It is told where a token brings the credentials, and redeems it there."""
    asked = urlencode({"username": username, "password": ticket, "version": "1.14"})
    said = _said(request("GET", f"{base}/provisioning/zoiper?{asked}").body)

    def text(name: str) -> str:
        return said[f"options/accounts/account/{name}"]

    assert "options/accounts/account/password" not in said
    redeemed = _said(request("GET", text("token_url") + text("token")).body)
    credentials = {path.rpartition("/")[2]: value for path, value in redeemed.items()}
    host, _, port = text("SIP_outbound_proxy").rpartition(":")
    assert text("SIP_auth_username") == credentials["authentication_username"]
    return Settings(
        full_name=text("SIP_callerId"),
        number=credentials["username"],
        username=credentials["authentication_username"],
        password=credentials["password"],
        realm=ANY_REALM,
        domain=text("SIP_domain"),
        proxy_host=host,
        proxy_port=int(port),
        transport=text("SIP_transport_type").lower(),
        register_expires_seconds=int(text("reregistration_time")),
        encryption={"SDES": "srtp"}[text("SIP_srtp_mode")],
    )


def bria(base: str, username: str, ticket: str) -> Settings:
    """Its login window posts what the person has typed."""
    form = urlencode({"Username": username, "Password": ticket}).encode()
    headers = {"Content-Type": FORM}
    said = read_ini(request("POST", f"{base}/provisioning/bria", headers, form).body)
    assert said["DATA"]["Success"] == "1"

    def text(name: str) -> str:
        return said["SETTINGS"][f"proxies:proxy0:{name}"]

    host, _, port = text("proxy").rpartition(":")
    return Settings(
        full_name=text("display_name"),
        number=text("username"),
        username=text("authorization_username"),
        password=said["##MEMORY##"]["proxies:proxy0:password"],
        realm=ANY_REALM,
        domain=text("domain"),
        proxy_host=host,
        proxy_port=int(port),
        transport=text("transport").lower(),
        register_expires_seconds=int(text("reregister_in_seconds")),
        encryption={"true": "srtp"}[text("security_outgoing_srtp")],
    )


READERS: Final[dict[str, Callable[[str, str, str], Settings]]] = {
    "privategsm": privategsm,
    "acrobits": acrobits,
    "zoiper": zoiper,
    "bria": bria,
}


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_a_second_sip_stack_registers_with_what_each_clients_file_says(
    system: System, tmp_path: Path, algorithm: Algorithm
) -> None:
    with site(system, tmp_path, algorithm) as here:
        (profile,) = here.tenant.api.get("/v1/profiles")["items"]
        here.tenant.api.call("PATCH", f"/v1/profiles/{profile['id']}", {"extra": EXTRA}, expected=200)
        for client, read in READERS.items():
            person = here.world.new_person(here.tenant, NAME, client=client, security_model="end-to-site")
            settings = read(here.tenant.api.base_url, _username(here, person), _ticket(here, person, client))
            ok(settings.full_name == NAME, f"{client}'s file has the person's name, to the letter", settings)
            _registers(here, person, client, settings, algorithm)
        _needs_the_right_password_and_a_known_authority(here, person, settings, tmp_path)


@needs_phones
def test_a_linphone_calls_the_second_stack_and_both_encrypt(system: System, tmp_path: Path) -> None:
    with site(system, tmp_path, "SHA-256") as here:
        caller = here.world.new_person(here.tenant, "Zoë Ünal", security_model="end-to-site")
        callee = here.world.new_person(here.tenant, NAME, client="privategsm", security_model="end-to-site")
        settings = privategsm(here.tenant.api.base_url, _username(here, callee), _ticket(here, callee))
        ticket = f"{here.tenant.api.base_url}/p/{_ticket(here, caller)}"
        with (
            SecondStack(settings, here.certificates.authority) as called,
            Softphone(tmp_path / "caller", ticket, root_ca=here.certificates.authority) as calling,
        ):
            ok(calling.registered() and called.registered(), "both are registered", calling.log[-3000:])
            calling.say(f"call sip:{callee.number}@{here.tenant.domain}")
            ok(calling.in_call(), "the number was dialled and the call is up", calling.console)
            ok(called.says(f'called by "{caller.full_name}" <sip:{caller.number}@'), "it sees who calls", called.said)
            ok(calling.hears(), "media come in", calling.log[-3000:])
            ok("MediaEncryptionSRTP" in calling.log, "encrypted with SRTP", calling.log[-3000:])
            calling.say("terminate")


def _registers(here: Site, person: Person, client: str, settings: Settings, algorithm: Algorithm) -> None:
    with SecondStack(settings, here.certificates.authority) as phone:
        ok(phone.registered(), f"and what it says registers with {algorithm}", phone.said)
        contact = here.registrar.contact(person.number, here.tenant.domain) or ""
        ok(USER_AGENT in contact and "transport=TLS" in contact, "the SIP server knows it, over TLS", contact)
        ok(
            wait_until(lambda: here.world.state_of(person)["readiness"] == "active"),
            f"the account of the person with {client} is active",
            here.world.state_of(person),
        )


def _needs_the_right_password_and_a_known_authority(
    here: Site, person: Person, settings: Settings, folder: Path
) -> None:
    """What was shown above is no accident: without the one or the other nobody gets in."""
    with SecondStack(replace(settings, password="a" * 24), here.certificates.authority) as phone:
        ok(phone.refused(), "another password is refused", phone.said)
    stranger = localhost(folder / "stranger").authority
    with SecondStack(settings, stranger) as phone:
        ok(phone.refused(), "and a server whose certificate nobody vouches for gets no password", phone.said)
        ok(any("certificate" in line for line in phone.said), "because of its certificate", phone.said)
    ok(here.registrar.contact(person.number, here.tenant.domain) is None, "nobody is registered")


def _said(body: bytes) -> dict[str, str]:
    """An XML file as path -> text."""
    return {element.path: element.text for element in read_xml(body)}


def _username(here: Site, person: Person) -> str:
    return str(here.tenant.api.get(f"/v1/accounts/{person.account_id}")["username"])


def _ticket(here: Site, person: Person, client: str = "linphone") -> str:
    """The one that a tap leads to: on the phone, or, for Bria, which runs on computers, on the page that a code
    typed at the computer opens."""
    if client == "bria":
        browser = Browser(DESKTOP, {"here": "1"})
        link = here.tenant.api.create(f"/v1/accounts/{person.account_id}/spoken-code", {})
        typed = urlencode({"code": link["code"]}).encode()
        url = request("POST", link["url"], {"User-Agent": DESKTOP, "Content-Type": FORM}, typed, ELSEWHERE).location
    else:
        browser, url = Browser(), here.world.links_for(person, "a")["sms"]
    tapped = browser.submit(browser.open(url))
    assert tapped.status == 303, f"{tapped.status} {tapped.text}"
    return tapped.location.split("/p/")[1].split("/")[0]
