"""The whole system in this process: every test has a new, empty world."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.api.client import Api
from tests.api.cloud import Cloud, Kept
from tests.api.samples import Things, things
from tests.api.world import House, World


@dataclass(frozen=True)
class Built:
    """What every test of the folder begins from."""

    world: World
    empty: Kept
    house: House
    furnished: Kept


@dataclass(frozen=True)
class Furnished:
    """A tenant with one of everything, and a stranger to it."""

    world: World
    stranger: House
    things: Things


@pytest.fixture(scope="package")
def cloud() -> Iterator[Cloud]:
    running = Cloud()
    try:
        running.renew()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="package")
def built(cloud: Cloud) -> Built:
    """The world before its first tenant, and with it."""
    world = World(cloud)
    empty = cloud.keep()
    house = world.house()
    return Built(world, empty, house, cloud.keep())


@pytest.fixture
def world(cloud: Cloud, built: Built) -> World:
    """An installation without tenants."""
    cloud.begin(built.empty)
    return built.world


@pytest.fixture
def house(cloud: Cloud, world: World, built: Built) -> House:
    """The world's one tenant, with all that it needs to make accounts."""
    cloud.begin(built.furnished)
    return built.house


@pytest.fixture(scope="package")
def furnished(cloud: Cloud, built: Built) -> tuple[Furnished, Kept]:
    cloud.begin(built.empty)
    stranger, house = built.world.house("Stranger Ltd"), built.world.house()
    found = Furnished(built.world, stranger, things(house))
    return found, cloud.keep()


@pytest.fixture
def owned(cloud: Cloud, furnished: tuple[Furnished, Kept]) -> Furnished:
    """A tenant with one of everything, and another tenant."""
    found, kept = furnished
    cloud.begin(kept)
    return found


@pytest.fixture
def api(world: World) -> Api:
    """A client without a token."""
    return world.anyone
