"""What a provisioning profile says: everything that many phones have in common.

Only a name and, in a tenant, a SIP domain are needed; the rest is best left as it is (PSAM: fill in the support's)."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from functions.common.types import ClientName, Email, Host, Name, Number, Port, Text
from functions.provisioning.clients import Algorithm, Codec
from functions.provisioning.stuck_fields import StuckPolicy

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
Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)", description="HH:MM", examples=["21:00"])]
ExtraKey = Annotated[str, Meta(max_length=128, pattern=r"^[A-Za-z0-9_./-]{1,128}$(?!\n)")]
ExtraSettings = Annotated[dict[ExtraKey, Text], Meta(max_length=50)]


class PinPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the client asks for a PIN, which its user chooses. The defaults are PrivateWave's."""

    required: bool = False
    idle_lock_minutes: Annotated[int, Meta(ge=1, le=1440)] = 10
    attempts: Annotated[int, Meta(ge=1, le=20)] = 5
    lockout_minutes: Annotated[int, Meta(ge=1, le=1440)] = 1


class LinkPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an activation link behaves: it lives from the acceptance of its first message. docs/activation.md compares
    the kinds."""

    kind: Annotated[
        Literal["tap", "code", "direct"],
        Meta(
            description="tap: a tap on the phone is enough; code: six digits as well; direct: whoever opens it first "
            "gets the file (for clients that can only GET; 15 minutes, never by e-mail)"
        ),
    ] = "tap"
    lifetime_minutes: Annotated[int, Meta(ge=10, le=30 * 24 * 60)] = 24 * 60
    grace_minutes: Annotated[
        int, Meta(ge=1, le=30, description="How long the phone that fetched first may fetch again")
    ] = 10
    ticket_seconds: Annotated[
        int, Meta(ge=60, le=600, description="How long a file can be fetched after the last tap")
    ] = 300
    ticket_fetches: Annotated[
        int, Meta(ge=2, le=100, description="How often a file can be fetched: phones do so several times")
    ] = 20
    code_by: Annotated[
        Literal["message", "operator"],
        Meta(description="How a code reaches the person: by the other channel, or read out by an operator"),
    ] = "message"
    code_minutes: Annotated[int, Meta(ge=5, le=30, description="How long a code is good for")] = 10
    ask_for_new: Annotated[
        Literal["tell", "send"],
        Meta(description="When a person asks for a new link on a dead one's page: operators are told, or it is sent"),
    ] = "tell"
    stuck: StuckPolicy = StuckPolicy()


class QuietHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When nobody is to be disturbed, in the person's own time zone: HH:MM, and across midnight where it ends earlier
    than it begins."""

    start: Clock = "21:00"
    end: Clock = "08:00"


class MessagePolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the messages of one account follow each other, and what happens when one fails."""

    order: Annotated[
        Literal["both", "after_installation", "combined"],
        Meta(
            description="Both at once; the activation message when the installation link was opened, or after "
            "`after_hours`; or one message with both links"
        ),
    ] = "both"
    after_hours: Annotated[int, Meta(ge=1, le=48)] = 24
    quiet_hours: QuietHours | None = None
    other_channel: Annotated[
        bool, Meta(description="A message that fails or does not arrive goes by the other channel")
    ] = True
    resend_unknown: Annotated[
        bool,
        Meta(description="A message of which nobody knows whether it was sent is sent once more: it may arrive twice"),
    ] = False


Pem = Annotated[
    str,
    Meta(
        max_length=8192,
        pattern=r"^-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*$",
        description="One certificate as PEM",
        examples=["-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUEXAMPLE=\n-----END CERTIFICATE-----\n"],
    ),
]


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
    root_ca: Annotated[
        Pem | None,
        Meta(description="The private authority that signed the SIP server's certificate; phones are given it"),
    ] = None
    later_changes: Annotated[
        bool, Meta(description="Phones whose app can (Linphone) ask for changes of their configuration at each start")
    ] = False
    link_policy: LinkPolicy = LinkPolicy()
    message_policy: MessagePolicy = MessagePolicy()
    extra: Annotated[
        dict[ClientName, ExtraSettings],
        Meta(description="Further settings per client, of those that docs/clients says it takes"),
    ] = {}
