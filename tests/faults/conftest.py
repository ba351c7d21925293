"""The same worlds as the API's tests; here things go wrong in them."""

from collections.abc import Iterator

import pytest

from functions.common import clock
from functions.common.transaction import commit
from functions.messaging import outbox
from functions.messaging.gateways import Channel, aws_sms, ses
from functions.messaging.kinds import Kind
from tests.api.cloud import Cloud
from tests.api.conftest import Built, built, cloud, house, world
from tests.fakes.gateways import aws_endpoint, sms_bodies
from tests.fakes.server import Fakes
from tests.faults.crowd import PEOPLE, Crowd, Person
from tests.faults.sending import NOON, add_gateway, forget

__all__ = ["built", "cloud", "fakes", "house", "world"]


@pytest.fixture(scope="package")
def fakes() -> Iterator[Fakes]:
    with Fakes() as running:
        yield running


@pytest.fixture(autouse=True)
def _on_a_laptop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Providers may be plain http, as the fakes are."""
    monkeypatch.setenv("ALLOW_HTTP", "1")


@pytest.fixture(scope="package")
def everybody(cloud: Cloud, built: Built, fakes: Fakes) -> Crowd:
    """People with a link and nothing to bring it: no message waits, and there is no gateway."""
    cloud.begin(built.furnished)
    house = built.house
    with pytest.MonkeyPatch.context() as patch, clock.frozen(NOON):
        patch.setenv("ALLOW_HTTP", "1")
        gateway = add_gateway(house, sms_bodies(fakes)["vonage_sms"], "sms")
        people = [_person(house, number) for number in range(PEOPLE)]
        assert house.admin.delete(f"/v1/gateways/{gateway}").status == 204
    forget(fakes)
    return Crowd(built.world, house, fakes, people, cloud.keep())
