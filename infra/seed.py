"""What a new local system needs before a first person can be made ready to dial: the calls of an operator's first hour.

All through the public API. Done again they are the same calls with the same idempotency keys, so what was cut short is
finished.
"""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from infra.api import Api, ApiError, Object
from infra.system import SENDERS, System
from tests.fakes import gateways
from tests.fakes.server import Fakes

DOMAIN = f"sip.{SENDERS}"
NUMBER = "+12025550100"  # nobody's: kept free for examples
FIRST = "vonage_sms"  # every SMS goes through it, until it fails: then the others share them
WEIGHTS = {"vonage_messages": 4, "clickatell": 3, "aspsms": 2, "ses": 2}  # and 1 for any other kind
PORTALS = {"orange": "orange", "clickatell": "clickatell", "clickatell_http": "clickatell-http"}
"""Kinds whose provider is told in its portal where to report, with the names of their fakes."""

DOWNLOADS: Mapping[str, str] = {
    "android": "https://play.google.com/store/apps/details?id=org.linphone",
    "ios": "https://apps.apple.com/app/linphone/id360065638",
    "linux": "https://www.linphone.org/en/download/",
    "macos": "https://www.linphone.org/en/download/",
    "windows": "https://www.linphone.org/en/download/",
}


@dataclass(frozen=True)
class Local:
    """What a shell, or `make demo`, needs to use the local system. authority: to trust, where it speaks TLS."""

    url: str
    token: str
    group: str
    authority: str = ""

    def write(self, file: Path) -> None:
        """As assignments, for a shell to read; the file is its owner's alone."""
        file.touch(mode=0o600)
        lines = [f"URL={self.url}", f"TOKEN={self.token}", f"GROUP={self.group}"]
        lines += [f"export CURL_CA_BUNDLE={self.authority}"] if self.authority else []
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> "Local | None":
        """What `write` wrote; None when there is no such file."""
        if not file.exists():
            return None
        lines = file.read_text(encoding="utf-8").splitlines()
        found = dict(line.removeprefix("export ").split("=", 1) for line in lines)
        return cls(found["URL"], found["TOKEN"], found["GROUP"], found.get("CURL_CA_BUNDLE", ""))

    def api(self) -> Api:
        return Api(self.url, self.token, ssl.create_default_context(cafile=self.authority or None))


def once(running: System, remembered: Path, authority: str, say: Callable[[str], None]) -> Local:
    """Seeds a system that has not been seeded. remembered: the file that keeps what was made. Raises ApiError."""
    known = Local.read(remembered)
    local = Local(running.base_url, known.token, known.group, authority) if known else None
    if local is not None and _is_there(local.api()):
        _be_reached(local.api())
        for gateway in local.api().items("/v1/gateways"):
            _tell_portal(local.api(), running.fakes, gateway)
    else:
        say("making a first tenant, with a profile, downloads and a gateway of every kind")
        provider = Local(running.base_url, running.provider_token, "", authority).api()
        token = _tenant(provider)
        local = Local(running.base_url, token, _configure(Api(provider.base_url, token, provider.trust)), authority)
        _be_reached(local.api())
        _open_gateways(local.api(), running.fakes)
    local.write(remembered)
    return local


def _is_there(admin: Api) -> bool:
    """False when what it opened was lost, in a run that was not ended cleanly."""
    try:
        admin.get("/v1/tenant")
    except ApiError:
        return False
    return True


def _tenant(provider: Api) -> str:
    tenant = provider.post("/v1/tenants", {"name": "Example"}, once="seed-tenant")["id"]
    issued = provider.post(
        "/v1/tokens", {"name": "first administrator", "role": "admin", "tenant_id": tenant}, once="seed-admin"
    )
    return str(issued["token"])


def _configure(admin: Api) -> str:
    """What people are given; the id of their group."""
    admin.post("/v1/domains", {"name": DOMAIN}, once="seed-domain")
    profile = admin.post("/v1/profiles", {"name": "Standard", "domain": DOMAIN, "default": True}, once="seed-profile")
    group = admin.post("/v1/groups", {"name": "Everybody", "profile_id": profile["id"]}, once="seed-group")
    for platform, url in DOWNLOADS.items():
        admin.post("/v1/downloads", {"platform": platform, "url": url}, once=f"seed-{platform}")
    return str(group["id"])


def _open_gateways(admin: Api, fakes: Fakes) -> None:
    """One of every kind that has a fake, each tested: ready to send."""
    mail = gateways.mail_bodies(fakes, f"welcome@{SENDERS}")
    for kind, body in {**gateways.sms_bodies(fakes), **mail}.items():
        order = 1 if kind == FIRST or kind in mail else 2
        wanted = cast("Object", {**body, "order": order, "weight": WEIGHTS.get(kind, 1)})
        made = admin.post("/v1/gateways", wanted, once=f"seed-{kind}")
        _tell_portal(admin, fakes, made)
        to = f"test@{SENDERS}" if kind in mail else NUMBER
        admin.post(f"/v1/gateways/{made['id']}/test", {"to": to}, once=f"seed-test-{kind}")


def _tell_portal(admin: Api, fakes: Fakes, gateway: Object) -> None:
    """As somebody does once at the provider; here at each start, because the fakes forget it."""
    name = PORTALS.get(str(gateway["kind"]))
    if name is not None:
        address = admin.post(f"/v1/gateways/{gateway['id']}/receipt-address")
        fakes.providers[name].set_receipt_url(str(address["url"]))


def _be_reached(admin: Api) -> None:
    """Makes the front door's present address the one live hostname; another port's, of an earlier run, goes."""
    at = urlsplit(admin.base_url)
    found = admin.items("/v1/hostnames")
    for item in found:
        if str(item["host"]).startswith(f"{at.hostname}:") and item["host"] != at.netloc:
            admin.delete(f"/v1/hostnames/{item['id']}")
    present = next((item for item in found if item["host"] == at.netloc), None)
    if present is None:
        wanted: Object = {"host": at.netloc, "scheme": at.scheme, "serves": ["links", "receipts", "registrar"]}
        present = admin.post("/v1/hostnames", wanted)
    if present["state"] != "live":
        admin.get(str(present["check_path"]))
        admin.post(f"/v1/hostnames/{present['id']}/live")
