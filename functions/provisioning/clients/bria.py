"""Bria (desktop): the INI-like answer to its login, in which the person types user name and code. What is carried and
what is not: docs/clients/bria.md.

Facts: CounterPath's provisioning guides (Bria 4 Enterprise §1.4.4, §2.3; Bria Professional 2.5), its Bria 4
Configuration Guide §2.5 for encryption, and, for the names of settings, sipXconfig's counterpath plug-in.
"""

import re
from collections.abc import Mapping
from typing import Final

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
    Unrenderable,
)
from functions.provisioning.clients._redeeming import code
from functions.provisioning.clients._xml import carried

NAME: Final = "bria"
TITLE: Final = "Bria"
DELIVERY: Final = Delivery.redeem
SECURITY_MODELS: Final = frozenset({SecurityModel.end_to_site})
PLATFORMS: Final = ("windows", "macos")
# Bria's own names with / for its colons. Nothing that touches identity, encryption, or where the next settings come
# from.
EXTRA: Final = re.compile(
    r"(?:audio|rtp|ui)/[a-z0-9_]{1,64}/[a-z0-9_]{1,64}"
    r"|feature/call/[a-z0-9_]{1,64}"
    r"|proxies/proxy0/(?:digit_map|digit_map_timer_critical|digit_map_timer_partial|enable_session_timer"
    r"|forward_always|forward_always_uri|forward_busy|forward_busy_uri|subscribe_to_message_waiting|voicemail_url)"
)

_TRANSPORT: Final[dict[Transport, str]] = {"tls": "TLS", "tcp": "TCP", "udp": "UDP"}
_CODECS: Final[dict[Codec, str]] = {
    "g722": "g722",
    "g729": "g729",
    "gsm": "gsm",
    "ilbc": "ilbc",
    "pcma": "g711a",
    "pcmu": "g711u",
    "speex": "speex_wb",
}

Settings = dict[str, str]


def render(phone: Phone) -> ClientFile:
    """Raises Unrenderable for a text that would not stay on its line, or a key that EXTRA does not match."""
    memory = {"proxies:proxy0:password": phone.credentials.password}  # used, and never written to the computer's disk
    return _file(
        "[DATA]",
        "Success=1",
        "[SETTINGS]",
        *_lines({**_account(phone), **_network(phone), **_general(phone), **_codecs(phone), **_extra(phone.extra)}),
        "[##MEMORY##]",
        *_lines(memory),
    )


def launch(start: Start) -> Launch:
    """Nothing starts it: the person types these into its login window."""
    return Launch(typed=(("server", start.endpoint), ("username", start.username), ("code", start.ticket)))


def read_request(parameters: Mapping[str, str]) -> Asked:
    return Asked(ticket=code(parameters, "Password"))


def answer(phone: Phone, _asked: Asked) -> ClientFile:
    return render(phone)


def refusal(words: str) -> Refusal:
    """Bria shows the text in its login window."""
    return Refusal(200, _file("[DATA]", "Success=0", *_lines({"Failure": words})))


def _account(phone: Phone) -> Settings:
    return _proxy(
        enabled="true",
        display_name=phone.full_name,
        username=phone.number,
        authorization_username=phone.credentials.username,
        domain=phone.domain,
        register="true",
        reregister_in_seconds=str(phone.register_expires_seconds),
        transport=_TRANSPORT[phone.transport],
        security_outgoing_srtp="true",  # with TLS: encrypted calls are made and accepted, and no others
    )


def _network(phone: Phone) -> Settings:
    return _proxy(
        override_outbound_proxy="true",
        proxy=f"{phone.proxy_host}:{phone.proxy_port}",
        override_stun_server="true" if phone.stun_server else "false",
        stun_server=phone.stun_server or "",
        firewall_traversal_mode="1" if phone.stun_server else "0",
        send_sip_keep_alive_messages="true" if phone.keep_alive else "false",
    )


def _general(phone: Phone) -> Settings:
    return {"system:diagnostics:enable_logging": "true" if phone.client_logging else "false"}


def _codecs(phone: Phone) -> Settings:
    """The wanted ones in their order, the others off; Bria's own choice where it knows none of them."""
    known = [codec for codec in phone.codecs if codec in _CODECS]
    if not known:
        return {}
    on = {f"codecs:{_CODECS[codec]}:enabled": "true" for codec in known}
    order = {f"codecs:{_CODECS[codec]}:priority": f"{place}.0" for place, codec in enumerate(known, 1)}
    off = {f"codecs:{name}:enabled": "false" for codec, name in _CODECS.items() if codec not in known}
    return {**on, **order, **off}


def _extra(extra: Mapping[str, str]) -> Settings:
    if not all(EXTRA.fullmatch(key) for key in extra):
        raise Unrenderable("an extra setting has a key that this client does not take")
    return {key.replace("/", ":"): extra[key] for key in sorted(extra)}


def _proxy(**settings: str) -> Settings:
    return {f"proxies:proxy0:{name}": text for name, text in settings.items()}


def _lines(settings: Settings) -> list[str]:
    """`name="text"`. The form has no escape, so that a text is what stands between the first and the last quotation
    mark of its line; what could end the line is refused."""
    for name, text in settings.items():
        if not carried(text) or re.search("[\u2028\u2029]", text):
            raise Unrenderable(f"{name}: a character that does not stay on a line")
    return [f'{name}="{text}"' for name, text in settings.items()]


def _file(*lines: str) -> ClientFile:
    """Ends with CR LF, or Bria would not read the last line."""
    body = "".join(f"{line}\r\n" for line in lines)
    return ClientFile("text/plain; charset=utf-8", "bria.ini", body.encode())
