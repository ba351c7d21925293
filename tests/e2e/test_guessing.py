"""Guessing, on the deployed system's tables: addresses, codes, and the people who share a network with a guesser."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Final

import pytest

from functions.activation.codes import TRIES, TRIES_PER_NETWORK
from functions.activation.guessing import UNKNOWN_LIMIT, WAIT
from infra.system import System
from tests.programmes import guesses
from tests.programmes.mutants import CODE
from tests.programmes.processes import beside
from tests.programmes.scene import Scene, scene_of

PATIENCE: Final = 300  # seconds for one programme
LIVE: Final = 10_000
TRIED: Final = 1_000_000
ASKED: Final = 4_000
NETWORKS: Final = 50


@pytest.fixture(scope="module")
def process(system: System) -> Iterator[Executor]:
    with beside(system) as process:
        yield process


@pytest.fixture(scope="module")
def scene(system: System) -> Scene:
    return scene_of(system)


@pytest.fixture(scope="module")
def strict(system: System) -> Scene:
    """Whose links ask for a code."""
    return scene_of(system, link_policy={"kind": "code", "code_by": "operator"})


def test_a_million_guesses_at_ten_thousand_live_links_find_none(process: Executor, scene: Scene) -> None:
    """All million are compared with the fingerprints in the table, by which alone a token is looked up; thousands of
    them are asked for as requests, which go through the look-up and the lock-out."""
    done = process.submit(guesses.guess_tokens, scene, LIVE, TRIED, ASKED, NETWORKS).result(PATIENCE)
    print(done)
    assert (done.live, done.tried, done.hits) == (LIVE, TRIED, 0)
    assert done.asked == Counter({404: UNKNOWN_LIMIT * NETWORKS, 429: ASKED - UNKNOWN_LIMIT * NETWORKS})
    assert done.opened == done.looked_at >= 100


def test_a_network_that_guesses_is_locked_out_and_a_thousand_people_behind_it_still_activate(
    process: Executor, scene: Scene
) -> None:
    replies = process.submit(guesses.guess_from_one_network, scene, 200).result(PATIENCE)
    statuses = Counter(reply.status for reply in replies)
    assert statuses == {404: UNKNOWN_LIMIT, 429: 200 - UNKNOWN_LIMIT}
    assert {int(reply.headers["retry-after"]) <= WAIT for reply in replies if reply.status == 429} == {True}
    answers, seconds = process.submit(guesses.activate_from, scene, "203.0.113.5", 1000).result(PATIENCE)
    print(f"{statuses}; then {answers} in {seconds:.0f} s")
    assert answers == {"tap 303": 1000, "fetch 200": 1000}


@pytest.mark.parametrize(("networks", "each"), [(1, 100), (3, 40), (16, 10)])
def test_codes_guessed_at_once_never_exceed_the_limits(
    process: Executor, strict: Scene, networks: int, each: int
) -> None:
    tried = process.submit(guesses.guess_codes, strict, networks, each).result(PATIENCE)
    print(tried)
    assert tried.most <= TRIES_PER_NETWORK
    compared = min(TRIES, networks * TRIES_PER_NETWORK)
    assert tried.compared.total() == tried.counted == compared
    assert tried.answers.keys() <= {400, 429, 410}
    locked = compared == TRIES
    assert tried.state == ("locked" if locked else "live")
    assert tried.right_code == (410 if locked else 303)
    assert tried.unlocked == 303


def test_this_programme_notices_codes_that_are_counted_after_they_were_compared(
    process: Executor, strict: Scene
) -> None:
    tried = process.submit(guesses.guess_codes, strict, 3, 40, CODE).result(PATIENCE)
    print(tried)
    assert tried.most > TRIES_PER_NETWORK
    assert tried.compared.total() > TRIES
