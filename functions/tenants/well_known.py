"""Files at fixed addresses by which a phone's system learns which apps a host trusts. The host that was asked decides
whose settings they show; the provider's own hosts trust no app."""

from typing import Any, Final

from functions.common.caller import PROVIDER
from functions.common.errors import NotFound
from functions.common.http import Answer, Call, operation
from functions.tenants import app_links, hostnames, tenants
from functions.tenants.app_links import AppLinks

KEPT: Final = {"Cache-Control": "public, max-age=3600"}


@operation("Which iOS apps may open this host's links", answers={200: dict[str, dict[str, Any]]}, problems=(NotFound,))
def apple(call: Call[None, None]) -> Answer:
    found = _settings(call.host)
    if not found.ios:
        raise NotFound
    return Answer(body=app_links.apple(found), headers=dict(KEPT))


@operation("Which Android apps may open this host's links", answers={200: list[dict[str, Any]]}, problems=(NotFound,))
def android(call: Call[None, None]) -> Answer:
    found = _settings(call.host)
    if not found.android:
        raise NotFound
    return Answer(body=app_links.android(found), headers=dict(KEPT))


def _settings(host: str) -> AppLinks:
    tenant = hostnames.owner(host, "links")
    if tenant is None or tenant == PROVIDER:
        raise NotFound
    return tenants.get(tenant).fields.app_links
