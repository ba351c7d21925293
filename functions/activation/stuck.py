"""Activations that do not go on: sent and not opened, opened and not tapped, tapped and not registered.

The person is reminded with the same link, a limited number of times; then operators are told, once a step.
`Link.due_at` is when upkeep looks: whoever moves a link on sets it by `next_look`; a look decides by what it finds."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from pynamodb.expressions.condition import Condition

from functions.accounts import attention, history
from functions.accounts.attention import Why
from functions.activation.links import UNSENT
from functions.activation.models import Link
from functions.common import clock
from functions.common.errors import Changed, NotReady
from functions.common.table import update
from functions.common.transaction import Step, Update, commit
from functions.messaging.plan import Plan, quiet_until
from functions.provisioning.stuck_fields import StuckPolicy, Waits

if TYPE_CHECKING:
    from functions.accounts.people import Account
    from functions.messaging.outbox import Message

SENT: Final = frozenset({"tap", "code", "direct"})  # policies of links that messages carry
REMINDED: Final = frozenset({"tap", "code"})  # of those that live long enough to be sent once more
WORTH_IT: Final = 30 * 60  # seconds that a link must have left for a reminder
UNDER_WAY: Final = frozenset({"queued", "claimed", "sending"})  # messages that will be sent
LOST: Final = frozenset({"failed", "undelivered", "cancelled"})  # and those that reached nobody, nor will


class Stage(NamedTuple):
    """The last step that a link has taken, and for how many seconds it may stay there (None: as long as it lives)."""

    name: str
    since: int  # epoch seconds
    wait: int | None
    why: Why


def next_look(link: Link, **changes: object) -> int:
    """When upkeep looks at an unused link, were it changed so: at its end, or earlier where it counts as stuck.

    Epoch seconds. No I/O."""
    seen = Link(**(link.attribute_values | changes))
    stage, ends = _stage(seen), int(seen.expires_at)
    if stage is None or stage.wait is None or seen.told == stage.name or seen.state == "locked":
        return ends
    return min(ends, max(stage.since, _seconds(seen.reminded_at)) + stage.wait)


def look(link: Link) -> None:
    """The moment has come at which an unused link may be stuck: its person is reminded, or operators are told.

    In one transaction with the next look's time, so that two runs do it once. Raises Changed when somebody else was
    faster."""
    stage, due, now = _stage(link), next_look(link), clock.epoch()
    if stage is None or stage.wait is None or due > now:
        return _later(link, due)
    account = _enabled(link)
    if account is None:
        return _later(link, int(link.expires_at))
    sent = _messages(link)
    if any(each.state in UNDER_WAY for each in sent) or (stage.name == "issued" and not _lost(sent)):
        return _later(link, now + stage.wait)
    if link.policy in REMINDED and int(link.reminded) < _waits(link).reminders and not _lost(sent):
        plan = _plan(link, account)
        loud = _loud(plan)
        if loud + WORTH_IT < int(link.expires_at):
            if loud > now:
                return _later(link, loud)
            if reminder := _reminder(link, account, sent, plan):
                return _remind(link, stage, reminder)
    return _tell(link, stage, _why(stage, sent))


def at_end(link: Link) -> list[Step]:
    """Steps for the transaction that ends a link whose time is over: operators are told what was missing, unless they
    know. They raise Changed when the phone registers at this very moment."""
    if link.state == "fetched":
        return _unregistered(link)
    stage = _stage(link)
    if stage is None or stage.wait is None or link.told == stage.name or _enabled(link) is None:
        return []
    return attention.step(link.tenant, link.account_id, _why(stage, _messages(link)), link=link.id)


def _stage(link: Link) -> Stage | None:
    waits = _waits(link)
    if link.claimed_at is not None:
        return Stage("claimed", _seconds(link.claimed_at), waits.registered, "not_registered")
    if link.policy not in SENT:
        return None  # its person stands before an operator, or speaks to one
    if link.opened_at is not None:
        return Stage("opened", _seconds(link.opened_at), waits.claimed, "not_claimed")
    if link.sent_at is not None:
        return Stage("sent", _seconds(link.sent_at), waits.opened, "not_opened")
    begins = int(link.expires_at) - int(link.lifetime) - int(UNSENT.total_seconds())
    return Stage("issued", begins, waits.opened, "undelivered")


def _waits(link: Link) -> Waits:
    return link.stuck if link.stuck is not None else StuckPolicy().waits


def _seconds(at: datetime | None) -> int:
    return int(at.timestamp()) if at is not None else 0


def _enabled(link: Link) -> "Account | None":
    from functions.accounts import people

    account = people.find(link.tenant, link.account_id)
    return account if account is not None and people.standing(account) == "enabled" else None


def _messages(link: Link) -> "list[Message]":
    """The messages that carry this link."""
    from functions.messaging import outbox
    from functions.messaging.kinds import ACTIVATING

    found = outbox.all_of(link.tenant, link.account_id)
    return [each for each in found if each.link_id == link.id and each.kind in ACTIVATING]


def _lost(sent: "Sequence[Message]") -> bool:
    """Whether none came through, nor will."""
    return all(each.state in LOST for each in sent)


def _plan(link: Link, account: "Account") -> Plan:
    """How a reminder is sent: by the profile as it is now, and never in the night, whatever that says of the rest."""
    from functions.accounts.groups import GROUPS
    from functions.messaging import timing
    from functions.provisioning import profiles
    from functions.provisioning.fields import MessagePolicy, QuietHours
    from functions.tenants import tenants

    group = GROUPS.get(account.tenant, account.group_id).fields
    policy = MessagePolicy()
    with suppress(NotReady):  # the profile has gone since; its link has not
        policy = profiles.resolve(account.tenant, account.profile_id, group.profile_id).fields.message_policy
    policy = msgspec.structs.replace(policy, quiet_hours=policy.quiet_hours or QuietHours())
    plan = timing.plan(account, group, tenants.get(account.tenant).fields, policy)
    return plan if link.policy == "tap" else msgspec.structs.replace(plan, other_channel=False)


def _loud(plan: Plan) -> int:
    """When a message of this plan may be sent: now, or at the end of the quiet hours."""
    end = quiet_until(plan.quiet, clock.now()) if plan.quiet is not None else None
    return _seconds(end or clock.now())


def _reminder(link: Link, account: "Account", sent: "Sequence[Message]", plan: Plan) -> list[Step]:
    """The messages that remind; none where nobody can be reached. A link whose code goes by the other channel keeps
    to its own."""
    from functions.messaging import notices
    from functions.messaging.gateways import Channel
    from functions.messaging.kinds import Kind

    own = {each.channel for each in sent}
    cause = f"{link.id}|reminder|{int(link.reminded) + 1}"
    others = {channel for channel in Channel if channel not in own} if link.policy == "code" else frozenset()
    composed = notices.compose(account, Kind.reminder, cause, link_id=link.id, avoid=others, plan=plan)
    return [each.step for each in composed if link.policy != "code" or each.channel in own]


def _remind(link: Link, stage: Stage, reminder: list[Step]) -> None:
    n, now = int(link.reminded) + 1, clock.now()
    note = history.step(link.tenant, link.account_id, "link.reminded", link=link.id, n=n, since=stage.name)
    actions = [
        Link.reminded.set(n),
        Link.reminded_at.set(now),
        Link.due_at.set(next_look(link, reminded=n, reminded_at=now)),
    ]
    commit([Update(item=link, actions=actions, condition=_unmoved(link)), *reminder, note])


def _tell(link: Link, stage: Stage, why: Why) -> None:
    actions = [Link.told.set(stage.name), Link.due_at.set(next_look(link, told=stage.name))]
    told = attention.step(link.tenant, link.account_id, why, link=link.id)
    commit([Update(item=link, actions=actions, condition=_unmoved(link)), *told])


def _why(stage: Stage, sent: "Sequence[Message]") -> Why:
    return "undelivered" if stage.name in ("issued", "sent") and _lost(sent) else stage.why


def _later(link: Link, at: int) -> None:
    update(link, [Link.due_at.set(min(at, int(link.expires_at)))], _unmoved(link), Changed())


def _unmoved(link: Link) -> Condition:
    """The link is as it was read, and nobody else has looked."""
    unmoved: Condition = (Link.state == link.state) & (Link.due_at == link.due_at)
    for moment, at in (
        (Link.sent_at, link.sent_at),
        (Link.opened_at, link.opened_at),
        (Link.claimed_at, link.claimed_at),
    ):
        unmoved &= moment.does_not_exist() if at is None else moment == at
    return unmoved


def _unregistered(link: Link) -> list[Step]:
    from functions.accounts import devices, people

    account = _enabled(link)
    slot = people.device(account, int(link.slot)) if account is not None else None
    if (
        _waits(link).registered is None
        or slot is None
        or slot.epoch != link.epoch
        or slot.registered_epoch == slot.epoch
    ):
        return []
    told = attention.step(link.tenant, link.account_id, "not_registered", link=link.id)
    return [devices.unregistered_yet(slot), *told]
