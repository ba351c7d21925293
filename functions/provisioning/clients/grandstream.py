"""Grandstream Wave: the XML text of the QR code that its scanner reads. What is carried, and why it is shown at the
desk alone: docs/clients/grandstream.md.

The code holds the password, and the app has no other way to be configured by us. Facts: the QR codes of FusionPBX and
Issabel for this app.
"""

import re
from typing import Final
from xml.etree import ElementTree as ET

from functions.provisioning.clients import ClientFile, Delivery, Launch, Phone, SecurityModel, Start, Unrenderable
from functions.provisioning.clients._xml import child, line

NAME: Final = "grandstream"
TITLE: Final = "Grandstream Wave"
DELIVERY: Final = Delivery.shown
# The code has no field for encryption: its user switches SRTP on, and the SIP server refuses calls without it.
SECURITY_MODELS: Final = frozenset({SecurityModel.end_to_site})
PLATFORMS: Final = ("android", "ios")
EXTRA: Final = re.compile(r"Dialplan|Voicemail")

_DIAL_PLAN: Final = r"{x+|\+x+|*x+|*xx*x+}"  # digits, international numbers, services


def render(phone: Phone) -> ClientFile:
    """The text of the code. Raises Unrenderable for a text XML cannot carry, or a key that EXTRA does not match."""
    if not all(EXTRA.fullmatch(key) for key in phone.extra):
        raise Unrenderable("an extra setting has a key that this client does not take")
    values = {
        "RegisterServer": phone.domain,
        "OutboundServer": f"{phone.proxy_host}:{phone.proxy_port}",
        "SecOutboundServer": "",
        "UserID": phone.number,
        "AuthID": phone.credentials.username,
        "AuthPass": phone.credentials.password,
        "AccountName": phone.number,
        "DisplayName": phone.full_name,
        "Dialplan": _DIAL_PLAN,
        "RandomPort": "0",
        "Voicemail": "",
        **phone.extra,
    }
    root = ET.Element("AccountConfig", {"version": "1"})
    account = child(root, "Account")
    for name, text in values.items():
        child(account, name, text)
    return ClientFile("application/xml", "grandstream.xml", line(root))


def launch(_start: Start) -> Launch:
    """No link: whoever reads the code has the password, so that it is shown once at the desk, of `render`."""
    return Launch()
