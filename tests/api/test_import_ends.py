"""Imports that do not end as they should: failed, given up, cancelled or left lying; and what is true of them then."""

import unicodedata
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.accounts import change as changing
from functions.accounts import create as creating
from functions.accounts import devices, standing
from functions.common import clock, limits
from functions.common.errors import Unavailable
from functions.common.transaction import commit
from functions.imports import stages, undoing
from functions.jobs import work as jobs
from tests.api.cloud import BUCKETS, Cloud
from tests.api.phone import Phone
from tests.api.post import *  # noqa: F403 - its fixtures
from tests.api.post import Post
from tests.api.test_imports import (
    HEAD,
    accounts,
    act,
    begin,
    look,
    lying,
    many,
    problems,
    result,
    small_chunks,  # noqa: F401 - a fixture
    whole,
)
from tests.api.world import House, World, changed, made

LATER = timedelta(seconds=jobs.LEASE + 1)
HOURS = timedelta(hours=6)
MESSAGE = [{"kind": "activation", "channel": "sms"}]
TWO = f"{HEAD},mobile\nA,+12025550150,,,,+41790000001\nB,+12025550151,,,,+41790000002\n"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails twice is given up."""
    monkeypatch.setattr(jobs, "MOST_TRIES", 2)


def until(world: World, house: House, import_: dict[str, Any], *states: str) -> dict[str, Any]:
    """Upkeep and queues work on, as time goes by."""
    now = clock.now()
    for minute in range(30):
        with clock.frozen(now + timedelta(minutes=10 * minute)):
            world.sweep()
            world.pump()
            found = look(house, import_)
        if found["state"] in states:
            return found
    raise AssertionError(found)


def some(count: int, call: Callable[..., Any], then: BaseException) -> Callable[..., Any]:
    """The function, which fails after so many calls."""
    left = [count]

    def limited(*args: Any, **kwargs: Any) -> Any:
        if not left[0]:
            raise then
        left[0] -= 1
        return call(*args, **kwargs)

    return limited


def failed(world: World, house: House, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    """An import of nine people whose run has failed after the fourth."""
    import_ = begin(house, many(9))
    world.pump()
    with patch.context() as broken:
        broken.setattr(creating, "make", some(4, creating.make, ValueError("poisoned")))
        act(house, import_, "start")
        return until(world, house, import_, "failed")


@pytest.mark.usefixtures("impatient")
def test_a_run_that_failed_is_undone_whole(world: World, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    import_ = failed(world, house, monkeypatch)
    assert len(accounts(house)) == 4
    with clock.frozen(clock.now() + timedelta(days=1)):
        act(house, import_, "undo")
        world.pump()
        assert look(house, import_)["state"] == "undone"
    assert look(house, import_)["done"]["undone"] == 4
    assert accounts(house) == {}
    assert whole(world, house, many(9))["done"] == {"created": 9}


def test_what_is_under_way_is_not_undone(world: World, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_TRIES", 2)
    import_ = failed(world, house, monkeypatch)
    monkeypatch.setattr(jobs, "busy", lambda *_: True)
    assert "two minutes" in act(house, import_, "undo", status=409)["error"]["message"]


@pytest.mark.usefixtures("impatient")
def test_an_undo_that_is_given_up_leaves_the_import_as_it_was(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_ = failed(world, house, monkeypatch)
    with clock.frozen(clock.now() + timedelta(days=1)):
        with monkeypatch.context() as broken:
            broken.setattr(undoing, "made", some(0, undoing.made, ValueError("poisoned")))
            act(house, import_, "undo")
            given_up = until(world, house, import_, "failed")
        assert "given up" in given_up["problem"]
        clock.tick(HOURS)
        with monkeypatch.context() as active:
            active.setattr(undoing, "claimed", lambda *_: {"somebody"})
            act(house, import_, "undo")
            world.pump()
            kept = look(house, import_)
        assert (kept["state"], "activated" in kept["problem"]) == ("failed", True)
        clock.tick(HOURS)
        act(house, import_, "start")
        world.pump()
        done = look(house, import_)
        assert (done["state"], done["done"]) == ("done", {"created": 9})
        with monkeypatch.context() as broken:
            broken.setattr(standing, "delete", some(0, standing.delete, ValueError("poisoned")))
            act(house, import_, "undo")
            assert until(world, house, import_, "done", "failed")["state"] == "done"


@pytest.mark.usefixtures("impatient")
def test_a_run_of_which_accounts_are_deleted_does_not_go_on(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_ = failed(world, house, monkeypatch)
    with clock.frozen(clock.now() + timedelta(days=1)):
        with monkeypatch.context() as broken:
            broken.setattr(standing, "delete", some(1, standing.delete, ValueError("poisoned")))
            act(house, import_, "undo")
            until(world, house, import_, "failed")
        assert len(accounts(house)) == 3
        act(house, import_, "start", status=409)
        clock.tick(HOURS)
        act(house, import_, "undo")
        world.pump()
        assert look(house, import_)["state"] == "undone"
        assert accounts(house) == {}


def test_what_was_cancelled_before_it_ran_has_made_nothing(world: World, house: House) -> None:
    import_ = begin(house, many(2))
    world.pump()
    act(house, import_, "cancel")
    assert "nothing" in act(house, import_, "undo", status=409)["error"]["message"]


def limited(post: Post, messages: int) -> None:
    changed(post.world.provider.patch(f"/v1/tenants/{post.house.tenant}", {"messages_per_operator": messages}))


def test_a_start_that_did_not_happen_counts_for_nothing(
    world: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(post, 2)
    import_ = begin(post.house, TWO, messages=MESSAGE)
    world.pump()
    with monkeypatch.context() as busy:
        busy.setattr("functions.imports.stages.commit", some(0, commit, Unavailable()))
        act(post.house, import_, "start", status=503)
    act(post.house, import_, "start")
    world.pump()
    assert look(post.house, import_)["done"] == {"created": 2}
    more = begin(post.house, TWO.replace("55501", "55502"), messages=MESSAGE)
    world.pump()
    refused = post.house.csr.post(f"/v1/imports/{more['id']}/start")
    assert (refused.status, refused.code) == (429, "too_many")
    assert look(post.house, more)["state"] == "checked"
    with clock.frozen(clock.now() + timedelta(days=1)):
        act(post.house, more, "start")


def test_one_that_begins_by_itself_is_counted_once_however_often_it_is_tried(
    world: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(post, 10)
    import_ = begin(post.house, TWO, messages=MESSAGE, start="when_clean")
    with monkeypatch.context() as busy:
        busy.setattr("functions.imports.stages.commit", some(1, commit, Unavailable()))  # what the check has found
        for tries in range(3):
            with clock.frozen(clock.now() + timedelta(minutes=10 * tries)):
                world.sweep()
                world.pump()
        assert look(post.house, import_)["state"] == "checked"
    with clock.frozen(clock.now() + timedelta(hours=1)):
        world.sweep()
        world.pump()
        assert look(post.house, import_)["done"] == {"created": 2}
        stored = stages.find(post.house.tenant, import_["id"])
        assert stored is not None
        asked_by = (stored.tenant, "asked-by", stored.caller.operator)
        assert limits.over_today(2, *asked_by) is not None
        assert limits.over_today(3, *asked_by) is None


@pytest.mark.usefixtures("impatient")
def test_one_that_cannot_begin_by_itself_is_begun_by_hand(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(stages, "start", some(0, stages.start, ValueError("poisoned")))
        import_ = begin(house, many(2), start="when_clean")
        world.pump()
        now = clock.now()
        for minute in range(4):
            with clock.frozen(now + timedelta(minutes=10 * minute)):
                world.sweep()
                world.pump()
    checked = look(house, import_)
    assert (checked["state"], "by hand" in checked["problem"]) == ("checked", True)
    act(house, import_, "start")
    world.pump()
    assert look(house, import_)["done"] == {"created": 2}


def test_more_messages_than_a_day_has_are_told_with_what_helps(world: World, post: Post) -> None:
    limited(post, 1)
    import_ = begin(post.house, TWO, messages=MESSAGE)
    world.pump()
    said = act(post.house, import_, "start", status=409)["error"]["message"]
    assert "another day" in said
    assert "provider" in said


def test_cancelled_in_the_middle_of_an_update_it_tells_who_has_changed(
    cloud: Cloud, world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole(world, house, "fullName,gsmNumber\nA,+12025550150\nB,+12025550151\n")
    text = "fullName,gsmNumber,description\nA,+12025550150,new\nBad,12,\nB,+12025550151,new\nC,+12025550152,\n"
    import_ = begin(house, text, mode="update")
    world.pump()
    act(house, import_, "start")
    entries = list(world._received("QUEUE_WORK"))
    with monkeypatch.context() as dying:
        dying.setattr(changing, "change", some(1, changing.change, SystemExit()))
        with pytest.raises(SystemExit):
            world.hand_over("QUEUE_WORK", entries[0])
    act(house, import_, "cancel")
    for entry in entries[1:]:
        world.hand_over("QUEUE_WORK", entry)
    with clock.frozen(clock.now() + LATER):
        world.sweep()
        world.pump()
    cancelled = look(house, import_)
    assert (cancelled["state"], cancelled["done"]) == ("cancelled", {"changed": 1, "problem": 1})
    rows = result(cloud, house, cancelled)
    assert [row["result"] for row in rows] == ["changed", "problem", "cancelled", "cancelled"]
    assert rows[0]["accountId"] == accounts(house)["A"]["id"]
    assert "gsmNumber" in rows[1]["problem"]
    assert [each["line"] for each in problems(house, cancelled)] == [3]


def test_whoever_activates_while_it_is_undone_stays(world: World, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look at the account and its deletion the phone gets its file."""
    done = whole(world, post.house, TWO, messages=MESSAGE)
    found = accounts(post.house)
    (sms,) = post.sent(found["A"])
    link = sms.text.split("/a/")[1].split()[0]
    phone, delete = Phone(world.anyone.at(post.house.host)), standing.delete_as_read
    fetched: list[str] = []

    def meanwhile(caller: Any, known: standing.Whole) -> None:
        if known.account.id == found["A"]["id"] and not fetched:
            fetched.append(link)
            assert phone.fetch(phone.tap(link)).status == 200
        delete(caller, known)

    monkeypatch.setattr(standing, "delete_as_read", meanwhile)
    act(post.house, done, "undo")
    world.pump()
    undone = look(post.house, done)
    assert fetched
    assert (undone["state"], undone["done"]["undone"], undone["done"]["kept"]) == ("undone", 1, 1)
    assert accounts(post.house).keys() == {"A"}


def with_secrets(house: House) -> tuple[str, str]:
    """A file of two people with their HA1, and that."""
    md5, _ = devices.ha1s("zoe", house.domain, "correct horse")
    text = f"fullName,gsmNumber,username,ha1\nZoë,+12025550143,zoe,{md5}\nBad,12,bo.b,{md5}\nC,+12025550145,c.c,{md5}\n"
    return text, md5


def adopting(world: World, house: House) -> tuple[dict[str, Any], str]:
    """A checked import of two people with their HA1, and that."""
    text, md5 = with_secrets(house)
    import_ = made(house.admin.post("/v1/imports", {"group_id": house.group, "csv": text, "mode": "adopt"}))
    world.pump()
    assert look(house, import_)["state"] == "checked"
    return import_, md5


def test_secrets_that_wait_for_a_start_are_sealed(cloud: Cloud, world: World, house: House) -> None:
    import_, md5 = adopting(world, house)
    files = lying(cloud, house, import_)
    assert "upload" not in files
    assert any(name.startswith("rows/") for name in files)
    for name, body in files.items():
        assert md5.encode() not in body, name
    assert house.admin.post(f"/v1/imports/{import_['id']}/start").status == 200
    world.pump()
    assert look(house, import_)["done"] == {"adopted": 2, "problem": 1}


def test_secrets_wait_a_day_for_a_start_and_no_longer(cloud: Cloud, world: World, house: House) -> None:
    import_, _ = adopting(world, house)
    plain = begin(house, many(2))
    world.pump()
    now = clock.now()
    for hours, state in ((23, "checked"), (25, "cancelled")):
        with clock.frozen(now + timedelta(hours=hours)):
            world.sweep()
            world.pump()
            assert look(house, import_)["state"] == state
    assert "within a day" in look(house, import_)["problem"]
    assert not [name for name in lying(cloud, house, import_) if not name.startswith("report/")]
    assert house.admin.post(f"/v1/imports/{import_['id']}/start").status == 409
    assert look(house, plain)["state"] == "checked"


def test_a_file_with_secrets_waits_a_day_for_its_check_and_no_longer(cloud: Cloud, world: World, house: House) -> None:
    text, md5 = with_secrets(house)
    content = text.encode()
    wanted = {"group_id": house.group, "size": len(content)}
    import_ = made(house.admin.post("/v1/imports", wanted | {"mode": "adopt"}))
    plain = made(house.admin.post("/v1/imports", wanted))
    for each in (import_, plain):
        key = f"{house.tenant}/imports/{each['id']}/upload"
        cloud.s3.put_object(Bucket=BUCKETS["BUCKET_TRANSFERS"], Key=key, Body=content)
    now = clock.now()
    for hours, state in ((23, "awaiting_file"), (25, "cancelled")):
        with clock.frozen(now + timedelta(hours=hours)):
            world.sweep()
            world.pump()
            assert look(house, import_)["state"] == state
            assert [md5.encode() in body for body in lying(cloud, house, import_).values()] == [True] * (hours < 24)
    assert "not checked within a day" in look(house, import_)["problem"]
    assert house.admin.post(f"/v1/imports/{import_['id']}/check").status == 409
    assert look(house, plain)["state"] == "awaiting_file"
    assert "upload" in lying(cloud, house, plain)


def test_what_has_run_within_a_day_stays_as_it_is(world: World, house: House) -> None:
    import_, _ = adopting(world, house)
    assert house.admin.post(f"/v1/imports/{import_['id']}/start").status == 200
    world.pump()
    with clock.frozen(clock.now() + timedelta(hours=25)):
        world.sweep()
        world.pump()
        assert look(house, import_)["state"] == "done"


def test_two_spellings_of_a_name_or_an_external_id_are_one(house: House) -> None:
    apart = unicodedata.normalize("NFD", "José")
    found = house.account(
        full_name=f" {apart}\ufeff",
        external_id=f"{apart} ",
        description="\u3000x\u00a0",
        email="jo\u200bse@example.net",
    )
    assert (found["full_name"], found["external_id"]) == ("José", "José")
    assert (found["description"], found["email"]) == ("x", "jose@example.net")
    taken = {"full_name": "B", "number": "+12025550159", "group_id": house.group, "external_id": " José"}
    assert house.csr.post("/v1/accounts", taken).code == "external_id_taken"
    path = f"/v1/accounts/{found['id']}"
    again = changed(house.csr.patch(path, {"full_name": f"{apart} ", "external_id": apart}))
    assert again["changed_at"] == found["changed_at"]
    assert changed(house.csr.patch(path, {"external_id": " "}))["external_id"] is None
    refused = house.csr.patch(path, {"full_name": "\ufeff"})
    assert (refused.status, refused.json["error"]["field"]) == (400, "full_name")
