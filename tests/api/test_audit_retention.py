"""The audit trail goes day by day, as late as each tenant wants, and never within a year."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from functions.common import audit, clock
from functions.common.caller import PROVIDER, Caller
from functions.common.transaction import commit
from functions.tenants import tenants
from functions.tenants.retention import LONGEST
from functions.upkeep import audit_retention
from functions.upkeep.audit_retention import over
from functions.upkeep.report import Report
from tests.api.world import House, World, changed

NOON = datetime(2026, 2, 2, 12, tzinfo=UTC)  # of a day long before the world was made


def never() -> bool:
    return False


def run(*, dry_run: bool = False, enough: Callable[[], bool] = never) -> Report:
    report = Report()
    audit_retention.run(report, enough, dry_run=dry_run)
    return report


def write(tenant: str, *days: int, number: int = 2) -> None:
    """Some entries on days after NOON's."""
    for day in days:
        with clock.frozen(NOON + timedelta(days=day)):
            caller = Caller(tenant=tenant, operator="x", name="x", role="admin")
            for _ in range(number):
                commit([audit.entry(caller, "x.y", "x/y")])


def left(world: World, tenant: str) -> list[int]:
    """The days after NOON's that have entries of those."""
    days = {
        (date.fromisoformat(row["pk"]["S"].split("|")[1]) - NOON.date()).days
        for row in world.cloud.rows("audit")
        if row["pk"]["S"].startswith(f"{tenant}|") and row["action"]["S"] == "x.y"
    }
    return sorted(days)


@pytest.fixture(autouse=True)
def _founded(house: House) -> None:
    founded()


def founded() -> None:
    """As though all tenants had been founded on the day before NOON's."""
    for item in tenants.TENANTS.model.query("provider|tenant"):
        item.created_at = NOON - timedelta(days=1)
        item.save()


def keep(house: House, days: int) -> None:
    changed(house.admin.patch("/v1/tenant", {"retention": {"audit_days": days}}))


def test_whole_days_go_when_they_are_older_than_the_tenant_keeps_them(world: World, house: House) -> None:
    keep(house, 400)
    write(house.tenant, 0, 1, 2, 3, 30)
    with clock.frozen(NOON + timedelta(days=402)):
        foreseen = run(dry_run=True)
        assert foreseen.examples["audit.days"] == [
            f"{house.tenant}/{(NOON + timedelta(days=d)).date()}" for d in (0, 1)
        ]
        assert left(world, house.tenant) == [0, 1, 2, 3, 30]
        assert run().counts == foreseen.counts == {"audit.days": 2, "audit.entries": 4}
    assert left(world, house.tenant) == [2, 3, 30]


def test_a_dry_run_that_is_cut_short_among_the_days_goes_on_and_counts_each_once(house: House) -> None:
    keep(house, 400)
    write(house.tenant, 0, 1, 2, 3)
    counts: Counter[str] = Counter()
    with clock.frozen(NOON + timedelta(days=404)):
        report, runs = Report(done=False), 0
        while not report.done:
            report, left = Report(cursor=report.cursor), iter(range(4))
            audit_retention.run(report, lambda left=left: next(left, None) is None, dry_run=True)  # type: ignore[misc]
            counts.update(report.counts)
            runs += 1
        assert runs > 1
        assert counts == run(dry_run=True).counts == {"audit.days": 4, "audit.entries": 8}


def test_nothing_within_a_year_goes_whatever_a_record_says(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(house.tenant, 0, 1)

    wrong = SimpleNamespace(created_at=NOON, fields=SimpleNamespace(retention=SimpleNamespace(audit_days=1)))
    monkeypatch.setattr(tenants.TENANTS, "find", lambda *_: wrong)
    with clock.frozen(NOON + timedelta(days=365)):
        assert run().counts == {}
    with clock.frozen(NOON + timedelta(days=366)):
        assert run().counts["audit.days"] == 1
    assert left(world, house.tenant) == [1]
    with clock.frozen(NOON):
        assert not over(NOON.date() - timedelta(days=365), 1)
        assert not over(NOON.date() - timedelta(days=365), -1000)
        assert over(NOON.date() - timedelta(days=366), 1)
        assert not over(NOON.date() - timedelta(days=366), 366)
        assert not over(NOON.date(), 0)
        assert not over(NOON.date() + timedelta(days=1), 365)


def test_a_year_less_is_not_to_be_had(house: House) -> None:
    assert house.admin.patch("/v1/tenant", {"retention": {"audit_days": 364}}).status == 400


def test_each_tenant_s_trail_goes_by_its_own_wish_and_the_provider_s_by_the_longest(world: World, house: House) -> None:
    other = world.house("Other Ltd")
    founded()
    keep(house, 365)
    keep(other, 800)
    for tenant in (house.tenant, other.tenant, PROVIDER):
        write(tenant, 0)
    with clock.frozen(NOON + timedelta(days=400)):
        run()
        assert [left(world, each) for each in (house.tenant, other.tenant, PROVIDER)] == [[], [0], [0]]
    with clock.frozen(NOON + timedelta(days=801)):
        run()
        assert [left(world, each) for each in (house.tenant, other.tenant, PROVIDER)] == [[], [], [0]]
    assert tenants.retention(PROVIDER).audit_days == LONGEST


def test_a_run_goes_on_where_the_last_one_ended(world: World, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(house, 365)
    write(house.tenant, 0)
    asked: list[date] = []
    delete = audit_retention.delete_day

    def watched(tenant: str, day: date, enough: Callable[[], bool]) -> tuple[int, bool]:
        if tenant == house.tenant:
            asked.append(day)
        return delete(tenant, day, enough)

    monkeypatch.setattr(audit_retention, "delete_day", watched)
    with clock.frozen(NOON + timedelta(days=370)):
        run()
        assert asked[-1] == (NOON + timedelta(days=4)).date()
        asked.clear()
        assert run().counts == {}
        assert asked == []  # once a day
    with clock.frozen(NOON + timedelta(days=372)):
        run()
    assert asked == [(NOON + timedelta(days=each)).date() for each in (5, 6)]


def test_cut_short_in_the_middle_of_a_day_it_leaves_nothing_out(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_retention, "BATCH", 3)
    keep(house, 365)
    write(house.tenant, 0, number=10)
    write(house.tenant, 1)
    with clock.frozen(NOON + timedelta(days=400)):
        deleted, runs = 0, 0
        while not (report := run(enough=after(4))).done:
            deleted += report.counts.get("audit.entries", 0)
            runs += 1
            assert runs < 50
        deleted += report.counts.get("audit.entries", 0)
    assert deleted == 12
    assert left(world, house.tenant) == []


def after(looks: int) -> Callable[[], bool]:
    """Enough after so many questions."""
    rest = iter(range(looks))
    return lambda: next(rest, None) is None


def test_many_short_runs_come_to_an_end(world: World, house: House) -> None:
    keep(house, 365)
    write(house.tenant, 0, 5, 9)
    with clock.frozen(NOON + timedelta(days=400)):
        runs = 0
        while not run(enough=after(7)).done:
            runs += 1
            assert runs < 400
    assert runs > 3
    assert left(world, house.tenant) == []


def test_a_tenant_whose_trail_cannot_be_read_keeps_nobody_from_the_others(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = world.house("Other Ltd")
    founded()
    for each in (house, other):
        keep(each, 365)
        write(each.tenant, 0)
    delete, first = audit_retention.delete_day, min(house.tenant, other.tenant)

    def broken(tenant: str, day: date, enough: Callable[[], bool]) -> tuple[int, bool]:
        if tenant == first:
            raise OSError
        return delete(tenant, day, enough)

    with clock.frozen(NOON + timedelta(days=400)):
        monkeypatch.setattr(audit_retention, "delete_day", broken)
        run()
        assert left(world, first) == [0]
        assert left(world, max(house.tenant, other.tenant)) == []
        monkeypatch.undo()
    with clock.frozen(NOON + timedelta(days=401)):
        run()
    assert left(world, first) == []
