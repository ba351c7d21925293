"""What time does to an account: decided by a pure function, for any account, retention and course of events."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.accounts import lifecycle
from functions.accounts.lifecycle import ENDS, SHARDS, SLACK, TRIM_EVERY, Step, due, next_visit
from functions.accounts.models import Account, Upkeep
from functions.common.errors import Invalid
from functions.tenants.retention import Retention, check

MADE: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)


def account(**fields: Any) -> Account:
    known = {"standing": "enabled", "readiness": "active", "created_at": MADE, "changed_at": MADE, "attention": None}
    everything: Any = known | fields
    made = Account(id="abc", **everything)
    if made.upkeep is None and "trim_at" not in fields:
        made.upkeep = Upkeep(trim_at=MADE + 9999 * DAY)  # these tests are not of trimming
    return made


def upkeep(**fields: Any) -> Upkeep:
    return Upkeep(trim_at=MADE + 9999 * DAY, **fields)


DEFAULTS: Final = Retention()


def when(person: Account, retention: Retention = DEFAULTS) -> dict[str, float]:
    """Each step with the day on which it comes to be due, in order."""
    return {step: (at - MADE) / DAY for step, at in lifecycle._moments(person, retention).items() if step != "trim"}


YEAR: Final = MADE + 365 * DAY
IDLE: Final = Retention(never_activated_expire_days=60)


@pytest.mark.parametrize(
    ("person", "retention", "expected"),
    [
        (account(), Retention(), {}),
        (account(expires_at=YEAR), Retention(), {"expire": 365, "warn": 351}),
        (account(expires_at=YEAR), Retention(warn_days=0), {"expire": 365}),
        (account(expires_at=YEAR), Retention(warn_days=90), {"expire": 365, "warn": 275}),
        # An expiry that was near when it was set is told after half of that time.
        (account(expires_at=MADE + 4 * DAY), Retention(), {"expire": 4, "warn": 2}),
        (account(expires_at=MADE + 28 * DAY), Retention(), {"expire": 28, "warn": 14}),
        (
            account(expires_at=YEAR, upkeep=upkeep(expiry_set_at=YEAR - 6 * DAY)),
            Retention(),
            {"expire": 365, "warn": 362},
        ),
        # Told already; told of another expiry.
        (account(expires_at=YEAR, upkeep=upkeep(warned_of=YEAR)), Retention(), {"expire": 365}),
        (account(expires_at=YEAR, upkeep=upkeep(warned_of=MADE)), Retention(), {"expire": 365, "warn": 351}),
        # A disabled account: nobody is told, and yet it is not kept for ever.
        (account(expires_at=YEAR, standing="disabled"), Retention(), {"expire": 365}),
        (
            account(expires_at=YEAR, standing="disabled", upkeep=upkeep(expired_at=YEAR)),
            Retention(),
            {"delete": 455},
        ),
        # Expired.
        (account(expires_at=YEAR, standing="expired", upkeep=upkeep(expired_at=YEAR)), Retention(), {"delete": 455}),
        (
            account(expires_at=YEAR, standing="expired", upkeep=upkeep(expired_at=YEAR)),
            Retention(delete_after_days=None),
            {},
        ),
        # From the moment at which it was seen: upkeep may have been away, or the expiry set into the past.
        (
            account(expires_at=YEAR, standing="expired", upkeep=upkeep(expired_at=YEAR + 50 * DAY)),
            Retention(delete_after_days=1),
            {"delete": 416},
        ),
        # No phone has ever registered.
        (account(readiness="pending"), Retention(), {"flag": 30}),
        (account(readiness="activating"), Retention(), {"flag": 30}),
        (account(readiness="pending"), Retention(never_activated_flag_days=None), {}),
        (account(readiness="pending"), IDLE, {"flag": 30}),
        (account(readiness="pending", upkeep=upkeep(flagged_at=MADE + 30 * DAY)), IDLE, {"give_up": 60}),
        (account(readiness="pending", upkeep=upkeep(flagged_at=MADE + 30 * DAY)), Retention(), {}),
        # Never before operators could act on what they were told.
        (account(readiness="pending", upkeep=upkeep(flagged_at=MADE + 50 * DAY)), IDLE, {"give_up": 80}),
        (
            account(readiness="pending"),
            Retention(never_activated_flag_days=None, never_activated_expire_days=60),
            {"give_up": 60},
        ),
        (account(readiness="pending", upkeep=upkeep(idle_since=MADE + 9 * DAY)), IDLE, {"flag": 39}),
        (account(readiness="pending", standing="disabled"), IDLE, {}),
        # Deleted: what it has left goes at once, and then nothing more.
        (account(standing="deleted", upkeep=Upkeep()), Retention(), {"erase": 0}),
        (account(standing="deleted", upkeep=Upkeep(trim_at=MADE + DAY)), Retention(), {"erase": 1}),
        (account(standing="deleted", upkeep=Upkeep(erased=True)), Retention(), {}),
    ],
)
def test_when_each_step_comes_to_be_due(person: Account, retention: Retention, expected: dict[str, float]) -> None:
    assert when(person, retention) == expected
    moments = [*lifecycle._moments(person, retention).values()]
    assert next_visit(person, retention) == (min(moments).timestamp() if moments else None)


def test_an_end_stands_alone_and_the_rest_is_the_next_visit_s() -> None:
    person = account(expires_at=MADE + 20 * DAY, readiness="pending", upkeep=Upkeep(trim_at=MADE))
    now = MADE + 40 * DAY
    assert due(person, Retention(), now) == ["expire"]
    lifecycle.done(person, "expire", Retention(), now)
    assert (person.standing, due(person, Retention(), now)) == ("expired", ["trim"])
    next_ = next_visit(person, Retention())
    assert next_ is not None
    assert next_ <= now.timestamp()


def test_operators_are_told_of_the_end_last_and_so_see_it() -> None:
    person = account(expires_at=MADE + 40 * DAY, readiness="pending")
    assert due(person, Retention(), MADE + 35 * DAY) == ["flag", "warn"]


def test_a_visit_is_never_a_moment_too_early() -> None:
    person = account(
        expires_at=YEAR + timedelta(milliseconds=1), upkeep=upkeep(warned_of=YEAR + timedelta(milliseconds=1))
    )
    at = next_visit(person, Retention())
    assert at == YEAR.timestamp() + 1
    assert due(person, Retention(), datetime.fromtimestamp(at, UTC)) == ["expire"]


def test_what_is_old_goes_every_month_or_as_often_as_addresses_do() -> None:
    person = Account(id="abc", standing="enabled", readiness="active", created_at=MADE, changed_at=MADE)
    assert lifecycle._moments(person, Retention())["trim"] == MADE + TRIM_EVERY + SLACK
    often = Retention(addresses_days=7)
    assert lifecycle._moments(person, often)["trim"] == MADE + 7 * DAY + SLACK
    lifecycle.done(person, "trim", often, YEAR)
    assert lifecycle._moments(person, often)["trim"] == YEAR + 7 * DAY
    lifecycle.done(person, "trim", Retention(addresses_days=400), YEAR)
    assert lifecycle._moments(person, often)["trim"] == YEAR + TRIM_EVERY
    lifecycle.again(person, YEAR + DAY)
    lifecycle.again(person, YEAR + 2 * DAY)
    assert lifecycle._moments(person, often)["trim"] == YEAR + DAY


def test_a_deleted_account_is_looked_at_again_when_its_messages_have_ended() -> None:
    person = account(standing="deleted", upkeep=Upkeep(trim_at=MADE))
    lifecycle.again(person, MADE + DAY)
    assert when(person) == {"erase": 1}


def test_a_new_expiry_brings_back_what_had_expired_but_not_what_was_disabled() -> None:
    expired = upkeep(expired_at=YEAR, warned_of=YEAR, flagged_at=MADE)
    for standing, after in (("expired", "enabled"), ("disabled", "disabled")):
        person = account(expires_at=YEAR + 9 * DAY, standing=standing, upkeep=expired, attention="expires_soon")
        lifecycle.expiry_set(person, YEAR + DAY)
        assert (person.standing, person.attention or "nothing") == (after, "nothing")
        assert person.upkeep == msgspec.structs.replace(
            expired, expiry_set_at=YEAR + DAY, idle_since=YEAR + DAY, expired_at=None, warned_of=None, flagged_at=None
        )


def test_an_expiry_set_into_the_past_brings_nothing_back() -> None:
    person = account(expires_at=MADE, standing="expired", upkeep=upkeep(expired_at=YEAR), attention="not_me")
    lifecycle.expiry_set(person, YEAR + DAY)
    assert (person.standing, person.attention) == ("expired", "not_me")
    assert when(person) == {"delete": 455}


@pytest.mark.parametrize(
    ("flag", "expire", "right"), [(30, 60, True), (30, None, True), (None, 1, True), (30, 30, False), (30, 29, False)]
)
def test_operators_are_told_before_an_idle_account_expires(flag: int | None, expire: int | None, right: bool) -> None:
    retention = Retention(never_activated_flag_days=flag, never_activated_expire_days=expire)
    if right:
        return check(retention)
    with pytest.raises(Invalid) as refused:
        check(retention)
    assert refused.value.field == "retention.never_activated_expire_days"
    return None


def test_accounts_are_spread_over_all_shards() -> None:
    found = Counter(lifecycle.shard(f"{number:014}") for number in range(SHARDS * 1000))
    assert set(found) == {str(number) for number in range(SHARDS)}
    assert max(found.values()) < 1.2 * min(found.values())


# Any account in any course of events.

days = st.integers(0, 400).map(lambda number: number * DAY) | st.integers(0, 40 * 86_400).map(
    lambda seconds: timedelta(seconds=seconds)
)
retentions = st.builds(
    Retention,
    warn_days=st.integers(0, 90),
    delete_after_days=st.none() | st.integers(1, 400),
    never_activated_flag_days=st.none() | st.integers(1, 100),
    never_activated_expire_days=st.none() | st.integers(101, 300),
    addresses_days=st.integers(7, 100),
)
happenings = st.lists(
    st.tuples(days, st.sampled_from(["visit", "visit", "visit", "extend", "disable", "enable", "register"]), days),
    min_size=1,
    max_size=30,
)


@dataclass
class Life:
    """An account whose upkeep and operators do what they do. `done`: what visits did, and when."""

    person: Account
    retention: Retention
    now: datetime = MADE
    done: list[tuple[Step, datetime]] = field(default_factory=list)
    since: int = 0  # what was done before its expiry was set last

    def visits(self) -> None:
        """Upkeep runs until nothing is due any more."""
        for _ in range(10):
            at = self.person.due_at
            if at is None or at > self.now.timestamp():
                return
            self._visit()
        raise AssertionError("it never comes to rest")

    def _visit(self) -> None:
        for step in due(self.person, self.retention, self.now):
            self._right(step)
            lifecycle.done(self.person, step, self.retention, self.now)
            self.done.append((step, self.now))
            if step == "delete":
                self.person.standing, self.person.changed_at = "deleted", self.now
        lifecycle.schedule(self.person, self.retention)

    def _right(self, step: Step) -> None:
        """It is its time, and it has not been done before."""
        if step != "trim":
            assert step not in [known for known, _ in self.done[self.since :]], step
        expires_at, retention = self.person.expires_at, self.retention
        match step:
            case "expire":
                assert expires_at is not None
                assert expires_at <= self.now
            case "warn":
                assert expires_at is not None
                assert expires_at - retention.warn_days * DAY <= self.now < expires_at
            case "delete":
                [ended] = [at for known, at in self.done[self.since :] if known in ("expire", "give_up")]
                assert ended + (retention.delete_after_days or 0) * DAY <= self.now
            case "give_up" | "flag":
                assert (self.person.standing, self.person.readiness) == ("enabled", "pending")
            case "erase":
                assert self.done[-1][0] == "delete"

    def happens(self, what: str, span: timedelta) -> None:
        if self.person.standing == "deleted":
            return
        match what:
            case "extend":
                self.person.expires_at = self.now + span + DAY if span else None
                lifecycle.expiry_set(self.person, self.now)
                self.since = len(self.done)
            case "disable":
                self.person.standing = "disabled"
            case "enable" if self.person.expires_at is None or self.person.expires_at > self.now:
                self.person.standing = "enabled"
            case "register":
                self.person.readiness = "active"
        if what in ("extend", "disable", "enable"):  # of a registration upkeep hears at its next visit
            lifecycle.schedule(self.person, self.retention)


@settings(max_examples=400)
@given(retentions, happenings, st.none() | days)
def test_every_step_is_done_once_at_its_time_whatever_happens(
    retention: Retention, course: list[tuple[timedelta, str, timedelta]], expires_in: timedelta | None
) -> None:
    person = account(readiness="pending", expires_at=MADE + expires_in + DAY if expires_in is not None else None)
    person.upkeep = None
    lifecycle.schedule(person, retention)
    life = Life(person, retention)
    for passed, what, span in course:
        life.now += passed
        life.happens(what, span)
        if what == "visit":
            life.visits()
            assert due(person, retention, life.now) == []
            at = next_visit(person, retention)
            assert at is None or person.due_at <= at  # earlier, where a phone has registered since
    for _ in range(3):  # the retention begins when the end is seen
        life.now += 2000 * DAY
        life.visits()
    _nothing_is_missing(life)


def _nothing_is_missing(life: Life) -> None:
    """Long after the last happening everything has come to pass that time brings."""
    person, last = life.person, [step for step, _ in life.done[life.since :]]
    if person.expires_at is not None:
        assert ENDS & set(last)
    if life.retention.delete_after_days is not None and person.expires_at is not None:
        assert (last[-2:], person.standing, next_visit(person, life.retention)) == (
            ["delete", "erase"],
            "deleted",
            None,
        )
    elif person.standing == "enabled" and person.readiness == "pending":
        assert "flag" in last or life.retention.never_activated_flag_days is None
