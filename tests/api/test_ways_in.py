"""Links without a tap, clients with an address of their own, later changes, more devices; and what people ask for."""

import json
import plistlib
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from functions.activation.issue import for_management
from functions.common import clock
from functions.common.caller import Caller
from functions.common.requests import RequestMark
from infra import certificates
from tests.api.client import PHONE, Reply
from tests.api.phone import FORM, Phone, desk_link, entries, token_of
from tests.api.post import Post, fakes_fixture, post_fixture, running_fixture  # noqa: F401 - fixtures
from tests.api.test_activation import look_up, tell
from tests.api.test_codes import policy, press, token
from tests.api.world import House, World, changed, made


@pytest.fixture
def phone(house: House, world: World) -> Phone:
    return Phone(world.anyone.at(house.host))


def system(house: House) -> Caller:
    return Caller(tenant=house.tenant, operator="system", name="a test", role="system")


def state(house: House, account: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = house.csr.get(f"/v1/accounts/{account['id']}/state").json
    return found


# Direct: the link is the ticket.


def test_a_direct_link_gives_its_file_to_whoever_opens_it_first_and_within_five_minutes(
    post: Post, phone: Phone
) -> None:
    policy(post, kind="direct")
    account = post.house.account(mobile="+41790003001")
    made(post.house.csr.post(f"/v1/accounts/{account['id']}/links", {"channels": ["sms"]}))
    post.world.pump()
    link = token(post, account)
    client = phone.api.at(post.house.host, user_agent="okhttp/4.12")
    announced = client.head(f"/a/{link}")
    assert (announced.status, look_up(post.house, account["username"]).status) == (200, 404)
    preview = phone.api.at(post.house.host, user_agent="WhatsApp/2.23.20.0").get(f"/a/{link}")
    assert "ha1" not in preview.text
    first = client.get(f"/a/{link}")
    assert entries(first)["auth_info_0/ha1"] == look_up(post.house, account["username"]).text.split()[0]
    assert announced.headers["content-length"] == str(len(first.text.encode()))
    assert client.get(f"/a/{link}").text == first.text
    with clock.frozen(clock.now() + timedelta(seconds=301)):
        assert client.get(f"/a/{link}").status == 410


def test_a_direct_link_lives_fifteen_minutes_goes_by_no_mail_and_takes_over_no_working_phone(
    post: Post, phone: Phone
) -> None:
    policy(post, kind="direct", lifetime_minutes=600)
    account = post.house.account(mobile="+41790003002", email="somebody@example.net")
    path = f"/v1/accounts/{account['id']}/links"
    by_mail = post.house.csr.post(path, {"channels": ["email"]})
    assert by_mail.status in (400, 409)
    made(post.house.csr.post(path, {"channels": ["sms"]}))
    post.world.pump()
    link = token(post, account)
    with clock.frozen(clock.now() + timedelta(minutes=15, seconds=5)):
        assert phone.api.get(f"/a/{link}").status == 410
    phone.api.get(f"/a/{link}")
    tell(post.house, account["username"], 1)
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        again = post.house.csr.post(path, {"channels": ["sms"]})
    assert (again.status, again.code) == (409, "working_phone")


def test_a_link_for_a_managed_device_lives_as_long_as_the_profile_says(house: House, phone: Phone) -> None:
    account = house.account()
    link = token_of(for_management(system(house), account["id"], RequestMark(system(house), "", None, b"")))
    with clock.frozen(clock.now() + timedelta(hours=23)):
        assert entries(phone.api.get(f"/a/{link}"))["auth_info_0/ha1"]
        tell(house, account["username"], 1)
    assert state(house, account)["link"]["policy"] == "managed"


def test_a_direct_link_never_takes_over_a_phone_that_has_come_to_work_since(post: Post, phone: Phone) -> None:
    account = post.house.account(mobile="+41790003009")
    phone.fetch(phone.tap(desk_link(post.house, account["id"])))
    policy(post, kind="direct")
    made(post.house.csr.post(f"/v1/accounts/{account['id']}/links", {"channels": ["sms"]}))
    post.world.pump()
    tell(post.house, account["username"], 1)
    assert phone.api.get(f"/a/{token(post, account)}").status == 410
    assert look_up(post.house, account["username"]).text.split()[1] == "1"


# What one token opens, no other does.


def test_a_ticket_a_link_and_an_address_for_changes_are_three_things(house: House, phone: Phone) -> None:
    changed(house.admin.patch(f"/v1/profiles/{house.profile}", {"later_changes": True}))
    account = house.account()
    link = desk_link(house, account["id"])
    ticket = phone.tap(link)
    file = phone.fetch(ticket)
    asks = urlsplit(entries(file)["misc/config-uri"]).path.removeprefix("/c/")
    for opens, others in (("/a/", (ticket, asks)), ("/p/", (link, asks)), ("/c/", (link, ticket))):
        for other in others:
            for verb in ("GET", "HEAD"):
                assert phone.api.at(house.host, source_ip=f"192.0.2.{ord(opens[1])}").request(
                    verb, opens + other
                ).status in (404, 429), (opens, other)
    assert phone.api.get(f"/p/{link}/state").status in (404, 429)


# Clients that hand in a one-time code.


def app_of(house: House, name: str, **extra: str) -> None:
    fields = {"extra": {name: extra}} if extra else {}
    changed(house.admin.patch(f"/v1/profiles/{house.profile}", fields or {"name": "Standard"}))
    changed(house.admin.patch(f"/v1/groups/{house.group}", {"client": name}))


def test_acrobits_redeems_its_code_and_another_client_s_address_does_not(house: House, phone: Phone) -> None:
    app_of(house, "acrobits", cloud_id="EXAMPLE")
    account = house.account(full_name='Zoë & "Co" <b>')
    ticket = phone.tap(desk_link(house, account["id"]))
    opened = phone.api.get(f"/p/{ticket}/open").text
    assert f"intent:{account['username']}:{ticket}@EXAMPLE#Intent;scheme=csc;" in opened
    assert phone.fetch(ticket).status == 410  # not here
    assert look_up(house, account["username"]).status == 404
    wrong = phone.api.get("/provisioning/zoiper", query={"username": account["username"], "password": ticket})
    assert "Passwd" not in wrong.text
    assert look_up(house, account["username"]).status == 404
    query = {"username": account["username"], "password": ticket}
    first = phone.api.get("/provisioning/acrobits", query=query)
    assert (first.status, first.headers["content-type"]) == (200, "application/xml")
    assert "Zoë &amp; " in first.text
    raw = f"username={account['username']}&password={ticket}"
    again = phone.api.request("POST", "/provisioning/acrobits", raw=raw, headers=FORM)
    assert again.text == first.text
    assert look_up(house, account["username"]).status == 200


@pytest.mark.parametrize("name", ["acrobits", "zoiper", "bria"])
def test_who_guesses_at_a_client_s_address_is_told_in_its_own_form(house: House, phone: Phone, name: str) -> None:
    for parameters in ({}, {"password": "x"}, {"password": "a" * 23}, {"Username": "é\n", "Password": "\x00" * 23}):
        answer = phone.api.get(f"/provisioning/{name}", query=parameters)
        assert answer.status in (200, 403, 404), answer.text
        assert answer.text
    assert phone.api.get("/provisioning/linphone").status == 404
    assert phone.api.get("/provisioning/nothing").status == 404


def test_a_client_that_misses_a_setting_is_refused_before_anything_is_sent(post: Post) -> None:
    changed(post.house.admin.patch(f"/v1/groups/{post.house.group}", {"client": "acrobits"}))
    account = post.house.account(mobile="+41790003003")
    answer = post.house.csr.post(f"/v1/accounts/{account['id']}/links", {"channels": ["sms"]})
    assert (answer.status, answer.code) == (409, "not_ready")
    assert "cloud_id" in answer.json["error"]["message"]


def test_a_password_is_shown_in_a_code_only_when_that_is_asked_for(house: House) -> None:
    app_of(house, "grandstream")
    account = house.account()
    path = f"/v1/accounts/{account['id']}/qr"
    refused = house.csr.post(path)
    assert (refused.status, refused.code) == (409, "password_in_code")
    shown = made(house.csr.post(path, {"password_in_code": True}))
    assert (shown["url"], "<svg" in shown["svg"]) == (None, True)
    assert look_up(house, account["username"]).status == 200


# Later changes.


def test_a_phone_that_asks_at_each_start_gets_what_has_changed_and_a_new_address(house: House, phone: Phone) -> None:
    changed(house.admin.patch(f"/v1/profiles/{house.profile}", {"later_changes": True}))
    account = house.account(full_name="Before")
    first = entries(phone.fetch(phone.tap(desk_link(house, account["id"]))))
    asks = [urlsplit(first["misc/config-uri"]).path]
    assert first["misc/transient_provisioning"] == "0"
    changed(house.csr.patch(f"/v1/accounts/{account['id']}", {"full_name": "After"}))
    for _ in range(3):
        answer = phone.api.get(asks[-1])
        read = entries(answer)
        assert "After" in read["proxy_0/reg_identity"]
        assert read["auth_info_0/ha1"] == first["auth_info_0/ha1"]
        assert entries(phone.api.get(asks[-1])) == read  # a lost answer costs nothing
        announced = phone.api.head(asks[-1])
        assert announced.headers["content-length"] == str(len(answer.text.encode()))
        asks.append(urlsplit(read["misc/config-uri"]).path)
    assert len(set(asks)) == len(asks)
    assert phone.api.get(asks[0]).status == 410  # its successor was used: somebody has a copy
    assert house.csr.get(f"/v1/accounts/{account['id']}").json["attention"] == "second_device"
    assert house.csr.post(f"/v1/accounts/{account['id']}/devices/1/reset").status == 204
    assert phone.api.get(asks[-1]).status == 410


# More devices than one.


def test_a_device_is_added_beside_the_first_or_put_in_its_place(house: House, phone: Phone) -> None:
    changed(house.admin.patch(f"/v1/profiles/{house.profile}", {"devices_per_account": 2}))
    account = house.account()
    path = f"/v1/accounts/{account['id']}/qr"

    def fetched(**wanted: object) -> str:
        return entries(phone.fetch(phone.tap(token_of(made(house.csr.post(path, wanted))["url"]))))[
            "auth_info_0/userid"
        ]

    username = account["username"]
    assert fetched() == username
    before = look_up(house, username).text
    assert fetched(device="add") == f"{username}-2"
    assert look_up(house, username).text == before
    refused = house.csr.post(path, {"device": "add"})
    assert (refused.status, refused.json["error"]["field"]) == (400, "slot")
    assert house.csr.post(path, {"device": "add", "slot": 2}).status == 400
    another = f"/v1/accounts/{house.account()['id']}/qr"
    fetch = phone.tap(token_of(made(house.csr.post(another))["url"]))
    assert phone.fetch(fetch).status == 200
    made(house.csr.post(another, {"device": "add"}))
    with clock.frozen(clock.now() + timedelta(hours=2)):  # nothing was fetched: the slot is free again
        assert house.csr.post(another, {"device": "add"}).status == 201
    assert fetched(device="replace", slot=2) == f"{username}-2"
    assert look_up(house, username).text == before
    assert look_up(house, f"{username}-2").text.split()[1] == "2"


# What people ask for on the page.


def test_a_link_that_reached_somebody_else_ends_when_they_say_so(house: House, phone: Phone) -> None:
    account = house.account()
    link = desk_link(house, account["id"])
    page = phone.api.get(f"/a/{link}/not-me")
    assert page.status == 200
    assert "required" in page.text
    claim_id = phone.claim_id(link)

    def say(**fields: str) -> Reply:
        raw = "&".join(f"{name}={value}" for name, value in fields.items())
        return phone.api.request("POST", f"/a/{link}/not-me", raw=raw, headers=FORM)

    assert say().status == 400
    assert say(claim=claim_id).status == 200  # asked once more
    assert state(house, account)["link"]["state"] == "live"
    assert say(claim=claim_id, sure="1").status == 200
    assert state(house, account)["link"]["state"] == "revoked"
    assert phone.open(link).status == 410
    assert house.csr.get(f"/v1/accounts/{account['id']}").json["attention"] == "not_me"


def test_on_a_dead_link_s_page_a_new_one_is_asked_for(post: Post, phone: Phone) -> None:
    account = post.account("3004", "activation")
    post.world.pump()
    link = token(post, account)
    assert phone.api.post(f"/a/{link}/new").status == 410  # it is alive
    with clock.frozen(clock.now() + timedelta(hours=25)):
        dead = phone.open(link)
        assert (dead.status, f'action="/a/{link}/new"' in dead.text) == (410, True)
        assert phone.api.post(f"/a/{link}/new").status == 200
        assert post.house.csr.get(f"/v1/accounts/{account['id']}").json["attention"] == "asked_for_new"
        assert len(post.sent(account)) == 1


def test_where_the_policy_says_so_it_is_sent_to_the_person_themselves_once(post: Post, phone: Phone) -> None:
    policy(post, ask_for_new="send")
    account = post.account("3005", "activation")
    post.world.pump()
    link = token(post, account)
    with clock.frozen(clock.now() + timedelta(hours=25)):
        assert phone.api.post(f"/a/{link}/new").status == 200
        assert phone.api.post(f"/a/{link}/new").status in (410, 429)
        post.world.pump()
        assert len(post.sent(account)) == 2
        assert phone.open(token(post, account)).status == 200


def test_a_second_device_on_a_used_link_is_seen(house: House, phone: Phone) -> None:
    account = house.account()
    link = desk_link(house, account["id"])
    claim_id, other = phone.claim_id(link), phone.claim_id(link)
    phone.fetch(phone.press(link, claim_id).headers["location"].split("/")[2])
    second = replace(phone, api=phone.api.at(house.host, source_ip="203.0.113.77", user_agent=f"{PHONE} Other"))
    assert press(second, link, other).status == 410
    assert house.csr.get(f"/v1/accounts/{account['id']}").json["attention"] == "second_device"


# What an iPhone installs first.

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1"
)


def test_an_apple_profile_is_signed_where_a_certificate_is_kept(
    house: House, world: World, phone: Phone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificates.server_context(tmp_path)
    authority = certificates.authority(tmp_path).read_text()
    changed(house.admin.patch(f"/v1/profiles/{house.profile}", {"root_ca": authority}))
    iphone = Phone(phone.api.at(house.host, user_agent=IPHONE))
    ticket = iphone.tap(desk_link(house, house.account()["id"]))
    plain = iphone.api.get(f"/p/{ticket}/profile")
    assert plistlib.loads(plain.text.encode())["PayloadContent"]
    signer = {"certificate": (tmp_path / "server.pem").read_text(), "key": (tmp_path / "server.key").read_text()}
    secret = boto3.client("secretsmanager").create_secret(Name="apple-signing", SecretString=json.dumps(signer))
    monkeypatch.setenv("SECRET_APPLE_SIGNING", secret["Name"])
    sent = iphone.api.get(f"/p/{ticket}/profile")
    assert (sent.status, "X-Amz-Signature" in sent.headers["location"]) == (302, True)
    key = next(o["Key"] for o in world.cloud.s3.list_objects_v2(Bucket="files")["Contents"])
    signed = world.cloud.s3.get_object(Bucket="files", Key=key)["Body"].read()
    command = ["openssl", "cms", "-verify", "-inform", "der", "-noverify"]
    opened = subprocess.run(command, input=signed, capture_output=True, check=True)
    assert plistlib.loads(opened.stdout) == plistlib.loads(plain.text.encode())


# Where a link cannot do its work, the page says so, and operators hear of it.


def test_an_app_that_is_for_computers_is_not_activated_on_a_phone(house: House, phone: Phone) -> None:
    app_of(house, "bria")
    link = desk_link(house, house.account()["id"])
    page = phone.open(link)
    assert (page.status, "<form" in page.text) == (200, False)
    assert "does not run on this device" in page.text


def test_a_setting_that_went_missing_takes_nothing_and_is_told(house: House, phone: Phone) -> None:
    app_of(house, "acrobits", cloud_id="EXAMPLE")
    account = house.account()
    link = desk_link(house, account["id"])
    claim_id = phone.claim_id(link)
    changed(house.admin.patch(f"/v1/profiles/{house.profile}", {"extra": {}}))
    answer = phone.press(link, claim_id)
    assert (answer.status, "Something is missing on our side" in answer.text) == (503, True)
    assert state(house, account)["link"]["state"] == "live"
    assert house.csr.get(f"/v1/accounts/{account['id']}").json["attention"] == "not_ready"
    changed(house.admin.patch(f"/v1/profiles/{house.profile}", {"extra": {"acrobits": {"cloud_id": "EXAMPLE"}}}))
    assert phone.press(link, claim_id).status == 303
    refused = house.csr.post(f"/v1/accounts/{house.account(client='grandstream')['id']}/spoken-code")
    assert (refused.status, refused.code) == (409, "not_ready")


def test_who_opens_a_used_link_elsewhere_is_seen_by_the_page_s_own_note(house: House, phone: Phone) -> None:
    account = house.account()
    link = desk_link(house, account["id"])
    phone.fetch(phone.tap(link))
    assert phone.api.post(f"/a/{link}/opened").status == 204  # the person, once more
    assert house.csr.get(f"/v1/accounts/{account['id']}").json["attention"] is None
    elsewhere = phone.api.at(house.host, source_ip="203.0.113.77", user_agent=IPHONE)
    page = elsewhere.get(f"/a/{link}")
    assert (page.status, "/opened" in page.text) == (410, True)
    assert elsewhere.post(f"/a/{link}/opened").status == 204
    assert house.csr.get(f"/v1/accounts/{account['id']}").json["attention"] == "second_device"
