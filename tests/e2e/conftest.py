"""One running system for all end-to-end tests: the packaged template on the embedded AWS, IAM enforced."""

from collections.abc import Iterator

import pytest

from infra.front_door import FrontDoor
from infra.system import System, start


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    running = start(
        tmp_path_factory.mktemp("aws"), FrontDoor(), persistent=False, target=tmp_path_factory.mktemp("package")
    )
    try:
        yield running
        # Some of them are survived and only logged: the sweep would do later what was not allowed at once.
        refused = running.logs("AccessDenied")
        assert not refused, f"a function lacks a right: {refused[0]}"
    finally:
        running.stop()
