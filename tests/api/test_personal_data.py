"""A person's copy of what is kept about them: all of it, no secret, and what is not in it is said."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.accounts import history, personal
from functions.accounts.models import Device
from functions.activation import links
from functions.common import audit, clock
from functions.tenants.retention import Retention
from tests.api.phone import Phone, desk_link
from tests.api.post import Post, fakes_fixture, post_fixture, running_fixture  # noqa: F401 - fixtures
from tests.api.world import House, World, changed

NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)

# What is kept and not in the copy, each for one of the reasons that the copy itself gives, or because another field of
# the copy says the same: keys, versions, and when upkeep looks next.
INNER = {
    *("pk", "sk", "stamp", "version", "ttl", "due_shard", "due_at", "tenant", "account_id", "owner", "lease_until"),
    *("name_pk", "name_sk", "group_pk", "email_pk", "mobile_pk", "phone_pk"),  # built of what is shown
    *("slots", "attention_held", "attention_expiring"),
}
SECRET = {"ha1_md5", "ha1_sha256", "code_hash", "nonce", "former", "claim", "file", "key_version"}
OF_LINKS = {  # how it was to behave: its profile's policy, copied
    *("lifetime", "grace", "ticket_seconds", "ticket_fetches", "code_seconds", "code_by", "ask_for_new", "stuck"),
    *("codes", "code_until", "unlocked", "reminded", "reminded_at", "told", "grace_until", "epoch"),
}
OF_MESSAGES = {  # when it is to go, by which hours, and what it takes of the day's limits
    *("plan", "retries", "inquiries", "wanted_at", "not_before", "waits_for", "reserved", "cause", "attempts"),
}
OF_DEVICES = {"epoch", "registered_epoch", "live_link", "standing", "expires_at", "number", "domain"}  # the account's


def path(account: dict[str, Any]) -> str:
    return f"/v1/accounts/{account['id']}/personal-data"


@pytest.fixture
def person(post: Post) -> dict[str, Any]:
    """Somebody with a phone that registered, and with all that is to be known of them."""
    with clock.frozen(NOON):
        account = post.account(
            "0001",
            "installation",
            "activation",
            full_name="Zoë Ünal",
            email="zoe@example.net",
            description="third floor",
            external_id="staff-17",
            language="de",
            time_zone="Europe/Zurich",
            expires_at="2027-11-23T11:00:00Z",
        )
        post.world.pump()
        installation = next(sms.text for sms in post.sent(account) if "/i/" in sms.text)
        browser = post.world.anyone.at(post.house.host)
        browser.get("/i/" + installation.rsplit("/i/", 1)[1].split()[0])
        link = links.find(post.house.tenant, account["id"], post.link(account)["id"])
        assert link is not None
        phone = Phone(browser)
        phone.fetch(phone.tap(links.path(link).removeprefix("/a/")))
        body = {"event": "registered", "username": account["username"], "realm": post.house.domain, "epoch": 1}
        said = {"expires": 600, "source": "192.0.2.9", "user_agent": "Softphone/5.2", "contact": "sip:x@192.0.2.9"}
        assert post.house.registrar.post("/registrar/kamailio/events", body | said).status == 204
    return account


def rows_of(world: World, account: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every item that bears the account's id or digest user, with its table's name."""
    marks = (account["id"], account["username"])
    found = []
    for table in ("accounts", "history", "links", "messages", "installation", "nonces"):
        for row in world.cloud.rows(table):
            if any(mark in json.dumps(row) for mark in marks):
                found.append((table, row))
    return found


def test_all_that_is_kept_is_in_it(post: Post, person: dict[str, Any]) -> None:
    rows = rows_of(post.world, person)
    reply = post.house.admin.get(path(person))
    assert reply.status == 200
    kinds = set()
    for table, row in rows:
        sk = row["sk"]["S"]
        kind = "message" if sk.startswith("m|") else "device" if "epoch" in row and table == "accounts" else table
        kinds.add(kind)
        if table == "links" and "state" not in row:  # what finds a link by the hash of its address: ids alone
            assert set(row) <= INNER | SECRET | {"link_id", "until"}
            continue
        known = INNER | SECRET
        known |= {"links": OF_LINKS, "message": OF_MESSAGES, "device": OF_DEVICES}.get(kind, set())
        for name, typed in row.items():
            if name not in known:
                for value in values(name, typed):
                    assert value in reply.text, (kind, name, value)
    assert kinds == {"accounts", "history", "links", "message", "messages", "installation", "device"}


def values(name: str, typed: dict[str, Any]) -> list[str]:
    """An attribute's values, as JSON shows them."""
    ((kind, value),) = typed.items()
    if kind == "BOOL":
        return [f'"{name}":{str(value).lower()}']
    if kind == "SS":
        return [str(each) for each in value]
    if name in ("expires_at",) and kind == "N":
        return [datetime.fromtimestamp(int(value), UTC).isoformat().replace("+00:00", "Z")]
    if name == "details":
        return [json.dumps(each, ensure_ascii=False) for each in json.loads(value).values()]
    text = str(value)
    if text.endswith(".000Z"):
        text = text.removesuffix(".000Z") + "Z"
    return [text]


def test_nothing_that_opens_anything_is_in_it(post: Post, person: dict[str, Any]) -> None:
    text = post.house.admin.get(path(person)).text
    device = next(iter(Device.scan((Device.account_id == person["id"]) & Device.epoch.exists())))
    for secret in (device.ha1_md5, device.ha1_sha256):
        assert secret is not None
        assert secret not in text
    for link in links.for_account(post.house.tenant, person["id"]):
        assert links.path(link).removeprefix("/a/") not in text
    for sms in post.sent(person):
        assert sms.text.split()[-1] not in text
    for name in SECRET:
        assert f'"{name}"' not in text


def test_it_says_what_operators_did_and_not_who_they_are(post: Post, person: dict[str, Any]) -> None:
    csr = post.house.csr
    with clock.frozen(NOON + timedelta(days=40)):
        changed(csr.patch(f"/v1/accounts/{person['id']}", {"full_name": "Zoë Meier", "language": "fr"}))
        other = post.house.account()["id"]
        changed(csr.patch(f"/v1/accounts/{other}", {"language": "it"}))
    with clock.frozen(NOON + timedelta(days=41)):
        link = made_link(post.house, person)
    with clock.frozen(NOON + timedelta(days=42)):
        assert csr.post(f"/v1/accounts/{person['id']}/links/{link}/revoke").status == 204
    copy = post.house.admin.get(path(person))
    acts = copy.json["acts"]
    assert [each["action"] for each in reversed(acts)] == [
        "account.create",
        "account.change",
        "link.issue",
        "link.revoke",
    ]
    assert acts[2]["after"] == {"full_name": audit.HIDDEN, "language": "fr"}
    assert {each["role"] for each in acts} == {"csr"}
    assert "the csr" not in copy.text
    assert "192.0.2.1" not in json.dumps(acts)
    assert other not in copy.text


def made_link(house: House, person: dict[str, Any]) -> str:
    reply = house.csr.post(f"/v1/accounts/{person['id']}/qr")
    assert reply.status == 201, reply.text
    newest: dict[str, Any] = house.csr.get(f"/v1/accounts/{person['id']}/links").json[0]
    return str(newest["id"])


def test_acts_just_before_and_after_midnight_are_found(house: House) -> None:
    with clock.frozen(datetime(2026, 11, 23, 23, 59, 58, tzinfo=UTC)):
        account = house.account()
    with clock.frozen(datetime(2026, 11, 24, 0, 0, 1, tzinfo=UTC)):
        changed(house.csr.patch(f"/v1/accounts/{account['id']}", {"language": "fr"}))
    acts = house.admin.get(path(account)).json["acts"]
    assert [each["action"] for each in acts] == ["account.change", "account.create"]


def test_it_says_why_things_are_kept_and_for_how_long(house: House) -> None:
    account = house.account()
    changed(house.admin.patch("/v1/tenant", {"retention": {"messages_days": 77, "delete_after_days": None}}))
    copy = house.admin.get(path(account)).json
    said = {each["what"]: each["until"] for each in copy["purposes"]}
    assert said["messages"] == "77 days after they have ended"
    assert said["account"] == "until an operator deletes the account"
    assert all(each["why"] for each in copy["purposes"])
    assert any("Back-ups" in each for each in copy["left_out"])
    default = {each.what: each.until for each in personal.purposes(Retention())}
    assert default["account"] == "until an operator deletes the account, or 90 days after it has expired"


def test_who_made_a_copy_is_on_record(house: House) -> None:
    account = house.account()
    house.admin.get(path(account))
    happened = house.csr.get(f"/v1/accounts/{account['id']}/history").json["items"]
    assert happened[0]["event"] == "account.personal_data"
    trail = house.auditor.get("/v1/audit?limit=200").json["items"][-1]
    assert (trail["action"], trail["target"]) == ("account.personal_data", f"account/{account['id']}")
    again = house.admin.get(path(account)).json
    assert [each["action"] for each in again["acts"]] == ["account.personal_data", "account.create"]


def test_only_an_administrator_makes_one(house: House) -> None:
    account = house.account()
    for api in (house.csr, house.auditor):
        assert api.get(path(account)).status == 403


def test_a_deleted_account_has_none(house: House) -> None:
    account = house.account()
    house.csr.delete(f"/v1/accounts/{account['id']}")
    assert house.admin.get(path(account)).status == 404


def test_a_long_history_comes_in_pages_and_whole(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(personal, "LARGEST", 30_000)
    account = house.account()
    for number in range(900):
        history.add(house.tenant, account["id"], "link.code_failed", link="x", network="192.0.2.0", n=number)
    pages, cursor = [], ""
    while cursor is not None:
        reply = house.admin.get(path(account) + (f"?cursor={cursor}" if cursor else ""))
        pages.append(reply.json)
        assert len(reply.text) < 30_000 + 200 * 200
        cursor = pages[-1]["cursor"]
    assert len(pages) > 2
    numbers = [each["details"]["n"] for page in pages for each in page["history"] if "n" in each["details"]]
    assert sorted(numbers) == list(range(900))
    assert [page["history"][-1]["event"] for page in pages][-1] == "account.created"
    assert "account.create" in [each["action"] for each in pages[-1]["acts"]]
    assert not any(page["links"] or page["messages"] for page in pages[1:])


def test_a_cursor_of_another_account_is_refused(house: House) -> None:
    first, second = house.account(), house.account()
    cursor = house.csr.get(f"/v1/accounts/{first['id']}/history?limit=1").json["cursor"]
    for number in range(2):
        history.add(house.tenant, first["id"], "link.code_failed", n=number)
    cursor = house.csr.get(f"/v1/accounts/{first['id']}/history?limit=1").json["cursor"]
    assert house.admin.get(f"{path(second)}?cursor={cursor}").status == 400


def test_what_does_not_fit_is_said(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    account = house.account()
    for _ in range(4):
        with clock.frozen(clock.now()):
            desk_link(house, account["id"])
    monkeypatch.setattr(personal, "LARGEST", 1000)
    copy = house.admin.get(path(account)).json
    assert 0 < len(copy["links"]) < 4
    missing = 4 - len(copy["links"])
    assert any(f"The {missing} oldest links" in each for each in copy["left_out"])


def test_looks_into_the_trail_are_bounded_and_said(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(personal, "MOST_LOOKS", 2)
    with clock.frozen(NOON):
        account = house.account()
    for day in (1, 2, 3):
        with clock.frozen(NOON + timedelta(days=day)):
            changed(house.csr.patch(f"/v1/accounts/{account['id']}", {"description": str(day)}))
    copy = house.admin.get(path(account)).json
    assert [each["at"][:10] for each in copy["acts"]] == ["2026-11-26", "2026-11-25"]
    assert any("2 more moments" in each for each in copy["left_out"])
