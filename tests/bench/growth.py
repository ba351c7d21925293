"""What one more person costs when there are many: the same operations with 1,000, 10,000 and 100,000 accounts in the
tenant."""

import itertools
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, thread_time
from typing import Any, Final, NamedTuple

import boto3
from botocore.config import Config

from functions.accounts.models import account_key, device_key, number_key
from functions.accounts.search import folded
from functions.common import aws, clock, ids
from tests.api.client import Context
from tests.bench import charges, ground, units
from tests.bench.activation import beside, is_upkeep
from tests.bench.invocations import Invocation, listening, triggers
from tests.bench.measure import best_third
from tests.bench.report import Line, Lines, Part, Row, Table, dollars, prose
from tests.bench.story import AGAIN, Teller, telling_on
from tests.e2e.runs import SCHEDULED
from tests.programmes.processes import processes

SIZES: Final = (1_000, 10_000, 100_000)
ROUNDS: Final = 24  # for the CPU of each
LONGEST: Final = 12.0  # seconds after which there are no more rounds of one operation, but for the fewest
FEWEST: Final = 4
WITHIN: Final = 0.03  # of the calls, and of the units, with 1,000
FOUND: Final = 3  # accounts that a search by name finds, whatever their number
SOUGHT: Final = "Quill"
BATCH: Final = 25
READS: Final = 10  # raw ones, beside each operation
PATIENCE: Final = 60  # seconds: the embedded AWS sorts all of a partition for a page of it
LATER: Final = 30 * 86_400  # seconds until upkeep visits any of the copies

ACTIVATION: Final = "one activation"
MINUTE: Final = "upkeep, a minute"

Item = dict[str, Any]


class Cost(NamedTuple):
    """Of one operation: AWS calls, request units, US dollars, and CPU in raw reads."""

    calls: int
    read: float
    write: float
    dollars: float
    cpu: float


Walk = Mapping[int, Mapping[str, Cost]]
"""By size and operation."""


def measure(folder: Path, every_minute: Collection[str], rounds: int = ROUNDS, sizes: Sequence[int] = SIZES) -> Part:
    """`every_minute`: the handlers of the schedules that run so often."""
    with ground.laid(folder / "growth") as environment, processes(1, environment) as one:
        return part(one.submit(walk, tuple(every_minute), tuple(sizes), rounds).result())


def walk(every_minute: Sequence[str], sizes: Sequence[int], rounds: int) -> Walk:
    """On the AWS of this process's environment."""
    found: dict[int, dict[str, Cost]] = {}
    with ExitStack() as undo:
        undo.enter_context(_patient())
        teller = undo.enter_context(telling_on(ground.Ground()))
        crowd = Crowd.of(teller)
        teller.activation()  # from now on the process is warm
        for size in sizes:
            crowd.grow(size)
            found[size] = _measured(teller, crowd, every_minute, rounds)
    return found


@dataclass
class Crowd:
    """Copies of an account that the API made, with its number and its device."""

    teller: Teller
    model: Sequence[Item]
    account: Mapping[str, Any]
    size: int = 0
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @classmethod
    def of(cls, teller: Teller) -> "Crowd":
        account = teller.create(messages=())
        tenant, domain = teller.post.house.tenant, teller.post.house.domain
        keys = (
            account_key(tenant, account["id"]),
            number_key(tenant, domain, account["number"]),
            device_key(tenant, domain, account["username"]),
        )
        tables = teller.post.world.cloud.dynamodb
        found = [
            tables.get_item(TableName="accounts", Key={"pk": {"S": key}, "sk": {"S": "-"}})["Item"] for key in keys
        ]
        return cls(teller, found, account)

    def grow(self, size: int) -> None:
        """Until there are so many."""
        copies = (item for _ in range(size - self.size) for item in self._copy(next(self.numbers)))
        tables = boto3.client("dynamodb", config=Config(parameter_validation=False))  # they are right: copies
        while batch := [{"PutRequest": {"Item": item}} for item in itertools.islice(copies, BATCH)]:
            answer = tables.batch_write_item(RequestItems={"accounts": batch})
            assert not answer.get("UnprocessedItems"), "the table took a part only"
        self.size = size

    def _copy(self, number: int) -> list[Item]:
        name = f"{SOUGHT if number < FOUND else 'Person'} {number:06}"
        account = self.account
        other = {
            account["id"]: ids.new_id(),
            account["number"]: person_number(number),
            account["mobile"]: f"+41791{number:06}",
            account["email"]: f"copy{number:06}@example.net",
            account["username"]: f"5{number:09}",
            account["full_name"]: name,
            folded(account["full_name"]) + "|": folded(name) + "|",
        }
        text = json.dumps(self.model)
        for before, after in other.items():
            text = text.replace(before, after)
        copied: list[Item] = json.loads(text)
        for item in copied:
            if "due_at" in item:
                item["due_at"] = {"N": str(clock.epoch() + LATER)}
        return copied


def person_number(number: int) -> str:
    return f"+4122{number:07}"


def _measured(teller: Teller, crowd: Crowd, every_minute: Sequence[str], rounds: int) -> dict[str, Cost]:
    found = {}
    for name, operate in _operations(teller, every_minute).items():
        operate(False)  # whatever was due before is done
        heard = operate(True)
        found[name] = _cost(heard, _cpu(crowd, operate, rounds))
    return found


Operate = Callable[[bool], Sequence[Invocation]]
"""Does it, weighed or not; the invocations it took."""


def _operations(teller: Teller, every_minute: Sequence[str]) -> dict[str, Operate]:
    house = teller.post.house

    def activation(weighed: bool) -> list[Invocation]:
        steps = [step for step in teller.activation(weighed=weighed) if step.name != AGAIN]
        return [each for step in steps for each in (beside(step) if is_upkeep(step) else step).invocations]

    def heard(act: Callable[[], object]) -> Operate:
        def operate(weighed: bool) -> list[Invocation]:
            with listening(weighed=weighed) as found:
                act()
            return found

        return operate

    def listed(**query: str) -> Operate:
        def ask() -> None:
            answer = house.csr.get("/v1/accounts", query=query)
            assert answer.status == 200, answer.text
            assert answer.json["items"], f"nobody was found by {query}"

        return heard(ask)

    schedules = [(module, name) for module, name in triggers() if f"{module.__name__}.{name}" in every_minute]

    def minute() -> None:
        for module, name in schedules:
            getattr(module, name)(SCHEDULED, Context())

    return {
        ACTIVATION: activation,
        "look-up": heard(teller.ask),
        "registration refreshed": heard(teller.register),
        "page of the list": listed(),
        "search by name": listed(name=SOUGHT),
        "search by number": listed(number=person_number(5)),
        "search by e-mail": listed(email="copy000005@example.net"),
        MINUTE: heard(minute),
    }


def _cost(heard: Sequence[Invocation], cpu: float) -> Cost:
    calls = [call for each in heard for call in each.calls]
    used = units.total(call.units for call in calls)
    return Cost(len(calls), used.read, used.write, sum(charges.of(each).total for each in heard), cpu)


def _cpu(crowd: Crowd, operate: Operate, rounds: int) -> float:
    """The functions' CPU, by that of a read of one item with botocore and nothing else in between."""
    table, key = crowd.teller.post.world.cloud.dynamodb, {name: crowd.model[0][name] for name in ("pk", "sk")}
    ours: list[float] = []
    bare: list[float] = []
    end = monotonic() + LONGEST
    while len(ours) < rounds and (len(ours) < FEWEST or monotonic() < end):
        ours.append(sum(each.seconds for each in operate(False)))
        begun = thread_time()
        for _ in range(READS):
            table.get_item(TableName="accounts", Key=key)
        bare.append((thread_time() - begun) / READS)
    return best_third(ours) / best_third(bare)


@contextmanager
def _patient() -> Iterator[None]:
    """Within it, our tables' client waits for as long as the embedded AWS needs."""
    own = aws.dynamodb
    config = Config(parameter_validation=False, read_timeout=PATIENCE, retries={"total_max_attempts": 1})
    client = aws.session().create_client("dynamodb", config=config)
    aws.dynamodb = lambda: client  # type: ignore[assignment]
    try:
        yield
    finally:
        aws.dynamodb = own


def part(walked: Walk) -> Part:
    sizes = sorted(walked)
    least, most = walked[sizes[0]], walked[sizes[-1]]
    rows = [_row(name, least[name], most[name], sizes) for name in least]
    lines = [_line(name, walked, sizes) for name in least]
    shares: dict[str, Callable[[Cost], float]] = {
        "AWS calls": lambda cost: cost.calls,
        "request units": lambda cost: cost.read + cost.write,
        "CPU": lambda cost: cost.cpu,
    }
    return Part(
        rows,
        "Growth",
        prose(f"""
            The same operations with {_listed(sizes)} accounts in the tenant, on the embedded AWS's tables: AWS calls,
            request units by the sizes of the items, price, and the CPU of our code in that of one raw read at the same
            moment.
            The accounts are copies of one that the API made, with number and device. A row is flat when
            calls and units with {sizes[-1]:,} accounts differ from those with {sizes[0]:,} by {WITHIN:.0%} at most.
        """),
        [Table(("operation", *(f"with {size:,}" for size in sizes), "CPU, in raw reads"), lines)],
        lines=[
            Lines(
                what,
                sizes,
                [Line(name, [share(walked[size][name]) / share(least[name]) for size in sizes]) for name in least],
            )
            for what, share in shares.items()
        ],
    )


def _row(name: str, least: Cost, most: Cost, sizes: Sequence[int]) -> Row:
    calls, used = most.calls / least.calls, (most.read + most.write) / (least.read + least.write)
    flat = max(abs(calls - 1), abs(used - 1)) <= WITHIN
    measured = f"calls {calls:.2f} ×, units {used:.2f} ×, CPU {most.cpu / least.cpu:.2f} ×"
    return Row(f"{name}, {sizes[-1]:,} accounts : {sizes[0]:,}", measured, f"1 ± {WITHIN:.2f} ×", flat)


def _line(name: str, walked: Walk, sizes: Sequence[int]) -> tuple[str, ...]:
    costs = [walked[size][name] for size in sizes]
    shown = [
        f"{cost.calls} calls, {cost.read:g} + {cost.write:g} units, {dollars(cost.dollars * 1000)} US$ for 1,000"
        for cost in costs
    ]
    return name, *shown, " → ".join(f"{cost.cpu:.1f}" for cost in costs)


def _listed(sizes: Sequence[int]) -> str:
    *others, last = (f"{size:,}" for size in sizes)
    return f"{', '.join(others)} and {last}"
