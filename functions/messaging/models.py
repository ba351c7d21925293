"""Messages, and what sends them (gateways, templates), at rest."""

from collections.abc import Sequence
from typing import Final

import msgspec
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action

from functions.common import clock, ids, settings
from functions.common.keyring import fingerprint
from functions.common.records import RecordItem
from functions.common.table import Due, MomentAttribute, StructAttribute, Table, TableMeta, key
from functions.messaging.plan import Plan
from functions.messaging.state import INQUIRIES, LAST_LOOK, PROVEN, Attempt, State

SHARDS: Final = 4  # of the index that the sweep reads
PREFIX: Final = "m|"
FORMER: Final = "former"  # how the cause of a message begins that goes to an address the account has no more


class Reserved(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt has taken from the limits of a day: given back when nothing was sent."""

    day: str
    to: str  # the counter of its address
    micros: int = 0  # millionths of the currency
    counted: bool = False  # for the tenant, too: it has limits


class Message(Table):
    """One message on one channel: what shall be sent, and what became of it. It holds no text, no token and no address,
    but for a former one, sealed until the message ends.

    Keys: tenant and account | `m|` and 8 letters and digits. Times that are numbers are epoch seconds: conditions
    compare them."""

    class Meta(TableMeta):
        table_name = settings.table("messages")

    tenant = UnicodeAttribute()
    account_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    channel = UnicodeAttribute()
    cause = UnicodeAttribute()
    link_id = UnicodeAttribute(null=True)  # the activation link it carries, or is about
    former = UnicodeAttribute(null=True)  # the address it goes to in place of the account's own, sealed
    state = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)  # why it waits, failed or was cancelled, for people
    attempts = StructAttribute[Sequence[Attempt]](tuple[Attempt, ...])
    plan = StructAttribute[Plan](Plan)
    retries = NumberAttribute()  # how often it went back to the queue
    inquiries = NumberAttribute(default=0)  # how often its provider was asked what became of it
    wanted_at = MomentAttribute()  # when it is to be sent first
    not_before = NumberAttribute()  # not to be sent before
    waits_for = UnicodeAttribute(null=True)  # "installation": until then, or until that link is clicked
    reserved = StructAttribute[Reserved](Reserved, null=True)  # what its present attempt takes from the day's limits
    owner = UnicodeAttribute(null=True)  # the worker that has it
    lease_until = NumberAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = NumberAttribute(null=True)  # when the sweep looks at it; only what waits or is being worked on has it
    version = NumberAttribute()
    created_at = MomentAttribute()
    changed_at = MomentAttribute()
    sent_at = MomentAttribute(null=True)
    delivered_at = MomentAttribute(null=True)

    due = Due()


class MessagingRecord(RecordItem):
    """A gateway or a template."""

    class Meta(TableMeta):
        table_name = settings.table("messages")


class TemplateFor(Table):
    """That a tenant has a template for this. Keys: tenant and `template_for` | kind, channel and language."""

    class Meta(TableMeta):
        table_name = settings.table("messages")

    template_id = UnicodeAttribute()


class GatewayHealth(Table):
    """Whether a gateway works, and what its provider last said of our account. Keys: tenant and `health` | gateway."""

    class Meta(TableMeta):
        table_name = settings.table("messages")

    tenant = UnicodeAttribute()
    gateway_id = UnicodeAttribute()
    state = UnicodeAttribute()  # untested, ready, out
    reason = UnicodeAttribute(null=True)
    tested_at = MomentAttribute(null=True)
    since = MomentAttribute()  # in this state
    failures = NumberAttribute()  # how often, while out, its provider was asked in vain
    credit = UnicodeAttribute(null=True)
    unit = UnicodeAttribute(null=True)
    rate = NumberAttribute(null=True)  # messages a second that the provider grants
    left_today = NumberAttribute(null=True)
    checked_at = MomentAttribute(null=True)
    due_shard = UnicodeAttribute()  # one for gateways alone
    due_at = NumberAttribute()  # when its provider is asked

    due = Due()


class ReceiptAddress(Table):
    """Finds a gateway by the secret in its receipt address. Keys: `receipt` and the secret's SHA-256 | -."""

    class Meta(TableMeta):
        table_name = settings.table("messages")

    tenant = UnicodeAttribute()
    gateway_id = UnicodeAttribute()


REPORT_TO_US: Final = ("aws_sms", "ses")  # kinds whose events come from inside our own account, to no address


class ProviderId(Table):
    """Finds an attempt by what its provider calls it. Keys: `provider_id_key` | -."""

    class Meta(TableMeta):
        table_name = settings.table("messages")

    tenant = UnicodeAttribute()
    account_id = UnicodeAttribute()
    message = UnicodeAttribute()
    attempt = NumberAttribute()


def provider_id_key(owner: str, provider_id: str) -> str:
    """`owner` is the gateway, so that no tenant's provider can speak of another's messages; or a kind that reports
    to us."""
    return key("provider_id", owner, fingerprint(provider_id))


def owner_of(kind: str, gateway_id: str) -> str:
    """The owner of the ids that this gateway's provider gives."""
    return kind if kind in REPORT_TO_US else gateway_id


def message_key(tenant: str, account_id: str) -> str:
    return key(tenant, account_id)


def shard(message: str) -> str:
    return str(ids.ALPHABET.index(message[0]) % SHARDS)


def moved(message: Message, state: State, reason: str | None = None) -> list[Action]:
    """The actions that put a message into `state` and end any work on it. For `queued`, add when it is due."""
    now = clock.now()
    actions: list[Action] = [
        Message.state.set(state.value),
        Message.reason.set(reason) if reason else Message.reason.remove(),
        Message.version.set(Message.version + 1),
        Message.changed_at.set(now),
        Message.owner.remove(),
        Message.lease_until.remove(),
    ]
    if state is State.unknown:
        actions += inquiring(message)
    elif state is not State.queued:
        actions += done_with()
    if state in PROVEN and message.sent_at is None:
        actions.append(Message.sent_at.set(now))
    if state is State.delivered and message.delivered_at is None:
        actions.append(Message.delivered_at.set(now))
    return actions


def inquiring(message: Message) -> list[Action]:
    """When the provider is asked next what became of a message; never again after the last time, unless whoever asked
    then was cut short (`done_with`)."""
    asked = int(message.inquiries)
    if asked > len(INQUIRIES):
        return done_with()
    wait = LAST_LOOK if asked == len(INQUIRIES) else INQUIRIES[asked] - (INQUIRIES[asked - 1] if asked else 0)
    due = clock.epoch() + wait
    return [Message.due_shard.set(shard(message.sk.removeprefix(PREFIX))), Message.due_at.set(due)]


def done_with() -> list[Action]:
    """Nothing more is sent, and nothing more is asked."""
    return [Message.due_shard.remove(), Message.due_at.remove(), Message.former.remove()]


def to_former(message: Message) -> bool:
    """Whether it goes to an address that the account has no more."""
    return message.cause.startswith(f"{FORMER}|")
