"""Issue an activation link: with an account, again (superseding the present one), or for a person at the desk."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec

from functions.accounts import history, slots
from functions.accounts.groups import GROUPS, GroupFields
from functions.accounts.people import Account, Device, device, must_be_enabled, visible
from functions.activation import ending as ends
from functions.activation.links import OPEN, UNSENT, find, shard
from functions.activation.models import Link, link_key
from functions.common import audit, clock, ids
from functions.common.caller import Caller
from functions.common.errors import Invalid, NotReady
from functions.common.requests import Replayed, RequestMark
from functions.common.transaction import Step, commit, new, retried
from functions.messaging import countries, outbox, send_limits, timing
from functions.messaging.gateways import Channel
from functions.messaging.kinds import Kind
from functions.messaging.plan import Plan
from functions.messaging.readiness import ready
from functions.messaging.timing import AtOnce, SendAt
from functions.provisioning import profiles
from functions.provisioning.fields import LinkPolicy, ProfileFields
from functions.tenants import hostnames, tenants
from functions.tenants.tenants import TenantFields

DESK_LIFETIME: Final = timedelta(minutes=15)  # of a link shown as a QR code


class NewLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new activation link for a device slot, and the channels by which it goes out."""

    channels: Annotated[list[Channel], msgspec.Meta(min_length=1, max_length=2)]
    slot: Annotated[int, msgspec.Meta(ge=1, le=5)] = 1
    misuse: bool = False  # the present phone is not the person's: its credentials end now, not at the next fetch
    send_at: SendAt | None = None
    at_once: AtOnce = False


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


def policy_of(account: Account) -> LinkPolicy:
    """The link policy of the account's profile. Raises NotReady when none resolves."""
    return _circumstances(account)[1].link_policy


def plan_of(account: Account, tenant: TenantFields, *, at_once: bool) -> Plan:
    """How the account's messages are sent, by its profile. Raises NotReady when none resolves."""
    group, profile = _circumstances(account)
    return timing.plan(account, group, tenant, profile.message_policy, at_once=at_once)


def _circumstances(account: Account) -> tuple[GroupFields, ProfileFields]:
    group = GROUPS.get(account.tenant, account.group_id).fields
    return group, profiles.resolve(account.tenant, account.profile_id, group.profile_id).fields


def new_link(
    account: Account,
    slot: int,
    cause: str,
    policy: LinkPolicy,
    lifetime: timedelta | None = None,
    send_at: datetime | None = None,
) -> Link:
    """A live link, not yet written, whose first message is sent at `send_at`. The same cause gives the same link."""
    now = clock.now()
    sent = max(send_at, now) if send_at is not None else now
    link_id = _id(account.tenant, cause, slot)
    seconds = int(lifetime.total_seconds()) if lifetime else policy.lifetime_minutes * 60
    expires = int(sent.timestamp()) + seconds + (0 if lifetime else int(UNSENT.total_seconds()))
    return Link(
        pk=link_key(account.tenant, account.id),
        sk=link_id,
        id=link_id,
        tenant=account.tenant,
        account_id=account.id,
        slot=slot,
        state="live",
        issued_at=now,
        lifetime=seconds,
        grace=policy.grace_minutes * 60,
        ticket_seconds=policy.ticket_seconds,
        ticket_fetches=policy.ticket_fetches,
        expires_at=expires,
        due_shard=shard(link_id),
        due_at=expires,
    )


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
        link = new_link(account, wanted.slot, cause, profile.link_policy, send_at=wanted.send_at)
        plan = timing.plan(account, group, tenant, profile.message_policy, at_once=wanted.at_once)
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
        found = find(caller.tenant, account_id, _id(caller.tenant, cause, wanted.slot))
        assert found is not None  # written with the mark
        return found


def for_desk(caller: Caller, account_id: str) -> Link:
    """A fresh link of fifteen minutes for a person who stands before the CSR. Nothing is sent."""
    cause = ids.new_id()

    def change() -> Link:
        account = visible(caller, account_id)
        must_be_enabled(account)
        hostnames.base_url(account.tenant, "links")
        link = new_link(account, 1, cause, policy_of(account), DESK_LIFETIME)
        _write(caller, account, link, (), RequestMark(caller, "", None, b""), misuse=False)
        return link

    return retried(change)


def _id(tenant: str, cause: str, slot: int) -> str:
    return ids.derived_id("link", tenant, cause, str(slot), length=22)


def _write(
    caller: Caller, account: Account, link: Link, messages: Sequence[Step], mark: RequestMark, *, misuse: bool
) -> None:
    slot = device(account, int(link.slot))
    steps: list[Step] = [new(link), *messages, _slot_step(account, link, slot, misuse=misuse)]
    steps.append(slots.awaited(account, int(link.slot)))
    present = find(account.tenant, account.id, slot.live_link) if slot is not None and slot.live_link else None
    superseded = present if present is not None and present.state in OPEN else None
    if superseded is not None:
        steps += ends.steps(superseded, "superseded")
    action = "link.issue_after_misuse" if misuse else "link.issue"
    steps.append(audit.entry(caller, action, f"account/{account.id}", after={"link": link.id, "slot": int(link.slot)}))
    steps.append(history.step(account.tenant, account.id, "link.issued", link=link.id, by=caller.operator))
    commit([*steps, *mark.steps()])
    if superseded is not None:
        ends.clean(superseded)


def _slot_step(account: Account, link: Link, slot: Device | None, *, misuse: bool) -> Step:
    if slot is not None:
        return slots.taken_back(slot, link.id) if misuse else slots.linked(slot, link.id)
    return slots.added(account, int(link.slot), _circumstances(account)[1].devices_per_account, link.id)
