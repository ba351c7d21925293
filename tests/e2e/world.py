"""A tenant, its people and their phones' browsers, all made over the public API of the running system."""

import itertools
import re
import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from infra.system import SENDERS, System
from tests.e2e.web import Answer, Api, Browser
from tests.fakes import gateways
from tests.fakes.records import Recorded

PACKAGES: Final = "https://downloads.example.org"
# Numbers that are nobody's; the last four digits choose what a fake provider does, and from 1000 on it just delivers.
_numbers = itertools.count(1000 + secrets.randbelow(4000))


@dataclass(frozen=True)
class Tenant:
    """A customer organisation that is ready to send. `api` is its administrator's."""

    id: str
    api: Api
    domain: str
    registrar_token: str = field(repr=False)
    group_id: str


@dataclass(frozen=True)
class Person:
    """Somebody with an account. `sent`: how many messages were asked for."""

    tenant: Tenant
    account_id: str
    full_name: str
    number: str
    email: str
    sent: int


class World:
    def __init__(self, system: System) -> None:
        self._system = system
        self._provider = Api(system.base_url, system.provider_token)
        self._phone = Browser()

    def new_tenant(self, client: str = "linphone") -> Tenant:
        """A tenant with an administrator, a SIP domain, a registrar's token, gateways, packages and one group.

        It has no provisioning profile yet: `new_profile`."""
        self._live_host()
        name = f"tenant-{secrets.token_hex(4)}"
        id_ = self._provider.create("/v1/tenants", {"name": name, "client": client})["id"]
        api = Api(self._system.base_url, self._token(id_, "admin"))
        domain = f"{name}.example.net"
        api.create("/v1/domains", {"name": domain})
        for gateway in self._gateways():
            self._ready(api, gateway)
        for platform in ("android", "ios", "windows", "macos", "linux"):
            api.create("/v1/downloads", {"platform": platform, "url": f"{PACKAGES}/{platform}"})
        group = api.create("/v1/groups", {"name": "everybody"})["id"]
        return Tenant(id_, api, domain, self._token(id_, "registrar", domains=[domain]), group)

    def new_profile(self, tenant: Tenant, **fields: object) -> str:
        """The tenant's default profile, with these fields; its id."""
        profile = {"name": "standard", "default": True, "domain": tenant.domain, **fields}
        return str(tenant.api.create("/v1/profiles", profile)["id"])

    def new_person(self, tenant: Tenant, full_name: str, **fields: object) -> Person:
        """An account made by the wizard, with both messages on both channels."""
        number = f"+1202555{next(_numbers)}"
        email = f"person{number[-4:]}-{secrets.token_hex(4)}@example.com"
        messages = [
            {"kind": kind, "channel": channel}
            for kind in ("installation", "activation")
            for channel in ("sms", "email")
        ]
        account: dict[str, Any] = {
            "full_name": full_name,
            "number": number,
            "email": email,
            "group_id": tenant.group_id,
            "messages": messages,
            **fields,
        }
        created = tenant.api.create("/v1/accounts", account)
        return Person(tenant, created["id"], full_name, number, email, len(account["messages"]))

    def messages_for(self, person: Person) -> list[Recorded]:
        """What the person received, by SMS and by e-mail, once all of it is there."""
        arrived = self._system.fakes.wait_until(lambda: len(self.inbox(person)) >= person.sent)
        assert arrived, f"{len(self.inbox(person))} of {person.sent} messages came: {self.state_of(person)}"
        return self.inbox(person)

    def links_for(self, person: Person, kind: str) -> dict[str, str]:
        """The address in each message of a kind ("i" installation, "a" activation), by channel."""
        found: dict[str, str] = {}
        for message in self.messages_for(person):
            link = re.search(rf"https?://\S+/{kind}/[A-Za-z0-9]+", message.text)
            if link:
                found[message.channel] = link[0]
        return found

    def open_installation_link(self, link: str) -> Answer:
        """The phone's browser opens it."""
        return self._phone.open(link).answer

    def tap(self, link: str) -> str:
        """Opens an activation link on the phone and taps its button; the ticket's address, as the client gets it."""
        page = self._phone.open(link)
        assert page.answer.status == 200, f"{page.answer.status} {page.answer.text}"
        tapped = self._phone.submit(page)
        assert tapped.status == 303, f"{tapped.status} {tapped.text}"
        opened = self._phone.open(tapped.location)
        # Its own scheme's link, or Android's intent of that scheme. Stock Linphone reads either as https; here the same
        # host answers http.
        started = [
            found for link in opened.links if (found := re.match(r"(?:linphone-config|intent)://[^/]+([^#]+)", link))
        ]
        assert started, f"nothing there starts the softphone: {opened.links}"
        return self._system.base_url + started[0][1]

    def state_of(self, person: Person) -> Any:
        return person.tenant.api.get(f"/v1/accounts/{person.account_id}/state")

    def inbox(self, person: Person) -> list[Recorded]:
        """What has come so far."""
        mine = {person.number, person.number.removeprefix("+"), person.email}
        return [message for message in self._system.fakes.records.all() if message.to in mine]

    def _token(self, tenant_id: str, role: str, **fields: object) -> str:
        wanted = {"name": f"the tests' {role}", "role": role, "tenant_id": tenant_id, **fields}
        return str(self._provider.create("/v1/tokens", wanted)["token"])

    def _live_host(self) -> None:
        """The front door's own name, for all tenants; the first to come makes it live."""
        host = self._system.base_url.partition("://")[2]
        known = self._provider.get("/v1/hostnames")["items"]
        if any(found["host"] == host and found["state"] == "live" for found in known):
            return
        wanted = {"host": host, "scheme": "http", "serves": ["links", "receipts", "registrar"]}
        made = self._provider.create("/v1/hostnames", wanted)
        checked = self._phone.open(self._system.base_url + made["check_path"]).answer
        assert checked.status == 200, f"{checked.status} {checked.text}"
        self._provider.call("POST", f"/v1/hostnames/{made['id']}/live", expected=200)

    def _gateways(self) -> tuple[dict[str, object], ...]:
        fakes = self._system.fakes
        return (
            gateways.sms_bodies(fakes)["vonage_sms"],
            gateways.mail_bodies(fakes, f"phones@{SENDERS}")["ses"],
        )

    def _ready(self, api: Api, gateway: dict[str, object]) -> None:
        """A gateway counts once a test message was accepted."""
        id_ = api.create("/v1/gateways", gateway)["id"]
        to = f"+1202555{next(_numbers)}" if gateway["kind"] == "vonage_sms" else "tests@example.com"
        api.call("POST", f"/v1/gateways/{id_}/test", {"to": to}, expected=200)
