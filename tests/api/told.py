"""A house that can tell its people by SMS and by e-mail, and a person whose phone takes the link that came by SMS."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from functions.common import clock
from tests.api.client import Reply
from tests.api.phone import FORM, Phone
from tests.api.post import Post
from tests.api.world import made
from tests.fakes.gateways import mail_bodies
from tests.fakes.records import Recorded

SENDER = "phones@example.net"
MAIL = "person@example.net"
_LINK = re.compile(r"https://[^/\s]+/([anp])/([A-Za-z0-9]+)")


@dataclass(frozen=True)
class Told:
    post: Post

    def person(self, suffix: str = "0001", *messages: str, **fields: object) -> dict[str, Any]:
        made = self.post.account(suffix, *messages, **({"email": MAIL} | fields))
        clock.tick(timedelta(seconds=1))  # what comes later is later
        return made

    def mails(self, to: str = MAIL) -> list[Recorded]:
        return [each for each in self.post.fakes.mails if each.to == to]

    def texts(self, mobile: str) -> list[Recorded]:
        return [each for each in self.post.fakes.sms if each.to.lstrip("+") == mobile.lstrip("+")]

    def kinds(self, account: dict[str, Any]) -> list[tuple[str, str, str]]:
        """Kind, channel and state of every message, the oldest first."""
        return [(each["kind"], each["channel"], each["state"]) for each in reversed(self.post.messages(account))]

    def later(self) -> None:
        """A minute passes: what the sweep brings is sent."""
        clock.tick(timedelta(minutes=1))
        self.post.world.sweep()
        self.post.world.pump()

    def activate(self, token: str) -> str:
        """A phone takes the link and fetches its file; the ticket."""
        phone = Phone(self.post.world.anyone.at(self.post.house.host))
        ticket = phone.tap(token)
        assert phone.fetch(ticket).status == 200
        return ticket

    def registers(self, account: dict[str, Any], epoch: int = 1) -> None:
        body = {"event": "registered", "username": account["username"], "realm": self.post.house.domain}
        more = {"epoch": epoch, "expires": 600, "user_agent": "Linphone", "source": "192.0.2.9"}
        assert self.post.house.registrar.post("/registrar/kamailio/events", body | more).status == 204

    def activated(self, account: dict[str, Any]) -> None:
        """By the link that went to the person's mobile."""
        self.post.world.pump()
        self.activate(link_in(self.texts(account["mobile"])[-1], "a"))
        self.registers(account)
        self.later()

    def page(self, token: str, code: str | None = None, verb: str = "GET") -> Reply:
        api = self.post.world.anyone.at(self.post.house.host)
        if code is None:
            return api.request(verb, f"/n/{token}")
        return api.request("POST", f"/n/{token}", raw=f"code={code}", headers=FORM)

    def rows(self) -> str:
        """Every table's every item."""
        cloud = self.post.world.cloud
        return "\n".join(str(cloud.rows(table)) for table in cloud.dynamodb.list_tables()["TableNames"])


def told(post: Post) -> Told:
    """Its mail server was tested; the fakes have forgotten it."""
    mail = mail_bodies(post.fakes, SENDER)["smtp"]
    gateway = made(post.house.admin.post("/v1/gateways", {**mail, "rate": 1000}))["id"]
    tested = post.house.admin.post(f"/v1/gateways/{gateway}/test", {"to": "ok@example.net"})
    assert tested.json["outcome"] == "accepted", tested.text
    return Told(post)


def link_in(message: Recorded, letter: str) -> str:
    """The token of the one link of this kind in a message."""
    [token] = {token for kind, token in _LINK.findall(message.text) if kind == letter}
    return str(token)
