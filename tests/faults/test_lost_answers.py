"""A write whose answer was lost is repeated by the client, and must know itself again."""

import pytest
from pynamodb.expressions.condition import Condition

from functions.common.errors import Conflict
from functions.common.limits import Counter
from functions.common.table import read, update
from functions.common.transaction import commit, new
from tests.api.world import World
from tests.faults.injection import Fault, injected


def unused() -> Condition:
    condition: Condition = Counter.used.does_not_exist()
    return condition


def test_a_conditional_update_whose_answer_was_lost_is_a_success(world: World) -> None:
    item = Counter(pk="once", sk="-")
    with injected(0, Fault.answer_lost) as calls:
        update(item, [Counter.used.set(1)], unused(), Conflict())
    assert calls.hit
    assert (item.used, len(calls.names)) == (1, 3)  # lost, refused, read again and recognised
    with pytest.raises(Conflict):
        update(Counter(pk="once", sk="-"), [Counter.used.set(2)], unused(), Conflict())


def test_a_transaction_whose_answer_was_lost_is_a_success(world: World) -> None:
    with injected(0, Fault.answer_lost) as calls:
        commit([new(Counter(pk="both", sk="1"), Conflict()), new(Counter(pk="both", sk="2"), Conflict())])
    assert calls.hit
    assert read(Counter, "both", "2") is not None
    with pytest.raises(Conflict):
        commit([new(Counter(pk="both", sk="1"), Conflict())])
