"""Any SMTP server: a relay inside the house, a provider's, or GMail with an app password.

A server has taken the message when it says so after the final dot, and cannot have taken it before it saw that dot. So
the dialogue is held step by step, and a lost connection is `unknown` only in between. There are no receipts.
"""

import base64
import re
import smtplib
import socket
import ssl
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from functions.common import clock
from functions.messaging.gateways import Answer, Channel, Delivery, Outcome, Outgoing, Receipt
from functions.messaging.gateways._addresses import AddressRefused, read_address
from functions.messaging.gateways._smtp_dialogue import (
    Dialogue,
    Mail,
    NotPossible,
    ReplyRefused,
    Security,
    Server,
    Stage,
)
from functions.messaging.gateways._transport import LIMITS, Limits, hurry
from functions.messaging.gateways._words import words

CHANNEL: Final = Channel.email
RATE: Final = 5.0  # no server says

# What a 5xx reply means at each stage. 4xx is always not_sent_transient, 2xx after the final dot accepted.
REFUSALS: Final[dict[Stage, Outcome]] = {
    Stage.greeting: Outcome.rejected_config,
    Stage.hello: Outcome.rejected_config,
    Stage.encryption: Outcome.rejected_config,
    Stage.login: Outcome.rejected_config,
    Stage.sender: Outcome.rejected_config,
    Stage.recipient: Outcome.rejected_recipient,
    Stage.data: Outcome.rejected_recipient,
    Stage.content: Outcome.rejected_recipient,
}

# Replies that mean the same at every stage.
REPLY_OUTCOMES: Final[dict[int, Outcome]] = {
    530: Outcome.rejected_config,  # authentication required
    534: Outcome.rejected_config,  # 5.7.9: an app password is needed
    535: Outcome.rejected_config,  # 5.7.8: bad credentials
    538: Outcome.rejected_config,  # encryption required
    552: Outcome.rejected_recipient,  # too large
}
DAILY_LIMIT: Final = re.compile(r"\b5\.4\.5\b")  # GMail's, with 550: nothing is wrong with the recipient
DAILY_LIMIT_PAUSE: Final = 3600  # seconds; the limit is a window of 24 hours that slides
NO_RELAY: Final = re.compile(r"\brelay(?:ing)?\b", re.IGNORECASE)  # "Relay access denied": to all alike

REFERENCE_HEADER: Final = "X-DialReady-Reference"

_END: Final = r"$(?!\n)"
_NAME: Final = r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_TEXT_POLICY: Final = WIRE.clone(cte_type="7bit", max_line_length=78)


_Host = Annotated[str, Meta(max_length=253, pattern=rf"^({_NAME}|[0-9A-Fa-f:]+){_END}")]
_Shown = Annotated[str, Meta(max_length=100, pattern=rf"^[^\x00-\x1f\x7f-\x9f]*{_END}")]
_Credential = Annotated[str, Meta(pattern=rf"^[\x20-\x7e]{{1,200}}{_END}")]
_Pem = Annotated[str, Meta(max_length=20_000, pattern=r"^[\x20-\x7e\r\n]*$")]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    host: Annotated[_Host, Meta(examples=["smtp.gmail.com"])]
    port: Annotated[int, Meta(ge=1, le=65535)]
    sender: Annotated[str, Meta(max_length=254, description="The From address and the envelope's sender")]
    security: Security = Security.starttls
    sender_name: Annotated[_Shown, Meta(description="Shown beside it")] | None = None
    username: Annotated[_Credential, Meta(description="Only with starttls or tls")] | None = None
    ca_certificate: Annotated[_Pem, Meta(description="Trusted in place of the public authorities")] | None = None

    def __post_init__(self) -> None:
        read_address(self.sender)
        if self.username is not None and self.security is Security.none:
            raise ValueError("a user name needs starttls or tls: the password would travel in clear")


class Secrets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    password: _Credential | None = None

    def __repr__(self) -> str:
        return "Secrets(...)"


def send(message: Outgoing, settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Answer:
    """Send one e-mail, at most once. Never raises for anything the server or the network does."""
    try:
        mail = build_mail(message, settings)
    except AddressRefused as problem:
        return Answer(outcome=Outcome.rejected_recipient, code="address", words=words(str(problem)))
    dialogue = Dialogue(_server(settings, secrets), limits)
    sensitive = _sensitive(settings, secrets)
    try:
        with hurry(lambda: dialogue.wire, limits.total):
            said = dialogue.deliver(mail)
        return Answer(outcome=Outcome.accepted, provider_ids=(mail.message_id,), words=words(said, sensitive))
    except ReplyRefused as reply:
        return read_reply(reply.stage, reply.code, reply.said, sensitive)
    except NotPossible as problem:
        return Answer(outcome=problem.outcome, words=words(str(problem)))
    except (OSError, smtplib.SMTPException) as problem:
        return read_failure(dialogue.stage, problem)
    finally:
        dialogue.end()


def build_mail(message: Outgoing, settings: Settings) -> Mail:
    """The e-mail as it goes over the wire. Raises AddressRefused when the recipient's address is none."""
    sender, recipient = read_address(settings.sender), read_address(message.to)
    message_id = f"<{_message_name(message.reference)}@{sender.domain}>"
    utf8 = not (sender.local.isascii() and recipient.local.isascii())
    mail = EmailMessage(policy=_TEXT_POLICY.clone(utf8=utf8))
    mail["From"] = Mailbox(settings.sender_name or "", sender.local, sender.domain)
    mail["To"] = Mailbox("", recipient.local, recipient.domain)
    mail["Subject"] = _CONTROLS.sub(" ", message.subject)
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail[REFERENCE_HEADER] = _CONTROLS.sub("", message.reference)
    mail.set_content(message.text)
    if message.html is not None:
        mail.add_alternative(message.html, subtype="html")
    return Mail(sender, recipient, mail.as_bytes(), message_id)


def read_reply(stage: Stage, code: int, said: str, sensitive: tuple[str, ...] = ()) -> Answer:
    """What a reply means that is not the one hoped for; its words without anything `sensitive`."""
    pause = None
    if 400 <= code < 500:
        outcome = Outcome.not_sent_transient
    elif not 500 <= code < 600:  # no reply at all, by the protocol
        outcome = Outcome.unknown if stage is Stage.content else Outcome.not_sent_transient
    elif DAILY_LIMIT.search(said):
        outcome, pause = Outcome.not_sent_transient, DAILY_LIMIT_PAUSE
    elif stage is Stage.recipient and NO_RELAY.search(said):
        outcome = Outcome.rejected_config
    else:
        outcome = REPLY_OUTCOMES.get(code, REFUSALS[stage])
    known = str(code) if 400 <= code < 600 else None
    return Answer(outcome=outcome, code=known, words=words(f"{stage}: {said}", sensitive), retry_after=pause)


def read_failure(stage: Stage, problem: Exception) -> Answer:
    """What a lost connection means: nothing was taken, unless the final dot was already sent."""
    match problem:
        case ssl.SSLCertVerificationError():
            why = f"the server's certificate is not trusted: {problem.verify_message}"
        case ssl.SSLError():
            why = f"TLS failed: {problem.reason}"
        case socket.gaierror():
            why = "the server's name does not resolve"
        case _:
            why = "no connection" if stage is Stage.greeting else "the connection was lost"
    outcome = Outcome.unknown if stage is Stage.content else Outcome.not_sent_transient
    return Answer(outcome=outcome, words=words(f"{stage}: {why}"))


def read_receipts(delivery: Delivery, settings: Settings, secrets: Secrets) -> list[Receipt]:  # noqa: ARG001
    """None: a bounce is a mail to the sender."""
    return []


def _message_name(reference: str) -> str:
    """The reference as the left side of a Message-ID: atoms with single dots between them (RFC 5322 §3.6.4)."""
    return re.sub("[^A-Za-z0-9-]+", ".", reference).strip(".") or "message"


def _server(settings: Settings, secrets: Secrets) -> Server:
    return Server(
        host=settings.host,
        port=settings.port,
        security=settings.security,
        hello=read_address(settings.sender).domain,
        username=settings.username,
        password=secrets.password,
        ca_certificate=settings.ca_certificate,
    )


def _sensitive(settings: Settings, secrets: Secrets) -> tuple[str, ...]:
    """The password as it is written, and as it travels."""
    if secrets.password is None:
        return ()
    travelling = (f"\0{settings.username}\0{secrets.password}", secrets.password)
    return (secrets.password, *(base64.b64encode(form.encode()).decode("ascii") for form in travelling))
