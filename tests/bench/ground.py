"""An embedded AWS with our tables, queues, buckets, keys and keyrings, where nothing of ours runs by itself: what the
processes of this bench do there, nobody else does at the same time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra import embedded
from tests.api.cloud import Cloud
from tests.bench.packaged import SETTINGS
from tests.programmes.processes import processes

Environment = dict[str, str]


class Ground(Cloud):
    """AWS as the process finds it in its environment. Where `lay` was called before, all is there already."""

    def __init__(self) -> None:
        self._open()

    def make(self) -> None:
        self._make()
        self._make_passing()


@contextmanager
def laid(folder: Path) -> Iterator[Environment]:
    """A fresh one, with its state under `folder`; what processes that work on it have in their environment."""
    folder.mkdir()
    aws = embedded.start(folder, persistent=False)
    try:
        with processes(1, aws.environment()) as one:
            made = one.submit(lay).result()
        yield aws.environment() | made
    finally:
        aws.stop()


def lay() -> Environment:
    """Makes everything, on the AWS of this process's environment."""
    ground = Ground()
    ground.make()
    return {name: value for name, value in os.environ.items() if name.startswith(SETTINGS)}
