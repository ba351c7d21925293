"""The handlers that the bench compares ours with (tests/bench/typical) read and write what ours do."""

import json
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.api.cloud import Cloud
from tests.api.conftest import Built
from tests.bench import compared
from tests.bench.compared import Pair
from tests.bench.invocations import Invocation
from tests.bench.story import Teller, telling_on

SHOWN = ("full_name", "number", "mobile", "email", "username", "domain", "group_id", "readiness", "standing")
OPERATIONS = ("create an account with two messages", "look-up", "claim (the tap)")


@pytest.fixture(scope="module")
def teller(cloud: Cloud, built: Built) -> Iterator[Teller]:
    cloud.begin(built.empty)
    with telling_on(cloud) as teller:
        teller.activation()
        yield teller


@pytest.fixture(scope="module")
def pairs(teller: Teller) -> dict[str, Pair]:
    return {pair.name: pair for pair in compared.told(teller)}


def test_three_operations_are_compared(pairs: dict[str, Pair]) -> None:
    assert tuple(pairs) == OPERATIONS


@pytest.mark.parametrize("name", OPERATIONS)
def test_it_writes_and_sends_the_same(pairs: dict[str, Pair], name: str) -> None:
    pair = pairs[name]
    for ours, typical in ((pair.ours.first, pair.typical.first), (pair.ours.again, pair.typical.again)):
        assert compared.written(typical) == compared.written(ours)


@pytest.mark.parametrize("name", OPERATIONS)
def test_it_makes_as_many_calls_and_answers_the_same(pairs: dict[str, Pair], name: str) -> None:
    pair = pairs[name]
    assert _reads(pair.typical.again) == _reads(pair.ours.again)
    assert pair.typical.again.answer["statusCode"] == pair.ours.again.answer["statusCode"]


def test_the_digest_secret_is_the_same(pairs: dict[str, Pair]) -> None:
    pair = pairs["look-up"]
    assert pair.typical.again.answer["body"] == pair.ours.again.answer["body"]


def test_its_ticket_opens_our_page(pairs: dict[str, Pair], teller: Teller) -> None:
    answer = pairs["claim (the tap)"].typical.again.answer
    (opens,) = answer["multiValueHeaders"]["Location"]
    assert teller.post.world.anyone.at(teller.post.house.host).get(opens).status == 200


def test_its_account_is_one_of_ours(pairs: dict[str, Pair], teller: Teller) -> None:
    made = json.loads(pairs["create an account with two messages"].typical.again.answer["body"])
    shown = teller.post.house.csr.get(f"/v1/accounts/{made['id']}").json
    assert {name: made[name] for name in SHOWN} == {name: shown[name] for name in SHOWN}
    states = [each["state"] for each in teller.post.messages(made)]
    assert states == ["queued", "queued"]


def _reads(invocation: Invocation) -> Counter[tuple[str, str]]:
    return Counter(
        (call.operation, call.parameters["TableName"])
        for call in invocation.calls
        if call.operation in ("GetItem", "Query")
    )
