"""Every handler of the packaged template runs under the real runtime client, with nothing beside zip and layer.

Chalice's local server and test client import app.py, and so hide what Lambda meets: a blueprint's handler is imported
alone, and a package that is installed here may be missing there.
"""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.build import build
from infra.system import STAGE, System
from tests.e2e.lambda_runtime import Invoked, copy_client, invoke


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """What Lambda puts on the path: the function's zip, the layer, the runtime client."""
    folder = tmp_path_factory.mktemp("lambda")
    package = build(STAGE, target=folder / "build", native=True)
    for archive, to in ((package.code, folder / "task"), (package.layer, folder / "opt")):
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(to)
    client = folder / "client"
    client.mkdir()
    return [folder / "task", folder / "opt" / "python", copy_client(client)]


def run(system: System, unpacked: list[Path], function: str, *events: Mapping[str, Any]) -> Invoked:
    deployed = system.client("lambda").get_function_configuration(FunctionName=system.physical_id(function))
    environment = {**deployed["Environment"]["Variables"], **system.aws.environment()}
    return invoke(deployed["Handler"], events, unpacked, environment)


def test_an_http_function_answers(system: System, unpacked: list[Path]) -> None:
    invoked = run(system, unpacked, "APIHandler", request("GET", "/healthz"), request("GET", "/healthz"))
    assert invoked.errors == []
    assert [answer["statusCode"] for answer in invoked.answers] == [200, 200]


@pytest.mark.parametrize(
    ("function", "resource", "parameters", "status"),
    [
        ("Links", "/a/{token}", {"token": "a" * 23}, 404),
        ("Receipts", "/receipts/{gateway_id}/{secret}", {"gateway_id": "none", "secret": "none"}, 404),
        ("Registrar", "/registrar/kamailio/lookup", {}, 401),
    ],
)
def test_the_other_http_functions_serve_their_own(
    system: System, unpacked: list[Path], function: str, resource: str, parameters: dict[str, str], status: int
) -> None:
    invoked = run(system, unpacked, function, request("GET", resource, parameters))
    assert invoked.errors == [], invoked.log
    assert [answer["statusCode"] for answer in invoked.answers] == [status], invoked.log


@pytest.mark.parametrize("function", ["MessagingDispatch", "MessagingSettle"])
def test_a_queue_function_answers_for_each_message_and_logs(
    system: System, unpacked: list[Path], function: str
) -> None:
    invoked = run(system, unpacked, function, queued("{}"))
    assert invoked.errors == [], invoked.log
    assert "batchItemFailures" in invoked.answers[0]
    assert logged_with_request_id(invoked)


@pytest.mark.parametrize("function", ["UpkeepSweep", "UpkeepTidy", "MessagingWatch"])
def test_a_schedule_function_runs_and_logs(system: System, unpacked: list[Path], function: str) -> None:
    invoked = run(system, unpacked, function, SCHEDULED)
    assert invoked.errors == [], invoked.log
    assert len(invoked.answers) == 1
    assert logged_with_request_id(invoked)


def logged_with_request_id(invoked: Invoked) -> bool:
    """Whether the middleware ran: only it puts the request's id into the log."""
    lines = [json.loads(line) for line in invoked.log.splitlines() if line.startswith("{")]
    return any("function_request_id" in line for line in lines)


def request(method: str, resource: str, parameters: dict[str, str] | None = None) -> dict[str, Any]:
    """The event of a REST API's proxy integration."""
    path = resource.format(**(parameters or {}))
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": {"Host": "127.0.0.1"},
        "multiValueHeaders": {"Host": ["127.0.0.1"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": parameters,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource,
            "path": path,
            "httpMethod": method,
            "requestId": "11111111-2222-4333-8444-555555555555",
            "stage": STAGE,
            "identity": {"sourceIp": "127.0.0.1", "userAgent": "test"},
        },
        "body": None,
        "isBase64Encoded": False,
    }


def queued(body: str) -> dict[str, Any]:
    """The event of a queue with one message."""
    return {
        "Records": [
            {
                "messageId": "19dd0b57-b21e-4ac1-bd88-01bbb068cb78",
                "receiptHandle": "handle",
                "body": body,
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183"},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:queue",
                "awsRegion": "eu-west-1",
            }
        ]
    }


SCHEDULED = {
    "version": "0",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "000000000000",
    "time": "2026-01-01T00:00:00Z",
    "region": "eu-west-1",
    "resources": ["arn:aws:events:eu-west-1:000000000000:rule/every-minute"],
    "detail": {},
}
