"""The end of all that a tenant has under way."""

from contextlib import suppress

from functions.common import clock
from functions.common.errors import Changed
from functions.common.table import update
from functions.jobs.models import SHARD, Job
from functions.jobs.work import KEPT


def stop(tenant: str, but: str) -> int:
    """Every running job of the tenant but one goes no further than its present piece. -> how many. Repeatable."""
    stopped = 0
    for job in Job.due.query(SHARD, filter_condition=(Job.tenant == tenant) & (Job.id != but)):
        actions = [
            Job.state.set("stopped"),
            Job.changed_at.set(clock.now()),
            Job.due_shard.remove(),
            Job.due_at.remove(),
            Job.ttl.set(int((clock.now() + KEPT).timestamp())),
        ]
        with suppress(Changed):  # it has just ended
            update(job, actions, Job.state == "running", Changed())
            stopped += 1
    return stopped
