"""A tenant's SIP server, as far as it meets us: it looks up, tells, and asks what has changed."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.api.client import Reply
from tests.api.phone import Phone, desk_link
from tests.api.world import House, World


class Line(NamedTuple):
    """One change as it is heard."""

    id: str
    username: str
    epoch: str
    number: str
    until: str


class Heard(NamedTuple):
    cursor: str
    state: str
    lines: list[Line]


@dataclass(frozen=True)
class SipServer:
    house: House

    def look_up(self, username: str, algorithm: str = "MD5") -> Reply:
        query = {"username": username, "realm": self.house.domain, "algorithm": algorithm}
        return self.house.registrar.get("/registrar/kamailio/lookup", query=query)

    def number(self, number: str) -> Reply:
        query = {"realm": self.house.domain, "number": number}
        return self.house.registrar.get("/registrar/kamailio/number", query=query)

    def tell(self, username: str, epoch: int, event: str = "registered", expires: int = 600) -> None:
        body = {"event": event, "username": username, "realm": self.house.domain, "epoch": epoch, "expires": expires}
        told = self.house.registrar.post(
            "/registrar/kamailio/events", body | {"user_agent": "Linphone", "contact": "sip:x"}
        )
        assert told.status == 204, told.text

    def changes(self, since: str | None = None) -> Heard:
        query = {"realm": self.house.domain} | ({"since": since} if since is not None else {})
        reply = self.house.registrar.get("/registrar/changes", query=query)
        assert reply.status == 200, reply.text
        first, *rest = reply.text.splitlines()
        cursor, state = first.split(" ")
        return Heard(cursor, state, [Line(*line.split(" ")) for line in rest])


def activated(world: World, house: House, **fields: object) -> dict[str, Any]:
    """An account whose phone has fetched its file."""
    account = house.account(**fields)
    phone = Phone(world.anyone.at(house.host))
    assert phone.fetch(phone.tap(desk_link(house, account["id"]))).status == 200
    return account
