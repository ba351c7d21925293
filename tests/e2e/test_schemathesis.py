"""The running system against its own description: whatever is sent, `/openapi.json` foretells the answer."""

import subprocess
import sys
from pathlib import Path
from typing import Final

from infra.system import System
from tests.e2e.world import World

SECONDS: Final = 120
PROGRAM: Final = Path(sys.executable).with_name("schemathesis")
EXCLUDED: Final = (
    # A schema cannot say that a group must exist, or that a number is one of the tenant's: such requests are refused.
    "--exclude-checks=positive_data_acceptance",
    # It would revoke the token that the run itself uses.
    "--exclude-operation-id=operators.revoke_token",
)
# Verbs that API Gateway routes: others (TRACE, QUERY) never reach us. A wrong body may be too large as well.
CONFIGURATION: Final = """
[phases.coverage]
unexpected-methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "410", "413", "415", "429", "503"]
"""


def test_every_answer_is_one_that_the_description_foretells(system: System, tmp_path: Path) -> None:
    admin = World(system).new_tenant().api
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    command = [
        str(PROGRAM),
        "run",
        f"{system.base_url}/openapi.json",
        f"--header=Authorization: Bearer {admin.token}",
        "--phases=examples,coverage,fuzzing,stateful",
        "--max-examples=3",
        f"--max-time={SECONDS}",
        "--workers=1",  # two trip over CPython 3.11's count of recursion in `ast`, which all threads share
        "--seed=1",
        "--request-timeout=60",
        "--continue-on-failure",
        "--generation-database=none",
        "--no-color",
        *EXCLUDED,
    ]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS * 4, check=False)
    print(ran.stdout[ran.stdout.rfind("= SUMMARY =") :])
    assert ran.returncode == 0, ran.stdout + ran.stderr
