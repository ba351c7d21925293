"""An e-mail as it goes over the wire: text, HTML beside it where there is any, and the HTML's images around that."""

import re
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime
from typing import Final, NamedTuple

from functions.common import clock
from functions.messaging.gateways import Image, Outgoing
from functions.messaging.gateways._addresses import Address, read_address

REFERENCE_HEADER: Final = "X-DialReady-Reference"

_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_TEXT_POLICY: Final = WIRE.clone(cte_type="7bit", max_line_length=78)


class Mail(NamedTuple):
    """An envelope and what is in it."""

    sender: Address
    recipient: Address
    content: bytes  # header and body, CRLF line ends
    message_id: str

    @property
    def needs_utf8(self) -> bool:
        return not (self.sender.local.isascii() and self.recipient.local.isascii())


def build_mail(message: Outgoing, sender_address: str, sender_name: str | None) -> Mail:
    """Raises AddressRefused when the recipient's address is none.

    The Message-ID is made of the reference, which is another one for each attempt. Nothing in a mail is fetched from
    elsewhere, and nothing tells whether it was read."""
    sender, recipient = read_address(sender_address), read_address(message.to)
    message_id = f"<{_message_name(message.reference)}@{sender.domain}>"
    utf8 = not (sender.local.isascii() and recipient.local.isascii())
    mail = EmailMessage(policy=_TEXT_POLICY.clone(utf8=utf8))
    mail["From"] = Mailbox(sender_name or "", sender.local, sender.domain)
    mail["To"] = Mailbox("", recipient.local, recipient.domain)
    mail["Subject"] = _CONTROLS.sub(" ", message.subject)
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail[REFERENCE_HEADER] = _CONTROLS.sub("", message.reference)
    mail.set_content(message.text)
    if message.html is not None:
        mail.add_alternative(message.html, subtype="html")
        _surround(mail, message.images)
    return Mail(sender, recipient, mail.as_bytes(), message_id)


def _surround(mail: EmailMessage, images: tuple[Image, ...]) -> None:
    """The HTML's images around it: multipart/related (RFC 2387), within the alternative to the text."""
    html = mail.get_body(("html",))
    if html is None or not images:
        return
    for image in images:
        maintype, _, subtype = image.content_type.partition("/")
        html.add_related(
            image.data,
            maintype=maintype,
            subtype=subtype,
            cid=f"<{image.name}>",
            disposition="inline",
            filename=f"{image.name}.{subtype.partition('+')[0]}",
        )
    html.set_param("type", "text/html")  # which RFC 2387 demands, and the library leaves out


def _message_name(reference: str) -> str:
    """The reference as the left side of a Message-ID: atoms with single dots between them (RFC 5322 §3.6.4)."""
    return re.sub("[^A-Za-z0-9-]+", ".", reference).strip(".") or "message"
