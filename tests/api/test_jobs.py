"""Long work in pieces: each counts once, whatever happens to workers and entries; what fails for ever is given up."""

import random
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from types import ModuleType

import msgspec
import pytest

from functions.common import clock
from functions.common.caller import Caller
from functions.common.transaction import commit
from functions.jobs import kinds, stopping, work
from functions.jobs.kinds import Piece, Running
from functions.jobs.models import Job, job_key
from tests.api.world import World

TENANT = "tenant01"
CALLER = Caller(tenant=TENANT, operator="op", name="An operator", role="admin")


class About(msgspec.Struct):
    pieces: int


@dataclass
class Sample:
    """A kind of two lanes, whose pieces may be told to fail or to die."""

    before: Callable[[int, int], None] = lambda lane, number: None
    done: list[tuple[int, int]] = field(default_factory=list)
    finished: list[dict[str, int]] = field(default_factory=list)
    failed: int = 0

    def advance(self, job: Running, lane: int, position: str | None) -> Piece:
        number = int(position or 0)
        self.before(lane, number)
        self.done.append((lane, number))
        job.renew()
        return Piece(str(number + 1), {"pieces": 1}, number + 1 == job.about(About).pieces)

    def finish(self, _job: Running, counts: Mapping[str, int]) -> None:
        self.finished.append(dict(counts))

    def give_up(self, _job: Running) -> None:
        self.failed += 1


@pytest.fixture
def sample(world: World, monkeypatch: pytest.MonkeyPatch) -> Sample:
    del world  # its tables are there
    made, module = Sample(), ModuleType("functions.sample")
    vars(module).update(LANES=2, advance=made.advance, finish=made.finish, failed=made.give_up)
    monkeypatch.setitem(sys.modules, "functions.sample", module)
    monkeypatch.setattr(kinds, "KINDS", {**kinds.KINDS, "sample": "sample"})
    return made


def begin(pieces: int = 3) -> None:
    commit(work.begin(TENANT, "job1", "sample", CALLER, About(pieces)))


def entry(lane: int) -> work.Entry:
    return work.Entry(tenant=TENANT, job="job1", lane=lane)


def state() -> str:
    return str(Job.get(job_key(TENANT, "job1"), "-").state)


def test_every_piece_of_every_lane_is_done_and_then_it_is_finished_once(world: World, sample: Sample) -> None:
    begin()
    work.enqueue_all(TENANT, "job1", "sample")
    world.pump()
    assert sorted(sample.done) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    assert sample.finished == [{"pieces": 6}]
    assert state() == "done"


def test_how_far_a_job_has_come_is_told_of_its_own_kind_alone(sample: Sample) -> None:
    begin()
    work.work(entry(0), lambda: True)
    under_way = work.look(TENANT, "job1", "sample")
    assert under_way is not None
    assert (under_way.state, under_way.counts, under_way.caller) == ("running", {"pieces": 1}, CALLER)
    assert under_way.about(About) == About(3)
    stopping.stop(TENANT, but="")
    stopped = work.look(TENANT, "job1", "sample")
    assert stopped is not None
    assert (stopped.state, stopped.counts) == ("failed", {"pieces": 1})
    assert work.look(TENANT, "job1", "export") is None
    assert work.look("another", "job1", "sample") is None
    assert work.counts(TENANT, "job2") == {}


def test_a_lane_goes_back_to_the_queue_when_its_worker_has_stayed_long_enough(
    world: World, sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries of others come before it."""
    brought: list[int] = []
    monkeypatch.setattr(work, "enqueue", lambda _tenant, _job, lanes: brought.extend(lanes))
    monkeypatch.setattr(work, "STINT", 0)
    begin(3)
    for done in (1, 2):
        work.work(entry(0), lambda: False)
        assert (len(sample.done), brought) == (done, [0] * done)
    vars(sys.modules["functions.sample"])["STINT"] = 3600
    work.work(entry(1), lambda: False)
    assert len(sample.done) == 5
    del world


def test_what_nobody_enqueued_is_brought_by_upkeep(world: World, sample: Sample) -> None:
    begin()
    with clock.frozen(clock.now() + timedelta(seconds=work.LOOKED_AFTER + 1)):
        world.sweep()
        world.pump()
    assert sample.finished == [{"pieces": 6}]


def test_an_entry_that_comes_twice_finds_the_lane_held(sample: Sample) -> None:
    begin(1)
    inner: list[int] = []

    def meanwhile(lane: int, _number: int) -> None:
        if not inner:
            inner.append(lane)
            work.work(entry(lane), lambda: False)

    sample.before = meanwhile
    work.work(entry(0), lambda: False)
    assert sample.done == [(0, 0)]


def test_who_has_lost_the_lane_counts_nothing(sample: Sample) -> None:
    """A worker sleeps through its lease; another does the piece; the first wakes up."""
    begin(1)
    slept: list[int] = []

    def sleeping(lane: int, _number: int) -> None:
        if not slept:
            slept.append(lane)
            with clock.frozen(clock.now() + timedelta(seconds=work.LEASE + 1)):
                work.work(entry(lane), lambda: False)

    sample.before = sleeping
    work.work(entry(0), lambda: False)
    assert work.counts(TENANT, "job1") == {"pieces": 1}


def test_what_fails_for_ever_is_given_up_and_told(sample: Sample) -> None:
    begin()

    def failing(_lane: int, _number: int) -> None:
        raise ValueError("a poisoned piece")

    sample.before = failing
    now = clock.now()
    for minute in range(work.MOST_TRIES + 2):
        with clock.frozen(now + timedelta(minutes=10 * minute)):
            work.work(entry(0), lambda: False)
    assert (sample.failed, state()) == (1, "failed")


def test_a_finish_that_fails_is_done_again_and_given_up_in_the_end(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(1)

    def failing(_job: Running, _counts: Mapping[str, int]) -> None:
        raise ValueError("no end")

    monkeypatch.setattr(sys.modules["functions.sample"], "finish", failing)
    for lane in (0, 1):
        work.work(entry(lane), lambda: False)
    now = clock.now()
    for minute in range(work.MOST_TRIES + 2):
        with clock.frozen(now + timedelta(minutes=10 * minute)):
            work.work(entry(work.FINISH), lambda: False)
    assert (sample.failed, state()) == (1, "failed")


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_each_piece_counts_once(sample: Sample, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Workers die before and after any write, entries are lost, come twice and late, time leaps; upkeep runs."""
    chance = random.Random(seed)
    write = work._write

    def dying(*args: object, **kwargs: object) -> None:
        if chance.random() < 0.2:
            raise SystemExit
        write(*args, **kwargs)  # type: ignore[arg-type]
        if chance.random() < 0.2:
            raise SystemExit

    def dying_before(_lane: int, _number: int) -> None:
        if chance.random() < 0.2:
            raise SystemExit

    monkeypatch.setattr(work, "_write", dying)
    queue: list[int] = []
    monkeypatch.setattr(work, "enqueue", lambda _tenant, _job, lanes: queue.extend(lanes))
    sample.before = dying_before
    begin(4)
    work.enqueue_all(TENANT, "job1", "sample")
    now = clock.now()
    for _ in range(400):
        now += timedelta(seconds=chance.choice((0, 1, work.LEASE + 1)))
        with clock.frozen(now):
            if queue and chance.random() < 0.7:
                lane = queue[chance.randrange(len(queue))]
                if chance.random() < 0.7:
                    queue.remove(lane)
                with suppress(SystemExit):
                    work.work(entry(lane), lambda: chance.random() < 0.5)
            else:
                work.sweep(lambda: False)
        if state() == "done":
            break
    assert state() == "done"
    assert sample.finished[-1] == {"pieces": 8}


def test_nobody_finishes_beside_another(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    """Upkeep looks after a job whose end takes long."""
    begin(1)
    for lane in (0, 1):
        work.work(entry(lane), lambda: False)
    whole = sample.finish

    def long(job: Running, counts: Mapping[str, int]) -> None:
        with clock.frozen(clock.now() + timedelta(seconds=work.LOOKED_AFTER + 1)):
            job.renew()
            assert work.sweep(lambda: False) == 0
            work.work(entry(work.FINISH), lambda: False)
        whole(job, counts)

    monkeypatch.setattr(sys.modules["functions.sample"], "finish", long)
    work.work(entry(work.FINISH), lambda: False)
    assert sample.finished == [{"pieces": 2}]
    assert state() == "done"
