"""What a new local system needs before a first person can be made ready to dial: the calls of an operator's first hour.

All through the public API. Done again they are the same calls with the same idempotency keys, so what was cut short is
finished.
"""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from infra.api import Api, ApiError, Json, Object
from infra.system import SENDERS, System
from tests.fakes.vonage import API_KEY, API_SECRET

DOMAIN = f"sip.{SENDERS}"
NUMBER = "+12025550100"  # nobody's: kept free for examples
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
    if local is None or not _is_there(local.api()):
        say("making a first tenant, with gateways, a profile and downloads")
        provider = Local(running.base_url, running.provider_token, "", authority).api()
        token = _tenant(provider)
        local = Local(
            running.base_url, token, _configure(Api(provider.base_url, token, provider.trust), running), authority
        )
    _be_reached(local.api())
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


def _configure(admin: Api, running: System) -> str:
    """Everything a tenant needs to send; the id of its group."""
    admin.post("/v1/domains", {"name": DOMAIN}, once="seed-domain")
    profile = admin.post("/v1/profiles", {"name": "Standard", "domain": DOMAIN, "default": True}, once="seed-profile")
    group = admin.post("/v1/groups", {"name": "Everybody", "profile_id": profile["id"]}, once="seed-group")
    for platform, url in DOWNLOADS.items():
        admin.post("/v1/downloads", {"platform": platform, "url": url}, once=f"seed-{platform}")
    fakes = running.fakes
    relay: dict[str, Json] = {
        "host": "127.0.0.1",
        "port": fakes.smtp_port,
        "security": "none",
        "sender": f"welcome@{SENDERS}",
    }
    vonage: dict[str, Json] = {"api_key": API_KEY, "sender": "DialReady", "base_url": f"{fakes.base_url}/vonage"}
    gateways: tuple[tuple[dict[str, Json], str], ...] = (
        ({"kind": "vonage_sms", "name": "SMS", "settings": vonage, "secrets": {"api_secret": API_SECRET}}, NUMBER),
        ({"kind": "ses", "name": "SES", "settings": {"sender": f"welcome@{SENDERS}"}}, f"test@{SENDERS}"),
        ({"kind": "smtp", "name": "Mail server", "settings": relay}, f"test@{SENDERS}"),
    )
    for gateway, to in gateways:
        made = admin.post("/v1/gateways", gateway, once=f"seed-{gateway['kind']}")
        admin.post(f"/v1/gateways/{made['id']}/test", {"to": to}, once=f"seed-test-{gateway['kind']}")
    return str(group["id"])


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
