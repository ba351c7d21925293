"""Issue an activation link: with an account, again (superseding the present one), or for a person whom no message
reaches.

What a link demands is fixed when it is issued: `tap`, `code` or `direct` by the profile's policy; `desk` (shown as a QR
code: a tap), `spoken` (its code was read out and typed, so a computer may have it as well), `managed` (put on a device
by its management: whoever opens it first, like `direct`)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

import msgspec

from functions.accounts import history, slots
from functions.accounts.configuration import effective
from functions.accounts.devices import works
from functions.accounts.groups import GROUPS, GroupFields
from functions.accounts.people import Account, Device, device, devices, must_be_enabled, visible
from functions.activation import ending as ends
from functions.activation import stuck
from functions.activation.links import OPEN, UNSENT, WITHOUT_TAP, address, find, shard, shown_state
from functions.activation.models import Link, link_key
from functions.common import audit, clock, ids
from functions.common.caller import Caller
from functions.common.errors import Conflict, Invalid, NotReady
from functions.common.requests import Replayed, RequestMark
from functions.common.transaction import Step, commit, new, retried
from functions.messaging import countries, outbox, send_limits, timing
from functions.messaging.gateways import Channel
from functions.messaging.kinds import ACTIVATING, Kind
from functions.messaging.plan import Plan
from functions.messaging.readiness import ready
from functions.messaging.timing import AtOnce, SendAt
from functions.provisioning import profiles, render
from functions.provisioning.clients import Delivery, client
from functions.provisioning.fields import LinkPolicy, ProfileFields
from functions.tenants import hostnames, tenants
from functions.tenants.tenants import TenantFields

UNSENT_KINDS: Final = frozenset({"desk", "spoken", "managed"})  # links that no message carries
UNSENT_LIFETIME: Final = timedelta(minutes=15)  # of a link that is shown or read out, and of a direct one
OPEN_TO_ALL: Final = 300  # seconds after its first fetch in which a link without a tap gives its file to all


class Slot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of the account's device slots a link fills: one more beside the present devices, or one in place of what
    is there."""

    device: Literal["replace", "add"] = "replace"
    slot: Annotated[int, msgspec.Meta(ge=1, le=5, description="Which to replace; the first by default")] | None = None


class NewLink(Slot, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new activation link for a device slot, and the channels by which it goes out."""

    channels: Annotated[list[Channel], msgspec.Meta(min_length=1, max_length=2)]
    misuse: bool = False  # the present phone is not the person's: its credentials end now, not at the next fetch
    send_at: SendAt | None = None
    at_once: AtOnce = False


_NO_MARK: Final = RequestMark(Caller(tenant="", operator="", name="", role=""), "", None, b"")


class WorkingPhone(Conflict):
    code = "working_phone"
    message = (
        "A phone works with this account. A link that anybody may open first would take it over: use another policy."
    )


def sendable(account: Account, tenant: TenantFields, channels: Iterable[Channel]) -> None:
    """Raises Invalid when a channel does not reach the person, NotReady when the system cannot send by it."""
    wanted = list(dict.fromkeys(channels))
    if Channel.sms in wanted and not account.mobile:
        raise Invalid("This account has no mobile number to send an SMS to.", field="mobile")
    if Channel.email in wanted and not account.email:
        raise Invalid("This account has no e-mail address.", field="email")
    for channel, field, trouble in (
        (Channel.sms, "mobile", account.mobile_problem),
        (Channel.email, "email", account.email_problem),
    ):
        if channel in wanted and trouble is not None:
            raise Invalid(f"Nothing is sent there any more: {trouble} Correct it, or set it anew.", field=field)
    if Channel.sms in wanted and (problem := countries.refused(tenant, account.mobile_country)) is not None:
        raise NotReady(problem)
    if not tenant.trial:  # its messages need no gateway: they go to its guests at most
        ready(account.tenant, wanted, account.mobile_country)
    hostnames.base_url(account.tenant, "links")


def plan_of(account: Account, tenant: TenantFields, *, at_once: bool) -> Plan:
    """How the account's messages are sent, by its profile. Raises NotReady when none resolves."""
    group, profile = _circumstances(account)
    return timing.plan(account, group, tenant, profile.message_policy, at_once=at_once)


def _circumstances(account: Account) -> tuple[GroupFields, ProfileFields]:
    group = GROUPS.get(account.tenant, account.group_id).fields
    return group, profiles.resolve(account.tenant, account.profile_id, group.profile_id).fields


def check_policy(policy: LinkPolicy, account: Account, channels: Iterable[Channel]) -> None:
    """Raises Invalid where a link of this policy must not go by these channels."""
    wanted = set(channels)
    if policy.kind == "direct" and Channel.email in wanted:
        raise Invalid(
            "Links of the policy direct do not go by e-mail: what scans a mailbox would get the file.", field="channels"
        )
    if policy.kind != "code" or policy.code_by != "message":
        return
    from functions.messaging.notices import code_channel

    if len(wanted) > 1:
        raise Invalid(
            "With the policy code the link goes by one channel, and its code by the other: name one.", field="channels"
        )
    if code_channel(account, wanted) is None:
        raise Invalid(
            "Nothing reaches this person by the other channel, by which the code would go. "
            "Give the account both addresses, or let operators read the code out (code_by).",
            field="channels",
        )


def plan_for(policy: LinkPolicy, plan: Plan) -> Plan:
    """A message whose link must not take the other channel is not sent there when it fails."""
    return plan if policy.kind == "tap" else msgspec.structs.replace(plan, other_channel=False)


def new_link(
    account: Account, slot: int, cause: str, policy: LinkPolicy, kind: str, send_at: datetime | None = None
) -> Link:
    """A live link, not yet written, whose first message is sent at `send_at`; one that goes out by no message lives
    from now on. The same cause gives the same link."""
    now = clock.now()
    begins = max(send_at, now) if send_at is not None else now
    link_id = _id(account.tenant, cause)
    short = kind in ("direct", "desk", "spoken")
    seconds = int(UNSENT_LIFETIME.total_seconds()) if short else policy.lifetime_minutes * 60
    waits = 0 if kind in UNSENT_KINDS else int(UNSENT.total_seconds())
    expires = int(begins.timestamp()) + seconds + waits
    link = Link(
        pk=link_key(account.tenant, account.id),
        sk=link_id,
        id=link_id,
        tenant=account.tenant,
        account_id=account.id,
        slot=slot,
        state="live",
        policy=kind,
        issued_at=now,
        lifetime=seconds,
        grace=OPEN_TO_ALL if kind in WITHOUT_TAP else policy.grace_minutes * 60,
        ticket_seconds=OPEN_TO_ALL if kind in WITHOUT_TAP else policy.ticket_seconds,
        ticket_fetches=policy.ticket_fetches,
        code_seconds=policy.code_minutes * 60,
        code_by=policy.code_by,
        ask_for_new=policy.ask_for_new,
        stuck=policy.stuck.waits,
        expires_at=expires,
        due_shard=shard(link_id),
    )
    link.due_at = stuck.next_look(link)
    return link


def issue(caller: Caller, account_id: str, wanted: NewLink, mark: RequestMark) -> Link:
    """A new link, sent by the wanted channels; it supersedes the slot's present one in the same transaction.

    The present phone works until its successor has fetched its file, unless `misuse`. Raises NotFound, Conflict,
    NotReady."""
    cause = mark.id("link")

    def change() -> Link:
        account = visible(caller, account_id)
        must_be_enabled(account)
        sendable(account, tenant, wanted.channels)
        group, profile = _circumstances(account)
        policy = profile.link_policy
        render.startable(account.client or group.client or tenant.client, profile)
        check_policy(policy, account, wanted.channels)
        slot = _slot(account, wanted)
        link = new_link(account, slot, cause, policy, policy.kind, send_at=wanted.send_at)
        plan = timing.plan(account, group, tenant, profile.message_policy, at_once=wanted.at_once)
        plan = plan_for(policy, plan)
        composed = [
            outbox.compose(
                account.tenant,
                account.id,
                Kind.activation,
                channel,
                cause=f"{link.id}|{channel}|1",
                link_id=link.id,
                send_at=wanted.send_at,
                plan=plan,
            )
            for channel in dict.fromkeys(wanted.channels)
        ]
        _write(caller, account, link, [each.step for each in composed], mark, misuse=wanted.misuse)
        outbox.enqueue([key for each in composed for key in each.due_now])
        return link

    try:
        mark.check()
        timing.check_time(wanted.send_at)
        account = visible(caller, account_id)
        tenant = tenants.get(caller.tenant).fields
        send_limits.count_operator(caller, tenant, len(set(wanted.channels)))
        for channel in set(wanted.channels):
            send_limits.count(account, Kind.activation, channel)
        return retried(change)
    except Replayed:
        found = find(caller.tenant, account_id, _id(caller.tenant, cause))
        assert found is not None  # written with the mark
        return found


def repeat(
    caller: Caller,
    account_id: str,
    wanted: Sequence[tuple[Kind, Channel]],
    cause: str,
    *,
    send_at: datetime | None = None,
    at_once: bool = False,
) -> Sequence[outbox.MessageKey]:
    """The messages that a new account gets, once more, for somebody who has not activated: with a new link, which
    supersedes the present one, and in the group's turn. -> what to enqueue.

    The same cause sends them once. The caller counts them for the operator. Raises NotFound, AccountNotEnabled,
    Invalid, NotReady."""
    from functions.messaging import waves

    account = visible(caller, account_id)
    link_id = _id(caller.tenant, cause)
    if any(each.cause.startswith(f"{link_id}|") for each in outbox.all_of(account.tenant, account.id)):
        return ()
    tenant = tenants.get(caller.tenant).fields
    check_repeat(account, wanted)
    group, profile = _circumstances(account)
    policy = profile.link_policy
    moments = [moment for moment in (send_at, waves.turn(account, group, tenant)) if moment is not None]
    ordered = timing.ordered(wanted, profile.message_policy, max(moments, default=None))
    needs_link = any(each.kind in ACTIVATING for each in ordered)
    latest = max((each.send_at for each in ordered if each.send_at is not None), default=None)
    plan = plan_for(policy, timing.plan(account, group, tenant, profile.message_policy, at_once=at_once))
    composed = compose(account, ordered, link_id, link_id, plan)
    steps: list[Step] = [each.step for each in composed]
    for each, message in zip(ordered, composed, strict=True):
        named = {"message": message.key.id, "kind": each.kind.value, "channel": each.channel.value}
        steps.append(history.step(account.tenant, account.id, "message.requested", by=caller.operator, **named))
    if needs_link:
        link = new_link(account, 1, cause, policy, policy.kind, send_at=latest)
        _write(caller, account, link, steps, _NO_MARK, misuse=False)
    else:
        commit([*steps, audit.entry(caller, "message.send", f"account/{account_id}", after={"messages": len(ordered)})])
    return [key for each in composed for key in each.due_now]


def compose(
    account: Account, ordered: Iterable[timing.Ordered], cause: str, link_id: str | None, plan: Plan
) -> list[outbox.Composed]:
    """The messages to a person in their order; those that activate are of this link. No I/O."""
    return [
        outbox.compose(
            account.tenant,
            account.id,
            each.kind,
            each.channel,
            cause=f"{cause}|{each.kind}|{each.channel}|1",
            link_id=link_id if each.kind in ACTIVATING else None,
            send_at=each.send_at,
            plan=plan,
            waits_for=each.waits_for,
        )
        for each in ordered
    ]


def check_repeat(account: Account, wanted: Sequence[tuple[Kind, Channel]]) -> None:
    """Raises what stands against `repeat`: AccountNotEnabled, Invalid, NotReady."""
    must_be_enabled(account)
    tenant = tenants.get(account.tenant).fields
    sendable(account, tenant, [channel for _, channel in wanted])
    group, profile = _circumstances(account)
    activating = [channel for kind, channel in wanted if kind in ACTIVATING]
    if activating:
        render.startable(account.client or group.client or tenant.client, profile)
        check_policy(profile.link_policy, account, activating)


def unsent(
    caller: Caller,
    account_id: str,
    kind: Literal["desk", "spoken", "managed"],
    wanted: Slot,
    mark: RequestMark,
) -> Link:
    """A fresh link that no message carries; the same one when the request is repeated. Raises NotFound, Conflict,
    Invalid, NotReady; WorkingPhone for a managed one."""
    cause = f"{mark.id('link')}|{account_id}"

    def change() -> Link:
        account = visible(caller, account_id)
        made = find(account.tenant, account.id, _id(account.tenant, cause))
        if made is not None:
            return made
        must_be_enabled(account)
        hostnames.base_url(account.tenant, "links")
        setup = effective(account)
        if kind != "desk" or client(setup.client).DELIVERY is not Delivery.shown:
            render.startable(setup.client, setup.profile.fields)
        link = new_link(account, _slot(account, wanted), cause, setup.profile.fields.link_policy, kind)
        _write(caller, account, link, (), _NO_MARK if kind == "managed" else mark, misuse=False)
        return link

    try:
        if kind != "managed":  # of those many are made in one request, which is marked as a whole
            mark.check()
        return retried(change)
    except Replayed:
        return change()


def for_management(caller: Caller, account_id: str, mark: RequestMark) -> str:
    """The address that the management of the person's device puts on it. Raises like `unsent`."""
    link = unsent(caller, account_id, "managed", Slot(), mark)
    return address(link.tenant, link.account_id, link.id)


def again(link: Link, channels: Sequence[Channel]) -> Link:
    """A new link in place of a dead one, because its person asked for it: by the channels of the account that are
    there. Repeatable: one for each dead link. Raises Conflict, Invalid, NotReady, TooMany."""
    system = Caller(tenant=link.tenant, operator="system", name="the person asked", role="system")
    wanted = NewLink(channels=list(channels), slot=int(link.slot))
    return issue(system, link.account_id, wanted, RequestMark(system, f"again {link.id}", "once", b""))


def _slot(account: Account, wanted: Slot) -> int:
    """The slot's number. Raises Invalid where a slot to replace is named for a device to add."""
    if wanted.device == "replace":
        return wanted.slot or 1
    if wanted.slot is not None:
        raise Invalid("A device that is added takes the next free slot: name none.", field="slot")
    for slot in devices(account):
        if slot.ha1_md5 is None and not _awaits(account, slot):
            return int(slot.slot)
    return int(account.slots) + 1


def _id(tenant: str, cause: str) -> str:
    return ids.derived_id("link", tenant, cause, length=22)


def _write(
    caller: Caller, account: Account, link: Link, messages: Sequence[Step], mark: RequestMark, *, misuse: bool
) -> None:
    slot = device(account, int(link.slot))
    if link.policy in WITHOUT_TAP and slot is not None and works(slot):
        raise WorkingPhone
    told = ends.told_of_reset(account, slot) if misuse and slot is not None else []
    steps: list[Step] = [new(link), *messages, *(each.step for each in told)]
    steps += _slot_steps(account, link, slot, misuse=misuse)
    steps.append(slots.awaited(account, int(link.slot)))
    present = find(account.tenant, account.id, slot.live_link) if slot is not None and slot.live_link else None
    superseded = present if present is not None and present.state in OPEN else None
    if superseded is not None:
        steps += ends.steps(superseded, "superseded")
    action = "link.issue_after_misuse" if misuse else "link.issue"
    steps.append(audit.entry(caller, action, f"account/{account.id}", after={"link": link.id, "slot": int(link.slot)}))
    steps.append(history.step(account.tenant, account.id, "link.issued", link=link.id, by=caller.operator))
    commit([*steps, *mark.steps()])
    outbox.enqueue([key for each in told for key in each.due_now])
    if superseded is not None:
        ends.clean(superseded)


def _awaits(account: Account, slot: Device) -> bool:
    """Whether a link may still fill the slot."""
    link = find(account.tenant, account.id, slot.live_link) if slot.live_link else None
    return link is not None and shown_state(link) in OPEN


def _slot_steps(account: Account, link: Link, slot: Device | None, *, misuse: bool) -> list[Step]:
    if slot is not None:
        return slots.taken_back(slot, link.id) if misuse else [slots.linked(slot, link.id)]
    return [slots.added(account, int(link.slot), _circumstances(account)[1].devices_per_account, link.id)]
