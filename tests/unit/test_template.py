"""What is packaged says what the design promises, and the builder refuses what Chalice would let pass."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import app
from infra import redrive
from infra.archive import digest
from infra.build import ROOT, Package, build
from infra.template import HTTP_FUNCTIONS, Served, TemplateError, check_intrinsics, integrations, join, read_parts
from layers.build import operations

Resources = dict[str, dict[str, Any]]

POLICIES = sorted((ROOT / "infra" / "policies").glob("*.json"))
CALLS = {"s3:ListBucket": "ListObjectsV2"}  # a right that is called otherwise than what is done with it
ACTION_SERVICES = {"ses": "sesv2", "sms-voice": "pinpoint-sms-voice-v2"}  # where IAM's word differs from botocore's
NOT_CALLS = {
    "ConditionCheckItem",
    "ReceiveMessage",
    "DeleteMessage",
    "GetQueueAttributes",
}  # Lambda's poller, and rights
SEND = "sqs:SendMessage*"  # AWS has one right for single and batch, the embedded AWS asks for SendMessageBatch
SHARED = {"AWS_ENDPOINT_URL", "AWS_REGION"}  # set by Lambda


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return build("dev", target=tmp_path_factory.mktemp("first"))


@pytest.fixture(scope="module")
def template(package: Package) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(package.template.read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def resources(template: dict[str, Any]) -> Resources:
    found: Resources = template["Resources"]
    return found


# joining


def test_two_parts_may_add_to_one_resource() -> None:
    joined = join([("a", {"Resources": {"X": {"Type": "T"}}}), ("b", {"Resources": {"X": {"Properties": {}}}})])
    assert joined == {"Resources": {"X": {"Type": "T", "Properties": {}}}}


@pytest.mark.parametrize("second", ["T", {"a": 1}, ["T"]])
def test_two_parts_that_set_one_leaf_are_refused(second: Any) -> None:
    with pytest.raises(TemplateError, match=r"X\.Type is set by a and by b"):
        join([("a", {"X": {"Type": "T"}}), ("b", {"X": {"Type": second}})])


def test_an_intrinsic_beside_another_key_is_refused() -> None:
    with pytest.raises(TemplateError, match=r"Queue: Fn::GetAtt, Fn::Sub"):
        check_intrinsics({"Events": [{"Queue": {"Fn::Sub": "arn", "Fn::GetAtt": ["Outbox", "Arn"]}}]})


def test_a_key_that_stands_twice_in_a_part_is_refused(tmp_path: Path) -> None:
    (tmp_path / "part.yaml").write_text("Resources:\n  X: {Type: T}\n  X: {Type: U}\n", encoding="utf-8")
    with pytest.raises(TemplateError, match="X stands twice, the second time in line 3"):
        read_parts(tmp_path)


def test_a_route_for_an_unknown_function_is_refused() -> None:
    with pytest.raises(TemplateError, match="no function named 'link'"):
        integrations([Served("GET", "/a/{token}", "link")])


# the build


def test_two_builds_are_the_same_bytes(package: Package, tmp_path: Path) -> None:
    again = build("dev", target=tmp_path)
    for name in ("template", "code", "layer"):
        assert digest(getattr(again, name)) == digest(getattr(package, name)), name


def test_our_code_alone_is_in_the_function_zip(package: Package) -> None:
    assert package.code.stat().st_size < 1_000_000


# the route table


def test_every_route_reaches_the_function_it_names(resources: Resources) -> None:
    paths = resources["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    for route in app.ROUTES:
        uri = paths[route.path][route.verb.lower()]["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
        assert f"${{{HTTP_FUNCTIONS[route.function]}.Arn}}" in uri, route


def test_what_no_route_declares_is_answered_in_our_shape(resources: Resources) -> None:
    body = resources["RestAPI"]["Properties"]["DefinitionBody"]
    assert set(body["paths"]["/{proxy+}"]) >= {"get", "post", "put", "patch", "delete", "head", "options"}
    for kind, response in body["x-amazon-apigateway-gateway-responses"].items():
        answer = json.loads(response["responseTemplates"]["application/json"])
        assert set(answer) == {"error", "request_id"}, kind
        assert set(answer["error"]) == {"code", "message"}, kind


# functions


def test_every_function_has_the_layer_a_role_of_its_own_and_the_environment(
    template: dict[str, Any], resources: Resources
) -> None:
    shared = template["Globals"]["Function"]
    assert shared["Layers"] == [{"Ref": "Dependencies"}]
    roles = [function["Properties"]["Role"]["Fn::GetAtt"][0] for function in _functions(resources).values()]
    assert len(roles) == len(set(roles)) == len(POLICIES)


def test_http_functions_end_before_the_gateway_gives_up(resources: Resources) -> None:
    for name in HTTP_FUNCTIONS.values():
        assert resources[name]["Properties"]["Timeout"] < 29


def test_traces_and_metrics_of_each_method_are_for_who_wants_them(
    template: dict[str, Any], resources: Resources
) -> None:
    assert template["Parameters"]["DetailedMonitoring"]["Default"] == "no"
    functions = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::Serverless::Function"]
    assert len(functions) > 10
    assert all(each["Tracing"] == {"Fn::If": ["Detailed", "Active", "PassThrough"]} for each in functions)
    (methods,) = resources["RestAPI"]["Properties"]["MethodSettings"]
    assert methods["MetricsEnabled"] == {"Fn::If": ["Detailed", True, False]}


def test_alarms_read_no_metric_that_an_api_has_for_each_method_alone(resources: Resources) -> None:
    read = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::CloudWatch::Alarm"]
    of_gateway = [each for each in read if each.get("Namespace") == "AWS/ApiGateway"]
    assert of_gateway
    assert all({each["Name"] for each in alarm["Dimensions"]} == {"ApiName", "Stage"} for alarm in of_gateway)


def test_queue_functions_answer_for_each_message_and_end_long_before_it_is_seen_again(resources: Resources) -> None:
    consumers = 0
    for function in _functions(resources).values():
        for event in function["Properties"].get("Events", {}).values():
            if event["Type"] != "SQS":
                continue
            consumers += 1
            queue = resources[event["Properties"]["Queue"]["Fn::Sub"][2:-1].partition(".")[0]]["Properties"]
            assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
            assert queue["VisibilityTimeout"] >= 6 * function["Properties"]["Timeout"]
            assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
    assert consumers == 3


def test_every_queue_is_consumed_or_takes_what_its_consumer_could_not(resources: Resources) -> None:
    queues = {name for name, value in resources.items() if value["Type"] == "AWS::SQS::Queue"}
    consumed = {
        event["Properties"]["Queue"]["Fn::Sub"][2:-1].partition(".")[0]
        for function in _functions(resources).values()
        for event in function["Properties"].get("Events", {}).values()
        if event["Type"] == "SQS"
    }
    dead = {
        resources[name]["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]: name
        for name in consumed
    }
    assert queues == consumed | dead.keys()
    assert dead == redrive.QUEUES  # `make redrive` knows them all
    watched = json.dumps([value for value in resources.values() if value["Type"] == "AWS::CloudWatch::Alarm"])
    assert all(f'["{name}", "QueueName"]' in watched for name in dead)


def test_every_setting_the_code_reads_is_deployed(template: dict[str, Any]) -> None:
    deployed = set(template["Globals"]["Function"]["Environment"]["Variables"])
    for path in (ROOT / "functions").rglob("*.py"):
        read = re.findall(r'\b(?:setting|optional)\(\s*"([A-Z_]+)"', path.read_text(encoding="utf-8"))
        assert set(read) <= deployed | SHARED, path.relative_to(ROOT)


def test_every_table_the_code_names_is_deployed(template: dict[str, Any]) -> None:
    deployed = {name[len("TABLE_") :].lower() for name in template["Globals"]["Function"]["Environment"]["Variables"]
                if name.startswith("TABLE_")}  # fmt: skip
    for path in (ROOT / "functions").rglob("models.py"):
        named = re.findall(r'\btable\(\s*"([a-z_]+)"', path.read_text(encoding="utf-8"))
        assert set(named) <= deployed, path.relative_to(ROOT)


# rights


@pytest.mark.parametrize("policy", POLICIES, ids=lambda path: path.stem)
def test_the_layer_carries_every_operation_a_policy_allows(policy: Path) -> None:
    carried = operations()
    for action in _actions(policy):
        service, _, name = action.partition(":")
        service = ACTION_SERVICES.get(service, service)
        if service in carried and name not in NOT_CALLS and action != SEND:
            assert CALLS.get(action, name) in carried[service], action


@pytest.mark.parametrize("policy", POLICIES, ids=lambda path: path.stem)
def test_no_policy_reaches_everything(policy: Path) -> None:
    for statement in _statements(policy):
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        assert not any("*" in action for action in actions if action != SEND)
        if statement["Resource"] == "*":
            # None has a resource that could be named: X-Ray, mail from identities the operators choose, our account,
            # and the names of its secrets.
            services = {action.partition(":")[0] for action in actions if action != "secretsmanager:ListSecrets"}
            assert services <= {"xray", "ses", "sms-voice"}


@pytest.mark.parametrize("policy", POLICIES, ids=lambda path: path.stem)
def test_nobody_alters_the_audit_trail(policy: Path) -> None:
    for statement in _statements(policy):
        if "AuditTable" in json.dumps(statement["Resource"]):
            altering = {"dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}
            ends = {"dynamodb:BatchWriteItem"} if policy.stem == "upkeep-retain" else set()  # after years, by its code
            actions = statement["Action"]
            assert altering & set([actions] if isinstance(actions, str) else actions) == ends


def test_the_api_reads_neither_the_links_keyring_nor_files_nor_nonces() -> None:
    for statement in _statements(ROOT / "infra" / "policies" / "api.json"):
        on = json.dumps(statement["Resource"])
        assert "LinksKeyring" not in on
        if "Files" in on or "NoncesTable" in on:
            assert statement["Action"] in ("s3:DeleteObject", "dynamodb:DeleteItem")
        assert "kms:Decrypt" not in statement["Action"]


def _functions(resources: Resources) -> Resources:
    return {name: value for name, value in resources.items() if value["Type"] == "AWS::Serverless::Function"}


def _statements(policy: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(policy.read_text(encoding="utf-8"))["Statement"]
    return found


def _actions(policy: Path) -> Iterator[str]:
    for statement in _statements(policy):
        yield from [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
