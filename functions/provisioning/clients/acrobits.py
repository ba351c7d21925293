"""Acrobits Cloud Softphone: `<account>` XML, which the app fetches by itself with the code that started it ("external
provisioning"). What is carried and what is not: docs/clients/acrobits.md.

Facts: https://doc.acrobits.net/cloudsoftphone/account.html, .../cloudsoftphone/qr.html and
https://doc.acrobits.net/provisioning/external_provisioning.html.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote
from xml.etree import ElementTree as ET

from functions.provisioning.clients import (
    Asked,
    ClientFile,
    Delivery,
    Launch,
    Phone,
    Refusal,
    SecurityModel,
    Start,
    Transport,
    Unrenderable,
)
from functions.provisioning.clients._redeeming import code
from functions.provisioning.clients._xml import child, document

NAME: Final = "acrobits"
TITLE: Final = "Acrobits"
DELIVERY: Final = Delivery.redeem
# SDES can be made mandatory by the file, ZRTP not by any setting that is known of.
SECURITY_MODELS: Final = frozenset({SecurityModel.end_to_site})
PLATFORMS: Final = ("android", "ios", "windows", "macos")
# `cloud_id` is ours to use; every other key is an element of the account. None that names an address: the app sends
# passwords to those.
EXTRA: Final = re.compile(
    r"cloud_id|icm|ignoreSymmetricNat|natTraversal|networkId|subscribeForVoicemail|voiceMailNumber"
)

_CLOUD_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\*?")  # `*`: the version that is not published yet
_TRANSPORT: Final[dict[Transport, str]] = {
    "tls": "tls+sip:",
    "tcp": "tcp",
    "udp": "udp",
}  # tls+sip: is TLS by sip: URIs


def render(phone: Phone) -> ClientFile:
    """Raises Unrenderable for a text XML cannot carry, a key that EXTRA does not match, or a missing or wrong
    `cloud_id`."""
    _cloud_id(phone.extra)
    values = {
        "title": phone.full_name,  # an empty one and the account is not saved
        "username": phone.number,
        "password": phone.credentials.password,
        "authUsername": phone.credentials.username,
        "userDisplayName": phone.full_name,
        "host": phone.domain,
        "proxy": f"{phone.proxy_host}:{phone.proxy_port}",
        "transport": _TRANSPORT[phone.transport],
        "expires": str(phone.register_expires_seconds),
        "sdesIncoming": "required",
        "sdesOutgoing": "required",
        "allowMessage": "1" if phone.messaging else "0",
        **({"natTraversal": "ice", "STUN": phone.stun_server} if phone.stun_server else {}),
        **_settings(phone.extra),
    }
    account = ET.Element("account")
    for name, text in values.items():
        child(account, name, text)
    return _file(account)


def launch(start: Start) -> Launch:
    """`csc:USER:CODE@CLOUDID`, as a link and as what the app's scanner reads: the code is sent as the password."""
    text = f"csc:{quote(start.username, safe='')}:{quote(start.ticket, safe='')}@{_cloud_id(start.extra)}"
    return Launch(url=text, scan=text)


def read_request(parameters: Mapping[str, str]) -> Asked:
    """The names are the portal's to choose; these are of Acrobits' own example and of the placeholders."""
    return Asked(ticket=code(parameters, "password", "cloud_password"))


def answer(phone: Phone, _asked: Asked) -> ClientFile:
    return render(phone)


def refusal(words: str) -> Refusal:
    """The app shows the message of any answer that is not 2xx."""
    error = ET.Element("error")
    child(error, "message", words)
    return Refusal(403, _file(error))


def _cloud_id(extra: Mapping[str, str]) -> str:
    if "cloud_id" not in extra:
        raise Unrenderable("extra setting cloud_id: the app's id in the Cloud Softphone portal is needed")
    if not _CLOUD_ID.fullmatch(extra["cloud_id"]):
        raise Unrenderable("extra setting cloud_id: not an id of the Cloud Softphone portal")
    return extra["cloud_id"]


def _settings(extra: Mapping[str, str]) -> dict[str, str]:
    if not all(EXTRA.fullmatch(key) for key in extra):
        raise Unrenderable("an extra setting has a key that this client does not take")
    return {key: extra[key] for key in sorted(extra) if key != "cloud_id"}


def _file(root: ET.Element) -> ClientFile:
    return ClientFile("application/xml", "acrobits.xml", document(root))
