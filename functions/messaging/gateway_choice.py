"""Which gateway a message takes, and which gateways are out because they cannot send."""

import hashlib
import math
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from functions.common import clock
from functions.common.caller import PROVIDER
from functions.common.errors import Changed
from functions.common.observability import logger
from functions.common.table import key, update
from functions.common.validate import merged
from functions.messaging.gateway_accounts import GATEWAYS, Changes
from functions.messaging.gateway_fields import Gateway
from functions.messaging.gateways import Answer, Channel
from functions.messaging.models import MessagingRecord


def usable(tenant: str, channel: Channel, message: str, tried: Sequence[str] = ()) -> list[Gateway]:
    """The gateways that may send for a tenant, the one to take first: its own, else the provider's; none that is out.

    Messages are shared out by weight, always alike for one message; gateways that it was `tried` with come later."""
    for owner in dict.fromkeys((tenant, PROVIDER)):
        found = [each for each in GATEWAYS.all(owner) if each.fields.channel is channel and each.fields.state != "out"]
        if found:
            return sorted(found, key=lambda stored: (tried.count(stored.id), _turn(stored, message)))
    return []


def take_out(stored: Gateway, reason: str) -> None:
    """It cannot send until it is changed or tested again. A change that came in between stands."""
    logger.warning("gateway out", extra={"gateway": stored.id, "tenant": stored.tenant, "reason": reason})
    _set(stored, Changes(state="out", reason=reason))


def refused(stored: Gateway, answer: Answer) -> None:
    """Its provider says that our account, sender or credit there is not in order: it is out."""
    take_out(stored, ": ".join(part for part in (answer.code, answer.words) if part) or "The provider refuses it.")


def worked(stored: Gateway) -> None:
    """A provider took a message through it."""
    if stored.fields.state != "ready":
        _set(stored, Changes(state="ready", reason=None, tested_at=clock.now()))


def tested(stored: Gateway) -> None:
    """The same, by a test that somebody made."""
    _set(stored, Changes(state="ready", reason=None, tested_at=clock.now()))


def _set(stored: Gateway, changes: Changes) -> None:
    fields = msgspec.json.encode(merged(stored.fields, changes)).decode()
    item = MessagingRecord(pk=key(stored.tenant, "gateway"), sk=stored.id)
    actions = [MessagingRecord.fields.set(fields), MessagingRecord.version.set(stored.version + 1)]
    with suppress(Changed):
        update(item, actions, MessagingRecord.version == stored.version, Changed())


def _turn(stored: Gateway, message: str) -> float:
    """Weighted rendezvous: the least is taken; over many messages each gateway is first in proportion to its weight."""
    digest = hashlib.sha256(f"{message}\n{stored.id}".encode()).digest()
    even = (int.from_bytes(digest[:8], "big") + 1) / (2**64 + 1)
    return -math.log(even) / stored.fields.weight
