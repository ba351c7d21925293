"""The stages of an import, and what an operator may do at each.

awaiting_file → checking → checked → running → done; refused when the file cannot be read; cancelled at any time before
it is done; a done or cancelled one can be undone (looking → undoing → undone) as long as nobody has activated."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Final, cast

from pynamodb.expressions.update import Action

from functions.accounts.groups import GROUPS
from functions.common import audit, clock
from functions.common.caller import Caller
from functions.common.errors import Changed, Conflict, Forbidden, Invalid, NotFound
from functions.common.requests import Replayed, RequestMark
from functions.common.table import read, update
from functions.common.transaction import Put, Step, Update, commit, new, retried
from functions.imports import files
from functions.imports.kept import Ref, Waiting, Waits
from functions.imports.models import CHECKED_AT_ONCE, ROWS, Found, Import, ImportFields, State, imports_key
from functions.jobs import work
from functions.jobs.kinds import Running
from functions.messaging import send_limits, timing
from functions.operators.permissions import allows
from functions.provisioning import profiles
from functions.tenants import tenants

KEPT: Final = timedelta(days=90)
LAPSE: Final = "import-lapse"
FILES_KEPT: Final = timedelta(days=6, hours=12)  # by the bucket's rule a little longer
ADOPTED_WITHIN: Final = timedelta(days=1)  # HA1s wait no longer for a check, and no longer for a start
GIVEN_UP: Final = "It failed again and again, and was given up. The reason has been recorded."
NOT_BEGUN: Final = "It could not be begun by itself: start it by hand."
LAPSED: Final[dict[Waits, str]] = {
    "awaiting_file": "Its file was not checked within a day, and is removed with the secrets in it. Import it again.",
    "checked": "It was not started within a day of its check, and its secrets are removed. Import the file again.",
}


class WrongStage(Conflict):
    code = "wrong_stage"
    message = "The import is not at the stage where this can be done: see its state."


class TooManyMessages(Conflict):
    code = "too_many_messages"


class Claimed(Conflict):
    code = "claimed"


class TooManyMissing(Conflict):
    code = "too_many_missing"


def find(tenant: str, import_id: str) -> Import | None:
    return read(Import, imports_key(tenant), import_id)


def get(caller: Caller, import_id: str) -> Import:
    """Raises NotFound, also for one of an operator who sees more groups: its rows may name those."""
    found = find(caller.tenant, import_id)
    if found is None or not _within(caller, found):
        raise NotFound("There is no import with this id.", field="import_id")
    return found


def every(caller: Caller) -> list[Import]:
    """The tenant's imports that the caller may see, newest first."""
    found = Import.query(imports_key(caller.tenant), consistent_read=True)
    return sorted(
        (each for each in found if _within(caller, each)),
        key=lambda each: (each.created_at, each.id),
        reverse=True,
    )


def at(tenant: str, import_id: str, job: str, *states: State) -> Import | None:
    """The import, where it is at one of these stages and this is the job that does it."""
    found = find(tenant, import_id)
    return found if found is not None and found.job == job and found.state in states else None


def create(caller: Caller, fields: ImportFields, size: int | None, csv: str | None, mark: RequestMark) -> Import:
    """An import whose file is awaited, or, with `csv`, is being checked. Raises Invalid, Forbidden."""
    _check(caller, fields)
    if (size is None) == (csv is None):
        raise Invalid("Send either csv, for a small file, or the size of the file that you will upload.", field="csv")
    content = csv.encode() if csv is not None else None
    import_id = mark.id("import")
    try:
        mark.check()
        if content is not None:
            files.put(f"{files.folder(caller.tenant, import_id)}/upload", content)
        now = clock.now()
        item = Import(
            pk=imports_key(caller.tenant),
            sk=import_id,
            tenant=caller.tenant,
            id=import_id,
            state="awaiting_file" if content is None else "checking",
            fields=fields,
            caller=caller,
            scope=caller.groups,
            job=job_id(import_id, "import-check") if content is not None else None,
            size=size if content is None else len(content),
            created_at=now,
            changed_at=now,
            ttl=int((now + KEPT).timestamp()),
        )
        job = job_id(import_id, "import-check")
        checking = _job(caller, import_id, job, "import-check") if content is not None else []
        lapsing = _lapsing(item) if content is None else []
        commit([new(item), *checking, *lapsing, _noted(caller, import_id, "create", fields.mode), *mark.steps()])
    except Replayed:
        return get(caller, import_id)
    if content is not None:
        work.enqueue_all(caller.tenant, job, "import-check")
    return item


def upload(stored: Import) -> files.FileUpload | None:
    """Where the awaited file goes to; None when it is not awaited."""
    if stored.state != "awaiting_file":
        return None
    return files.upload(stored.tenant, stored.id, int(stored.size))


def check(caller: Caller, import_id: str) -> Import:
    """The file is there: it is read and judged. Repeatable. Raises NotFound, WrongStage."""
    stored = get(caller, import_id)
    if stored.state == "checking":
        return stored
    _at(stored, "awaiting_file")
    return _begin(caller, stored, "checking", "import-check", "check", again=clock.text(clock.now()))


def start(caller: Caller, stored: Import) -> Import:
    """What the check has found is done. Repeatable. Raises WrongStage, TooManyMessages, TooMany."""
    if stored.state == "running":
        return stored
    _at(stored, "checked", "failed")
    found = stored.found
    if found is None or (stored.state == "failed" and stored.former != "running"):
        raise WrongStage(f"It failed while it was {stored.former}: this cannot go on. Import the file again.")
    _must_be_kept(stored)
    tenant = tenants.get(stored.tenant).fields
    first = stored.state == "checked"  # what failed has been counted
    if first and found.messages > tenant.messages_per_operator:
        raise TooManyMessages(
            f"This import sends {found.messages} messages; you may ask for {tenant.messages_per_operator} a day (the "
            "tenant's messages_per_operator). Have the provider raise that, ask for fewer messages, or divide the file "
            "and start each part on another day."
        )
    counted = [send_limits.counted(caller, tenant, found.messages)] if first and found.messages else []
    return _begin(caller, stored, "running", "import-run", "start", again=clock.text(clock.now()), also=counted)


def cancel(caller: Caller, import_id: str) -> Import:
    """Rows that are done stay done. Repeatable. Raises NotFound, WrongStage."""

    def change() -> Import:
        stored = get(caller, import_id)
        if stored.state in ("cancelling", "cancelled"):
            return stored
        _at(stored, "awaiting_file", "checking", "checked", "running")
        after: State = "cancelling" if stored.state == "running" else "cancelled"
        commit([_moved(stored, after), _noted(caller, import_id, "cancel")])
        return get(caller, import_id)

    cancelled = retried(change)
    if cancelled.state == "cancelled":
        forget(cancelled)
    return cancelled


def undo(caller: Caller, import_id: str) -> Import:
    """The accounts that it made are deleted, if nobody has activated: that is looked at first. Repeatable.

    Raises NotFound, WrongStage."""
    stored = get(caller, import_id)
    if stored.state in ("looking", "undoing", "undone"):
        return stored
    _at(stored, "done", "cancelled", "failed")
    if stored.found is None or (stored.state == "cancelled" and stored.counts is None):
        raise WrongStage("This import has made nothing.")
    if stored.state == "failed" and stored.job is not None and work.busy(stored.tenant, stored.job):
        raise WrongStage("Some of its rows are being done yet: repeat in two minutes.")
    _must_be_kept(stored)
    return _begin(caller, stored, "looking", "import-look", "undo", again=clock.text(clock.now()))


def disable_missing(caller: Caller, import_id: str) -> Import:
    """Those who are missing from a sync's file are disabled. Repeatable.

    Raises NotFound, WrongStage, TooManyMissing."""
    stored = get(caller, import_id)
    if stored.state == "disabling":
        return stored
    _at(stored, "done")
    found = stored.found
    if stored.fields.mode != "sync" or found is None:
        raise WrongStage("Only an import in mode sync asks who is missing.")
    _must_be_kept(stored)
    if found.problems:
        raise WrongStage(
            f"{found.problems} rows have problems, and may be about people who only seem to be missing. Correct them, "
            "and import the file again."
        )
    if too_many(stored):
        raise TooManyMissing(
            f"{found.missing} of {found.missing_of} people are missing from the file: more than "
            f"{stored.fields.missing.most_percent} %. If that is right, import again with a higher most_percent."
        )
    return _begin(caller, stored, "disabling", "import-disable", "disable_missing", again=clock.text(clock.now()))


def too_many(stored: Import) -> bool:
    """Whether more are missing than the import allows."""
    found = stored.found
    if found is None or not found.missing:
        return False
    return found.missing * 100 > stored.fields.missing.most_percent * found.missing_of


def look_over(stored: Import, claimed: int) -> None:
    """It was looked whether the import can be undone: then it is, else all stays."""
    if claimed:
        some = "One person has" if claimed == 1 else f"{claimed} people have"
        text = f"{some} activated: it is not undone. Delete accounts singly, or disable them."
        _back(stored, text)
        return
    _begin(stored.caller, stored, "undoing", "import-undo", None, again=clock.text(stored.changed_at))


def over(stored: Import, state: State, counts: Mapping[str, int], report_pages: int | None = None) -> None:
    """A stage is over. Repeatable."""
    actions: list[Action] = [Import.counts.set({**(stored.counts or {}), **counts}), Import.job.remove()]
    if report_pages is not None:
        actions.append(Import.report_pages.set(report_pages))
    commit([_moved(stored, state, actions)])


def refuse(stored: Import, reason: str) -> None:
    update(stored, _moves("refused", [Import.problem.set(reason)]), Import.state == "checking", Changed())
    forget(stored)


def forget(stored: Import) -> None:
    """The file as it came goes, and what was read from it: nobody needs it any more."""
    folder = files.folder(stored.tenant, stored.id)
    chunks = stored.found.chunks if stored.found is not None else ceil((stored.read or 0) / ROWS) + CHECKED_AT_ONCE
    read = [f"{folder}/{what}/{number:05}" for what in ("rows", "seen") for number in range(chunks)]
    files.remove([f"{folder}/upload", *read])


def not_uploaded(stored: Import) -> None:
    """There was nothing to read: the file is still awaited."""
    text = "Nothing had been uploaded: put the file to the upload address, then repeat."
    update(stored, _moves("awaiting_file", [Import.problem.set(text)]), Import.state == "checking", Changed())


def checked(stored: Import, found: Found, began: datetime) -> None:
    """`began`: when the check did; whoever has changed since is known to have."""
    actions = [Import.found.set(found), Import.checked_at.set(began), Import.read.remove()]
    commit([_moved(stored, "checked", actions), *_lapsing(stored, "checked")])


def read_whole(tenant: str, import_id: str) -> None:
    """What was read from the file is enough from now on: as it came it goes, with the secrets in it. Repeatable."""
    stored = find(tenant, import_id)
    if stored is not None and stored.state not in ("awaiting_file", "checking"):
        files.remove([f"{files.folder(tenant, import_id)}/upload"])


def lapse(tenant: str, waiting: Waiting) -> None:
    """Nobody has checked it, or started it, within a day: it is cancelled, with its files. Repeatable."""
    stored = find(tenant, waiting.import_id)
    if stored is not None and stored.state == waiting.state:
        commit([_moved(stored, "cancelled", [Import.problem.set(LAPSED[waiting.state])])])
        stored = find(tenant, waiting.import_id)
    if stored is not None and stored.state == "cancelled":
        forget(stored)


def reading(stored: Import, rows: int) -> bool:
    """So many rows are read; False when the check is not wanted any more."""
    try:
        update(stored, [Import.read.set(rows)], Import.state == "checking", Changed())
    except Changed:
        return False
    return True


def noted(stored: Import, problem: str) -> None:
    """Something to tell, with no change of stage."""
    update(stored, [Import.problem.set(problem)], Import.pk.exists(), Changed())


def given_up(job: Running) -> None:
    """The job that does the import's present stage has failed for ever. What was looked at, undone or disabled is again
    where it came from, and may be wanted again."""
    stored = find(job.tenant, job.about(Ref).import_id)
    if stored is None or stored.job != job.id:
        return
    match stored.state:
        case "looking" | "undoing" | "disabling":
            _back(stored, GIVEN_UP)
        case "checked":
            noted(stored, NOT_BEGUN)
        case former:
            commit([_moved(stored, "failed", [Import.problem.set(GIVEN_UP), Import.former.set(former)])])
            if former == "checking":
                forget(stored)


def job_id(import_id: str, kind: str, again: str = "") -> str:
    """A job of each kind, once; those that may be wanted again have the time in their name."""
    return f"{import_id}-{kind}" + (f"-{again}" if again else "")


def _check(caller: Caller, fields: ImportFields) -> None:
    if fields.mode == "adopt" and not allows(caller.role, "accounts:enrol"):
        raise Forbidden("Only an administrator may adopt accounts with their secrets.")
    if fields.mode == "adopt" and fields.messages:
        raise Invalid("Phones that are adopted work already: send them nothing.", field="messages")
    if fields.missing.scope == "tenant" and fields.mode == "sync" and caller.groups is not None:
        raise Invalid("Your token sees some groups alone: the scope is one of them.", field="missing")
    if not caller.sees(fields.group_id) or GROUPS.find(caller.tenant, fields.group_id) is None:
        raise Invalid("There is no group with this id.", field="group_id")
    if fields.profile_id is not None and profiles.PROFILES.find(caller.tenant, fields.profile_id) is None:
        raise Invalid("There is no profile with this id.", field="profile_id")
    if len(set(fields.messages)) < len(fields.messages):
        raise Invalid("The same message is asked for twice.", field="messages")
    timing.check_time(fields.send_at)


def _back(stored: Import, problem: str) -> None:
    """To where it came from, before it was asked to be undone or its missing people to be disabled. Of a run that
    failed `former` says where it did; once accounts of its were deleted it cannot go on."""
    before = cast(State, stored.former if stored.former in ("done", "cancelled") else "failed")
    actions: list[Action] = [Import.problem.set(problem), Import.job.remove()]
    if before == "failed" and stored.state == "undoing":
        actions.append(Import.former.set(stored.state))
    commit([_moved(stored, before, actions)])


def _begin(
    caller: Caller,
    stored: Import,
    state: State,
    kind: str,
    action: str | None,
    again: str = "",
    also: Sequence[Step] = (),
) -> Import:
    """The next stage, with the job that does it; the operator who wants it is on whose behalf it is done."""
    entry = [_noted(caller, stored.id, action)] if action is not None else []
    job = job_id(stored.id, kind, again)
    actions = [Import.caller.set(caller), Import.job.set(job), Import.problem.remove()]
    if stored.state not in ("looking", "failed"):  # those go back to where they came from
        actions.append(Import.former.set(stored.state))
    commit([_moved(stored, state, actions), *_job(caller, stored.id, job, kind), *entry, *also])
    work.enqueue_all(stored.tenant, job, kind)
    moved = find(stored.tenant, stored.id)
    assert moved is not None  # just written
    return moved


def _job(caller: Caller, import_id: str, job: str, kind: str) -> list[Step]:
    return work.begin(caller.tenant, job, kind, caller, Ref(import_id=import_id))


def _lapsing(stored: Import, state: Waits = "awaiting_file") -> list[Step]:
    """Nothing that has HA1s in it waits at this stage for longer than a day."""
    if stored.fields.mode != "adopt":
        return []
    job, about = job_id(stored.id, LAPSE, state), Waiting(import_id=stored.id, state=state)
    return work.begin(stored.tenant, job, LAPSE, stored.caller, about, after=ADOPTED_WITHIN)


def _within(caller: Caller, stored: Import) -> bool:
    """Whether the caller sees all that the import may be about."""
    return caller.groups is None or (stored.scope is not None and stored.scope <= caller.groups)


def _must_be_kept(stored: Import) -> None:
    """Raises WrongStage when the bucket has forgotten the import's files."""
    if stored.checked_at is not None and clock.now() > stored.checked_at + FILES_KEPT:
        raise WrongStage("The files of this import are kept for a week, and are gone. Import the file again.")


def _at(stored: Import, *states: State) -> None:
    if stored.state not in states:
        raise WrongStage(f"The import is {stored.state}; this needs one that is {' or '.join(states)}.")


def _moves(state: State, also: Sequence[Action] = ()) -> list[Action]:
    return [Import.state.set(state), Import.changed_at.set(clock.now()), *also]


def _moved(stored: Import, state: State, also: Sequence[Action] = ()) -> Update:
    return Update(item=stored, actions=_moves(state, also), condition=Import.state == stored.state)


def _noted(caller: Caller, import_id: str, action: str, mode: str | None = None) -> Put:
    after = {"mode": mode} if mode is not None else None
    return audit.entry(caller, f"import.{action}", f"import/{import_id}", after=after)
