"""Keys change, and nothing that was given out before stops working."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from functions.activation import codes, links
from functions.activation.claim import ticket_of
from functions.activation.models import ChangesToken, Link, Nonce, nonce_key
from functions.common import clock, ids, keyring
from functions.common.errors import Changed
from functions.common.table import read
from functions.installation import links as installation
from functions.operators.bootstrap import provider_token
from functions.provisioning.fields import LinkPolicy
from functions.upkeep import keyrings
from functions.upkeep.keyrings import LONGEST, SPREAD
from functions.upkeep.report import Report
from tests.api.client import Api
from tests.api.cloud import KEYRINGS
from tests.api.phone import Phone, desk_link, entries, token_of
from tests.api.world import House, World, changed, made
from tests.faults.injection import Crash, Fault, injected

YEAR = timedelta(days=366)


@pytest.fixture(autouse=True)
def _as_before(world: World) -> Iterator[None]:
    """The keyrings are the world's: each test leaves them as it found them."""
    for name in KEYRINGS.values():
        world.cloud.secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        world.cloud.secrets.create_secret(Name=name, SecretString=f'{{"current":"a","a":"{name * 8}"}}')
    yield
    for name in KEYRINGS.values():
        world.cloud.secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        world.cloud.secrets.create_secret(Name=name, SecretString=f'{{"current":"a","a":"{name * 8}"}}')
    keyring.forget()


def kept(world: World, name: str = "links") -> dict[str, str]:
    found: dict[str, str] = json.loads(world.cloud.secrets.get_secret_value(SecretId=name)["SecretString"])
    return found


def put(world: World, content: dict[str, str], name: str = "links") -> None:
    world.cloud.secrets.put_secret_value(SecretId=name, SecretString=json.dumps(content))
    keyring.forget()


def run(*, dry_run: bool = False) -> Report:
    report = Report()
    keyrings.run(report, lambda: False, dry_run=dry_run)
    return report


def rotated(world: World) -> None:
    """Both steps of new keys, for both rings; the processes read anew."""
    begin = clock.now()
    with clock.frozen(begin):
        for ring in keyrings.RINGS:
            keyrings.rotate(ring)
    with clock.frozen(begin + SPREAD):
        for ring in keyrings.RINGS:
            keyrings.rotate(ring)
    keyring.forget()


# When.


def test_a_key_is_a_year_old_before_another_comes_and_that_waits_until_all_know_it(world: World) -> None:
    now = clock.now()
    with clock.frozen(now + timedelta(days=364)):
        assert run().counts == {}
    with clock.frozen(now + YEAR):
        assert run().counts == {"keyring.added": 2}
        after = kept(world)
        assert (after["current"], after["next"]) == ("a", "b")
        assert len(after["b"]) == keyrings.KEY_LENGTH
        assert after["a"] == "links" * 8
        assert run().counts == {}
    with clock.frozen(now + YEAR + SPREAD - timedelta(seconds=1)):
        assert run().counts == {}
    with clock.frozen(now + YEAR + SPREAD):
        report = run()
        assert report.counts == {"keyring.current": 2}
        assert report.examples == {"keyring.current": ["links/b", "operators/b"]}
        final = kept(world)
        assert (final["current"], final.get("next"), final["b"]) == ("b", None, after["b"])
        assert run().counts == {}
    with clock.frozen(now + YEAR + SPREAD + timedelta(days=364)):
        assert "keyring.added" not in run().counts


def test_the_age_may_be_set(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEYRING_DAYS", "30")
    with clock.frozen(clock.now() + timedelta(days=29)):
        assert run().counts == {}
    with clock.frozen(clock.now() + timedelta(days=31)):
        assert run().counts == {"keyring.added": 2}


def test_a_dry_run_says_so_and_changes_nothing(world: World) -> None:
    before = kept(world)
    with clock.frozen(clock.now() + YEAR):
        assert run(dry_run=True).counts == {"keyring.added": 2}
    assert kept(world) == before


def test_processes_go_by_what_they_have_read_for_less_long_than_a_key_waits() -> None:
    assert timedelta(seconds=keyring.KEPT) * 2 < SPREAD
    assert LinkPolicy.__struct_fields__  # its longest life is ours
    field = next(each for each in msgspec.structs.fields(LinkPolicy) if each.name == "lifetime_minutes")
    assert field.type.__metadata__[0].le * 60 == keyrings.LIFETIME.total_seconds()


# What was given out before.


def test_nothing_is_derived_anew(world: World, house: House, phone: Phone) -> None:
    account = house.account(email="person@example.net")
    issued = desk_link(house, account["id"])
    ticket = phone.tap(issued)
    first = phone.fetch(ticket)
    (link,) = links.for_account(house.tenant, account["id"])
    nonce = read(Nonce, nonce_key(link.tenant, link.id), str(link.claim))
    assert nonce is not None

    def derived() -> dict[str, object]:
        return {
            "path": links.path(link),
            "ticket": ticket_of(link, str(link.claim), nonce.key_version),
            "code": codes._digits(link, 1),
            "hash": codes._hash(link, 1, "123456"),
            "file": phone.fetch(ticket).text,
        }

    before = derived()
    rotated(world)
    assert derived() == before
    assert before["file"] == first.text
    assert links.path(link).startswith("/a/a")


def test_a_link_that_was_sent_before_works_to_its_end(world: World, house: House, phone: Phone) -> None:
    account = house.account()
    issued = desk_link(house, account["id"])
    claim_id = phone.claim_id(issued)  # a page that was opened before, too
    rotated(world)
    assert phone.open(issued).status == 200
    ticket = phone.press(issued, claim_id).headers["location"].split("/")[2]
    assert phone.fetch(ticket).status == 200
    assert desk_link(house, account["id"])[0] == "b"  # and what is made now, is made with the new key


def test_an_installation_link_from_before_leads_on_and_is_shown_on_the_page(
    world: World, house: House, phone: Phone
) -> None:
    account = house.account()
    issued = desk_link(house, account["id"])
    address = installation.known_address(house.tenant, account["id"])
    assert address is not None
    assert token_of(address) in phone.open(issued).text
    rotated(world)
    assert phone.api.get(urlsplit(address).path).status == 200
    assert installation.known_address(house.tenant, account["id"]) == address
    assert token_of(address) in phone.open(issued).text
    fresh = installation.address(house.tenant, account["id"])
    assert token_of(fresh)[0] == "b"
    for each in (address, fresh):
        assert phone.api.get(urlsplit(each).path).status == 200
    assert len(installation_rows(world, account)) == 5  # two links, each with its hash, and that one was opened
    installation.forget(house.tenant, account["id"])
    assert installation_rows(world, account) == []


def installation_rows(world: World, account: dict[str, Any]) -> list[object]:
    return [row for row in world.cloud.rows("installation") if account["id"] in json.dumps(row)]


def test_a_phone_goes_on_asking_for_changes_across_new_keys(world: World, house: House, phone: Phone) -> None:
    changed(house.admin.patch(f"/v1/profiles/{house.profile}", {"later_changes": True}))
    account = house.account()
    first = entries(phone.fetch(phone.tap(desk_link(house, account["id"]))))
    asks = [urlsplit(first["misc/config-uri"]).path]

    def ask(path: str) -> str:
        return urlsplit(entries(phone.api.get(path))["misc/config-uri"]).path

    asks.append(ask(asks[-1]))
    asks.append(ask(asks[-1]))
    lost = ask(asks[-1])  # an answer that never reaches the phone
    rotated(world)
    assert ask(asks[-1]) == lost  # so the phone asks again, and is given the same
    asks += [lost, ask(lost)]
    assert [path.removeprefix("/c/")[0] for path in asks] == ["a", "a", "a", "a", "b"]
    asks.append(ask(asks[-1]))
    assert phone.api.get(asks[0]).status == 410
    assert phone.api.get(asks[3]).status == 410  # used up, though it is of the key before
    assert house.csr.get(f"/v1/accounts/{account['id']}").json["attention"] == "second_device"
    assert ask(asks[-1])


def test_a_phone_that_slept_through_the_end_of_a_key_goes_on(world: World, house: House, phone: Phone) -> None:
    changed(house.admin.patch(f"/v1/profiles/{house.profile}", {"later_changes": True}))
    account = house.account()
    first = entries(phone.fetch(phone.tap(desk_link(house, account["id"]))))
    rotated(world)
    content = kept(world)
    del content["a"]
    put(world, content)
    answer = phone.api.get(urlsplit(first["misc/config-uri"]).path)
    following = urlsplit(entries(answer)["misc/config-uri"]).path
    assert following.startswith("/c/b")
    assert phone.api.get(following).status == 200


def test_addresses_for_changes_that_nobody_asks_at_end() -> None:
    assert ChangesToken.ttl.null is False


def test_tokens_of_operators_work_on_and_are_revoked_without_their_key(world: World, house: House) -> None:
    rotated(world)
    assert house.admin.get("/v1/groups").status == 200
    new = made(house.admin.post("/v1/tokens", {"name": "new", "role": "csr"}))
    assert new["token"][0] == "b"
    content = kept(world, "operators")
    del content["a"]
    put(world, content, "operators")
    listed = house.admin.get("/v1/tokens").json["items"]
    csr = next(each["id"] for each in listed if each["name"] == "the csr")
    assert house.csr.get("/v1/groups").status == 200
    assert house.admin.delete(f"/v1/tokens/{csr}").status == 204
    assert house.csr.get("/v1/groups").status == 401


# Processes that are behind.


class Behind:
    """A process that read the keyring before it was changed, so many seconds ago."""

    def __init__(self) -> None:
        keyring.versions("SECRET_LINKS")
        self._cached = dict(keyring._cached)

    def goes_on(self, seconds: float) -> None:
        keyring._cached.update(self._cached)
        keyring._read_at["SECRET_LINKS"] = time.monotonic() - seconds


def test_a_process_that_is_behind_checks_what_another_one_made(world: World, house: House, phone: Phone) -> None:
    account = house.account()
    behind = Behind()
    rotated(world)
    issued = desk_link(house, account["id"])
    claim_id = phone.claim_id(issued)
    assert (issued[0], claim_id[16]) == ("b", "b")
    behind.goes_on(keyring.READ_AGAIN)
    assert phone.press(issued, claim_id).status == 303
    behind.goes_on(keyring.READ_AGAIN - 5)  # so soon it does not look again: but no key is used so soon
    assert phone.press(issued, claim_id).status == 400


def test_a_process_that_is_behind_finds_a_spoken_code_of_the_new_key(world: World, house: House, phone: Phone) -> None:
    account = house.account()
    behind = Behind()
    rotated(world)
    spoken = made(house.csr.post(f"/v1/accounts/{account['id']}/spoken-code"))["code"]
    behind.goes_on(keyring.KEPT + 1)
    typed = phone.api.request(
        "POST", "/go", raw=f"code={spoken}", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert typed.status == 303


def test_a_process_that_is_behind_makes_what_others_can_check(world: World, house: House, phone: Phone) -> None:
    account = house.account()
    behind = Behind()
    rotated(world)
    behind.goes_on(0)
    issued = desk_link(house, account["id"])
    assert issued[0] == "a"
    keyring.forget()
    assert phone.fetch(phone.tap(issued)).status == 200


def test_a_keyring_that_cannot_be_read_anew_is_gone_by_on(
    world: World, house: House, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = house.account()
    behind = Behind()
    behind.goes_on(keyring.KEPT + 1)
    monkeypatch.setenv("SECRET_LINKS", "not-there")
    assert desk_link(house, account["id"])[0] == "a"


# Cut short, and two at once.


@pytest.mark.parametrize("fault", [Fault.crash_before, Fault.crash_after, Fault.answer_lost])
def test_a_rotation_that_is_cut_short_anywhere_is_finished_by_the_next_run(world: World, fault: Fault) -> None:
    later = clock.now() + YEAR
    keys: set[str] = set()
    for at in range(20):
        put(world, {"current": "a", "a": "x" * 64, "since a": clock.text(clock.now())})
        put(world, {"current": "a", "a": "x" * 64, "since a": clock.text(clock.now())}, "operators")
        seen: list[str] = []
        for moment in (later, later + SPREAD):
            with clock.frozen(moment):
                with injected(at, fault) as calls, suppress(Crash):
                    run()
                seen += [kept(world)["b"]] if "b" in kept(world) else []
                run()
                seen.append(kept(world)["b"])
        assert len(set(seen)) == 1, "the key of a version was changed after it was added"
        keys |= set(seen)
        assert kept(world)["current"] == kept(world, "operators")["current"] == "b"
        assert kept(world)["a"] == "x" * 64
        if not calls.hit:
            break
    assert at > 2
    assert len(keys) == at + 1


def test_of_two_that_rotate_at_once_one_is_refused_and_no_key_is_overwritten(world: World) -> None:
    first, second = keyrings._read("links"), keyrings._read("links")
    keyrings._add(first)
    keyrings._add(second)
    keyrings._write(first)
    with pytest.raises(Changed):
        keyrings._write(second)
    assert kept(world)["b"] == first.keys["b"] != second.keys["b"]


# Versions.


def test_a_version_is_used_again_as_late_as_can_be(world: World) -> None:
    used = "a"
    for _ in range(70):
        content = kept(world)
        content = {"current": content["current"], content["current"]: "x" * 64} | {
            name: text for name, text in content.items() if name.startswith("added ")
        }
        put(world, content)
        rotate_now("links")
        used += kept(world)["current"]
    assert len(set(used[: len(ids.ALPHABET)])) == len(ids.ALPHABET)
    assert used[len(ids.ALPHABET)] == used[0]


def rotate_now(ring: keyrings.Ring) -> None:
    begin = clock.now() + timedelta(days=len(kept_versions(ring)))
    with clock.frozen(begin):
        keyrings.rotate(ring)
    with clock.frozen(begin + SPREAD):
        keyrings.rotate(ring)


def kept_versions(ring: keyrings.Ring) -> list[str]:
    return list(keyrings._read(ring).keys)


def test_with_every_version_in_use_no_key_comes_until_one_is_retired(world: World) -> None:
    put(world, {"current": "a", "since a": "2020-01-01T00:00:00.000Z"} | dict.fromkeys(ids.ALPHABET, "x" * 64))
    with pytest.raises(keyrings.Full):
        keyrings.rotate("links")
    assert run().counts == {"keyring.full": 1}
    put(
        world, {"current": "a", "since a": "2020-01-01T00:00:00.000Z"} | {e: "x" * 64 for e in ids.ALPHABET if e != "Q"}
    )
    assert run().counts == {"keyring.added": 1}
    assert kept(world)["next"] == "Q"


# Retirement.


def test_a_version_of_the_links_retires_when_nothing_can_bear_it_any_more(world: World, house: House) -> None:
    issued = desk_link(house, house.account()["id"])
    rotated(world)
    until = clock.read(kept(world)["until a"])
    with clock.frozen(until + LONGEST - timedelta(seconds=1)):
        assert "keyring.retired" not in run().counts
    with clock.frozen(until + LONGEST):  # upkeep has not written down that the link is over
        assert "keyring.retired" not in run().counts
        (link,) = [each for each in Link.scan() if each.sk and each.attribute_values.get("state") == "live"]
        link.update([Link.state.set("expired")])
        report = run()
    assert report.examples["keyring.retired"] == ["links/a"]
    assert "a" not in kept(world)
    assert "a" in kept(world, "operators")
    keyring.forget()
    api = Api().at(house.host)
    assert api.get(f"/a/{issued}").status == 410  # it is found all the same


def test_an_operator_who_wants_a_version_retired_is_told_what_ends(world: World, house: House) -> None:
    desk_link(house, house.account()["id"])
    assert keyrings.retire("links", "a").breaks == ["The version a is in use."]
    assert keyrings.retire("links", "z").breaks == ["The version z is unknown."]
    rotated(world)
    refused = keyrings.retire("links", "a")
    assert len(refused.breaks) == 2
    assert "a" in refused.versions
    gone = keyrings.retire("links", "a", force=True)
    assert gone.breaks == []
    assert "a" not in gone.versions
    assert "a" not in kept(world)


def test_no_version_of_the_operators_retires_by_itself(world: World, house: House) -> None:
    rotated(world)
    with clock.frozen(clock.now() + timedelta(days=3650)):
        run()
        assert "a" in kept(world, "operators")
        refused = keyrings.retire("operators", "a")
    assert [each.partition(":")[0] for each in refused.breaks] == ["The installation's first token"]
    refused = keyrings.retire("operators", "a")
    assert any("tokens of the last day" in each for each in refused.breaks)
    gone = keyrings.retire("operators", "a", force=True)
    assert "a" not in gone.versions
    keyring.forget()
    assert house.admin.get("/v1/groups").status == 200
    with pytest.raises(KeyError):
        provider_token()


def test_no_key_is_shown(world: World) -> None:
    for ring in keyrings.RINGS:
        shown = msgspec.json.encode(keyrings.rotate(ring)).decode()
        content = kept(world, ring)
        assert content["a"] not in shown
        assert content["b"] not in shown
        assert content["b"] not in repr(keyrings._read(ring))


@pytest.fixture(name="phone")
def phone_fixture(house: House) -> Phone:
    return Phone(Api().at(house.host))
