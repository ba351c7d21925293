"""A message that failed, or did not arrive, goes by the other channel: the same link, once."""

from collections.abc import Sequence
from typing import Final

import msgspec

from functions.accounts import history, people
from functions.common.errors import NotFound
from functions.common.observability import logger
from functions.common.transaction import Step
from functions.messaging import outbox
from functions.messaging.gateway_choice import usable
from functions.messaging.gateways import Channel
from functions.messaging.kinds import NOTICES, TEST, Kind
from functions.messaging.models import Message
from functions.messaging.outbox import MessageKey
from functions.messaging.state import State

ENDS: Final = (State.failed, State.undelivered)
UNDER_WAY: Final = frozenset(
    {State.queued, State.claimed, State.sending, State.unknown, State.sent, State.buffered, State.delivered}
)
CAUSE: Final = "other-channel"


class Instead(msgspec.Struct, frozen=True, kw_only=True):
    """What goes into the transaction in which a message ends, and what to enqueue after it."""

    steps: Sequence[Step] = ()
    keys: Sequence[MessageKey] = ()


def instead(message: Message, state: State) -> Instead:
    """The message that takes this one's place when it comes to `state`; nothing where there is no other way, or where
    the same was sent by the other channel anyway."""
    if state not in ENDS or not message.plan.other_channel or message.account_id == TEST:
        return Instead()
    if message.cause.startswith(CAUSE):
        return Instead()
    try:
        return _instead(message)
    except Exception:  # the end of this message must be written down whatever becomes of the next
        logger.exception("no other channel", extra={"message_id": outbox.key_of(message).id})
        return Instead()


def _instead(message: Message) -> Instead:
    channel = Channel.email if message.channel == Channel.sms else Channel.sms
    cause = f"{CAUSE}|{message.sk}"
    try:
        contact = people.contact(message.tenant, message.account_id)
    except NotFound:
        return Instead()
    to, country = (contact.mobile, contact.mobile_country) if channel is Channel.sms else (contact.email, None)
    trouble = contact.mobile_problem if channel is Channel.sms else contact.email_problem
    if (
        not to
        or trouble is not None
        or (contact.standing != "enabled" and message.kind not in NOTICES)
        or not usable(message.tenant, channel, message.sk, country)
    ):
        return Instead()
    for each in outbox.all_of(message.tenant, message.account_id):
        had_its_place_taken = each.cause == cause
        if had_its_place_taken or (_same(each, message, channel) and State(each.state) in UNDER_WAY):
            return Instead()
    composed = outbox.compose(
        message.tenant,
        message.account_id,
        Kind(message.kind),
        channel,
        cause=cause,
        link_id=message.link_id,
        plan=message.plan,
    )
    note = history.step(
        message.tenant,
        message.account_id,
        "message.other_channel",
        message=composed.key.id,
        instead_of=outbox.key_of(message).id,
        channel=channel.value,
        kind=message.kind,
    )
    return Instead(steps=[composed.step, note], keys=[composed.key])


def _same(each: Message, message: Message, channel: Channel) -> bool:
    """Whether `each` says by this channel what `message` says: notices are of one event, all others of one link."""
    about = each.cause == message.cause if message.kind in NOTICES else each.link_id == message.link_id
    return about and (each.kind, each.channel) == (message.kind, channel.value)
