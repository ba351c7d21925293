"""What a CSR can read of an account: every event comes to pass, stands in the docs, and is seen at a glance."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from functions.accounts import unreachable
from functions.accounts.attention import HELD, Why
from functions.accounts.history import EVENTS
from functions.activation import links
from functions.common import clock
from tests.api.client import PHONE, Reply
from tests.api.phone import FORM, Phone
from tests.api.post import Post, fakes_fixture, post_fixture, running_fixture  # noqa: F401 - fixtures
from tests.api.samples import MAIL
from tests.api.world import changed, made

NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)  # in Switzerland, where the mobiles are
DOCS = Path(__file__).parents[2] / "docs" / "csr.md"


@pytest.fixture
def both(post: Post) -> Post:
    """A house that sends mail as well."""
    gateway = made(post.house.admin.post("/v1/gateways", MAIL))["id"]
    assert post.house.admin.post(f"/v1/gateways/{gateway}/test", {"to": "a@example.net"}).json["outcome"] == "accepted"
    return post


def path(account: dict[str, Any]) -> str:
    return f"/v1/accounts/{account['id']}"


def phone(post: Post, **other: str) -> Phone:
    return Phone(post.world.anyone.at(post.house.host, **other))


def token(post: Post, account: dict[str, Any]) -> str:
    link = links.find(post.house.tenant, account["id"], post.link(account)["id"])
    assert link is not None
    return links.path(link).removeprefix("/a/")


def form(browser: Phone, address: str, **fields: str) -> Reply:
    raw = "&".join(f"{name}={value}" for name, value in fields.items())
    return browser.api.request("POST", address, raw=raw, headers=FORM)


def tell(post: Post, account: dict[str, Any], event: str = "registered", epoch: int = 1) -> None:
    body = {"event": event, "username": account["username"], "realm": post.house.domain, "epoch": epoch}
    said = post.house.registrar.post("/registrar/kamailio/events", body | {"expires": 600, "source": "192.0.2.9"})
    assert said.status == 204


def policy(post: Post, **fields: object) -> None:
    changed(post.house.admin.patch(f"/v1/profiles/{post.house.profile}", {"link_policy": fields}))


def state(post: Post, account: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = post.house.csr.get(f"{path(account)}/state").json
    return found


def seen(post: Post) -> set[str]:
    """Every event in any account's history."""
    return {row["event"]["S"] for row in post.world.cloud.rows("history")}


# The story of a phone.


def a_phone_comes_to_dial(post: Post) -> dict[str, Any]:
    account = post.account("0001", "installation", "activation")
    post.world.pump()
    for sms in post.sent(account):
        for status in ("buffered", "delivered"):
            post.report(sms, status)
        post.world.pump()
    installation = next(sms.text for sms in post.sent(account) if "/i/" in sms.text)
    browser = phone(post)
    assert browser.api.get("/i/" + installation.rsplit("/i/", 1)[1].split()[0]).status in (200, 302)
    link = token(post, account)
    assert browser.api.post(f"/a/{link}/opened").status == 204
    other = phone(post, source_ip="203.0.113.77", user_agent=f"{PHONE} Other")
    late = other.claim_id(link)
    ticket = browser.press(link, browser.claim_id(link)).headers["location"].split("/")[2]
    for _ in range(3):
        assert browser.fetch(ticket).status == 200
    assert other.press(link, late).status == 410
    tell(post, account)
    return account


def a_code_is_sent_mistyped_and_read_out(post: Post) -> None:
    policy(post, kind="code")
    account = post.house.account(mobile="+41790002001", email="person@example.net")
    made(post.house.csr.post(f"{path(account)}/links", {"channels": ["email"]}))
    post.world.pump()
    link = token(post, account)
    assert form(phone(post), f"/a/{link}/code", claim=phone(post).claim_id(link)).status == 303
    for network in range(4):
        thief = phone(post, source_ip=f"203.0.{network}.9")
        claim_id = thief.claim_id(link)
        for _ in range(5):
            form(thief, f"/a/{link}", claim=claim_id, code="000000")
    assert state(post, account)["link"]["state"] == "locked"
    assert state(post, account)["steps"]["code_failures"] == 20
    of_link = f"{path(account)}/links/{post.link(account)['id']}"
    assert post.house.csr.post(f"{of_link}/unlock").status == 200
    made(post.house.csr.post(f"{of_link}/code"))
    policy(post, kind="tap")


def links_end(post: Post) -> None:
    account = post.account("0004", "activation")
    post.world.pump()
    made(post.house.csr.post(f"{path(account)}/links", {"channels": ["sms"]}))
    post.world.pump()
    clock.tick(timedelta(hours=6))
    post.world.sweep()  # a reminder
    clock.tick(timedelta(hours=25))
    for _ in range(2):
        post.world.sweep()
        clock.tick(timedelta(minutes=10))
    browser, link = phone(post), token(post, account)
    assert browser.api.post(f"/a/{link}/new").status == 200
    made(post.house.csr.post(f"{path(account)}/links", {"channels": ["sms"]}))
    post.world.pump()
    link = token(post, account)
    assert form(browser, f"/a/{link}/not-me", claim=browser.claim_id(link), sure="1").status == 200
    assert post.house.csr.post(f"{path(account)}/attention/clear").status == 200


def messages_go_wrong(post: Post) -> None:
    reported = post.account("0004", "activation", email="other@example.net")
    unknown, failed, cancelled = (post.account(suffix, "installation") for suffix in ("0001", "0010", "0001"))
    assert post.house.csr.post(f"/v1/messages/{post.message(cancelled)['id']}/cancel").status in (200, 204)
    with post.dying_at_the_answer(), pytest.raises(SystemExit):
        post.dispatch(post.message(unknown))
    post.world.pump()
    post.report(post.sent(reported)[-1], "failed", err_code="1")
    post.world.pump()
    clock.tick(timedelta(minutes=2))
    post.world.sweep()
    assert post.message(failed)["state"] == "failed"
    profile = f"/v1/profiles/{post.house.profile}"
    changed(post.house.admin.patch(profile, {"message_policy": {"quiet_hours": {"start": "00:00", "end": "23:59"}}}))
    post.account("0001", "installation")
    post.world.pump()
    changed(post.house.admin.patch(profile, {"message_policy": {"quiet_hours": None}}))
    post.world.provider.patch(f"/v1/tenants/{post.house.tenant}", {"trial": True, "guests": []})
    post.account("0004", "installation")
    post.world.pump()
    post.world.provider.patch(f"/v1/tenants/{post.house.tenant}", {"trial": False})


def time_passes(post: Post) -> None:
    account = post.account("0001", expires_at=clock.text(clock.now() + timedelta(days=2)))
    for _ in range(2):
        clock.tick(timedelta(days=1))
        post.world.visit()
    assert post.house.csr.post(f"{path(account)}/extend", {"days": 1}).status == 200


def operators_change_things(post: Post, account: dict[str, Any]) -> None:
    csr = post.house.csr
    changed(csr.patch(path(account), {"full_name": "Another Name"}))
    made(csr.post(f"{path(account)}/messages", {"kind": "installation", "channel": "sms"}))
    tell(post, account, "auth_failed")
    unreachable.note(post.house.tenant, account["id"], "email", "The mailbox is gone.")
    assert post.house.admin.get(f"{path(account)}/personal-data").status == 200
    assert csr.post(f"{path(account)}/devices/1/reset").status == 204
    changed(post.house.admin.patch(f"/v1/groups/{post.house.group}", {"client": "grandstream"}))
    made(csr.post(f"{path(account)}/qr", {"password_in_code": True}))
    for step in ("disable", "enable"):
        assert csr.post(f"{path(account)}/{step}").status == 200
    assert csr.delete(path(account)).status == 204


def test_every_event_comes_to_pass(both: Post) -> None:
    with clock.frozen(NOON):
        time_passes(both)
        account = a_phone_comes_to_dial(both)
        a_code_is_sent_mistyped_and_read_out(both)
        messages_go_wrong(both)
        links_end(both)
        operators_change_things(both, account)
    assert seen(both) ^ set(EVENTS) == set()


def test_the_docs_name_every_event_and_every_reason() -> None:
    rows = [line.split("|") for line in DOCS.read_text().splitlines() if line.startswith("| ")]
    names = [name for row in rows for name in re.findall(r"`([a-z_.]+)`", row[1])]
    assert sorted(name for name in names if "." in name) == sorted(EVENTS)
    reasons = get_args(Why)
    assert [name for name in names if name in reasons and name in HELD] == [
        name for row in rows for name in re.findall(r"\*\*`([a-z_]+)`\*\*", row[1])
    ]
    assert set(reasons) <= set(names)


# At a glance.


def test_the_whole_way_at_a_glance(both: Post) -> None:
    with clock.frozen(NOON):
        account = a_phone_comes_to_dial(both)
    found = state(both, account)
    steps = found["steps"]
    noon = "2026-11-23T11:00:00Z"
    moments = ("sent_at", "delivered_at", "opened_at", "claimed_at", "fetched_at", "registered_at")
    assert {name: steps[name] for name in moments} == dict.fromkeys(moments, noon)
    click = found["installation_clicked"]
    assert (click["at"], click["platform"], steps["fetches"]) == (noon, "android", 3)
    assert (steps["opened_on"], steps["browser"]) == ("android", PHONE)
    assert (steps["reminders"], steps["code_failures"]) == (0, 0)
    assert steps["second_device"] is not None
    assert (steps["second_device"]["network"], steps["second_device"]["times"]) == ("203.0.113.0/24", 1)
    assert found["attention"] == "second_device"


def test_before_anything_happens_there_is_nothing_to_see(post: Post) -> None:
    account = post.account("0001")
    assert (state(post, account)["link"], state(post, account)["steps"]) == (None, None)
    account = post.account("0001", "activation")
    steps = state(post, account)["steps"]
    assert {name for name, value in steps.items() if value} == set()


def test_a_scanner_s_visit_is_no_opening(both: Post) -> None:
    account = both.account("0001", "activation")
    both.world.pump()
    link = token(both, account)
    preview = phone(both, user_agent="WhatsApp/2.23.20.0 A").api
    for each in (preview, phone(both, user_agent="Slackbot-LinkExpanding 1.0").api):
        each.get(f"/a/{link}")
        each.head(f"/a/{link}")
        each.post(f"/a/{link}/opened")
    assert state(both, account)["steps"]["opened_at"] is None
    assert not [event for event in both.events(account) if event == "link.opened"]


def test_each_event_is_told_with_the_details_that_the_docs_promise(both: Post) -> None:
    with clock.frozen(NOON):
        account = a_phone_comes_to_dial(both)
    items = both.house.csr.get(f"{path(account)}/history", query={"limit": "200"}).json["items"]
    details = {item["event"]: set(item["details"]) for item in items}
    assert details["link.opened"] == {"link", "device"}
    assert details["link.claimed"] == {"link", "device", "network"}
    assert details["link.fetched"] == {"link", "slot", "epoch"}
    assert details["link.fetched_again"] == {"link", "n"}
    assert details["link.second_device"] == {"link", "device", "network"}
    assert details["device.registered"] == {"slot", "user_agent", "epoch"}
    counts = [item["details"]["n"] for item in items if item["event"] == "link.fetched_again"]
    assert sorted(counts) == [2, 3]
    everything = str(items)
    for secret in (str(account["mobile"]), PHONE, "203.0.113.77"):
        assert secret not in everything


def test_another_browser_is_another_claim(both: Post) -> None:
    account = both.account("0001", "activation")
    both.world.pump()
    link, first = token(both, account), phone(both)
    claim_id = first.claim_id(link)
    for _ in range(3):
        first.press(link, claim_id)
    second = replace(first, api=first.api.at(both.house.host, source_ip="198.51.100.7"))
    second.tap(link)
    assert both.events(account).count("link.claimed") == 2
    assert state(both, account)["steps"]["network"] == "198.51.100.0/24"
