"""Many people with one message each, made quickly: copies of an account that the API made, and messages as the outbox
composes them. They wait until they are let go."""

import itertools
import json
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from functions.common import ids
from functions.messaging import outbox
from functions.messaging.gateways import Channel
from functions.messaging.kinds import Kind
from functions.messaging.outbox import MessageKey
from infra.system import System
from tests.e2e.world import Tenant, World
from tests.fakes.records import Recorded
from tests.fakes.server import Fakes

T = TypeVar("T")
Item = dict[str, dict[str, Any]]
"""An item as DynamoDB's JSON shows it: {"pk": {"S": "…"}}."""

LONGEST_WAIT: Final = 120.0  # seconds
WARMED_BY: Final = 60  # messages: every worker has had some
HELD: Final = tuple(f"ApproximateNumberOfMessages{where}" for where in ("", "NotVisible", "Delayed"))
WAITING: Final = {"queued", "claimed", "sending"}
# Numbers that are nobody's in particular; of their last four digits those below 0100 choose what a fake does.
_numbers = itertools.count(secrets.randbelow(500) * 9900)


@dataclass(frozen=True)
class Crowd:
    """People of one tenant, and the keys of their messages."""

    system: System
    tenant: Tenant
    keys: Sequence[MessageKey]

    @cached_property
    def _queues(self) -> Any:
        return self.system.client("sqs")

    @cached_property
    def _tables(self) -> Any:
        return self.system.client("dynamodb")

    @cached_property
    def _messages_table(self) -> str:
        return self.system.physical_id("MessagesTable")

    def go(self) -> None:
        """Brings all messages to the queue."""
        url = self.system.outputs["OutboxUrl"]
        for batch in _groups(self.keys, 10):
            entries = [
                {"Id": str(number), "MessageBody": msgspec.json.encode(key).decode()}
                for number, key in enumerate(batch)
            ]
            answer = self._queues.send_message_batch(QueueUrl=url, Entries=entries)
            assert not answer.get("Failed"), answer["Failed"]

    def arrived(self, fakes: Fakes) -> list[Recorded]:
        """What a provider took of the crowd's messages, in order."""
        mine = f"{self.tenant.id}-"
        known = {key.id for key in self.keys}
        return [
            each
            for each in fakes.sms
            if (each.reference or "").startswith(mine) and message_of(each, self.tenant) in known
        ]

    def done(self) -> bool:
        """Whether nothing more happens by itself: nothing in the queue, and no message that waits or is worked on."""
        return not held(self._queues, self.system.outputs["OutboxUrl"]) and not WAITING & self.states().keys()

    def items(self) -> list[Item]:
        """Its messages as they lie in their table."""
        known = {key.id for key in self.keys}
        pages = self._tables.get_paginator("scan").paginate(
            TableName=self._messages_table,
            FilterExpression="tenant = :tenant AND begins_with(sk, :message)",
            ExpressionAttributeValues={":tenant": {"S": self.tenant.id}, ":message": {"S": "m|"}},
        )
        found = [item for page in pages for item in page["Items"]]
        return [item for item in found if f"{item['account_id']['S']}-{item['sk']['S'][2:]}" in known]

    def states(self) -> Counter[str]:
        """How many of its messages are in each state."""
        return Counter(item["state"]["S"] for item in self.items())


def message_of(recorded: Recorded, tenant: Tenant) -> str:
    """The id of the message that a provider was told of: its reference without tenant and attempt."""
    assert recorded.reference is not None
    return recorded.reference.removeprefix(f"{tenant.id}-").rpartition("-")[0]


def tenant_with(world: World, *gateways: Mapping[str, object]) -> tuple[Tenant, list[str]]:
    """A tenant that sends SMS through these gateways alone, all of them tested, and their ids."""
    tenant = world.new_tenant()
    world.new_profile(tenant)
    for known in tenant.api.get("/v1/gateways")["items"]:
        if known["channel"] == "sms":
            tenant.api.call("DELETE", f"/v1/gateways/{known['id']}", expected=204)
    made = []
    for gateway in gateways:
        made.append(str(tenant.api.create("/v1/gateways", gateway)["id"]))
        tenant.api.call("POST", f"/v1/gateways/{made[-1]}/test", {"to": _number()}, expected=200)
    return tenant, made


def gather(system: System, tenant: Tenant, size: int) -> Crowd:
    """So many people with an installation message by SMS each."""
    model = _one_account(system, tenant)
    accounts = [_copied(model, ids.new_id(), _number()) for _ in range(size)]
    composed = [
        outbox.compose(tenant.id, account["id"]["S"], Kind.installation, Channel.sms, "crowd", None)
        for account in accounts
    ]
    _write(system, "AccountsTable", accounts)
    _write(system, "MessagesTable", [each.step.item.serialize() for each in composed])
    return Crowd(system, tenant, [each.key for each in composed])


def warm(system: System, world: World, gateway: Callable[[Fakes], Mapping[str, object]]) -> None:
    """Sends some messages of another tenant to a provider of its own, so that every worker has started."""
    with Fakes() as fakes:
        fakes.courier.hold()
        tenant, _ = tenant_with(world, gateway(fakes))
        crowd = gather(system, tenant, WARMED_BY)
        crowd.go()
        assert eventually(crowd.done), crowd.states()
        assert crowd.states() == {"sent": WARMED_BY}


class Batch(NamedTuple):
    """What a worker was given at once, and how much of it failed, to come again."""

    entries: int
    failed: int


def batches(system: System) -> list[Batch]:
    """What the workers of the outbox have done since the system started."""
    name = system.physical_id("MessagingDispatch")
    found = [json.loads(line) for line in system.logs('"batch done"')]
    return [Batch(line["entries"], line["failed"]) for line in found if line["function_name"] == name]


def waiting(system: System, queue: str) -> int:
    """How many entries a queue of the template holds, whether anybody may see them now or not."""
    return held(system.client("sqs"), system.physical_id(queue))


def held(queues: Any, url: str) -> int:
    attributes = queues.get_queue_attributes(QueueUrl=url, AttributeNames=list(HELD))["Attributes"]
    return sum(int(attributes[name]) for name in HELD)


def eventually(holds: Callable[[], bool], limit: float = LONGEST_WAIT) -> bool:
    """Whether it came true within so many seconds; it is looked at again and again."""
    end = time.monotonic() + limit
    while not (true := holds()) and time.monotonic() < end:
        time.sleep(0.2)
    return true


def _one_account(system: System, tenant: Tenant) -> Item:
    body = {"full_name": "One of many", "number": _number(), "group_id": tenant.group_id}
    made = tenant.api.create("/v1/accounts", body)
    key = {"pk": {"S": f"{tenant.id}|account|{made['id']}"}, "sk": {"S": "-"}}
    table = system.physical_id("AccountsTable")
    found: Item = system.client("dynamodb").get_item(TableName=table, Key=key)["Item"]
    return found


def _copied(account: Item, id_: str, number: str) -> Item:
    """The same person under another id and number, in the keys, too."""
    text = json.dumps(account).replace(account["id"]["S"], id_).replace(account["number"]["S"], number)
    copied: Item = json.loads(text)
    return copied


def _number() -> str:
    block, last = divmod(next(_numbers), 9900)
    return f"+4179{block:03}{100 + last:04}"


def _write(system: System, table: str, items: Sequence[Item]) -> None:
    tables, name = system.client("dynamodb"), system.physical_id(table)
    for group in _groups(items, 25):
        answer = tables.batch_write_item(RequestItems={name: [{"PutRequest": {"Item": item}} for item in group]})
        assert not answer.get("UnprocessedItems"), "the table took a part only"


def _groups(things: Sequence[T], size: int) -> Iterator[list[T]]:
    rest = iter(things)
    while group := list(islice(rest, size)):
        yield group
