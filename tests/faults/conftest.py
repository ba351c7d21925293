"""The same worlds as the API's tests; here things go wrong in them."""

from collections.abc import Iterator

import pytest

from functions.messaging.gateways import aws_sms, ses
from tests.api.cloud import Cloud
from tests.api.conftest import Built, built, cloud, house, world
from tests.fakes.gateways import aws_endpoint
from tests.fakes.server import Fakes
from tests.faults.crowd import Crowd, gathered

__all__ = ["built", "cloud", "fakes", "house", "world"]


@pytest.fixture(scope="package")
def fakes() -> Iterator[Fakes]:
    with Fakes() as running:
        yield running


@pytest.fixture(autouse=True)
def _providers(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Providers may be plain http, as the fakes are; those inside AWS are fakes, too."""
    monkeypatch.setenv("ALLOW_HTTP", "1")
    for name, url in {**aws_endpoint(fakes), "AWS_ENDPOINT_URL_SESV2": f"{fakes.base_url}/ses"}.items():
        monkeypatch.setenv(name, url)
    yield
    for module in (aws_sms, ses):
        module.forget()


@pytest.fixture(scope="package")
def everybody(cloud: Cloud, built: Built, fakes: Fakes) -> Crowd:
    cloud.begin(built.furnished)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALLOW_HTTP", "1")
        return gathered(built.world, built.house, fakes)
