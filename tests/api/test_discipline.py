"""Rules of the route table itself: nothing is reachable by accident, and nobody reaches what is another's."""

import re

import pytest

import app
from functions.common.caller import Caller
from functions.common.errors import Forbidden
from functions.common.http import PUBLIC, Route, view_of
from functions.operators.authorise import authorise
from functions.operators.permissions import ROLES, allows
from tests.api.client import Api
from tests.api.conftest import Furnished
from tests.api.samples import BODIES, guarded, name
from tests.api.world import House, made

# Everything that is open to the world. Each of them is public because people, providers or hosts have no token.
OPEN = {
    "GET /healthz",
    "GET /openapi.json",
    "GET /docs",
    "GET /i/{token}",
    "HEAD /i/{token}",
    "GET /i/{token}/file",
    "HEAD /i/{token}/file",
    "GET /i/{token}/manifest.plist",
    "HEAD /i/{token}/manifest.plist",
    "GET /a/{token}",
    "HEAD /a/{token}",
    "POST /a/{token}",
    "POST /a/{token}/opened",
    "GET /n/{token}",
    "HEAD /n/{token}",
    "POST /n/{token}",
    "POST /a/{token}/code",
    "GET /a/{token}/not-me",
    "HEAD /a/{token}/not-me",
    "POST /a/{token}/not-me",
    "POST /a/{token}/new",
    "GET /go",
    "HEAD /go",
    "POST /go",
    "GET /p/{ticket}/profile",
    "HEAD /p/{ticket}/profile",
    "GET /provisioning/{client}",
    "POST /provisioning/{client}",
    "GET /c/{token}",
    "HEAD /c/{token}",
    "GET /p/{ticket}",
    "HEAD /p/{ticket}",
    "GET /p/{ticket}/open",
    "GET /p/{ticket}/state",
    "GET /.well-known/dialready/{challenge}",
    "GET /.well-known/apple-app-site-association",
    "HEAD /.well-known/apple-app-site-association",
    "GET /.well-known/assetlinks.json",
    "HEAD /.well-known/assetlinks.json",
    "GET /receipts/{gateway_id}/{secret}",
    "POST /receipts/{gateway_id}/{secret}",
}
GUARDED = guarded(app.ROUTES)
BY_ID = [route for route in GUARDED if "{" in route.path]
TENANT_ROLES = ("admin", "csr", "auditor", "registrar")


def test_what_is_public_is_public_on_purpose() -> None:
    assert {name(route) for route in app.ROUTES if route.permission == PUBLIC} == OPEN


@pytest.mark.parametrize("route", app.ROUTES, ids=name)
def test_every_route_is_served_by_a_declared_view(route: Route) -> None:
    operation = view_of(route).operation
    assert operation.summary
    assert operation.answers
    assert (operation.body is None) or route.verb in ("POST", "PUT", "PATCH")


@pytest.mark.parametrize("route", app.ROUTES, ids=name)
def test_every_path_is_plain(route: Route) -> None:
    assert re.fullmatch(r"(/(\{[a-z_]+\}|[a-z0-9.-]+))+", route.path)
    assert route.function in ("api", "links", "receipts", "registrar")


def test_no_route_is_listed_twice() -> None:
    assert len({name(route) for route in app.ROUTES}) == len(app.ROUTES)


@pytest.mark.parametrize("route", GUARDED, ids=name)
def test_every_route_names_a_permission_that_a_role_has(route: Route) -> None:
    assert any(allows(role, route.permission) for role in ROLES)


def test_every_permission_of_a_role_opens_a_route() -> None:
    given = {permission for permissions in ROLES.values() for permission in permissions}
    assert given == {route.permission for route in GUARDED}


def test_a_route_without_a_permission_is_closed_to_all(house: House) -> None:
    assert not any(allows(role, "") for role in ROLES)
    with pytest.raises(Forbidden):
        authorise(f"Bearer {house.admin.token}", "", "")


def test_an_unknown_role_may_do_nothing() -> None:
    assert not any(allows("owner", route.permission) for route in GUARDED)


@pytest.mark.parametrize("route", [r for r in GUARDED if r.verb in ("POST", "PUT", "PATCH")], ids=name)
def test_every_route_that_changes_something_has_a_sample(route: Route) -> None:
    assert name(route) in BODIES


# Every route × who asks.


@pytest.mark.parametrize("route", GUARDED, ids=name)
def test_nobody_gets_in_without_a_token(owned: Furnished, route: Route) -> None:
    for api in (Api(), Api(token="a" * 23), Api(token="short"), Api(token="b" + "x" * 22)):
        reply = api.request(route.verb, owned.things.path(route), owned.things.body(route))
        assert (reply.status, reply.code) == (401, "unauthenticated")
        assert reply.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("route", GUARDED, ids=name)
def test_a_role_without_the_permission_is_refused(owned: Furnished, route: Route) -> None:
    for role in ROLES:
        if not allows(role, route.permission):
            reply = _as(owned, role).request(route.verb, owned.things.path(route), owned.things.body(route))
            assert (reply.status, reply.code) == (403, "forbidden"), role


@pytest.mark.parametrize("route", BY_ID, ids=name)
def test_another_tenant_s_things_are_not_there(owned: Furnished, route: Route) -> None:
    for role in TENANT_ROLES:
        if allows(role, route.permission):
            stranger: Api = getattr(owned.stranger, role)
            reply = stranger.request(route.verb, owned.things.path(route), owned.things.body(route))
            assert (reply.status, reply.code) == (404, "not_found"), role


@pytest.mark.parametrize("route", BY_ID, ids=name)
def test_what_does_not_exist_is_not_there(owned: Furnished, route: Route) -> None:
    path = route.path.format(**dict.fromkeys(owned.things.ids, "0" * 14) | {"slot": "1"})
    for role in ROLES:
        if allows(role, route.permission):
            assert _as(owned, role).request(route.verb, path, owned.things.body(route)).status == 404, role


OF_ACCOUNTS = [route for route in BY_ID if "{account_id}" in route.path and allows("csr", route.permission)]


@pytest.mark.parametrize("route", OF_ACCOUNTS, ids=name)
def test_a_csr_of_another_group_does_not_see_the_account(owned: Furnished, route: Route) -> None:
    house = owned.things.house
    other = made(house.admin.post("/v1/groups", {"name": "Elsewhere"}))["id"]
    token = owned.world.token(house.tenant, "csr", groups=[other])
    reply = Api(token=token).request(route.verb, owned.things.path(route), owned.things.body(route))
    assert (reply.status, reply.code) == (404, "not_found")


@pytest.mark.parametrize("route", [r for r in GUARDED if r.verb == "GET" and "{" not in r.path], ids=name)
def test_lists_hold_nothing_of_another_tenant(owned: Furnished, route: Route) -> None:
    for role in TENANT_ROLES:
        stranger: Api = getattr(owned.stranger, role)
        reply = stranger.request(route.verb, route.path)
        assert not [id_ for id_ in owned.things.ids.values() if len(id_) > 8 and id_ in reply.text], role


def _as(owned: Furnished, role: str) -> Api:
    api: Api = owned.world.provider if role == "provider" else getattr(owned.things.house, role)
    return api


def test_the_caller_of_public_routes_may_do_nothing() -> None:
    nobody = Caller(tenant="", operator="", name="", role=PUBLIC)
    assert not any(allows(nobody.role, route.permission) for route in GUARDED)
