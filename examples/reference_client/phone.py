"""A SIP phone without a face: registers over verified TLS, and takes calls that are encrypted.

It has no sound card: what it hears is thrown away, what it says is silence. PJSIP runs in this one thread."""

import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pjsua2 as pj

from .file import Settings, Unusable

USER_AGENT: Final = "DialReady reference client"
PATIENCE: Final = 30.0  # seconds until the first registration must have succeeded
GOOD_BYE: Final = 5.0  # seconds for the server to hear that we leave
SHOWN: Final = 80  # bytes of the name: PJSIP has 256 for an address with it, in which a quote takes two

Say = Callable[[str], None]


def run(settings: Settings, authorities: Path | None, say: Say, stopped: Callable[[], bool]) -> bool:
    """Registers and stays, until `stopped`; whether it ever was registered.

    authorities: a PEM file with the certificates that the server's is verified against; None for the system's. Raises
    Unusable for what this client cannot do."""
    if settings.encryption != "srtp":
        raise Unusable("This client cannot encrypt from phone to phone (ZRTP).")
    if settings.transport != "tls":
        raise Unusable("This client registers over TLS alone.")
    endpoint = _started(settings, authorities)
    line = _Line(say)
    try:
        line.create(_account(settings))
        until = time.monotonic() + PATIENCE
        while not stopped() and not line.failed and (line.registered or time.monotonic() < until):
            endpoint.libHandleEvents(50)
        was_registered = line.registered
        if was_registered:
            line.setRegistration(False)
            until = time.monotonic() + GOOD_BYE
            while line.registered and time.monotonic() < until:
                endpoint.libHandleEvents(50)
        return was_registered
    finally:
        line.shutdown()
        endpoint.libDestroy()


class _Line(pj.Account):  # type: ignore[misc]
    """The account at its SIP server."""

    def __init__(self, say: Say) -> None:
        super().__init__()
        self._say = say
        self._calls: list[Any] = []  # PJSIP ends a call that nobody holds
        self.registered = False
        self.failed = False

    def onRegState(self, prm: Any) -> None:  # noqa: N802 - PJSIP's name
        was, self.registered = self.registered, bool(self.getInfo().regIsActive)
        if self.registered and not was:
            self._say("registered")
        elif prm.code // 100 != 2:
            self._say(f"not registered: {prm.code} {prm.reason}")
            self.failed = not was  # later on PJSIP tries again by itself

    def onIncomingCall(self, prm: Any) -> None:  # noqa: N802
        call, taken = pj.Call(self, prm.callId), pj.CallOpParam()
        taken.statusCode = pj.PJSIP_SC_OK
        self._calls.append(call)
        self._say(f"called by {call.getInfo().remoteUri}")
        call.answer(taken)


def _started(settings: Settings, authorities: Path | None) -> Any:
    endpoint, config = pj.Endpoint(), pj.EpConfig()
    endpoint.libCreate()
    config.logConfig.level = config.logConfig.consoleLevel = 1
    config.uaConfig.threadCnt, config.uaConfig.mainThreadOnly = 0, True
    config.uaConfig.userAgent = USER_AGENT
    if settings.stun_server is not None:
        config.uaConfig.stunServer.append(settings.stun_server)
    endpoint.libInit(config)
    tls = pj.TransportConfig()
    tls.tlsConfig.verifyServer = True
    tls.tlsConfig.method = pj.PJSIP_TLSV1_2_METHOD
    tls.tlsConfig.CaListFile = str(authorities or _authorities_of_the_system())
    endpoint.transportCreate(pj.PJSIP_TRANSPORT_TLS, tls)
    endpoint.libStart()
    endpoint.audDevManager().setNullDev()
    _prefer(endpoint, settings.codecs)
    return endpoint


def _account(settings: Settings) -> Any:
    config, address = pj.AccountConfig(), f"sip:{settings.number}@{settings.domain}"
    config.idUri = f"{_quoted(settings.full_name)} <{address}>"
    config.regConfig.registrarUri = f"sip:{settings.domain}"
    config.regConfig.timeoutSec = settings.register_expires_seconds
    # Everything goes by way of the proxy, whose certificate is verified for this name.
    config.sipConfig.proxies.append(f"<sip:{settings.proxy_host}:{settings.proxy_port};transport=tls;lr>")
    config.sipConfig.authCreds.append(
        pj.AuthCredInfo("digest", settings.realm, settings.username, 0, settings.password)
    )
    config.mediaConfig.srtpUse = pj.PJMEDIA_SRTP_MANDATORY
    config.mediaConfig.srtpSecureSignaling = 1  # its keys travel in signalling, which must be TLS
    return config


def _prefer(endpoint: Any, codecs: tuple[str, ...]) -> None:
    """In this order, and no other ones; a wish that PJSIP can fulfil none of leaves its own choice."""
    known = [found.codecId for found in endpoint.codecEnum2()]
    wanted = [id_ for codec in codecs for id_ in known if id_.lower().startswith(f"{codec}/")]
    for id_ in known if wanted else ():
        endpoint.codecSetPriority(id_, 255 - wanted.index(id_) if id_ in wanted else 0)


def _quoted(name: str) -> str:
    """A display name as RFC 3261 §25.1 writes it."""
    shown = name.encode()[:SHOWN].decode(errors="ignore").rstrip("\\")  # Kamailio refuses a backslash at the end
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _authorities_of_the_system() -> str:
    return ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
