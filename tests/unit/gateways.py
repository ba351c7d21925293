"""What the tests of gateways share: every SMS kind at its fake, its reports, and what is said on the wire."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from threading import Event
from typing import Any, Final, NamedTuple, Protocol

import msgspec
import pytest

from functions.messaging.gateways import (
    Answer,
    Asked,
    Channel,
    Delivery,
    Gateway,
    Health,
    Outgoing,
    Receipt,
    _orange_contact_account,
    _tokens,
    _transport,
    _vonage_jwt,
    aws_sms,
    gateway,
    kinds,
    poll_of,
    probe_of,
)
from functions.messaging.gateways._transport import LIMITS, Limits, Response
from tests.fakes.aws_sms import ACCESS_KEY, SECRET_KEY, AwsSms
from tests.fakes.gateways import Body, aws_endpoint, sms_bodies
from tests.fakes.listener import listening
from tests.fakes.provider import Provider
from tests.fakes.server import Fakes
from tests.fakes.wire import HttpReply, HttpRequest

IMPATIENT: Final = Limits(connect=0.5, read=0.3, total=0.6)
REFERENCE: Final = "Tenant01-Account0000001-Mess0001-1"
TEXT: Final = "Tap to install: https://go.example/i/abc"


def sms_kinds() -> list[str]:
    return [kind for kind in kinds() if gateway(kind).CHANNEL is Channel.sms]


def environment(fakes: Fakes) -> dict[str, str]:
    """In which gateways may speak with the fakes, and find those that no setting leads to."""
    return {
        "ALLOW_HTTP": "1",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        **aws_endpoint(fakes),
    }


def forget_everything() -> None:
    """Tokens, groups, clients and seen reports that gateways keep in the process."""
    _tokens.forget_all()
    _orange_contact_account._first_groups.clear()
    _vonage_jwt.forget_all()
    aws_sms.forget()


# Gateways at their fakes


class SmsGateway(Gateway, Protocol):
    """A gateway's module, with the parameter that is the tests' and not the interface's."""

    def send(
        self, message: Outgoing, settings: msgspec.Struct, secrets: msgspec.Struct, limits: Limits = LIMITS
    ) -> Answer: ...


class Sms(NamedTuple):
    """One kind with settings and secrets that its fake knows."""

    kind: str
    module: SmsGateway
    settings: msgspec.Struct
    secrets: msgspec.Struct
    provider: Provider

    def send(self, suffix: str = "0001", text: str = TEXT, limits: Limits = LIMITS, **more: str) -> Answer:
        message = Outgoing(reference=REFERENCE, to=f"+1202555{suffix}", text=text)
        message = msgspec.structs.replace(message, **more)
        return self.module.send(message, self.settings, self.secrets, limits)

    def probe(self) -> Health:
        probe = probe_of(self.module)
        assert probe is not None
        return probe(self.settings, self.secrets)

    def poll(self, provider_ids: tuple[str, ...] = (), reference: str = REFERENCE, to: str = "0001") -> list[Receipt]:
        poll = poll_of(self.module)
        assert poll is not None
        asked = Asked(reference=reference, provider_ids=provider_ids, to=f"+1202555{to}")
        return poll(asked, self.settings, self.secrets)

    def read(self, deliveries: list[Delivery]) -> list[Receipt]:
        return [
            receipt
            for delivery in deliveries
            for receipt in self.module.read_receipts(delivery, self.settings, self.secrets)
        ]

    def moved(self, fakes: Fakes, to: str) -> "Sms":
        """The same with every address at the fakes turned into this one. AWS's is in the environment."""
        settings = {
            name: to if isinstance(value, str) and value.startswith(fakes.base_url) else value
            for name, value in msgspec.structs.asdict(self.settings).items()
        }
        return self._replace(settings=type(self.settings)(**settings))

    def with_secrets(self, value: str) -> "Sms":
        """The same with this value for each of its secrets."""
        known = msgspec.structs.asdict(self.secrets)
        given = {name: value for name in known if type(known[name]) is str}
        return self._replace(secrets=msgspec.convert(given, type(self.secrets)))


def at_its_fake(kind: str, fakes: Fakes) -> Sms:
    body = sms_bodies(fakes)[kind]
    module: Any = gateway(kind)
    return Sms(
        kind=kind,
        module=module,
        settings=msgspec.convert(body["settings"], module.Settings),
        secrets=msgspec.convert(body["secrets"], module.Secrets),
        provider=_provider(body, fakes),
    )


def _provider(body: Body, fakes: Fakes) -> Provider:
    """The fake at which its settings point; else at which the environment does."""
    addresses = [*_texts(body["settings"]), *aws_endpoint(fakes).values()]
    here = re.compile(rf"{re.escape(fakes.base_url)}/([a-z-]+)")
    found = next(match for address in addresses if (match := here.match(address)))
    return fakes.providers[found.group(1)]


def _texts(value: object) -> list[str]:
    return [text for text in value.values() if isinstance(text, str)] if isinstance(value, dict) else []


# Reports


@contextmanager
def reports_to(sms: Sms, fakes: Fakes) -> Iterator[tuple[str, Callable[[], list[Delivery]]]]:
    """The address at which the provider reports, and what came there, complete as soon as a message was answered."""
    told: list[str] = []
    answer = fakes.answer

    def soon(request: HttpRequest) -> HttpReply:
        reply = answer(request)
        if reply.afterwards is not None:
            reply.afterwards()
        return reply._replace(afterwards=None)

    with listening() as listener, pytest.MonkeyPatch.context() as patched:
        patched.setattr(fakes, "answer", soon)
        with suppress(NotImplementedError):  # its address is in each message
            sms.provider.set_receipt_url(listener.url)
        if isinstance(sms.provider, AwsSms):
            sms.provider.publish = told.append

        def came() -> list[Delivery]:
            assert fakes.courier.settled()
            return [as_delivery(request) for request in listener.heard] + [Delivery(body=one.encode()) for one in told]

        yield listener.url, came


def as_delivery(request: HttpRequest) -> Delivery:
    return Delivery(
        method=request.method,
        content_type=request.headers.get("content-type", ""),
        query=dict(request.query),
        headers=dict(request.headers),
        body=request.body,
    )


# Conversations


@contextmanager
def overheard(change: Callable[[_transport.Request, Response], Response]) -> Iterator[list[Response]]:
    """What providers answer to requests over our own transport, and is understood as `change` makes it."""
    heard: list[Response] = []
    converse = _transport._converse

    def listen(connection: Any, request: _transport.Request, *limits: Any) -> Response:
        heard.append(converse(connection, request, *limits))
        return change(request, heard[-1])

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_transport, "_converse", listen)
        yield heard


class _Nobody:
    """A connection that leads nowhere."""

    sock = None

    def close(self) -> None:
        pass


@contextmanager
def replayed(replies: list[Response]) -> Iterator[None]:
    """Requests are answered with these in turn, and with the last one from then on. Nobody is asked."""
    left = list(replies)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("ALLOW_HTTP", "1")
        patched.setattr(_transport, "_connected", lambda *_: _Nobody())
        patched.setattr(_transport, "hurry", lambda *_: nullcontext(Event()))
        patched.setattr(_transport, "_converse", lambda *_: left.pop(0) if len(left) > 1 else left[0])
        forget_everything()
        yield
