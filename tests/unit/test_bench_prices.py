"""The bench's arithmetic: request units by the sizes of items, prices, and what a month comes to."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.bench import charges, inventory, month, prices, units
from tests.bench.inventory import Inventory
from tests.bench.invocations import Invocation, Twice
from tests.bench.record import Answered, Call, touched
from tests.bench.units import Index, Units, Written

KEY = {"pk": {"S": "p" * 8}, "sk": {"S": "s" * 8}}  # 20 bytes with its names
NAMES = Index("name", "pk")
KEYS_ONLY = Index("name", "pk", {"pk", "sk", "name"})


def item(size: int, **more: str) -> dict[str, Any]:
    """An item of so many bytes."""
    known = KEY | {name: {"S": value} for name, value in more.items()}
    return known | {"x": {"S": "-" * (size - units.size(known) - 1)}}


# request units


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "né"}, 3),
        ({"N": "1234567"}, 5),
        ({"N": "-100"}, 3),
        ({"N": "0"}, 2),
        ({"B": b"abc"}, 3),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["a", "bc"]}, 3),
        ({"L": [{"S": "a"}]}, 5),
        ({"M": {"k": {"S": "ab"}}}, 7),
    ],
)
def test_a_value_weighs(value: dict[str, Any], size: int) -> None:
    assert units.size({"n": value}) == 1 + size


def test_a_type_that_dynamodb_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="no type"):
        units.size({"n": {"Q": ""}})


@pytest.mark.parametrize(("size", "consistent", "read"), [(4096, True, 1), (4097, True, 2), (4097, False, 1)])
def test_a_read_is_paid_by_four_kilobytes(size: int, consistent: bool, read: float) -> None:
    assert units.reading([item(size)], consistent=consistent) == Units(read=read)


def test_nothing_found_is_paid_for() -> None:
    assert units.reading([], consistent=False) == Units(read=0.5)


def test_the_items_of_a_query_are_paid_together() -> None:
    assert units.reading([item(2000)] * 4, consistent=False) == Units(read=1)


@pytest.mark.parametrize(("size", "in_transaction", "write"), [(1024, False, 1), (1025, False, 2), (1025, True, 4)])
def test_a_write_is_paid_by_one_kilobyte_and_twice_in_a_transaction(
    size: int, in_transaction: bool, write: int
) -> None:
    assert units.writing(Written({}, item(size)), [], in_transaction=in_transaction) == Units(write=write)


def test_the_larger_of_before_and_after_is_paid() -> None:
    assert units.writing(Written(item(1500), item(100)), [], in_transaction=False) == Units(write=2)


def test_an_index_is_written_once_even_behind_a_transaction() -> None:
    written = Written({}, item(500, name="n"))
    assert units.writing(written, [NAMES], in_transaction=True) == Units(write=2 + 1)


def test_an_item_that_lacks_the_index_key_is_not_in_it() -> None:
    assert units.writing(Written({}, item(500)), [NAMES], in_transaction=False) == Units(write=1)


def test_an_item_that_moves_within_an_index_is_written_twice_there() -> None:
    written = Written(item(500, name="a"), item(500, name="b"))
    assert units.writing(written, [NAMES], in_transaction=False) == Units(write=1 + 2)


def test_an_index_of_keys_is_not_written_while_they_stay() -> None:
    """So a phone that registers again costs the index of phones nothing."""
    written = Written(item(500, name="a", at="1"), item(500, name="a", at="2"))
    assert units.writing(written, [KEYS_ONLY], in_transaction=False) == Units(write=1)
    assert units.writing(written, [NAMES], in_transaction=False) == Units(write=2)


def test_an_index_of_keys_is_small() -> None:
    written = Written({}, item(3000, name="a"))
    assert units.writing(written, [KEYS_ONLY], in_transaction=False) == Units(write=3 + 1)


def test_a_check_is_paid_like_a_write_and_leaves_the_indexes() -> None:
    there = item(500, name="a")
    assert units.writing(Written(there, there, checked=True), [NAMES], in_transaction=True) == Units(write=2)


def test_what_is_stored_counts_each_entry_of_an_index() -> None:
    there = item(500, name="a")
    entry = units.size({name: there[name] for name in ("pk", "sk", "name")})
    assert units.stored(there, [NAMES, KEYS_ONLY]) == 600 + 600 + entry + 100
    assert units.stored(item(500), [NAMES]) == 600


def test_every_item_of_a_batch_is_touched() -> None:
    asked = {"RequestItems": {"t": [{"PutRequest": {"Item": item(100)}}, {"DeleteRequest": {"Key": KEY}}]}}
    assert touched("BatchWriteItem", asked) == [("t", KEY, False), ("t", KEY, False)]
    assert touched("GetItem", {"TableName": "t", "Key": KEY}) == []


# prices


def call(service: str, operation: str, used: Units | None = None) -> Call:
    return Call(service, operation, {}, "", Answered(200, "", b""), used or Units(), ())


def invocation(function: str, *calls: Call, handler: str = "", logged: int = 0, **event: object) -> Invocation:
    return Invocation(function, "", handler, dict(event), {"body": "x" * 100}, calls, logged=logged)


def test_every_price_has_a_positive_amount() -> None:
    """But for calls that are free."""
    found = {name: value for name, value in vars(prices).items() if isinstance(value, float)}
    assert len(found) > 15
    assert all(value > 0 for value in found.values())
    assert prices.call("kms.Decrypt") == pytest.approx(3e-6)
    assert prices.call("s3.DeleteObject") == 0
    with pytest.raises(KeyError):
        prices.call("s3.Unheard")


def test_an_http_invocation_pays_gateway_invocation_and_compute() -> None:
    cost = charges.of(invocation("registrar", call("dynamodb", "GetItem", Units(read=1))))
    assert cost.dynamodb == prices.DYNAMODB_READ_UNIT
    assert cost.requests == pytest.approx(3.7e-6)
    assert cost.compute == pytest.approx(0.5 * 0.1 * prices.LAMBDA_GB_SECOND)
    assert cost.total == pytest.approx(cost.dynamodb + cost.other + cost.compute)


def test_an_entry_of_a_queue_is_received_and_deleted_and_a_notification_published() -> None:
    plain = charges.of(invocation("messaging-settle"))
    told = charges.of(invocation("messaging-settle", Records=[{"body": '{"Type": "Notification"}'}]))
    assert plain.requests == pytest.approx(0.2e-6 + 0.8e-6)
    assert told.requests - plain.requests == pytest.approx(prices.SNS_REQUEST)


# a month


@pytest.mark.parametrize(
    ("schedule", "runs"),
    [("rate(1 minute)", 43_800), ("rate(5 minutes)", 8_760), ("rate(1 hour)", 730), ("rate(1 day)", 730 / 24)],
)
def test_a_schedule_comes_so_often_in_a_month(schedule: str, runs: float) -> None:
    assert inventory.runs(schedule) == pytest.approx(runs)


def test_a_schedule_of_another_form_is_not_guessed() -> None:
    with pytest.raises(AssertionError, match="cron"):
        inventory.runs("cron(0 3 * * ? *)")


def test_the_inventory_is_read_from_the_template(tmp_path: Path) -> None:
    function = {"Type": "AWS::Serverless::Function"}
    resources = {
        "Sweep": function
        | {
            "Properties": {
                "Handler": "a.sweep",
                "Tracing": "Active",
                "Events": {"E": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 minute)"}}},
            }
        },
        "Retain": function
        | {
            "Properties": {
                "Handler": "a.retain",
                "Events": {"E": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 hour)"}}},
            }
        },
        "Send": function | {"Properties": {"Handler": "a.send", "Events": {"E": {"Type": "SQS", "Properties": {}}}}},
        "Key": {"Type": "AWS::KMS::Key", "Properties": {}},
        "Ring": {"Type": "AWS::SecretsManager::Secret", "Properties": {}},
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {}},
        "Topic": {"Type": "AWS::SNS::Topic"},
        "AccountsTable": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}},
        },
        "NoncesTable": {"Type": "AWS::DynamoDB::Table", "Properties": {}},
        "RestAPI": {"Type": "AWS::Serverless::Api", "Properties": {"MethodSettings": [{"MetricsEnabled": True}]}},
    }
    template = tmp_path / "template.json"
    template.write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    has = inventory.read(template)
    assert has == Inventory(
        schedules={"a.sweep": 43_800, "a.retain": 730},
        queues=1,
        keys=1,
        secrets=1,
        alarms=1,
        backed_up=frozenset({"accounts"}),
        traced=True,
        method_metrics=True,
    )
    assert has.every_minute == ["a.sweep"]


@pytest.mark.parametrize(("default", "costs"), [("no", False), ("yes", True)])
def test_what_a_parameter_turns_on_costs_by_its_default(default: str, costs: bool, tmp_path: Path) -> None:
    content = {
        "Parameters": {"Wanted": {"Default": default}},
        "Conditions": {"Detailed": {"Fn::Equals": [{"Ref": "Wanted"}, "yes"]}},
        "Resources": {
            "Send": {
                "Type": "AWS::Serverless::Function",
                "Properties": {"Handler": "a.send", "Tracing": {"Fn::If": ["Detailed", "Active", "PassThrough"]}},
            },
            "RestAPI": {
                "Type": "AWS::Serverless::Api",
                "Properties": {"MethodSettings": [{"MetricsEnabled": {"Fn::If": ["Detailed", True, False]}}]},
            },
        },
    }
    template = tmp_path / "template.json"
    template.write_text(json.dumps(content), encoding="utf-8")
    has = inventory.read(template)
    assert (has.traced, has.method_metrics) == (costs, costs)


def test_traces_are_sampled_beyond_one_a_second() -> None:
    assert month.traces(1000) == pytest.approx(1000)
    assert month.traces(3 * month.SECONDS) == pytest.approx(1.1 * month.SECONDS)


LOOK_UP = invocation("registrar", call("dynamodb", "GetItem", Units(read=1)), logged=600)
FIRST = invocation("registrar", *LOOK_UP.calls, call("kms", "Decrypt"), logged=600)
EVENT = invocation("registrar", call("dynamodb", "UpdateItem", Units(write=1)), logged=600)
IDLE = invocation("upkeep-sweep", call("dynamodb", "Query", Units(read=0.5)), handler="a.sweep")


def has(**other: object) -> Inventory:
    plain: dict[str, Any] = {
        "schedules": {"a.sweep": 43_800},
        "queues": 2,
        "keys": 2,
        "secrets": 2,
        "alarms": 10,
        "backed_up": frozenset({"accounts"}),
        "traced": False,
        "method_metrics": False,
    }
    return Inventory(**plain | other)


def told() -> month.Told:
    rows = {"accounts": [item(900, name="a")], "nonces": [item(400)]}
    return month.Told(Twice(FIRST, LOOK_UP), EVENT, [IDLE], rows, {"accounts": [NAMES], "nonces": []}, secrets=1)


def lines(bill: month.Bill) -> dict[str, float]:
    return {position.what: position.dollars for position in bill.items}


def test_a_month_of_look_ups_and_events_is_their_price_so_often() -> None:
    found = lines(month.bill(told(), has(), accounts=10_000))
    assert found["look-ups"] == pytest.approx(charges.of(LOOK_UP).total * 7_300_000)
    assert found["registration events"] == pytest.approx(charges.of(EVENT).total * 7_300_000)
    assert found["their logs"] == pytest.approx(2 * 1000 * 7_300_000 / 1e9 * 0.60)
    assert found["tokens and data keys"] == pytest.approx(prices.call("kms.Decrypt") * 8760)


def test_what_is_kept_is_paid_by_the_month() -> None:
    found = lines(month.bill(told(), has(), accounts=1_000_000))
    assert found["tables and indexes"] == pytest.approx(1e6 * (1000 + 1000 + 500) / 1e9 * prices.DYNAMODB_GB_MONTH)
    backed_up = 1e6 * 1000 / 1e9 * prices.DYNAMODB_BACKED_UP_GB_MONTH
    assert found["point-in-time recovery"] == pytest.approx(backed_up)


def test_what_is_there_with_nobody_there_does_not_grow() -> None:
    small, large = (month.bill(told(), has(), accounts=accounts) for accounts in (10, 10_000))
    assert small.idle == pytest.approx(large.idle)
    assert large.total > 10 * small.total
    found = lines(large)
    assert (found["keys"], found["alarms"]) == (2.0, 1.0)
    assert found["secrets"] == pytest.approx(3 * 0.40)
    assert found["asking empty queues"] == pytest.approx(2 * 5 * 3 * 43_800 * prices.SQS_REQUEST)
    assert found["upkeep with nothing to do"] == pytest.approx(charges.of(IDLE).total * 43_800)


def test_traces_and_metrics_of_methods_are_paid_where_the_template_has_them() -> None:
    plain, watched = (lines(month.bill(told(), each)) for each in (has(), has(traced=True, method_metrics=True)))
    assert watched.keys() - plain.keys() == {"their traces", "its traces", "metrics of two methods"}
    assert watched["metrics of two methods"] == pytest.approx(3.0)


def test_our_own_metrics_are_found_in_the_code() -> None:
    assert {"Activated", "ServerError", "GatewayOut"} <= month.counted()
