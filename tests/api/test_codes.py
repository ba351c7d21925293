"""Codes: asked for on the page or read out, tried within limits, locked and unlocked; and codes that are spoken."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.activation import codes, links
from functions.activation.models import Link
from functions.common import clock
from tests.api.client import Reply
from tests.api.phone import FORM, Phone, entries
from tests.api.post import Post, fakes_fixture, post_fixture, running_fixture  # noqa: F401 - fixtures
from tests.api.samples import MAIL
from tests.api.test_activation import SCANNER
from tests.api.world import House, World, changed, made


@pytest.fixture
def phone(house: House, world: World) -> Phone:
    return Phone(world.anyone.at(house.host))


@pytest.fixture
def strict(post: Post) -> Post:
    """A house whose links need a code, and that sends mail as well."""
    gateway = made(post.house.admin.post("/v1/gateways", MAIL))["id"]
    tried = post.house.admin.post(f"/v1/gateways/{gateway}/test", {"to": "admin@example.net"})
    assert tried.json["outcome"] == "accepted", tried.text
    policy(post, kind="code")
    return post


def policy(post: Post, **fields: object) -> None:
    changed(post.house.admin.patch(f"/v1/profiles/{post.house.profile}", {"link_policy": fields}))


def by_mail(post: Post, suffix: str = "2001") -> dict[str, Any]:
    """Somebody whose activation link went by e-mail, so that a code goes by SMS."""
    account = post.house.account(mobile=f"+4179000{suffix}", email=f"person{suffix}@example.net")
    made(post.house.csr.post(f"/v1/accounts/{account['id']}/links", {"channels": ["email"]}))
    post.world.pump()
    return account


def token(post: Post, account: dict[str, Any]) -> str:
    """The link's token, which only its message holds."""
    link = links.find(post.house.tenant, account["id"], post.link(account)["id"])
    assert link is not None
    assert link.key_version is not None
    return links.path(link).removeprefix("/a/")


def press(phone: Phone, token: str, claim_id: str, **fields: str) -> Reply:
    raw = "&".join(f"{name}={value}" for name, value in ({"claim": claim_id} | fields).items())
    return phone.api.request("POST", f"/a/{token}", raw=raw, headers=FORM)


def read_out(post: Post, account: dict[str, Any]) -> str:
    path = f"/v1/accounts/{account['id']}/links/{post.link(account)['id']}/code"
    return str(made(post.house.csr.post(path))["code"])


def test_a_code_is_asked_for_on_the_page_and_comes_by_the_other_channel(strict: Post, phone: Phone) -> None:
    account = by_mail(strict)
    link = token(strict, account)
    claim_id = phone.claim_id(link)
    assert press(phone, link, claim_id).status == 400  # no code yet
    asked = phone.api.request("POST", f"/a/{link}/code", raw=f"claim={claim_id}", headers=FORM)
    assert (asked.status, asked.headers["location"]) == (303, f"/a/{link}?sent=1")
    again = phone.api.request("POST", f"/a/{link}/code", raw=f"claim={claim_id}", headers=FORM)
    assert again.status == 303  # impatience sends nothing more
    strict.world.pump()
    (sms,) = strict.sent(account)
    assert link not in sms.text
    code = re.search(r"\b\d{6}\b", sms.text)
    assert code is not None, sms.text
    wrong = "000000" if code[0] != "000000" else "000001"
    refused = press(phone, link, claim_id, code=wrong)
    assert (refused.status, "<form" in refused.text) == (400, True)
    tapped = press(phone, link, claim_id, code=f"{code[0][:3]} {code[0][3:]}")
    assert tapped.status == 303, tapped.text
    assert entries(phone.fetch(tapped.headers["location"].split("/")[2]))["auth_info_0/ha1"]
    assert press(phone, link, claim_id).status == 303  # its own claim needs no second code
    assert {"link.code_sent", "link.code_failed", "link.claimed", "link.fetched"} <= set(strict.events(account))


def test_no_table_holds_the_code(strict: Post, phone: Phone) -> None:
    account = by_mail(strict)
    code = read_out(strict, account)
    cloud = strict.world.cloud
    kept = "".join(str(cloud.rows(table)) for table in cloud.dynamodb.list_tables()["TableNames"])
    assert account["id"] in kept
    assert f"'{code}'" not in kept


def test_a_code_that_an_operator_reads_out_is_good_for_ten_minutes(strict: Post, phone: Phone) -> None:
    account = by_mail(strict)
    link = token(strict, account)
    code = read_out(strict, account)
    claim_id = phone.claim_id(link)
    with clock.frozen(clock.now() + timedelta(seconds=601)):
        late = press(phone, link, claim_id, code=code)
        assert late.status == 400
    newer = read_out(strict, account)
    if newer != code:
        assert press(phone, link, claim_id, code=code).status == 400  # the last one counts
    assert press(phone, link, claim_id, code=newer).status == 303


def test_five_tries_a_network_and_twenty_a_link_then_it_is_locked_until_an_operator_unlocks_it(
    strict: Post, phone: Phone
) -> None:
    account = by_mail(strict)
    link = token(strict, account)
    code = read_out(strict, account)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for network in range(4):
        thief = replace(phone, api=phone.api.at(strict.house.host, source_ip=f"203.0.{network}.9"))
        claim_id = thief.claim_id(link)
        assert [press(thief, link, claim_id, code=wrong).status for _ in range(5)] == [400] * 5
        if network < 3:
            assert press(thief, link, claim_id, code=code).status == 429  # the right one, too
    here = replace(phone, api=phone.api.at(strict.house.host, source_ip="198.51.100.1"))
    assert here.open(link).status == 410  # locked: clear words, and whom to call
    path = f"/v1/accounts/{account['id']}/links/{strict.link(account)['id']}"
    assert strict.link(account)["state"] == "locked"
    assert strict.house.csr.get(f"/v1/accounts/{account['id']}").json["attention"] == "codes_locked"
    assert strict.house.csr.post(f"{path}/unlock").json["state"] == "live"
    assert strict.house.csr.post(f"{path}/unlock").status == 409
    claim_id = here.claim_id(link)
    assert press(here, link, claim_id, code=code).status == 400  # that code died with the lock
    assert press(here, link, claim_id, code=read_out(strict, account)).status == 303


def test_a_network_that_has_tried_five_times_is_seen_and_freed_by_an_operator(strict: Post, phone: Phone) -> None:
    account = by_mail(strict)
    link = token(strict, account)
    wrong = f"{(int(read_out(strict, account)) + 1) % 1_000_000:06d}"
    claim_id = phone.claim_id(link)
    assert [press(phone, link, claim_id, code=wrong).status for _ in range(6)] == [400] * 5 + [429]
    assert strict.house.csr.get(f"/v1/accounts/{account['id']}").json["attention"] == "codes_locked"
    path = f"/v1/accounts/{account['id']}/links/{strict.link(account)['id']}"
    assert strict.house.csr.post(f"{path}/unlock").json["state"] == "live"
    assert press(phone, link, claim_id, code=read_out(strict, account)).status == 303


def test_a_lock_that_came_while_a_right_code_was_tried_can_be_taken_back(strict: Post, phone: Phone) -> None:
    account = by_mail(strict)
    link = links.find(strict.house.tenant, account["id"], strict.link(account)["id"])
    assert link is not None
    link.update([Link.state.set("locked"), Link.code_tries.set(codes.TRIES - 1)])
    path = f"/v1/accounts/{account['id']}/links/{link.id}"
    assert strict.house.csr.post(f"{path}/unlock").json["state"] == "live"


def test_who_presses_for_codes_takes_none_from_the_operator(strict: Post, phone: Phone) -> None:
    account = by_mail(strict)
    link = token(strict, account)
    raw = f"claim={phone.claim_id(link)}"
    start = clock.now()
    asked = []
    for n in range(7):
        with clock.frozen(start + timedelta(seconds=310 * n)):
            asked.append(phone.api.request("POST", f"/a/{link}/code", raw=raw, headers=FORM).status)
    assert asked == [303] * 5 + [429] * 2
    with clock.frozen(start + timedelta(seconds=310 * 7)):
        assert read_out(strict, account)


def test_right_codes_use_up_no_tries(strict: Post, phone: Phone) -> None:
    account = by_mail(strict)
    link = token(strict, account)
    code = read_out(strict, account)
    for _ in range(25):
        assert press(phone, link, phone.claim_id(link), code=code).status == 303
    assert strict.link(account)["code_tries"] == 0


def test_a_softphone_on_a_computer_needs_a_code_also_where_a_tap_is_enough(strict: Post, phone: Phone) -> None:
    policy(strict, kind="tap")
    account = by_mail(strict)
    link = token(strict, account)
    desktop = replace(phone, api=phone.api.at(strict.house.host, user_agent=SCANNER))
    page = desktop.open(link)
    claim_id = re.search(r'name="claim" value="([A-Za-z0-9]+)"', page.text)
    assert claim_id is not None
    assert press(desktop, link, claim_id[1]).status == 400
    assert press(desktop, link, claim_id[1], here="1").status == 400
    assert strict.link(account)["state"] == "live"
    assert press(desktop, link, claim_id[1], here="1", code=read_out(strict, account)).status == 303


def test_a_link_and_its_code_never_go_by_the_same_way(strict: Post) -> None:
    csr = strict.house.csr
    both = strict.house.account(mobile="+41790002002", email="both@example.net")
    asked = csr.post(f"/v1/accounts/{both['id']}/links", {"channels": ["sms", "email"]})
    assert (asked.status, asked.json["error"]["field"]) == (400, "channels")
    one = strict.house.account(mobile="+41790002003")
    asked = csr.post(f"/v1/accounts/{one['id']}/links", {"channels": ["sms"]})
    assert (asked.status, asked.json["error"]["field"]) == (400, "channels")
    policy(strict, kind="code", code_by="operator")
    another = strict.house.account(mobile="+41790002004")
    assert csr.post(f"/v1/accounts/{another['id']}/links", {"channels": ["sms"]}).status == 201


def test_a_code_that_is_spoken_leads_to_the_link_and_a_computer_may_have_it(house: House, phone: Phone) -> None:
    account = house.account()
    spoken = made(house.csr.post(f"/v1/accounts/{account['id']}/spoken-code"))
    assert re.fullmatch(r"[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}", spoken["code"])
    assert spoken["url"] == f"https://{house.host}/go"
    desktop = replace(phone, api=phone.api.at(house.host, user_agent=SCANNER))
    assert desktop.api.get("/go").status == 200

    def typed(code: str) -> Reply:
        return desktop.api.request("POST", "/go", raw=f"code={code}", headers=FORM)

    assert typed("BBBBBBBB").status == 404
    assert typed("%C3%A9%00").status == 404
    found = typed(spoken["code"].lower().replace("-", "+"))
    assert found.status == 303
    link = found.headers["location"].removeprefix("/a/")
    tapped = press(desktop, link, desktop.claim_id(link), here="1")
    assert tapped.status == 303, tapped.text
    assert entries(phone.fetch(tapped.headers["location"].split("/")[2]))["auth_info_0/ha1"]


def test_who_guesses_spoken_codes_is_told_to_wait(house: House, phone: Phone) -> None:
    code = made(house.csr.post(f"/v1/accounts/{house.account()['id']}/spoken-code"))["code"]
    statuses = [phone.api.request("POST", "/go", raw="code=BBBBBBBB", headers=FORM).status for _ in range(12)]
    assert statuses == [404] * 10 + [429] * 2
    assert phone.api.request("POST", "/go", raw=f"code={code}", headers=FORM).status == 429  # the right one, too
    elsewhere = phone.api.at(house.host, source_ip="198.51.100.9")
    assert elsewhere.request("POST", "/go", raw=f"code={code}", headers=FORM).status == 303


def test_the_same_request_gives_the_same_code_and_the_same_link(house: House) -> None:
    account = f"/v1/accounts/{house.account()['id']}"
    spoken = {made(house.csr.post(f"{account}/spoken-code", key="say it"))["code"] for _ in range(2)}
    shown = {made(house.csr.post(f"{account}/qr", {}, key="show it"))["url"] for _ in range(2)}
    assert (len(spoken), len(shown)) == (1, 1)
    assert len(house.csr.get(f"{account}/links").json) == 2
