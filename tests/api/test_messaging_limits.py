"""What may be sent: where to, how fast, how much of it and for how much money."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.common import clock
from functions.messaging import rates
from tests.api.post import Post, fakes_fixture, post_fixture, running_fixture  # noqa: F401 - fixtures
from tests.api.world import World, changed, made

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
INSTALLATION = {"kind": "installation", "channel": "sms"}


def limited(post: Post, **fields: object) -> None:
    changed(post.world.provider.patch(f"/v1/tenants/{post.house.tenant}", fields))


def states(post: Post, accounts: list[dict[str, object]]) -> list[str]:
    return [post.message(account)["state"] for account in accounts]


@pytest.mark.parametrize("mobile", ["+883510012345", "+8816 1234 5678", "+1 900 555 0100", "+41 900 123 456"])
def test_nobody_is_written_to_at_a_number_that_costs(post: Post, mobile: str) -> None:
    body = {"full_name": "A B", "number": "+12025550160", "group_id": post.house.group, "mobile": mobile}
    refused = post.house.csr.post("/v1/accounts", body)
    assert (refused.status, set(refused.wrong)) == (400, {"mobile"}), refused.text


def test_sms_go_to_the_tenant_s_countries_alone(post: Post) -> None:
    early = post.account("0001", "installation")
    limited(post, countries=["US"])
    post.world.pump()
    message = post.message(early)
    assert (message["state"], message["reason"]) == (
        "failed",
        "SMS to CH are not allowed: it is not among the tenant's countries.",
    )
    late = post.account("0002")
    refused = post.house.csr.post(f"/v1/accounts/{late['id']}/messages", INSTALLATION)
    assert (refused.status, refused.code) == (409, "not_ready")
    assert post.house.admin.patch("/v1/tenant", {"countries": ["CH"]}).status == 400  # the provider's to say


def test_a_day_s_messages_are_enough_and_the_rest_goes_tomorrow(post: Post) -> None:
    limited(post, messages_per_day=3)
    with clock.frozen(NOON):
        accounts = [post.account(f"1{n:03}", "installation") for n in range(5)]
        post.world.pump()
        assert sorted(states(post, accounts)) == ["queued", "queued", "sent", "sent", "sent"]
        usage = post.house.csr.get("/v1/usage").json
        assert (usage["messages"], usage["messages_per_day"]) == (3, 3)
        clock.tick(timedelta(hours=12, minutes=1))
        post.world.sweep()
        post.world.pump()
        assert states(post, accounts) == ["sent"] * 5


def test_spending_ends_at_its_limit_and_is_told_before(post: Post) -> None:
    prices = {"currency": "EUR", "default": "0.10", "countries": {"CH": "0.20"}}
    changed(post.house.admin.patch(f"/v1/gateways/{post.gateway}", {"prices": prices}))
    limited(post, spend_per_day={"amount": "1.00", "currency": "EUR"})
    with clock.frozen(NOON):
        accounts = [post.account(f"1{n:03}", "installation") for n in range(7)]
        post.world.pump()
        assert states(post, accounts).count("sent") == 5
        usage = post.house.csr.get("/v1/usage").json
        assert (usage["spent"], usage["spend_per_day"], usage["near_limit"]) == ("1.0000", "1.00", True)


def test_money_is_not_spent_where_no_price_is_known(post: Post) -> None:
    limited(post, spend_per_day={"amount": "100", "currency": "EUR"})
    account = post.account("0001", "installation")
    post.world.pump()
    assert post.sent(account) == []
    assert "no price is known" in post.message(account)["reason"]


def test_what_was_not_sent_is_not_counted(post: Post) -> None:
    limited(post, messages_per_day=1)
    refused = post.account("0010", "installation")
    post.world.pump()
    taken = post.account("0001", "installation")
    post.world.pump()
    assert (post.message(refused)["state"], post.message(taken)["state"]) == ("failed", "sent")


def test_one_operator_s_messages_of_a_day_are_enough(post: Post) -> None:
    limited(post, messages_per_operator=2)
    wanted = {"full_name": "A B", "group_id": post.house.group, "messages": [INSTALLATION]}
    replies = [
        post.house.csr.post("/v1/accounts", wanted | {"number": f"+1202555{number}", "mobile": "+41790001234"})
        for number in ("0181", "0182", "0183")
    ]
    assert [reply.status for reply in replies] == [201, 201, 429]
    assert made(post.house.admin.post("/v1/accounts", wanted | {"number": "+12025550184"}))


def test_a_gateway_s_day_is_full_and_the_next_takes_over(post: Post) -> None:
    changed(post.house.admin.patch(f"/v1/gateways/{post.gateway}", {"daily_limit": 2}))
    with clock.frozen(NOON):
        accounts = [post.account(f"1{n:03}", "installation") for n in range(3)]
        post.world.pump()
        assert sorted(states(post, accounts)) == ["queued", "sent", "sent"]
        clock.tick(timedelta(days=1))
        post.world.sweep()
        post.world.pump()
        assert states(post, accounts) == ["sent"] * 3


def test_messages_take_turns_at_the_gateway_s_rate(post: Post) -> None:
    changed(post.house.admin.patch(f"/v1/gateways/{post.gateway}", {"rate": 0.5}))
    waits: list[float] = []
    rates.sleep = waits.append
    with clock.frozen(NOON):
        accounts = [post.account(f"1{n:03}", "installation") for n in range(5)]
        post.world.pump()
        found = states(post, accounts)
        assert found.count("sent") == 2  # at once, and within what a worker waits for
        assert sorted(waits)[-2:] == [pytest.approx(1.92, abs=0.1), pytest.approx(1.97, abs=0.1)]
        later = [post.message(account) for account in accounts if post.message(account)["state"] == "queued"]
        assert {message["reason"] for message in later} == {"Its gateway is busy."}
        assert len({message["next_attempt_at"] for message in later}) == 3
        for _ in range(3):
            clock.tick(timedelta(minutes=4))
            post.world.sweep()
            post.world.pump()
        assert states(post, accounts) == ["sent"] * 5
        assert all(len(post.message(account)["attempts"]) == 1 for account in accounts)


def test_a_gateway_that_is_busy_lets_another_of_its_order_help(world: World, post: Post) -> None:
    from tests.api.post import TRIAL, vonage

    changed(post.house.admin.patch(f"/v1/gateways/{post.gateway}", {"rate": 0.2}))
    second = made(post.house.admin.post("/v1/gateways", vonage(post.fakes, name="Second", rate=0.2)))["id"]
    post.house.admin.post(f"/v1/gateways/{second}/test", {"to": TRIAL})
    with clock.frozen(NOON):
        accounts = [post.account(f"1{n:03}", "installation") for n in range(2)]
        world.pump()
        assert states(post, accounts) == ["sent"] * 2


def test_a_worker_that_was_held_up_takes_another_moment(world: World) -> None:
    slept: list[float] = []
    time = [100.0]
    rates.sleep, rates.ticks = slept.append, lambda: time[0]
    with clock.frozen(NOON):
        first, second = rates.turn("busy", 10), rates.turn("busy", 10)
        assert (first.alone, second.alone) == (True, False)
        rates.now_or_next(first)  # nobody else wanted it: being late disturbs nobody
        time[0] += 1.0
        rates.now_or_next(second)
        third = rates.turn("busy", 10)
    assert slept[0] == 0.0
    assert third.at - second.at == pytest.approx(1.0 + 0.2, abs=0.01)  # the moment between was taken by the late one


@pytest.mark.usefixtures("world")
def test_a_flood_at_a_gateway_costs_few_writes_and_gives_each_message_a_moment_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing of them is sent: 1,500 messages at 10/s ask one after the other, and are put off."""
    writes: list[str] = []
    update = rates.Pace.update

    def counting(self: rates.Pace, *args: Any, **kwargs: Any) -> Any:
        writes.append(self.pk)
        return update(self, *args, **kwargs)

    monkeypatch.setattr(rates.Pace, "update", counting)
    with clock.frozen(clock.now()):
        waits, sent = [], 0
        for _ in range(1500):
            try:
                rates.turn("flooded", 10.0)
                sent += 1
            except rates.Later as later:
                waits.append(later.seconds)
    assert sent == 21  # this moment and the two seconds that a worker waits
    assert len({round(wait, 3) for wait in waits}) == len(waits)
    gaps = [after - before for before, after in itertools.pairwise(sorted(waits))]
    assert max(gaps) < 0.1, "messages come back a little faster than they can go"
    assert len(writes) < 2.5 * 600 + 1.2 * 900, len(writes)
