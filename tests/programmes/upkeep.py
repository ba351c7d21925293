"""Very many accounts that are due at once, on the embedded AWS, and upkeep that works through them in runs of limited
time, each in a process of its own as a Lambda's would be: `python -m tests.programmes.upkeep SECONDS` is one."""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any, Final, NamedTuple, TypeVar

from functions.accounts import lifecycle, visit
from functions.common import clock, ids
from functions.messaging import outbox
from functions.messaging.gateways import Channel
from functions.messaging.kinds import Kind
from infra.system import System
from tests.e2e.world import Tenant, World
from tests.programmes.processes import QUIET

T = TypeVar("T")
Item = dict[str, dict[str, Any]]
"""An item as DynamoDB's JSON shows it: {"pk": {"S": "…"}}."""

ROOT: Final = Path(__file__).parents[2]
RUN: Final = 15.0  # seconds that a run may take: what is left to one in a minute when accounts are many
WRITERS: Final = 4
EVERY: Final = 10  # one account of so many has a phone, and a message that waits
PATIENCE: Final = 900.0  # seconds for one run


class Run(NamedTuple):
    """One run of upkeep: what it expired, how long it took, whether it came to its end, and its process's memory."""

    expired: int
    seconds: float
    done: bool
    megabytes: float


@dataclass(frozen=True)
class Result:
    """What came of it, and all that must not have been so (nothing, when it went well)."""

    size: int
    runs: Sequence[Run]
    seconds: float  # that upkeep was at it, from the first run's beginning to the last one's end
    wrong: Sequence[str]

    @property
    def per_second(self) -> float:
        return sum(run.expired for run in self.runs) / self.seconds

    def __str__(self) -> str:
        memory = f"{min(run.megabytes for run in self.runs):.0f}-{max(run.megabytes for run in self.runs):.0f} MB"
        return (
            f"{self.size} accounts in {len(self.runs)} runs, {self.seconds:.0f} s: {self.per_second:.0f} a second, "
            f"{memory}; {len(self.wrong)} wrong"
        )


@dataclass(frozen=True)
class Crowd:
    """The accounts of a tenant that have expired and that nobody has noticed yet, by id."""

    tenant: str
    accounts: Sequence[str]


def expire_many(system: System, size: int, *, at_once: int = 1, seconds: float = RUN) -> Result:
    """So many accounts have expired; runs of upkeep, `at_once` at the same time, go on one after the other until none
    of them has anything left. The system's own upkeep pauses."""
    with paused(system):
        return _expire(system, gather(system, size), at_once, seconds)


def _expire(system: System, crowd: Crowd, at_once: int, seconds: float) -> Result:
    function = system.client("lambda").get_function_configuration(FunctionName=system.physical_id("UpkeepVisit"))
    environment = {**os.environ, **function["Environment"]["Variables"], **system.aws.environment(), **QUIET}
    runs: list[Run] = []
    begun = time.monotonic()
    while not runs or not all(run.done for run in runs[-at_once:]):
        command = [sys.executable, "-m", "tests.programmes.upkeep", str(seconds)]
        started = [Popen(command, env=environment, stdout=PIPE, cwd=ROOT) for _ in range(at_once)]
        runs += [Run(*json.loads(each.communicate(timeout=PATIENCE)[0])) for each in started]
    return Result(len(crowd.accounts), runs, time.monotonic() - begun, list(wrong(system, crowd)))


def run(seconds: float) -> Run:
    """One run, on the tables that the environment names."""
    begun = time.monotonic()
    report = visit.run(lambda: time.monotonic() - begun > seconds)
    return Run(report.counts.get("account.expired", 0), time.monotonic() - begun, report.done, _megabytes())


def _megabytes() -> float:
    """The most that this process has ever used; not `getrusage`, which begins with what its parent did."""
    (line,) = (each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


@contextmanager
def paused(system: System) -> Iterator[None]:
    """The schedule of visits rests: the runs that are measured are the only ones."""
    events = system.client("events")
    names = [rule["Name"] for rule in events.list_rules()["Rules"] if "UpkeepVisit" in rule["Name"]]
    assert names, "the schedule of visits is not there"
    for name in names:
        events.disable_rule(Name=name)
    try:
        yield
    finally:
        for name in names:
            events.enable_rule(Name=name)


def gather(system: System, size: int) -> Crowd:
    """Copies of an account that the API made, written straight into the tables; one of ten has a phone, and a message
    that waits."""
    world = World(system)
    tenant = world.new_tenant()
    world.new_profile(tenant)
    account, device = _model(system, tenant)
    made = [ids.new_id() for _ in range(size)]
    _write(system, "AccountsTable", _accounts(account, device, made))
    _write(system, "MessagesTable", (_waiting(tenant, each) for each in made[::EVERY]))
    return Crowd(tenant.id, made)


def wrong(system: System, crowd: Crowd) -> Iterator[str]:
    """What every account must have come to: expired, once, in its own words and in the audit trail's."""
    known = set(crowd.accounts)
    prefix = f"{crowd.tenant}|"
    standings = Counter(
        row["standing"]["S"]
        for row in _scan(system, "AccountsTable", "pk, standing, due_at")
        if row["pk"]["S"].startswith(f"{prefix}account|") and row["pk"]["S"].rpartition("|")[2] in known
    )
    if standings != {"expired": len(known)}:
        yield f"accounts are {dict(standings)}"
    told = Counter(
        row["pk"]["S"].rpartition("|")[2]
        for row in _scan(system, "HistoryTable", "pk, event")
        if row["pk"]["S"].startswith(prefix) and row["event"]["S"] == "account.expired"
    )
    audited = Counter(
        row["target"]["S"].partition("/")[2]
        for row in _scan(system, "AuditTable", "pk, #action, target", {"#action": "action"})
        if row["pk"]["S"].startswith(prefix) and row["action"]["S"] == "account.expire"
    )
    for name, found in (("history", told), ("audit", audited)):
        if missed := known - found.keys():
            yield f"{len(missed)} accounts are missing in the {name}"
        if repeated := [each for each, number in found.items() if number > 1]:
            yield f"{len(repeated)} accounts stand more than once in the {name}"
    slots = Counter(
        row["standing"]["S"]
        for row in _scan(system, "AccountsTable", "pk, account_id, standing")
        if row["pk"]["S"].startswith(f"{prefix}user|") and row["account_id"]["S"] in known
    )
    if slots != {"expired": len(known)}:
        yield f"slots are {dict(slots)}"
    waiting = Counter(
        row["state"]["S"]
        for row in _scan(system, "MessagesTable", "pk, #state", {"#state": "state"})
        if row["pk"]["S"].startswith(prefix) and row["pk"]["S"].rpartition("|")[2] in known
    )
    if waiting != {"cancelled": len(crowd.accounts[::EVERY])}:
        yield f"messages are {dict(waiting)}"


def _model(system: System, tenant: Tenant) -> tuple[Item, Item]:
    """An account and its slot, as they lie in their table."""
    body = {"full_name": "One of many", "number": "+12025550000", "group_id": tenant.group_id}
    made = tenant.api.create("/v1/accounts", body)
    tables, name = system.client("dynamodb"), system.physical_id("AccountsTable")
    found = []
    for pk in (f"{tenant.id}|account|{made['id']}", f"{tenant.id}|user|{tenant.domain}|{made['username']}"):
        found.append(tables.get_item(TableName=name, Key={"pk": {"S": pk}, "sk": {"S": "-"}})["Item"])
    tables.delete_item(TableName=name, Key={"pk": found[0]["pk"], "sk": {"S": "-"}})
    return found[0], found[1]


def _accounts(account: Item, device: Item, made: Sequence[str]) -> Iterator[Item]:
    """Each one expired at another moment of the last day."""
    old = (account["id"]["S"], account["username"]["S"], account["number"]["S"])
    now = datetime.now(UTC)
    for number, id_ in enumerate(made):
        expired = now - timedelta(seconds=60 + number % 86_400)
        fresh = (id_, f"1{number:09}", f"+1202{number:07}")
        common = {"expires_at": {"S": clock.text(expired)}}
        due = {"due_shard": {"S": lifecycle.shard(id_)}, "due_at": {"N": str(int(expired.timestamp()) + 1)}}
        yield _copied(account, old, fresh) | common | due
        phone = {"ha1_md5": {"S": "-"}, "ha1_sha256": {"S": "-"}, "epoch": {"N": "1"}} if not number % EVERY else {}
        yield _copied(device, old, fresh) | common | phone


def _copied(item: Item, old: Sequence[str], fresh: Sequence[str]) -> Item:
    text = json.dumps(item)
    for before, after in zip(old, fresh, strict=True):
        text = text.replace(before, after)
    copied: Item = json.loads(text)
    return copied


def _waiting(tenant: Tenant, account: str) -> Item:
    later = datetime.now(UTC) + timedelta(days=30)
    composed = outbox.compose(tenant.id, account, Kind.installation, Channel.sms, "crowd", None, send_at=later)
    item: Item = composed.step.item.serialize()
    return item


def _write(system: System, table: str, items: Iterator[Item]) -> None:
    tables, name = system.client("dynamodb"), system.physical_id(table)

    def put(group: list[Item]) -> None:
        answer = tables.batch_write_item(RequestItems={name: [{"PutRequest": {"Item": item}} for item in group]})
        assert not answer.get("UnprocessedItems"), "the table took a part only"

    with ThreadPoolExecutor(WRITERS) as pool:
        for _ in pool.map(put, _groups(items, 25)):
            pass


def _scan(system: System, table: str, names: str, called: dict[str, str] | None = None) -> Iterator[Item]:
    wanted: dict[str, Any] = {"ProjectionExpression": names, "TableName": system.physical_id(table)}
    if called is not None:
        wanted["ExpressionAttributeNames"] = called
    for page in system.client("dynamodb").get_paginator("scan").paginate(**wanted):
        yield from page["Items"]


def _groups(things: Iterator[T], size: int) -> Iterator[list[T]]:
    while group := list(islice(things, size)):
        yield group


if __name__ == "__main__":
    print(json.dumps(run(float(sys.argv[1]))))
