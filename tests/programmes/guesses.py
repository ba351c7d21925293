"""Somebody who tries out addresses and codes, from one network or from many, and the people behind those networks."""

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain, islice
from typing import Any, Final

from functions.accounts.models import Account, Device, account_key, device_key
from functions.activation import links
from functions.activation.links import PURPOSE, RING
from functions.activation.models import Link, TokenHash, found_by, link_key
from functions.common import aws, clock, ids, keyring
from functions.common.table import Table, read
from tests.api.client import Reply
from tests.api.phone import FORM, Phone, token_of
from tests.api.world import made
from tests.programmes.mutants import mutated
from tests.programmes.races import THREADS, claim_ids
from tests.programmes.scene import Person, Scene, settled
from tests.programmes.together import Together

Item = dict[str, dict[str, Any]]
"""An item as DynamoDB's JSON shows it."""

VERSION: Final = "a"  # what a guesser may know: how a token begins


@dataclass(frozen=True)
class Guessed:
    """`live`: links there were; `tried`: guesses against what the table holds, `asked`: those made as requests, by
    answer; `opened`: how many of the live links still opened afterwards, of so many `looked_at`."""

    live: int
    tried: int
    hits: int
    asked: Counter[int]
    looked_at: int
    opened: int
    seconds: float


def guess_tokens(scene: Scene, live: int, tried: int, asked: int, networks: int) -> Guessed:
    """Random tokens against so many live links. All are compared with the fingerprints that the table holds, which is
    what the look-up of a token reads by; some are asked for as requests, from so many networks."""
    begun = time.monotonic()
    tokens = _many_links(scene, live)
    held = {row["pk"]["S"] for row in _rows(TokenHash)}
    found = len(held.intersection(map(_key, tokens)))
    hits = sum(_key(_guess()) in held for _ in range(tried))
    with ThreadPoolExecutor(THREADS) as pool:
        answers = Counter(pool.map(lambda number: _open(scene, _guess(), number % networks), range(asked)))
        sample = tokens[:: max(1, live // 100)]
        opened = sum(status == 200 for status in pool.map(lambda token: _open(scene, token, 0), sample))
    return Guessed(found, tried, hits, answers, len(sample), opened, time.monotonic() - begun)


def guess_from_one_network(scene: Scene, tries: int) -> list[Reply]:
    """All at once, as fast as sixteen threads can."""
    api = Together(host=scene.host, source_ip="203.0.113.77")
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda _: api.get(f"/a/{_guess()}"), range(tries)))


def activate_from(scene: Scene, source_ip: str, people: int) -> tuple[Counter[str], float]:
    """So many people, each with a link of their own, behind one network: what their taps and fetches were answered."""
    crowd = _many_people(scene, people)
    begun = time.monotonic()

    def activate(person: Person) -> Iterator[str]:
        phone = Phone(Together(host=scene.host, source_ip=source_ip))
        tapped = phone.press(person.token, phone.claim_id(person.token))
        yield f"tap {tapped.status}"
        yield f"fetch {phone.fetch(tapped.headers['location'].split('/')[2]).status}"

    with settled(), ThreadPoolExecutor(THREADS) as pool:
        answers = Counter(chain.from_iterable(pool.map(lambda person: list(activate(person)), crowd)))
    return answers, time.monotonic() - begun


@dataclass(frozen=True)
class Tried:
    """Wrong codes for one link, all at once: how many were compared from each network, and how the link stands."""

    compared: Counter[str]
    answers: Counter[int]
    counted: int
    state: str
    right_code: int  # what the right one was answered afterwards, from a network that had not tried
    unlocked: int  # and what a fresh one was, once an operator had unlocked the link

    @property
    def most(self) -> int:
        """From one network."""
        return max(self.compared.values())


def guess_codes(scene: Scene, networks: int, each: int, mutant: str | None = None) -> Tried:
    """So many networks try so many codes each, all at once, at a link whose policy is `code`."""
    person = _with_code(scene)
    code = _read_out(scene, person)
    wrong = [f"{(int(code) + 1 + n) % 1_000_000:06d}" for n in range(networks * each)]
    (claim,) = claim_ids(person, 1)

    def attempt(number: int) -> tuple[str, int]:
        network = f"203.0.{number % networks}.9"
        return network, _press(scene, person, claim, wrong[number], network).status

    with mutated(mutant), ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(attempt, range(networks * each)))
    link = links.by_token(person.token)
    right = _press(scene, person, claim, code, "198.51.100.1").status
    scene.admin.post(f"/v1/accounts/{person.account_id}/links/{link.id}/unlock")
    unlocked = _press(scene, person, claim, _read_out(scene, person), "198.51.100.2").status
    return Tried(
        compared=Counter(network for network, status in answers if status == 400),
        answers=Counter(status for _, status in answers),
        counted=int(link.code_tries),
        state=link.state,
        right_code=right,
        unlocked=unlocked,
    )


def _guess() -> str:
    return VERSION + ids.new_id(keyring.TOKEN_LENGTH)


def _open(scene: Scene, token: str, network: int) -> int:
    source_ip = f"192.{network // 250}.{network % 250}.7"
    return Together(host=scene.host, source_ip=source_ip).get(f"/a/{token}").status


def _with_code(scene: Scene) -> Person:
    """Somebody whose link asks for a code; the message with it leaves tomorrow, so that no other work is in the way."""
    person = scene.person()
    wanted = {"channels": ["sms"], "send_at": clock.text(clock.now() + timedelta(days=1))}
    link = made(scene.admin.post(f"/v1/accounts/{person.account_id}/links", wanted))
    address = links.address(scene.tenant, person.account_id, link["id"])
    return replace(person, token=token_of(address))


def _read_out(scene: Scene, person: Person) -> str:
    link = links.by_token(person.token)
    return str(made(scene.admin.post(f"/v1/accounts/{person.account_id}/links/{link.id}/code"))["code"])


def _press(scene: Scene, person: Person, claim: str, code: str, network: str) -> Reply:
    phone = Together(host=scene.host, source_ip=network)
    return phone.request("POST", f"/a/{person.token}", raw=f"claim={claim}&code={code}", headers=FORM)


def _many_links(scene: Scene, many: int) -> list[str]:
    """The tokens of so many live links; only the first is its account's own."""
    person = scene.person()
    link = links.by_token(person.token)
    known = [ids.new_id(22) for _ in range(many - 1)]
    hashed = read(TokenHash, _key(person.token))
    assert hashed is not None
    _write(Link, [_copied(link, {link.id: each}) for each in known])
    tokens = [_token(each, person.token[0]) for each in known]
    pairs = zip(known, tokens, strict=True)
    _write(TokenHash, [_copied(hashed, {link.id: each, hashed.pk: _key(token)}) for each, token in pairs])
    return [person.token, *tokens]


def _many_people(scene: Scene, many: int) -> list[Person]:
    """So many people with a link of their own each, all of them copies of one."""
    person = scene.person()
    link = links.by_token(person.token)
    kept: list[tuple[type[Table], Table | None]] = [
        (Account, read(Account, account_key(scene.tenant, person.account_id))),
        (Device, read(Device, device_key(scene.tenant, scene.domain, person.username))),
        (Link, read(Link, link_key(scene.tenant, person.account_id), link.id)),
        (TokenHash, read(TokenHash, _key(person.token))),
    ]
    people = [
        (Person(ids.new_id(), ids.digits(10), person.client, _token(link_id, person.token[0])), link_id)
        for link_id in (ids.new_id(22) for _ in range(many))
    ]
    for model, item in kept:
        assert item is not None
        copies = []
        for each, link_id in people:
            changes = {person.account_id: each.account_id, person.username: each.username, link.id: link_id}
            changes[_key(person.token)] = _key(each.token)
            copies.append(_copied(item, changes))
        _write(model, copies)
    return [each for each, _ in people]


def _key(token: str) -> str:
    """By which the table finds the link of a token."""
    return found_by(PURPOSE, token)


def _token(link_id: str, version: str) -> str:
    return keyring.token(RING, PURPOSE, link_id, version=version).text


def _copied(item: Table, changes: dict[str, str]) -> Item:
    """The same under other ids, in the keys, too."""
    text = json.dumps(item.serialize())
    for before, after in changes.items():
        text = text.replace(before, after)
    copied: Item = json.loads(text)
    return copied


def _write(model: type[Table], items: Sequence[Item]) -> None:
    name = model.Meta.table_name

    def write(group: Sequence[Item]) -> None:
        wanted = {name: [{"PutRequest": {"Item": item}} for item in group]}
        answer = aws.dynamodb().batch_write_item(RequestItems=wanted)
        assert not answer.get("UnprocessedItems"), "the table took a part only"

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(write, _groups(items, 25)))


def _groups(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    rest = iter(items)
    while group := list(islice(rest, size)):
        yield group


def _rows(model: type[Table]) -> Iterator[Item]:
    pages = aws.dynamodb().get_paginator("scan").paginate(TableName=model.Meta.table_name)
    return chain.from_iterable(page["Items"] for page in pages)
