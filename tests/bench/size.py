"""How large the package is that a deployment uploads."""

from tests.bench.packaged import Packaged
from tests.bench.report import Part, Row

BUDGET = 1_000_000  # bytes


def measure(package: Packaged) -> Part:
    used = package.code_size / BUDGET
    return Part(
        [
            Row("deployment package, ours", _megabytes(package.code_size), "≤ 1 MB", package.code_size <= BUDGET, used),
            Row("layer, third-party packages", _megabytes(package.layer_size)),
        ],
        "Package",
        "As `make build` makes them, zipped.",
    )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.2f} MB"
