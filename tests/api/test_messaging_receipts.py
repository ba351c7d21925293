"""What providers report: early, late, twice, forged, unknown; it never sends anything and never moves anything back."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from functions.common import clock
from functions.messaging import receipts
from functions.messaging.gateways import Receipt, ReceiptStatus
from tests.api.post import Post, fakes_fixture, post_fixture, posting, running_fixture, vonage  # noqa: F401 - fixtures
from tests.api.world import House, World, made
from tests.fakes.records import Recorded
from tests.fakes.ses import event as ses_event

LONG = "Your new number {number}. " + "Very much to say. " * 10 + "\n{link}"


def sent(post: Post, suffix: str = "0001") -> tuple[dict[str, object], Recorded]:
    account = post.account(suffix, "installation")
    post.world.pump()
    return account, post.sent(account)[0]


def test_reports_out_of_order_and_twice_move_a_message_forward_only(post: Post) -> None:
    account, sms = sent(post)
    for status in ("buffered", "delivered", "accepted", "buffered", "delivered"):
        assert post.report(sms, status).status == 200
        post.world.pump()
    assert post.message(account)["state"] == "delivered"
    assert [event for event in post.events(account) if event.startswith("message.")] == [
        "message.sent",
        "message.buffered",
        "message.delivered",
    ]
    assert len(post.sent(account)) == 1


def test_a_message_of_two_parts_has_arrived_when_both_have(post: Post) -> None:
    made(post.house.admin.post("/v1/templates", {"kind": "installation", "channel": "sms", "text": LONG}))
    account, sms = sent(post)
    assert sms.parts == 2
    post.report(sms, "delivered", part=1)
    post.world.pump()
    assert post.message(account)["state"] == "sent"
    post.report(sms, "delivered", part=0)
    post.world.pump()
    assert post.message(account)["state"] == "delivered"


def test_an_undelivered_message_says_why(post: Post) -> None:
    account, sms = sent(post)
    post.report(sms, "failed", err_code="9")
    post.world.pump()
    message = post.message(account)
    (report,) = message["attempts"][0]["reports"]
    assert (message["state"], report["status"], report["code"]) == ("undelivered", "undelivered", "9")
    assert message["reason"] == report["words"] is not None


def test_a_report_that_comes_before_the_answer_is_not_undone_by_it(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    account = post.account("0001", "installation")
    vonage_module = __import__("functions.messaging.gateways.vonage_sms", fromlist=["send"])
    send = vonage_module.send

    def send_and_hear_of_it(*arguments: object) -> object:
        answer = send(*arguments)
        post.report(post.sent(account)[0], "delivered")
        post.world.pump()
        assert post.message(account)["state"] == "delivered"
        return answer

    monkeypatch.setattr(vonage_module, "send", send_and_hear_of_it)
    post.dispatch(post.message(account))
    message = post.message(account)
    (attempt,) = message["attempts"]
    assert (message["state"], attempt["outcome"], attempt["price"]) == ("delivered", "accepted", "0.03330000")


class TestTheAddress:
    def test_another_secret_is_not_there(self, post: Post) -> None:
        for path in (f"/receipts/{post.gateway}/{'x' * 22}", f"/receipts/{'y' * 14}/{'x' * 22}"):
            assert post.world.anyone.get(path).status == 404

    def test_another_gateway_s_secret_is_not_this_one_s(self, post: Post) -> None:
        _, sms = sent(post)
        other = made(post.house.admin.post("/v1/gateways", vonage(post.fakes)))["id"]
        secret = (sms.receipt_url or "").rpartition("/")[2]
        assert post.world.anyone.get(f"/receipts/{other}/{secret}").status == 404

    def test_it_dies_with_its_gateway(self, post: Post) -> None:
        _, sms = sent(post)
        assert post.house.admin.delete(f"/v1/gateways/{post.gateway}").status == 204
        assert post.report(sms, "delivered").status == 404

    def test_what_is_not_signed_is_refused_where_signatures_are_wanted(self, post: Post) -> None:
        account, sms = sent(post)
        secrets = vonage(post.fakes)["secrets"] | {"signature_secret": "s" * 20}  # type: ignore[operator]
        assert post.house.admin.patch(f"/v1/gateways/{post.gateway}", {"secrets": secrets}).status == 200
        refused = post.report(sms, "delivered")
        assert (refused.status, refused.code) == (401, "report_refused")
        post.world.pump()
        assert post.message(account)["state"] == "sent"

    def test_garbage_is_not_an_error_of_ours(self, post: Post) -> None:
        _, sms = sent(post)
        path = (sms.receipt_url or "").removeprefix(f"https://{post.house.host}")
        for raw in ("", "{", "\x00", "[]", '{"messageId": {}}', "a=b&c"):
            assert post.world.anyone.post(path, raw=raw).status in (200, 401)
        assert post.world.pump() == 0


def test_one_tenant_s_gateway_cannot_report_on_another_s_message(post: Post) -> None:
    account, sms = sent(post)
    thief = posting(post.world, post.world.house("Thief Ltd"), post.fakes)
    _, theirs = sent(thief, "0002")
    post.world.anyone.post(
        (theirs.receipt_url or "").partition(".net")[2],
        raw=json.dumps({"messageId": "1", "client-ref": sms.reference, "status": "failed"}),
    )
    post.world.pump()
    assert post.message(account)["state"] == "sent"


def test_a_report_that_nobody_knows_waits_and_is_dropped_in_the_end(post: Post) -> None:
    queue = post.world.cloud.queue("QUEUE_RECEIPTS")

    def waiting() -> int:
        names = ["ApproximateNumberOfMessagesDelayed"]
        found = post.world.cloud.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)
        return int(found["Attributes"][names[0]])

    unknown = Receipt(reference="t-a-12345678-1", provider_id="1", status=ReceiptStatus.delivered)
    for parked in range(11):
        arrived = receipts.Arrived(receipt=unknown, gateway=post.gateway, parked=parked)
        receipts.take(msgspec.json.encode(arrived).decode())
    assert waiting() == 10


def test_a_provider_that_names_only_its_own_id_is_understood(post: Post) -> None:
    account, sms = sent(post)
    receipt = Receipt(reference=None, provider_id=sms.provider_ids[0], status=ReceiptStatus.delivered)
    arrived = receipts.Arrived(receipt=receipt, gateway=post.gateway)
    receipts.take(msgspec.json.encode(arrived).decode())
    assert post.message(account)["state"] == "delivered"


@pytest.mark.parametrize("enveloped", [True, False])
def test_mail_is_reported_through_the_queue_itself(world: World, house: House, enveloped: bool) -> None:
    world.cloud.sesv2.create_email_identity(EmailIdentity="phones@example.net")
    settings = {"sender": "phones@example.net"}
    body = {"kind": "ses", "name": "Mail", "settings": settings}
    gateway = made(house.admin.post("/v1/gateways", body))["id"]
    assert house.admin.post(f"/v1/gateways/{gateway}/test", {"to": "a@example.net"}).json["outcome"] == "accepted"
    wanted = [{"kind": "activation", "channel": "email"}]
    account = house.account(email="person@example.net", messages=wanted)
    world.pump()
    (message,) = house.csr.get(f"/v1/accounts/{account['id']}/messages").json["items"]
    assert message["state"] == "sent"
    reference = f"{house.tenant}-{message['id']}-1"
    mail = Recorded(
        id=1,
        revision=1,
        channel="email",
        provider="ses",
        at=datetime.now(UTC).isoformat(),
        to="person@example.net",
        sender="phones@example.net",
        text="",
        provider_ids=("0100-1",),
        reference=reference,
    )
    event = json.dumps(ses_event("Delivery", mail, {"dialready-reference": reference}))
    entry = json.dumps({"Type": "Notification", "TopicArn": "arn", "Message": event}) if enveloped else event
    world.cloud.sqs.send_message(QueueUrl=world.cloud.queue("QUEUE_RECEIPTS"), MessageBody=entry)
    world.pump()
    (message,) = house.csr.get(f"/v1/accounts/{account['id']}/messages").json["items"]
    assert message["state"] == "delivered"


def test_an_entry_that_is_nobody_s_is_dropped(world: World) -> None:
    for body in ("", "{}", "null", '{"Message": "Successfully validated SNS topic for Amazon SES event publishing."}'):
        receipts.take(body)


@pytest.mark.parametrize("kind", ["Bounce", "Complaint", "Suppressed"])
def test_an_address_that_is_gone_gets_nothing_more_until_it_is_set_anew(world: World, house: House, kind: str) -> None:
    world.cloud.sesv2.create_email_identity(EmailIdentity="phones@example.net")
    body = {"kind": "ses", "name": "Mail", "settings": {"sender": "phones@example.net"}}
    gateway = made(house.admin.post("/v1/gateways", body))["id"]
    house.admin.post(f"/v1/gateways/{gateway}/test", {"to": "a@example.net"})
    wanted = {"kind": "installation", "channel": "email"}
    account = house.account(email="person@example.net", messages=[wanted])
    path = f"/v1/accounts/{account['id']}"
    world.pump()
    (message,) = house.csr.get(f"{path}/messages").json["items"]
    reference = f"{house.tenant}-{message['id']}-1"
    mail = Recorded(
        id=1,
        revision=1,
        channel="email",
        provider="ses",
        at=datetime.now(UTC).isoformat(),
        to="person@example.net",
        sender="phones@example.net",
        text="",
        provider_ids=("0100-1",),
        reference=reference,
    )
    for _ in range(2):
        event = json.dumps(ses_event(kind, mail, {"dialready-reference": reference}))
        world.cloud.sqs.send_message(QueueUrl=world.cloud.queue("QUEUE_RECEIPTS"), MessageBody=event)
    world.pump()
    assert house.csr.get(path).json["email_problem"]
    happened = [item["event"] for item in house.csr.get(f"{path}/history").json["items"]]
    assert happened.count("account.unreachable") == 1
    with clock.frozen(clock.now() + timedelta(minutes=5)):
        refused = house.csr.post(f"{path}/messages", wanted)
        assert (refused.status, set(refused.wrong)) == (400, {"email"})
        assert house.csr.patch(path, {"email": "person@example.net"}).json["email_problem"] is None
        made(house.csr.post(f"{path}/messages", wanted))
