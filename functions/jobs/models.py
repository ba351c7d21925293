"""Long work at rest: what is to be done, and how far each of its lanes has come."""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from functions.common import settings
from functions.common.caller import Caller
from functions.common.table import Due, MomentAttribute, StructAttribute, Table, TableMeta, key

FINISH = -1  # the lane that comes after all others
SHARD = "jobs"  # of the index that upkeep reads: there are few jobs at any time


class Job(Table):
    """Work that takes longer than one invocation. Keys: tenant, `job` and id | -.

    States: running → done, failed or stopped. `about` is the JSON of the kind's own struct."""

    class Meta(TableMeta):
        table_name = settings.table("jobs")

    tenant = UnicodeAttribute()
    id = UnicodeAttribute()
    kind = UnicodeAttribute()
    state = UnicodeAttribute()
    about = UnicodeAttribute()
    caller = StructAttribute[Caller](Caller)  # on whose behalf
    lanes = NumberAttribute()
    created_at = MomentAttribute()
    changed_at = MomentAttribute()
    due_shard = UnicodeAttribute(null=True)
    due_at = NumberAttribute(null=True)  # epoch seconds: upkeep looks after it then, while it is under way
    ttl = NumberAttribute(null=True)

    due = Due()


class Lane(Table):
    """One of a job's lanes: who works on it, and how far it has come. Keys: tenant, `job` and id | `lane`, number; the
    one that stands for what comes after all others: | `finish`."""

    class Meta(TableMeta):
        table_name = settings.table("jobs")

    number = NumberAttribute()
    position = UnicodeAttribute(null=True)  # JSON of the kind's own
    counts = StructAttribute[dict[str, int]](dict[str, int])
    pieces = NumberAttribute()  # done so far: one that was done by somebody else meanwhile is not counted twice
    tries = NumberAttribute()  # of the present piece
    done = BooleanAttribute()
    owner = UnicodeAttribute(null=True)
    lease_until = NumberAttribute(null=True)  # epoch seconds
    ttl = NumberAttribute(null=True)


def job_key(tenant: str, job_id: str) -> str:
    return key(tenant, "job", job_id)


def lane_key(number: int) -> str:
    return key("lane", f"{number:03}") if number != FINISH else "finish"
