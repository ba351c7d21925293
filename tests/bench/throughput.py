"""How many claims and look-ups a second, and how long each takes: several processes at once, each with our handlers,
warm, on the embedded AWS's tables; and the same AWS calls made with botocore and nothing else."""

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import botocore.config
import botocore.session

import app
from functions.accounts.models import account_key, device_key
from functions.activation import claim as claims
from functions.activation import links
from functions.activation.models import found_by, link_key, nonce_key
from functions.common import ids, keyring
from functions.common.keyring import fingerprint
from tests.api.client import Api, Context
from tests.api.phone import Phone, desk_link
from tests.bench import ground
from tests.bench.asked import Event, event_of
from tests.bench.record import recording
from tests.bench.report import Part, Row, Table, prose, ratio
from tests.bench.story import Teller, telling_on
from tests.programmes.processes import processes

WORKERS: Final = 4
EACH: Final = 120  # different links, and different phones, for each worker in each of the blocks
BLOCKS: Final = 3  # ours and the raw calls take turns
BATCH: Final = 25
LOOK_UP: Final = "/registrar/kamailio/lookup"
EXPECTED: Final = {"claim": 303, "look-up": 200}

Item = dict[str, Any]
Made = tuple[str, str, Mapping[str, Any]]
"""One AWS call: service, method, parameters."""


class Block(NamedTuple):
    """What one worker did: when, by a clock that all processes share, and how long each took, in seconds."""

    begun: float
    ended: float
    took: Sequence[float]


@dataclass(frozen=True)
class Speed:
    """Of several workers together. `took` holds each one's seconds, in order."""

    a_second: float
    took: Sequence[float]

    def percentile(self, share: float) -> float:
        return self.took[min(len(self.took) - 1, int(share * len(self.took)))]


@dataclass(frozen=True)
class Task:
    """One thing to ask for, once in a block; `undo` are items to write, and keys to delete, to make it new again."""

    event: Event
    undo: Sequence[tuple[str, Item]] = ()
    gone: Sequence[tuple[str, Item]] = ()


@dataclass(frozen=True)
class Found:
    """What both did, by the name of what was asked."""

    calls: Mapping[str, int]
    ours: Mapping[str, Speed]
    raw: Mapping[str, Speed]


def measure(folder: Path, workers: int = WORKERS, each: int = EACH, blocks: int = BLOCKS) -> Part:
    with ground.laid(folder / "throughput") as environment, ExitStack() as undo:
        pools = [undo.enter_context(processes(1, environment)) for _ in range(workers)]
        tasks = pools[0].submit(prepare, workers * each).result()
        calls, ours, raw = {}, {}, {}
        for name, wanted in tasks.items():
            shares = [wanted[number::workers] for number in range(workers)]
            (calls[name], *_) = _all(pools, [(rehearse, EXPECTED[name], share) for share in shares])
            done: dict[Callable[..., Any], list[Sequence[Block]]] = {answer: [], repeat: []}
            for _ in range(blocks):
                for act, blocks_done in done.items():
                    _all(pools, [(renew,)] * workers)
                    blocks_done.append(_all(pools, [(act,)] * workers))
            ours[name], raw[name] = (speed(found) for found in done.values())
    return part(Found(calls, ours, raw), workers, each, blocks)


def speed(blocks: Sequence[Sequence[Block]]) -> Speed:
    """Of blocks, in each of which the workers were at it at the same time."""
    seconds = sum(max(each.ended for each in block) - min(each.begun for each in block) for block in blocks)
    took = sorted(one for block in blocks for each in block for one in each.took)
    return Speed(len(took) / seconds, took)


def _all(pools: Sequence[Executor], wanted: Sequence[tuple[Any, ...]]) -> list[Any]:
    return [each.result() for each in [pool.submit(*one) for pool, one in zip(pools, wanted, strict=True)]]


# what happens in the workers


@dataclass
class _Share:
    """What this process has to do."""

    expected: int = 0
    tasks: Sequence[Task] = ()
    calls: list[list[Made]] = field(default_factory=list)


_share = _Share()


def prepare(many: int) -> dict[str, list[Task]]:
    """So many links that nobody has tapped, and phones that a SIP server may ask for."""
    with telling_on(ground.Ground()) as teller:
        teller.activation()  # before there are links: its upkeep would end them
        return {"claim": _links(teller, many), "look-up": _phones(teller, many)}


def rehearse(expected: int, tasks: Sequence[Task]) -> int:
    """Does each once to be warm, and once to note its AWS calls; how many there are for one."""
    _share.expected, _share.tasks, _share.calls = expected, tasks, []
    answer()
    renew()
    for task in tasks:
        with recording(weighed=False) as recorded:
            _ask(task)
        _share.calls.append([(*call.plain[:2], call.parameters) for call in recorded.calls])
    return len(_share.calls[0])


def renew() -> None:
    """Makes each new again."""
    tables = _client("dynamodb")
    writes = [(table, {"PutRequest": {"Item": item}}) for task in _share.tasks for table, item in task.undo]
    writes += [(table, {"DeleteRequest": {"Key": key}}) for task in _share.tasks for table, key in task.gone]
    for start in range(0, len(writes), BATCH):
        wanted: dict[str, list[Item]] = {}
        for table, write in writes[start : start + BATCH]:
            wanted.setdefault(table, []).append(write)
        assert not tables.batch_write_item(RequestItems=wanted).get("UnprocessedItems")


def answer() -> Block:
    """Our handlers answer each."""
    return _timed([partial(_ask, task) for task in _share.tasks])


def repeat() -> Block:
    """The same AWS calls, raw."""
    _client("dynamodb")
    return _timed([partial(_call, calls) for calls in _share.calls])


def _timed(acts: Sequence[Callable[[], object]]) -> Block:
    took = []
    begun = time.monotonic()
    for act in acts:
        started = time.perf_counter()
        act()
        took.append(time.perf_counter() - started)
    return Block(begun, time.monotonic(), took)


def _ask(task: Task) -> None:
    found = app.app(task.event, Context())
    assert found["statusCode"] == _share.expected, found


def _call(calls: Sequence[Made]) -> None:
    for service, method, parameters in calls:
        getattr(_client(service), method)(**parameters)


_clients: dict[str, Any] = {}


def _client(service: str) -> Any:
    if service not in _clients:
        config = botocore.config.Config(connect_timeout=1, read_timeout=30)
        _clients[service] = botocore.session.get_session().create_client(service, config=config)
    return _clients[service]


def _links(teller: Teller, many: int) -> list[Task]:
    """Copies of an account and of its link, which is shown at the desk."""
    post, tables = teller.post, teller.post.world.cloud.dynamodb
    account = teller.create(messages=())
    token = desk_link(post.house, account["id"])
    link = links.by_token(token)
    tenant = post.house.tenant
    model = [
        ("accounts", _item(tables, "accounts", account_key(tenant, account["id"]), "-")),
        ("links", _item(tables, "links", link_key(tenant, account["id"]), link.id)),
        ("links", _item(tables, "links", found_by("act", token), "-")),
    ]
    tasks = []
    for _ in range(many):
        account_id, link_id = ids.new_id(), ids.new_id(len(link.id))
        own = keyring.token(links.RING, links.PURPOSE, link_id, version=link.key_version).text
        other = {account["id"]: account_id, link.id: link_id, found_by("act", token): found_by("act", own)}
        copied = [(table, _copied(item, other)) for table, item in model]
        for table, item in copied:
            tables.put_item(TableName=table, Item=item)
        claim_id = claims.new_claim_id(links.by_token(own))
        nonce = {"pk": {"S": nonce_key(tenant, link_id)}, "sk": {"S": fingerprint(claim_id)}}
        event = event_of(partial(_press, token=own, claim_id=claim_id), post.world.anyone.at(post.house.host))
        tasks.append(Task(event, undo=[copied[1]], gone=[("nonces", nonce)]))
    return tasks


def _press(api: Api, token: str, claim_id: str) -> None:
    Phone(api).press(token, claim_id)


def _phones(teller: Teller, many: int) -> list[Task]:
    """Copies of a device, under other names."""
    post, tables, account = teller.post, teller.post.world.cloud.dynamodb, teller.account
    model = _item(tables, "accounts", device_key(post.house.tenant, post.house.domain, account["username"]), "-")
    tasks = []
    for number in range(many):
        username = f"6{number:09}"
        tables.put_item(TableName="accounts", Item=_copied(model, {account["username"]: username}))
        query = {"username": username, "realm": post.house.domain, "algorithm": "SHA-256"}
        tasks.append(Task(event_of(partial(Api.get, path=LOOK_UP, query=query), post.house.registrar)))
    return tasks


def _item(tables: Any, table: str, pk: str, sk: str) -> Item:
    found: Item = tables.get_item(TableName=table, Key={"pk": {"S": pk}, "sk": {"S": sk}})["Item"]
    return found


def _copied(item: Item, other: Mapping[str, str]) -> Item:
    text = json.dumps(item)
    for before, after in other.items():
        text = text.replace(before, after)
    copied: Item = json.loads(text)
    return copied


# what is said of it


def part(found: Found, workers: int, each: int, blocks: int) -> Part:
    rows = [_row(name, found, workers) for name in found.ours]
    lines = [
        (f"{name}, {whose}", *_shown(found_of[name]))
        for name in found.ours
        for whose, found_of in (("ours", found.ours), ("raw calls", found.raw))
    ]
    calls = " and ".join(f"{number} for a {name}" for name, number in found.calls.items())
    return Part(
        rows,
        "Claims and look-ups a second",
        prose(f"""
            {workers} processes at once, each with our handlers in it, warm, on the embedded AWS's tables; the machine
            has {os.cpu_count()} cores, and the embedded AWS, which is one process, needs most of one: so it sets the
            pace, and what holds elsewhere is the ratio to the same AWS calls ({calls}) made raw with botocore by the
            same processes. A claim is the tap (POST) on a link that nobody has tapped yet. Each process does {each} in
            a block, all of different links and phones; ours and the raw calls take turns, {blocks} blocks each.
        """),
        [Table(("", "a second", "p50, ms", "p99, ms"), lines)],
    )


def _row(name: str, found: Found, workers: int) -> Row:
    ours, raw = found.ours[name], found.raw[name]
    measured = (
        f"{ours.a_second:,.0f} ({ratio(ours.a_second / raw.a_second)} of the raw calls'), "
        f"p50 {_ms(ours, 0.5)} ms, p99 {_ms(ours, 0.99)} ms"
    )
    return Row(f"{name}s a second, {workers} processes", measured)


def _shown(speed: Speed) -> tuple[str, ...]:
    return f"{speed.a_second:,.0f}", _ms(speed, 0.5), _ms(speed, 0.99)


def _ms(speed: Speed, share: float) -> str:
    return f"{speed.percentile(share) * 1000:.1f}"
