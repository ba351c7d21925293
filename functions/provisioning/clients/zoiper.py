"""Zoiper (the OEM and paid versions): `<options>` XML in two dialects, asked for with a one-time code. What is carried
and what is not: docs/clients/zoiper.md.

Facts: https://github.com/ZoiPer/provisioningexample (README and index.php) and
https://oem.zoiper.com/docs/token-based-provisioning.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.etree import ElementTree as ET

from functions.provisioning.clients import (
    Asked,
    ClientFile,
    Codec,
    Delivery,
    Launch,
    Phone,
    Refusal,
    SecurityModel,
    Start,
    Transport,
    Unreadable,
    Unrenderable,
)
from functions.provisioning.clients._address import is_https
from functions.provisioning.clients._redeeming import code, value
from functions.provisioning.clients._xml import child, document

NAME: Final = "zoiper"
TITLE: Final = "Zoiper"
DELIVERY: Final = Delivery.redeem
# `SDES` is the strictest that the file can say; ZRTP is only ever tried, never demanded.
SECURITY_MODELS: Final = frozenset({SecurityModel.end_to_site})
PLATFORMS: Final = ("android", "ios", "windows", "macos", "linux")
# `page_url` is ours to use; every other key is an element of the account in the new dialect.
EXTRA: Final = re.compile(
    r"page_url|SIP_dtmf_style|SIP_use_blf|SIP_use_rport|do_not_play_ringback_tones|enable_push_notifications|force_rfc3264"
    r"|mwi_subscribe_usage|number_rewriting_country|number_rewriting_prefix|use_kpml|use_number_rewriting"
    r"|use_overlap_dialing|voicemail_check_extension|voicemail_transfer_extension"
)

OLD: Final = "old"  # the dialect of version 1.0
NEW: Final = "new"
TOKEN: Final = "token"  # the credentials alone, for a document that came without  # noqa: S105

_PROVISIONING_VERSION: Final = "1.14"  # whose elements these are; an older app skips those it does not know
_VERSION: Final = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,3}")
_TRANSPORT_NUMBERS: Final[dict[Transport, str]] = {"udp": "0", "tcp": "1", "tls": "2"}
_CODEC_IDS: Final[dict[Codec, str]] = {
    "pcmu": "0",
    "gsm": "1",
    "pcma": "6",
    "g722": "7",
    "g729": "16",
    "speex": "25",  # the wide one
    "ilbc": "27",
    "opus": "37",  # the full one
}
_STUN_PORT: Final = "3478"

Values = dict[str, str]


def render(phone: Phone) -> ClientFile:
    """The whole document in the new dialect. Raises Unrenderable for a text XML cannot carry, a key that EXTRA does not
    match, or a missing or wrong `page_url`."""
    return _new(phone, {"password": phone.credentials.password})


def launch(start: Start) -> Launch:
    """The page at Zoiper that opens the app, or shows what its scanner reads: with the code as token and as password,
    and where to redeem it."""
    page = urlsplit(_page_url(start.extra))
    ours = {"u": start.username, "p": start.ticket, "t": start.ticket, "x": start.endpoint}
    kept = [(name, text) for name, text in parse_qsl(page.query, keep_blank_values=True) if name not in ours]
    url = page._replace(query=urlencode([*kept, *ours.items()])).geturl()
    return Launch(url=url, fallback=True, scan=url)


def read_request(parameters: Mapping[str, str]) -> Asked:
    """A token to redeem, or user name, code and the version of the dialect that the app speaks."""
    if value(parameters, "token") is not None:
        return Asked(ticket=code(parameters, "token"), form=TOKEN)
    version = value(parameters, "version") or "1.0"
    if not _VERSION.fullmatch(version):
        raise Unreadable("This is no version of Zoiper's provisioning.")
    return Asked(ticket=code(parameters, "password"), form=NEW if _number(version) > (1, 0) else OLD)


def answer(phone: Phone, asked: Asked) -> ClientFile:
    """The new dialect without the password, and with the address where the token brings it; the old one, which knows no
    tokens, with it; or the credentials alone."""
    if asked.form == TOKEN:
        return _redeemed(phone)
    if asked.form == OLD:
        return _old(phone)
    if not asked.endpoint:
        return render(phone)
    return _new(phone, {"token": asked.ticket, "token_url": f"{asked.endpoint}?token="})


def refusal(words: str) -> Refusal:
    error = ET.Element("error")
    error.text = words
    return Refusal(200, _file(error))  # as Zoiper's own example answers


def _new(phone: Phone, secret: Values) -> ClientFile:
    _page_url(phone.extra)
    options = ET.Element("options")
    child(options, "prov_version", _PROVISIONING_VERSION)
    values = {
        "ident": f"{phone.number}@{phone.domain}",
        "name": phone.full_name,
        "username": phone.number,
        **secret,
        "register_on_startup": "true",
        "protocol": "SIP",
        "SIP_domain": phone.domain,
        "SIP_use_outbound_proxy": "true",
        "SIP_outbound_proxy": f"{phone.proxy_host}:{phone.proxy_port}",
        "SIP_transport_type": phone.transport.upper(),
        "SIP_use_auth_username": "true",
        "SIP_auth_username": phone.credentials.username,
        "SIP_callerId": phone.full_name,
        "SIP_srtp_mode": "SDES",
        "SIP_keep_alive_mode": "default" if phone.keep_alive else "disabled",
        "reregistration_mode": "custom",
        "reregistration_time": str(phone.register_expires_seconds),
        **_settings(phone.extra),
    }
    account = _account(options, values)
    _stun(account, phone.stun_server)
    _codecs(account, phone.codecs)
    diagnostics = child(options, "diagnostics")
    child(diagnostics, "enable_debug_log", "true" if phone.client_logging else "false")
    return _file(options)


def _old(phone: Phone) -> ClientFile:
    """Version 1.0. It has no field for another user name in the digest, so the phone is known by that one; and none
    for SRTP, which its user switches on."""
    stun_host, _, stun_port = (phone.stun_server or "").partition(":")
    options = ET.Element("options")
    _account(
        options,
        {
            "username": phone.credentials.username,
            "password": phone.credentials.password,
            "tech": "0",  # SIP
            "host": phone.domain,
            "port": str(phone.proxy_port),
            "outbound_proxy": phone.proxy_host,
            "use_outbound_proxy": "1",
            "outbound_proxy_port": str(phone.proxy_port),
            "register_on_startup": "1",
            "context": "",
            "reregistration_time": str(phone.register_expires_seconds),
            "transport_type": _TRANSPORT_NUMBERS[phone.transport],
            "use_stun": "1" if stun_host else "0",
            "stun_host": stun_host,
            "stun_port": stun_port or _STUN_PORT,
        },
    )
    return _file(options)


def _redeemed(phone: Phone) -> ClientFile:
    options = ET.Element("options")
    _account(
        options,
        {
            "username": phone.number,
            "password": phone.credentials.password,
            "authentication_username": phone.credentials.username,
        },
    )
    return _file(options)


def _account(options: ET.Element, values: Values) -> ET.Element:
    account = child(child(options, "accounts"), "account")
    for name, text in values.items():
        child(account, name, text)
    return account


def _stun(account: ET.Element, server: str | None) -> None:
    host, _, port = (server or "").partition(":")
    stun = child(account, "stun")
    child(stun, "use_stun", "custom" if host else "disabled")
    if host:
        child(stun, "stun_host", host)
        child(stun, "stun_port", port or _STUN_PORT)


def _codecs(account: ET.Element, wanted: tuple[Codec, ...]) -> None:
    """The wanted ones in their order, the others off; the app's own choice where it knows none of them."""
    known = [codec for codec in wanted if codec in _CODEC_IDS]
    if not known:
        return
    codecs = child(account, "codecs")
    for priority, codec in enumerate([*known, *(codec for codec in _CODEC_IDS if codec not in known)], 1):
        entry = child(codecs, "codec")
        child(entry, "codec_id", _CODEC_IDS[codec])
        child(entry, "priority", str(priority))
        child(entry, "enabled", "true" if codec in known else "false")


def _page_url(extra: Mapping[str, str]) -> str:
    if "page_url" not in extra:
        raise Unrenderable("extra setting page_url: the address of the app's page at Zoiper is needed")
    if not is_https(extra["page_url"]) or "#" in extra["page_url"]:
        raise Unrenderable("extra setting page_url: not an https address of a page")
    return extra["page_url"]


def _settings(extra: Mapping[str, str]) -> Values:
    if not all(EXTRA.fullmatch(key) for key in extra):
        raise Unrenderable("an extra setting has a key that this client does not take")
    return {key: extra[key] for key in sorted(extra) if key != "page_url"}


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))[:2]


def _file(root: ET.Element) -> ClientFile:
    return ClientFile("application/xml", "zoiper.xml", document(root))
