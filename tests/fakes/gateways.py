"""For every kind of gateway the body that creates one at its fake: settings and secrets that the fake knows."""

from collections.abc import Mapping

from tests.fakes import aspsms, clickatell, clickatell_http, orange, orange_contact, smtp, vonage, vonage_messages
from tests.fakes.server import Fakes

Body = dict[str, object]

SENDER = "DialReady"
SENDER_NUMBER = "+12025550100"  # nobody's: kept free for examples


def sms_bodies(fakes: Fakes) -> Mapping[str, Body]:
    """Every SMS kind's, by kind. End User Messaging needs its endpoint in the environment, too: `aws_endpoint`."""
    at = fakes.base_url
    return {
        "aspsms": _body(
            "aspsms",
            {"user_key": aspsms.USER_KEY, "sender": SENDER, "base_url": f"{at}/aspsms"},
            {"password": aspsms.PASSWORD},
        ),
        "aws_sms": _body("aws_sms", {"configuration_set": "local", "region": "eu-west-1"}, {}),
        "clickatell": _body("clickatell", {"base_url": f"{at}/clickatell"}, {"api_key": clickatell.API_KEY}),
        "clickatell_http": _body(
            "clickatell_http",
            {"user": clickatell_http.USER, "api_id": clickatell_http.API_ID, "base_url": f"{at}/clickatell-http"},
            {"password": clickatell_http.PASSWORD},
        ),
        "orange": _body(
            "orange",
            {"client_id": orange.CLIENT_ID, "country_sender": orange.COUNTRY_SENDER, "base_url": f"{at}/orange"},
            {"client_secret": orange.CLIENT_SECRET},
        ),
        "orange_contact": _body(
            "orange_contact",
            {"username": orange_contact.USERNAME, "base_url": f"{at}/orange-contact/api/v1.2"},
            {"password": orange_contact.PASSWORD},
        ),
        "orange_contact_light": _body(
            "orange_contact_light",
            {"base_url": f"{at}/orange-contact/api/light"},
            {"token": orange_contact.LIGHT_TOKEN},
        ),
        "vonage_messages": _body(
            "vonage_messages",
            {
                "api_key": vonage_messages.API_KEY,
                "sender": SENDER,
                "base_url": f"{at}/vonage-messages",
                "account_url": f"{at}/vonage-messages",
            },
            {
                "api_secret": vonage_messages.API_SECRET,
                "signature_secret": vonage_messages.SIGNATURE_SECRET,
            },
        ),
        "vonage_sms": _body(
            "vonage_sms",
            {"api_key": vonage.API_KEY, "sender": SENDER, "base_url": f"{at}/vonage"},
            {"api_secret": vonage.API_SECRET},
        ),
    }


def mail_bodies(fakes: Fakes, sender: str) -> Mapping[str, Body]:
    """Every e-mail kind's, by kind; `sender` is an address from which SES may send."""
    authority = fakes.smtp_ca
    return {
        "gmail": _body(
            "gmail",
            {
                "address": smtp.USERNAME,
                "host": "127.0.0.1",
                "port": fakes.smtp_starttls_port,
                "ca_certificate": authority,
            },
            {"password": smtp.PASSWORD},
        ),
        # The embedded AWS does not say how fast SES may be asked.
        "ses": _body("ses", {"sender": sender}, {}) | {"rate": 50},
        "smtp": _body("smtp", {"host": "127.0.0.1", "port": fakes.smtp_port, "security": "none", "sender": sender}, {}),
    }


def aws_endpoint(fakes: Fakes) -> dict[str, str]:
    """What leads End User Messaging's client to its fake, for the functions' environment."""
    return {"AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2": f"{fakes.base_url}/aws-sms"}


def _body(kind: str, settings: Body, secrets: Body) -> Body:
    return {"kind": kind, "name": kind.replace("_", " "), "settings": settings, "secrets": secrets}
