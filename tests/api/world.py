"""A small world to tell stories in: a provider, tenants with everything an account needs, and the queues between.

house = world.house()                                       a tenant, ready for accounts
house.admin.post("/v1/profiles", {...})                     its operators, each a client of the API
world.pump()                                                the queues run until they are empty
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from functions.common import records
from functions.operators.bootstrap import provider_token
from tests.api.client import Api, Context, Reply
from tests.api.cloud import QUEUES, Cloud

CSR_ROLES = ("admin", "csr", "auditor")


@dataclass(frozen=True)
class House:
    """A tenant and its operators. What is an empty string has not been made."""

    tenant: str
    admin: Api
    csr: Api
    auditor: Api
    registrar: Api
    exporter: Api
    domain: str
    domain_id: str
    profile: str
    group: str
    host: str

    def account(self, **fields: object) -> dict[str, Any]:
        """A new account of the house's group; numbers count up."""
        number = f"+1202555{next(_NUMBERS):04d}"
        body = {"full_name": "A Person", "number": number, "group_id": self.group} | fields
        return made(self.csr.post("/v1/accounts", body))


_NUMBERS = count(100)


class World:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.anyone = Api()
        self.provider = Api(token=provider_token())
        self._tenants = count(1)

    def token(self, tenant: str, role: str, **fields: object) -> str:
        """A new token of a tenant, issued by the provider."""
        body = {"name": f"the {role}", "role": role, "tenant_id": tenant, **fields}
        return str(made(self.provider.post("/v1/tokens", body))["token"])

    def house(self, name: str = "Example Ltd") -> House:
        """A tenant with a SIP domain, a default profile, a group, and a live hostname for its links."""
        n = next(self._tenants)
        tenant = made(self.provider.post("/v1/tenants", {"name": name}))["id"]
        domain, host = f"sip{n}.example.net", f"go{n}.example.net"
        tokens = {role: self.token(tenant, role) for role in CSR_ROLES}
        admin = Api(token=tokens["admin"])
        domain_id = made(admin.post("/v1/domains", {"name": domain}))["id"]
        profile = made(admin.post("/v1/profiles", {"name": "Standard", "domain": domain, "default": True}))["id"]
        group = made(admin.post("/v1/groups", {"name": "Everybody"}))["id"]
        self.live_host(admin, host)
        return House(
            tenant=tenant,
            admin=admin,
            csr=Api(token=tokens["csr"]),
            auditor=Api(token=tokens["auditor"]),
            registrar=Api(token=self.token(tenant, "registrar", domains=[domain])),
            exporter=Api(token=self.token(tenant, "exporter", domains=[domain])),
            domain=domain,
            domain_id=domain_id,
            profile=profile,
            group=group,
            host=host,
        )

    def live_host(self, admin: Api, host: str, serves: tuple[str, ...] = ("links", "receipts")) -> str:
        """A hostname of the admin's tenant, asked for, proven and live; its id."""
        wanted = made(admin.post("/v1/hostnames", {"host": host, "serves": list(serves)}))
        assert self.anyone.at(host).get(wanted["check_path"]).status == 200
        assert admin.post(f"/v1/hostnames/{wanted['id']}/live").status == 200
        return str(wanted["id"])

    def pump(self) -> int:
        """Lets the queue functions work until nothing is left that is due; how many messages they handled."""
        records.forget()  # what a process remembers for seconds is older than any of a test's steps
        handled = 0
        while batch := [(variable, each) for variable in QUEUES for each in self._received(variable)]:
            for variable, message in batch:
                self.hand_over(variable, message)
                handled += 1
        return handled

    def sweep(self) -> None:
        """The minute's run of upkeep."""
        from functions.upkeep import triggers

        for schedule in (triggers.sweep, triggers.tidy, triggers.visit):
            schedule(_minute(), Context())

    def visit(self, **asked: object) -> dict[str, Any]:
        """The minute's visits of upkeep to accounts, or what an operator asks of it; its report."""
        from functions.upkeep import triggers

        records.forget()
        report: dict[str, Any] = triggers.visit(asked or _minute(), Context())
        return report

    def retain(self, **asked: object) -> dict[str, Any]:
        """The hour's run of upkeep, or what an operator asks of it; its report."""
        from functions.upkeep import triggers

        records.forget()
        report: dict[str, Any] = triggers.retain(asked or _minute(), Context())
        return report

    def watch(self) -> int:
        """The minute's look at the gateways."""
        from functions.messaging import triggers

        return int(triggers.watch(_minute(), Context()))

    def _received(self, variable: str) -> Iterator[dict[str, Any]]:
        yield from self.cloud.sqs.receive_message(
            QueueUrl=self.cloud.queue(variable), MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages", [])

    def hand_over(self, variable: str, message: dict[str, Any]) -> None:
        """Gives one message of a queue to its function, and deletes it when that says it is done."""
        from functions.jobs import triggers as jobs
        from functions.messaging import triggers

        handlers: dict[str, Any] = {
            "QUEUE_OUTBOX": triggers.dispatch,
            "QUEUE_RECEIPTS": triggers.settle,
            "QUEUE_WORK": jobs.work,
        }
        handler = handlers[variable]
        record = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:eu-west-1:123456789012:{variable.lower()}",
            "awsRegion": "eu-west-1",
        }
        answer = handler({"Records": [record]}, Context()) or {}
        if not answer.get("batchItemFailures"):
            self.cloud.sqs.delete_message(QueueUrl=self.cloud.queue(variable), ReceiptHandle=message["ReceiptHandle"])


def changed(reply: Reply) -> dict[str, Any]:
    """What a PATCH answered; it must have been taken."""
    assert reply.status == 200, (reply.status, reply.text)
    after: dict[str, Any] = reply.json
    return after


def made(reply: Reply) -> dict[str, Any]:
    """The body of an answer that made something."""
    assert reply.status == 201, (reply.status, reply.text)
    body: dict[str, Any] = reply.json
    return body


def _minute() -> dict[str, object]:
    return {
        "version": "0",
        "id": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2026-01-01T00:00:00Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": {},
    }
