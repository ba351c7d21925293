"""Gateways: what an operator sets and reads back, what nobody reads back, and how a gateway proves itself."""

import pytest

from functions.common import clock
from functions.messaging.gateways import kinds
from functions.messaging.state import Attempt
from tests.api.post import TRIAL, fakes_fixture, post_fixture, posting, running_fixture, vonage  # noqa: F401 - fixtures
from tests.api.world import House, World, made
from tests.fakes.server import Fakes
from tests.fakes.vonage import API_SECRET


def test_a_gateway_is_made_read_listed_changed_and_deleted(house: House, fakes: Fakes) -> None:
    gateway = made(house.admin.post("/v1/gateways", vonage(fakes)))
    assert (gateway["kind"], gateway["channel"], gateway["state"]) == ("vonage_sms", "sms", "untested")
    path = f"/v1/gateways/{gateway['id']}"
    assert house.admin.get(path).json == gateway
    assert house.admin.get("/v1/gateways").json == {"items": [gateway], "cursor": None}
    renamed = house.admin.patch(path, {"name": "The cheap one", "weight": 9}).json
    assert (renamed["name"], renamed["weight"], renamed["settings"]) == ("The cheap one", 9, gateway["settings"])
    assert house.admin.delete(path).status == 204
    assert house.admin.get(path).status == house.admin.patch(path, {"weight": 1}).status == 404


def test_nobody_reads_a_secret_back(house: House, world: World, fakes: Fakes) -> None:
    reply = house.admin.post("/v1/gateways", vonage(fakes), key="once")
    replayed = house.admin.post("/v1/gateways", vonage(fakes), key="once")
    assert made(replayed) == made(reply)
    changed = house.admin.patch(f"/v1/gateways/{reply.json['id']}", {"secrets": {"api_secret": "another-secret"}})
    seen = [reply.text, changed.text, house.admin.get("/v1/gateways").text, house.admin.get("/v1/audit").text]
    seen += [str(world.cloud.rows(table)) for table in ("messages", "audit", "requests")]
    assert not [text for text in seen if API_SECRET in text or "another-secret" in text]
    assert "secrets" not in reply.json


def test_every_wrong_field_of_both_parts_is_named_at_once(house: House, fakes: Fakes) -> None:
    body = vonage(fakes, weight=0, colour="red") | {"settings": {"sender": "much too long a name"}, "secrets": {}}
    refused = house.admin.post("/v1/gateways", body)
    assert refused.status == 400
    assert refused.wrong.keys() == {"weight", "colour", "settings.api_key", "settings.sender", "secrets.api_secret"}
    gateway = made(house.admin.post("/v1/gateways", vonage(fakes)))["id"]
    refused = house.admin.patch(f"/v1/gateways/{gateway}", {"settings": {"api_key": ""}, "secrets": {"password": "x"}})
    assert refused.wrong.keys() == {
        "settings.api_key",
        "settings.sender",
        "secrets.api_secret",
        "secrets.password",
    }


@pytest.mark.parametrize("body", [{}, {"kind": "pigeon"}, {"kind": 7}, [], None, {"kind": "vonage_sms"}])
def test_a_body_without_a_known_kind_is_refused(house: House, body: object) -> None:
    refused = house.admin.post("/v1/gateways", body)
    assert (refused.status, refused.code) == (400, "invalid")


def test_a_test_that_is_taken_makes_it_ready(house: House, fakes: Fakes) -> None:
    path = f"/v1/gateways/{made(house.admin.post('/v1/gateways', vonage(fakes)))['id']}"
    for _ in range(3):
        result = house.admin.post(f"{path}/test", {"to": TRIAL, "text": "Hello"}, key="once")
        assert (result.status, result.json["outcome"], result.json["parts"]) == (200, "accepted", 1)
    (sms,) = fakes.sms  # three requests, one message
    assert (sms.text, sms.to) == ("Hello", TRIAL.removeprefix("+"))
    shown = house.admin.get(path).json
    assert (shown["state"], shown["tested_at"] is not None) == ("ready", True)


def test_a_test_shows_later_whether_it_arrived(world: World, house: House, fakes: Fakes) -> None:
    post = posting(world, house, fakes)
    result = house.admin.post(f"/v1/gateways/{post.gateway}/test", {"to": "+41790008888"}).json
    post.report(fakes.sms[-1], "delivered")
    world.pump()
    assert house.admin.get(f"/v1/messages/{result['message_id']}").json["state"] == "delivered"
    assert world.house("Stranger Ltd").admin.get(f"/v1/messages/{result['message_id']}").status == 404


def test_wrong_credentials_take_it_out_and_right_ones_bring_it_back(house: House, fakes: Fakes) -> None:
    body = vonage(fakes, secrets={"api_secret": "wrong"})
    path = f"/v1/gateways/{made(house.admin.post('/v1/gateways', body))['id']}"
    result = house.admin.post(f"{path}/test", {"to": TRIAL}).json
    assert (result["outcome"], result["code"], result["words"]) == ("rejected_config", "4", "Bad Credentials")
    shown = house.admin.get(path).json
    assert (shown["state"], shown["reason"]) == ("out", "4: Bad Credentials")
    shown = house.admin.patch(path, {"secrets": {"api_secret": API_SECRET}}).json
    assert (shown["state"], shown["reason"]) == ("untested", None)
    assert house.admin.post(f"{path}/test", {"to": TRIAL}).json["outcome"] == "accepted"
    assert house.admin.get(path).json["state"] == "ready"


def test_a_refused_recipient_says_nothing_of_the_gateway(house: House, fakes: Fakes) -> None:
    path = f"/v1/gateways/{made(house.admin.post('/v1/gateways', vonage(fakes)))['id']}"
    assert house.admin.post(f"{path}/test", {"to": "+41790000010"}).json["outcome"] == "rejected_recipient"
    assert house.admin.get(path).json["state"] == "untested"


@pytest.mark.parametrize("to", ["", "12", "person@example.net", "+1", "+4179000000\n"])
def test_a_test_needs_somebody_to_send_to(house: House, fakes: Fakes, to: str) -> None:
    path = f"/v1/gateways/{made(house.admin.post('/v1/gateways', vonage(fakes)))['id']}"
    refused = house.admin.post(f"{path}/test", {"to": to})
    assert (refused.status, set(refused.wrong)) == (400, {"to"})


def test_sending_waits_for_a_gateway_that_was_tested(house: House, fakes: Fakes) -> None:
    account = house.account()
    wanted = {"kind": "installation", "channel": "sms"}
    for expected in ("There is no gateway for sms", "No gateway for sms was tested yet"):
        refused = house.csr.post(f"/v1/accounts/{account['id']}/messages", wanted)
        assert (refused.status, refused.code) == (409, "not_ready")
        assert refused.json["error"]["message"].startswith(expected)
        house.admin.post("/v1/gateways", vonage(fakes))


def test_traffic_is_shared_by_weight(world: World, house: House, fakes: Fakes) -> None:
    from functions.messaging.gateway_choice import usable
    from functions.messaging.gateways import Channel

    heavy = made(house.admin.post("/v1/gateways", vonage(fakes, weight=3)))["id"]
    light = made(house.admin.post("/v1/gateways", vonage(fakes, weight=1)))["id"]
    first = [usable(house.tenant, Channel.sms, f"m{number}")[0].gateway.id for number in range(200)]
    assert 120 <= first.count(heavy) <= 180
    tried = Attempt(number=1, gateway=heavy, gateway_tenant=house.tenant, started_at=clock.now())
    assert usable(house.tenant, Channel.sms, "m1", attempts=[tried])[0].gateway.id == light
    assert first[:5] == [usable(house.tenant, Channel.sms, f"m{number}")[0].gateway.id for number in range(5)]


def test_every_kind_of_gateway_has_its_place_in_the_schema() -> None:
    import msgspec

    from functions.messaging.gateway_types import NewGateway, ShownGateway

    (new, shown), components = msgspec.json.schema_components([NewGateway, ShownGateway])
    assert set(new["discriminator"]["mapping"]) == set(shown["discriminator"]["mapping"]) == set(kinds())
    assert components


def test_a_csr_neither_sees_nor_sets_gateways(house: House, fakes: Fakes) -> None:
    assert house.csr.post("/v1/gateways", vonage(fakes)).status == house.csr.get("/v1/gateways").status == 403


def test_a_mail_server_is_a_gateway_too(world: World, house: House, fakes: Fakes) -> None:
    settings = {"host": "127.0.0.1", "port": fakes.smtp_port, "security": "none", "sender": "phones@example.net"}
    gateway = made(house.admin.post("/v1/gateways", {"kind": "smtp", "name": "Mail", "settings": settings}))
    assert house.admin.post(f"/v1/gateways/{gateway['id']}/test", {"to": "a@example.net"}).json["outcome"] == "accepted"
    house.account(
        email="person@example.net", messages=[{"kind": "activation", "channel": "email"}], full_name="<b>Bo</b>"
    )
    world.pump()
    mail = fakes.mails[-1]
    assert (mail.to, mail.subject.startswith("Make your new number +1202555")) == ("person@example.net", True)
    assert f"https://{house.host}/a/" in mail.text
    assert "It is valid for 24 hours." in mail.text
    assert "call" not in mail.text.lower()  # the profile has no customer service phone
    assert "&lt;b&gt;Bo&lt;/b&gt;" in (mail.html or "")
