"""Long work, piece by piece: begun with the change that wants it, done by whoever takes an entry from the queue.

A worker holds a lane by a lease. What a piece has come to is written in one conditional write, so that it counts once
however often the piece is done. Losing an entry of the queue, or a worker, is harmless: `sweep` brings back every lane
of a running job that nobody holds."""

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime, timedelta
from typing import Final, Literal, TypeVar

import msgspec

from functions.common import aws, clock, ids, settings
from functions.common.caller import Caller
from functions.common.errors import Changed
from functions.common.observability import count, logger
from functions.common.table import read, update
from functions.common.transaction import Step, new
from functions.jobs.kinds import Piece, Running, kind
from functions.jobs.models import FINISH as FINISH
from functions.jobs.models import SHARD, Job, Lane, job_key, lane_key

T = TypeVar("T")

State = Literal["running", "done", "failed"]

LEASE: Final = 120  # seconds without a word after which a worker is taken for dead
LOOKED_AFTER: Final = 60  # seconds between two looks of upkeep at a job
STINT: Final = 90  # seconds after which a worker gives its lane back to the queue, where others wait
MOST_TRIES: Final = 30  # of one piece
PAUSE: Final = 5  # seconds, times the tries, until a piece that failed is tried again
KEPT: Final = timedelta(days=90)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Which lane of which job: the body of an entry in the queue."""

    tenant: str
    job: str
    lane: int


class Lost(Exception):
    """Somebody else has taken over this lane."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a job has come. One that was stopped has failed; `counts` are its lanes', summed."""

    state: State
    caller: Caller
    raw: str
    counts: dict[str, int]
    created_at: datetime
    changed_at: datetime

    def about(self, type_: type[T]) -> T:
        """What the job is about, in its kind's own type."""
        return msgspec.json.decode(self.raw, type=type_)


def begin(
    tenant: str,
    job_id: str,
    name: str,
    caller: Caller,
    about: msgspec.Struct,
    after: timedelta | None = None,
) -> list[Step]:
    """The steps that make a job. After their commit: `enqueue_all`; what is forgotten, upkeep does, `after` this time.

    They raise Changed where the job exists."""
    now = clock.now()
    lanes = kind(name).LANES
    job = Job(
        pk=job_key(tenant, job_id),
        sk="-",
        tenant=tenant,
        id=job_id,
        kind=name,
        state="running",
        about=msgspec.json.encode(about).decode(),
        caller=caller,
        lanes=lanes,
        created_at=now,
        changed_at=now,
        due_shard=SHARD,
        due_at=int(now.timestamp() + (LOOKED_AFTER if after is None else after.total_seconds())),
    )
    made = [
        Lane(pk=job.pk, sk=lane_key(number), number=number, counts={}, pieces=0, tries=0, done=False)
        for number in (*range(lanes), FINISH)
    ]
    return [new(job), *(new(lane) for lane in made)]


def enqueue(tenant: str, job_id: str, lanes: Sequence[int]) -> None:
    """Brings lanes to the queue. What fails is left to upkeep."""
    try:
        for lane in lanes:
            body = msgspec.json.encode(Entry(tenant=tenant, job=job_id, lane=lane)).decode()
            aws.client("sqs").send_message(QueueUrl=settings.setting("QUEUE_WORK"), MessageBody=body)
    except Exception:
        logger.warning("work not enqueued", extra={"job": job_id}, exc_info=True)


def enqueue_all(tenant: str, job_id: str, name: str) -> None:
    """Every lane of a job that was just begun."""
    enqueue(tenant, job_id, range(kind(name).LANES))


def look(tenant: str, job_id: str, name: str) -> Progress | None:
    """How far a job has come; None when there is no such job of this kind."""
    job = read(Job, job_key(tenant, job_id))
    if job is None or job.kind != name:
        return None
    return Progress(
        state="running" if job.state == "running" else "done" if job.state == "done" else "failed",
        caller=job.caller,
        raw=job.about,
        counts=counts(tenant, job_id),
        created_at=job.created_at,
        changed_at=job.changed_at,
    )


def counts(tenant: str, job_id: str) -> dict[str, int]:
    """What a job's lanes have counted so far, summed; nothing when there is no such job."""
    return dict(_sums(_lanes(job_key(tenant, job_id))))


def busy(tenant: str, job_id: str) -> bool:
    """Whether somebody works on one of a job's lanes, or may."""
    return any((lane.lease_until or 0) > clock.epoch() for lane in _lanes(job_key(tenant, job_id)))


def work(entry: Entry, enough: Callable[[], bool]) -> None:
    """Goes on with a lane until it is done or the worker's time with it is over; then the next entry goes on, after
    those of others that came before."""
    job = read(Job, job_key(entry.tenant, entry.job))
    if job is None or job.state != "running":
        return
    lane = read(Lane, job.pk, lane_key(entry.lane))
    if lane is None:
        return
    if lane.done:
        if entry.lane == FINISH:  # its worker did not come to say so
            _end(job, "done")
        return
    if entry.lane == FINISH and not all(each.done for each in _lanes(job.pk)):
        return
    if not _take(lane):
        return
    if int(lane.tries) > MOST_TRIES:
        _give_up(job, lane)
        return
    try:
        ended = _advance(job, lane, enough) if entry.lane != FINISH else _finish(job, lane)
    except Lost:
        logger.info("lane lost", extra={"job": job.id, "lane": entry.lane})
        return
    except Exception:
        logger.exception("piece failed", extra={"job": job.id, "lane": entry.lane, "kind": job.kind})
        count("WorkFailed")
        with suppress(Lost):
            _hold(lane, PAUSE * int(lane.tries))
        return
    if not ended:
        enqueue(job.tenant, job.id, [entry.lane])
    elif entry.lane != FINISH and all(each.done for each in _lanes(job.pk)):
        enqueue(job.tenant, job.id, [FINISH])


def sweep(enough: Callable[[], bool]) -> int:
    """Brings back what nobody works on. -> how many lanes."""
    brought = 0
    now = clock.epoch()
    for job in _due(now):
        if enough():
            break
        with suppress(Changed):
            again = Job.due_at.set(now + LOOKED_AFTER)
            update(job, [again], (Job.state == "running") & (Job.due_at == job.due_at), Changed())
            left = [lane for lane in _lanes(job.pk) if not lane.done]
            if not left and (last := read(Lane, job.pk, lane_key(FINISH))) is not None:
                left = [last]
            idle = [lane for lane in left if (lane.lease_until or 0) <= now]
            enqueue(job.tenant, job.id, [int(lane.number) for lane in idle])
            brought += len(idle)
    return brought


def _due(now: int) -> Iterator[Job]:
    for found in Job.due.query(SHARD, Job.due_at <= now):
        job = read(Job, found.pk)  # an index may lag behind its table
        if job is not None and job.due_at is not None and job.due_at <= now:
            yield job


def _take(lane: Lane) -> bool:
    """Whether the lane is this worker's from now on."""
    free = Lane.lease_until.does_not_exist() | (Lane.lease_until <= clock.epoch())
    actions = [
        Lane.owner.set(ids.new_id()),
        Lane.lease_until.set(clock.epoch() + LEASE),
        Lane.tries.set(Lane.tries + 1),
    ]
    try:
        update(lane, actions, (Lane.done == False) & free, Lost())  # noqa: E712 - a condition, not a comparison
    except Lost:
        return False
    return True


def _advance(job: Job, lane: Lane, enough: Callable[[], bool]) -> bool:
    """Does pieces until the lane is done (True) or the time is over (False). Raises Lost."""
    until = time.monotonic() + getattr(kind(job.kind), "STINT", STINT)
    with closing(_pieces(job, lane)) as pieces:
        for piece in pieces:
            over = piece.done or enough() or time.monotonic() >= until
            _write(lane, piece, over=over)
            if over:
                return piece.done
            found = read(Job, job.pk)
            if found is None or found.state != "running":
                raise Lost
    raise AssertionError  # pieces do not end


def _pieces(job: Job, lane: Lane) -> Generator[Piece, None, None]:
    """One piece after the other, each from where the lane is by then."""
    module, running = kind(job.kind), _running(job, lane)
    while True:
        found = module.advance(running, int(lane.number), lane.position)
        if isinstance(found, Piece):
            yield found
        else:
            yield from found


def _running(job: Job, lane: Lane) -> Running:
    return Running(job.tenant, job.id, job.caller, job.about, lambda: _hold(lane, LEASE))


def _write(lane: Lane, piece: Piece, *, over: bool) -> None:
    """What the piece has come to; with it the lease goes on, or ends. Raises Lost."""
    sums = Counter(lane.counts)
    sums.update(piece.counts)
    actions = [
        Lane.counts.set(dict(sums)),
        Lane.pieces.set(Lane.pieces + 1),
        Lane.tries.set(0 if over else 1),
        Lane.done.set(piece.done),
        Lane.position.set(piece.position) if piece.position is not None else Lane.position.remove(),
    ]
    if over:
        actions += [Lane.owner.remove(), Lane.lease_until.remove()]
    else:
        actions.append(Lane.lease_until.set(clock.epoch() + LEASE))
    mine = (Lane.owner == lane.owner) & (Lane.pieces == lane.pieces)
    update(lane, actions, mine, Lost())


def _hold(lane: Lane, seconds: int) -> None:
    """The lane stays this worker's for so long. Raises Lost."""
    update(lane, [Lane.lease_until.set(clock.epoch() + seconds)], Lane.owner == lane.owner, Lost())


def _finish(job: Job, lane: Lane) -> bool:
    kind(job.kind).finish(_running(job, lane), _sums(_lanes(job.pk)))
    _write(lane, Piece(None, {}, True), over=True)
    _end(job, "done")
    return True


def _give_up(job: Job, lane: Lane) -> None:
    logger.error("work given up", extra={"job": job.id, "kind": job.kind})
    count("WorkGivenUp")
    kind(job.kind).failed(_running(job, lane))
    _end(job, "failed")


def _end(job: Job, state: str) -> None:
    gone = int((clock.now() + KEPT).timestamp())
    actions = [
        Job.state.set(state),
        Job.changed_at.set(clock.now()),
        Job.due_shard.remove(),
        Job.due_at.remove(),
        Job.ttl.set(gone),
    ]
    with suppress(Changed):  # somebody else has ended it
        update(job, actions, Job.state == "running", Changed())
    for lane in (*_lanes(job.pk), Lane(pk=job.pk, sk=lane_key(FINISH))):
        update(lane, [Lane.ttl.set(gone)], Lane.pk.exists(), Changed())


def _lanes(pk: str) -> list[Lane]:
    return list(Lane.query(pk, Lane.sk.startswith("lane|"), consistent_read=True))


def _sums(lanes: Sequence[Lane]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for lane in lanes:
        sums.update(lane.counts)
    return sums
