"""Which gateway a message takes, when one of them is out, and what becomes of a message that fails."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.common import clock
from functions.messaging import health
from tests.api.post import TRIAL, Post, fakes_fixture, post_fixture, running_fixture, vonage  # noqa: F401 - fixtures
from tests.api.world import House, World, changed, made
from tests.fakes.gateways import mail_bodies, sms_bodies
from tests.fakes.server import Fakes

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def add(post: Post, body: dict[str, object], **fields: object) -> str:
    """One more gateway of the house, tested."""
    gateway = str(made(post.house.admin.post("/v1/gateways", body | fields))["id"])
    tested = post.house.admin.post(
        f"/v1/gateways/{gateway}/test", {"to": TRIAL if "smtp" not in str(body) else "a@example.net"}
    )
    assert tested.json["outcome"] == "accepted", tested.text
    return gateway


def mail(post: Post) -> str:
    return add(post, dict(mail_bodies(post.fakes, "phones@example.net")["smtp"]))


def gateway(post: Post, id_: str) -> dict[str, object]:
    shown: dict[str, object] = post.house.admin.get(f"/v1/gateways/{id_}").json
    return shown


def tried(post: Post, account: dict[str, object]) -> list[tuple[str, str]]:
    return [(each["gateway_name"], each["outcome"]) for each in post.message(account)["attempts"]]


def test_the_lower_order_goes_first_and_the_other_takes_over_at_once(post: Post) -> None:
    add(post, dict(sms_bodies(post.fakes)["aspsms"]), order=2)
    calm = post.account("0001", "installation")
    post.world.pump()
    assert tried(post, calm) == [("Vonage", "accepted")]
    post.fakes.vonage.set_credit("0")
    moved = post.account("0002", "installation")
    post.world.pump()
    assert tried(post, moved) == [("Vonage", "rejected_config"), ("aspsms", "accepted")]
    assert (gateway(post, post.gateway)["state"], post.message(moved)["state"]) == ("out", "sent")


def test_one_that_is_out_is_probed_and_comes_back(post: Post) -> None:
    with clock.frozen(clock.now()):
        post.fakes.vonage.set_credit("0")
        account = post.account("0001", "installation")
        post.world.pump()
        assert gateway(post, post.gateway)["state"] == "out"
        for _ in range(2):
            clock.tick(timedelta(minutes=5))
            assert post.world.watch() == 1
            shown = gateway(post, post.gateway)
            assert (shown["state"], shown["credit"], shown["credit_unit"]) == ("out", "0.0", "EUR")
        post.fakes.vonage.set_credit("5")
        assert post.world.watch() == 0  # not yet
        clock.tick(timedelta(minutes=6))
        assert post.world.watch() == 1
        shown = gateway(post, post.gateway)
        assert (shown["state"], shown["credit"], shown["reason"]) == ("ready", "5.0", None)
        post.world.sweep()
        post.world.pump()
        assert post.message(account)["state"] == "sent"


def test_a_gateway_that_works_is_looked_after_and_goes_out_before_a_message_needs_it(post: Post) -> None:
    with clock.frozen(clock.now()):
        clock.tick(timedelta(minutes=1))
        post.world.watch()
        assert gateway(post, post.gateway)["checked_at"] is not None
        post.fakes.vonage.set_credit("0")
        clock.tick(timedelta(minutes=16))
        post.world.watch()
        assert gateway(post, post.gateway)["state"] == "out"


def test_a_row_of_failures_takes_it_out_and_one_failure_does_not(post: Post) -> None:
    add(post, dict(sms_bodies(post.fakes)["aspsms"]), order=2)
    post.account("0022", "installation")
    post.world.pump()
    assert gateway(post, post.gateway)["state"] == "ready"
    post.fakes.vonage.dead = True
    unlucky = [post.account("0001", "installation") for _ in range(health.FAILURES)]
    lucky = [post.account("0001", "installation") for _ in range(3)]
    post.world.pump()
    assert gateway(post, post.gateway)["state"] == "out"
    states = [post.message(account)["state"] for account in (*unlucky, *lucky)]
    assert states.count("unknown") == health.FAILURES - 1  # a 500 says nothing: nobody sends those again
    assert states.count("sent") == len(states) - health.FAILURES + 1


def test_a_sender_that_a_country_refuses_is_replaced_by_the_number(post: Post) -> None:
    changed(post.house.admin.patch(f"/v1/gateways/{post.gateway}", {"fallback_sender": "+12025550100"}))
    account = post.account("0012", "installation")  # where this provider allows no sender
    post.world.pump()
    attempts = post.message(account)["attempts"]
    assert [(each["gateway_name"], each["sender"]) for each in attempts] == [
        ("Vonage", None),
        ("Vonage", "+12025550100"),
    ]
    assert gateway(post, post.gateway)["state"] == "ready"
    assert "15" in str(gateway(post, post.gateway)["reason"])


def test_some_countries_see_a_number_at_once_and_others_the_name_that_is_set_for_them(post: Post) -> None:
    wanted = {
        "fallback_sender": "+12025550100",
        "senders": [{"countries": ["CH", "LI"], "sender": "Suisse"}],
    }
    post.house.admin.patch(f"/v1/gateways/{post.gateway}", wanted)
    for mobile in ("+12025550171", "+41790007777", "+447700900123"):
        post.house.account(mobile=mobile, messages=[{"kind": "installation", "channel": "sms"}])
    post.world.pump()
    assert {sms.to: sms.sender for sms in post.fakes.sms} == {
        "12025550171": "12025550100",
        "41790007777": "Suisse",
        "447700900123": "ACME",
    } | {TRIAL[1:]: "ACME"}


def test_a_gateway_serves_the_countries_that_it_is_for(post: Post) -> None:
    post.house.admin.patch(f"/v1/gateways/{post.gateway}", {"countries": ["CH"]})
    account = post.house.account(mobile="+12025550171")
    path, wanted = f"/v1/accounts/{account['id']}/messages", {"kind": "installation", "channel": "sms"}
    refused = post.house.csr.post(path, wanted)
    assert (refused.status, refused.json["error"]["message"]) == (
        409,
        "No gateway sends SMS to US. Add the country to one under /v1/gateways.",
    )
    add(post, dict(sms_bodies(post.fakes)["aspsms"]), countries=["US"])
    made(post.house.csr.post(path, wanted))
    post.world.pump()
    assert tried(post, account) == [("aspsms", "accepted")]


def test_a_message_that_fails_goes_by_the_other_channel_once(post: Post) -> None:
    mail(post)
    account = post.account("0010", "activation", email="ok@example.net")
    post.world.pump()
    by_channel = {message["channel"]: message for message in post.messages(account)}
    assert {channel: message["state"] for channel, message in by_channel.items()} == {"sms": "failed", "email": "sent"}
    assert by_channel["email"]["link_id"] == by_channel["sms"]["link_id"]
    assert "message.other_channel" in post.events(account)
    assert [mail.to for mail in post.fakes.mails if mail.to == "ok@example.net"] == ["ok@example.net"]


def test_a_message_that_did_not_arrive_goes_by_the_other_channel_unless_it_went_there_anyway(post: Post) -> None:
    mail(post)
    alone = post.account("0001", "activation", email="ok@example.net")
    both = post.house.account(
        mobile="+41790000002",
        email="both@example.net",
        messages=[{"kind": "activation", "channel": "sms"}, {"kind": "activation", "channel": "email"}],
    )
    post.world.pump()
    for account in (alone, both):
        (sms,) = post.sent(account)
        for _ in range(2):
            post.report(sms, "failed", err_code="9")
    post.world.pump()
    assert [mail.to for mail in post.fakes.mails].count("ok@example.net") == 1
    assert [mail.to for mail in post.fakes.mails].count("both@example.net") == 1
    assert len(post.messages(both)) == 2


def test_a_profile_may_keep_to_one_channel(post: Post) -> None:
    mail(post)
    post.house.admin.patch(f"/v1/profiles/{post.house.profile}", {"message_policy": {"other_channel": False}})
    account = post.account("0010", "activation", email="ok@example.net")
    post.world.pump()
    assert post.message(account)["state"] == "failed"


def test_an_unknown_message_is_settled_by_asking_its_provider(post: Post) -> None:
    with clock.frozen(NOON):
        post.house.admin.delete(f"/v1/gateways/{post.gateway}")
        add(post, dict(sms_bodies(post.fakes)["aspsms"]))
        account = post.account("0021", "installation")
        post.world.pump()
        assert post.message(account)["state"] == "unknown"
        post.fakes.courier.release()
        assert post.fakes.courier.settled()
        clock.tick(timedelta(minutes=2))
        post.world.sweep()
        post.world.pump()
        assert post.message(account)["state"] == "delivered"
        assert len(post.sent(account)) == 1


def test_a_trial_tenant_sends_to_its_guests_alone_and_shows_the_rest(world: World, post: Post) -> None:
    world.provider.patch(f"/v1/tenants/{post.house.tenant}", {"trial": True, "guests": ["+41790000001"]})
    guest, other = post.account("0001", "activation"), post.account("0002", "activation")
    post.world.pump()
    assert (post.message(guest)["state"], post.message(other)["state"]) == ("sent", "kept")
    assert (len(post.sent(guest)), len(post.sent(other))) == (1, 0)
    read = post.house.csr.get(f"/v1/messages/{post.message(other)['id']}/text")
    assert (read.status, read.json["to"]) == (200, "+41790000002")
    assert f"https://{post.house.host}/a/" in read.json["text"]
    assert post.house.csr.get(f"/v1/messages/{post.message(guest)['id']}/text").code == "not_kept"
    refused = post.house.admin.post(f"/v1/gateways/{post.gateway}/test", {"to": "+41790003333"})
    assert (refused.status, set(refused.wrong)) == (400, {"to"})


def test_a_tenant_on_trial_learns_without_a_gateway(world: World, house: House) -> None:
    changed(world.provider.patch(f"/v1/tenants/{house.tenant}", {"trial": True}))
    account = house.account(email="a@example.net", messages=[{"kind": "combined", "channel": "email"}])
    world.pump()
    (message,) = house.csr.get(f"/v1/accounts/{account['id']}/messages").json["items"]
    assert message["state"] == "kept"
    read = house.csr.get(f"/v1/messages/{message['id']}/text").json
    assert f"https://{house.host}/i/" in read["text"]
    assert "cid:qr" in read["html"]


def test_the_receipt_address_is_shown_to_who_sets_it_in_a_portal_and_noted(post: Post) -> None:
    shown = post.house.admin.post(f"/v1/gateways/{post.gateway}/receipt-address")
    assert shown.json["url"].startswith(f"https://{post.house.host}/receipts/{post.gateway}/")
    assert post.house.csr.post(f"/v1/gateways/{post.gateway}/receipt-address").status == 403
    entries = post.house.auditor.get("/v1/audit").json["items"]
    assert "gateway.receipt_address" in [entry["action"] for entry in entries]


@pytest.mark.parametrize(
    "kind", ["aspsms", "orange", "orange_contact", "clickatell", "clickatell_http", "vonage_messages"]
)
def test_every_kind_is_made_tested_probed_and_sends(world: World, house: House, fakes: Fakes, kind: str) -> None:
    path = f"/v1/gateways/{made(house.admin.post('/v1/gateways', sms_bodies(fakes)[kind]))['id']}"
    tested = house.admin.post(f"{path}/test", {"to": TRIAL}).json
    assert (tested["outcome"], house.admin.get(path).json["state"]) == ("accepted", "ready")
    house.account(mobile="+41790000001", messages=[{"kind": "installation", "channel": "sms"}], full_name="Žofia Öz")
    world.pump()
    assert len(fakes.sms) == 2
    assert f"https://{house.host}/i/" in fakes.sms[-1].text
    world.watch()
    shown = house.admin.get(path).json
    assert (shown["state"], shown["checked_at"] is not None) == ("ready", True), shown


def test_credit_prices_and_secrets_of_an_inherited_gateway_stay_its_owners(
    world: World, house: House, fakes: Fakes
) -> None:
    prices = {"currency": "EUR", "default": "0.05"}
    path = f"/v1/gateways/{made(world.provider.post('/v1/gateways', vonage(fakes, prices=prices)))['id']}"
    assert world.provider.post(f"{path}/test", {"to": TRIAL}).json["outcome"] == "accepted"
    account = house.account(mobile="+41790000001", messages=[{"kind": "installation", "channel": "sms"}])
    world.pump()
    preview = {"kind": "installation", "channel": "sms", "to": "+41790000001"}
    seen = [
        house.admin.get("/v1/gateways").text,
        house.csr.get(f"/v1/accounts/{account['id']}/messages").text,
        house.csr.get(f"/v1/accounts/{account['id']}/history").text,
        house.admin.get("/v1/readiness").text,
        house.admin.post("/v1/templates/preview", preview).text,
    ]
    assert not [text for text in seen if "0.05" in text or "0.0333" in text or "abcd1234" in text]
    assert house.admin.get(path).status == 404
