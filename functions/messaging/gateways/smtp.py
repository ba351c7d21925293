"""Any SMTP server: a relay inside the house, a provider's, or Microsoft 365 with an access token.

A server has taken the message when it says so after the final dot, and cannot have taken it before it saw that dot. So
the dialogue is held step by step, and a lost connection is `unknown` only in between. There are no receipts.

Microsoft 365 is `smtp.office365.com`, log-in `xoauth2`, `microsoft_tenant` and `client_id`; the application has the
permission SMTP.SendAsApp and, in Exchange, access to the mailbox (`username`), which takes 30 messages a minute.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from functions.messaging.gateways import Answer, Channel, Delivery, Health, Outcome, Outgoing, Receipt
from functions.messaging.gateways._addresses import AddressRefused, read_address
from functions.messaging.gateways._smtp_dialogue import Dialogue, Security, Server
from functions.messaging.gateways._smtp_login import Login
from functions.messaging.gateways._smtp_mail import build_mail
from functions.messaging.gateways._smtp_session import Entry, converse, health
from functions.messaging.gateways._transport import LIMITS, Limits
from functions.messaging.gateways._words import words
from functions.messaging.gateways._xoauth2 import GOOGLE, MICROSOFT, MICROSOFT_SCOPE, Grant

CHANNEL: Final = Channel.email
RATE: Final = 5.0  # no server says

_END: Final = r"$(?!\n)"
_NAME: Final = r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

Host = Annotated[str, Meta(max_length=253, pattern=rf"^({_NAME}|[0-9A-Fa-f:]+){_END}")]
Port = Annotated[int, Meta(ge=1, le=65535)]
Shown = Annotated[str, Meta(max_length=100, pattern=rf"^[^\x00-\x1f\x7f-\x9f]*{_END}")]
Credential = Annotated[str, Meta(pattern=rf"^[\x20-\x7e]{{1,200}}{_END}")]
OAuthToken = Annotated[str, Meta(pattern=rf"^[\x21-\x7e]{{1,4000}}{_END}")]
Pem = Annotated[str, Meta(max_length=20_000, pattern=r"^[\x20-\x7e\r\n]*$")]
Url = Annotated[
    str,
    Meta(max_length=200, pattern=rf"^https?://[A-Za-z0-9.-]+(:[0-9]{{1,5}})?(/[A-Za-z0-9._~/-]*)?{_END}"),
]
_Tenant = Annotated[str, Meta(pattern=rf"^[A-Za-z0-9][A-Za-z0-9.-]{{0,99}}{_END}")]
_Scope = Annotated[str, Meta(max_length=300, pattern=rf"^[\x21-\x7e]+( [\x21-\x7e]+)*{_END}")]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    host: Annotated[Host, Meta(examples=["mail.example.net"])]
    sender: Annotated[str, Meta(max_length=254, description="The From address and the envelope's sender")]
    port: Port = 587
    security: Security = Security.starttls
    sender_name: Annotated[Shown, Meta(description="Shown beside it")] | None = None
    login: Annotated[Login | None, Meta(description="By password where there is a user name")] = None
    username: Annotated[Credential, Meta(description="Only with starttls or tls")] | None = None
    client_id: Annotated[Credential, Meta(description="With xoauth2: the application's")] | None = None
    microsoft_tenant: Annotated[_Tenant, Meta(description="With xoauth2: Microsoft's directory id")] | None = None
    token_url: Annotated[Url, Meta(description="With xoauth2: Microsoft's or Google's by default")] | None = None
    scope: Annotated[_Scope, Meta(description="With xoauth2: Microsoft's where its tenant is given")] | None = None
    ca_certificate: Annotated[Pem, Meta(description="Trusted in place of the public authorities")] | None = None

    def __post_init__(self) -> None:
        read_address(self.sender)
        if self.username is not None and self.security is Security.none:
            raise ValueError("a user name needs starttls or tls: the password would travel in clear")
        if (self.way_in is Login.none) is not (self.username is None):
            raise ValueError("a log-in has a user name, and a user name is for a log-in")
        if self.way_in is Login.xoauth2 and self.client_id is None:
            raise ValueError("xoauth2 needs the application's client_id")

    @property
    def way_in(self) -> Login:
        if self.login is not None:
            return self.login
        return Login.none if self.username is None else Login.password


class Secrets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    password: Credential | None = None
    refresh_token: Annotated[OAuthToken, Meta(description="With xoauth2, where a person has agreed")] | None = None
    client_secret: Annotated[Credential, Meta(description="With xoauth2: the application's")] | None = None

    def __repr__(self) -> str:
        return "Secrets(...)"


def send(message: Outgoing, settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Answer:
    """Send one e-mail, at most once. Never raises for anything the server or the network does."""
    try:
        mail = build_mail(message, settings.sender, settings.sender_name)
    except AddressRefused as problem:
        return Answer(outcome=Outcome.rejected_recipient, code="address", words=words(str(problem)))
    answer = converse(entry(settings, secrets), lambda dialogue: dialogue.deliver(mail), limits)
    if answer.outcome is not Outcome.accepted:
        return answer
    return msgspec.structs.replace(answer, provider_ids=(mail.message_id,))


def probe(settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Health:
    """Whether the server lets us in; it is asked for nothing more. Never raises."""
    return health(converse(entry(settings, secrets), Dialogue.look_in, limits))


def read_receipts(delivery: Delivery, settings: Settings, secrets: Secrets) -> list[Receipt]:  # noqa: ARG001
    """None: a bounce is a mail to the sender."""
    return []


def entry(settings: Settings, secrets: Secrets) -> Entry:
    server = Server(
        host=settings.host,
        port=settings.port,
        security=settings.security,
        hello=read_address(settings.sender).domain,
        ca_certificate=settings.ca_certificate,
    )
    return Entry(server, settings.way_in, settings.username, secrets.password, _grant(settings, secrets))


def _grant(settings: Settings, secrets: Secrets) -> Grant | None:
    """What access tokens are made of; None without anything secret to make them of."""
    if settings.way_in is not Login.xoauth2 or (secrets.refresh_token or secrets.client_secret) is None:
        return None
    at_microsoft = settings.microsoft_tenant
    return Grant(
        token_url=settings.token_url or (MICROSOFT.format(at_microsoft) if at_microsoft else GOOGLE),
        client_id=settings.client_id or "",
        client_secret=secrets.client_secret,
        refresh_token=secrets.refresh_token,
        scope=settings.scope or (MICROSOFT_SCOPE if at_microsoft else None),
    )
