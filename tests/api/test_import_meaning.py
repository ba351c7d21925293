"""What a file means for people who are there already, and what is said of it before anything happens."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.accounts import devices
from functions.accounts.groups import GROUPS
from functions.common import clock
from functions.imports.dialect import Given
from functions.jobs import work as jobs
from functions.messaging import waves
from tests.api.cloud import BUCKETS, Cloud
from tests.api.post import *  # noqa: F403 - its fixtures
from tests.api.post import Post
from tests.api.test_imports import accounts, act, begin, look, problems, result, small_chunks, whole
from tests.api.world import House, World, made

__all__ = ["small_chunks"]  # for every test here, too

EXAMPLE = Path(__file__).parents[2] / "examples" / "people.csv"
FULL = "fullName,gsmNumber,email,mobile,description,expiresAt,externalId,group,language"
ADA = "Ada,+12025550150,ada@example.org,+41790000001,here,2099-03-31,E1,Everybody,de"
NOTHING = "Ada,+12025550150,,,,,,,"
SMS = [{"kind": "activation", "channel": "sms"}]
TWO = "fullName,gsmNumber,mobile\nA,+12025550150,+41790000001\nB,+12025550151,+41790000002\n"


def uploaded(cloud: Cloud, world: World, house: House, content: bytes, **fields: object) -> dict[str, Any]:
    """Checked, and begun where it may be."""
    body = {"group_id": house.group, "size": len(content), **fields}
    import_ = made(house.csr.post("/v1/imports", body))
    key = f"{house.tenant}/imports/{import_['id']}/upload"
    cloud.s3.put_object(Bucket=BUCKETS["BUCKET_TRANSFERS"], Key=key, Body=content)
    act(house, import_, "check")
    world.pump()
    return look(house, import_)


def checked(world: World, house: House, text: str, **fields: object) -> dict[str, Any]:
    import_ = begin(house, text, **fields)
    world.pump()
    return look(house, import_)


POLISH = "fullName,gsmNumber\nŁukasz Żółć,+12025550150\nAnna Nowak,+12025550151\n".encode("windows-1250")


def test_a_file_whose_encoding_is_a_guess_waits_for_somebody_to_look(cloud: Cloud, world: World, house: House) -> None:
    guessed = uploaded(cloud, world, house, POLISH, start="when_clean")
    assert guessed["state"] == "checked"
    assert (guessed["found"]["encoding"], guessed["found"]["encoding_guessed"]) == ("windows-1252", True)
    assert guessed["found"]["samples"] == ["£ukasz", "¯ó³æ"]
    assert "guess" in guessed["problem"]
    assert accounts(house) == {}


def test_the_encoding_that_is_given_makes_names_right(cloud: Cloud, world: World, house: House) -> None:
    done = uploaded(cloud, world, house, POLISH, start="when_clean", encoding="windows-1250")
    assert (done["state"], done["found"]["encoding_guessed"], done["found"]["samples"]) == ("done", False, [])
    assert accounts(house).keys() == {"Łukasz Żółć", "Anna Nowak"}


def test_the_guess_follows_the_import_s_language_and_is_one(cloud: Cloud, world: World, house: House) -> None:
    guessed = uploaded(cloud, world, house, POLISH, start="when_clean", language="pl")
    assert (guessed["state"], guessed["found"]["encoding"]) == ("checked", "windows-1250")
    assert guessed["found"]["samples"] == ["Łukasz", "Żółć"]
    act(house, guessed, "start")
    world.pump()
    assert "Łukasz Żółć" in accounts(house)


def test_text_in_the_request_has_no_encoding(house: House) -> None:
    encoding: Given = "windows-1250"
    body = {"group_id": house.group, "csv": "fullName,gsmNumber\n", "encoding": encoding}
    refused = house.csr.post("/v1/imports", body)
    assert refused.status == 400
    assert "encoding" in refused.text


@pytest.mark.parametrize("mode", ["create", "update", "sync"])
def test_an_empty_cell_says_nothing_of_who_is_there(world: World, house: House, mode: str) -> None:
    whole(world, house, f"{FULL}\n{ADA}\n")
    before = accounts(house)["Ada"]
    again = whole(world, house, f"{FULL}\n{NOTHING}\n", mode=mode, language="fr")
    assert again["done"] == {"unchanged": 1}
    assert accounts(house)["Ada"] == before


@pytest.mark.parametrize("mode", ["update", "sync"])
def test_an_empty_cell_clears_where_the_import_says_so(world: World, house: House, mode: str) -> None:
    whole(world, house, f"{FULL}\n{ADA}\n")
    other = made(house.admin.post("/v1/groups", {"name": "Others"}))["id"]
    import_ = {"mode": mode, "empty_cells": "clear", "group_id": other, "missing": {"most_percent": 100}}
    done = whole(world, house, f"{FULL}\n{NOTHING}\n", **import_)
    assert done["done"] == {"changed": 1}, problems(house, done)
    assert done["found"]["cleared"] == dict.fromkeys(("email", "mobile", "description", "expiresAt", "language"), 1)
    ada = accounts(house)["Ada"]
    cleared = ("email", "mobile", "description", "expires_at", "language")
    assert [ada[name] for name in cleared] == [None, None, "", None, None]
    assert (ada["group_id"], ada["external_id"]) == (house.group, "E1")


def test_what_would_change_is_told_before_it_does(cloud: Cloud, world: World, house: House) -> None:
    head = "fullName,gsmNumber,email,description,group"
    first = [f"P{n},+1202555{n:04},p{n}@example.org,,Everybody" for n in range(150, 158)]
    whole(world, house, "\n".join([head, *first]))
    made(house.admin.post("/v1/groups", {"name": "Others"}))
    other = [line.replace("example.org", "example.com") for line in first[:7]]
    other[0] = other[0].replace("Everybody", "others").replace(",,", ",new,")
    found = checked(world, house, "\n".join([head, *other, first[7], "New,+12025550199,,,"]), mode="update")
    assert found["found"]["changes"] == {"email": 7, "group": 1, "description": 1}
    assert found["found"]["cleared"] == {}
    ids = {name: each["id"] for name, each in accounts(house).items()}
    told = problems(house, found, "changes")
    assert [(each["line"], each["account_id"]) for each in told] == [(n + 2, ids[f"P{n + 150}"]) for n in range(7)]
    assert told[0]["columns"] == {
        "email": {"before": "p150@example.org", "after": "p150@example.com"},
        "description": {"before": "", "after": "new"},
        "group": {"before": "Everybody", "after": "Others"},
    }
    assert {each["email"] for each in accounts(house).values()} == {f"p{n}@example.org" for n in range(150, 158)}
    for page in cloud.s3.list_objects_v2(Bucket=BUCKETS["BUCKET_TRANSFERS"], Prefix=house.tenant)["Contents"]:
        cloud.s3.delete_object(Bucket=BUCKETS["BUCKET_TRANSFERS"], Key=page["Key"])
    assert house.csr.get(f"/v1/imports/{found['id']}/changes").status == 410


def test_a_date_that_has_passed_switches_nobody_off(world: World, house: House) -> None:
    whole(world, house, f"{FULL}\n{ADA}\n")
    done = whole(world, house, f"{FULL}\n{ADA.replace('2099', '2020')}\n", mode="update")
    assert done["done"] == {"problem": 1}
    (row,) = problems(house, done)
    assert [each["column"] for each in row["problems"]] == ["expiresAt"]
    assert "disable" in row["problems"][0]["problem"].lower()
    assert accounts(house)["Ada"]["standing"] == "enabled"


def test_who_cannot_call_is_named(cloud: Cloud, world: World, house: House) -> None:
    text = "fullName,gsmNumber,expiresAt\nAda,+12025550150,2099-01-01\nBo,+12025550151,\nCy,+12025550152,\n"
    whole(world, house, text)
    people = accounts(house)
    assert house.csr.post(f"/v1/accounts/{people['Bo']['id']}/disable").status == 200
    soon = clock.text(clock.now() + timedelta(hours=1))
    assert house.csr.patch(f"/v1/accounts/{people['Cy']['id']}", {"expires_at": soon}).status == 200
    with clock.frozen(clock.now() + timedelta(hours=2)):
        done = whole(world, house, text.replace("Bo,", "Bob,"), mode="update")
        assert done["found"]["not_enabled"] == 2
        assert done["done"] == {"unchanged": 2, "changed": 1}
        rows = result(cloud, house, done)
        assert [row["result"] for row in rows] == ["unchanged", "changed", "unchanged"]
        assert [row["problem"] for row in rows] == [
            "",
            "This person is disabled: enable the account.",
            "This person has expired: extend the account.",
        ]
        later = text.replace("+12025550152,", "+12025550152,2099-01-01")
        assert whole(world, house, later, mode="update")["found"]["not_enabled"] == 1


def test_more_new_people_than_the_group_s_days_take_are_told_by_the_check(world: World, post: Post) -> None:
    house = post.house
    assert house.admin.patch(f"/v1/groups/{house.group}", {"people_per_day": 1}).status == 200
    group = GROUPS.get(house.tenant, house.group).fields
    room = waves.room(house.tenant, house.group, group)
    assert room is not None
    assert 55 <= room <= waves.MOST_DAYS
    lines = [f"P{n},+1202555{n:04},+4179000{n:04}" for n in range(1000, 1000 + room + 3)]
    text = "\n".join(["fullName,gsmNumber,mobile", *lines])
    found = checked(world, house, text, messages=SMS)
    assert (found["found"]["create"], found["found"]["problems"]) == (room, 3)
    assert [each["problems"][0]["column"] for each in problems(house, found)] == ["group"] * 3
    act(house, found, "start")
    world.pump()
    assert look(house, found)["done"] == {"created": room, "problem": 3}
    left = waves.room(house.tenant, house.group, group)
    assert left is not None
    assert left <= 1, "days differ around the world"
    more = "\n".join(["fullName,gsmNumber", "Q,+12025559999", "R,+12025559998"])
    full = checked(world, house, more, messages=SMS)
    assert (full["found"]["create"], full["found"]["problems"]) == (left, 2 - left)
    assert checked(world, house, more)["found"]["problems"] == 0, "without messages nobody waits for a turn"


def test_a_check_that_is_stopped_after_every_chunk_goes_on_with_what_it_had(
    cloud: Cloud, world: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("checking", "stages"):
        monkeypatch.setattr(f"functions.imports.{module}.CHECKED_AT_ONCE", 1)
    assert post.house.admin.patch(f"/v1/groups/{post.house.group}", {"people_per_day": 1}).status == 200
    asked: list[str] = []

    def room(_tenant: str, group_id: str, _group: object) -> int:
        asked.append(group_id)
        return 8

    monkeypatch.setattr(waves, "room", room)
    names = ["Anna"] * 4 + ["Łukasz Kowalski"] * 5 + ["Żółć"] * 3
    lines = [f"{name},+1202555{n:04},+4179000{n:04}" for n, name in enumerate(names, 1000)]
    content = "\n".join(["fullName,gsmNumber,mobile", *lines]).encode("windows-1250")
    found = uploaded(cloud, world, post.house, content, language="pl", messages=SMS)["found"]
    assert (found["create"], found["problems"], found["samples"]) == (8, 4, ["Łukasz", "Żółć"])
    assert asked == [post.house.group]


def test_the_result_is_gone_after_a_week(cloud: Cloud, world: World, house: House) -> None:
    done = whole(world, house, f"{FULL}\n{ADA}\n")
    assert house.csr.get(f"/v1/imports/{done['id']}/result").status == 200
    key = f"{house.tenant}/imports/{done['id']}/result.csv"
    cloud.s3.delete_object(Bucket=BUCKETS["BUCKET_TRANSFERS"], Key=key)
    gone = house.csr.get(f"/v1/imports/{done['id']}/result")
    assert (gone.status, "week" in gone.text) == (410, True)


def kinds(post: Post, names: Sequence[str] = ("A", "B")) -> dict[str, list[str]]:
    people = accounts(post.house)
    return {name: [each["kind"] for each in post.messages(people[name])] for name in names}


def test_who_has_not_activated_is_sent_the_messages_once_more(world: World, post: Post) -> None:
    whole(world, post.house, TWO, messages=SMS)
    people = accounts(post.house)
    former = post.link(people["A"])["id"]
    assert post.house.csr.post(f"/v1/accounts/{people['B']['id']}/disable").status == 200
    third = f"{TWO}C,+12025550152,+41790000003\n"
    plain = whole(world, post.house, third, messages=SMS)
    assert (plain["found"]["messages"], plain["found"]["not_activated"]) == (1, 0)
    done = whole(world, post.house, third, messages=SMS, messages_to="not_activated")
    assert (done["found"]["messages"], done["found"]["not_activated"]) == (2, 2)
    assert done["done"] == {"unchanged": 3}
    assert kinds(post, ("A", "B", "C")) == {"A": ["activation"] * 2, "B": ["activation"], "C": ["activation"] * 2}
    assert len(post.sent(people["A"])) == 2
    assert post.link(people["A"])["id"] != former


def test_it_is_so_once_per_import_whoever_is_killed(world: World, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    whole(world, post.house, TWO, messages=SMS)
    import_ = begin(post.house, TWO.replace("A,", "Ann,"), mode="update", messages=SMS, messages_to="not_activated")
    world.pump()
    act(post.house, import_, "start")
    whole_write, left = jobs._write, [1]

    def dying(*args: Any, **kwargs: Any) -> None:
        if left:
            left.pop()
            raise SystemExit
        whole_write(*args, **kwargs)

    monkeypatch.setattr(jobs, "_write", dying)
    (first, *others) = world._received("QUEUE_WORK")
    with pytest.raises(SystemExit):
        world.hand_over("QUEUE_WORK", first)
    for other in others:
        world.hand_over("QUEUE_WORK", other)
    with clock.frozen(clock.now() + timedelta(seconds=jobs.LEASE + 1)):
        world.sweep()
        world.pump()
        assert look(post.house, import_)["done"] == {"changed": 1, "unchanged": 1}
    assert kinds(post, ("Ann", "B")) == {"Ann": ["activation"] * 2, "B": ["activation"] * 2}


def test_whom_nothing_reaches_is_a_problem_of_the_check(world: World, post: Post) -> None:
    whole(world, post.house, TWO.replace("+41790000001", ""))
    found = checked(world, post.house, TWO.replace("+41790000001", ""), messages=SMS, messages_to="not_activated")
    assert (found["found"]["problems"], found["found"]["not_activated"]) == (1, 1)


def test_the_installation_link_alone_can_go_once_more_too(world: World, post: Post) -> None:
    wanted = [{"kind": "installation", "channel": "sms"}]
    whole(world, post.house, TWO, messages=wanted)
    done = whole(world, post.house, TWO, messages=wanted, messages_to="not_activated")
    assert (done["found"]["messages"], done["done"]) == (2, {"unchanged": 2})
    assert kinds(post) == {"A": ["installation"] * 2, "B": ["installation"] * 2}
    assert post.events(accounts(post.house)["A"]).count("message.requested") == 1


def test_whoever_has_activated_is_left_in_peace(world: World, post: Post) -> None:
    md5, _ = devices.ha1s("a.a", post.house.domain, "correct horse")
    text = f"fullName,gsmNumber,mobile,username,ha1\nA,+12025550150,+41790000001,a.a,{md5}\n"
    adopted = made(post.house.admin.post("/v1/imports", {"group_id": post.house.group, "csv": text, "mode": "adopt"}))
    world.pump()
    assert post.house.admin.post(f"/v1/imports/{adopted['id']}/start").status == 200
    world.pump()
    done = whole(world, post.house, TWO, messages=SMS, messages_to="not_activated")
    assert (done["found"]["messages"], done["found"]["not_activated"]) == (1, 0)
    assert kinds(post) == {"A": [], "B": ["activation"]}


def test_the_example_is_imported_as_it_is(world: World, house: House) -> None:
    done = checked(world, house, EXAMPLE.read_text(encoding="utf-8"), start="when_clean")
    assert (done["state"], done["done"]) == ("done", {"created": 10})
