"""Every AWS call of one activation, from the account's creation to the last of upkeep, and what it costs."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tests.bench import charges, prices, units
from tests.bench.charges import Charge
from tests.bench.invocations import Invocation
from tests.bench.record import Call, counted, touched
from tests.bench.report import Part, Row, Table, dollars, none, prose
from tests.bench.story import AGAIN, DOWNLOADS, Step
from tests.bench.units import Item

THOUSAND = 1000


class Told(NamedTuple):
    """The story as it was told: in warm processes, in fresh ones, of a client that downloads its file."""

    warm: Sequence[Step]
    fresh: Sequence[Step]
    download: Sequence[Step]


class Again(NamedTuple):
    """A read that an invocation makes a second time, although nothing that it reads was written in between."""

    invocation: Invocation
    calls: Sequence[Call]


def measure(told: Told) -> Part:
    steps = [beside(step) if is_upkeep(step) else step for step in told.warm]
    activation = [step for step in steps if step.name != AGAIN]
    calls = [call for step in activation for each in step.invocations for call in each.calls]
    used = units.total(call.units for call in calls)
    cost = _charged(activation)
    again = [found for step in activation for each in step.invocations for found in repeated(each)]
    needless = sum(len(found.calls) - 1 for found in again)
    units_used = f"{used.read:g} read and {used.write:g} write units"
    summary = f"{len(calls)} calls, {units_used}, {dollars(cost.total * THOUSAND)} US$ for 1,000"
    return Part(
        [
            Row("AWS calls for one activation", summary),
            none("reads made again in one invocation of these", needless),
        ],
        "One activation",
        prose("""
            An installation message by e-mail (SES) and an activation message by SMS, their providers' reports, a client
            that fetches its file (Linphone), each link opened once, in warm processes. Request units by the sizes of
            the items (tests/bench/units.py): a transaction counts twice, each index that an item is in once more. What
            the SMS itself costs is its provider's affair.
        """),
        [_steps(steps), _once_more(again)] if again else [_steps(steps)],
        [_shares(cost), _dearer_download(told), _first_of_a_process(told), charges.ASSUMED],
    )


def repeated(invocation: Invocation) -> Iterator[Again]:
    """The invocation's needless reads."""
    seen: dict[str, list[Call]] = {}
    for call in invocation.calls:
        if call.operation in ("GetItem", "Query"):
            seen.setdefault(json.dumps(call.parameters, sort_keys=True), []).append(call)
        elif call.service == "dynamodb":
            for table, key, _ in touched(call.operation, call.parameters):
                for calls in [calls for calls in seen.values() if _reads(calls[0], table, key)]:
                    yield from _again(invocation, calls)
                    calls.clear()
                seen = {read: calls for read, calls in seen.items() if calls}
    for calls in seen.values():
        yield from _again(invocation, calls)


def _again(invocation: Invocation, calls: Sequence[Call]) -> Iterator[Again]:
    if len(calls) > 1:
        yield Again(invocation, tuple(calls))


def _reads(call: Call, table: str, key: Item) -> bool:
    """Whether a write to this item may change what the call reads."""
    return bool(call.parameters["TableName"] == table and call.parameters.get("Key", key) == key)


def _steps(steps: Sequence[Step]) -> Table:
    activation = [step for step in steps if step.name != AGAIN]
    later = [step for step in steps if step.name == AGAIN]
    total = ("**one activation**", *_sum(activation))
    heads = ("step", "invocations", "AWS calls", "read units", "write units", "US$ for 1,000")
    return Table(heads, [*map(_step, activation), total, *map(_step, later)])


def _step(step: Step) -> tuple[str, ...]:
    invocations, _, *rest = _sum([step])
    return step.name, invocations, counted(_operations(step)), *rest


def _operations(step: Step) -> list[str]:
    return [call.operation for each in step.invocations for call in each.calls]


def _sum(steps: Sequence[Step]) -> tuple[str, ...]:
    invocations = [each for step in steps for each in step.invocations]
    calls = [call for each in invocations for call in each.calls]
    used = units.total(call.units for call in calls)
    cost = dollars(_charged(steps).total * THOUSAND)
    brought = len([each for step in steps if not step.anyway for each in step.invocations])
    return str(brought), str(len(calls)), f"{used.read:g}", f"{used.write:g}", cost


def _charged(steps: Sequence[Step]) -> Charge:
    total = Charge()
    for step in steps:
        for each in step.invocations:
            total = total.plus(charges.of_calls(each) if step.anyway else charges.of(each))
    return total


def is_upkeep(step: Step) -> bool:
    """Whether it is a run of upkeep, which would have come without the activation."""
    return step.name.startswith("upkeep")


def beside(step: Step) -> Step:
    """What an activation adds to runs of upkeep: all but their looking."""
    added = []
    for each in step.invocations:
        more = tuple(call for call in each.calls if call.operation != "Query")
        if more:
            added.append(Invocation(each.function, each.what, each.handler, each.event, each.answer, more))
    return Step(f"{step.name} (beside its looking)", tuple(added), anyway=True)


def _once_more(again: Sequence[Again]) -> Table:
    lines = [
        (
            f"{found.invocation.function}, {found.invocation.what}",
            f"{found.calls[0].operation} {found.calls[0].parameters['TableName']} {_key(found.calls[0].parameters)}",
            "; ".join(" ← ".join(call.made_by[:2]) for call in found.calls),
        )
        for found in again
    ]
    return Table(("invocation", "reads again", "at"), lines)


def _key(parameters: Mapping[str, object]) -> str:
    """The words of a partition key, without its ids."""
    values = parameters.get("Key") or parameters["ExpressionAttributeValues"]
    assert isinstance(values, dict)
    partition = values.get("pk") or next(iter(values.values()))  # a Query's first value is its partition
    parts = str(*partition.values()).split("|")
    return " ".join(part for part in parts if part.isalpha() and part.islower())


def _shares(cost: Charge) -> str:
    shares = {
        "DynamoDB": cost.dynamodb,
        "other AWS calls (an e-mail above all)": cost.calls,
        "gateway, queues and invocations": cost.requests,
        "compute": cost.compute,
    }
    listed = ", ".join(f"{what} {dollars(amount * THOUSAND)}" for what, amount in shares.items())
    return f"Of the {dollars(cost.total * THOUSAND)} US$: {listed}."


def _dearer_download(told: Told) -> str:
    def fetching(steps: Sequence[Step]) -> Step:
        return next(step for step in steps if step.name == "fetch the file")

    plain, download = (fetching(steps) for steps in (told.warm, told.download))
    more = Counter(_operations(download)) - Counter(_operations(plain))
    price = _charged([download]).total - _charged([plain]).total + prices.S3_READ
    return (
        f"A client that downloads ({DOWNLOADS}) adds to the fetch: {counted(more.elements())}, and its own GetObject: "
        f"{dollars(price * THOUSAND)} US$ for 1,000."
    )


def _first_of_a_process(told: Told) -> str:
    added: dict[str, None] = {}
    for warm, fresh in zip(told.warm, told.fresh, strict=True):
        for one, other in zip(warm.invocations, fresh.invocations, strict=True):
            more = Counter(call.operation for call in other.calls) - Counter(call.operation for call in one.calls)
            if more:
                added[f"{other.function} ({other.what}): {counted(more.elements())}"] = None
    return f"A process's first invocation makes more calls: {'; '.join(added)}." if added else ""
