"""A valid request for every route that changes something, so that tests can be made from the route table.

A route that changes something and has no sample fails `test_discipline`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from functions.common.http import PUBLIC, Route
from functions.imports import stages
from functions.jobs import work
from functions.jobs.kinds import kind
from tests.api.cloud import VERIFIED
from tests.api.world import House, made

MAIL = {"kind": "ses", "name": "The mail", "settings": {"sender": f"phones@{VERIFIED}"}}
PACKAGE = {
    "platform": "android",
    "version": "5.2.1",
    "file_name": "softphone-5.2.1.apk",
    "size": 4,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}
ANDROID = {"platform": "android", "url": "https://play.example.com/app"}
TEMPLATE = {"kind": "activation", "channel": "sms", "language": "en", "text": "Activate your phone:\n{link}"}

# What a POST or PATCH takes; None for those that take nothing.
BODIES: dict[str, Callable[[House], object]] = {
    "POST /v1/tenants": lambda _: {"name": "Another Ltd"},
    "PATCH /v1/tenants/{tenant_id}": lambda _: {"name": "Renamed Ltd"},
    "POST /v1/tenants/{tenant_id}/off-board": lambda _: {"confirm": "Example Ltd"},
    "PATCH /v1/tenant": lambda _: {"language": "it"},
    "POST /v1/tokens": lambda _: {"name": "a program", "role": "csr"},
    "POST /v1/domains": lambda _: {"name": "sip.another.example"},
    "PATCH /v1/domains/{domain_id}": lambda _: {"description": "the main one"},
    "POST /v1/hostnames": lambda _: {"host": "other.example.net"},
    "POST /v1/hostnames/{hostname_id}/live": lambda _: None,
    "POST /v1/groups": lambda _: {"name": "Sales"},
    "PATCH /v1/groups/{group_id}": lambda _: {"name": "Support"},
    "POST /v1/groups/{group_id}/managed-links": lambda _: {"cursor": None},
    "POST /v1/profiles": lambda house: {"name": "Special", "domain": house.domain},
    "PATCH /v1/profiles/{profile_id}": lambda _: {"read_only_settings": True},
    "POST /v1/accounts": lambda house: {"full_name": "A B", "number": "+12025550199", "group_id": house.group},
    "PATCH /v1/accounts/{account_id}": lambda _: {"full_name": "A C"},
    "POST /v1/accounts/{account_id}/disable": lambda _: None,
    "POST /v1/accounts/{account_id}/enable": lambda _: None,
    "POST /v1/accounts/{account_id}/extend": lambda _: {"days": 30},
    "POST /v1/accounts/{account_id}/attention/clear": lambda _: None,
    "POST /v1/accounts/{account_id}/devices/{slot}/reset": lambda _: None,
    "POST /v1/accounts/{account_id}/links": lambda _: {"channels": ["email"]},
    "POST /v1/accounts/{account_id}/links/{link_id}/revoke": lambda _: None,
    "POST /v1/accounts/{account_id}/messages": lambda _: {"kind": "installation", "channel": "email"},
    "POST /v1/imports": lambda house: {"group_id": house.group, "size": 100},
    "POST /v1/imports/{import_id}/check": lambda _: None,
    "POST /v1/imports/{import_id}/start": lambda _: None,
    "POST /v1/imports/{import_id}/cancel": lambda _: None,
    "POST /v1/imports/{import_id}/undo": lambda _: None,
    "POST /v1/imports/{import_id}/disable-missing": lambda _: None,
    "POST /v1/extensions": lambda house: {
        "group_id": house.group,
        "expiring_before": "2031-01-01T00:00:00Z",
        "days": 1,
    },
    "POST /v1/exports": lambda house: {"group_id": house.group},
    "POST /v1/messages/{message_id}/cancel": lambda _: None,
    "POST /v1/gateways": lambda _: MAIL,
    "PATCH /v1/gateways/{gateway_id}": lambda _: {"name": "The other mail"},
    "POST /v1/gateways/{gateway_id}/test": lambda _: {"to": "person@example.net"},
    "POST /v1/gateways/{gateway_id}/receipt-address": lambda _: None,
    "POST /v1/templates": lambda _: TEMPLATE | {"kind": "installation"},
    "PATCH /v1/templates/{template_id}": lambda _: {"text": "Your link:\n{link}"},
    "POST /v1/templates/preview": lambda _: {"kind": "activation", "channel": "sms"},
    "POST /v1/packages": lambda _: PACKAGE,
    "POST /v1/packages/{package_id}/complete": lambda _: None,
    "POST /v1/downloads": lambda _: ANDROID,
    "PATCH /v1/downloads/{download_id}": lambda _: {"minimum_os": "8.0"},
    "POST /v1/accounts/{account_id}/qr": lambda _: None,
    "POST /v1/accounts/{account_id}/spoken-code": lambda _: None,
    "POST /v1/accounts/{account_id}/links/{link_id}/code": lambda _: None,
    "POST /v1/accounts/{account_id}/links/{link_id}/unlock": lambda _: None,
    "POST /registrar/freeswitch/directory": lambda _: None,
    "POST /registrar/asterisk/{realm}/{table}/{query}": lambda _: None,
    "POST /registrar/events": lambda house: {
        "event": "auth_failed",
        "username": "1234567890",
        "realm": house.domain,
    },
    "POST /registrar/kamailio/events": lambda house: {
        "event": "auth_failed",
        "username": "1234567890",
        "realm": house.domain,
    },
}


# At which stage an import must be for what is asked of it; awaiting its file for all else.
AT_STAGE = {
    "POST /v1/imports/{import_id}/start": "checked",
    "POST /v1/imports/{import_id}/undo": "done",
    "POST /v1/imports/{import_id}/disable-missing": "done",
}


@dataclass(frozen=True)
class Things:
    """The ids of one of everything that a house has, by the name of the path's parameter."""

    house: House
    ids: dict[str, str]
    stages: dict[str, str]  # imports by the stage at which they are

    def path(self, route: Route, **other: str) -> str:
        at = AT_STAGE.get(f"{route.verb} {route.path}")
        return route.path.format(**(self.ids | ({"import_id": self.stages[at]} if at is not None else {}) | other))

    def body(self, route: Route) -> object:
        sample = BODIES.get(f"{route.verb} {route.path}")
        return sample(self.house) if sample is not None else None


def things(house: House) -> Things:
    """One of everything, in a house."""
    admin, csr = house.admin, house.csr
    gateway = made(admin.post("/v1/gateways", MAIL))["id"]
    assert admin.post(f"/v1/gateways/{gateway}/test", {"to": "admin@example.net"}).json["outcome"] == "accepted"
    account = house.account(email="person@example.net", expires_at="2099-01-01T00:00:00Z")["id"]
    link = made(csr.post(f"/v1/accounts/{account}/links", {"channels": ["email"]}))["id"]
    return Things(
        house,
        {
            "tenant_id": house.tenant,
            "token_id": _first(admin.get("/v1/tokens").json),
            "domain_id": house.domain_id,
            "hostname_id": _first(admin.get("/v1/hostnames").json),
            "group_id": house.group,
            "profile_id": house.profile,
            "account_id": account,
            "slot": "1",
            "realm": house.domain,
            "table": "auths",
            "query": "single",
            "link_id": link,
            "import_id": made(csr.post("/v1/imports", {"group_id": house.group, "size": 100}))["id"],
            "extension_id": _extension(house),
            "export_id": made(csr.post("/v1/exports"))["id"],
            "message_id": _first(csr.get(f"/v1/accounts/{account}/messages").json),
            "gateway_id": gateway,
            "template_id": made(admin.post("/v1/templates", TEMPLATE))["id"],
            "package_id": made(admin.post("/v1/packages", PACKAGE))["id"],
            "download_id": made(admin.post("/v1/downloads", ANDROID))["id"],
        },
        {"checked": _import(house, "checked"), "done": _import(house, "done")},
    )


def _import(house: House, stage: str) -> str:
    """An import of nobody, at this stage."""
    body = {"group_id": house.group, "csv": "fullName,gsmNumber\n", "mode": "sync", "missing": {"most_percent": 100}}
    import_ = str(made(house.csr.post("/v1/imports", body))["id"])
    _work(house, stages.job_id(import_, "import-check"), "import-check")
    if stage == "done":
        assert house.csr.post(f"/v1/imports/{import_}/start").status == 200
        stored = stages.find(house.tenant, import_)
        assert stored is not None
        _work(house, str(stored.job), "import-run")
    assert house.csr.get(f"/v1/imports/{import_}").json["state"] == stage
    return import_


def _extension(house: House) -> str:
    body = {"expiring_before": "2031-01-01T00:00:00Z", "days": 1}
    return str(made(house.csr.post("/v1/extensions", body))["id"])


def _work(house: House, job: str, name: str) -> None:
    """What the queue would bring to a worker."""
    for lane in (*range(kind(name).LANES), work.FINISH):
        work.work(work.Entry(tenant=house.tenant, job=job, lane=lane), lambda: False)


def guarded(routes: tuple[Route, ...]) -> list[Route]:
    return [route for route in routes if route.permission != PUBLIC]


def name(route: Route) -> str:
    return f"{route.verb} {route.path}"


def _first(body: Any) -> str:
    items = body["items"] if isinstance(body, dict) else body
    return str(items[0]["id"])
