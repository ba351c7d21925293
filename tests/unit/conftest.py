"""The fakes, for every test that speaks with one."""

from collections.abc import Iterator

import pytest

from tests.fakes.server import Fakes
from tests.unit.gateways import Sms, at_its_fake, environment, forget_everything


@pytest.fixture(scope="session")
def running() -> Iterator[Fakes]:
    with Fakes() as fakes:
        yield fakes


@pytest.fixture
def fakes(running: Fakes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fakes]:
    """As on their first day, and no gateway has asked them anything."""
    for name, value in environment(running).items():
        monkeypatch.setenv(name, value)
    running.reset()
    forget_everything()
    yield running
    running.aws_sms.publish = None
    forget_everything()


@pytest.fixture
def sms(request: pytest.FixtureRequest, fakes: Fakes) -> Sms:
    return at_its_fake(request.param, fakes)
