"""PrivateGSM: our own XML, under a MIME type that the phone maps to the client. The format: docs/clients/privategsm.md.

It carries username and password in clear, which is its purpose: the ticket that leads to it is short-lived.
"""

import re
from typing import Final
from xml.etree import ElementTree as ET

from functions.provisioning.clients import ClientFile, Delivery, Launch, Phone, SecurityModel, Start, Unrenderable
from functions.provisioning.clients._xml import child, document

NAME: Final = "privategsm"
TITLE: Final = "PrivateGSM"
DELIVERY: Final = Delivery.download
SECURITY_MODELS: Final = frozenset({SecurityModel.end_to_end, SecurityModel.end_to_site})
PLATFORMS: Final = ("android", "ios", "blackberry", "symbian")
# `content_type` replaces the MIME type; every other key is handed to the client as it is.
EXTRA: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")

NAMESPACE: Final = "urn:dialready:privategsm:1"
CONTENT_TYPE: Final = "application/vnd.privategsm.provisioning+xml"

_MIME_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"  # RFC 6838 §4.2
_MIME: Final = re.compile(rf"{_MIME_NAME}/{_MIME_NAME}")
_ENCRYPTION: Final = {SecurityModel.end_to_end: "zrtp", SecurityModel.end_to_site: "srtp"}

Value = str | int | bool | None


def render(phone: Phone) -> ClientFile:
    """Raises Unrenderable for a text XML cannot carry, a key that EXTRA does not match, or a wrong MIME type."""
    settings = dict(phone.extra)
    content_type = settings.pop("content_type", CONTENT_TYPE)
    if not _MIME.fullmatch(content_type):
        raise Unrenderable("extra setting content_type: not a MIME type")

    root = ET.Element("provisioning", {"xmlns": NAMESPACE})
    _section(root, "account", full_name=phone.full_name, number=phone.number, language=phone.language)
    _section(
        root,
        "credentials",
        username=phone.credentials.username,
        password=phone.credentials.password,
        realm=phone.credentials.realm,
        algorithm=phone.credentials.algorithm,
    )
    _section(
        root,
        "sip",
        domain=phone.domain,
        proxy_host=phone.proxy_host,
        proxy_port=phone.proxy_port,
        transport=phone.transport,
        register_expires_seconds=phone.register_expires_seconds,
        keep_alive=phone.keep_alive,
        stun_server=phone.stun_server,
    )
    media = _section(
        root,
        "media",
        security_model=phone.security_model.value,
        encryption=_ENCRYPTION[phone.security_model],
        encryption_mandatory=True,
    )
    for codec in phone.codecs:
        child(media, "codec", codec)
    _section(root, "obfuscation", enabled=phone.obfuscation, key=phone.obfuscation_key)
    _section(
        root,
        "pin",
        required=phone.pin.required,
        idle_lock_minutes=phone.pin.idle_lock_minutes,
        attempts=phone.pin.attempts,
        lockout_minutes=phone.pin.lockout_minutes,
    )
    _section(
        root,
        "policy",
        read_only_settings=phone.read_only_settings,
        messaging=phone.messaging,
        history_size_editable=phone.history_size_editable,
        client_logging=phone.client_logging,
        oem_licence_code=phone.oem_licence_code,
    )
    _section(
        root,
        "support",
        phone=phone.customer_service_phone,
        email=phone.customer_service_email,
        test_call_number=phone.test_call_number,
    )
    extra = ET.SubElement(root, "extra")
    for key in sorted(settings):
        if not EXTRA.fullmatch(key):
            raise Unrenderable("an extra setting has a key that this client does not take")
        child(extra, "setting", settings[key], name=key)
    return ClientFile(content_type, "activation.privategsm", document(root))


def launch(start: Start) -> Launch:
    """The ticket itself: the browser follows it to the file, whose MIME type starts the client."""
    return Launch(url=start.url, fallback=True, file=True)


def _section(root: ET.Element, name: str, **values: Value) -> ET.Element:
    """One element with a child per value that is set: true/false as in XML Schema, whole numbers in decimal."""
    section = ET.SubElement(root, name)
    for key, value in values.items():
        if value is not None:
            child(section, key, str(value).lower() if isinstance(value, bool) else str(value))
    return section
