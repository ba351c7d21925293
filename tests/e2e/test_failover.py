"""A gateway dies while messages are sent through it, on the deployed system: the other one takes over."""

import pytest

from infra.system import System
from tests.e2e.runs import Failover, failover

SIZE = 1000


@pytest.fixture(scope="module")
def died(system: System) -> Failover:
    return failover(system, SIZE)


def test_all_are_sent_by_one_of_the_two_and_none_twice(died: Failover) -> None:
    print(f"{died.size} messages, {died.taken} by each, in {died.seconds:.0f} s: {dict(died.states)}")
    assert died.states == {"sent": SIZE}
    assert sum(died.taken) == SIZE
    assert died.twice == 0
    assert min(died.taken) >= SIZE // 4
    assert died.dead == 0


def test_the_dead_gateway_is_out_and_says_why(died: Failover) -> None:
    assert died.out.state == "out"
    assert died.out.reason is not None
    assert "in a row" in died.out.reason


def test_it_is_back_once_its_provider_is(died: Failover) -> None:
    assert died.back == ("ready", None)
