"""Activations that do not go on: the person is reminded, an operator is told, each of it once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.accounts import attention as attention_module
from functions.accounts import devices
from functions.activation import links, stuck
from functions.activation.links import Link
from functions.common import clock
from functions.common.errors import Changed
from tests.api.meanwhile import meanwhile
from tests.api.phone import Phone, desk_link
from tests.api.post import Post, fakes_fixture, post_fixture, running_fixture  # noqa: F401 - fixtures
from tests.api.world import changed, made

MORNING = datetime(2026, 11, 23, 8, tzinfo=UTC)  # 9:00 in Switzerland, where the mobiles are
HOURS = {"not_opened": 6, "not_claimed": 2}  # by default; the file must be registered with within 30 minutes


@pytest.fixture(autouse=True)
def morning() -> Iterator[None]:
    with clock.frozen(MORNING):
        yield


def policy(post: Post, **fields: object) -> None:
    path = f"/v1/profiles/{post.house.profile}"
    present = post.house.admin.get(path).json["link_policy"]
    changed(post.house.admin.patch(path, {"link_policy": present | fields}))


def sent(post: Post, **fields: object) -> dict[str, Any]:
    """An account whose activation message the provider has taken."""
    account = post.account("0001", "activation", **fields)
    post.world.pump()
    return account


def later(post: Post, **delta: float) -> None:
    """Time goes on; what was due has run, and once more."""
    clock.tick(timedelta(**delta))
    for _ in range(2):
        post.world.sweep()
    clock.tick(timedelta(minutes=4))  # by then the sweep brings what tidy composed
    post.world.sweep()
    post.world.pump()


def phone(post: Post) -> Phone:
    return Phone(post.world.anyone.at(post.house.host))


def token(post: Post, account: dict[str, Any]) -> str:
    return post.sent(account)[-1].text.rsplit("/a/", 1)[1].split()[0]


def open_(post: Post, account: dict[str, Any]) -> None:
    assert phone(post).api.post(f"/a/{token(post, account)}/opened").status == 204


def register(post: Post, account: dict[str, Any], epoch: int = 1) -> None:
    body = {"event": "registered", "username": account["username"], "realm": post.house.domain, "epoch": epoch}
    assert post.house.registrar.post("/registrar/kamailio/events", body | {"expires": 600}).status == 204


def told(post: Post, account: dict[str, Any]) -> list[str]:
    """Why operators were told, in order."""
    items = post.house.csr.get(f"/v1/accounts/{account['id']}/history", query={"limit": "200"}).json["items"]
    return [item["details"]["why"] for item in reversed(items) if item["event"] == "account.attention"]


def reminders(post: Post, account: dict[str, Any]) -> list[str]:
    """After which step the person was reminded, in order; each time one message."""
    items = post.house.csr.get(f"/v1/accounts/{account['id']}/history", query={"limit": "200"}).json["items"]
    found = [item["details"]["since"] for item in reversed(items) if item["event"] == "link.reminded"]
    assert len(found) == len([each for each in post.messages(account) if each["kind"] == "reminder"])
    return found


def attention(post: Post, account: dict[str, Any]) -> str | None:
    why: str | None = post.house.csr.get(f"/v1/accounts/{account['id']}").json["attention"]
    return why


def link_of(post: Post, account: dict[str, Any]) -> Link:
    found = links.find(post.house.tenant, account["id"], post.link(account)["id"])
    assert found is not None
    return found


# Each kind of stuck.


def test_sent_and_not_opened(post: Post) -> None:
    account = sent(post)
    later(post, hours=5, minutes=50)
    assert (reminders(post, account), told(post, account)) == ([], [])
    later(post, minutes=10)
    assert (reminders(post, account), told(post, account)) == (["sent"], [])
    first, second = post.sent(account)
    assert first.text.rsplit("/a/", 1)[1].split()[0] == second.text.rsplit("/a/", 1)[1].split()[0]
    later(post, hours=6)
    assert (reminders(post, account), told(post, account)) == (["sent"], ["not_opened"])
    assert attention(post, account) == "not_opened"
    later(post, hours=15)  # past its end
    assert post.link(account)["state"] == "expired"
    assert (reminders(post, account), told(post, account)) == (["sent"], ["not_opened"])


def test_opened_and_not_claimed(post: Post) -> None:
    account = sent(post)
    open_(post, account)
    later(post, hours=2)
    assert (reminders(post, account), told(post, account)) == (["opened"], [])
    later(post, hours=2)
    assert (reminders(post, account), told(post, account)) == (["opened"], ["not_claimed"])
    later(post, hours=21)
    assert told(post, account) == ["not_claimed"]


def test_claimed_and_not_registered(post: Post) -> None:
    account = sent(post)
    phone(post).tap(token(post, account))
    later(post, minutes=30)
    assert (reminders(post, account), told(post, account)) == (["claimed"], [])
    later(post, minutes=30)
    assert told(post, account) == ["not_registered"]
    later(post, hours=24)
    assert (post.link(account)["state"], told(post, account)) == ("expired", ["not_registered"])


def test_fetched_and_not_registered(post: Post) -> None:
    account = sent(post)
    browser = phone(post)
    browser.fetch(browser.tap(token(post, account)))
    later(post, minutes=10)
    assert told(post, account) == []
    later(post, minutes=10)
    assert (post.link(account)["state"], told(post, account)) == ("closed", ["not_registered"])
    assert reminders(post, account) == []
    register(post, account)  # late, and yet
    assert attention(post, account) is None
    later(post, hours=24)
    assert told(post, account) == ["not_registered"]


def test_nothing_came_through(post: Post) -> None:
    account = sent(post)
    (only,) = post.sent(account)
    post.report(only, "failed", err_code="1")
    post.world.pump()
    assert post.message(account)["state"] == "undelivered"
    later(post, hours=6)
    assert (reminders(post, account), told(post, account)) == ([], ["undelivered"])
    later(post, hours=24)
    assert (reminders(post, account), told(post, account)) == ([], ["undelivered"])


def test_nothing_was_ever_taken(post: Post) -> None:
    account = post.account("0010", "activation")
    post.world.pump()
    assert post.message(account)["state"] == "failed"
    later(post, hours=6)
    assert (reminders(post, account), told(post, account)) == ([], ["undelivered"])
    later(post, hours=100)
    assert (post.link(account)["state"], told(post, account)) == ("expired", ["undelivered"])


def test_a_link_whose_message_still_waits_is_not_stuck(post: Post) -> None:
    account = post.account("0001", "activation", send_at="2026-11-25T08:00:00Z")
    later(post, hours=47)
    assert (reminders(post, account), told(post, account)) == ([], [])
    later(post, hours=1)
    assert len(post.sent(account)) == 1
    later(post, hours=6)
    assert (reminders(post, account), told(post, account)) == (["sent"], [])


# A step that is taken starts the next one's time.


def test_each_step_has_its_own_time_and_its_own_reason(post: Post) -> None:
    account = sent(post)
    later(post, hours=6)
    later(post, hours=6)
    open_(post, account)
    later(post, hours=1, minutes=50)
    assert told(post, account) == ["not_opened"]
    later(post, minutes=10)
    assert told(post, account) == ["not_opened", "not_claimed"]
    phone(post).tap(token(post, account))
    later(post, minutes=30)
    assert told(post, account) == ["not_opened", "not_claimed", "not_registered"]
    assert reminders(post, account) == ["sent"]


def test_whoever_goes_on_in_time_is_left_alone(post: Post) -> None:
    account = sent(post)
    later(post, hours=5)
    open_(post, account)
    later(post, hours=1, minutes=30)
    browser = phone(post)
    ticket = browser.tap(token(post, account))
    later(post, minutes=20)
    browser.press(token(post, account), browser.claim_id(token(post, account)))
    later(post, minutes=20)
    ticket = browser.tap(token(post, account))
    browser.fetch(ticket)
    register(post, account)
    later(post, hours=30)
    assert (reminders(post, account), told(post, account)) == ([], [])


def test_a_registration_ends_it_all(post: Post) -> None:
    account = sent(post)
    later(post, hours=6)
    later(post, hours=6)
    assert attention(post, account) == "not_opened"
    browser = phone(post)
    browser.fetch(browser.tap(token(post, account)))
    register(post, account)
    assert attention(post, account) is None
    later(post, hours=30)
    assert (reminders(post, account), told(post, account)) == (["sent"], ["not_opened"])


@pytest.mark.parametrize("end", ["revoke", "disable", "delete", "reissue"])
def test_nothing_comes_of_a_link_that_has_ended(post: Post, end: str) -> None:
    account = sent(post, email="person@example.net")
    path = f"/v1/accounts/{account['id']}"
    match end:
        case "revoke":
            assert post.house.csr.post(f"{path}/links/{post.link(account)['id']}/revoke").status == 204
        case "disable":
            assert post.house.csr.post(f"{path}/disable").status == 200
        case "delete":
            assert post.house.csr.delete(path).status == 204
        case "reissue":
            later(post, hours=5)
            made(post.house.csr.post(f"{path}/links", {"channels": ["sms"]}))
            post.world.pump()
    before = len(post.sent(account))
    later(post, hours=1, minutes=30)
    later(post, hours=3)
    assert len(post.sent(account)) == before
    assert [row for row in post.world.cloud.rows("history") if "account.attention" in str(row)] == []


# What the profile says.


@pytest.mark.parametrize(("most", "reminded"), [(0, 0), (1, 1), (2, 2)])
def test_a_person_is_reminded_so_many_times_and_no_more(post: Post, most: int, reminded: int) -> None:
    policy(post, stuck={"not_opened_hours": 1, "not_claimed_hours": 1, "not_registered_minutes": 5, "reminders": most})
    account = sent(post)
    for _ in range(4):
        later(post, hours=1)
    open_(post, account)
    for _ in range(4):
        later(post, hours=1)
    phone(post).tap(token(post, account))
    for _ in range(4):
        later(post, minutes=5)
    assert reminders(post, account) == ["sent"] * reminded
    assert told(post, account) == ["not_opened", "not_claimed", "not_registered"]
    assert len(post.sent(account)) == 1 + reminded


@pytest.mark.parametrize("reminders_", [-1, 3])
def test_more_than_two_cannot_be_set(post: Post, reminders_: int) -> None:
    path = f"/v1/profiles/{post.house.profile}"
    wrong = post.house.admin.patch(path, {"link_policy": {"stuck": {"reminders": reminders_}}})
    assert (wrong.status, set(wrong.wrong)) == (400, {"link_policy.stuck.reminders"})


def test_every_step_can_be_switched_off(post: Post) -> None:
    policy(post, stuck={"not_opened_hours": None, "not_claimed_hours": None, "not_registered_minutes": None})
    unopened, opened, tapped, fetched = (sent(post) for _ in range(4))
    open_(post, opened)
    phone(post).tap(token(post, tapped))
    browser = phone(post)
    browser.fetch(browser.tap(token(post, fetched)))
    for _ in range(3):
        later(post, hours=9)
    for account in (unopened, opened, tapped, fetched):
        assert (reminders(post, account), told(post, account)) == ([], [])


def test_a_link_keeps_the_policy_that_it_was_issued_with(post: Post) -> None:
    account = sent(post)
    policy(post, stuck={"not_opened_hours": None})
    later(post, hours=6)
    assert reminders(post, account) == ["sent"]


def test_a_link_too_short_for_its_steps_tells_at_its_end(post: Post) -> None:
    policy(post, lifetime_minutes=60)
    account = sent(post)
    later(post, minutes=59)
    assert told(post, account) == []
    later(post, minutes=6)
    assert (post.link(account)["state"], told(post, account)) == ("expired", ["not_opened"])
    assert reminders(post, account) == []


def test_nobody_is_reminded_of_a_link_that_ends_before_they_can_use_it(post: Post) -> None:
    policy(post, lifetime_minutes=85, stuck={"not_opened_hours": 1})
    account = sent(post)
    later(post, hours=1)
    assert (reminders(post, account), told(post, account)) == ([], ["not_opened"])


# Whom, when, by which way.


def test_nobody_is_reminded_by_night_though_the_profile_names_no_quiet_hours(post: Post) -> None:
    clock.tick(timedelta(hours=8))  # 17:00 where the person is
    account = sent(post)
    later(post, hours=6)  # 23:00
    assert (reminders(post, account), told(post, account)) == ([], [])
    later(post, hours=8, minutes=40)  # 7:50
    assert reminders(post, account) == []
    later(post, minutes=20)
    assert (reminders(post, account), len(post.sent(account))) == (["sent"], 2)


def test_a_night_that_outlasts_the_link_leaves_it_to_the_operators(post: Post) -> None:
    clock.tick(timedelta(hours=10))  # 19:00
    policy(post, lifetime_minutes=12 * 60, stuck={"not_opened_hours": 3})
    account = sent(post)
    later(post, hours=3)
    assert (reminders(post, account), told(post, account)) == ([], ["not_opened"])


def test_where_nobody_can_be_reminded_operators_are_told_at_once(post: Post) -> None:
    account = sent(post)
    from functions.accounts import unreachable

    unreachable.note(post.house.tenant, account["id"], "mobile", "The number is gone.")
    later(post, hours=6)
    assert (reminders(post, account), told(post, account)) == ([], ["not_opened"])


def test_a_link_from_the_desk_is_sent_to_nobody(post: Post) -> None:
    shown, tapped = post.account("0001"), post.account("0001")
    desk_link(post.house, shown["id"])
    browser = phone(post)
    browser.fetch(browser.tap(desk_link(post.house, tapped["id"])))
    for _ in range(5):
        later(post, minutes=10)
    assert post.sent(shown) == []
    assert (told(post, shown), told(post, tapped)) == ([], ["not_registered"])


# Two at once.


def test_two_looks_at_once_send_one_reminder_and_tell_once(post: Post) -> None:
    account = sent(post)
    for hours in (6, 6):
        clock.tick(timedelta(hours=hours))
        stale = link_of(post, account)
        stuck.look(link_of(post, account))
        with pytest.raises(Changed):
            stuck.look(stale)
        later(post, minutes=1)
    assert (reminders(post, account), told(post, account)) == (["sent"], ["not_opened"])


def test_a_person_who_opens_it_at_that_very_moment_is_not_reminded(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    account = sent(post)
    clock.tick(timedelta(hours=6))
    with meanwhile(monkeypatch, stuck, "commit", lambda: open_(post, account)):
        post.world.sweep()
    later(post, minutes=30)
    assert (reminders(post, account), told(post, account)) == ([], [])


def test_a_phone_that_registers_at_that_very_moment_asks_for_nobody(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = sent(post)
    browser = phone(post)
    browser.fetch(browser.tap(token(post, account)))
    clock.tick(timedelta(minutes=20))
    slot = devices.find_slot(post.house.tenant, post.house.domain, account["username"])
    assert slot is not None
    # The registrar's first write, and not yet the closing of the link that follows it.
    with meanwhile(monkeypatch, attention_module, "step", lambda: devices.registered(slot, 600, "x", "x")):
        post.world.sweep()
    assert post.link(account)["state"] == "fetched"
    later(post, minutes=1)
    assert (post.link(account)["state"], told(post, account), attention(post, account)) == ("closed", [], None)
