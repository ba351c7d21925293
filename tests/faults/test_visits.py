"""Every AWS call of upkeep's visits fails once, and upkeep comes again. Whatever was due has come to pass, once."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pytest

from functions.accounts import lifecycle
from functions.common import clock
from tests.api.phone import Phone, desk_link
from tests.api.sipserver import SipServer
from tests.api.world import House, World, changed, made
from tests.fakes.server import Fakes
from tests.faults.injection import Crash, Fault, injected
from tests.faults.sending import NOON, make_able_to_send

PERSON: Final = {
    "full_name": "Zenobia Quill",
    "email": "ok@example.net",
    "mobile": "+41790000001",
    "description": "corner office",
    "external_id": "HR-884422",
}
LATER: Final = timedelta(minutes=61)  # by then whatever upkeep has put off is due again


@dataclass(frozen=True)
class Told:
    """One account, and what is known of it in the end."""

    world: World
    house: House
    id: str
    number: str
    username: str

    def rows(self, table: str) -> list[dict[str, Any]]:
        return [row for row in self.world.cloud.rows(table) if self.id in row["pk"]["S"]]

    def stored(self) -> dict[str, Any]:
        (row,) = [row for row in self.rows("accounts") if "|account|" in row["pk"]["S"]]
        return row

    def events(self, name: str) -> int:
        return sum(row["event"]["S"] == name for row in self.rows("history"))

    def audited(self, action: str) -> int:
        rows = self.world.cloud.rows("audit")
        return sum(row["action"]["S"] == action and row["target"]["S"] == f"account/{self.id}" for row in rows)

    def look_up(self) -> int:
        return SipServer(self.house).look_up(self.username).status

    def left(self) -> str:
        """All tables, but for what SIP servers were told, which has its time."""
        names = self.world.cloud.dynamodb.list_tables()["TableNames"]
        return "\n".join(str(row) for name in names for row in self.world.cloud.rows(name) if name != "limits")


def warned(told: Told) -> None:
    assert told.events("account.expires_soon") == 1
    assert told.stored()["attention"]["S"] == "expires_soon"


def expired(told: Told) -> None:
    assert (told.events("account.expired"), told.audited("account.expire")) == (1, 1)
    assert told.stored()["standing"]["S"] == "expired"
    assert told.look_up() == 404
    states = {row["kind"]["S"]: row["state"]["S"] for row in told.rows("messages")}
    assert (states["installation"], states["activation"]) == ("cancelled", "cancelled")
    assert {row["state"]["S"] for row in told.rows("links")} == {"closed", "revoked"}
    clock.tick(timedelta(minutes=16))
    told.world.sweep()
    assert told.world.cloud.rows("nonces") == []


def deleted(told: Told) -> None:
    assert (told.events("account.deleted"), told.audited("account.delete")) == (1, 1)
    assert told.events("account.expired") == 0  # of what happened before, nothing is told any more
    assert "due_at" not in told.stored()
    left = told.left()
    for value in (*PERSON.values(), told.number):
        assert value.lstrip("+") not in left, value
    assert "Linphone" not in left


def trimmed(told: Told) -> None:
    assert {row["kind"]["S"] for row in told.rows("messages")} == {"installation", "activation"}  # which wait
    mine = [row for row in told.world.cloud.rows("messages") if row.get("account_id", {}).get("S") == told.id]
    assert len(mine) == 2  # and nothing finds what has gone
    assert "Linphone" not in told.left()
    assert told.stored()["full_name"]["S"] == PERSON["full_name"]


@pytest.fixture(autouse=True)
def _one_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look into an empty shard is a call at which nothing can go wrong, several times in each run."""
    for name in ("SHARDS", "SHARDS_EVER"):
        monkeypatch.setattr(lifecycle, name, 1)


Case = tuple[float, Callable[[Told], None]]

CASES: Final[dict[str, Case]] = {
    "told before": (351, warned),
    "expired": (365, expired),
    "deleted": (365 + 91, deleted),
    "trimmed": (300, trimmed),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("fault", list(Fault))
def test_upkeep_is_cut_short_at_every_call(world: World, house: House, fakes: Fakes, fault: Fault, case: str) -> None:
    days, check = CASES[case]
    with clock.frozen(NOON):
        told = somebody(world, house, fakes)
        if case != "trimmed":
            come(world, 350)
            until(365 - 15)
        if case == "deleted":
            come(world, 366)
        until(min(days, 365) - 10)
        waiting(told)
        until(days)
        beginning, begun = world.cloud.keep(), clock.now()
        with injected() as calls:
            runs(world)
        check(told)
    assert len(calls.names) > 5
    for at in calls.positions(fault):
        world.cloud.begin(beginning)
        with clock.frozen(begun):
            with injected(at, fault) as failing, suppress(Crash):
                runs(world)
            where = f"{fault} at call {at}: {failing.names[-1]}"
            assert failing.hit, where
            runs(world)
            try:
                check(told)
            except AssertionError as wrong:
                raise AssertionError(where) from wrong


def runs(world: World) -> None:
    """Upkeep runs for a while, and comes back to what it has put off."""
    for _ in range(5):
        world.visit()
        clock.tick(LATER)


def come(world: World, day: float) -> None:
    """Upkeep has done what was due until then."""
    until(day)
    for _ in range(3):
        world.visit()
        clock.tick(timedelta(seconds=1))


def until(day: float) -> None:
    clock.tick(max(NOON + timedelta(days=day) - clock.now(), timedelta()))


def waiting(told: Told) -> None:
    """Another link for the phone's slot, and messages that are sent much later."""
    path, later = f"/v1/accounts/{told.id}", clock.text(clock.now() + timedelta(days=50))
    if told.stored()["standing"]["S"] == "enabled":
        made(told.house.csr.post(f"{path}/links", {"channels": ["sms"], "send_at": later}))
        made(told.house.csr.post(f"{path}/messages", {"kind": "installation", "channel": "sms", "send_at": later}))


def somebody(world: World, house: House, fakes: Fakes) -> Told:
    """Who has a phone that is ready to dial, and was told so."""
    make_able_to_send(house, fakes)
    retention = {"never_activated_flag_days": None, "messages_days": 200, "history_days": 3650}
    changed(house.admin.patch("/v1/tenant", {"retention": retention}))
    account = house.account(expires_at=clock.text(NOON + timedelta(days=365)), **PERSON)
    told = Told(world, house, account["id"], account["number"], account["username"])
    phone = Phone(world.anyone.at(house.host))
    assert phone.fetch(phone.tap(desk_link(house, told.id))).status == 200
    SipServer(house).tell(told.username, 1)
    clock.tick(timedelta(minutes=2))
    world.sweep()
    world.pump()
    return told
