"""The same worlds as the API's tests; here things go wrong in them."""

from tests.api.conftest import cloud, world

__all__ = ["cloud", "world"]
