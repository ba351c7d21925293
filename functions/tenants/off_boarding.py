"""A tenant goes: it is closed at once, all that it has is written to an archive and then deleted, and a certificate
says so for ever.

    closed → archiving → deleting → ending → done

The job does all but the end, a minute after the tenant was closed: by then nothing that was begun before is still under
way. The audit trail goes last, by upkeep (`upkeep.gone`), which alone may delete from it, and makes the certificate.

Cut short anywhere, the job goes on where its last piece was written down; given up, it goes on from the stage that it
had reached when it is asked for again. Nothing is deleted before all is archived."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import islice
from typing import Annotated, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from functions.accounts import removal
from functions.common import audit, aws, clock, ids, paging, settings
from functions.common.caller import PROVIDER, Caller
from functions.common.errors import Changed, Invalid, NotFound
from functions.common.observability import logger
from functions.common.resource import Cursor
from functions.common.table import read, update
from functions.common.transaction import Put, Step, commit
from functions.common.types import Id, Moment, Name
from functions.jobs.kinds import Piece, Running
from functions.operators import tokens
from functions.tenants import archive, certificates, clearing
from functions.tenants.archive import Place
from functions.tenants.certificates import Certificate
from functions.tenants.models import ArchivePart, OffBoarding, archive_key, off_boarding_key
from functions.tenants.tenants import TENANTS

LANES: Final = 1
KIND: Final = "off-boarding"
ARCHIVE_KEPT: Final = timedelta(days=7)  # by the bucket's rule
DOWNLOAD_SECONDS: Final = 3600
SHOWN: Final = 1000  # parts of the archive, in one answer
PASSES: Final = 5  # of the deletion, until nothing is found any more

State = Literal["closed", "archiving", "deleting", "ending", "done", "failed"]


class Confirmation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That it is meant: everything of the tenant goes, and nobody can bring it back."""

    confirm: Annotated[Name, Meta(description="The tenant's name")]


class PartListing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which page of the archive's parts."""

    cursor: Cursor | None = None


class ShownPart(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the archive. `url`: for an hour, as long as the archive is kept."""

    name: str
    kind: str
    lines: int
    bytes: int
    sha256: str
    url: str | None


class ShownOffBoarding(msgspec.Struct, frozen=True, kw_only=True):
    """How far a tenant's off-boarding is; when it is done, with its certificate. `certificate_text` is what was
    sealed, to the byte; `genuine` says whether that seal is ours."""

    tenant_id: Id
    name: Name
    state: State
    asked_at: Moment
    archived_at: Moment | None
    deleted_at: Moment | None
    done_at: Moment | None
    deleted: dict[str, int]
    archive_until: Moment | None
    parts: list[ShownPart]
    cursor: Annotated[str | None, Meta(description="Where the parts go on; null: these were the last")]
    certificate: Certificate | None
    certificate_text: str | None
    seal: str | None
    genuine: bool | None


class Begins(msgspec.Struct, frozen=True, kw_only=True):
    """What a job of this kind is about: at which stage it begins."""

    stage: str


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Where a piece begins. `part` numbers the pieces of a stage; `passed` counts the passes of the deletion."""

    stage: str
    cursor: str | None = None
    part: int = 1
    passed: int = 1


class _Work(NamedTuple):
    """What a stage's piece is given."""

    job: Running
    off: OffBoarding
    at: Position

    @property
    def place(self) -> Place:
        return Place(self.job.tenant, self.off.id)


class _Done(NamedTuple):
    """What a piece has come to: where the stage's next one begins, and how many things it deleted."""

    cursor: str | None = None
    counts: Mapping[str, int] = {}


class NotConfirmed(Invalid):
    message = "Write the tenant's name: everything of it will be deleted."


def request(caller: Caller, tenant_id: str, wanted: Confirmation) -> ShownOffBoarding:
    """Closes the tenant, and has it archived and deleted. Repeatable; after a failure it goes on.

    Raises NotFound, Invalid where the name is another, Changed."""
    found = find(tenant_id)
    name = found.name if found is not None else TENANTS.get(PROVIDER, tenant_id).fields.name
    if wanted.confirm != name:
        raise NotConfirmed(field="confirm")
    if found is None:
        found = _begin(caller, tenant_id)
    elif found.state == "failed":
        _again(caller, found)
    if found.state == "closed":
        tokens.revoke_all(caller, tenant_id)
    return show(tenant_id)


def show(tenant_id: str, cursor: str | None = None) -> ShownOffBoarding:
    """With a page of the archive's parts. Raises NotFound for a tenant that does not go, Invalid for a cursor of
    another list."""
    off = find(tenant_id)
    if off is None:
        raise NotFound("This tenant is not being off-boarded.", field="tenant_id")
    until = off.archived_at + ARCHIVE_KEPT if off.archived_at is not None else None
    there = until is not None and clock.now() < until
    place = Place(off.sk, off.id)
    text = off.certificate
    page = paging.query(ArchivePart, archive_key(off.sk), cursor=cursor, limit=SHOWN)
    return ShownOffBoarding(
        tenant_id=off.sk,
        name=off.name,
        state=off.state,  # type: ignore[arg-type]
        asked_at=off.asked_at,
        archived_at=off.archived_at,
        deleted_at=off.deleted_at,
        done_at=off.done_at,
        deleted=dict(off.counts or {}),
        archive_until=until,
        parts=[_shown(place, part, there=there) for part in page.items],
        cursor=page.cursor,
        certificate=msgspec.json.decode(text, type=Certificate) if text is not None else None,
        certificate_text=text,
        seal=off.seal,
        genuine=certificates.genuine(off.sk, text, str(off.seal)) if text is not None else None,
    )


def find(tenant_id: str) -> OffBoarding | None:
    return read(OffBoarding, off_boarding_key(), tenant_id)


def _begin(caller: Caller, tenant_id: str) -> OffBoarding:
    """The tenant is closed in the transaction that makes the job. The queue is not told: upkeep brings the job there,
    after a minute."""
    from functions.jobs import work

    stored = TENANTS.get(PROVIDER, tenant_id)
    off = OffBoarding(
        pk=off_boarding_key(),
        sk=tenant_id,
        id=_job_id(tenant_id, 1),
        name=stored.fields.name,
        state="closed",
        stage=_FIRST,
        tries=1,
        asked_by=caller.operator,
        asked_at=clock.now(),
        founded_at=stored.created_at,
    )
    closed = msgspec.structs.replace(stored.fields, closed=True)
    commit(
        [
            Put(item=off, condition=OffBoarding.pk.does_not_exist(), otherwise=Changed()),
            *TENANTS.change_steps(caller, stored, closed),
            *work.begin(tenant_id, off.id, KIND, caller, Begins(stage=_FIRST)),
            audit.entry(caller, "tenant.off_board", f"tenant/{tenant_id}"),
        ]
    )
    return off


def _again(caller: Caller, off: OffBoarding) -> None:
    """A job that was given up has a successor, which begins at the stage that it had reached."""
    from functions.jobs import work

    tries, version = int(off.tries) + 1, off.tries
    off.tries, off.state = tries, _STATES[off.stage]
    steps: list[Step] = [
        Put(item=off, condition=(OffBoarding.state == "failed") & (OffBoarding.tries == version), otherwise=Changed()),
        *work.begin(off.sk, _job_id(off.sk, tries), KIND, caller, Begins(stage=off.stage)),
        audit.entry(caller, "tenant.off_board", f"tenant/{off.sk}"),
    ]
    commit(steps)


def _job_id(tenant_id: str, tries: int) -> str:
    return ids.derived_id("off-boarding", tenant_id, str(tries))


# The job.


def advance(job: Running, _lane: int, position: str | None) -> Piece:
    """One piece of a stage."""
    at = msgspec.json.decode(position, type=Position) if position else Position(stage=job.about(Begins).stage)
    off = find(job.tenant)
    if off is None or off.state == "done":
        return Piece(None, {}, True)
    if at.cursor is None:
        _reached(off, at.stage)
    done = _STAGES[at.stage](_Work(job, off, at))
    if done.cursor is not None:
        following: Position | None = msgspec.structs.replace(at, cursor=done.cursor, part=at.part + 1)
    else:
        following = _following(_Work(job, off, at))
    encoded = msgspec.json.encode(following).decode() if following is not None else None
    return Piece(encoded, done.counts, following is None)


def finish(job: Running, counts: Mapping[str, int]) -> None:
    """All but the audit trail is gone."""
    off = find(job.tenant)
    if off is not None and off.state not in ("ending", "done"):
        actions = [
            OffBoarding.state.set("ending"),
            OffBoarding.deleted_at.set(clock.now()),
            OffBoarding.counts.set({name: number for name, number in sorted(counts.items()) if number}),
        ]
        update(off, actions, OffBoarding.state == off.state, Changed())


def failed(job: Running) -> None:
    off = find(job.tenant)
    if off is not None and off.state != "done":
        update(off, [OffBoarding.state.set("failed")], OffBoarding.state == off.state, Changed())


def _stop(work: _Work) -> _Done:
    clearing.stop(work.job.caller, work.job.tenant, but=work.job.id)
    return _Done()


def _archive_configuration(work: _Work) -> _Done:
    archive.configuration(work.place)
    return _Done()


def _archive_people(work: _Work) -> _Done:
    return _Done(archive.people(work.place, work.at.cursor, work.at.part, work.job.renew))


def _archive_deleted(work: _Work) -> _Done:
    found, cursor = archive.deleted(work.job.tenant, work.at.cursor, work.off.founded_at.date())
    archive.traces(work.place, f"deleted-{work.at.part:05}", found, work.job.renew)
    return _Done(cursor)


def _archive_trail(work: _Work) -> _Done:
    return _Done(archive.trail(work.place, work.at.cursor, work.at.part, work.off.founded_at.date()))


def _archive_manifest(work: _Work) -> _Done:
    archive.manifest(work.place)
    update(work.off, [OffBoarding.archived_at.set(clock.now())], OffBoarding.pk.exists(), Changed())
    return _Done()


def _delete_configuration(work: _Work) -> _Done:
    return _Done(counts={"records": clearing.configuration(work.job.tenant)})


def _delete_people(work: _Work) -> _Done:
    """The index forgets those that are gone: each piece takes what it names first."""
    found = list(islice(_present(work.job.tenant), clearing.AT_ONCE))
    number = clearing.accounts(work.job.tenant, iter(found), work.job.renew)
    return _Done("more" if len(found) == clearing.AT_ONCE else None, {"accounts": number})


def _delete_deleted(work: _Work) -> _Done:
    found, cursor = archive.deleted(work.job.tenant, work.at.cursor, work.off.founded_at.date())
    left = (each for each in found if removal.find(work.job.tenant, each) is not None)
    return _Done(cursor, {"deleted_accounts": clearing.accounts(work.job.tenant, left, work.job.renew)})


def _delete_files(work: _Work) -> _Done:
    return _Done(counts={"files": clearing.files(work.place)})


def _delete_record(work: _Work) -> _Done:
    clearing.record(work.job.caller, work.job.tenant)
    return _Done()


def _nothing(_work: _Work) -> _Done:
    return _Done()


_STAGES: Final[Mapping[str, Callable[[_Work], _Done]]] = {
    "stop": _stop,
    "archive-configuration": _archive_configuration,
    "archive-people": _archive_people,
    "archive-deleted": _archive_deleted,
    "archive-trail": _archive_trail,
    "archive-manifest": _archive_manifest,
    "delete-configuration": _delete_configuration,
    "delete-people": _delete_people,
    "delete-deleted": _delete_deleted,
    "delete-files": _delete_files,
    "check": _nothing,
    "delete-record": _delete_record,
}
"""In this order; after `check` the deletion may begin anew."""

_FIRST: Final = next(iter(_STAGES))
_STATES: Final[Mapping[str, State]] = {
    stage: "deleting" if stage.startswith("delete-") or stage == "check" else "archiving" for stage in _STAGES
}


def _following(work: _Work) -> Position | None:
    """The stage after one that is through."""
    if work.at.stage == "check" and (left := clearing.remains(work.place)) is not None:
        logger.warning("off-boarding finds more", extra={"tenant": work.job.tenant, "left": left})
        if work.at.passed >= PASSES:
            raise RuntimeError(f"{left} will not go")
        return Position(stage="delete-configuration", passed=work.at.passed + 1)
    order = list(_STAGES)
    after = order[order.index(work.at.stage) + 1 :]
    return Position(stage=after[0], passed=work.at.passed) if after else None


def _reached(off: OffBoarding, stage: str) -> None:
    actions = [OffBoarding.state.set(_STATES[stage]), OffBoarding.stage.set(stage)]
    update(off, actions, OffBoarding.state.is_in("closed", "archiving", "deleting"), Changed())


def _present(tenant: str) -> Iterator[str]:
    return (each for each in removal.listed(tenant) if removal.find(tenant, each) is not None)


def _shown(place: Place, part: ArchivePart, *, there: bool) -> ShownPart:
    url = None
    if there:
        parameters = {
            "Bucket": settings.setting("BUCKET_TRANSFERS"),
            "Key": place.folder + part.sk,
            "ResponseContentDisposition": f'attachment; filename="{part.sk}"',
            "ResponseCacheControl": "no-store",
        }
        url = aws.presigner().generate_presigned_url("get_object", Params=parameters, ExpiresIn=DOWNLOAD_SECONDS)
    return ShownPart(
        name=part.sk,
        kind=part.kind,
        lines=int(part.lines),
        bytes=int(part.size),
        sha256=part.sha256,
        url=url,
    )
