"""GMail and Google Workspace: https://support.google.com/a/answer/176600

The account's address and an app password are all it takes (https://support.google.com/mail/answer/185833); XOAUTH2
where the organisation allows no app passwords. Workspace's relay, which knows us by our IP address, is host
`smtp-relay.gmail.com` with log-in `none` (https://support.google.com/a/answer/2956491).
"""

from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from functions.messaging.gateways import Answer, Channel, Delivery, Health, Outgoing, Receipt, smtp
from functions.messaging.gateways._smtp_dialogue import Security
from functions.messaging.gateways._smtp_login import Login
from functions.messaging.gateways._transport import LIMITS, Limits

CHANNEL: Final = Channel.email
RATE: Final = 1.0  # Google publishes the day's limit alone, and answers bursts with 421 4.7.28 and 454
DAILY_LIMIT: Final = 500  # recipients in any 24 hours; Workspace: 2000 (https://support.google.com/a/answer/166852)


class Encryption(StrEnum):
    """Google's servers take nothing in clear."""

    starttls = "starttls"
    tls = "tls"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    address: Annotated[
        str, Meta(max_length=254, description="The account's; mail comes from it", examples=["phones@example.net"])
    ]
    sender_name: Annotated[smtp.Shown, Meta(description="Shown beside it")] | None = None
    login: Annotated[Login, Meta(description="By app password, by access token, or none at Workspace's relay")] = (
        Login.password
    )
    client_id: Annotated[smtp.Credential, Meta(description="With xoauth2: the application's")] | None = None
    host: smtp.Host = "smtp.gmail.com"
    port: smtp.Port = 587
    security: Annotated[Encryption, Meta(description="tls goes with port 465")] = Encryption.starttls
    token_url: Annotated[smtp.Url, Meta(description="With xoauth2: Google's by default")] | None = None
    ca_certificate: Annotated[smtp.Pem, Meta(description="Trusted in place of the public authorities")] | None = None

    def __post_init__(self) -> None:
        if not self.address.isascii():
            raise ValueError("Google's addresses are ASCII")
        _settings(self)


class Secrets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    password: Annotated[smtp.Credential, Meta(description="The app password, with or without its spaces")] | None = None
    refresh_token: Annotated[smtp.OAuthToken, Meta(description="With xoauth2")] | None = None
    client_secret: Annotated[smtp.Credential, Meta(description="With xoauth2: the application's")] | None = None

    def __repr__(self) -> str:
        return "Secrets(...)"


def send(message: Outgoing, settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Answer:
    """Send one e-mail, at most once. Never raises for anything the server or the network does."""
    return smtp.send(message, _settings(settings), _secrets(secrets), limits)


def probe(settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Health:
    """Whether Google lets us in; what is left of the day's limit it does not tell. Never raises."""
    return smtp.probe(_settings(settings), _secrets(secrets), limits)


def read_receipts(delivery: Delivery, settings: Settings, secrets: Secrets) -> list[Receipt]:  # noqa: ARG001
    """None: a bounce is a mail to the account."""
    return []


def _settings(settings: Settings) -> smtp.Settings:
    """Raises AddressRefused and ValueError for what cannot work."""
    return smtp.Settings(
        host=settings.host,
        port=settings.port,
        security=Security(settings.security),
        sender=settings.address,
        sender_name=settings.sender_name,
        login=settings.login,
        username=None if settings.login is Login.none else settings.address,
        client_id=settings.client_id,
        token_url=settings.token_url,
        ca_certificate=settings.ca_certificate,
    )


def _secrets(secrets: Secrets) -> smtp.Secrets:
    """Google shows an app password in four groups, and takes it without the spaces between them."""
    return smtp.Secrets(
        password=None if secrets.password is None else secrets.password.replace(" ", ""),
        refresh_token=secrets.refresh_token,
        client_secret=secrets.client_secret,
    )
