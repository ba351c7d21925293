"""What a cold start costs: from the process's start through its first answer, with at least one item written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench import packaged
from tests.bench.invocations import Invocation
from tests.bench.measure import in_turns
from tests.bench.packaged import ChildFailedError, Packaged
from tests.bench.report import Part, Row, Table, at_most, ratio
from tests.bench.stub import ONE_PUT, Exchange, Stub, script

import os
ROUNDS = int(os.environ.get("R","24"))
ONLINE, ON_SCHEDULE = 1.0, 0.85  # budgets, in cold starts of the bare handler
BARE = "bare boto3"
WRITES = ("PutItem", "UpdateItem", "TransactWriteItems")


@dataclass(frozen=True)
class Case:
    """One function's first event, and the answers that AWS gives on the way."""

    name: str
    asked: str
    invocation: Invocation
    budget: float | None

    @property
    def puts(self) -> bool:
        """Whether the item is put by the bench, because the event leads to no write."""
        return not any(call.operation in WRITES for call in self.invocation.calls)

    @property
    def exchanges(self) -> list[Exchange]:
        return [*script(self.invocation.calls), *([ONE_PUT] if self.puts else [])]

    @property
    def calls(self) -> str:
        names = [call.name for call in self.invocation.calls] + (["a PutItem added"] if self.puts else [])
        counted = [f"{names.count(name)} {name.rpartition('.')[2]}" for name in dict.fromkeys(names)]
        return ", ".join(counted).replace("1 a PutItem", "a PutItem")


def cases(told: Sequence[Invocation]) -> list[Case]:
    """From invocations each of which was a process's first."""

    def first(function: str, what: str, *, calling: str | None = None) -> Invocation:
        return next(
            each
            for each in told
            if (each.function, each.what) == (function, what)
            and (calling is None or any(call.operation == calling for call in each.calls))
        )

    def by_sms() -> Invocation:
        return next(
            each
            for each in told
            if each.function == "messaging-dispatch" and all(call.operation != "SendEmail" for call in each.calls)
        )

    tap, page, file = "POST /a/{token}", "GET /a/{token}", "GET /p/{ticket}"
    look_up, event = "GET /registrar/kamailio/lookup", "POST /registrar/kamailio/events"
    report = "POST /receipts/{gateway_id}/{secret}"
    return [
        Case("api", "create an account with two messages", first("api", "POST /v1/accounts"), ONLINE),
        Case("links", "the tap on the activation page", first("links", tap), ONLINE),
        Case("receipts", "an SMS provider's report", first("receipts", report), ONLINE),
        Case("registrar", "a look-up", first("registrar", look_up), ONLINE),
        Case("messaging-dispatch", "an activation message by SMS", by_sms(), ONLINE),
        Case("messaging-settle", "one report", first("messaging-settle", "one message"), ONLINE),
        Case("upkeep-sweep", "a minute with nothing due", first("upkeep-sweep", "the minute"), ON_SCHEDULE),
        Case("upkeep-tidy", "a minute with nothing due", first("upkeep-tidy", "the minute"), ON_SCHEDULE),
        Case("links, page", "the activation page", first("links", page), None),
        Case("links, file", "the file (unseals nothing, seals twice)", first("links", file), None),
        Case("registrar, event", "a phone has registered", first("registrar", event), None),
        Case(
            "messaging-dispatch, e-mail",
            "an installation message by e-mail",
            first("messaging-dispatch", "one message", calling="SendEmail"),
            None,
        ),
    ]


def measure(told: Sequence[Invocation], package: Packaged, stub: Stub, folder: Path, rounds: int = ROUNDS) -> Part:
    wanted = cases(told)
    runs = {BARE: lambda: _bare(package, stub, folder)} | {
        case.name: lambda case=case: _start(case, package, stub, folder)  # type: ignore[misc]
        for case in wanted
    }
    for run in runs.values():  # once before it counts: files are in memory afterwards
        run()
    return _part(wanted, in_turns(runs, rounds), rounds)


def _bare(package: Packaged, stub: Stub, folder: Path) -> float:
    event = packaged.given(folder, "bare", {})
    stub.expect([ONE_PUT])
    seconds = packaged.run(
        ["cold", "bare.handler", str(event), str(folder / "answer")], packaged.environment([package.boto3], stub.url)
    )
    _check(stub, BARE)
    return seconds


def _start(case: Case, package: Packaged, stub: Stub, folder: Path) -> float:
    event, answer = packaged.given(folder, case.name, case.invocation.event), folder / "answer"
    stub.expect(case.exchanges)
    arguments = ["cold", case.invocation.handler, str(event), str(answer), *(["put"] if case.puts else [])]
    seconds = packaged.run(arguments, packaged.environment(package.ours, stub.url))
    _check(stub, case.name)
    found, told = packaged.written(answer), case.invocation.answer
    if _essence(found) != _essence(told):
        raise ChildFailedError(f"{case.name} answered {found} in place of {told}")
    return seconds


def _essence(answer: object) -> object:
    """What of an answer does not depend on chance."""
    return answer.get("statusCode", answer) if isinstance(answer, Mapping) else answer


def _check(stub: Stub, name: str) -> None:
    if stub.unlike or (left := stub.left()):
        raise ChildFailedError(f"{name} asked AWS otherwise than before: {stub.unlike or f'{left} calls less'}")


def _part(wanted: Sequence[Case], seconds: Mapping[str, float], rounds: int) -> Part:
    ratios = [(case, seconds[case.name] / seconds[BARE]) for case in wanted]
    rows: list[Row] = [
        at_most(f"cold start, {case.name}", value, case.budget)
        for case, value in ratios
        if case.budget is not None
    ]
    lines = [(case.name, case.asked, case.calls, ratio(value)) for case, value in ratios]
    return Part(
        rows,
        "Cold start",
        f"CPU of a process (user and system) from its start through the first answer, with at least one item written, in cold "
        f"starts of a handler that has boto3 with all of its data and puts one item. Both compiled, both by `python -s -S` with "
        f"nothing else on the path (ours: the unpacked package and layer), against the same local server that gives AWS's "
        f"answers; {rounds} rounds in which all take turns, mean of the best third. The last lines have no budget.",
        [Table(("function", "is asked for", "which makes these AWS calls", "ratio"), lines)],
    )
