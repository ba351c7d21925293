"""What a request costs in a process that is warm, beside the same AWS calls made with botocore and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench import packaged
from tests.bench.invocations import Twice
from tests.bench.measure import best_third
from tests.bench.packaged import ChildFailedError
from tests.bench.record import Call
from tests.bench.report import prose
from tests.bench.stub import Exchange, running, script

ROUNDS = 300


def method(rounds: int) -> str:
    return prose(f"""
        CPU of a warm process, {rounds} rounds in which the request and the bare calls take turns, mean of the best
        third; both against a local server that gives AWS's answers.
    """)


@dataclass(frozen=True)
class Cost:
    """CPU seconds."""

    ours: float
    bare: float

    @property
    def ratio(self) -> float:
        return self.ours / self.bare


def compare(twice: Twice, bare: Sequence[Call], path: Sequence[Path], folder: Path, rounds: int) -> Cost:
    """The request's cost, in a process that finds its modules on `path`, and that of `bare`, some recorded calls."""
    name = f"warm {twice.again.handler} {twice.again.what}".replace("/", "-")
    event, answer = packaged.given(folder, name, twice.again.event), folder / "answer"
    with running() as stub, running() as other:
        stub.expect(script(twice.first.calls), script(twice.again.calls))
        other.expect((), [Exchange(call.target, call.answered) for call in bare])
        arguments = ["warm", twice.again.handler, str(event), str(answer)]
        arguments += [
            str(packaged.given(folder, f"{name} calls", [call.plain for call in bare])),
            other.url,
            str(rounds),
        ]
        packaged.run(arguments, packaged.environment(path, stub.url))
        if unlike := stub.unlike + other.unlike:
            raise ChildFailedError(f"{twice.again.what} asked AWS otherwise than before: {unlike[:3]}")
    found = packaged.written(answer)
    if found["answer"]["statusCode"] != twice.again.answer["statusCode"]:
        raise ChildFailedError(f"{twice.again.what} answered {found['answer']}")
    ours, others = zip(*found["samples"], strict=True)
    return Cost(best_third(ours), best_third(others))
