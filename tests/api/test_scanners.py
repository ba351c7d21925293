"""Whatever opens a link because it stands in a message costs the person nothing and gets nothing."""

from collections import Counter
from typing import Final

import pytest

from functions.activation import pages
from tests.api.world import House, World
from tests.programmes.processes import processes
from tests.programmes.scanners import BEHAVIOURS, PRESSING, Scanned, scan, scan_apart
from tests.programmes.user_agents import ALL, QUOTED

CORES: Final = 2


@pytest.fixture(scope="module")
def scanned() -> list[Scanned]:
    """All of them, in as many processes as there are cores."""
    parts = [ALL[first::CORES] for first in range(CORES)]
    with processes(CORES, {"POWERTOOLS_SERVICE_NAME": "dialready"}) as pool:
        return list(pool.map(scan_apart, parts))


def test_two_thousand_scanners_in_five_ways_change_and_learn_nothing(scanned: list[Scanned]) -> None:
    answers = sum((each.answers for each in scanned), Counter[str]())
    for each in scanned:
        print(each)
        assert not each.wrong
    assert sum(each.scanners for each in scanned) == len(ALL) >= 2_000
    for behaviour in BEHAVIOURS:
        assert sum(n for answer, n in answers.items() if answer.startswith(f"{behaviour} ")) >= len(ALL)


def test_those_that_say_they_are_phones_get_no_further_than_a_tap_which_the_persons_replaces(
    scanned: list[Scanned],
) -> None:
    assert all(0 < each.claimed < each.scanners / 20 for each in scanned)


def test_what_presses_everything_gets_nothing_either(world: World, house: House) -> None:
    found = scan(world, house, QUOTED, PRESSING)
    print(found)
    assert not found.wrong
    assert not [row for row in world.cloud.rows("messages") if "kind" in row]  # no code was sent


def test_this_programme_notices_a_page_that_takes_a_scanners_post(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_on_phone", lambda agent, touched: True)
    assert "links changed" in scan(world, house, QUOTED[:8], BEHAVIOURS).wrong
