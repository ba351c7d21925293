"""Client apps: one module per softphone, named for it, and the few types all of them share.

A client module is pure: it knows the form of one softphone's file and nothing else.

    NAME, PLATFORMS             what it is called and where it runs
    DELIVERY                    how the file reaches the phone
    SECURITY_MODELS             the models it can keep; an account with another one is refused when saved
    EXTRA                       the keys a profile may set for this client beyond what every client knows
    render(phone)               the file; raises Unrenderable
    launch_url(ticket_url)      what a link on the activation page points at to start the client

A new client is a new module, its page in docs/clients/ and its test; nothing else names it.
"""

import re
from enum import StrEnum
from importlib import import_module
from pkgutil import iter_modules
from typing import Literal, Protocol, cast

import msgspec


class Delivery(StrEnum):
    """How a file reaches the phone."""

    download = "download"  # the browser follows the ticket to the file; its MIME type starts the client
    fetch = "fetch"  # the client is started by its own scheme and reads the ticket itself, following no redirect


class SecurityModel(StrEnum):
    """Who can hear a call. Signalling is over TLS in both."""

    end_to_end = "end-to-end"  # mandatory ZRTP: the two phones alone
    end_to_site = "end-to-site"  # mandatory SRTP: the phones and the servers between them


Algorithm = Literal["MD5", "SHA-256"]
Transport = Literal["tls", "tcp", "udp"]
Codec = Literal["opus", "speex", "g722", "pcma", "pcmu", "gsm", "amr", "amr-wb", "g729", "ilbc"]


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What one device proves itself with. Lives in memory while a file is made, and in the file."""

    username: str  # the digest user, not the number
    password: str
    realm: str
    ha1_md5: str  # lower-case hex
    ha1_sha256: str  # RFC 8760
    algorithm: Algorithm = "SHA-256"  # what the realm's SIP server challenges with

    def __repr__(self) -> str:
        return f"Credentials(username={self.username!r}, realm={self.realm!r}, …)"  # tracebacks and logs keep no secret

    @property
    def ha1(self) -> str:
        """The one of both that `algorithm` needs."""
        return self.ha1_sha256 if self.algorithm == "SHA-256" else self.ha1_md5


class PinPolicy(msgspec.Struct, frozen=True, kw_only=True):
    required: bool = False
    idle_lock_minutes: int = 10
    attempts: int = 5
    lockout_minutes: int = 1


class Phone(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a file may say, already resolved: provider, tenant, group, profile and account in one."""

    full_name: str  # shown to who is called
    number: str  # E.164 with +, or an extension; the user part of the SIP address
    credentials: Credentials
    domain: str  # the SIP domain
    proxy_host: str
    proxy_port: int
    transport: Transport = "tls"
    register_expires_seconds: int = 3600
    stun_server: str | None = None  # host or host:port
    codecs: tuple[Codec, ...] = ()  # most wanted first; none leaves the client's own choice
    security_model: SecurityModel
    obfuscation: bool = True
    obfuscation_key: int = 9  # must be the server's, else calls fail or are silent
    keep_alive: bool = True
    language: str = "en"
    customer_service_phone: str | None = None
    customer_service_email: str | None = None
    test_call_number: str | None = None
    client_logging: bool = False
    read_only_settings: bool = False
    oem_licence_code: str | None = None
    messaging: bool = True
    history_size_editable: bool = True
    pin: PinPolicy = PinPolicy()
    extra: dict[str, str] = {}  # keys that the client's EXTRA matches


class ClientFile(msgspec.Struct, frozen=True):
    content_type: str
    file_name: str  # ASCII
    body: bytes

    def __repr__(self) -> str:
        return f"ClientFile({self.content_type!r}, {self.file_name!r}, {len(self.body)} bytes)"


class Unrenderable(ValueError):
    """A value cannot stand in this client's file. The message names the field, never the value."""


class Client(Protocol):
    NAME: str
    DELIVERY: Delivery
    SECURITY_MODELS: frozenset[SecurityModel]
    PLATFORMS: tuple[str, ...]
    EXTRA: re.Pattern[str]

    def render(self, phone: Phone) -> ClientFile: ...

    def launch_url(self, ticket_url: str) -> str: ...


def clients() -> tuple[str, ...]:
    """Every client there is, alphabetically: the modules of this package whose name has no underscore in front."""
    return tuple(sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_")))


def client(name: str) -> Client:
    """The module for a name of `clients()`; only the one asked for is imported.

    Raises KeyError for any other name."""
    if name not in clients():
        raise KeyError(name)
    return cast(Client, import_module(f"{__name__}.{name}"))
