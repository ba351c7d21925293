"""A gateway with all that a sending needs, opened before anything is on the wire."""

from typing import TYPE_CHECKING

import msgspec

from functions.common.errors import NotReady
from functions.common.observability import logger
from functions.messaging import gateway_secrets, segments
from functions.messaging.gateway_fields import Gateway
from functions.messaging.gateways import (
    Answer,
    Asked,
    Channel,
    Health,
    Image,
    Outcome,
    Outgoing,
    Receipt,
    poll_of,
    probe_of,
)
from functions.messaging.gateways import Gateway as Module
from functions.messaging.gateways import gateway as module_of
from functions.messaging.state import Attempt
from functions.tenants import hostnames

if TYPE_CHECKING:
    from functions.activation.links import Link


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A message's texts and where they go."""

    to: str
    country: str | None = None  # of a number
    text: str
    subject: str = ""
    html: str | None = None
    images: tuple[Image, ...] = ()
    link: "Link | None" = None  # the activation link in it

    @property
    def parts(self) -> int:
        """How many parts it will be, as we count."""
        return segments.count(self.text).parts if not self.subject else 1

    def __repr__(self) -> str:
        return "Prepared(...)"


class Broken(Exception):
    """The gateway cannot even be asked: its kind, settings or secrets are amiss. The message says how."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway that is ready to be asked."""

    gateway: Gateway
    module: Module
    settings: msgspec.Struct
    secrets: msgspec.Struct
    receipt_secret: str

    def receipt_url(self) -> str | None:
        """Where an SMS provider may report. Without a public name for receipts messages are sent all the same."""
        if self.module.CHANNEL is not Channel.sms:
            return None
        try:
            base = hostnames.base_url(self.gateway.tenant, "receipts")
        except NotReady:
            return None
        return f"{base}/receipts/{self.gateway.id}/{self.receipt_secret}"

    def send(self, reference: str, prepared: Prepared, receipt_url: str | None, sender: str | None = None) -> Answer:
        """Asks the provider, at most once. Never raises."""
        outgoing = Outgoing(
            reference=reference,
            to=prepared.to,
            text=prepared.text,
            sender=sender,
            subject=prepared.subject,
            html=prepared.html,
            images=prepared.images,
            receipt_url=receipt_url,
        )
        try:
            return self.module.send(outgoing, self.settings, self.secrets)
        except Exception as error:  # a fault in the module: whether something left us is not known
            logger.exception("gateway module failed", extra={"gateway": self.gateway.id, "error": type(error).__name__})
            return Answer(outcome=Outcome.unknown, code="internal", words="An internal error. It has been recorded.")

    def poll(self, attempt: Attempt, reference: str) -> list[Receipt]:
        """What the provider knows of an attempt; nothing where it cannot be asked. Never raises."""
        ask = poll_of(self.module)
        if ask is None:
            return []
        try:
            return ask(Asked(reference=reference, provider_ids=attempt.provider_ids), self.settings, self.secrets)
        except Exception as error:
            logger.exception("gateway module failed", extra={"gateway": self.gateway.id, "error": type(error).__name__})
            return []

    def probe(self) -> Health | None:
        """What the provider says of our account; None where it cannot be asked. Never raises."""
        ask = probe_of(self.module)
        if ask is None:
            return None
        try:
            return ask(self.settings, self.secrets)
        except Exception as error:
            logger.exception("gateway module failed", extra={"gateway": self.gateway.id, "error": type(error).__name__})
            return Health(works=None)


def open_line(gateway: Gateway) -> Line:
    """Raises Broken."""
    fields = gateway.fields
    try:
        module = module_of(fields.kind)
        kept = gateway_secrets.load(gateway.tenant, gateway.id, fields.secret_version)
        settings = msgspec.convert(fields.settings, module.Settings)
        secrets = msgspec.convert(kept.secrets, module.Secrets)
    except KeyError:
        raise Broken(f"This installation has no gateways of the kind {fields.kind}.") from None
    except gateway_secrets.Missing:
        raise Broken("Its secrets are gone. Set them again.") from None
    except msgspec.ValidationError:
        raise Broken("Its settings are not of its kind any more. Set them again.") from None
    return Line(
        gateway=gateway,
        module=module,
        settings=settings,
        secrets=secrets,
        receipt_secret=kept.receipt,
    )
