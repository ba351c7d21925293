"""What a dead-letter queue holds comes back to its queue, once the cause was mended."""

from infra.redrive import QUEUES, redrive
from tests.api.post import Post, fakes_fixture, post_fixture, running_fixture  # noqa: F401 - fixtures

VARIABLES = {"Outbox": "QUEUE_OUTBOX", "ReceiptsQueue": "QUEUE_RECEIPTS", "Work": "QUEUE_WORK"}


def test_what_was_given_up_is_sent_after_all(post: Post) -> None:
    sqs = post.world.cloud.sqs
    dead = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in QUEUES}
    account = post.account("0001", "installation")
    outbox = post.world.cloud.queue("QUEUE_OUTBOX")
    (entry,) = sqs.receive_message(QueueUrl=outbox)["Messages"]
    sqs.send_message(QueueUrl=dead["OutboxDead"], MessageBody=entry["Body"])
    sqs.delete_message(QueueUrl=outbox, ReceiptHandle=entry["ReceiptHandle"])
    post.world.pump()
    assert post.message(account)["state"] == "queued"

    def url_of(name: str) -> str:
        return dead[name] if name in dead else post.world.cloud.queue(VARIABLES[name])

    assert redrive(sqs, url_of) == {"OutboxDead": 1, "ReceiptsDead": 0, "WorkDead": 0}
    post.world.pump()
    assert post.message(account)["state"] == "sent"
    assert redrive(sqs, url_of) == {"OutboxDead": 0, "ReceiptsDead": 0, "WorkDead": 0}
