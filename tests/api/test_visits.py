"""What time does to accounts: operators are told, accounts expire, go, and leave nothing; each of it once."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from functions.accounts import attention, history, lifecycle, people, standing, visit, visiting
from functions.accounts.attention import note
from functions.accounts.models import Account, HistoryEntry, account_key
from functions.common import clock
from functions.common.errors import Changed
from functions.common.table import read
from functions.messaging import outbox
from functions.tenants.retention import Retention
from functions.upkeep.report import Report
from functions.upkeep.report import shown as report_shown
from tests.api.meanwhile import meanwhile
from tests.api.phone import Phone, desk_link
from tests.api.post import Post, fakes_fixture, post_fixture, running_fixture  # noqa: F401 - fixtures
from tests.api.sipserver import SipServer, activated
from tests.api.world import House, World, changed, made

NOON: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
YEAR: Final = NOON + timedelta(days=365)
DEFAULTS: Final = Retention()


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def server(house: House) -> SipServer:
    return SipServer(house)


def later(world: World, **delta: float) -> dict[str, int]:
    """Time goes on, and upkeep runs until nothing is due any more; what it did."""
    clock.tick(timedelta(**delta))
    done: dict[str, int] = {}
    while counts := world.visit()["counts"]:
        for kind, number in counts.items():
            done[kind] = done.get(kind, 0) + number
        clock.tick(timedelta(seconds=1))
    return done


def ends(account: dict[str, Any], days: int = 365) -> str:
    return clock.text(clock.read(account["created_at"]) + timedelta(days=days))


def shown(house: House, account: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = house.csr.get(f"/v1/accounts/{account['id']}").json
    return found


def events(house: House, account: dict[str, Any], *names: str) -> list[tuple[str, dict[str, Any]]]:
    """What happened to the account, in order; of these kinds, where any is named."""
    found = history.since(house.tenant, account["id"], NOON - timedelta(days=1))
    return [(each.event, dict(each.details)) for each in found if not names or each.event in names]


def stored(house: House, account: dict[str, Any]) -> Account:
    found = read(Account, account_key(house.tenant, account["id"]))
    assert found is not None
    return found


def audited(world: World, account: dict[str, Any]) -> list[tuple[str, str]]:
    """What was done to the account, and by whom."""
    rows = [row for row in world.cloud.rows("audit") if row["target"]["S"] == f"account/{account['id']}"]
    return [(row["action"]["S"], row["operator_name"]["S"]) for row in sorted(rows, key=lambda row: row["sk"]["S"])]


def retain(house: House, **fields: object) -> None:
    changed(house.admin.patch("/v1/tenant", {"retention": fields}))


def rows(world: World) -> str:
    """Every table's every item, but for those whose time is over."""
    names = world.cloud.dynamodb.list_tables()["TableNames"]
    items = [row for name in names for row in world.cloud.rows(name)]
    return "\n".join(str(row) for row in items if int(row.get("ttl", {}).get("N", 2**40)) > clock.epoch())


# Operators are told.


def test_operators_are_told_before_an_account_expires_and_once(world: World, house: House) -> None:
    account = house.account(expires_at=clock.text(YEAR))
    retain(house, never_activated_flag_days=None)
    assert later(world, days=350, hours=23) == {}
    assert later(world, hours=1) == {"account.expires_soon": 1}
    assert shown(house, account)["attention"] == "expires_soon"
    assert events(house, account, "account.expires_soon") == [("account.expires_soon", {"until": clock.text(YEAR)})]
    assert [each["id"] for each in house.csr.get("/v1/accounts?attention=true").json["items"]] == [account["id"]]
    house.csr.post(f"/v1/accounts/{account['id']}/attention/clear")
    assert later(world, days=13) == {}
    assert shown(house, account)["attention"] is None


@pytest.mark.parametrize("why", ["not_me", "not_opened"])
def test_no_other_reason_is_covered(world: World, house: House, why: Any) -> None:
    account = house.account(expires_at=clock.text(YEAR))
    note(house.tenant, account["id"], why)
    later(world, days=352)
    assert shown(house, account)["attention"] == why
    assert len(events(house, account, "account.expires_soon")) == 1


def asking(house: House, what: str) -> set[str]:
    """The ids of those that ask for attention like this, page by page."""
    found: set[str] = set()
    cursor = ""
    while True:
        page = changed(house.csr.get("/v1/accounts", query={"attention": what, "limit": "1"} | cursor_of(cursor)))
        found |= {each["id"] for each in page["items"]}
        if page["cursor"] is None:
            return found
        cursor = page["cursor"]


def cursor_of(cursor: str) -> dict[str, str]:
    return {"cursor": cursor} if cursor else {}


def test_those_who_expire_soon_are_listed_whatever_else_they_ask_for(world: World, house: House) -> None:
    retain(house, never_activated_flag_days=None)
    plain, covered, later_covered, kept = (house.account(expires_at=clock.text(YEAR)) for _ in range(4))
    other = house.account()
    note(house.tenant, covered["id"], "not_me")
    note(house.tenant, other["id"], "not_opened")
    note(house.tenant, kept["id"], "not_opened")
    done = later(world, days=352)
    assert done["account.expires_soon"] == 4
    note(house.tenant, later_covered["id"], "codes_locked")
    everyone = {each["id"] for each in (plain, covered, later_covered, kept)}
    assert asking(house, "expires_soon") == everyone
    assert asking(house, "true") == everyone | {other["id"]}
    assert asking(house, "not_opened") == {kept["id"], other["id"]}
    assert asking(house, "not_me") == {covered["id"]}
    assert asking(house, "undelivered") == set()
    assert len(asking(house, "false")) == 5
    changed(house.csr.post(f"/v1/accounts/{covered['id']}/extend", {"days": 365}))
    assert asking(house, "expires_soon") == everyone - {covered["id"]}
    assert shown(house, covered)["attention"] == "not_me"


def test_an_attention_that_nobody_knows_is_refused(house: House) -> None:
    refused = house.csr.get("/v1/accounts", query={"attention": "anger"})
    assert (refused.status, set(refused.wrong)) == (400, {"attention"})


@pytest.mark.parametrize("why", ["not_me", "not_opened"])
def test_an_expiry_behind_another_reason_comes_to_light_when_that_is_taken_back(
    world: World, house: House, why: Any
) -> None:
    account = house.account(expires_at=clock.text(YEAR))
    path = f"/v1/accounts/{account['id']}/attention/clear"
    note(house.tenant, account["id"], why)
    later(world, days=352)
    assert changed(house.csr.post(path))["attention"] == shown(house, account)["attention"] == "expires_soon"
    assert changed(house.csr.post(path))["attention"] is None
    assert shown(house, account)["attention"] is None
    assert asking(house, "expires_soon") == set()
    note(house.tenant, account["id"], why)  # an operator has seen the expiry: it is not brought up again
    assert changed(house.csr.post(path))["attention"] is None


@pytest.mark.parametrize(("why", "after"), [("not_opened", "expires_soon"), ("not_me", "not_me")])
def test_an_expiry_behind_another_reason_outlasts_a_registration(
    world: World, house: House, server: SipServer, why: Any, after: str
) -> None:
    account = house.account(expires_at=clock.text(NOON + timedelta(days=20)))
    retain(house, never_activated_flag_days=None)
    note(house.tenant, account["id"], why)
    later(world, days=15)
    phone = Phone(world.anyone.at(house.host))
    assert phone.fetch(phone.tap(desk_link(house, account["id"]))).status == 200
    server.tell(account["username"], 1)
    assert (shown(house, account)["attention"], shown(house, account)["readiness"]) == (after, "active")
    assert asking(house, "expires_soon") == {account["id"]}


def test_an_expiry_that_comes_about_at_the_same_moment_is_not_taken_back_unseen(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = house.account(expires_at=clock.text(YEAR))
    note(house.tenant, account["id"], "not_me")
    clock.tick(timedelta(days=352))
    with meanwhile(monkeypatch, attention, "commit", world.visit):
        assert house.csr.post(f"/v1/accounts/{account['id']}/attention/clear").status == 409
    assert shown(house, account)["attention"] == "not_me"
    assert asking(house, "expires_soon") == {account["id"]}


def test_a_registration_keeps_no_account_from_expiring(world: World, house: House, server: SipServer) -> None:
    account = activated(world, house, expires_at=clock.text(NOON + timedelta(days=20)))
    assert "account.expires_soon" in later(world, days=15)
    server.tell(account["username"], 1)
    assert (shown(house, account)["attention"], shown(house, account)["readiness"]) == ("expires_soon", "active")


def test_another_expiry_is_told_anew_and_one_that_was_near_when_it_was_set_later(world: World, house: House) -> None:
    account = house.account(expires_at=clock.text(YEAR))
    later(world, days=352)
    changed(house.csr.patch(f"/v1/accounts/{account['id']}", {"expires_at": clock.text(YEAR + timedelta(days=1))}))
    assert shown(house, account)["attention"] is None
    assert later(world, days=6) == {}
    assert later(world, days=1, hours=1) == {"account.expires_soon": 1}


def test_an_account_that_nobody_activates(world: World, house: House) -> None:
    account, used = house.account(), house.account()
    retain(house, never_activated_expire_days=60)
    phone = Phone(world.anyone.at(house.host))
    assert phone.fetch(phone.tap(desk_link(house, used["id"]))).status == 200
    SipServer(house).tell(used["username"], 1)
    assert later(world, days=30) == {"account.never_activated": 1}
    assert (shown(house, account)["attention"], shown(house, used)["attention"]) == ("never_activated", None)
    assert events(house, account, "account.attention") == [("account.attention", {"why": "never_activated"})]
    later(world, days=29)
    assert later(world, days=1) == {"account.expired": 1}
    after = shown(house, account)
    assert (after["standing"], after["attention"]) == ("expired", None)
    until = clock.text(clock.read(after["expires_at"]))
    assert events(house, account, "account.expired") == [
        ("account.expired", {"until": until, "why": "never_activated"})
    ]
    made_again = house.csr.post(f"/v1/accounts/{account['id']}/extend", {"never": True})
    assert (made_again.json["standing"], made_again.json["expires_at"]) == ("enabled", None)
    assert later(world, days=30)["account.never_activated"] == 1  # its time begins anew
    assert "account.expired" not in later(world, days=29)
    assert later(world, days=2)["account.expired"] == 1
    assert shown(house, used)["standing"] == "enabled"


def test_whose_link_was_sent_in_the_meantime_has_time(world: World, house: House) -> None:
    account = house.account()
    retain(house, never_activated_expire_days=60)
    later(world, days=31)
    policy = {"link_policy": {"lifetime_minutes": 43_200}}
    changed(house.admin.patch(f"/v1/profiles/{house.profile}", policy))
    clock.tick(timedelta(days=29))
    token = desk_link(house, account["id"])
    assert "account.expired" not in later(world, seconds=60)
    assert Phone(world.anyone.at(house.host)).open(token).status == 200
    assert "account.expired" not in later(world, days=59)
    assert later(world, days=2)["account.expired"] == 1


def planned(post: Post, **fields: Any) -> dict[str, Any]:
    """A new person whose activation link goes in 45 days."""
    return post.account("0001", "activation", send_at=clock.text(clock.now() + timedelta(days=45)), **fields)


def test_whoever_is_written_to_later_is_idle_only_since_then(post: Post) -> None:
    world, house = post.world, post.house
    retain(house, never_activated_expire_days=60)
    account = planned(post)
    assert later(world, days=45) == {}  # neither told nor given up
    world.sweep()
    world.pump()
    assert [each["state"] for each in post.messages(account)] == ["sent"]
    assert "account.never_activated" not in later(world, days=29)
    assert later(world, days=2)["account.never_activated"] == 1
    assert "account.expired" not in later(world, days=28)
    assert later(world, days=2)["account.expired"] == 1


@pytest.mark.parametrize("flag", [None, 30])
def test_nobody_is_given_up_before_they_were_written_to(post: Post, flag: int | None) -> None:
    retain(post.house, never_activated_flag_days=flag, never_activated_expire_days=40)
    account = planned(post)
    foreseen = post.world.visit(dry_run=True, days=44)["counts"]
    assert not {"account.expired", "account.never_activated"} & foreseen.keys()
    assert not {"account.expired", "account.never_activated"} & later(post.world, days=44).keys()
    assert shown(post.house, account)["standing"] == "enabled"
    assert [each["state"] for each in post.messages(account)] == ["queued"]


def test_a_planned_message_that_was_taken_back_gives_no_time(post: Post) -> None:
    retain(post.house, never_activated_flag_days=None, never_activated_expire_days=60)
    account = planned(post)
    (message,) = post.messages(account)
    assert post.house.csr.post(f"/v1/messages/{message['id']}/cancel").status in (200, 204)
    assert "account.expired" not in later(post.world, days=59)
    assert later(post.world, days=2)["account.expired"] == 1


def test_when_a_person_was_written_to_is_known_when_that_message_has_gone(post: Post) -> None:
    retain(post.house, never_activated_flag_days=100, messages_days=35)
    account = planned(post)
    later(post.world, days=45)
    post.world.sweep()
    post.world.pump()
    for _ in range(99):  # it is trimmed in the meantime
        assert "account.never_activated" not in later(post.world, days=1)
    assert post.messages(account) == []
    assert later(post.world, days=2)["account.never_activated"] == 1


# Expired.


def test_an_account_whose_time_is_over(post: Post) -> None:
    world, house, server = post.world, post.house, SipServer(post.house)
    account = activated(world, house, expires_at=clock.text(NOON + timedelta(hours=1)), mobile="+41790000001")
    server.tell(account["username"], 1)
    path = f"/v1/accounts/{account['id']}"
    link = made(house.csr.post(f"{path}/links", {"channels": ["sms"], "send_at": "2026-11-24T08:00:00Z"}))
    since = server.changes().cursor
    assert later(world, minutes=59) == {"account.expires_soon": 1}
    assert later(world, minutes=1) == {"account.expired": 1}
    assert (stored(house, account).standing, shown(house, account)["standing"]) == ("expired", "expired")
    assert server.look_up(account["username"]).status == 404
    assert [line[1:4] for line in server.changes(since).lines] == [(account["username"], "-", account["number"])]
    assert house.csr.get("/v1/registrations").json["items"] == []
    assert [each["state"] for each in house.csr.get(f"{path}/links").json if each["id"] == link["id"]] == ["revoked"]
    assert {each["kind"]: each["state"] for each in post.messages(account)} == {
        "activation": "cancelled",
        "activated": "queued",  # a notice goes, whatever comes after
    }
    assert audited(world, account)[-1] == ("account.expire", "upkeep")
    until = clock.text(NOON + timedelta(hours=1))
    assert events(house, account, "account.expired") == [("account.expired", {"until": until})]
    for refused in ("links", "qr"):
        assert house.csr.post(f"{path}/{refused}", {"channels": ["sms"]} if refused == "links" else None).status == 409
    assert house.csr.post(f"{path}/enable").code == "account_expired"
    assert later(world, days=80) != {}
    assert len(events(house, account, "account.expired")) == 1


def test_a_disabled_account_stays_disabled(world: World, house: House) -> None:
    account = house.account(expires_at=clock.text(YEAR))
    path = f"/v1/accounts/{account['id']}"
    house.csr.post(f"{path}/disable")
    assert later(world, days=366)["account.expired"] == 1
    assert shown(house, account)["standing"] == "disabled"
    assert house.csr.post(f"{path}/enable").code == "account_expired"
    assert changed(house.csr.post(f"{path}/extend", {"days": 5}))["standing"] == "disabled"
    assert changed(house.csr.post(f"{path}/enable"))["standing"] == "enabled"


# Gone.

PERSONAL: Final = {
    "full_name": "Zenobia Quill",
    "email": "zenobia@example.net",
    "mobile": "+41790000001",
    "description": "corner office",
    "external_id": "HR-884422",
    "username": "zquill",
}


def test_an_account_goes_in_the_end_and_nothing_personal_is_left(post: Post) -> None:
    world, house = post.world, post.house
    account = house.account(
        expires_at=clock.text(YEAR), messages=[{"kind": "installation", "channel": "sms"}], **PERSONAL
    )
    world.pump()
    (sms,) = post.sent(account)
    post.report(sms, "failed", err_code="1")  # to the mobile …001, in the provider's own words
    world.pump()
    agent = "Mozilla/5.0 (Linux; Android 14) Chrome/130 Mobile Safari/9"
    phone = Phone(world.anyone.at(house.host, user_agent=agent, source_ip="198.51.100.7"))
    assert phone.fetch(phone.tap(desk_link(house, account["id"]))).status == 200
    SipServer(house).tell(account["username"], 1)
    phone.api.get("/i/" + sms.text.rsplit("/i/", 1)[1].split()[0])
    retain(house, history_days=3650, messages_days=3650, addresses_days=3650)
    clock.tick(timedelta(days=1))
    world.sweep()
    world.pump()  # the notice that a phone was activated
    later(world, days=365)
    assert later(world, days=88) == {}
    assert later(world, days=2)["account.deleted"] == 1
    assert later(world, hours=1) == {"account.erased": 1}
    assert house.csr.get(f"/v1/accounts/{account['id']}").status == 404
    assert audited(world, account)[-1] == ("account.delete", "upkeep")
    assert [event for event, _ in events(house, account)] == ["account.deleted"]
    assert not {"due_at", "due_shard"} & stored(house, account).attribute_values.keys()
    clock.tick(timedelta(days=3))  # SIP servers have been told
    left = rows(world)
    for name, value in (PERSONAL | {"number": account["number"]}).items():
        assert (name, str(value).lstrip("+") in left) == (name, name == "username")
    for trace in ("Chrome/130", "198.51.100.", "Linphone", "sip:x", "|click|"):
        assert trace not in left, trace
    assert world.cloud.rows("messages") == [
        row for row in world.cloud.rows("messages") if not row["pk"]["S"].endswith(account["id"])
    ]
    again = {"full_name": "Another", "number": account["number"], "group_id": house.group, "external_id": "HR-884422"}
    assert house.csr.post("/v1/accounts", again).status == 201
    assert later(world, days=400, hours=1).get("account.erased") is None


def test_what_an_operator_deletes_leaves_nothing_either(post: Post) -> None:
    account = post.house.account(**PERSONAL)
    assert post.house.csr.delete(f"/v1/accounts/{account['id']}").status == 204
    assert "account.erased" not in later(post.world, minutes=1)
    assert later(post.world, hours=1) == {"account.erased": 1}
    clock.tick(timedelta(days=3))
    assert not [
        value for name, value in PERSONAL.items() if name != "username" and value.lstrip("+") in rows(post.world)
    ]


def test_a_message_on_its_way_is_waited_for(post: Post) -> None:
    account = post.account("0001", "installation")
    with post.dying_at_the_answer(), pytest.raises(SystemExit):
        post.dispatch(post.message(account))
    post.house.csr.delete(f"/v1/accounts/{account['id']}")
    assert "account.erased" not in later(post.world, minutes=1)
    assert stored(post.house, account).due_at == clock.epoch() - 1 + 3600
    for minutes in (2, 6, 31, 31):  # its provider is asked, and knows nothing
        clock.tick(timedelta(minutes=minutes))
        post.world.sweep()
        post.world.pump()
    assert later(post.world, hours=1)["messages.trimmed"] == 1
    assert later(post.world, hours=1) == {"account.erased": 1}
    assert outbox.all_of(post.house.tenant, account["id"]) == []


def test_what_was_being_written_while_an_account_was_deleted_goes_too(world: World, house: House) -> None:
    account = house.account()
    house.csr.delete(f"/v1/accounts/{account['id']}")
    assert later(world, minutes=1) == {"history.trimmed": 1}
    history.add(house.tenant, account["id"], "link.opened", device="android")
    assert later(world, minutes=58) == {}
    assert later(world, minutes=2) == {"history.trimmed": 1}
    assert [event for event, _ in events(house, account)] == ["account.deleted"]
    assert later(world, hours=1) == {"account.erased": 1}
    assert stored(house, account).due_at is None


def test_a_late_first_pass_is_not_the_last_one(world: World, house: House) -> None:
    account = house.account()
    house.csr.delete(f"/v1/accounts/{account['id']}")
    assert later(world, days=2) == {"history.trimmed": 1}  # upkeep was away
    assert later(world, hours=1) == {"account.erased": 1}


def test_the_history_of_a_deleted_account_is_read_as_it_is(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = house.account()
    house.csr.delete(f"/v1/accounts/{account['id']}")
    asked: list[bool] = []
    whole = HistoryEntry.query

    def query(*arguments: Any, **named: Any) -> Any:
        asked.append(named.get("consistent_read", False))
        return whole(*arguments, **named)

    monkeypatch.setattr(HistoryEntry, "query", query)
    assert later(world, minutes=1) == {"history.trimmed": 1}
    assert asked == [True]


def test_of_a_deleted_account_nothing_is_noted_any_more(world: World, house: House, server: SipServer) -> None:
    account = activated(world, house)
    house.csr.delete(f"/v1/accounts/{account['id']}")
    later(world, minutes=1)
    body = {"event": "auth_failed", "username": account["username"], "realm": house.domain, "source": "192.0.2.9"}
    assert house.registrar.post("/registrar/kamailio/events", body).status == 204
    assert [event for event, _ in events(house, account)] == ["account.deleted"]


def test_a_tenant_may_keep_them_for_ever(world: World, house: House) -> None:
    account = house.account(expires_at=clock.text(YEAR))
    retain(house, delete_after_days=None)
    later(world, days=366)
    assert later(world, days=3000).get("account.deleted") is None
    assert shown(house, account)["standing"] == "expired"


# What is old.


def test_old_messages_and_entries_go(post: Post) -> None:
    world, house = post.world, post.house
    account = post.account("0001", "installation")
    world.pump()
    waiting = made(
        house.csr.post(
            f"/v1/accounts/{account['id']}/messages",
            {"kind": "installation", "channel": "sms", "send_at": clock.text(NOON + timedelta(days=25))},
        )
    )

    def provider_ids() -> list[str]:
        found = [row for row in world.cloud.rows("messages") if row["pk"]["S"].startswith("provider_id")]
        return [row["pk"]["S"] for row in found if row["account_id"]["S"] == account["id"]]

    assert len(provider_ids()) == 1
    retain(house, messages_days=35, history_days=90, never_activated_flag_days=None)
    assert later(world, days=32) == {}
    assert later(world, days=30) == {"messages.trimmed": 1}
    assert [each["id"] for each in post.messages(account)] == [waiting["id"]]
    assert provider_ids() == []
    before = len(events(house, account))
    assert later(world, days=30)["history.trimmed"] == before
    assert events(house, account) == []


def test_a_message_that_waits_is_never_old(post: Post) -> None:
    account = post.account("0001", "installation", send_at=clock.text(NOON + timedelta(days=29)))
    retain(post.house, messages_days=35)
    clock.tick(timedelta(days=100))  # nothing has run
    later(post.world, days=1)
    assert [each["state"] for each in post.messages(account)] == ["queued"]


def test_addresses_go_within_a_day_of_their_time(world: World, house: House, server: SipServer) -> None:
    account = house.account(expires_at=None)
    six = Phone(
        world.anyone.at(house.host, source_ip="2001:db8:1:2::3", user_agent="Mozilla/5.0 (Linux; Android 14) Mobile")
    )
    clock.tick(timedelta(days=10))
    assert six.fetch(six.tap(desk_link(house, account["id"]))).status == 200
    server.tell(account["username"], 1)
    clock.tick(timedelta(days=20))
    server.tell(account["username"], 1)  # it registers on and on

    def known() -> dict[str, Any]:
        (claimed,) = events(house, account, "link.claimed")
        (registered,) = events(house, account, "device.registered")
        (link,) = house.csr.get(f"/v1/accounts/{account['id']}/links").json
        (slot,) = house.csr.get(f"/v1/accounts/{account['id']}/devices").json
        return {
            "network": claimed[1]["network"],
            "phone": registered[1].get("user_agent"),
            "browser": link["claimed_by"],
            "from": link["claimed_from"],
            "contact": slot["contact"],
            "agent": slot["user_agent"],
        }

    later(world, days=9)  # the 39th
    assert known()["network"] == known()["from"] == "2001:db8:1::/56"
    assert later(world, days=2) == {"addresses.forgotten": 3}
    assert known() == {
        "network": "2001:db8:1::/48",
        "phone": None,
        "browser": None,
        "from": "2001:db8:1::/48",
        "contact": "sip:x",
        "agent": "Linphone",
    }
    assert later(world, days=19) == {}  # the 60th: it last registered on the 30th
    assert later(world, days=1, hours=1) == {"addresses.forgotten": 1}
    assert (known()["contact"], known()["agent"]) == (None, None)
    assert later(world, days=60) == {}


def test_nobody_is_taken_for_a_second_device_because_the_first_was_forgotten(
    world: World, house: House, server: SipServer
) -> None:
    account = house.account()
    token = desk_link(house, account["id"])
    phone = Phone(world.anyone.at(house.host))
    assert phone.fetch(phone.tap(token)).status == 200
    server.tell(account["username"], 1)
    later(world, days=33)
    assert phone.open(token).status == 410
    phone.api.at(house.host, source_ip="203.0.113.9").post(f"/a/{token}/opened")
    assert shown(house, account)["attention"] is None


def test_much_is_trimmed_piece_by_piece(world: World, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visiting, "PIECE", 3)
    account = house.account()
    for number in range(10):
        clock.tick(timedelta(seconds=1))
        history.add(house.tenant, account["id"], "device.auth_failed", slot=1, network=f"2001:db8:{number}::/56")
    retain(house, history_days=90, never_activated_flag_days=None)
    clock.tick(timedelta(days=32))
    cut = []
    for _ in range(5):
        cut.append(world.visit()["counts"].get("addresses.forgotten", 0))
        clock.tick(timedelta(days=1))
    assert cut == [3, 3, 3, 1, 0]
    assert {details["network"][-3:] for _, details in events(house, account, "device.auth_failed")} == {"/48"}
    clock.tick(timedelta(days=90))
    pieces = []
    for _ in range(5):
        pieces.append(world.visit()["counts"].get("history.trimmed", 0))
        clock.tick(timedelta(seconds=1))
    assert (pieces, events(house, account)) == ([3, 3, 3, 2, 0], [])


# Upkeep itself.


def test_what_it_did_is_counted(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: dict[str, int] = {}
    monkeypatch.setattr(visit, "count", counted.__setitem__)
    for days in (1, 1, 20):
        post.house.account(expires_at=clock.text(NOON + timedelta(days=days)))
    post.world.visit()
    assert counted == {}
    clock.tick(timedelta(days=10))
    post.world.visit()
    assert counted == {"AccountsExpired": 2, "AccountsWarned": 1}
    counted.clear()
    clock.tick(timedelta(days=91))
    post.world.visit()
    assert counted["AccountsDeleted"] == 2
    counted.clear()
    clock.tick(timedelta(seconds=1))
    post.world.visit()
    assert counted["EntriesTrimmed"] == 4  # of each deleted account, that it was made and that it expired


def test_one_bad_account_does_not_keep_upkeep_from_the_others(world: World, house: House) -> None:
    accounts = [house.account(expires_at=clock.text(NOON + timedelta(days=1))) for _ in range(5)]
    retain(house, never_activated_flag_days=None)
    unreadable, headless = accounts[1], accounts[3]
    spoil(world, house, unreadable, "upkeep", "not JSON")
    spoil(world, house, headless, "slots", 0, "N")  # it has a slot too few to be read, and so no slot at all
    world.cloud.dynamodb.update_item(
        TableName="accounts",
        Key={"pk": {"S": account_key(house.tenant, headless["id"])}, "sk": {"S": "-"}},
        UpdateExpression="REMOVE username",
    )
    clock.tick(timedelta(days=2))
    assert world.visit()["counts"] == {"account.expired": 3, "account.not_visited": 2}
    assert [shown(house, each)["standing"] for each in accounts[::2]] == ["expired"] * 3
    assert world.visit()["counts"] == {}
    clock.tick(timedelta(minutes=10))
    assert world.visit()["counts"] == {"account.not_visited": 2}


def spoil(world: World, house: House, account: dict[str, Any], name: str, value: object, type_: str = "S") -> None:
    world.cloud.dynamodb.update_item(
        TableName="accounts",
        Key={"pk": {"S": account_key(house.tenant, account["id"])}, "sk": {"S": "-"}},
        UpdateExpression="SET #name = :value",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":value": {type_: str(value)}},
    )


def test_a_run_ends_in_time_and_the_next_one_goes_on(world: World, house: House) -> None:
    accounts = [house.account(expires_at=clock.text(NOON + timedelta(days=1))) for _ in range(7)]
    clock.tick(timedelta(days=2))
    runs = []
    for _ in range(4):
        left = iter([False, False])
        report = visit.run(lambda left=left: next(left, True))  # type: ignore[misc]
        runs.append((report.counts.get("account.expired", 0), report.done))
    assert runs == [(2, False), (2, False), (2, False), (1, True)]
    assert [len(events(house, each, "account.expired")) for each in accounts] == [1] * 7


def test_every_shard_is_the_first_one_in_its_minute(world: World, house: House) -> None:
    first, former = set(), set()
    for _ in range(lifecycle.SHARDS_EVER - lifecycle.SHARDS):
        looked_at: list[str] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Account.due, "query", lambda shard, *_, into=looked_at, **__: into.append(shard) or iter(()))
            world.visit()
        assert set(looked_at[:-1]) == {str(number) for number in range(lifecycle.SHARDS)}
        first.add(looked_at[0])
        former.add(looked_at[-1])
        clock.tick(timedelta(minutes=1))
    assert len(first) == lifecycle.SHARDS
    assert former == {str(number) for number in range(lifecycle.SHARDS, lifecycle.SHARDS_EVER)}


def test_an_account_in_a_shard_that_is_no_more_is_visited(world: World, house: House) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lifecycle, "SHARDS", lifecycle.SHARDS_EVER)
        accounts = [house.account(expires_at=clock.text(NOON + timedelta(days=1))) for _ in range(7)]
    stored = [each["due_shard"]["S"] for each in world.cloud.rows("accounts") if "due_shard" in each]
    assert any(int(shard) >= lifecycle.SHARDS for shard in stored)
    clock.tick(timedelta(days=2))
    for _ in range(lifecycle.SHARDS_EVER - lifecycle.SHARDS):
        world.visit()
        clock.tick(timedelta(minutes=1))
    assert [len(events(house, each, "account.expired")) for each in accounts] == [1] * 7


def test_two_visits_at_once_do_it_once(world: World, house: House) -> None:
    steps: tuple[tuple[float, str], ...] = (
        (352, "account.expires_soon"),
        (14, "account.expired"),
        (91, "account.deleted"),
    )
    account = house.account(expires_at=clock.text(YEAR))
    retain(house, never_activated_flag_days=None)
    for days, event in steps:
        clock.tick(timedelta(days=days))
        while lifecycle.due(stored(house, account), DEFAULTS, clock.now()) == ["trim"]:
            world.visit()
        one, other = stored(house, account), stored(house, account)
        both = standing.whole(one), standing.whole(other)
        visiting.visit(one, both[0])
        with pytest.raises(Changed):
            visiting.visit(other, both[1])
        assert len(events(house, account, event)) == 1


@pytest.mark.parametrize("standing_", ["enabled", "expired"])
def test_an_account_that_is_extended_at_that_very_moment_neither_expires_nor_goes(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch, standing_: str
) -> None:
    account = house.account(expires_at=clock.text(YEAR))

    def extended() -> None:
        body = {"until": clock.text(clock.now() + timedelta(days=100))}
        assert house.csr.post(f"/v1/accounts/{account['id']}/extend", body).status == 200

    if standing_ == "expired":
        later(world, days=366)
        assert stored(house, account).standing == "expired"
    later(world, days=364 if standing_ == "enabled" else 89)
    clock.tick(timedelta(days=2))
    with meanwhile(monkeypatch, standing, "commit", extended):
        assert world.visit()["counts"] == {}
    assert shown(house, account)["standing"] == "enabled"
    assert "account.expired" not in later(world, days=99)
    assert later(world, days=2)["account.expired"] == 1


def test_an_operator_s_change_goes_through_beside_a_visit(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from functions.accounts import change

    account = house.account(expires_at=clock.text(YEAR))
    clock.tick(timedelta(days=352))
    with meanwhile(monkeypatch, change, "commit", world.visit):
        changed(house.csr.patch(f"/v1/accounts/{account['id']}", {"full_name": "Someone Else"}))
    after = shown(house, account)
    assert (after["full_name"], after["attention"]) == ("Someone Else", "expires_soon")
    assert len(events(house, account, "account.expires_soon")) == 1


def test_a_dry_run_changes_nothing_and_tells_what_would_happen(post: Post) -> None:
    world, house = post.world, post.house
    soon, expiring, old = (house.account(expires_at=clock.text(NOON + timedelta(days=days))) for days in (40, 20, 400))
    gone = house.account()
    house.csr.delete(f"/v1/accounts/{gone['id']}")
    retain(house, history_days=90)
    clock.tick(timedelta(days=30))
    before = rows(world)
    report = world.visit(dry_run=True)
    assert report["counts"] == {
        "account.erased": 1,
        "account.expires_soon": 1,
        "account.expired": 1,
        "account.never_activated": 2,
    }
    assert report["examples"]["account.expired"] == [expiring["id"]]
    assert report["examples"]["account.expires_soon"] == [soon["id"]]
    assert sorted(report["examples"]["account.never_activated"]) == sorted([soon["id"], old["id"]])
    ahead = world.visit(dry_run=True, days=300)
    assert ahead["counts"]["account.expired"] == 2
    assert ahead["counts"]["history.trimmed"] > 0
    assert rows(world) == before
    done = later(world, seconds=0)
    assert done | later(world, hours=1) == report["counts"] | {"history.trimmed": 1}
    assert world.visit(dry_run=True)["counts"] == {}


def test_a_dry_run_that_is_cut_short_goes_on_from_its_cursor(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    retain(house, never_activated_flag_days=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lifecycle, "SHARDS", lifecycle.SHARDS_EVER)
        former = [house.account(expires_at=clock.text(NOON + timedelta(days=1))) for _ in range(6)]
    present = [house.account(expires_at=clock.text(NOON + timedelta(days=1))) for _ in range(9)]
    monkeypatch.setattr(visit, "PAGE", 2)
    before = rows(world)
    found: list[str] = []
    cursor: Any = None
    runs = 0
    while runs == 0 or cursor:
        report = shown_report(visit.foresee(lambda: True, 2, cursor))
        found += report["examples"].get("account.expired", [])
        cursor, runs = report["cursor"], runs + 1
        assert report["done"] is not bool(cursor)
    assert runs > 4
    assert sorted(found) == sorted(each["id"] for each in former + present)
    assert rows(world) == before


def shown_report(report: Report) -> dict[str, Any]:
    """As an operator has it, and hands it back."""
    found: dict[str, Any] = json.loads(json.dumps(report_shown(report)))
    return found


def test_a_dry_run_puts_nothing_off_that_it_cannot_read(world: World, house: House) -> None:
    account = house.account(expires_at=clock.text(NOON + timedelta(days=1)))
    spoil(world, house, account, "upkeep", "not JSON")
    clock.tick(timedelta(days=2))
    before = rows(world)
    assert world.visit(dry_run=True)["counts"] == {"account.not_visited": 1}
    assert rows(world) == before


# Whoever changes an account says when upkeep comes.


def test_every_change_sets_when_upkeep_comes(world: World, house: House) -> None:
    account = house.account()
    path = f"/v1/accounts/{account['id']}"

    def right() -> None:
        found = stored(house, account)
        assert found.due_at == lifecycle.next_visit(found, DEFAULTS)
        assert found.due_shard == (lifecycle.shard(found.id) if found.due_at is not None else None)

    right()
    changes: tuple[Callable[[], Any], ...] = (
        lambda: house.csr.patch(path, {"full_name": "Someone Else"}),
        lambda: house.csr.patch(path, {"expires_at": clock.text(NOON + timedelta(days=3))}),
        lambda: house.csr.post(f"{path}/disable"),
        lambda: house.csr.post(f"{path}/enable"),
        lambda: house.csr.post(f"{path}/extend", {"days": 3}),
        lambda: house.csr.post(f"{path}/extend", {"never": True}),
        lambda: house.csr.delete(path),
    )
    for change in changes:
        world.cloud.dynamodb.update_item(
            TableName="accounts",
            Key={"pk": {"S": account_key(house.tenant, account["id"])}, "sk": {"S": "-"}},
            UpdateExpression="REMOVE due_at, due_shard",  # as of accounts that were there before
        )
        assert change().status in (200, 204)
        assert stored(house, account).due_at is not None
        right()


def test_what_an_index_has_not_heard_yet_is_not_visited_twice(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = house.account(expires_at=clock.text(NOON + timedelta(days=1)))
    clock.tick(timedelta(days=2))
    stale = [Account(pk=account_key(house.tenant, account["id"]), sk="-", due_at=1)]
    world.visit()
    monkeypatch.setattr(Account.due, "query", lambda shard, *_, **__: iter(stale if shard == "3" else ()))
    assert world.visit()["counts"] == {}
    assert people.get(house.tenant, account["id"]).due_at == stored(house, account).due_at


# What a tenant sets.


@pytest.mark.parametrize(
    "wrong",
    [
        {"warn_days": -1},
        {"warn_days": 91},
        {"delete_after_days": 0},
        {"delete_after_days": 3651},
        {"never_activated_flag_days": 30, "never_activated_expire_days": 30},
        {"messages_days": 34},
        {"history_days": 89},
        {"addresses_days": 6},
        {"audit_days": 364},
        {"audit_days": None},
        {"other_days": 1},
    ],
)
def test_a_retention_out_of_range_is_refused(house: House, wrong: dict[str, object]) -> None:
    refused = house.admin.patch("/v1/tenant", {"retention": wrong})
    assert refused.status == 400
    assert all(name.startswith("retention") for name in refused.wrong)


def test_the_retention_is_read_where_it_is_set(world: World, house: House) -> None:
    assert house.admin.get("/v1/tenant").json["retention"] == json.loads(json.dumps(shown_defaults()))
    retain(house, warn_days=3)
    assert world.provider.get(f"/v1/tenants/{house.tenant}").json["retention"]["warn_days"] == 3


def shown_defaults() -> dict[str, object]:
    return {name: getattr(DEFAULTS, name) for name in Retention.__struct_fields__}
