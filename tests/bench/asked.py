"""Requests as the gateway would hand them over, without anybody answering."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from tests.api.client import Api, Reply

Event = dict[str, Any]


@dataclass(frozen=True)
class _Noting(Api):
    noted: list[Event] = field(default_factory=list)

    def _answered(self, event: Event) -> Reply:
        self.noted.append(event)
        return Reply(200, {}, "")


def event_of(ask: Callable[[Api], object], api: Api) -> Event:
    """The event of the one request that `ask` makes as the client that `api` is."""
    noting = _Noting(**{each.name: getattr(api, each.name) for each in fields(Api)})
    ask(noting)
    (event,) = noting.noted
    return event
