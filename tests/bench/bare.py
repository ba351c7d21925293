"""What every function is compared with: a handler with boto3 and nothing else, which puts one item."""

import boto3

dynamodb = boto3.client("dynamodb")


def handler(event: object, context: object) -> dict[str, object]:
    dynamodb.put_item(TableName="limits", Item={"pk": {"S": "measured"}, "sk": {"S": "-"}, "used": {"N": "1"}})
    return {"statusCode": 200, "body": "{}"}
