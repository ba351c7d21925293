"""Messages from the outbox to the phone: sent once, tried again, given up, and never twice."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from functions.common import clock
from functions.common.transaction import commit
from functions.messaging import outbox, triggers
from functions.messaging.gateways import Channel
from functions.messaging.kinds import Kind
from tests.api.client import Context
from tests.api.post import Post, fakes_fixture, post_fixture, posting, running_fixture, vonage  # noqa: F401 - fixtures
from tests.api.world import House, World, made

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_both_messages_of_the_wizard_leave_once_and_arrive(post: Post) -> None:
    account = post.account("0001", "installation", "activation")
    assert post.world.pump() == 2
    installation, activation = sorted(post.sent(account), key=lambda sms: "/a/" in sms.text)
    assert f"https://{post.house.host}/i/" in installation.text
    assert f"https://{post.house.host}/a/" in activation.text
    assert {message["state"] for message in post.messages(account)} == {"sent"}
    for sms in (installation, activation):
        assert post.report(sms, "delivered").status == 200
    post.world.pump()
    assert {message["state"] for message in post.messages(account)} == {"delivered"}
    assert post.events(account).count("message.sent") == post.events(account).count("message.delivered") == 2
    assert post.link(account)["sent_at"] is not None  # its life has begun
    assert len(post.sent(account)) == 2


def test_a_key_that_comes_twice_sends_once(post: Post) -> None:
    account = post.account("0001", "installation")
    message = post.message(account)
    assert post.dispatch(message) == "sent"
    assert post.dispatch(message) is None
    post.world.pump()
    assert len(post.sent(account)) == 1


def test_what_the_queue_lost_the_sweep_brings(post: Post) -> None:
    with clock.frozen(NOON):
        account = post.account("0001", "installation")
        post.world.cloud.sqs.purge_queue(QueueUrl=post.world.cloud.queue("QUEUE_OUTBOX"))
        post.world.sweep()
        assert post.world.pump() == 0  # not due yet
        clock.tick(timedelta(minutes=2))
        post.world.sweep()
        post.world.sweep()
        assert post.world.pump() == 1
    assert post.message(account)["state"] == "sent"


def test_a_refused_number_fails_with_the_provider_s_words(post: Post) -> None:
    account = post.account("0010", "installation")
    post.world.pump()
    message = post.message(account)
    assert (message["state"], message["attempts"][0]["code"]) == ("failed", "6")
    assert message["reason"] == "Unroutable message - rejected"
    assert "message.failed" in post.events(account)


def test_a_throttled_message_waits_and_is_sent_later(post: Post) -> None:
    post.fakes.vonage.throttled_calls = 2
    with clock.frozen(NOON):
        account = post.account("0013", "installation")
        message = post.message(account)
        assert post.dispatch(message) == "queued"
        assert post.dispatch(message) is None  # it is not its time yet
        clock.tick(timedelta(minutes=2))
        assert post.dispatch(message) == "queued"
        clock.tick(timedelta(minutes=7))
        assert post.dispatch(message) == "sent"
    outcomes = [attempt["outcome"] for attempt in post.message(account)["attempts"]]
    assert outcomes == ["not_sent_transient", "not_sent_transient", "accepted"]
    assert len(post.sent(account)) == 1


def test_after_four_hours_a_message_has_failed(post: Post) -> None:
    with clock.frozen(NOON):
        account = post.account("0014", "installation")
        message = post.message(account)
        for _ in range(12):
            post.dispatch(message)
            clock.tick(timedelta(minutes=73))
        found = post.message(account)
    assert found["state"] == "failed"
    assert found["reason"].startswith("Given up after 4 hours.")
    assert 4 <= len(found["attempts"]) <= 9


def test_an_answer_that_breaks_off_is_unknown_and_never_sent_again(post: Post) -> None:
    with clock.frozen(NOON):
        account = post.account("0023", "activation")
        post.world.pump()
        assert post.message(account)["state"] == "unknown"
        for _ in range(6):
            clock.tick(timedelta(hours=1))
            post.world.sweep()
            post.world.pump()
        (sms,) = post.sent(account)
        post.report(sms, "delivered")
        post.world.pump()
    assert post.message(account)["state"] == "delivered"
    assert post.link(account)["sent_at"] is not None
    assert len(post.sent(account)) == 1


def test_a_worker_that_dies_before_it_asks_costs_a_minute(post: Post) -> None:
    from functions.messaging.dispatch import _claim
    from functions.messaging.outbox import MessageKey

    with clock.frozen(NOON):
        account = post.account("0001", "installation")
        post.world.cloud.sqs.purge_queue(QueueUrl=post.world.cloud.queue("QUEUE_OUTBOX"))
        suffix = post.message(account)["id"].partition("-")[2]
        _claim(MessageKey(tenant=post.house.tenant, account=account["id"], message=suffix))
        post.world.sweep()
        assert post.message(account)["state"] == "claimed"
        clock.tick(timedelta(seconds=61))
        post.world.sweep()
        post.world.pump()
    assert post.message(account)["state"] == "sent"
    assert len(post.sent(account)) == 1


def test_a_worker_that_dies_while_it_asks_leaves_unknown_and_no_second_message(post: Post) -> None:
    with clock.frozen(NOON):
        account = post.account("0001", "activation")
        message = post.message(account)
        with pytest.raises(SystemExit), post.dying_at_the_answer():
            post.dispatch(message)
        clock.tick(timedelta(seconds=61))
        for _ in range(3):
            post.world.sweep()
            post.world.pump()
            clock.tick(timedelta(minutes=10))
    assert post.message(account)["state"] == "unknown"
    assert post.events(account).count("message.unknown") == 1
    assert len(post.sent(account)) == 1


def test_one_bad_entry_does_not_hold_up_its_batch(post: Post) -> None:
    account = post.account("0001", "installation")
    message = post.message(account)
    account_id, _, suffix = message["id"].partition("-")
    good = {"tenant": post.house.tenant, "account": account_id, "message": suffix}
    bodies = {"bad": "{}", "good": json.dumps(good)}
    records = [{"messageId": name, "receiptHandle": name, "body": body} for name, body in bodies.items()]
    answer = triggers.dispatch({"Records": records}, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert len(post.sent(account)) == 1


def test_a_message_for_later_leaves_at_its_time(post: Post) -> None:
    with clock.frozen(NOON):
        account = post.account("0001")
        later = NOON + timedelta(hours=1)
        composed = outbox.compose(
            post.house.tenant, account["id"], Kind.installation, Channel.sms, "cause", None, send_at=later
        )
        commit([composed.step])
        outbox.enqueue([composed.key])
        assert post.world.pump() == 1
        assert post.message(account)["next_attempt_at"] == "2026-11-22T13:00:00Z"
        clock.tick(timedelta(minutes=59, seconds=58))
        post.world.sweep()
        assert post.sent(account) == []
        clock.tick(timedelta(seconds=2))
        post.dispatch(post.message(account))
    assert len(post.sent(account)) == 1


def test_a_cause_that_comes_again_is_the_same_message(post: Post) -> None:
    wanted = ("t", "a", Kind.activation, Channel.sms, "cause", "link")
    assert outbox.compose(*wanted).key == outbox.compose(*wanted).key
    assert len(outbox.compose(*wanted).key.reference(1)) <= 40


def test_an_activation_message_whose_link_has_ended_is_not_sent(post: Post) -> None:
    account = post.account("0001", "activation")
    link = post.link(account)["id"]
    assert post.house.csr.post(f"/v1/accounts/{account['id']}/links/{link}/revoke").status == 204
    post.world.pump()
    assert (post.message(account)["state"], post.sent(account)) == ("cancelled", [])


def test_a_disabled_account_is_sent_nothing(post: Post) -> None:
    account = post.account("0001", "installation", "activation")
    assert post.house.csr.post(f"/v1/accounts/{account['id']}/disable").status == 200
    post.world.pump()
    assert {message["state"] for message in post.messages(account)} == {"cancelled"}
    assert post.sent(account) == []


def test_a_message_is_cancelled_while_it_waits_and_not_later(post: Post) -> None:
    account = post.account("0001", "installation")
    path = f"/v1/messages/{post.message(account)['id']}"
    assert post.house.csr.post(f"{path}/cancel").json["state"] == "cancelled"
    assert post.house.csr.post(f"{path}/cancel").status == 200
    post.world.pump()
    assert post.sent(account) == []
    sent = post.house.csr.post(f"/v1/accounts/{account['id']}/messages", {"kind": "installation", "channel": "sms"})
    post.world.pump()
    late = post.house.csr.post(f"/v1/messages/{made(sent)['id']}/cancel")
    assert (late.status, late.code) == (409, "on_its_way")


def test_a_gateway_without_credit_is_out_and_its_traffic_moves(post: Post) -> None:
    second = made(post.house.admin.post("/v1/gateways", vonage(post.fakes, name="Second", weight=1)))["id"]
    post.house.admin.post(f"/v1/gateways/{second}/test", {"to": "+41790009998"})
    account = post.account("0011", "installation")  # a number for which no credit is left
    post.world.pump()
    message = post.message(account)
    assert [attempt["outcome"] for attempt in message["attempts"]] == ["rejected_config"] * 2
    assert {attempt["gateway_id"] for attempt in message["attempts"]} == {post.gateway, second}
    assert message["state"] == "queued"
    for gateway in (post.gateway, second):
        shown = post.house.admin.get(f"/v1/gateways/{gateway}").json
        assert (shown["state"], shown["reason"]) == ("out", "9: Quota Exceeded - rejected")
    refused = post.house.csr.post(f"/v1/accounts/{account['id']}/messages", {"kind": "installation", "channel": "sms"})
    assert (refused.status, refused.code) == (409, "not_ready")
    assert "is out" in refused.json["error"]["message"]


def test_an_inherited_gateway_sends_and_hides_what_it_is_and_costs(world: World, house: House, post: Post) -> None:
    posting(world, House(**{**vars(house), "admin": world.provider}), post.fakes)
    assert post.house.admin.delete(f"/v1/gateways/{post.gateway}").status == 204
    account = post.account("0001", "installation")
    world.pump()
    message = post.message(account)
    (attempt,) = message["attempts"]
    assert (message["state"], attempt["inherited"], attempt["gateway_id"], attempt["price"]) == (
        "sent",
        True,
        None,
        None,
    )
    assert post.house.admin.get("/v1/gateways").json["items"] == []


def test_no_table_holds_a_text_an_address_or_a_secret(post: Post) -> None:
    from tests.fakes.vonage import API_SECRET

    account = post.account("0001", "activation")
    post.world.pump()
    (sms,) = post.sent(account)
    token = sms.text.rpartition("/a/")[2]
    receipt_secret = (sms.receipt_url or "").rpartition("/")[2]
    for table in ("messages", "audit", "history", "limits", "requests"):
        rows = str(post.world.cloud.rows(table))
        for secret in (token, receipt_secret, API_SECRET, account["mobile"], sms.text):
            assert secret not in rows, table
