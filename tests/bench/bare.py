"""What every function is compared with: a handler with boto3 and nothing else."""

from typing import Any

import boto3

clients: dict[str, Any] = {"dynamodb": boto3.client("dynamodb")}


def handler(event: object, context: object) -> dict[str, object]:
    """Puts one item."""
    clients["dynamodb"].put_item(
        TableName="limits", Item={"pk": {"S": "measured"}, "sk": {"S": "-"}, "used": {"N": "1"}}
    )
    return {"statusCode": 200, "body": "{}"}


def same_calls(event: list[tuple[str, str, dict[str, object]]], context: object) -> dict[str, object]:
    """Makes the calls that another function made: service, method, parameters."""
    for service, method, parameters in event:
        if service not in clients:
            clients[service] = getattr(boto3, "client")(service)  # noqa: B009 - its type knows no service by a variable
        getattr(clients[service], method)(**parameters)
    return {"statusCode": 200, "body": "{}"}
