"""Messages that nobody asked for: codes, reminders, and notices of what happened to an account.

A notice goes at once, also in quiet hours: what it tells of may be a theft. It takes another channel than the link came
by, so that whoever could read the link does not read the notice, too; and an address that went away is told of its own
going, sealed until the message ends, because the account knows it no more."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from functions.accounts.people import Account
from functions.common import sealing
from functions.messaging import outbox
from functions.messaging.gateways import Channel
from functions.messaging.kinds import ACTIVATING, Kind
from functions.messaging.models import FORMER, Message
from functions.messaging.outbox import Composed, MessageKey
from functions.messaging.plan import PLAIN, Plan
from functions.messaging.state import State

ONE_WAY: Final = Plan(other_channel=False)
UNSENT: Final = frozenset({State.failed, State.cancelled})  # nobody has read those
_USE: Final = "former address"


class Former(NamedTuple):
    """An address that was the account's until now."""

    channel: Channel
    address: str


def compose(
    account: Account,
    kind: Kind,
    cause: str,
    *,
    link_id: str | None = None,
    avoid: Collection[Channel] = frozenset(),
    to_former: Former | None = None,
    send_at: datetime | None = None,
    plan: Plan | None = None,
) -> list[Composed]:
    """The messages that tell the person; none when nothing reaches them. The same cause makes the same messages.

    By one channel, not one to `avoid` where there is another; a change of contacts by every one that is not to avoid; a
    code as `code_channel` says, the link having come by those to avoid. No I/O, but for `to_former`, whose address is
    sealed."""
    channels: Iterable[Channel] = [to_former.channel] if to_former is not None else _channels(account, kind, avoid)
    if to_former is not None:
        cause = f"{FORMER}|{cause}"
    if plan is None:
        plan = ONE_WAY if kind in (Kind.code, Kind.changed) else PLAIN
    composed = [
        outbox.compose(account.tenant, account.id, kind, channel, cause, link_id, send_at=send_at, plan=plan)
        for channel in channels
    ]
    if to_former is not None:
        for each in composed:
            item = each.step.item
            assert isinstance(item, Message)
            item.former = sealing.seal_address(to_former.address, **_place(each.key))
    return composed


def code_channel(account: Account, came_by: Collection[Channel]) -> Channel | None:
    """By which channel the code of a link goes: SMS, unless the link itself came by SMS alone; None when nothing
    reaches the person there."""
    channel = Channel.email if set(came_by) == {Channel.sms} else Channel.sms
    return channel if channel in reaching(account) else None


def reaching(account: Account) -> list[Channel]:
    """The channels by which the person is reached, as far as we know."""
    found: list[Channel] = []
    if account.email and account.email_problem is None:
        found.append(Channel.email)
    if account.mobile and account.mobile_problem is None:
        found.append(Channel.sms)
    return found


def came_by(messages: Iterable[Message], link_id: str) -> frozenset[Channel]:
    """The channels by which the person may have got this link."""
    return frozenset(
        Channel(each.channel)
        for each in messages
        if each.link_id == link_id and each.kind in ACTIVATING and each.state not in UNSENT
    )


def plan_of(messages: Iterable[Message], link_id: str) -> Plan:
    """How this link's messages were to be sent: what is sent of it later, unasked, keeps the same quiet hours."""
    plans = [each.plan for each in messages if each.link_id == link_id and each.kind in ACTIVATING]
    return plans[0] if plans else PLAIN


def former_address(message: Message) -> str | None:
    """Where a message to a former address goes; None when it has ended and the address is kept nowhere any more."""
    return sealing.open_address(message.former, **_place(outbox.key_of(message))) if message.former else None


def _channels(account: Account, kind: Kind, avoid: Collection[Channel]) -> Sequence[Channel]:
    found = reaching(account)
    if kind is Kind.changed:
        return [each for each in found if each not in avoid]
    if kind is Kind.code:
        channel = code_channel(account, avoid)
        return [channel] if channel is not None else []
    if kind is Kind.reminder:
        found.reverse()  # its link is for the phone, where SMS are read
    return [*(each for each in found if each not in avoid), *found][:1]


def _place(key: MessageKey) -> dict[str, str]:
    return {"use": _USE, "tenant": key.tenant, "account": key.account, "message": key.message}
