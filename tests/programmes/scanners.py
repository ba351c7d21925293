"""What opens a link because it stands in a message: it looks, runs the page's scripts, presses what can be pressed, and
repeats what it saw. None of it may cost the person anything, or be given anything.

    BEHAVIOURS    each is a function of a scanner
    scan          a world of its own, many scanners, and then the person"""

import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from functions.common import agents
from tests.api.client import Api, Reply
from tests.api.cloud import Cloud
from tests.api.phone import FORM, Phone, desk_link, entries
from tests.api.world import House, World
from tests.programmes.remembered import remembered

FORGED: Final = "A" * 16 + "a" + "B" * 22  # of a claim id's form, signed by nobody
UNKNOWN: Final = "/p/a0000000000000000000000"
NAME: Final = "Very Private"
OPENED: Final = ("opened_at", "stamp")
PHONES: Final = ("phone", "tablet", "in_app")
KEPT: Final = ("links", "nonces", "accounts", "history", "messages", "audit", "requests", "tenants", "provisioning")


@dataclass(frozen=True)
class Scanner:
    """One that has the link, a page of it that it opened earlier, and one of somebody else's link."""

    api: Api
    token: str
    earlier: str  # claim ids
    others: str

    def get(self) -> list[Reply]:
        return [self.api.get(f"/a/{self.token}")]

    def head(self) -> list[Reply]:
        return [self.api.head(f"/a/{self.token}")]

    def get_with_scripts(self) -> list[Reply]:
        """Opens the page and does what its scripts do by themselves."""
        page = self.api.get(f"/a/{self.token}")
        if "/opened" not in page.text:
            return [page]
        return [page, self.api.request("POST", f"/a/{self.token}/opened")]

    def post_without_page(self) -> list[Reply]:
        return [self._press(f"/a/{self.token}", raw) for raw in ("", f"claim={FORGED}&touch=1&here=1")]

    def replayed_post(self) -> list[Reply]:
        """With the claim id of another link's page, and of an earlier page of this one; where that is taken for a tap,
        it goes on to where that leads."""
        found = [self._press(f"/a/{self.token}", f"claim={claim}") for claim in (self.others, self.earlier)]
        led = [self.api.get(reply.headers["location"]) for reply in found if reply.status == 303]
        return found + led

    def press_everything(self) -> list[Reply]:
        """All that the page leads to, but the button; and a ticket that is none."""
        link, claim = f"/a/{self.token}", f"claim={self.earlier}"
        gets = [self.api.get(path) for path in (f"{link}/not-me", f"{link}?sent=1", UNKNOWN, f"{UNKNOWN}/open", "/go")]
        posts = (f"{link}/not-me", f"{link}/code", f"{link}/new")
        return [*gets, *(self._press(path, claim) for path in posts), self._press(link, f"{claim}&here=1&code=")]

    def _press(self, path: str, raw: str) -> Reply:
        return self.api.request("POST", path, raw=raw, headers=FORM)


BEHAVIOURS: Final[dict[str, Callable[[Scanner], list[Reply]]]] = {
    "HEAD": Scanner.head,
    "GET": Scanner.get,
    "GET with scripts": Scanner.get_with_scripts,
    "POST without page": Scanner.post_without_page,
    "replayed POST": Scanner.replayed_post,
}
PRESSING: Final = {"press everything": Scanner.press_everything}


@dataclass
class Scanned:
    """What so many scanners did, and all that must not have been so."""

    scanners: int
    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def claimed(self) -> int:
        """Replays by what says that it is a phone: they count as taps, which the next one replaces."""
        return self.answers["replayed POST 303"]

    def __str__(self) -> str:
        told = ", ".join(f"{n} × {answer}" for answer, n in sorted(self.answers.items()))
        return f"{self.scanners} scanners in {self.seconds:.0f} s: {told}; {len(self.wrong)} wrong"


def scan_apart(user_agents: Sequence[str]) -> Scanned:
    """`scan` in a new world, for a process of its own."""
    cloud = Cloud()
    try:
        cloud.renew()
        world = World(cloud)
        house = world.house()
        with remembered():
            return scan(world, house, user_agents, BEHAVIOURS)
    finally:
        cloud.stop()


def scan(
    world: World,
    house: House,
    user_agents: Sequence[str],
    behaviours: Mapping[str, Callable[[Scanner], list[Reply]]],
) -> Scanned:
    """Each of them in every way, first those that are no phones: they may change nothing at all. Then the person
    taps."""
    begun = time.monotonic()
    account = house.account(full_name=NAME)
    token, other = desk_link(house, account["id"]), desk_link(house, house.account()["id"])
    phone = Phone(world.anyone.at(house.host))
    earlier, others = phone.claim_id(token), phone.claim_id(other)
    secrets = {NAME, account["id"], account["number"], account["username"], house.tenant}
    found = Scanned(len(user_agents))

    def come(agent: str, number: int) -> None:
        network = f"203.{number // 250 % 250}.{number % 250}.7"
        api = replace(world.anyone.at(house.host, source_ip=network), user_agent=agent)
        for name, behave in behaviours.items():
            for reply in behave(Scanner(api, token, earlier, others)):
                found.answers[f"{name} {reply.status}"] += 1
                found.wrong += [f"{agent}, {name}: {what}" for what in _told(reply, secrets)]

    phones = [agent for agent in user_agents if agents.kind(agent) in PHONES]
    before = _kept(world)
    for number, agent in enumerate(agent for agent in user_agents if agents.kind(agent) not in PHONES):
        come(agent, number)
    found.wrong += [f"{table} changed" for table, rows in _kept(world).items() if rows != before[table]]
    for number, agent in enumerate(phones):
        come(agent, len(user_agents) + number)
    found.wrong += _cost(house, account) + _served(house, account, phone, token)
    found.seconds = time.monotonic() - begun
    return found


def _told(reply: Reply, secrets: set[str]) -> list[str]:
    """What is wrong with an answer to a scanner."""
    everything = " ".join((reply.text, *reply.headers.values(), *reply.cookies))
    wrong = [f"it was told {secret}" for secret in secrets if secret in everything]
    wrong += [f"it was told of {word}" for word in ("auth_info", "<password", "X-Amz-") if word in everything]
    if reply.status >= 500:
        wrong.append(f"{reply.status}")
    if reply.text and not reply.headers.get("content-type", "").startswith(("text/html", "application/json")):
        wrong.append("it was given a file")
    return wrong


def _kept(world: World) -> dict[str, list[dict[str, Any]]]:
    """What all tables hold, but when the link was opened first, which is told to operators and decides nothing."""
    rows = {table: world.cloud.rows(table) for table in KEPT}
    return {
        table: [
            {name: value for name, value in row.items() if name not in OPENED}
            for row in held
            if row.get("event") != {"S": "link.opened"}
        ]
        for table, held in rows.items()
    }


def _cost(house: House, account: Mapping[str, Any]) -> list[str]:
    """What the scanners have cost the person, before the person comes."""
    state = house.csr.get(f"/v1/accounts/{account['id']}/state").json
    wrong = []
    if state["readiness"] not in ("pending", "activating") or state["link"]["state"] not in ("live", "claimed"):
        wrong.append(f"the account is {state['readiness']}, its link {state['link']['state']}")
    if house.csr.get(f"/v1/accounts/{account['id']}").json.get("attention"):
        wrong.append("an operator's attention was asked for")
    if _look_up(house, account).status != 404:
        wrong.append("there is a credential")
    return wrong


def _served(house: House, account: Mapping[str, Any], phone: Phone, token: str) -> list[str]:
    """What goes wrong when the person taps at last."""
    page = phone.open(token)
    claim = re.search(r'name="claim" value="([A-Za-z0-9]+)"', page.text)
    tapped = phone.press(token, claim[1] if claim else "")
    if tapped.status != 303:
        return [f"the person's tap was answered {tapped.status}"]
    file = phone.fetch(tapped.headers["location"].split("/")[2])
    if file.status != 200:
        return [f"the person's file was answered {file.status}"]
    known = _look_up(house, account).text.split()[:2]
    return [] if known == [entries(file)["auth_info_0/ha1"], "1"] else ["the person's phone cannot register"]


def _look_up(house: House, account: Mapping[str, Any]) -> Reply:
    query = {"username": account["username"], "realm": house.domain, "algorithm": "SHA-256"}
    return house.registrar.get("/registrar/kamailio/lookup", query=query)
