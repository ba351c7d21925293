"""Client apps: one module per softphone, named for it, and the few types all of them share.

A client module is pure: it knows the form of one softphone's file and nothing else.

    NAME, TITLE, PLATFORMS      what we call it, what people call it, and where it runs
    DELIVERY                    how the file reaches the phone
    SECURITY_MODELS             the models it can keep; an account with another one is refused when saved
    EXTRA                       the keys a profile may set for this client beyond what every client knows
    render(phone)               the file; raises Unrenderable
    launch(start)               how the activation page starts the client; raises Unrenderable for a missing setting

and, of a client with `Delivery.redeem`, which exchanges a one-time code for its file at an address of its own:

    read_request(parameters)    what the client asks there; raises Unreadable
    answer(phone, asked)        what it is told; raises Unrenderable
    refusal(words)              how it is told that there is nothing for it

and, of a client that heeds `phone.changes_url`:

    ASKS_FOR_CHANGES            True

and, of a client that the management of a company's devices can configure:

    common(phone)               what all phones of one profile share, as that management gives it to the client

A new client is a new module, its page in docs/clients/ and its test; nothing else names it.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Literal, Protocol, cast

import msgspec


class Delivery(StrEnum):
    """How a file reaches the phone."""

    download = "download"  # the browser follows the ticket to the file; its MIME type starts the client
    fetch = "fetch"  # the client is started by its own scheme and reads the ticket itself, following no redirect
    redeem = (
        "redeem"  # the client sends the ticket as a one-time code to `/provisioning/{client}`, and is answered there
    )
    shown = (
        "shown"  # by no link at all: what is rendered holds the password, and is shown once at the desk as a QR code
    )


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
    changes_url: str | None = None  # where this device finds later changes of its file; None where it does not ask


class ClientFile(msgspec.Struct, frozen=True):
    content_type: str
    file_name: str  # ASCII
    body: bytes

    def __repr__(self) -> str:
        return f"ClientFile({self.content_type!r}, {self.file_name!r}, {len(self.body)} bytes)"


class Unrenderable(ValueError):
    """A value cannot stand in this client's file. The message names the field, never the value."""


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to start a client with, once the link was tapped."""

    ticket: str  # 23 letters and digits; for `redeem` the one-time code
    url: str  # https://host/p/{ticket}
    endpoint: str  # https://host/provisioning/{client}
    username: str  # the digest user
    platform: str | None = None  # of the browser that asks; None where it is not known
    extra: dict[str, str] = {}  # the profile's settings for this client


Typed = Literal["server", "username", "code"]


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """How the activation page starts a client. Nothing of it acts unasked."""

    url: str | None = None  # what the button points at; None where the person types into the client
    fallback: bool = False  # `url` leads somewhere useful where the client is missing (intent:, https:, a download)
    file: bool = False  # the ticket's address may be offered as a second way: a browser can take the file from it
    scan: str | None = None  # what the client's own scanner reads; for a page that is open on another device
    typed: tuple[tuple[Typed, str], ...] = ()  # what a person enters in the client, in this order


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asks at its own address."""

    ticket: str
    form: str = ""  # which of the client's dialects or documents; the module's own word
    endpoint: str = ""  # where it was asked, https://host/provisioning/{client}: whoever serves the request adds it


class Unreadable(ValueError):
    """A request that this client would not make. The message is for its user."""


class Refusal(msgspec.Struct, frozen=True):
    """An answer that gives nothing, in the client's own form."""

    status: int
    file: "ClientFile"


class Client(Protocol):
    NAME: str
    TITLE: str
    DELIVERY: Delivery
    SECURITY_MODELS: frozenset[SecurityModel]
    PLATFORMS: tuple[str, ...]
    EXTRA: re.Pattern[str]

    def render(self, phone: Phone) -> ClientFile: ...

    def launch(self, start: Start) -> Launch: ...


class Managed(Client, Protocol):
    """A client with managed app configuration."""

    def common(self, phone: Phone) -> str: ...


class Redeeming(Client, Protocol):
    """A client with `Delivery.redeem`."""

    def read_request(self, parameters: Mapping[str, str]) -> Asked: ...

    def answer(self, phone: Phone, asked: Asked) -> ClientFile: ...

    def refusal(self, words: str) -> Refusal: ...


@cache
def clients() -> tuple[str, ...]:
    """Every client there is, alphabetically: the modules of this package whose name has no underscore in front."""
    return tuple(sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_")))


def client(name: str) -> Client:
    """The module for a name of `clients()`; only the one asked for is imported.

    Raises KeyError for any other name."""
    if name not in clients():
        raise KeyError(name)
    return cast(Client, import_module(f"{__name__}.{name}"))


def asks_for_changes(name: str) -> bool:
    """Whether the client can be told an address at which it asks for changes at each start: it heeds `changes_url`."""
    return bool(getattr(client(name), "ASKS_FOR_CHANGES", False)) if name in clients() else False


def managed(name: str) -> Managed | None:
    """The module of a client with managed app configuration; None for every other name."""
    module = client(name) if name in clients() else None
    return cast(Managed, module) if hasattr(module, "common") else None


def redeeming(name: str) -> Redeeming | None:
    """The module of a client that redeems; None for every other name."""
    module = client(name) if name in clients() else None
    return cast(Redeeming, module) if module is not None and module.DELIVERY is Delivery.redeem else None
