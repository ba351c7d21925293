"""Imports done by workers of our own on the embedded AWS: measured, or killed again and again.

They take entries from a queue of their own, so that the deployed function does not work beside them. Nothing of ours is
imported in such a process before its environment is set."""

import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.programmes.processes import QUIET, processes

if TYPE_CHECKING:
    from infra.system import System
    from tests.e2e.world import Tenant

HEAD: Final = "fullName,gsmNumber,email,securityModel,description,mobile,externalId"
FIRST: Final = 2_000_000  # of the numbers: +1202 and seven digits
IMPATIENT: Final = 2  # seconds of a lease in workers that are to be killed
LIFE: Final = (0.3, 2.5)  # seconds that such a worker lives, from its first entry on


@dataclass(frozen=True)
class Imported:
    """One import from upload to result, by one worker. `calls`: AWS's, by name; `memory`: resident MB, at each chunk
    that was written; seconds and CPU seconds of check and run together."""

    rows: int
    done: dict[str, int]
    seconds: float
    cpu_seconds: float
    calls: dict[str, int]
    memory: list[float]

    @property
    def calls_per_row(self) -> float:
        return sum(self.calls.values()) / self.rows

    @property
    def cpu_per_row(self) -> float:
        """Milliseconds."""
        return self.cpu_seconds / self.rows * 1000

    @property
    def growth(self) -> float:
        """How much more memory the last tenth of the chunks took than the second tenth."""
        tenth = max(len(self.memory) // 10, 1)
        early, late = self.memory[tenth : 2 * tenth], self.memory[-tenth:]
        return max(late) / max(early)


def people(size: int, mobile: int | None = None) -> Iterator[bytes]:
    """A file of so many people; with `mobile` every one has one of their own, counted from there."""
    yield f"{HEAD}\n".encode()
    for n in range(size):
        number = f"+1202{FIRST + n:07}"
        to = f"+4179{mobile + n:07}" if mobile is not None else ""
        yield f"Person Nº {n},{number},p{n}@example.org,end-to-site,one of many,{to},E{n}\n".encode()


def import_rows(system: "System", tenant: "Tenant", size: int) -> Imported:
    """Imports a new file of so many people into an empty tenant."""
    import_ = uploaded(system, tenant, b"".join(people(size)))
    with own_queue(system) as environment, processes(1, environment) as one:
        measured = one.submit(_measured, tenant.id, import_).result()
    return Imported(size, *measured)


def uploaded(system: "System", tenant: "Tenant", content: bytes, **fields: object) -> str:
    """An import whose file lies in the bucket; it has not been looked at."""
    from tests.e2e.web import request

    body = {"group_id": tenant.group_id, "size": len(content), **fields}
    made = tenant.api.create("/v1/imports", body)
    answer = request("PUT", made["upload"]["url"], made["upload"]["headers"], content)
    assert answer.status == 200, answer.text
    return str(made["id"])


@contextmanager
def own_queue(system: "System") -> Iterator[dict[str, str]]:
    """The environment of the function that does long work, but for its queue, which nobody else reads."""
    function = system.client("lambda").get_function_configuration(FunctionName=system.physical_id("JobsWork"))
    queues = system.client("sqs")
    name = f"work-{os.getpid()}-{random.randrange(10**9)}"
    url = queues.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "1"})["QueueUrl"]
    try:
        yield function["Environment"]["Variables"] | system.aws.environment() | {"QUEUE_WORK": url}
    finally:
        queues.delete_queue(QueueUrl=url)


@dataclass(frozen=True)
class Killed:
    """An import whose workers were killed: how often, after how many seconds each, and how it ended."""

    kills: int
    lives: Sequence[float]
    import_id: str


def killed(system: "System", tenant: "Tenant", content: bytes, kills: int, seed: int, **fields: object) -> Killed:
    """Two workers at any time; one of them is killed without warning, and another begins, `kills` times. Then they go
    on until the import is done."""
    import_ = uploaded(system, tenant, content, **fields)
    chance = random.Random(seed)
    spawn = multiprocessing.get_context("spawn")
    lives: list[float] = []
    with own_queue(system) as environment:

        def worker() -> Any:
            ready = spawn.Event()
            process = spawn.Process(target=_impatient, args=(environment, ready), daemon=True)
            process.start()
            assert ready.wait(60)
            return process

        with processes(1, environment) as one:
            one.submit(_begin, tenant.id, import_).result()
        working = [worker(), worker()]
        try:
            for _ in range(kills):
                lives.append(chance.uniform(*LIFE))
                time.sleep(lives[-1])  # how long it lives is what is tried, not something that is waited for
                victim = working.pop(chance.randrange(len(working)))
                victim.kill()
                victim.join()
                working.append(worker())
            end = time.monotonic() + 240
            while tenant.api.get(f"/v1/imports/{import_}")["state"] in ("checking", "running"):
                assert time.monotonic() < end, tenant.api.get(f"/v1/imports/{import_}")
                time.sleep(0.3)
        finally:
            for process in working:
                process.kill()
                process.join()
    return Killed(kills, lives, import_)


def _begin(tenant: str, import_id: str) -> None:
    """As an operator's request does; it begins to run by itself when it was checked."""
    from functions.imports import stages

    stored = stages.find(tenant, import_id)
    assert stored is not None
    stages.check(stored.caller, import_id)


def _impatient(environment: dict[str, str], ready: Any) -> None:
    """A worker that brings back what is left lying, too, and is quick to believe that others are dead."""
    os.environ.update(environment | QUIET)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    from functions.imports import checking, running
    from functions.jobs import work

    for module, name, value in (
        (work, "LEASE", IMPATIENT),
        (work, "LOOKED_AFTER", 1),
        (work, "PAUSE", 1),
        (checking, "ROWS", 20),
        (checking, "CHECKED_AT_ONCE", 1),
        (running, "ROWS", 20),
        (running, "RENEWED", 5),
    ):
        setattr(module, name, value)
    ready.set()
    while True:
        _take_one()
        work.sweep(lambda: False)


def _measured(tenant: str, import_id: str) -> tuple[dict[str, int], float, float, dict[str, int], list[float]]:
    from botocore.client import BaseClient

    from functions.imports import stages

    calls: Counter[str] = Counter()
    memory: list[float] = []
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def counting(self: Any, operation: str, parameters: Any) -> Any:
        if operation not in ("ReceiveMessage", "DeleteMessage"):  # which Lambda makes
            calls[operation] += 1
        if operation == "PutObject":
            memory.append(_resident())
        return call(self, operation, parameters)

    BaseClient._make_api_call = counting  # type: ignore[attr-defined]
    began, cpu = time.monotonic(), time.process_time()
    stored = stages.find(tenant, import_id)
    assert stored is not None
    stages.check(stored.caller, import_id)
    while (stored := stages.find(tenant, import_id)) and stored.state in ("checking", "running"):
        _take_one()
        if (stored := stages.find(tenant, import_id)) and stored.state == "checked":
            stages.start(stored.caller, stored)
    assert stored is not None
    assert stored.state == "done", (stored.state, stored.problem)
    return (
        dict(stored.counts or {}),
        time.monotonic() - began,
        time.process_time() - cpu,
        dict(calls),
        memory,
    )


def _take_one() -> None:
    """One entry of the queue through the function's handler, if there is one."""
    from functions.common import aws
    from functions.jobs.triggers import work

    queues, url = aws.client("sqs"), os.environ["QUEUE_WORK"]
    found = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=1, WaitTimeSeconds=0).get("Messages", [])
    for message in found:
        record = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": {},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:work",
            "awsRegion": "eu-west-1",
        }
        queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        work({"Records": [record]}, _Context())
    if not found:
        time.sleep(0.05)


class _Context:
    """What Lambda tells a function; here it has much time."""

    function_name = "jobs-work"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:jobs-work"
    aws_request_id = "0"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 900_000


def _resident() -> float:
    """This process's resident memory, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
