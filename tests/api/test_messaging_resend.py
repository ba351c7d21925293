"""An operator sends a person's link once more: the same link, and not without end."""

from datetime import UTC, datetime, timedelta

from functions.common import clock
from tests.api.post import Post, fakes_fixture, post_fixture, running_fixture  # noqa: F401 - fixtures
from tests.api.world import made

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_the_same_link_goes_out_again(post: Post) -> None:
    account = post.account("0001", "activation")
    post.world.pump()
    again = post.house.csr.post(f"/v1/accounts/{account['id']}/messages", {"kind": "activation", "channel": "sms"})
    assert made(again)["state"] == "queued"
    assert again.headers["location"] == f"/v1/messages/{again.json['id']}"
    post.world.pump()
    first, second = post.sent(account)
    assert first.text == second.text


def test_a_repeated_request_sends_once(post: Post) -> None:
    account = post.account("0001")
    wanted = {"kind": "installation", "channel": "sms"}
    replies = [post.house.csr.post(f"/v1/accounts/{account['id']}/messages", wanted, key="k") for _ in range(5)]
    assert len({made(reply)["id"] for reply in replies}) == 1
    post.world.pump()
    assert len(post.sent(account)) == 1


def test_three_in_an_hour_are_enough_and_not_in_one_breath(post: Post) -> None:
    account = post.account("0001")
    path, wanted = f"/v1/accounts/{account['id']}/messages", {"kind": "installation", "channel": "sms"}
    with clock.frozen(NOON):
        for _ in range(3):
            made(post.house.csr.post(path, wanted))
            refused = post.house.csr.post(path, wanted)
            assert (refused.status, refused.headers["retry-after"]) == (429, "30")
            clock.tick(timedelta(minutes=1))
        refused = post.house.csr.post(path, wanted)
        assert (refused.status, refused.code, refused.headers["retry-after"]) == (429, "too_many", str(57 * 60))
        clock.tick(timedelta(hours=1))
        made(post.house.csr.post(path, wanted))


def test_ten_a_day_to_one_number_are_enough(post: Post) -> None:
    with clock.frozen(NOON):
        accounts = [post.account("0001", "installation") for _ in range(11)]
        post.world.pump()
        assert len(post.sent(accounts[0])) == 10
        states = {post.message(account)["state"] for account in accounts}
        (waiting,) = [message for account in accounts if (message := post.message(account))["state"] == "queued"]
        assert (states, waiting["reason"]) == ({"sent", "queued"}, "10 messages went to this person today.")
        assert waiting["next_attempt_at"] == "2026-11-23T00:00:00Z"
        wanted = {"kind": "activation", "channel": "sms"}
        refused = post.house.csr.post(f"/v1/accounts/{accounts[0]['id']}/messages", wanted | {"kind": "installation"})
        assert (refused.status, refused.code) == (429, "too_many")
        clock.tick(timedelta(hours=24, minutes=1))
        post.world.sweep()
        post.world.pump()
        assert len(post.sent(accounts[0])) == 11


def test_without_a_live_link_there_is_nothing_to_send(post: Post) -> None:
    account = post.account("0001")
    refused = post.house.csr.post(f"/v1/accounts/{account['id']}/messages", {"kind": "activation", "channel": "sms"})
    assert (refused.status, refused.code) == (409, "link_not_live")


def test_without_an_address_there_is_nobody_to_send_to(post: Post) -> None:
    account = post.account("0001")
    path = f"/v1/accounts/{account['id']}/messages"
    refused = post.house.csr.post(path, {"kind": "installation", "channel": "email"})
    assert (refused.status, set(refused.wrong)) == (400, {"email"})
