"""What a cold start costs: from the process's start through its first answer, with at least one item written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.bench import packaged
from tests.bench.invocations import ON_SCHEDULE, Invocation
from tests.bench.measure import in_turns
from tests.bench.packaged import ChildFailedError, Packaged
from tests.bench.record import counted
from tests.bench.report import Part, Table, at_most, prose, ratio
from tests.bench.stub import ONE_PUT, Exchange, Stub, script

ROUNDS = 21
ONLINE, LEAN = 1.0, 0.85  # budgets, in cold starts of the bare handler
WRITES = ("PutItem", "UpdateItem", "TransactWriteItems")


@dataclass(frozen=True)
class Case:
    """One function's first event, and the answers that AWS gives on the way."""

    name: str
    asked: str
    invocation: Invocation
    budget: float | None = None

    @property
    def puts(self) -> bool:
        """Whether the item is put by the bench, because the event leads to no write."""
        return not any(call.operation in WRITES for call in self.invocation.calls)

    @property
    def exchanges(self) -> list[Exchange]:
        return [*script(self.invocation.calls), *([ONE_PUT] if self.puts else [])]

    @property
    def calls(self) -> str:
        return counted(call.operation for call in self.invocation.calls) + (" + a PutItem" if self.puts else "")


def cases(told: Sequence[Invocation]) -> list[Case]:
    """From invocations each of which was a process's first."""

    def first(function: str, what: str, *, calling: str = "", not_calling: str = "-") -> Invocation:
        for each in told:
            if (each.function, each.what) != (function, what):
                continue
            operations = {call.operation for call in each.calls}
            if not_calling not in operations and (not calling or calling in operations):
                return each
        raise LookupError(f"{function} was never asked for {what}")

    page, file, report = "GET /a/{token}", "GET /p/{ticket}", "POST /receipts/{gateway_id}/{secret}"
    look_up, event = "GET /registrar/kamailio/lookup", "POST /registrar/kamailio/events"
    create, queued = "POST /v1/accounts", "one message"
    schedules = sorted({each.function for each in told if each.what == ON_SCHEDULE})
    plain = first("api", create, not_calling="SendMessageBatch")
    by_sms = first("messaging-dispatch", queued, not_calling="SendEmail")
    by_mail = first("messaging-dispatch", queued, calling="SendEmail")
    return [
        Case("api", "create an account", plain, ONLINE),
        Case("links", "the tap on the activation page", first("links", "POST /a/{token}"), ONLINE),
        Case("receipts", "an SMS provider's report", first("receipts", report), ONLINE),
        Case("registrar", "a look-up", first("registrar", look_up), ONLINE),
        Case("messaging-dispatch", "an activation message by SMS", by_sms, ONLINE),
        Case("messaging-settle", "one report", first("messaging-settle", queued), ONLINE),
        Case("jobs-work", "a piece of an import's check", first("jobs-work", queued), ONLINE),
        *(Case(name, "nothing is due", first(name, ON_SCHEDULE), LEAN) for name in schedules),
        Case("api, list", "the list of accounts", first("api", "GET /v1/accounts")),
        Case("api, messages", "create an account with two messages", first("api", create, calling="SendMessageBatch")),
        Case("links, page", "the activation page", first("links", page)),
        Case("links, file", "the configuration file, first fetch", first("links", file)),
        Case("registrar, event", "a phone has registered", first("registrar", event)),
        Case("messaging-dispatch, e-mail", "an installation message by e-mail", by_mail),
    ]


class Bench:
    """Runs functions in fresh processes against the stub."""

    def __init__(self, package: Packaged, stub: Stub, folder: Path) -> None:
        self._package, self._stub, self._folder = package, stub, folder
        self._answer = folder / "answer"

    def bare(self) -> float:
        return self._boto3("bare", "bare.handler", {}, [ONE_PUT])

    def same_calls(self, case: Case) -> float:
        """boto3 alone making the case's calls."""
        calls = [call.plain for call in case.invocation.calls]
        return self._boto3(f"{case.name} bare", "bare.same_calls", calls, script(case.invocation.calls))

    def start(self, case: Case, path: Sequence[Path] = ()) -> float:
        """Of our package, or what finds its modules on `path`.

        Raises ChildFailedError when the function answers or asks otherwise than when the story was told."""
        put = ["put"] if case.puts else []
        arguments = self._arguments(case.name, case.invocation.handler, case.invocation.event) + put
        self._stub.expect(case.exchanges)
        seconds = packaged.run(arguments, packaged.environment(path or self._package.ours, self._stub.url))
        self._check(case.name)
        found, told = packaged.written(self._answer), case.invocation.answer
        if _essence(found) != _essence(told):
            raise ChildFailedError(f"{case.name} answered {found} in place of {told}")
        return seconds

    def _boto3(self, name: str, handler: str, event: object, exchanges: Sequence[Exchange]) -> float:
        self._stub.expect(exchanges)
        environment = packaged.environment([self._package.boto3], self._stub.url)
        seconds = packaged.run(self._arguments(name, handler, event), environment)
        self._check(name)
        return seconds

    def _arguments(self, name: str, handler: str, event: object) -> list[str]:
        return ["cold", handler, str(packaged.given(self._folder, name, event)), str(self._answer)]

    def _check(self, name: str) -> None:
        left = self._stub.left()
        if self._stub.unlike or left:
            raise ChildFailedError(f"{name} asked AWS otherwise than before: {self._stub.unlike}, {left} calls left")


def measure(told: Sequence[Invocation], package: Packaged, stub: Stub, folder: Path, rounds: int = ROUNDS) -> Part:
    bench, wanted = Bench(package, stub, folder), cases(told)
    runs: dict[str, Callable[[], float]] = {"bare": bench.bare}
    for case in wanted:
        runs[case.name] = partial(bench.start, case)
        if case.budget is not None:
            runs[f"{case.name}, same calls"] = partial(bench.same_calls, case)
    for run in runs.values():  # once before it counts: files are in memory afterwards
        run()
    return _part(wanted, in_turns(runs, rounds), rounds)


def _essence(answer: object) -> object:
    """What of an answer does not depend on chance."""
    return answer.get("statusCode", answer) if isinstance(answer, Mapping) else answer


def _part(wanted: Sequence[Case], seconds: Mapping[str, float], rounds: int) -> Part:
    rows, lines = [], []
    for case in wanted:
        value, same = seconds[case.name] / seconds["bare"], ""
        if case.budget is not None:
            rows.append(at_most(f"cold start, {case.name}", value, case.budget))
            same = ratio(seconds[case.name] / seconds[f"{case.name}, same calls"])
        lines.append((case.name, case.asked, case.calls, ratio(value), same))
    return Part(
        rows,
        "Cold start",
        prose(f"""
            CPU (user and system) of a process from its start through its first answer, with at least one item written;
            where the event writes none, the bench adds a PutItem. The unit is a cold start of a handler that has boto3
            with all of its data and puts one item; the last column compares with boto3 alone making the same calls. All
            compiled, run by `python -s -S` with nothing else on the path (ours: package and layer, unpacked), against
            one local server that gives AWS's answers; {rounds} rounds in which all take turns, mean of the best third.
            Lines without a comparison of calls have no budget.
        """),
        [
            Table(
                ("function", "is asked for", "which makes these AWS calls", "cold start", "beside the same calls"),
                lines,
            )
        ],
    )
