"""Processes of their own, in which the functions run without HTTP and its workers: on the deployed system's tables,
bucket, key and keyrings, or on what the programme sets up there itself.

Tables are named when the functions are imported, after the environment was set: so nothing of ours is imported here."""

import logging
import os
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from infra.system import System

QUIET: Final = {"POWERTOOLS_LOG_LEVEL": "CRITICAL"}


@contextmanager
def beside(system: "System") -> Iterator[Executor]:
    """Runs what it is given, one after the other, with the environment of the function that serves the links."""
    function = system.client("lambda").get_function_configuration(FunctionName=system.physical_id("Links"))
    with processes(1, function["Environment"]["Variables"] | system.aws.environment()) as one:
        yield one


@contextmanager
def processes(many: int, environment: dict[str, str]) -> Iterator[Executor]:
    """As many new processes; whatever runs in them tells no logs."""
    with ProcessPoolExecutor(many, get_context("spawn"), _become, (environment | QUIET,)) as pool:
        yield pool


def _become(environment: dict[str, str]) -> None:
    os.environ.update(environment)
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - what the functions tell the logs, until the process ends
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # more threads than kept connections: no news
