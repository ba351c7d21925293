"""A gateway's rate, on the deployed system: reached, and never exceeded. `make bench` sends 10,000 messages at 30/s."""

import pytest

from infra.system import System
from tests.e2e.runs import AtRate, at_rate

REACHED = 0.97


@pytest.fixture(scope="module")
def near(system: System) -> AtRate:
    """The workers take up what comes within two seconds: each message waits for its moment in one of them."""
    return at_rate(system, rate=5, size=150)


@pytest.fixture(scope="module")
def far(system: System) -> AtRate:
    """A gateway so slow that the workers cannot wait: messages leave the queue until their moment is near."""
    return at_rate(system, rate=1.5, size=45)


@pytest.mark.parametrize("name", ["near", "far"])
def test_the_rate_is_reached_and_no_provider_ever_says_too_fast(name: str, request: pytest.FixtureRequest) -> None:
    run: AtRate = request.getfixturevalue(name)
    print(f"{run.size} messages at {run.rate}/s: {run.share:.1%} of it, at most {run.busiest_second} in a second")
    assert run.share >= REACHED
    assert run.throttled == 0


@pytest.mark.parametrize("name", ["near", "far"])
def test_every_message_arrives_once(name: str, request: pytest.FixtureRequest) -> None:
    run: AtRate = request.getfixturevalue(name)
    assert run.states == {"sent": run.size}
    assert len(run.at) == run.size
    assert run.twice == 0


@pytest.mark.parametrize("name", ["near", "far"])
def test_no_entry_of_the_queue_comes_twice(name: str, request: pytest.FixtureRequest) -> None:
    """Waiting for a gateway uses up no receive count: whatever is taken from the queue is done with."""
    run: AtRate = request.getfixturevalue(name)
    assert (run.failed, run.dead, run.left) == (0, 0, 0)


def test_what_can_wait_in_its_worker_goes_through_the_queue_once(near: AtRate) -> None:
    assert near.entries == near.size


def test_what_cannot_leaves_the_queue_and_comes_back(far: AtRate) -> None:
    assert far.entries > far.size
