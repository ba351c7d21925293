"""The API for many threads at once, in this process.

Chalice keeps the present request at the app, one at a time; here each request goes from the route table straight to its
view, as it does inside Chalice."""

from dataclasses import dataclass
from typing import Any

from chalice.app import Request

import app
from functions.common.http import serve
from functions.operators.authorise import authorise
from tests.api.client import Api, Context, Reply, reply_of

_ROUTES = {(route.verb, route.path): route for route in app.ROUTES}


@dataclass(frozen=True)
class Together(Api):
    """A client that any number of threads may use."""

    def _answered(self, event: dict[str, Any]) -> Reply:
        route = _ROUTES[event["httpMethod"], event["resource"]]
        return reply_of(serve(Request(event, Context()), route, {}, authorise).to_dict())
