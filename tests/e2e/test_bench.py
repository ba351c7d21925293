"""What `make bench` measures of the functions can be measured: the package gives each event the answer that the source
gives, and asks AWS for the same. The figures themselves are the bench's affair."""

import subprocess
import sys
from pathlib import Path

import app

ROOT = Path(__file__).parents[2]
QUICK = ["functions", "--rounds", "1", "--warm", "8", "--try"]


def test_the_functions_can_be_measured() -> None:
    page = ROOT / "docs" / "benchmarks.md"
    before = page.read_bytes()
    measured = subprocess.run(
        [sys.executable, "-m", "tests.bench", *QUICK], cwd=ROOT, capture_output=True, text=True, timeout=900
    )
    assert measured.returncode == 0, measured.stderr[-4000:]
    for function in {route.function for route in app.ROUTES}:
        assert f"cold start, {function}" in measured.stdout, function
    assert page.read_bytes() == before
