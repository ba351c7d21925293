"""A tenant with a SIP server of its own, and how a story tells what it has seen."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from functions.provisioning.clients import Algorithm
from infra.system import System
from tests.e2e.sip import INSTALL, missing
from tests.e2e.sip.certificates import Certificates, localhost
from tests.e2e.sip.intruder import Digest, Intruder
from tests.e2e.sip.registrar import Registrar
from tests.e2e.web import Api, request
from tests.e2e.world import Person, Tenant, World

REGISTRAR_SECONDS: Final = 20  # for a second worker's cold start; a warm one answers in some 20 ms

needs_phones = pytest.mark.skipif(bool(missing()), reason=f"needs {', '.join(missing())}: {INSTALL}")


@dataclass(frozen=True)
class Site:
    """A tenant whose people register at a SIP server of its own."""

    world: World
    tenant: Tenant
    registrar: Registrar
    certificates: Certificates

    def lookup(self, username: str) -> int:
        """The status of what the SIP server asks about a digest user."""
        asked = f"/registrar/kamailio/lookup?username={username}&realm={self.tenant.domain}"
        return Api(self.tenant.api.base_url, self.tenant.registrar_token).call("GET", asked).status

    def digest_of(self, person: Person) -> Digest:
        """What is in the person's Linphone file: taps and fetches."""
        return self.digest_at(self.world.links_for(person, "a")["sms"])

    def digest_at(self, link: str) -> Digest:
        answer = request("GET", self.world.tap(link))
        assert answer.status == 200, answer.text
        entries = dict(re.findall(r'<entry name="(\w+)" overwrite="true">([^<]*)</entry>', answer.text))
        return Digest(entries["userid"], entries["ha1"], "SHA-256")

    def intruder(self) -> Intruder:
        """A connection to the SIP server by which anything can be said."""
        return Intruder(self.registrar.port, self.certificates.authority, self.tenant.domain)

    def registered(self, person: Person) -> bool:
        return self.registrar.contact(person.number, self.tenant.domain) is not None


@contextmanager
def site(
    system: System,
    folder: Path,
    algorithm: Algorithm,
    *,
    base: str | None = None,
    answer_seconds: int = REGISTRAR_SECONDS,
    seconds: Mapping[str, int] | None = None,
) -> Iterator[Site]:
    """A new tenant and its SIP server, which challenges with `algorithm` and asks at `base`; `seconds` are settings of
    its configuration."""
    world, certificates = World(system), localhost(folder / "tls")
    tenant = world.new_tenant()
    with Registrar(
        folder / "registrar",
        base or system.base_url,
        tenant.registrar_token,
        certificates.server,
        certificates.key,
        algorithm,
        tenant.domain,
        answer_seconds=answer_seconds,
        seconds=seconds,
    ) as registrar:
        world.new_profile(
            tenant,
            proxy_host="localhost",
            proxy_port=registrar.port,
            digest_algorithm=algorithm,
            codecs=["opus", "pcma"],
            register_expires_seconds=300,
        )
        here = Site(world, tenant, registrar, certificates)
        assert here.lookup("nobody") == 404  # and from now on the function is warm
        yield here


def ok(holds: object, what: str, otherwise: object = "") -> None:
    """One line of the transcript (`pytest -s` shows it), or the end of the test with what was seen instead."""
    assert holds, f"not so: {what}\n{otherwise}"
    print(f"ok  {what}")
