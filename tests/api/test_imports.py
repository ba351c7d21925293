"""A file of people: checked, done, followed, undone; and the same people as a file again."""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from functions.accounts import create as creating
from functions.accounts import devices
from functions.common import clock
from functions.imports import files, people, running
from functions.imports import models as sizes
from functions.jobs import triggers
from functions.jobs import work as jobs
from tests.api.client import Api
from tests.api.cloud import BUCKETS, Cloud
from tests.api.phone import Phone
from tests.api.post import *  # noqa: F403 - its fixtures
from tests.api.post import Post
from tests.api.world import House, World, changed, made

HEAD = "fullName,gsmNumber,email,securityModel,description"
PEOPLE = f"""{HEAD}
Zoë Ünal,+1 202 555 0143,zoe@example.org,end-to-site,personal account
"Lovelace, Ada",+12025550144,,end-to-end,
"""


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several chunks and pages, however few the rows."""
    for module in ("checking", "running", "stages", "models"):
        monkeypatch.setattr(f"functions.imports.{module}.ROWS", 3)


def begin(house: House, csv_: str, **fields: object) -> dict[str, Any]:
    return made(house.csr.post("/v1/imports", {"group_id": house.group, "csv": csv_, **fields}))


def look(house: House, import_: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = house.csr.get(f"/v1/imports/{import_['id']}").json
    return found


def act(house: House, import_: dict[str, Any], what: str, status: int = 200) -> dict[str, Any]:
    reply = house.csr.post(f"/v1/imports/{import_['id']}/{what}")
    assert reply.status == status, reply.text
    found: dict[str, Any] = reply.json
    return found


def whole(world: World, house: House, csv_: str, **fields: object) -> dict[str, Any]:
    """Checked and run to its end."""
    import_ = begin(house, csv_, **fields)
    world.pump()
    checked = look(house, import_)
    assert checked["state"] == "checked", checked
    act(house, import_, "start")
    world.pump()
    return look(house, import_)


def accounts(house: House) -> dict[str, dict[str, Any]]:
    items = house.csr.get("/v1/accounts", query={"limit": "200"}).json["items"]
    return {each["full_name"]: each for each in items}


def problems(house: House, import_: dict[str, Any], what: str = "problems") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        reply = house.csr.get(f"/v1/imports/{import_['id']}/{what}", query={"cursor": cursor} if cursor else {})
        assert reply.status == 200, reply.text
        items += reply.json["items"]
        cursor = reply.json["cursor"]
        if cursor is None:
            return items


def result(cloud: Cloud, house: House, import_: dict[str, Any]) -> list[dict[str, str]]:
    assert house.csr.get(f"/v1/imports/{import_['id']}/result").json["url"].startswith("https://")
    key = f"{house.tenant}/imports/{import_['id']}/result.csv"
    body = cloud.s3.get_object(Bucket=BUCKETS["BUCKET_TRANSFERS"], Key=key)["Body"].read()
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


def many(count: int, first: int = 200) -> str:
    lines = [f"Person {n},+1202555{n:04},p{n}@example.org,end-to-site,nobody" for n in range(first, first + count)]
    return "\n".join([HEAD, *lines])


def test_the_check_changes_nothing_and_tells_what_would_happen(world: World, house: House) -> None:
    import_ = begin(house, PEOPLE)
    assert import_["state"] == "checking"
    world.pump()
    checked = look(house, import_)
    assert checked["state"] == "checked"
    assert {name: checked["found"][name] for name in ("rows", "create", "problems", "messages")} == {
        "rows": 2,
        "create": 2,
        "problems": 0,
        "messages": 0,
    }
    assert accounts(house) == {}


def test_a_file_becomes_accounts_with_what_each_row_says(world: World, house: House) -> None:
    done = whole(world, house, PEOPLE)
    assert done["state"] == "done"
    assert done["done"] == {"created": 2}
    found = accounts(house)
    assert found.keys() == {"Zoë Ünal", "Lovelace, Ada"}
    assert found["Zoë Ünal"]["number"] == "+12025550143"
    assert found["Zoë Ünal"]["mobile"] == "+12025550143"
    assert found["Zoë Ünal"]["description"] == "personal account"
    assert found["Lovelace, Ada"]["security_model"] == "end-to-end"
    assert found["Lovelace, Ada"]["email"] is None


def test_the_same_file_again_changes_nothing(world: World, house: House) -> None:
    whole(world, house, PEOPLE)
    before = accounts(house)
    again = whole(world, house, PEOPLE)
    assert again["done"] == {"unchanged": 2}
    assert accounts(house) == before


def test_every_cell_that_is_wrong_is_told_at_once_and_the_others_are_done(
    cloud: Cloud, world: World, house: House
) -> None:
    text = PEOPLE + (
        "=HYPERLINK(1),4.17912E+10,not an address,end-to-moon,\n"
        "Grace Hopper,+12025550145,grace@example.org,,\n"
        "Again,+12025550145,,,\n"
    )
    done = whole(world, house, text)
    assert done["done"] == {"created": 3, "problem": 2}, problems(house, done)
    found = {each["line"]: each for each in problems(house, done)}
    assert found.keys() == {4, 6}
    assert {each["column"] for each in found[4]["problems"]} == {"fullName", "gsmNumber", "email", "securityModel"}
    assert [each["column"] for each in found[6]["problems"]] == ["gsmNumber"]
    assert "Line 5" in found[6]["problems"][0]["problem"]
    rows = result(cloud, house, done)
    assert [row["result"] for row in rows] == ["created", "created", "problem", "created", "problem"]
    assert rows[0]["accountId"] == accounts(house)["Zoë Ünal"]["id"]
    assert "gsmNumber" in rows[2]["problem"]


def test_the_result_file_corrected_and_uploaded_again_does_the_rest(cloud: Cloud, world: World, house: House) -> None:
    done = whole(world, house, PEOPLE + "Bad,12,,,\n")
    key = f"{house.tenant}/imports/{done['id']}/result.csv"
    body = cloud.s3.get_object(Bucket=BUCKETS["BUCKET_TRANSFERS"], Key=key)["Body"].read().decode("utf-8-sig")
    assert '"12"' in body
    again = whole(world, house, body.replace('"12"', '"+12025550188"'))
    assert again["done"] == {"created": 1, "unchanged": 2}, problems(house, again)


def test_many_chunks_in_many_lanes_are_all_done_once(cloud: Cloud, world: World, house: House) -> None:
    done = whole(world, house, many(40))
    assert done["done"] == {"created": 40}
    rows = result(cloud, house, done)
    assert [row["fullName"] for row in rows] == [f"Person {n}" for n in range(200, 240)]
    assert {row["result"] for row in rows} == {"created"}
    assert len(accounts(house)) == 40


def test_its_messages_go_out_by_what_reaches_each(world: World, post: Post) -> None:
    text = f"{HEAD},mobile\nBoth,+12025550150,,,,+41790000001\nNobody,+12025550151,,,,\n"
    wanted = [{"kind": "activation", "channel": "sms"}]
    done = whole(world, post.house, text, messages=wanted)
    assert done["found"]["messages"] == 1, problems(post.house, done)
    assert done["done"] == {"created": 1, "problem": 1}
    both = accounts(post.house)["Both"]
    assert len(post.sent(both)) == 1
    assert both["readiness"] == "activating"


def test_more_messages_than_an_operator_may_ask_for_are_not_begun(world: World, post: Post) -> None:
    tenant = post.world.provider.patch(f"/v1/tenants/{post.house.tenant}", {"messages_per_operator": 1})
    assert tenant.status == 200
    text = f"{HEAD},mobile\nA,+12025550150,,,,+41790000001\nB,+12025550151,,,,+41790000002\n"
    import_ = begin(post.house, text, messages=[{"kind": "activation", "channel": "sms"}])
    world.pump()
    refused = post.house.csr.post(f"/v1/imports/{import_['id']}/start")
    assert refused.status == 409
    assert refused.code == "too_many_messages"
    assert accounts(post.house) == {}


def test_begun_by_itself_when_it_is_clean(world: World, house: House) -> None:
    import_ = begin(house, PEOPLE, start="when_clean")
    world.pump()
    assert look(house, import_)["done"] == {"created": 2}
    other = begin(house, PEOPLE + "Bad,1,,,\n", start="when_clean")
    world.pump()
    assert look(house, other)["state"] == "checked"


def test_update_changes_who_is_there_and_create_does_not(world: World, house: House) -> None:
    whole(world, house, PEOPLE)
    other = PEOPLE.replace("zoe@example.org", "zoe@example.com")
    refused = whole(world, house, other)
    assert refused["done"] == {"problem": 1, "unchanged": 1}
    (only,) = problems(house, refused)
    assert only["problems"][0]["column"] == "email"
    assert accounts(house)["Zoë Ünal"]["email"] == "zoe@example.org"
    changed = whole(world, house, other, mode="update")
    assert changed["done"] == {"changed": 1, "unchanged": 1}
    assert accounts(house)["Zoë Ünal"]["email"] == "zoe@example.com"


def test_an_external_id_knows_a_person_under_a_new_number(world: World, house: House) -> None:
    whole(world, house, "fullName,gsmNumber,externalId\nA,+12025550150,E1\n")
    changed = whole(world, house, "fullName,gsmNumber,externalId\nA,+12025550151,E1\n", mode="update")
    assert changed["done"] == {"changed": 1}
    assert [each["number"] for each in accounts(house).values()] == ["+12025550151"]
    taken = house.csr.post(
        "/v1/accounts",
        {"full_name": "B", "number": "+12025550159", "group_id": house.group, "external_id": "E1"},
    )
    assert taken.status == 409
    assert taken.code == "external_id_taken"


def test_a_sync_proposes_who_is_missing_and_stops_at_too_many(world: World, house: House) -> None:
    whole(world, house, many(10))
    rest = many(9)
    stopped = whole(world, house, rest, mode="sync", missing={"most_percent": 5})
    assert stopped["found"]["missing"] == 1
    assert stopped["found"]["missing_of"] == 10
    refused = house.csr.post(f"/v1/imports/{stopped['id']}/disable-missing")
    assert (refused.status, refused.code) == (409, "too_many_missing")
    done = whole(world, house, rest, mode="sync")
    assert [each["full_name"] for each in problems(house, done, "missing")] == ["Person 209"]
    assert accounts(house)["Person 209"]["standing"] == "enabled"
    act(house, done, "disable-missing")
    world.pump()
    assert accounts(house)["Person 209"]["standing"] == "disabled"
    assert {each["standing"] for name, each in accounts(house).items() if name != "Person 209"} == {"enabled"}
    assert look(house, done)["done"]["disabled"] == 1


def test_phones_that_work_are_adopted_with_their_secrets_and_nothing_echoes_those(
    cloud: Cloud, world: World, house: House
) -> None:
    md5, sha256 = devices.ha1s("zoe", house.domain, "correct horse")
    text = (
        f"fullName,gsmNumber,username,ha1,ha1Sha256\nZoë,+12025550143,zoe,{md5},{sha256}\nBo,+12025550144,bo.b,{md5},\n"
    )
    forbidden = house.csr.post("/v1/imports", {"group_id": house.group, "csv": text, "mode": "adopt"})
    assert forbidden.status == 403
    import_ = made(house.admin.post("/v1/imports", {"group_id": house.group, "csv": text, "mode": "adopt"}))
    world.pump()
    assert house.admin.post(f"/v1/imports/{import_['id']}/start").status == 200
    world.pump()
    done = look(house, import_)
    assert done["done"] == {"adopted": 2}
    found = accounts(house)["Zoë"]
    assert (found["readiness"], found["username"]) == ("active", "zoe")
    query = {"username": "zoe", "realm": house.domain}
    asked = house.registrar.get("/registrar/kamailio/lookup", query=query)
    assert asked.status == 200, asked.text
    assert md5 in asked.text or sha256 in asked.text
    for listed in cloud.s3.list_objects_v2(Bucket=BUCKETS["BUCKET_TRANSFERS"])["Contents"]:
        body = cloud.s3.get_object(Bucket=BUCKETS["BUCKET_TRANSFERS"], Key=listed["Key"])["Body"].read()
        assert md5.encode() not in body, listed["Key"]
    for table in ("accounts", "jobs", "audit", "history"):
        assert md5 not in str(cloud.rows(table)), table


def test_cancelled_before_its_end_it_tells_what_was_not_reached(cloud: Cloud, world: World, house: House) -> None:
    import_ = begin(house, many(40))
    world.pump()
    act(house, import_, "start")
    (first, *others) = world._received("QUEUE_WORK")
    world.hand_over("QUEUE_WORK", first)
    assert look(house, import_)["done"] == {"created": 3}
    act(house, import_, "cancel")
    for other in others:
        world.hand_over("QUEUE_WORK", other)
    world.pump()
    cancelled = look(house, import_)
    assert cancelled["state"] == "cancelled"
    assert cancelled["done"] == {"created": 3}
    assert [row["result"] for row in result(cloud, house, cancelled)].count("cancelled") == 37


def test_it_is_undone_while_nobody_has_activated_and_can_come_again(world: World, house: House) -> None:
    text = "fullName,gsmNumber,username\n" + "\n".join(f"P{n},+1202555{n:04},user.{n}" for n in range(300, 310))
    done = whole(world, house, text)
    assert done["done"] == {"created": 10}
    act(house, done, "undo")
    world.pump()
    assert look(house, done)["state"] == "undone"
    assert look(house, done)["done"]["undone"] == 10
    assert accounts(house) == {}
    again = whole(world, house, text)
    assert again["done"] == {"created": 10}, "usernames included: nobody has ever had them"


def test_where_somebody_has_activated_nothing_is_undone(world: World, post: Post, cloud: Cloud) -> None:
    text = f"{HEAD},mobile\nA,+12025550150,,,,+41790000001\nB,+12025550151,,,,+41790000002\n"
    done = whole(world, post.house, text, messages=[{"kind": "activation", "channel": "sms"}])
    first = accounts(post.house)["A"]
    (sms,) = post.sent(first)
    link = re.search(r"/a/([A-Za-z0-9]+)", sms.text)
    assert link is not None
    Phone(world.anyone.at(post.house.host)).tap(link[1])
    act(post.house, done, "undo")
    world.pump()
    kept = look(post.house, done)
    assert kept["state"] == "done"
    assert "activated" in kept["problem"]
    assert len(accounts(post.house)) == 2


def test_a_row_that_is_done_twice_is_done_once(world: World, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker is killed after its rows are made and before it says so; another does the piece again."""
    import_ = begin(house, many(9))
    world.pump()
    act(house, import_, "start")
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
    world.pump()
    assert look(house, import_)["done"] == {"created": 6}
    with clock.frozen(clock.now() + timedelta(seconds=jobs.LEASE + 1)):
        world.sweep()
        world.pump()
    assert look(house, import_)["done"] == {"created": 9}
    assert len(accounts(house)) == 9


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("PK\x03\x04 not text", "Unpack"),
        (f"{HEAD},fullName\nA,+12025550150,,,,B\n", "twice"),
        (f"{HEAD},shoeSize\nA,+12025550150,,,,44\n", "shoeSize"),
        (f'{HEAD}\n"A,+12025550150,,,\nB,+12025550151,,,\n', "not closed"),
        ("fullName\nA\n", "gsmNumber"),
        (",".join(["fullName", "gsmNumber", *(f"c{n}" for n in range(200))]) + "\n", "100 columns"),
        (f"{HEAD}\n{'A' * 4097},+12025550150,,,\n", "4 KB"),
    ],
)
def test_a_file_that_is_none_is_refused_with_what_to_do(world: World, house: House, text: str, words: str) -> None:
    import_ = begin(house, text)
    world.pump()
    refused = look(house, import_)
    assert refused["state"] == "refused"
    assert words in refused["problem"]
    assert accounts(house) == {}


def test_a_large_file_is_uploaded_to_an_address_of_its_own(cloud: Cloud, world: World, house: House) -> None:
    size = len(PEOPLE.encode())
    import_ = made(house.csr.post("/v1/imports", {"group_id": house.group, "size": size}))
    assert import_["state"] == "awaiting_file"
    assert import_["upload"]["method"] == "PUT"
    act(house, import_, "check")
    world.pump()
    awaited = look(house, import_)
    assert (awaited["state"], "upload" in awaited["problem"]) == ("awaiting_file", True)
    key = f"{house.tenant}/imports/{import_['id']}/upload"
    cloud.s3.put_object(Bucket=BUCKETS["BUCKET_TRANSFERS"], Key=key, Body=PEOPLE.encode())
    act(house, import_, "check")
    world.pump()
    assert look(house, import_)["found"]["create"] == 2
    too_large = house.csr.post("/v1/imports", {"group_id": house.group, "size": sizes.LARGEST + 1})
    assert too_large.status == 400
    assert "209715200" in too_large.text


@pytest.mark.parametrize(
    ("name", "description", "external_id"),
    [
        ('=Zoë "Z" Ünal', "a, b; c", "E 1"),
        ("'=Eq", "- VIP, call first", "@1"),
        ("=Eq", "-5", "+12"),
        (unicodedata.normalize("NFD", " José"), "'+ padded ", " 007 "),
    ],
)
def test_what_is_exported_is_imported_equal(
    cloud: Cloud, world: World, house: House, name: str, description: str, external_id: str
) -> None:
    changed(house.admin.patch(f"/v1/groups/{house.group}", {"name": "=Everybody"}))
    made(
        house.csr.post(
            "/v1/accounts",
            {
                "full_name": name,
                "number": "+12025550143",
                "email": "zoe@example.org",
                "group_id": house.group,
                "description": description,
                "mobile": None,
                "username": "zoe.u",
                "client": "linphone",
                "language": "de",
                "time_zone": "Europe/Zurich",
                "expires_at": "2031-03-31T12:00:00Z",
                "external_id": external_id,
                "obfuscation": False,
                "obfuscation_key": 7,
                "keep_alive": False,
            },
        )
    )
    before = accounts(house)
    for safe in (True, False):
        export = made(house.csr.post("/v1/exports", {"spreadsheet_safe": safe}))
        world.pump()
        shown = house.csr.get(f"/v1/exports/{export['id']}").json
        assert (shown["state"], shown["accounts"]) == ("done", 1)
        key = f"{house.tenant}/exports/{export['id']}/accounts.csv"
        body = cloud.s3.get_object(Bucket=BUCKETS["BUCKET_TRANSFERS"], Key=key)["Body"].read().decode("utf-8-sig")
        assert whole(world, house, body)["done"] == {"unchanged": 1}
        other = world.house("Other Ltd")
        changed(other.admin.patch(f"/v1/groups/{other.group}", {"name": "=Everybody"}))
        moved = whole(world, other, body)
        assert moved["done"] == {"created": 1}
        (copy,) = accounts(other).values()
        (original,) = before.values()
        ours = {"id", "domain", "group_id", "created_at", "changed_at"}
        assert {k: v for k, v in copy.items() if k not in ours} == {k: v for k, v in original.items() if k not in ours}


def test_whoever_has_a_problem_is_not_taken_for_missing(world: World, house: House) -> None:
    whole(world, house, many(10))
    done = whole(world, house, many(10).replace("p203@example.org", "no address"), mode="sync")
    refused = house.csr.post(f"/v1/imports/{done['id']}/disable-missing")
    assert (refused.status, refused.code) == (409, "wrong_stage")
    assert {each["standing"] for each in accounts(house).values()} == {"enabled"}


def test_nobody_gets_an_account_that_another_external_id_names(world: World, house: House) -> None:
    whole(world, house, "fullName,gsmNumber,externalId\nAlice,+12025550150,E1\n")
    before = accounts(house)
    text = "fullName,gsmNumber,externalId\nBob,+12025550150,E2\n"
    assert whole(world, house, text, mode="update")["done"] == {"problem": 1}
    swapped = "fullName,gsmNumber,externalId\nAlice,+12025550151,E1\nBob,+12025550150,E2\n"
    assert whole(world, house, swapped, mode="update")["done"] == {"changed": 1, "problem": 1}
    assert whole(world, house, swapped, mode="update")["done"] == {"unchanged": 1, "created": 1}
    assert accounts(house)["Alice"]["id"] == before["Alice"]["id"]
    twice = "fullName,gsmNumber,externalId\nAlice,+12025550151,\nAlicia,+12025550159,E1\n"
    assert whole(world, house, twice, mode="update")["done"]["problem"] == 1


def test_cancelled_in_the_middle_of_a_chunk_nothing_that_was_made_is_forgotten(
    cloud: Cloud, world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_ = begin(house, many(9))
    world.pump()
    act(house, import_, "start")
    (first, *others) = world._received("QUEUE_WORK")
    make, left = creating.make, [2]

    def breaking(*args: Any, **kwargs: Any) -> Any:
        if not left[0]:
            raise SystemExit
        left[0] -= 1
        return make(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(creating, "make", breaking)
        with pytest.raises(SystemExit):
            world.hand_over("QUEUE_WORK", first)
    act(house, import_, "cancel")
    for other in others:
        world.hand_over("QUEUE_WORK", other)
    with clock.frozen(clock.now() + timedelta(seconds=jobs.LEASE + 1)):
        world.sweep()
        world.pump()
    cancelled = look(house, import_)
    assert (cancelled["state"], cancelled["done"]) == ("cancelled", {"created": 2})
    assert [row["result"] for row in result(cloud, house, cancelled)].count("created") == 2
    act(house, cancelled, "undo")
    world.pump()
    assert look(house, import_)["done"]["undone"] == 2
    assert accounts(house) == {}


def test_a_group_that_is_gone_costs_its_rows_alone(world: World, house: House) -> None:
    other = made(house.admin.post("/v1/groups", {"name": "Elsewhere"}))["id"]
    import_ = begin(house, "fullName,gsmNumber,group\nA,+12025550150,\nB,+12025550151,Elsewhere\n")
    world.pump()
    assert house.admin.request("DELETE", f"/v1/groups/{other}").status == 204
    act(house, import_, "start")
    world.pump()
    assert look(house, import_)["done"] == {"created": 1, "problem": 1}


def test_an_operator_of_some_groups_sees_no_import_of_one_who_sees_more(world: World, house: House) -> None:
    limited = Api(token=world.token(house.tenant, "csr", groups=[house.group]))
    wide = begin(house, PEOPLE)
    assert limited.get(f"/v1/imports/{wide['id']}").status == 404
    assert limited.get("/v1/imports").json["items"] == []
    own = made(limited.post("/v1/imports", {"group_id": house.group, "csv": PEOPLE}))
    assert house.csr.get(f"/v1/imports/{own['id']}").status == 200
    tenant_wide = {"group_id": house.group, "csv": PEOPLE, "mode": "sync", "missing": {"scope": "tenant"}}
    assert limited.post("/v1/imports", tenant_wide).status == 400


def test_a_secret_in_the_wrong_column_is_not_repeated(world: World, house: House) -> None:
    md5, _ = devices.ha1s("zoe", house.domain, "correct horse")
    text = f"fullName,gsmNumber,username,ha1\nZoë,+12025550143,{md5},zoe\n"
    import_ = made(house.admin.post("/v1/imports", {"group_id": house.group, "csv": text, "mode": "adopt"}))
    world.pump()
    (only,) = problems(house, import_)
    assert md5 not in str(only)


def test_after_a_week_nothing_is_said_to_be_done_that_is_not(world: World, house: House) -> None:
    done = whole(world, house, PEOPLE)
    with clock.frozen(clock.now() + timedelta(days=7)):
        assert house.csr.post(f"/v1/imports/{done['id']}/undo").code == "wrong_stage"
    assert len(accounts(house)) == 2


def test_others_imports_are_not_there(world: World, house: House) -> None:
    import_ = begin(house, PEOPLE)
    stranger = world.house("Stranger Ltd")
    for path in ("", "/problems", "/missing", "/result"):
        assert stranger.csr.get(f"/v1/imports/{import_['id']}{path}").status == 404
    for what in ("check", "start", "cancel", "undo", "disable-missing"):
        assert stranger.csr.post(f"/v1/imports/{import_['id']}/{what}").status == 404
    assert house.csr.get("/v1/imports").json["items"][0]["id"] == import_["id"]
    assert stranger.csr.get("/v1/imports").json["items"] == []
    assert running.LANES > 1


@pytest.fixture
def pieces_of_one_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each ends its worker's time: the context of a test has less left than a piece may need."""
    for module in ("checking", "stages"):
        monkeypatch.setattr(f"functions.imports.{module}.CHECKED_AT_ONCE", 1)


def untiring(patch: pytest.MonkeyPatch) -> None:
    """A worker's time does not end."""
    patch.setattr(triggers, "RESERVE_MS", 0)


def checked(house: House, import_: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """All that a check has come to."""
    found = look(house, import_)
    assert found["state"] == "checked", found
    return found["found"], {"problems": problems(house, import_), "missing": problems(house, import_, "missing")}


def lying(cloud: Cloud, house: House, import_: dict[str, Any]) -> dict[str, bytes]:
    """The files of an import, by the end of their names."""
    bucket, prefix = BUCKETS["BUCKET_TRANSFERS"], f"{house.tenant}/imports/{import_['id']}/"
    listed = cloud.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return {
        each["Key"].removeprefix(prefix): cloud.s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()
        for each in listed
    }


MANIFOLD = "fullName,gsmNumber,externalId\n" + "".join(
    f"{name},+1202555{number:04},{external}\n"
    for name, number, external in [
        *((f"P{n}", 300 + n, f"E{n}") for n in range(7)),  # as they are
        ("Changed", 307, "E7"),
        ("Again by number", 301, ""),
        *((f"New{n}", 400 + n, "") for n in range(5)),
        ("=1", 500, ""),
        ("By number", 308, ""),
        ("Again in the file", 402, ""),
        *(("=1", 501 + n, "") for n in range(4)),
        ("The same by external id", 450, "E8"),
        ("Again by external id", 451, "E3"),
        ("Another's", 309, "F9"),
    ]
)
"""Six and more chunks of three rows, for people P0 to P15 with external ids: E0 to E15."""


@pytest.fixture
def manifold(world: World, house: House) -> str:
    """The file, with the people there whom it is about."""
    people = "".join(f"P{n},+1202555{300 + n:04},E{n}\n" for n in range(16))
    whole(world, house, f"fullName,gsmNumber,externalId\n{people}")
    return MANIFOLD


@pytest.mark.usefixtures("pieces_of_one_chunk")
def test_a_check_that_is_stopped_after_every_chunk_finds_what_another_does(
    cloud: Cloud, world: World, house: House, manifold: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    present = people.present

    def counted(tenant: str, rows: Sequence[Any]) -> Any:
        asked.append(len(rows))
        return present(tenant, rows)

    monkeypatch.setattr(people, "present", counted)
    with monkeypatch.context() as patch:
        untiring(patch)
        at_once = begin(house, manifold, mode="sync")
        entries = world.pump()
    once = asked.copy()
    asked.clear()
    stopped = begin(house, manifold, mode="sync")
    assert world.pump() > entries + 10
    assert asked == once, "what was judged is not judged again"
    assert checked(house, stopped) == checked(house, at_once)
    found, lists = checked(house, stopped)
    assert (found["rows"], found["problems"], found["change"], found["create"]) == (24, 10, 2, 5), lists
    lines = {each["line"]: [one["problem"] for one in each["problems"]] for each in lists["problems"]}
    assert "Line 3" in lines[10][0]
    assert "Line 17" in lines[23][0]
    assert [each["full_name"] for each in lists["missing"]] == ["P10", "P11", "P12", "P13", "P14", "P15"]
    ours, others = lying(cloud, house, stopped), lying(cloud, house, at_once)
    assert {name: body for name, body in ours.items() if not name.startswith("seen/")} == {
        name: body for name, body in others.items() if not name.startswith("seen/")
    }


@pytest.mark.parametrize("chunk", range(0, 8, 2))
@pytest.mark.usefixtures("pieces_of_one_chunk")
def test_a_check_whose_worker_dies_loses_a_piece_at_most(
    world: World, house: House, manifold: str, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    untiring(monkeypatch)
    whole_one = begin(house, manifold, mode="sync")
    world.pump()
    put = files.put_lines
    written: list[int] = []
    alive = [True]

    def dying(key: str, lines: Sequence[object]) -> None:
        put(key, lines)
        if "/rows/" in key:
            written.append(int(key[-5:]))
            if written[-1] == chunk and alive:
                alive.clear()
                raise SystemExit

    monkeypatch.setattr(files, "put_lines", dying)
    killed = begin(house, manifold, mode="sync")
    (only,) = world._received("QUEUE_WORK")
    with pytest.raises(SystemExit):
        world.hand_over("QUEUE_WORK", only)
    world.pump()
    assert look(house, killed)["rows_read"] == (chunk * 3 or None)
    with clock.frozen(clock.now() + timedelta(seconds=jobs.LEASE + 1)):
        world.sweep()
        world.pump()
        assert checked(house, killed) == checked(house, whole_one)
    assert written == [*range(chunk + 1), *range(chunk, 8)]


@pytest.mark.usefixtures("pieces_of_one_chunk")
def test_cancelled_while_it_is_checked_it_leaves_nothing(cloud: Cloud, world: World, house: House) -> None:
    import_ = begin(house, many(12))
    for _ in range(2):
        (only,) = world._received("QUEUE_WORK")
        world.hand_over("QUEUE_WORK", only)
    assert look(house, import_)["rows_read"] == 6
    assert {name.split("/")[0] for name in lying(cloud, house, import_)} == {"upload", "rows", "seen"}
    act(house, import_, "cancel")
    world.pump()
    assert look(house, import_)["state"] == "cancelled"
    assert lying(cloud, house, import_) == {}
    assert accounts(house) == {}


@pytest.mark.usefixtures("pieces_of_one_chunk")
def test_a_file_that_is_replaced_while_it_is_checked_is_checked_from_its_beginning(
    cloud: Cloud, world: World, house: House
) -> None:
    import_ = begin(house, many(12))
    for _ in range(2):
        (only,) = world._received("QUEUE_WORK")
        world.hand_over("QUEUE_WORK", only)
    key = f"{house.tenant}/imports/{import_['id']}/upload"
    cloud.s3.put_object(Bucket=BUCKETS["BUCKET_TRANSFERS"], Key=key, Body=many(8, first=205).encode())
    world.pump()
    found, _ = checked(house, import_)
    assert (found["rows"], found["create"], found["problems"]) == (8, 8, 0)


@pytest.mark.usefixtures("pieces_of_one_chunk")
def test_whoever_has_changed_since_a_check_began_is_left_alone(world: World, house: House) -> None:
    """However many pieces came after the one that began it."""
    whole(world, house, many(10))
    import_ = begin(house, many(9), mode="sync")
    (only,) = world._received("QUEUE_WORK")
    world.hand_over("QUEUE_WORK", only)
    late = accounts(house)["Person 209"]["id"]
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        assert house.csr.request("PATCH", f"/v1/accounts/{late}", {"description": "seen today"}).status == 200
    with clock.frozen(clock.now() + timedelta(minutes=2)):
        world.pump()
        act(house, import_, "start")
        world.pump()
        act(house, import_, "disable-missing")
        world.pump()
        assert look(house, import_)["done"]["kept"] == 1
        assert accounts(house)["Person 209"]["standing"] == "enabled"


@pytest.mark.parametrize("size", [1, 16, 21, 22, 100])
def test_a_file_is_read_in_pieces_of_any_size(
    cloud: Cloud, house: House, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    del house  # its bucket is there
    monkeypatch.setattr(files, "_PIECE", size)
    whole_file = b"fullName,gsmNumber\nA,1"
    assert files.content("nobody/upload") is None
    files.put("somebody/upload", whole_file)
    found = files.content("somebody/upload")
    assert found is not None
    assert b"".join(found.pieces) == whole_file
    assert files.content("somebody/upload", found.tag) is not None
    half_read = files.content("somebody/upload")
    files.put("somebody/upload", b"another" * 10)
    with pytest.raises(files.Replaced):
        files.content("somebody/upload", found.tag)
    if half_read is not None and size <= len(whole_file):
        with pytest.raises(files.Replaced):
            list(half_read.pieces)
    cloud.s3.put_object(Bucket=BUCKETS["BUCKET_TRANSFERS"], Key="somebody/upload", Body=b"")
    empty = files.content("somebody/upload")
    assert empty is not None
    assert b"".join(empty.pieces) == b""
