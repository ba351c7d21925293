"""One activation from start to end, step by step, as tests.api tells it: in this process, on moto or on an embedded AWS
(`ground`), with fake providers."""

import json
import logging
import os
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import app
from functions.activation import links
from functions.activation.models import nonce_key
from functions.common import clock
from functions.common.keyring import fingerprint
from functions.common.observability import logger
from functions.installation import links as installation_links
from tests.api.client import Api, Context, Reply
from tests.api.cloud import VERIFIED, Cloud
from tests.api.phone import Phone, desk_link, token_of
from tests.api.post import Post, posting
from tests.api.world import World, made
from tests.bench.asked import Event, event_of
from tests.bench.invocations import Invocation, Twice, listening, schedules
from tests.bench.units import Item
from tests.e2e.runs import SCHEDULED
from tests.fakes import ses
from tests.fakes.records import Recorded, timestamp
from tests.fakes.server import Fakes

# Told an hour ahead, so that nothing in it is over when its answers are given again.
AHEAD = timedelta(hours=1)
SETTLED = timedelta(minutes=30)  # upkeep has had the last of its turns
NOTICED = timedelta(minutes=1)  # a sweep later
MESSAGES = ("installation", "email"), ("activation", "sms")
DOWNLOADS = "privategsm"  # a client that is sent to S3 for its file
FIRST = 1000  # of their last four digits those below 0100 choose what a fake provider does
ONE_PERSON = "fullName,gsmNumber\nA Person,+12025550143\n"
PROGRESS_ASKED = 3  # every 3 s from the tap on
AGAIN = "register again, an hour later"


@dataclass(frozen=True)
class Step:
    """Some invocations that belong together."""

    name: str
    invocations: tuple[Invocation, ...]
    anyway: bool = False  # they are made whether or not there is anything to do


@contextmanager
def telling() -> Iterator["Teller"]:
    """An installation on moto with one tenant that is ready to send."""
    cloud = Cloud()
    try:
        cloud.renew()
        with telling_on(cloud) as teller:
            yield teller
    finally:
        cloud.stop()


@contextmanager
def telling_on(cloud: Cloud) -> Iterator["Teller"]:
    """The same on an AWS that is there."""
    allowed = os.environ.get("ALLOW_HTTP")
    os.environ["ALLOW_HTTP"] = "1"  # the fake provider has no certificate
    try:
        with _silent(), Fakes() as fakes, clock.frozen(datetime.now(UTC) + AHEAD):
            fakes.courier.hold()
            world = World(cloud)
            post = posting(world, world.house(), fakes)
            _furnish(post)
            yield Teller(post)
    finally:
        if allowed is None:
            del os.environ["ALLOW_HTTP"]


@contextmanager
def _silent() -> Iterator[None]:
    """What the functions log is weighed, and goes nowhere."""
    handler = logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        before = handler.setStream(nowhere)
        try:
            yield
        finally:
            handler.setStream(before or sys.stdout)


def _furnish(post: Post) -> None:
    admin = post.house.admin
    mail = {"kind": "ses", "name": "Mail", "settings": {"sender": f"phones@{VERIFIED}"}}
    gateway = made(admin.post("/v1/gateways", mail))["id"]
    tested = admin.post(f"/v1/gateways/{gateway}/test", {"to": f"person@{VERIFIED}"})
    assert tested.json["outcome"] == "accepted", tested.text
    for each in (gateway, post.gateway):  # the story's clock stands still: nobody's turn would come
        assert admin.patch(f"/v1/gateways/{each}", {"rate": 1000}).status == 200
    for platform in ("android", "ios"):
        made(admin.post("/v1/downloads", {"platform": platform, "url": f"https://store.example.com/{platform}"}))
    post.world.watch()  # both providers have said how our accounts are


@dataclass
class Teller:
    """Tells the story, once for each call, each time of another person."""

    post: Post
    told: int = 0
    account: dict[str, Any] = field(default_factory=dict)  # of the last activation
    epoch: int = 0  # of its device

    def idle(self, *, fresh: bool = True) -> Step:
        """Every schedule once, with nothing to do."""
        known = list(schedules())
        with listening(fresh=fresh) as heard:
            for module, name in known:
                getattr(module, name)(SCHEDULED, Context())
        return Step("with nothing to do", tuple(heard), anyway=True)

    def activation(self, *, client: str = "linphone", fresh: bool = False, weighed: bool = True) -> list[Step]:
        """Its steps in order. `fresh`: every invocation is a process's first; `weighed`: with its calls' units."""
        steps: list[Step] = []
        story = self._steps(client)
        before: Sequence[Invocation] | None = None
        while True:
            with listening(fresh=fresh, weighed=weighed) as heard:
                try:
                    name = story.send(before)
                except StopIteration:
                    return steps
            before = tuple(heard)
            steps.append(Step(name, before))

    def _steps(self, client: str) -> Generator[str, Sequence[Invocation] | None, None]:
        """Each step ends by giving its name, and gets what was heard of it."""
        post, world, house = self.post, self.post.world, self.post.house
        phone = self._phone
        self.account = account = self.create(client)
        yield "create the account with two messages"
        world.pump()
        sent = yield "send the messages"
        (sms,) = post.sent(account)
        assert post.report(sms, "delivered").status == 200
        self._mail_events(sent or ())
        world.pump()
        yield "take the providers' reports"
        installation = token_of(installation_links.address(house.tenant, account["id"]))
        assert phone.api.get(f"/i/{installation}").status == 302
        yield "open the installation link"
        token = token_of(sms.text.split()[-1])
        claim_id = phone.claim_id(token)
        assert phone.api.post(f"/a/{token}/opened").status == 204
        yield "open the activation link"
        ticket = phone.press(token, claim_id).headers["location"].split("/")[2]
        assert phone.api.get(f"/p/{ticket}/open").status == 200
        yield "tap"
        assert phone.fetch(ticket).status == (302 if client == DOWNLOADS else 200)
        yield "fetch the file"
        self.epoch = int(self.ask().text.split()[1])
        self.register()
        yield "register; the link closes"
        for _ in range(PROGRESS_ASKED):
            assert phone.api.get(f"/p/{ticket}/state").json == {"state": "registered"}
        yield f"the page asks how far it is, {PROGRESS_ASKED} times"
        self.register()
        yield AGAIN
        clock.tick(NOTICED)
        world.sweep()
        world.pump()
        yield "upkeep brings the notice of the activation, and it is sent"
        clock.tick(SETTLED)
        world.sweep()
        clock.tick(-SETTLED)
        yield "upkeep, half an hour later"

    def _mail_events(self, sent: Sequence[Invocation]) -> None:
        """What SES publishes of the one e-mail that was sent, as its topic brings it to our queue."""
        (call,) = [call for each in sent for call in each.calls if call.operation == "SendEmail"]
        mail = Recorded(
            id=0,
            revision=0,
            channel="email",
            provider="ses",
            at=timestamp(),
            to=call.parameters["Destination"]["ToAddresses"][0],
            sender=call.parameters["FromEmailAddress"],
            text="",
            provider_ids=(json.loads(call.answered.body)["MessageId"],),
        )
        tags = {tag["Name"]: tag["Value"] for tag in call.parameters["EmailTags"]}
        for kind in ("Send", "Delivery"):
            message = json.dumps(ses.event(kind, mail, tags))
            body = json.dumps({"Type": "Notification", "Message": message})
            cloud = self.post.world.cloud
            cloud.sqs.send_message(QueueUrl=cloud.queue("QUEUE_RECEIPTS"), MessageBody=body)

    def rows(self) -> dict[str, list[Item]]:
        """What the last activation's account has in each table, by the table's name."""
        cloud, id_ = self.post.world.cloud, self.account["id"]
        kept: dict[str, list[Item]] = {
            table: [row for row in cloud.rows(table) if id_ in json.dumps(row)] for table in cloud.tables
        }
        return {table: rows for table, rows in kept.items() if rows}

    def others(self) -> list[Invocation]:
        """What CSRs do beside, each in a fresh process: a plain account is made, the list is opened, a file of one
        person is checked."""
        csr, group = self.post.house.csr, self.post.house.group
        with listening(fresh=True) as heard:
            self.create(messages=())
            assert csr.get("/v1/accounts").status == 200
            made(csr.post("/v1/imports", {"group_id": group, "csv": ONE_PERSON}))
            self.post.world.pump()
        return heard

    def creation(self) -> Twice:
        """An account with two messages is made."""
        return self._twice(self.create)

    def look_up(self) -> Twice:
        """A SIP server asks for the last activation's phone."""
        return self._twice(self.ask)

    def tap(self) -> Twice:
        """A person takes a link."""
        events = self.tapping()

        def tap() -> None:
            assert app.app(next(events), Context())["statusCode"] == 303

        return self._twice(tap)

    @property
    def _phone(self) -> Phone:
        return Phone(self.post.world.anyone.at(self.post.house.host))

    def creating(self) -> Iterator[Event]:
        """What asks for an account with two messages, of another person each time."""
        while True:
            body, key = self._new_account("linphone", MESSAGES)
            yield event_of(partial(Api.post, path="/v1/accounts", body=body, key=key), self.post.house.csr)

    def looking_up(self) -> Iterator[Event]:
        """What asks for the last activation's phone."""
        while True:
            yield event_of(self._look_up, self.post.house.registrar)

    def tapping(self) -> Iterator[Event]:
        """What takes a link that nobody has taken yet: the same each time, made new again in between."""
        account, tables = self.create(messages=()), self.post.world.cloud.dynamodb
        token = desk_link(self.post.house, account["id"])
        claim_id, link = self._phone.claim_id(token), links.by_token(token)
        key = {"TableName": "links", "Key": {"pk": {"S": link.pk}, "sk": {"S": link.sk}}}
        nonce = {"pk": {"S": nonce_key(link.tenant, link.id)}, "sk": {"S": fingerprint(claim_id)}}
        untouched = tables.get_item(**key)["Item"]
        event = event_of(lambda api: Phone(api).press(token, claim_id), self._phone.api)
        while True:
            yield event
            tables.put_item(TableName="links", Item=untouched)
            tables.delete_item(TableName="nonces", Key=nonce)

    def _twice(self, ask: Callable[[], object]) -> Twice:
        with listening(fresh=True) as first:
            ask()
        with listening() as again:
            ask()
        return Twice(first[-1], again[-1])  # what it needs may be asked for before

    def ask(self) -> Reply:
        """The SIP server's look-up."""
        answer = self._look_up(self.post.house.registrar)
        assert answer.status == 200, answer.text
        return answer

    def _look_up(self, server: Api) -> Reply:
        query = {"username": self.account["username"], "realm": self.post.house.domain, "algorithm": "SHA-256"}
        return server.get("/registrar/kamailio/lookup", query=query)

    def register(self) -> None:
        """The SIP server tells that the last activation's phone has registered."""
        told = {"event": "registered", "username": self.account["username"], "realm": self.post.house.domain}
        told |= {"expires": 3600, "user_agent": "Linphone", "contact": "sip:phone@192.0.2.9", "source": "192.0.2.9"}
        told |= {"epoch": self.epoch}
        assert self.post.house.registrar.post("/registrar/kamailio/events", told).status == 204

    def create(self, client: str = "linphone", messages: Sequence[tuple[str, str]] = MESSAGES) -> dict[str, Any]:
        """A new account, of another person each time."""
        body, key = self._new_account(client, messages)
        return made(self.post.house.csr.post("/v1/accounts", body, key=key))

    def _new_account(self, client: str, messages: Sequence[tuple[str, str]]) -> tuple[dict[str, Any], str]:
        """What is sent, and its Idempotency-Key."""
        self.told += 1
        number = f"{FIRST + self.told:04}"
        body = {
            "full_name": "A Person",
            "number": f"+1202556{number}",
            "mobile": f"+4179001{number}",
            "email": f"person{number}@{VERIFIED}",
            "group_id": self.post.house.group,
            "client": client,
            "messages": [{"kind": kind, "channel": channel} for kind, channel in messages],
        }
        return body, f"person {number}"
