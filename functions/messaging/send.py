"""What operators do with single messages: send a link once more, see a message, cancel it."""

from typing import Annotated

import msgspec

from functions.accounts import history
from functions.accounts.people import Account, must_be_enabled, visible
from functions.activation import links
from functions.activation.issue import UNSENT_KINDS, plan_of, sendable
from functions.activation.links import Link
from functions.common import audit
from functions.common.caller import Caller
from functions.common.errors import Conflict, Invalid, NotFound
from functions.common.requests import Replayed, RequestMark
from functions.common.transaction import Step, commit
from functions.messaging import notices, outbox, send_limits, timing
from functions.messaging.gateways import Channel
from functions.messaging.kinds import ACTIVATING, TEST, AskedFor, Kind
from functions.messaging.models import Message
from functions.messaging.outbox import Composed, MessageKey
from functions.messaging.shown import MessageView, show
from functions.messaging.state import State
from functions.messaging.timing import AtOnce, SendAt
from functions.tenants import tenants


class NewMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of the account's links is sent, and how."""

    kind: AskedFor
    channel: Channel
    slot: (
        Annotated[int, msgspec.Meta(ge=1, le=5, description="Whose link, of several devices; else the newest")] | None
    ) = None
    send_at: SendAt | None = None
    at_once: AtOnce = False


class NoLiveLink(links.LinkNotLive):
    message = "There is no live activation link. Issue one: POST /v1/accounts/{account_id}/links."


class OnItsWay(Conflict):
    code = "on_its_way"
    message = "Only a message that still waits can be cancelled. This one does not."


def send(caller: Caller, account_id: str, wanted: NewMessage, mark: RequestMark) -> MessageView:
    """The present link of the account once more, on any channel.

    Raises NotFound, AccountNotEnabled, NoLiveLink, NotReady, TooMany, and Invalid with nobody to send it to."""
    account = visible(caller, account_id)
    cause, kind = mark.id("message"), Kind(wanted.kind)
    try:
        mark.check()
        must_be_enabled(account)
        tenant = tenants.get(caller.tenant).fields
        sendable(account, tenant, [wanted.channel])
        timing.check_time(wanted.send_at)
        link = _live_link(account, wanted.slot) if kind in ACTIVATING else None
        plan = plan_of(account, tenant, at_once=wanted.at_once)
        if link is not None and link.policy != "tap":
            _check_way(link, wanted.channel)
            plan = msgspec.structs.replace(plan, other_channel=False)
        link_id = link.id if link is not None else None
        composed = outbox.compose(
            caller.tenant, account_id, kind, wanted.channel, cause, link_id, send_at=wanted.send_at, plan=plan
        )
        send_limits.count_operator(caller, tenant, 1)
        send_limits.count(account, kind, wanted.channel)
        commit([*mark.steps(), *_steps(caller, composed, link_id)])
        outbox.enqueue(composed.due_now)
    except Replayed:
        pass
    made = outbox.find(outbox.named(caller.tenant, account_id, kind, wanted.channel, cause))
    assert made is not None  # written with the mark
    return show(made)


def read(caller: Caller, message_id: str) -> MessageView:
    """Raises NotFound, also for an account that the caller may not see."""
    return show(visible_message(caller, message_id))


def cancel(caller: Caller, message_id: str) -> MessageView:
    """A message that still waits is not sent. Repeatable. Raises NotFound, OnItsWay."""
    message = visible_message(caller, message_id)
    if message.state != State.cancelled:
        commit(
            [
                outbox.cancelling(message, "An operator cancelled it.", OnItsWay()),
                *outbox.recorded(message, State.cancelled, by=caller.operator),
                audit.entry(caller, "message.cancel", f"message/{message_id}"),
            ]
        )
    return show(visible_message(caller, message_id))


def _live_link(account: Account, slot: int | None) -> Link:
    """The account's newest link that waits for its phone (in this slot), of those that messages carry.

    Raises NoLiveLink."""
    for link in links.for_account(account.tenant, account.id):
        if links.waiting(link) and link.policy not in UNSENT_KINDS and slot in (None, int(link.slot)):
            return link
    raise NoLiveLink


def _check_way(link: Link, channel: Channel) -> None:
    """Raises Invalid where this link must not go by this channel."""
    if link.policy == "direct" and channel is Channel.email:
        raise Invalid("This link does not go by e-mail: what scans a mailbox would get the file.", field="channel")
    if link.policy != "code" or link.code_by != "message":
        return
    if notices.came_by(outbox.all_of(link.tenant, link.account_id), link.id) - {channel}:
        raise Invalid("This link's code goes by this channel; the link keeps to the other one.", field="channel")


def _steps(caller: Caller, composed: Composed, link: str | None) -> list[Step]:
    key, item = composed.key, composed.step.item
    assert isinstance(item, Message)
    names: dict[str, str | int | None] = {"kind": item.kind, "channel": item.channel}
    steps: list[Step] = [
        composed.step,
        history.step(key.tenant, key.account, "message.requested", message=key.id, by=caller.operator, **names),
        audit.entry(caller, "message.send", f"account/{key.account}", after={"message": key.id, **names}),
    ]
    return [*steps, links.check_live(key.tenant, key.account, link)] if link is not None else steps


def visible_message(caller: Caller, message_id: str) -> Message:
    """Raises NotFound, also for an account that the caller may not see."""
    account_id, _, message = message_id.partition("-")
    if account_id != TEST:
        visible(caller, account_id)
    found = outbox.find(MessageKey(tenant=caller.tenant, account=account_id, message=message))
    if found is None:
        raise NotFound("There is no message with this id.", field="message_id")
    return found
