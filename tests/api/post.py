"""A tenant's SMS gateway at the fake provider, and the ways in which a message gets there and is reported on.

A test module imports the fixtures it needs: `running`, `fakes` and `post`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from functions.messaging import dispatch
from functions.messaging.gateways import vonage_sms
from functions.messaging.outbox import MessageKey
from functions.messaging.state import State
from tests.api.client import Reply
from tests.api.world import House, World, made
from tests.fakes import courier
from tests.fakes.records import Recorded
from tests.fakes.server import Fakes
from tests.fakes.vonage import API_KEY, API_SECRET

TRIAL = "+41790009999"  # whom gateways are tested with: everything sent there is taken


def vonage(fakes: Fakes, **fields: object) -> dict[str, object]:
    """The body that creates a gateway at the fake."""
    settings = {"api_key": API_KEY, "sender": "ACME", "base_url": f"{fakes.base_url}/vonage"}
    body = {"kind": "vonage_sms", "name": "Vonage", "settings": settings, "secrets": {"api_secret": API_SECRET}}
    return body | fields


@dataclass(frozen=True)
class Post:
    """A house whose messages leave by the fake provider."""

    world: World
    house: House
    fakes: Fakes
    gateway: str

    def account(self, suffix: str = "0001", *messages: str, **fields: object) -> dict[str, Any]:
        """A new account whose mobile ends in `suffix`, which decides its fate, sent these kinds of message by SMS."""
        wanted = [{"kind": kind, "channel": "sms"} for kind in messages]
        return self.house.account(mobile=f"+4179000{suffix}", messages=wanted, **fields)

    def messages(self, account: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.house.csr.get(f"/v1/accounts/{account['id']}/messages").json["items"]
        return found

    def message(self, account: dict[str, Any]) -> dict[str, Any]:
        """The account's one message."""
        (only,) = self.messages(account)
        return only

    def link(self, account: dict[str, Any]) -> dict[str, Any]:
        """The account's newest activation link."""
        newest: dict[str, Any] = self.house.csr.get(f"/v1/accounts/{account['id']}/links").json[0]
        return newest

    def events(self, account: dict[str, Any]) -> list[str]:
        """What happened to the account, in order."""
        items = self.house.csr.get(f"/v1/accounts/{account['id']}/history").json["items"]
        return [item["event"] for item in reversed(items)]

    def sent(self, account: dict[str, Any]) -> list[Recorded]:
        """What the provider was given for the account's mobile."""
        return [each for each in self.fakes.sms if each.to.lstrip("+") == str(account["mobile"]).lstrip("+")]

    def dispatch(self, message: dict[str, Any]) -> State | None:
        """A worker that was handed the message's key by the queue."""
        account, _, suffix = message["id"].partition("-")
        return dispatch.dispatch(MessageKey(tenant=self.house.tenant, account=account, message=suffix))

    @contextmanager
    def dying_at_the_answer(self) -> Iterator[None]:
        """The worker is killed when the provider has taken the message and before it hears so."""
        whole = vonage_sms.read_answer

        def dying(*_: object, **__: object) -> None:
            raise SystemExit

        vonage_sms.read_answer = dying  # type: ignore[assignment]
        try:
            yield
        finally:
            vonage_sms.read_answer = whole

    def report(self, sms: Recorded, status: str, part: int = 0, err_code: str = "0") -> Reply:
        """The provider reports on one part of what it was given, at the address that it was given with it."""
        body = {
            "messageId": sms.provider_ids[part],
            "client-ref": sms.reference,
            "status": status,
            "err-code": err_code,
        }
        path = urlsplit(sms.receipt_url or "").path
        return self.world.anyone.post(path, raw=json.dumps(body), headers={"Content-Type": "application/json"})


def posting(world: World, house: House, fakes: Fakes) -> Post:
    """The house with a gateway that was tested."""
    gateway = str(made(house.admin.post("/v1/gateways", vonage(fakes)))["id"])
    tested = house.admin.post(f"/v1/gateways/{gateway}/test", {"to": TRIAL})
    assert tested.json["outcome"] == "accepted", tested.text
    return Post(world, house, fakes, gateway)


@pytest.fixture(scope="module", name="running")
def running_fixture() -> Iterator[Fakes]:
    with Fakes() as fakes:
        yield fakes


@pytest.fixture(name="fakes")
def fakes_fixture(running: Fakes, monkeypatch: pytest.MonkeyPatch) -> Fakes:
    """The providers, which have seen nothing yet; receipts come when a test says so, and those that nobody took come
    again at once."""
    monkeypatch.setenv("ALLOW_HTTP", "1")
    monkeypatch.setattr(courier, "RETRY_AFTER", (0.0,) * len(courier.RETRY_AFTER))
    running.reset()
    running.courier.hold()
    return running


@pytest.fixture(name="post")
def post_fixture(world: World, house: House, fakes: Fakes) -> Post:
    return posting(world, house, fakes)
