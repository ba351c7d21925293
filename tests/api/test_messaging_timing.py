"""When messages are sent: later, not by night, one after the other, so many people a day."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.common import clock
from functions.messaging.plan import Quiet, quiet_until
from functions.messaging.timing import of_country
from tests.api.post import Post, fakes_fixture, post_fixture, running_fixture  # noqa: F401 - fixtures
from tests.api.world import changed

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)  # 13:00 in Switzerland
BOTH = [{"kind": "installation", "channel": "sms"}, {"kind": "activation", "channel": "sms"}]


def policy(post: Post, **fields: object) -> None:
    changed(post.house.admin.patch(f"/v1/profiles/{post.house.profile}", {"message_policy": fields}))


def later(post: Post, **delta: float) -> None:
    clock.tick(timedelta(**delta))
    post.world.sweep()
    post.world.pump()


def states(post: Post, account: dict[str, object]) -> dict[str, str]:
    return {message["kind"]: message["state"] for message in post.messages(account)}


def test_a_message_waits_for_its_time(post: Post) -> None:
    with clock.frozen(NOON):
        account = post.account("0001", "installation", send_at="2026-11-24T08:00:00Z")
        post.world.pump()
        message = post.message(account)
        assert (message["state"], message["next_attempt_at"]) == ("queued", "2026-11-24T08:00:00Z")
        later(post, hours=43)
        assert post.sent(account) == []
        later(post, hours=1, minutes=1)
        assert len(post.sent(account)) == 1


def test_a_link_lives_from_the_message_that_waits(post: Post) -> None:
    with clock.frozen(NOON):
        account = post.account("0001", "activation", send_at="2026-12-20T08:00:00Z")
        later(post, days=27, hours=20, minutes=1)
        assert len(post.sent(account)) == 1
        assert post.link(account)["expires_at"].startswith("2026-12-21T08:01")


def test_a_time_too_far_away_is_refused(post: Post) -> None:
    with clock.frozen(NOON):
        body = {"full_name": "A", "number": "+12025550160", "group_id": post.house.group, "messages": BOTH[:1]}
        refused = post.house.csr.post("/v1/accounts", body | {"send_at": "2027-11-24T08:00:00Z"})
        assert (refused.status, set(refused.wrong)) == (400, {"send_at"})


def test_nobody_is_woken(post: Post) -> None:
    policy(post, quiet_hours={"start": "21:00", "end": "08:00"})
    with clock.frozen(NOON + timedelta(hours=9)):  # 22:00 in Switzerland
        account = post.account("0001", "installation")
        urgent = post.account("0002", "installation", at_once=True)
        post.world.pump()
        message = post.message(account)
        assert (message["state"], message["reason"], message["next_attempt_at"]) == (
            "queued",
            "Quiet hours.",
            "2026-11-23T07:00:00Z",
        )
        assert len(post.sent(urgent)) == 1
        later(post, hours=10, minutes=1)
        assert post.message(account)["state"] == "sent"


def test_the_account_s_own_time_zone_counts_before_the_number_s(post: Post) -> None:
    policy(post, quiet_hours={"start": "21:00", "end": "08:00"})
    with clock.frozen(NOON + timedelta(hours=9)):
        account = post.account("0001", "installation", time_zone="America/New_York")
        post.world.pump()
        assert len(post.sent(account)) == 1
    refused = post.house.csr.patch(f"/v1/accounts/{account['id']}", {"time_zone": "Mars/Olympus"})
    assert (refused.status, set(refused.wrong)) == (400, {"time_zone"})


def test_a_country_with_many_zones_is_quiet_while_any_of_them_is() -> None:
    quiet = Quiet(start=21 * 60, end=8 * 60, zones=of_country("US"))
    morning_in_new_york = datetime(2026, 11, 22, 14, tzinfo=UTC)
    until = quiet_until(quiet, morning_in_new_york)
    assert until is not None
    assert until.astimezone(UTC) == datetime(2026, 11, 22, 18, tzinfo=UTC)  # eight in Hawaii


@given(
    st.integers(0, 1439),
    st.integers(0, 1439),
    st.sampled_from(["CH", "US", "RU", "IN", "NP", "AU", "BR", "KI"]),
    st.integers(0, 2 * 366 * 86_400).map(lambda second: NOON + timedelta(seconds=second)),
)
def test_quiet_hours_end_within_two_days_and_never_in_quiet_hours(
    start: int, end: int, country: str, now: datetime
) -> None:
    quiet = Quiet(start=start, end=end, zones=of_country(country))
    until = quiet_until(quiet, now)
    if until is not None:
        assert now < until <= now + timedelta(days=2, hours=1)
        first = Quiet(start=start, end=end, zones=quiet.zones[:1])
        assert quiet_until(first, until) is None


def test_the_activation_message_follows_the_click(post: Post) -> None:
    policy(post, order="after_installation", after_hours=24)
    with clock.frozen(NOON):
        account = post.house.account(mobile="+41790000001", messages=BOTH)
        post.world.pump()
        assert states(post, account) == {"installation": "sent", "activation": "queued"}
        waiting = next(message for message in post.messages(account) if message["kind"] == "activation")
        assert (waiting["waits_for"], waiting["next_attempt_at"]) == ("installation", "2026-11-23T12:00:00Z")
        link = post.sent(account)[0].text.split()[-1]
        post.world.anyone.at(post.house.host).get("/i/" + link.rpartition("/")[2])
        post.world.pump()
        assert states(post, account) == {"installation": "sent", "activation": "sent"}


def test_without_a_click_the_activation_message_comes_by_itself(post: Post) -> None:
    policy(post, order="after_installation", after_hours=5)
    with clock.frozen(NOON):
        account = post.house.account(mobile="+41790000001", messages=BOTH)
        later(post, hours=4)
        assert states(post, account)["activation"] == "queued"
        later(post, hours=1, minutes=1)
        assert states(post, account)["activation"] == "sent"


def test_one_message_may_say_both(post: Post) -> None:
    policy(post, order="combined")
    account = post.house.account(mobile="+41790000001", messages=BOTH)
    post.world.pump()
    (sms,) = post.sent(account)
    assert f"https://{post.house.host}/i/" in sms.text
    assert f"https://{post.house.host}/a/" in sms.text
    assert states(post, account) == {"combined": "sent"}
    assert post.link(account)["sent_at"] is not None


def test_so_many_new_people_a_day(post: Post) -> None:
    changed(post.house.admin.patch(f"/v1/groups/{post.house.group}", {"people_per_day": 2}))
    with clock.frozen(NOON):
        accounts = [post.house.account(mobile=f"+4179000{n:04}", messages=BOTH) for n in range(1000, 1005)]
        post.world.pump()
        first = [{message["next_attempt_at"] for message in post.messages(account)} for account in accounts]
        assert first[:2] == [{None}, {None}]
        assert first[2:] == [{"2026-11-23T08:00:00Z"}] * 2 + [{"2026-11-24T08:00:00Z"}]
        later(post, hours=20, minutes=1)
        assert [len(post.sent(account)) for account in accounts] == [2, 2, 2, 2, 0]
        later(post, hours=24)
        assert [len(post.sent(account)) for account in accounts] == [2] * 5


@pytest.mark.parametrize("field", ["quiet_hours", "order", "after_hours"])
def test_a_policy_that_makes_no_sense_is_refused(post: Post, field: str) -> None:
    wrong: dict[str, object] = {"quiet_hours": {"start": "25:00"}, "order": "random", "after_hours": 0}
    refused = post.house.admin.patch(f"/v1/profiles/{post.house.profile}", {"message_policy": {field: wrong[field]}})
    assert refused.status == 400
    assert all(name.startswith(f"message_policy.{field}") for name in refused.wrong)
