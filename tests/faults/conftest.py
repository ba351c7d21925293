"""The same worlds as the API's tests; here things go wrong in them."""

from collections.abc import Iterator

import pytest

from tests.api.conftest import built, cloud, house, world
from tests.fakes.server import Fakes

__all__ = ["built", "cloud", "fakes", "house", "world"]


@pytest.fixture(scope="package")
def fakes() -> Iterator[Fakes]:
    with Fakes() as running:
        yield running


@pytest.fixture(autouse=True)
def _on_a_laptop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Providers may be plain http, as the fakes are."""
    monkeypatch.setenv("ALLOW_HTTP", "1")
