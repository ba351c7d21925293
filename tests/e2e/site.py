"""A tenant with a SIP server of its own, and how a story tells what it has seen."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from functions.provisioning.clients import Algorithm
from infra.system import System
from tests.e2e.sip import INSTALL, missing
from tests.e2e.sip.certificates import Certificates, localhost
from tests.e2e.sip.registrar import Registrar
from tests.e2e.web import Api
from tests.e2e.world import Tenant, World

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


@contextmanager
def site(system: System, folder: Path, algorithm: Algorithm) -> Iterator[Site]:
    """A new tenant and its SIP server, which challenges with `algorithm`."""
    world, certificates = World(system), localhost(folder / "tls")
    tenant = world.new_tenant()
    with Registrar(
        folder / "registrar",
        system.base_url,
        tenant.registrar_token,
        certificates.server,
        certificates.key,
        algorithm,
        answer_seconds=REGISTRAR_SECONDS,
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
