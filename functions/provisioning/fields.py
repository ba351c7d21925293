"""What a provisioning profile says: everything that many phones have in common.

Only a name and, in a tenant, a SIP domain are needed; the rest is best left as it is (PSAM: fill in the support's)."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from functions.common.types import ClientName, Email, Host, Name, Number, Port, Text
from functions.provisioning.clients import Algorithm, Codec

Dialled = Annotated[
    str, Meta(max_length=32, pattern=r"^[+*#0-9]{1,32}$(?!\n)", description="As a person dials it", examples=["*43"])
]
Stun = Annotated[
    str,
    Meta(
        max_length=259,
        pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[0-9]{1,5})?$(?!\n)",
        description="host or host:port",
        examples=["stun.example.net:3478"],
    ),
]
ExtraKey = Annotated[str, Meta(max_length=128, pattern=r"^[A-Za-z0-9_./-]{1,128}$(?!\n)")]
ExtraSettings = Annotated[dict[ExtraKey, Text], Meta(max_length=50)]


class PinPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the client asks for a PIN, which its user chooses. The defaults are PrivateWave's."""

    required: bool = False
    idle_lock_minutes: Annotated[int, Meta(ge=1, le=1440)] = 10
    attempts: Annotated[int, Meta(ge=1, le=20)] = 5
    lockout_minutes: Annotated[int, Meta(ge=1, le=1440)] = 1


class LinkPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an activation link behaves: it lives from the acceptance of its first message, and is taken by a tap."""

    kind: Literal["tap"] = "tap"
    lifetime_minutes: Annotated[int, Meta(ge=10, le=30 * 24 * 60)] = 24 * 60
    grace_minutes: Annotated[
        int, Meta(ge=0, le=30, description="How long the phone that fetched first may fetch again")
    ] = 10
    ticket_seconds: Annotated[
        int, Meta(ge=60, le=600, description="How long a file can be fetched after the last tap")
    ] = 300
    ticket_fetches: Annotated[
        int, Meta(ge=2, le=100, description="How often a file can be fetched: phones do so several times")
    ] = 20


class ProfileFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provisioning profile: for the accounts and groups that name it, or for all that name none (`default`)."""

    name: Name
    default: Annotated[bool, Meta(description="For accounts whose group names no profile; it takes this over")] = False
    customer_service_phone: Number | None = None
    customer_service_email: Email | None = None
    client_logging: bool = False
    read_only_settings: bool = False
    oem_licence_code: Text | None = None
    messaging: bool = True
    history_size_editable: bool = True
    pin_policy: PinPolicy = PinPolicy()
    domain: Annotated[
        Host | None, Meta(description="One of the tenant's SIP domains; a provider's profile names none")
    ] = None
    proxy_host: Annotated[Host | None, Meta(description="Where clients register; the SIP domain when omitted")] = None
    proxy_port: Port = 5061
    # Keys of both security models (SRTP's in SDP, ZRTP's hash) travel in signalling, which only TLS protects.
    transport: Annotated[Literal["tls"], Meta(description="Both security models need signalling over TLS")] = "tls"
    stun_server: Stun | None = None
    codecs: Annotated[
        list[Codec], Meta(max_length=10, description="Most wanted first; none leaves the client's own choice")
    ] = []
    register_expires_seconds: Annotated[int, Meta(ge=60, le=86_400)] = 3600
    digest_algorithm: Annotated[Algorithm, Meta(description="What the SIP server challenges with")] = "SHA-256"
    test_call_number: Dialled | None = None
    devices_per_account: Annotated[int, Meta(ge=1, le=5)] = 1
    security_model: Annotated[
        Literal["end-to-end"] | None, Meta(description="Tightens the accounts' own model; never loosens it")
    ] = None
    link_policy: LinkPolicy = LinkPolicy()
    extra: Annotated[
        dict[ClientName, ExtraSettings],
        Meta(description="Further settings per client, of those that docs/clients says it takes"),
    ] = {}
