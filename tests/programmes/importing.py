"""Imports done by workers of our own on the embedded AWS: measured, or killed again and again.

They take entries from a queue of their own, so that the deployed function does not work beside them. Nothing of ours is
imported in such a process before its environment is set."""

import multiprocessing
import os
import random
import signal
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
ALONE: Final = 86_400  # seconds for which upkeep brings no lane to the deployed function, which would work beside
ENDED_WITHIN: Final = 600.0  # seconds, once nobody is killed any more
LONGEST_LIFE: Final = 40  # calls to AWS
AIMLESS: Final = (
    "ReceiveMessage",
    "DeleteMessage",
    "Query",
    "GetItem",
)  # calls of a worker that has nothing to do, too


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
        imported = Imported(size, *one.submit(_measured, tenant.id, import_).result())
    assert imported.calls["TransactWriteItems"] >= size, "somebody else worked on it, too"
    return imported


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
    """An import whose workers were killed, and at which of its calls to AWS each of them was."""

    deaths: Sequence[str]
    import_id: str


def killed(system: "System", tenant: "Tenant", content: bytes, kills: int, seed: int, **fields: object) -> Killed:
    """Two workers at any time. Each is killed without warning at one of the calls that it makes for the import, at
    random, before AWS has it or after; and another begins. After so many `kills` two go on until the import is done."""
    from tests.e2e.crowd import eventually
    from tests.programmes.upkeep import paused

    import_ = uploaded(system, tenant, content, **fields)
    chance = random.Random(seed)
    deaths: list[str] = []
    with paused(system), own_queue(system) as environment:  # whose sweep would bring lanes to workers that live on

        def state() -> Any:
            return tenant.api.get(f"/v1/imports/{import_}")

        def mortal() -> "_Worker":
            return _Worker(environment, chance.randint(1, LONGEST_LIFE), chance.choice(("before", "after")))

        with processes(1, environment) as one:
            one.submit(_begin, tenant.id, import_).result()
        working = [mortal(), mortal()]
        try:
            end = time.monotonic() + ENDED_WITHIN
            while len(deaths) < kills:
                for dead in [each for each in working if each.died(within=0.2)]:
                    deaths.append(dead.last_words)
                    working.remove(dead)
                    working.append(mortal() if len(deaths) <= kills - 2 else _Worker(environment))
                assert time.monotonic() < end, (len(deaths), state())
            done = eventually(lambda: state()["state"] not in ("checking", "running"), ENDED_WITHIN)
            assert done, state()
        finally:
            for each in working:
                each.end()
    return Killed(deaths, import_)


class _Worker:
    """A process that works on imports: until the `life`th call that it makes for one, or until it is ended."""

    def __init__(self, environment: dict[str, str], life: int = 0, moment: str = "") -> None:
        spawn = multiprocessing.get_context("spawn")
        self._heard, words = spawn.Pipe(duplex=False)
        self._process = spawn.Process(target=_impatient, args=(environment, life, moment, words), daemon=True)
        self._process.start()
        words.close()

    def died(self, within: float) -> bool:
        """Whether it is dead by now, or in so many seconds."""
        self._process.join(within)
        return not self._process.is_alive()

    @property
    def last_words(self) -> str:
        """When it died: "before PutObject". Raises EOFError when it died of something else."""
        return str(self._heard.recv())

    def end(self) -> None:
        self._process.kill()
        self._process.join()


def _begin(tenant: str, import_id: str) -> None:
    """As an operator's request does; it begins to run by itself when it was checked."""
    from functions.imports import stages
    from functions.jobs import work

    work.LOOKED_AFTER = 1  # type: ignore[misc]
    stored = stages.find(tenant, import_id)
    assert stored is not None
    stages.check(stored.caller, import_id)


def _impatient(environment: dict[str, str], life: int, moment: str, words: Any) -> None:
    """A worker that brings back what is left lying, too, and is quick to believe that others are dead."""
    os.environ.update(environment | QUIET)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if life:
        _die_at(life, moment, words)
    from functions.imports import checking, running
    from functions.jobs import work
    from functions.messaging import outbox

    for module, name, value in (
        (work, "LEASE", IMPATIENT),
        (work, "LOOKED_AFTER", 1),
        (work, "PAUSE", 1),
        (outbox, "SWEPT_AFTER", 20),
        (checking, "ROWS", 20),
        (checking, "CHECKED_AT_ONCE", 5),
        (running, "ROWS", 20),
        (running, "RENEWED", 5),
    ):
        setattr(module, name, value)
    while True:
        _take_one()
        work.sweep(lambda: False)


def _die_at(life: int, moment: str, words: Any) -> None:
    from botocore.client import BaseClient

    call = BaseClient._make_api_call  # type: ignore[attr-defined]
    made = 0

    def mortal(self: Any, operation: str, parameters: Any) -> Any:
        nonlocal made
        made += operation not in AIMLESS
        last = made == life and operation not in AIMLESS
        answer = call(self, operation, parameters) if not last or moment == "after" else None
        if last:
            words.send(f"{moment} {operation}")
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    BaseClient._make_api_call = mortal  # type: ignore[attr-defined]


def _measured(tenant: str, import_id: str) -> tuple[dict[str, int], float, float, dict[str, int], list[float]]:
    from botocore.client import BaseClient

    from functions.imports import stages
    from functions.jobs import work

    work.LOOKED_AFTER = ALONE  # type: ignore[misc]
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
    """One entry of the queue through the function's handler, if there is one within a second."""
    from functions.common import aws
    from functions.jobs.triggers import work

    queues, url = aws.client("sqs"), os.environ["QUEUE_WORK"]
    found = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=1, WaitTimeSeconds=1).get("Messages", [])
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
