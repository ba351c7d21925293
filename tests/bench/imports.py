"""Imports of 10,000 and of 50,000 people, each by one worker on the embedded AWS: a row costs the same in both."""

from collections.abc import Callable, Sequence
from typing import Final

from infra.system import System
from tests.bench.report import Part, Row, Table, at_most, prose
from tests.e2e.world import Tenant, World
from tests.programmes.importing import Imported, import_rows

SIZES: Final = (10_000, 50_000)
EVEN: Final = 1.10  # what a row may cost in the largest, beside the smallest; and memory at the end, beside early on

Import = Callable[[System, Tenant, int], Imported]


def measure(system: System, sizes: Sequence[int] = SIZES, do: Import = import_rows) -> Part:
    """`do` imports so many rows into an empty tenant."""
    return part([do(system, _tenant(World(system)), size) for size in sizes])


def part(found: Sequence[Imported]) -> Part:
    few, many = found[0], found[-1]
    name = f"import of {many.rows:,} rows : {few.rows:,}"
    amiss = sum(abs(each.done.get("created", 0) - each.rows) for each in found)
    return Part(
        [
            at_most(f"{name}, AWS calls for a row", many.calls_per_row / few.calls_per_row, EVEN),
            at_most(f"{name}, CPU for a row", many.cpu_per_row / few.cpu_per_row, EVEN),
            at_most(f"import of {many.rows:,} rows, memory at the end : early on", many.growth, EVEN),
            Row("rows imported a second, one worker", ", ".join(f"{each.rows / each.seconds:.0f}" for each in found)),
            Row("of all rows, not one account each", str(amiss), "0", amiss == 0, float(amiss)),
        ],
        "Import",
        prose("""
            A file of people, uploaded, checked and done by one worker, in a process of its own, on the embedded AWS's
            tables; each into an empty tenant, without messages. Calls, CPU and time are of check and run together.
            Memory is what the process has at each chunk of the result that it writes: the last tenth of them beside the
            second.
        """),
        [Table(HEADS, [_line(each) for each in found])],
    )


HEADS: Final = (
    "rows",
    "AWS calls for a row",
    "CPU for a row, ms",
    "rows a second",
    "memory at most, MB",
    "at the end : early on",
)


def _line(each: Imported) -> tuple[str, ...]:
    return (
        f"{each.rows:,}",
        f"{each.calls_per_row:.3f}",
        f"{each.cpu_per_row:.2f}",
        f"{each.rows / each.seconds:.0f}",
        f"{max(each.memory):.0f}",
        f"{each.growth:.2f} ×",
    )


def _tenant(world: World) -> Tenant:
    tenant = world.new_tenant()
    world.new_profile(tenant)
    return tenant
