"""A house that can send: an SMS gateway and a mail server, both fakes at the provider's wire."""

from tests.api.world import House, made
from tests.fakes.server import Fakes
from tests.fakes.vonage import API_KEY, API_SECRET

SENT = {"kind": "activation", "channel": "sms"}, {"kind": "activation", "channel": "email"}


def make_able_to_send(house: House, fakes: Fakes) -> None:
    """Gives the house tested gateways; the fakes have forgotten what they saw before."""
    sms = {
        "kind": "vonage_sms",
        "name": "SMS",
        "settings": {"api_key": API_KEY, "sender": "DialReady", "base_url": f"{fakes.base_url}/vonage"},
        "secrets": {"api_secret": API_SECRET},
    }
    smtp = {
        "kind": "smtp",
        "name": "Mail",
        "settings": {"host": "127.0.0.1", "port": fakes.smtp_port, "security": "none", "sender": "phones@example.net"},
    }
    for body, to in ((sms, "+12025550104"), (smtp, "ok@example.net")):
        gateway = made(house.admin.post("/v1/gateways", body))["id"]
        tested = house.admin.post(f"/v1/gateways/{gateway}/test", {"to": to})
        assert tested.json["outcome"] == "accepted", tested.text
    fakes.reset()
