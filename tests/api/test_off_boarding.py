"""A tenant goes: closed at once, archived whole, deleted to the last trace, certified; nobody else feels it."""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.accounts.models import Account
from functions.activation import links
from functions.common import clock, keyring
from functions.common.table import key, read
from functions.jobs import work as jobs
from functions.jobs.models import Job, job_key
from functions.messaging.models import ProviderId
from functions.operators import authorise
from functions.tenants import archive, certificates, clearing, off_boarding
from functions.tenants.models import DataKey, OffBoarding, off_boarding_key
from functions.upkeep import keyrings
from tests.api.client import Reply
from tests.api.cloud import BUCKETS, Kept
from tests.api.phone import Phone
from tests.api.post import Post, fakes_fixture, post_fixture, running_fixture  # noqa: F401 - fixtures
from tests.api.samples import ANDROID, MAIL, PACKAGE, TEMPLATE
from tests.api.world import House, World, changed, made
from tests.faults.injection import Crash, Fault, injected

BEGIN = datetime(2026, 11, 23, 11, tzinfo=UTC)
PERSONAL = {
    "full_name": "Zoë Canary",
    "mobile": "+41790000001",
    "email": "canary@example.net",
    "description": "yellow feathers",
    "external_id": "staff-canary",
    "username": "zoe.canary",
}
GONE = "quiet.canary"  # the username of somebody who was deleted long before
STRINGS = (
    *PERSONAL.values(),
    *("41790000001", GONE, "Canary's guest", "guest@example.org", "Operator Canary", "it.canary@example.org"),
    *("198.51.100.", "Chrome/130", "Softphone/5.2", "sip:canary"),
)


@pytest.fixture
def full(post: Post) -> Iterator[Post]:
    """A tenant with something of everything, and with people who have come all the way."""
    house, world = post.house, post.world
    with clock.frozen(BEGIN):
        _set_up(post)
        account = house.account(**PERSONAL, messages=[{"kind": "activation", "channel": "sms"}])
        world.pump()
        for sms in post.sent(account):
            post.report(sms, "delivered")
        world.pump()
        link = links.find(house.tenant, account["id"], post.link(account)["id"])
        assert link is not None
        phone = Phone(world.anyone.at(house.host, source_ip="198.51.100.7"))
        phone.fetch(phone.tap(links.path(link).removeprefix("/a/")))
        body = {"event": "registered", "username": account["username"], "realm": house.domain, "epoch": 1}
        told = {
            "expires": 600,
            "source": "198.51.100.7",
            "user_agent": "Softphone/5.2",
            "contact": "sip:x@198.51.100.7",
        }
        assert house.registrar.post("/registrar/kamailio/events", body | told).status == 204
        gone = house.account(username=GONE, email="gone@example.net")
        clock.tick(timedelta(days=1))
        assert house.csr.delete(f"/v1/accounts/{gone['id']}").status == 204
        for number in range(3):
            house.account(full_name=f"Canary {number}")
        assert house.csr.post(f"/v1/accounts/{account['id']}/disable").status == 200  # SIP servers are told
        clock.tick(timedelta(days=1))
        yield post


def _set_up(post: Post) -> None:
    house, world = post.house, post.world
    guests = {"guests": ["+41790009998", "guest@example.org"]}
    changed(world.provider.patch(f"/v1/tenants/{house.tenant}", guests))
    made(house.admin.post("/v1/tokens", {"name": "Operator Canary", "role": "csr"}))
    changed(house.admin.patch(f"/v1/groups/{house.group}", {"it_contact": "it.canary@example.org"}))
    made(house.admin.post("/v1/gateways", MAIL))
    made(house.admin.post("/v1/templates", TEMPLATE))
    made(house.admin.post("/v1/downloads", ANDROID))
    package = made(house.admin.post("/v1/packages", PACKAGE))["id"]
    world.cloud.s3.put_object(Bucket="packages", Key=f"{house.tenant}/{package}", Body=b"test")
    rows = "fullName,gsmNumber\r\nImported Canary,+12025559177\r\n"
    import_ = made(house.csr.post("/v1/imports", {"group_id": house.group, "csv": rows, "start": "when_clean"}))
    world.pump()
    assert house.csr.get(f"/v1/imports/{import_['id']}").json["state"] == "done"


@dataclass(frozen=True)
class Finished:
    """The same tenant, gone; and what it had before."""

    post: Post
    people: list[dict[str, Any]]
    acts: int
    happened: int
    secrets: list[str]
    at: datetime
    kept: Kept
    files: dict[tuple[str, str], bytes]


_FINISHED: list[Finished] = []


@pytest.fixture
def finished(world: World, request: pytest.FixtureRequest) -> Iterator[Finished]:
    """Done once for all tests that only look."""
    if not _FINISHED:
        _FINISHED.append(_finish(request.getfixturevalue("full")))
    (found,) = _FINISHED
    world.cloud.begin(found.kept)
    put_back(found.post, found.files)
    with clock.frozen(found.at):
        yield found


def _finish(post: Post) -> Finished:
    people = post.house.csr.get("/v1/accounts").json["items"]
    acts, happened = (
        sum(row["pk"]["S"].startswith(post.house.tenant) for row in post.world.cloud.rows(table))
        for table in ("audit", "history")
    )
    secrets = _secrets(post)
    ask(post)
    work(post)
    assert look(post)["state"] == "done"
    return Finished(post, people, acts, happened, secrets, clock.now(), post.world.cloud.keep(), files_of(post))


def _secrets(post: Post) -> list[str]:
    """Digest secrets as they lie there, and what the gateways keep to themselves."""
    found = [
        row[name]["S"] for row in post.world.cloud.rows("accounts") for name in ("ha1_md5", "ha1_sha256") if name in row
    ]
    mine = [{"Key": "name", "Values": [f"dialready/test/gateway/{post.house.tenant}"]}]
    for each in post.world.cloud.secrets.list_secrets(Filters=mine)["SecretList"]:
        text = json.loads(post.world.cloud.secrets.get_secret_value(SecretId=each["Name"])["SecretString"])
        found += [*map(str, text["secrets"].values()), text["receipt"]]
    assert len(found) > 4
    return found


def ask(post: Post, name: str = "Example Ltd") -> Reply:
    return post.world.provider.post(f"/v1/tenants/{post.house.tenant}/off-board", {"confirm": name})


def look(post: Post) -> dict[str, Any]:
    found: dict[str, Any] = post.world.provider.get(f"/v1/tenants/{post.house.tenant}/off-boarding").json
    return found


def work(post: Post) -> None:
    """Upkeep and the workers, until nothing is left to do; the hour's upkeep last."""
    for _ in range(6):
        clock.tick(timedelta(minutes=3))
        jobs.sweep(lambda: False)
        post.world.pump()
    post.world.retain()


def objects(post: Post, bucket: str) -> dict[str, bytes]:
    found = post.world.cloud.s3.list_objects_v2(Bucket=bucket, Prefix=f"{post.house.tenant}/").get("Contents", [])
    names = [each["Key"] for each in found]
    return {name: post.world.cloud.s3.get_object(Bucket=bucket, Key=name)["Body"].read() for name in names}


def tables(post: Post) -> dict[str, list[dict[str, Any]]]:
    return {name: post.world.cloud.rows(name) for name in post.world.cloud.tables}


def lines(content: bytes) -> list[Any]:
    return [json.loads(line) for line in content.splitlines()]


# At once.


def test_it_must_be_meant(full: Post) -> None:
    refused = ask(full, "example ltd")
    assert refused.status == 400
    assert refused.wrong.keys() == {"confirm"}
    assert full.world.provider.get(f"/v1/tenants/{full.house.tenant}/off-boarding").status == 404
    assert full.house.admin.get("/v1/groups").status == 200


def test_a_tenant_is_closed_at_once(full: Post) -> None:
    house, provider = full.house, full.world.provider
    account = full.account("0004", "installation")
    asked = ask(full)
    assert (asked.status, asked.json["state"]) == (202, "closed")
    authorise.forget()  # a SIP server's token may live on for half a minute
    for api in (house.admin, house.csr, house.auditor, house.registrar):
        assert api.get("/v1/groups").status == 401
    assert provider.get(f"/v1/tenants/{house.tenant}").json["closed"] is True
    new = {"name": "x", "role": "admin", "tenant_id": house.tenant}
    assert provider.post("/v1/tokens", new).status == 409
    assert provider.patch(f"/v1/tenants/{house.tenant}", {"name": "Other"}).status == 409
    assert provider.delete(f"/v1/tenants/{house.tenant}").status == 409
    full.world.pump()
    assert full.sent(account) == []
    assert full.house.tenant in str(provider.get("/v1/tenants").json)


def test_nobody_closes_or_opens_a_tenant_by_changing_it(world: World, house: House) -> None:
    for closed in (True, False):
        reply = world.provider.patch(f"/v1/tenants/{house.tenant}", {"closed": closed})
        assert reply.status == (400 if closed else 200)
    assert world.provider.post("/v1/tenants", {"name": "Shut Ltd", "closed": True}).wrong.keys() == {"closed"}
    assert house.admin.patch("/v1/tenant", {"closed": True}).wrong == {"closed": "unknown field"}


def test_asked_twice_it_is_one(full: Post) -> None:
    first, second = ask(full), ask(full)
    assert first.json == second.json
    assert len([row for row in full.world.cloud.rows("jobs") if "off-boarding" in json.dumps(row)]) == 1


def test_nothing_begins_before_what_was_under_way_is_over(full: Post) -> None:
    ask(full)
    jobs.sweep(lambda: False)
    full.world.pump()
    assert look(full)["state"] == "closed"
    clock.tick(timedelta(seconds=61))
    jobs.sweep(lambda: False)
    full.world.pump()
    assert look(full)["state"] != "closed"


def test_what_else_is_under_way_for_the_tenant_is_stopped(full: Post) -> None:
    with clock.frozen(clock.now()):
        export = made(full.house.csr.post("/v1/exports", {}))["id"]
        full.world.cloud.sqs.purge_queue(QueueUrl=full.world.cloud.queue("QUEUE_WORK"))
        ask(full)
        work(full)
        job = read(Job, job_key(full.house.tenant, export))
        assert job is not None
        assert job.state == "stopped"
        assert look(full)["state"] == "done"


# The whole of it.


def test_the_archive_has_everything_and_its_sums_are_right(finished: Finished) -> None:
    shown, people = look(finished.post), finished.people
    files = {name.rsplit("/", 1)[1]: content for name, content in objects(finished.post, "transfers").items()}
    assert files.keys() == {part["name"] for part in shown["parts"]}
    for part in shown["parts"]:
        content = files[part["name"]]
        assert (part["sha256"], part["bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))
        assert shown["certificate"]["parts"][part["name"]] == part["sha256"]
        assert part["url"].startswith("https://")
    assert {each["name"]: each["sha256"] for each in lines(files["parts.jsonl"])} == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items() if name != "parts.jsonl"
    }
    kept = {each["id"]: each for each in lines(files["accounts-00001.jsonl"])}
    assert kept.keys() == {each["id"] for each in people}
    for each in people:
        assert {name: kept[each["id"]][name] for name in each} == each
    zoe = next(each for each in kept.values() if each["username"] == PERSONAL["username"])
    assert zoe["devices"][0]["user_agent"] == "Softphone/5.2"
    rows = list(csv.DictReader(io.StringIO(files["accounts-00001.csv"].decode("utf-8-sig"))))
    enabled = {each["full_name"] for each in people if each["standing"] == "enabled"}
    assert {row["fullName"] for row in rows} == enabled != {each["full_name"] for each in people}
    assert {row["group"] for row in rows} == {"Everybody"}
    deleted = lines(files["history-deleted-00001.jsonl"])
    assert {each["event"] for each in deleted} == {"account.created", "account.deleted"}
    assert len(deleted) + len(lines(files["history-00001.jsonl"])) == finished.happened
    archived = shown["certificate"]["archived"]
    assert (archived["accounts"], archived["history"]) == (len(people), finished.happened)
    assert archived["audit"] >= finished.acts
    kinds = {each["kind"] for each in lines(files["configuration.jsonl"])}  # the tokens were revoked before
    assert kinds == {"tenant", "import"} | {collection.name for collection in archive.COLLECTIONS}


def test_the_parts_of_a_large_archive_come_in_pages(finished: Finished, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [each["name"] for each in look(finished.post)["parts"]]
    monkeypatch.setattr(off_boarding, "SHOWN", 3)
    names: list[str] = []
    cursor = ""
    while cursor is not None:
        path = f"/v1/tenants/{finished.post.house.tenant}/off-boarding" + (f"?cursor={cursor}" if cursor else "")
        page = finished.post.world.provider.get(path).json
        assert len(page["parts"]) <= 3
        names += [each["name"] for each in page["parts"]]
        cursor = page["cursor"]
    assert names == whole
    assert len(whole) > 6


def test_no_secret_is_in_the_archive(finished: Finished) -> None:
    everything = b"".join(objects(finished.post, "transfers").values()).decode()
    for secret in finished.secrets:
        assert secret not in everything


def test_nothing_is_left_but_what_is_said(finished: Finished) -> None:
    post = finished.post
    left = tables(post)
    text = json.dumps(left, ensure_ascii=False)
    for each in STRINGS:
        assert each not in text, each
    mine = {(name, _kind(row)) for name, rows in left.items() for row in rows if post.house.tenant in json.dumps(row)}
    assert mine == {
        ("tenants", "off_boarding"),
        ("tenants", "archive"),
        ("audit", "provider"),  # what the provider did with the tenant
        ("jobs", "job"),
        ("links", "look-up"),
        ("limits", "counter"),
    }
    for bucket in BUCKETS.values():
        assert all("/off-boarding/" in name for name in objects(post, bucket)), bucket
    names = [each["Name"] for each in post.world.cloud.secrets.list_secrets()["SecretList"]]
    assert not [name for name in names if post.house.tenant in name]


def test_others_feel_nothing(full: Post) -> None:
    stranger = full.world.house("Stranger Ltd")
    stranger.account(full_name="A Stranger")
    gateway = made(stranger.admin.post("/v1/gateways", MAIL))["id"]
    before = _of(full, stranger.tenant)
    assert len(before) > 20
    ask(full)
    work(full)
    assert [row for row in before if row not in _of(full, stranger.tenant)] == []
    assert stranger.admin.get(f"/v1/gateways/{gateway}").status == 200
    assert stranger.admin.post(f"/v1/gateways/{gateway}/test", {"to": "a@example.net"}).json["outcome"] == "accepted"


def _of(post: Post, tenant: str) -> list[str]:
    return [json.dumps(row) for rows in tables(post).values() for row in rows if tenant in json.dumps(row)]


def _kind(row: dict[str, Any]) -> str:
    pk, sk = row["pk"]["S"], row["sk"]["S"]
    if pk.startswith("provider|"):
        second = pk.split("|")[1]
        return "provider" if re.match(r"\d{4}-", second) else second
    if re.match(r"(act|tkt|cfg|spk|not)\|", pk):
        return "look-up"
    if re.search(r"\|job\|", pk):
        return "job"
    if sk == "-" and "ttl" in row:
        return "counter"
    return f"{pk} {sk}"


def test_its_names_are_free_again(finished: Finished) -> None:
    house, world = finished.post.house, finished.post.world
    other = world.house("Other Ltd")
    assert other.admin.post("/v1/domains", {"name": house.domain}).status == 201
    assert other.admin.post("/v1/hostnames", {"host": house.host}).status == 201
    assert world.provider.get(f"/v1/tenants/{house.tenant}").status == 404
    assert read(DataKey, key(house.tenant, "key")) is None
    assert not list(ProviderId.scan(ProviderId.tenant == house.tenant))


def test_many_accounts_and_entries_come_in_parts(full: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PEOPLE", 2)
    monkeypatch.setattr(archive, "ENTRIES", 1)
    monkeypatch.setattr("functions.common.paging.MAX_LIMIT", 7)
    monkeypatch.setattr(clearing, "AT_ONCE", 2)
    people = full.house.csr.get("/v1/accounts").json["items"]
    ask(full)
    work(full)
    shown = look(full)
    assert shown["state"] == "done"
    files = {name.rsplit("/", 1)[1]: content for name, content in objects(full, "transfers").items()}
    ids = [
        each["id"]
        for name, content in files.items()
        if re.match(r"accounts-\d+\.jsonl", name)
        for each in lines(content)
    ]
    assert sorted(ids) == sorted(each["id"] for each in people)
    assert len([name for name in files if re.match(r"accounts-\d+\.jsonl", name)]) >= 3
    acts = [each for name, content in files.items() if name.startswith("audit-") for each in lines(content)]
    assert len(acts) == shown["certificate"]["archived"]["audit"]
    assert len({json.dumps(each) for each in acts}) == len(acts)
    assert not list(Account.scan(Account.tenant == full.house.tenant))


# The certificate.


def test_the_certificate_stays_and_is_ours(finished: Finished) -> None:
    with clock.frozen(clock.now() + timedelta(days=3000)):
        shown = look(finished.post)
    assert shown["genuine"] is True
    assert json.loads(shown["certificate_text"]) == shown["certificate"]
    assert shown["certificate"]["tenant_name"] == "Example Ltd"
    assert any("35 days" in each for each in shown["certificate"]["statement"])
    assert {part["url"] for part in shown["parts"]} == {None}  # the archive itself is gone after a week
    assert shown["deleted"]["accounts"] >= 5


def test_a_certificate_that_was_altered_or_is_another_s_is_not_ours(finished: Finished) -> None:
    shown = look(finished.post)
    text, sealed = shown["certificate_text"], shown["seal"]
    tenant = finished.post.house.tenant
    assert certificates.genuine(tenant, text, sealed)
    assert not certificates.genuine(tenant, text.replace("Example", "Other"), sealed)
    assert not certificates.genuine("other", text, sealed)
    assert not certificates.genuine(tenant, text, sealed[:-1] + ("a" if sealed[-1] != "a" else "b"))
    assert not certificates.genuine(tenant, text, "z" + sealed[1:])
    off = off_boarding.find(tenant)
    assert off is not None
    off.update([OffBoarding.certificate.set(text.replace("Example", "Other"))])
    assert look(finished.post)["genuine"] is False


def test_a_key_that_sealed_a_certificate_is_not_retired_unless_that_is_meant(finished: Finished) -> None:
    secrets = finished.post.world.cloud.secrets
    before = secrets.get_secret_value(SecretId="operators")["SecretString"]
    try:
        for _ in range(2):
            keyrings.rotate("operators")
            clock.tick(keyrings.SPREAD)
        refused = keyrings.retire("operators", "a").breaks
    finally:
        secrets.put_secret_value(SecretId="operators", SecretString=before)
        keyring.forget()
    assert [each for each in refused if finished.post.house.tenant in each]


def test_only_upkeep_ends_it_and_only_when_the_tenant_is_gone(full: Post) -> None:
    ask(full)
    off = off_boarding.find(full.house.tenant)
    assert off is not None
    off.update([OffBoarding.state.set("ending"), OffBoarding.archived_at.set(BEGIN), OffBoarding.deleted_at.set(BEGIN)])
    before = {row["sk"]["S"] for row in full.world.cloud.rows("audit")}
    full.world.retain()
    assert before <= {row["sk"]["S"] for row in full.world.cloud.rows("audit")}
    assert look(full)["state"] == "ending"


def test_a_dry_run_ends_nothing(full: Post) -> None:
    ask(full)
    for _ in range(6):
        clock.tick(timedelta(minutes=3))
        jobs.sweep(lambda: False)
        full.world.pump()
    assert look(full)["state"] == "ending"
    report = full.world.retain(dry_run=True)
    assert report["examples"]["tenant.gone"] == [full.house.tenant]
    assert look(full)["state"] == "ending"
    assert full.world.retain()["counts"]["tenant.gone"] == 1
    assert look(full)["state"] == "done"


# When something goes wrong.


def test_given_up_it_goes_on_from_its_stage_when_it_is_asked_for_again(
    full: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_place: object) -> int:
        raise OSError

    monkeypatch.setattr(clearing, "files", broken)
    ask(full)
    for _ in range(jobs.MOST_TRIES + 5):
        clock.tick(timedelta(minutes=30))
        jobs.sweep(lambda: False)
        full.world.pump()
    assert look(full)["state"] == "failed"
    parts = look(full)["parts"]
    monkeypatch.undo()
    assert ask(full, "Wrong Ltd").status == 400
    assert ask(full).json["state"] == "deleting"
    work(full)
    done = look(full)
    assert done["state"] == "done"
    # What is deleted is not archived anew, as though there had been nothing.
    assert [(each["name"], each["sha256"]) for each in done["parts"]] == [
        (each["name"], each["sha256"]) for each in parts
    ]


def test_what_comes_to_be_meanwhile_is_found_by_another_pass(full: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    late = _copy_of_an_account(full)
    whole = clearing.files

    def in_between(place: archive.Place) -> int:
        if late is not None and not in_between_done:
            in_between_done.append(True)
            late.save()
        return whole(place)

    in_between_done: list[bool] = []
    monkeypatch.setattr(clearing, "files", in_between)
    ask(full)
    work(full)
    assert look(full)["state"] == "done"
    assert in_between_done
    assert not list(Account.scan(Account.tenant == full.house.tenant))


def _copy_of_an_account(full: Post) -> Account:
    found = next(iter(Account.scan(Account.username == PERSONAL["username"])))
    return Account(**found.attribute_values)


@pytest.mark.parametrize("fault", [Fault.crash_before, Fault.crash_after])
def test_killed_anywhere_nothing_is_missed(full: Post, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker dies at one call in so many, at the second kind of fault at others than at the first."""
    people = full.house.csr.get("/v1/accounts").json["items"]
    ask(full)
    begun = full.world.cloud.keep()
    files = files_of(full)
    now = clock.now()
    at, step = (3 if fault is Fault.crash_before else 23), 41
    hits = 0
    while True:
        full.world.cloud.begin(begun)
        put_back(full, files)
        keyring.forget()
        with clock.frozen(now):
            with injected(at, fault) as calls:
                for _ in range(6):
                    clock.tick(timedelta(minutes=3))
                    with suppress(Crash):
                        jobs.sweep(lambda: False)
                        full.world.pump()
                with suppress(Crash):
                    full.world.retain()
            work(full)
            clock.tick(timedelta(hours=1))
            work(full)
            shown = look(full)
            assert shown["state"] == "done", (at, calls.names[at] if calls.hit else None)
            assert shown["genuine"] is True
            archived = {name.rsplit("/", 1)[1]: content for name, content in objects(full, "transfers").items()}
            for part in shown["parts"]:
                assert hashlib.sha256(archived[part["name"]]).hexdigest() == part["sha256"], at
            assert {each["id"] for each in lines(archived["accounts-00001.jsonl"])} == {each["id"] for each in people}
            text = json.dumps(tables(full), ensure_ascii=False)
            assert not [each for each in STRINGS if each in text], (at, calls.names[at] if calls.hit else None)
        if not calls.hit:
            break
        hits += 1
        at += step
    assert hits > 8


def files_of(post: Post) -> dict[tuple[str, str], bytes]:
    return {(bucket, name): content for bucket in BUCKETS.values() for name, content in objects(post, bucket).items()}


def put_back(post: Post, files: dict[tuple[str, str], bytes]) -> None:
    for (bucket, name), content in files.items():
        post.world.cloud.s3.put_object(Bucket=bucket, Key=name, Body=content)


def test_the_table_of_states_is_whole() -> None:
    assert set(off_boarding._STATES) == set(off_boarding._STAGES)
    assert next(iter(off_boarding._STAGES)) == "stop"
    deleting = [stage for stage, state in off_boarding._STATES.items() if state == "deleting"]
    assert list(off_boarding._STAGES)[-len(deleting) :] == deleting  # nothing is archived after anything is deleted
    assert off_boarding_key() == "provider|off_boarding"
