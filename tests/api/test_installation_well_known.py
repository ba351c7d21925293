"""The files by which a phone's system learns that a host trusts an app: of the host that was asked, and no other."""

import json
from typing import Any

import pytest

from functions.tenants.app_links import AppLinks, apple
from tests.api.client import Api
from tests.api.world import House, World, made

APPLE = "/.well-known/apple-app-site-association"
ANDROID = "/.well-known/assetlinks.json"
FINGERPRINT = ":".join(f"{each:02X}" for each in range(200, 232))
APP = {"package": "net.example.softphone", "fingerprints": [FINGERPRINT]}
LINKS: dict[str, list[Any]] = {"ios": ["A1B2C3D4E5.net.example.softphone"], "android": [APP]}


@pytest.fixture
def trusting(house: House) -> House:
    assert house.admin.patch("/v1/tenant", {"app_links": LINKS}).status == 200
    return house


def test_apple_s_file(trusting: House, api: Api) -> None:
    reply = api.at(trusting.host).get(APPLE)
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert reply.headers["cache-control"] == "public, max-age=3600"
    assert reply.json == {
        "applinks": {
            "details": [{"appIDs": ["A1B2C3D4E5.net.example.softphone"], "components": [{"/": "/a/*"}, {"/": "/p/*"}]}]
        }
    }


def test_android_s_file(trusting: House, api: Api) -> None:
    reply = api.at(trusting.host).get(ANDROID)
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert reply.headers["cache-control"] == "public, max-age=3600"
    assert reply.json == [
        {
            "relation": ["delegate_permission/common.handle_all_urls"],
            "target": {
                "namespace": "android_app",
                "package_name": "net.example.softphone",
                "sha256_cert_fingerprints": [FINGERPRINT],
            },
        }
    ]


@pytest.mark.parametrize("path", [APPLE, ANDROID])
def test_head_answers_alike(trusting: House, api: Api, path: str) -> None:
    reply = api.at(trusting.host).head(path)
    assert (reply.status, reply.text, reply.headers["content-type"]) == (200, "", "application/json")


@pytest.mark.parametrize("path", [APPLE, ANDROID])
def test_every_other_host_has_none(world: World, trusting: House, api: Api, path: str) -> None:
    stranger = world.house("Stranger Ltd")
    world.live_host(world.provider, "go.provider.example")
    wanted = made(trusting.admin.post("/v1/hostnames", {"host": "soon.example.net"}))
    receipts = "receipts.example.net"
    world.live_host(trusting.admin, receipts, ("receipts",))
    for host in (stranger.host, "go.provider.example", "soon.example.net", receipts, "nobody.example", ""):
        reply = api.at(host).get(path)
        assert (reply.status, reply.code) == (404, "not_found"), host
        assert reply.headers["cache-control"] == "no-store"
    forged = api.at(stranger.host).get(path, headers={"Host": trusting.host, "X-Forwarded-Host": trusting.host})
    assert forged.status == 404
    assert wanted["state"] == "requested"


def test_each_system_has_its_own_file(house: House, api: Api) -> None:
    house.admin.patch("/v1/tenant", {"app_links": {"ios": LINKS["ios"]}})
    assert (api.at(house.host).get(APPLE).status, api.at(house.host).get(ANDROID).status) == (200, 404)
    house.admin.patch("/v1/tenant", {"app_links": {}})
    assert api.at(house.host).get(APPLE).status == 404


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"ios": ["net.example.softphone"]}, "app_links.ios[0]"),
        ({"ios": ["A1B2C3D4E5"]}, "app_links.ios[0]"),
        ({"ios": ["a1b2c3d4e5.net.example"]}, "app_links.ios[0]"),
        ({"ios": ["A1B2C3D4E5.net.example/x"]}, "app_links.ios[0]"),
        ({"ios": ["A1B2C3D4E5.net.*"]}, "app_links.ios[0]"),
        ({"ios": [LINKS["ios"][0]] * 21}, "app_links.ios"),
        ({"android": [APP | {"package": "softphone"}]}, "app_links.android[0].package"),
        ({"android": [APP | {"package": "net.example.1"}]}, "app_links.android[0].package"),
        ({"android": [APP | {"fingerprints": []}]}, "app_links.android[0].fingerprints"),
        ({"android": [APP | {"fingerprints": [FINGERPRINT.lower()]}]}, "app_links.android[0].fingerprints[0]"),
        ({"android": [APP | {"fingerprints": [FINGERPRINT[3:]]}]}, "app_links.android[0].fingerprints[0]"),
        ({"android": [APP | {"fingerprints": [FINGERPRINT + "\n"]}]}, "app_links.android[0].fingerprints[0]"),
        ({"android": [APP, APP | {"relation": "x"}]}, "app_links.android[1].relation"),
        ({"web": []}, "app_links.web"),
    ],
)
def test_a_wrong_app_is_named(house: House, settings: dict[str, object], wrong: str) -> None:
    assert house.admin.patch("/v1/tenant", {"app_links": settings}).wrong.keys() == {wrong}


def test_the_largest_file_is_one_that_apple_takes() -> None:
    longest = "A1B2C3D4E5." + "a" * 155
    assert len(json.dumps(apple(AppLinks(ios=[longest] * 20)))) <= 128 * 1024
