"""Linphone: `lpconfig` XML, fetched by the client itself. What is carried and what is not: docs/clients/linphone.md.

The file holds an HA1, never the password. Facts: https://wiki.linphone.org/xwiki/wiki/public/view/Lib/Features/Remote%20Provisioning/
and liblinphone's own readers where said.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from functions.provisioning.clients import (
    ClientFile,
    Codec,
    Delivery,
    Launch,
    Phone,
    SecurityModel,
    Start,
    Unrenderable,
)
from functions.provisioning.clients._xml import child, document

NAME: Final = "linphone"
TITLE: Final = "Linphone"
DELIVERY: Final = Delivery.fetch
SECURITY_MODELS: Final = frozenset({SecurityModel.end_to_end, SecurityModel.end_to_site})
PLATFORMS: Final = ("android", "ios", "windows", "macos", "linux")
ASKS_FOR_CHANGES: Final = True

# What the file decides itself: a profile tightens by its own fields, and never loosens by an extra setting.
_OURS: Final = (
    "ui/hide_settings",
    "ui/hide_account_settings",
    "ui/hide_advanced_settings",
    "ui/assistant_hide_create_account",
    "ui/assistant_hide_third_party_account",
    "ui/disable_chat_feature",
    "ui/max_account",
)
# `section/key` of linphonerc: how the client looks and sounds, and a few by name. Nothing that touches identity,
# encryption, certificates, or where the next configuration comes from.
EXTRA: Final = re.compile(
    rf"(?!(?:{'|'.join(_OURS)})$)(?:"
    r"(?:app|sound|ui|video)/[a-z][a-z0-9_]{0,63}"
    r"|misc/(?:contacts-vcard-list|file_transfer_server_url|history_max_size|log_collection_upload_server_url|max_calls)"
    r"|net/(?:download_bw|dns_srv_enabled|mtu|upload_bw)"
    r"|proxy_0/(?:audio_video_conference_factory_uri|conference_factory_uri|dial_escape_plus|dial_prefix|publish"
    r"|push_notification_allowed|remote_push_notification_allowed|voicemail_uri)"
    r"|sip/(?:in_call_timeout|inc_timeout|use_info|use_rfc2833)"
    r")"
)

NAMESPACE: Final = "http://www.linphone.org/xsds/lpconfig.xsd"

_ENCRYPTION: Final = {SecurityModel.end_to_end: "zrtp", SecurityModel.end_to_site: "srtp"}
# Codec -> (mime, rate in Hz, channels) as liblinphone lists them.
_CODECS: Final[dict[Codec, tuple[str, int, int]]] = {
    "opus": ("opus", 48000, 2),
    "speex": ("speex", 16000, 1),
    "g722": ("G722", 8000, 1),
    "pcma": ("PCMA", 8000, 1),
    "pcmu": ("PCMU", 8000, 1),
    "gsm": ("GSM", 8000, 1),
    "amr": ("AMR", 8000, 1),
    "amr-wb": ("AMR-WB", 16000, 1),
    "g729": ("G729", 8000, 1),
    "ilbc": ("iLBC", 8000, 1),
}
_KEEP_ALIVE_MS: Final = 30_000  # liblinphone's own default; 0 is off

Sections = dict[str, dict[str, str]]


def render(phone: Phone) -> ClientFile:
    """Raises Unrenderable for a text XML cannot carry, or a key that EXTRA does not match."""
    sections: Sections = {
        **_sip(phone),
        **_account(phone),
        **_nat(phone),
        "ui": _ui(phone),
        "misc": _next_configuration(phone) | _misc(phone),
        **_codecs(phone),
    }
    return ClientFile("application/xml", "linphone.xml", _lpconfig(_with_extra(sections, phone.extra)))


def common(phone: Phone) -> str:
    """What all phones of one profile share, in the same form and without an account: what the management of devices
    gives them as `xmlConfig`. Raises Unrenderable like `render`."""
    sections: Sections = {
        "sip": {"verify_server_certs": "1", "verify_server_cn": "1"},
        **_nat(phone),
        "ui": _ui(phone),
        **({"misc": _misc(phone)} if phone.codecs else {}),
        **_codecs(phone),
    }
    general = {key: value for key, value in phone.extra.items() if not key.startswith("proxy_0/")}
    return _lpconfig(_with_extra(sections, general)).decode()


def launch(start: Start) -> Launch:
    """`linphone-config://HOST[:PORT]/PATH`, the one form every Linphone reads, and always as https; its scanner reads
    the plain address alone."""
    return Launch(url=f"linphone-config:{urlsplit(start.url)._replace(scheme='').geturl()}", scan=start.url)


def _sip(phone: Phone) -> Sections:
    period = str(_KEEP_ALIVE_MS if phone.keep_alive else 0)
    return {
        "sip": {
            "default_proxy": "0",
            "media_encryption": _ENCRYPTION[phone.security_model],
            "media_encryption_mandatory": "1",
            "verify_server_certs": "1",
            "verify_server_cn": "1",
            "keepalive_period": period,
            "tcp_tls_keepalive": "1" if phone.keep_alive else "0",
        }
    }


def _account(phone: Phone) -> Sections:
    edge = f"<sip:{phone.proxy_host}:{phone.proxy_port};transport={phone.transport}>"
    return {
        "proxy_0": {
            "reg_identity": f"{_quoted(phone.full_name)} <sip:{phone.number}@{phone.domain}>",
            "reg_proxy": edge,  # where REGISTER goes
            "reg_route": edge,  # where calls go; without it the client looks the domain up in the DNS
            "reg_expires": str(phone.register_expires_seconds),
            "reg_sendregister": "1",
            "realm": phone.credentials.realm,
        },
        # username: the identity's user part, by which the client finds this entry; userid: whom the HA1 was made for.
        "auth_info_0": {
            "username": phone.number,
            "userid": phone.credentials.username,
            "domain": phone.domain,
            "realm": phone.credentials.realm,
            "ha1": phone.credentials.ha1,
            "algorithm": phone.credentials.algorithm,
        },
    }


def _nat(phone: Phone) -> Sections:
    """Always written: nothing can be deleted from a phone, only overwritten."""
    return {
        "nat_policy_0": {
            "ref": "dialready",
            "stun_server": phone.stun_server or "",
            "protocols": "stun,ice" if phone.stun_server else "",
        },
        "net": {"nat_policy_ref": "dialready"},
    }


def _ui(phone: Phone) -> dict[str, str]:
    locked = "1" if phone.read_only_settings else "0"
    return {
        "hide_settings": locked,
        "hide_account_settings": locked,
        "hide_advanced_settings": locked,
        "assistant_hide_create_account": locked,
        "assistant_hide_third_party_account": locked,
        "disable_chat_feature": "0" if phone.messaging else "1",
        "max_account": "1" if phone.read_only_settings else "0",  # 0: as many as the person likes
    }


def _misc(phone: Phone) -> dict[str, str]:
    return {"add_missing_audio_codecs": "0"} if phone.codecs else {}


def _next_configuration(phone: Phone) -> dict[str, str]:
    """Where the phone looks at its next start. Without an address for later changes it forgets the ticket's, which
    answers for minutes only."""
    if phone.changes_url is None:
        return {"transient_provisioning": "1"}
    return {"config-uri": phone.changes_url, "transient_provisioning": "0"}


def _with_extra(sections: Sections, extra: Mapping[str, str]) -> Sections:
    for key, value in sorted(extra.items()):
        if not EXTRA.fullmatch(key):
            raise Unrenderable("an extra setting has a key that this client does not take")
        section, _, entry = key.partition("/")
        sections.setdefault(section, {})[entry] = value
    return sections


def _codecs(phone: Phone) -> Sections:
    """The wanted ones in their order, the others named and off, then an entry without a name, where the list ends.

    A phone that ran before has a list of its own, whose later entries would count as well (liblinphone, get_codec)."""
    if not phone.codecs:
        return {}
    ordered = [*phone.codecs, *(codec for codec in _CODECS if codec not in phone.codecs)]
    sections = {
        f"audio_codec_{index}": {
            "mime": _CODECS[codec][0],
            "rate": str(_CODECS[codec][1]),
            "channels": str(_CODECS[codec][2]),
            "enabled": "1" if codec in phone.codecs else "0",
        }
        for index, codec in enumerate(ordered)
    }
    return {**sections, f"audio_codec_{len(ordered)}": {"mime": ""}}


def _quoted(name: str) -> str:
    """A SIP quoted-string (RFC 3261 §25.1): backslash and double quote escaped.

    A backslash at the end gets a space behind it: Kamailio (5.6) takes a closing quote after one for an escaped quote,
    and answers REGISTER with 400, Contact parse error."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped} "' if name.endswith("\\") else f'"{escaped}"'


def _lpconfig(sections: Sections) -> bytes:
    root = ET.Element("config", {"xmlns": NAMESPACE})
    for name, entries in sections.items():
        section = child(root, "section", name=name)
        for key, value in entries.items():
            child(section, "entry", value, name=key, overwrite="true")  # else what the phone has stays
    return document(root)
