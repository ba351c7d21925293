"""A tenant's people and their phones, for programmes that need many of them quickly: over the API, in this process."""

import itertools
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

from functions.accounts import devices
from functions.common import records
from infra.system import System
from tests.api.client import Reply
from tests.api.phone import Phone, entries, token_of
from tests.api.world import made
from tests.e2e.web import request
from tests.e2e.world import World
from tests.programmes.together import Together

_numbers: Final = itertools.count(1000)


class Credential(NamedTuple):
    """What a SIP server is told of a digest user."""

    ha1: str
    epoch: int


@dataclass(frozen=True)
class Person:
    """Somebody with an account and a link in hand."""

    account_id: str
    username: str
    client: str
    token: str


@dataclass(frozen=True)
class Scene:
    """A tenant and what its operators and its SIP server act with."""

    tenant: str
    host: str
    domain: str
    group: str
    admin_token: str = field(repr=False)
    registrar_token: str = field(repr=False)

    @cached_property
    def admin(self) -> Together:
        return Together(token=self.admin_token, host=self.host)

    @cached_property
    def phone(self) -> Phone:
        return Phone(Together(host=self.host))

    def person(self, client: str = "linphone") -> Person:
        """A new account, and its link as shown at the desk."""
        body = {"full_name": "A Person", "number": f"+1202555{next(_numbers):04}", "group_id": self.group}
        account = made(self.admin.post("/v1/accounts", body | {"client": client}))
        return Person(account["id"], account["username"], client, self.new_link(account["id"]))

    def new_link(self, account_id: str) -> str:
        """The token of a fresh link, which supersedes the one before."""
        return token_of(made(self.admin.post(f"/v1/accounts/{account_id}/qr"))["url"])

    def links(self, person: Person) -> list[dict[str, Any]]:
        """The account's links as operators see them, newest first."""
        found: list[dict[str, Any]] = self.admin.get(f"/v1/accounts/{person.account_id}/links").json
        return found

    def look_up(self, person: Person) -> Credential | None:
        """What the SIP server is told now."""
        query = {"username": person.username, "realm": self.domain, "algorithm": "SHA-256"}
        server = Together(token=self.registrar_token, host=self.host)
        answer = server.get("/registrar/kamailio/lookup", query=query)
        if answer.status == 404:
            return None
        assert answer.status == 200, answer.text
        ha1, epoch, *_ = answer.text.split()
        return Credential(ha1, int(epoch))

    def ha1_in(self, answer: Reply, person: Person) -> str | None:
        """The digest secret in the file that a fetch led to; None when it led to none."""
        if answer.status == 302:
            stored = request("GET", answer.headers["location"])
            found = re.search(r"<password>([^<]+)</password>", stored.text)
            return devices.ha1s(person.username, self.domain, found[1])[1] if stored.status == 200 and found else None
        return entries(answer)["auth_info_0/ha1"] if answer.status == 200 else None


@contextmanager
def settled() -> Iterator[None]:
    """Within it, configuration is read once: nobody changes it, and nobody races for it.

    A request's own memory of it is its process's, which has one thread in a Lambda, and here sixteen."""
    once = records.once
    records.once = nullcontext  # type: ignore[assignment]
    try:
        with records.remembered(3600):
            yield
    finally:
        records.once = once


def scene_of(system: System, **profile: object) -> Scene:
    """A new tenant of the running system, whose profile has these fields."""
    world = World(system)
    tenant = world.new_tenant()
    world.new_profile(tenant, **profile)
    return Scene(
        tenant=tenant.id,
        host=system.base_url.partition("://")[2],
        domain=tenant.domain,
        group=tenant.group_id,
        admin_token=tenant.api.token,
        registrar_token=tenant.registrar_token,
    )


class Try(NamedTuple):
    """One request of a device: `claim` is who asked; times are the process's own clock."""

    claim: str
    asked: str  # "tap" or "fetch"
    status: int
    ha1: str | None
    begun: float
    ended: float


def tap(scene: Scene, person: Person, claim: str, token: str | None = None) -> tuple[Try, str | None]:
    """A device presses the button; its ticket, when it got one."""
    begun = time.monotonic()
    answer = scene.phone.press(token or person.token, claim)
    ticket = answer.headers["location"].split("/")[2] if answer.status == 303 else None
    return Try(claim, "tap", answer.status, None, begun, time.monotonic()), ticket


def fetch(scene: Scene, person: Person, claim: str, ticket: str) -> Try:
    """The device's softphone fetches, and its file is read."""
    begun = time.monotonic()
    answer = scene.phone.fetch(ticket)
    return Try(claim, "fetch", answer.status, scene.ha1_in(answer, person), begun, time.monotonic())


def files(tries: Sequence[Try]) -> Mapping[str, set[str]]:
    """The digest secrets that each device was given."""
    given: dict[str, set[str]] = {}
    for each in tries:
        if each.ha1 is not None:
            given.setdefault(each.claim, set()).add(each.ha1)
    return given
