"""The hour's upkeep as a whole: by its schedule, by hand, dry, and when a part of it fails."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from functions.common import clock
from functions.upkeep import audit_retention, orphans, retain
from tests.api.cloud import KEYRINGS
from tests.api.samples import PACKAGE
from tests.api.world import House, World, changed, made

YEAR = timedelta(days=400)


@pytest.fixture(autouse=True)
def _keys(world: World) -> Iterator[None]:
    """The keyrings are the world's: each test leaves them as it found them."""
    before = {name: secret_of(world, name) for name in KEYRINGS.values()}
    yield
    for name, content in before.items():
        world.cloud.secrets.put_secret_value(SecretId=name, SecretString=content)


def secret_of(world: World, name: str) -> str:
    return str(world.cloud.secrets.get_secret_value(SecretId=name)["SecretString"])


def everything(world: World) -> list[Any]:
    rows = [(name, json.dumps(row, sort_keys=True)) for name in world.cloud.tables for row in world.cloud.rows(name)]
    return [sorted(rows), [secret_of(world, name) for name in KEYRINGS.values()]]


@pytest.fixture
def much(world: World, house: House) -> None:
    """Something to do for every part."""
    made(house.admin.post("/v1/packages", PACKAGE))
    changed(house.admin.patch("/v1/tenant", {"retention": {"audit_days": 365}}))


def test_the_schedule_does_what_a_dry_run_foresees(world: World, much: None) -> None:
    with clock.frozen(clock.now() + YEAR):
        before = everything(world)
        foreseen = world.retain(dry_run=True)
        assert everything(world) == before
        done = world.retain()
        assert everything(world) != before
        assert foreseen["counts"] == done["counts"]
        assert foreseen["examples"] == done["examples"]
        assert {kind.partition(".")[0] for kind in done["counts"]} >= {"keyring", "package", "audit"}
        assert done["done"] is True
        assert world.retain()["counts"] == {}


def test_a_dry_run_that_is_cut_short_again_and_again_foresees_the_same(world: World, much: None) -> None:
    counts: Counter[str] = Counter()
    with clock.frozen(clock.now() + YEAR):
        whole = world.retain(dry_run=True)
        cursor: dict[str, Any] = {}
        runs, done = 0, False
        while not done:
            assert runs < 1000
            left = iter(range(5))
            report = retain.run(lambda left=left: next(left, None) is None, dry_run=True, cursor=cursor)  # type: ignore[misc]
            counts.update(report.counts)
            cursor, done, runs = json.loads(json.dumps(report.cursor)), report.done, runs + 1
        assert runs > 2
        assert counts == whole["counts"]
        assert world.retain(dry_run=True, cursor=cursor)["counts"] == {}


@pytest.mark.parametrize("part", [orphans, audit_retention])
def test_a_part_that_fails_keeps_none_of_the_others(
    world: World, much: None, monkeypatch: pytest.MonkeyPatch, part: Any
) -> None:
    counted: list[str] = []
    monkeypatch.setattr(retain, "count", lambda name, *_: counted.append(name))
    monkeypatch.setattr(part, "run", lambda *_, **__: 1 / 0)
    with clock.frozen(clock.now() + YEAR):
        report = world.retain()
    assert report["done"] is False
    assert report["counts"]["keyring.added"] == 2
    assert ("package.unfinished" in report["counts"]) == (part is not orphans)
    assert ("audit.days" in report["counts"]) == (part is not audit_retention)
    assert "NotRetained" in counted


def test_what_was_done_is_counted(world: World, much: None, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: dict[str, int] = {}
    monkeypatch.setattr(retain, "count", counted.__setitem__)
    with clock.frozen(clock.now() + YEAR):
        world.retain(dry_run=True)
        assert counted == {}
        report = world.retain()["counts"]
    assert counted == {"OrphansRemoved": 1, "AuditEntriesDeleted": report["audit.entries"]}


def test_a_key_is_asked_for_by_hand(world: World) -> None:
    first = world.retain(rotate="links")
    assert (first["current"], first["next"]) == ("a", "b")
    assert world.retain(retire="links", version="a")["breaks"] == ["The version a is in use."]
    for wrong in (
        {"rotate": "x"},
        {"rotate": "links", "x": 1},
        {"retire": "links"},
        {"retire": "links", "version": "ab"},
    ):
        assert list(world.retain(**wrong)) == ["problem"]
