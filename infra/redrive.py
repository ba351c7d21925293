"""Brings what a dead-letter queue holds back to its queue: `python -m infra.redrive`, after the cause was mended.

Entries are keys of messages and reports of providers: bringing one twice is harmless."""

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

QUEUES = {"OutboxDead": "Outbox", "ReceiptsDead": "ReceiptsQueue", "WorkDead": "Work"}
"""Dead-letter queue → the queue it belongs to, by logical id."""


def redrive(sqs: "SQSClient", url_of: Callable[[str], str]) -> dict[str, int]:
    """How many entries were brought back, by dead-letter queue. Each is deleted only when it has been sent."""
    return {dead: _move(sqs, url_of(dead), url_of(queue)) for dead, queue in QUEUES.items()}


def _move(sqs: "SQSClient", dead: str, queue: str) -> int:
    moved = 0
    while found := sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []):
        for message in found:
            sqs.send_message(QueueUrl=queue, MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", default="dev")
    stage = parser.parse_args().stage
    try:
        cloudformation = boto3.client("cloudformation")
        sqs: SQSClient = boto3.client("sqs")

        def url_of(logical_id: str) -> str:
            found = cloudformation.describe_stack_resource(StackName=f"dialready-{stage}", LogicalResourceId=logical_id)
            return str(found["StackResourceDetail"]["PhysicalResourceId"])

        for dead, moved in redrive(sqs, url_of).items():
            print(f"{dead:14} {moved} brought back")
    except (BotoCoreError, ClientError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
