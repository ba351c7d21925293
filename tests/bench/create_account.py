"""Creating an account with two messages, warm: our part beside that of the AWS calls it makes."""

from pathlib import Path

from tests.bench import warm
from tests.bench.invocations import Twice
from tests.bench.packaged import Packaged
from tests.bench.record import counted
from tests.bench.report import Part, at_most, prose

BUDGET = 2.0
PAID_FOR = ("dynamodb", "sqs")


def measure(twice: Twice, package: Packaged, folder: Path, rounds: int = warm.ROUNDS) -> Part:
    calls = [call for call in twice.again.calls if call.service in PAID_FOR]
    cost = warm.compare(twice, calls, package.ours, folder, rounds)
    return Part(
        [at_most("create an account with two messages, warm", cost.ratio, BUDGET)],
        "Create an account with two messages",
        prose(f"""
            {warm.method(rounds)} The request carries an `Idempotency-Key`. Compared with the same {len(calls)} calls
            made raw with botocore: {counted(call.operation for call in calls)}.
        """),
    )
