"""Ends of a link other than its use: superseded, revoked, killed with its account; and the reset of a device.

The change of state comes first, in one transaction with the queued messages' cancelling; then file and nonce go, and
upkeep deletes them once more later."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from functions.accounts import history, people, slots
from functions.accounts.people import Account, Device, device, devices, visible
from functions.activation.links import CLEANED_AGAIN, OPEN, TOMBSTONE, State, find, forget_secrets, shard
from functions.activation.models import Link
from functions.common import audit, clock
from functions.common.caller import Caller
from functions.common.errors import Changed, Conflict, NotFound
from functions.common.observability import logger
from functions.common.transaction import Step, Update, commit, retried
from functions.messaging import notices, outbox
from functions.messaging.kinds import Kind
from functions.messaging.outbox import Composed


class LinkEnded(Conflict):
    code = "link_ended"
    message = "This link has ended already."


def steps(link: Link, state: State) -> list[Step]:
    """Ends an open link and cancels its queued messages; raises Changed when the link is no longer as it was read."""
    now = clock.now()
    actions = [
        Link.state.set(state),
        Link.ended_at.set(now),
        Link.due_shard.set(shard(link.id)),
        Link.due_at.set(int(now.timestamp()) + CLEANED_AGAIN),
        Link.ttl.set(int((now + TOMBSTONE).timestamp())),
    ]
    unchanged = Link.state == link.state
    if link.claim is not None:
        unchanged &= Link.claim == link.claim
    return [
        Update(item=link, actions=actions, condition=unchanged),
        history.step(link.tenant, link.account_id, f"link.{state}", link=link.id),
        *outbox.cancel(link.tenant, link.account_id, link.id),
    ]


def clean(link: Link) -> None:
    """After the commit: what the link leaves goes. A failure is left to upkeep."""
    try:
        forget_secrets(link)
    except Exception:
        logger.warning("link not cleaned yet", extra={"link": link.id}, exc_info=True)


def open_links(account: Account, slots: Sequence[Device] | None = None) -> list[Link]:
    """The open links of an account's slots, which are read where they are not given."""
    known = devices(account) if slots is None else slots
    found = [find(account.tenant, account.id, slot.live_link) for slot in known if slot.live_link]
    return [link for link in found if link is not None and link.state in OPEN]


def close(link: Link, also: Sequence[Step] = ()) -> None:
    """A fetched link has done its work: from now on nobody can produce its password. Repeatable."""
    if link.state != "fetched":
        return
    with suppress(LinkEnded):
        commit([_closed(link), history.step(link.tenant, link.account_id, "link.closed", link=link.id), *also])
    clean(link)


def registered(link: Link) -> None:
    """A phone registered with what this link gave it: the link closes, and in the same transaction its person is told.
    Repeatable."""
    if link.state == "fetched":
        with suppress(Changed):  # another report of the same registration was faster
            close(link, _activated(link))


def registered_late(link: Link) -> None:
    """The same for a link that had closed before, because its grace was over. Repeatable."""
    steps = _activated(link)
    if link.state == "closed" and steps:
        with suppress(Changed):  # the person was told
            commit(steps)


def _activated(link: Link) -> list[Step]:
    """The notice that a phone was activated, by another way than the link came. The sweep brings it: whoever hears of
    registrations has no queue."""
    account = people.find(link.tenant, link.account_id)
    if account is None:
        return []
    came_by = notices.came_by(outbox.all_of(link.tenant, link.account_id), link.id)
    soon = clock.now() + timedelta(seconds=1)
    cause = f"{link.id}|activated"
    composed = notices.compose(account, Kind.activated, cause, link_id=link.id, avoid=came_by, send_at=soon)
    return [each.step for each in composed]


def told_of_reset(account: Account, slot: Device) -> list[Composed]:
    """The notice that a slot's phone can register no more; none for an empty slot."""
    if slot.ha1_md5 is None:
        return []
    return notices.compose(account, Kind.reset, f"reset|{int(slot.slot)}|{int(slot.epoch)}")


def _closed(link: Link) -> Step:
    now = clock.now()
    actions = [
        Link.state.set("closed"),
        Link.ended_at.set(now),
        Link.due_shard.set(shard(link.id)),
        Link.due_at.set(int(now.timestamp()) + CLEANED_AGAIN),
        Link.ttl.set(int((now + TOMBSTONE).timestamp())),
    ]
    return Update(item=link, actions=actions, condition=Link.state == "fetched", otherwise=LinkEnded())


def revoke(caller: Caller, account_id: str, link_id: str) -> None:
    """Ends a link with the next request for it. One that was fetched takes its device's credentials with it.

    Raises NotFound, LinkEnded."""

    def change() -> Link:
        account = visible(caller, account_id)
        link = find(caller.tenant, account_id, link_id)
        if link is None:
            raise NotFound("This account has no link with this id.", field="link_id")
        if link.state not in OPEN:
            raise LinkEnded
        changes = steps(link, "revoked")
        slot = device(account, int(link.slot))
        told: list[Composed] = []
        if slot is not None and slot.live_link == link.id and link.state == "fetched":
            told = told_of_reset(account, slot)
            changes += slots.emptied(slot)
        elif slot is not None and slot.live_link == link.id:
            changes.append(slots.unlinked(slot))
        changes.append(audit.entry(caller, "link.revoke", f"account/{account_id}", before={"link": link_id}))
        commit([*changes, *(each.step for each in told)])
        _send(told)
        return link

    clean(retried(change))


def reset_device(caller: Caller, account_id: str, slot_number: int) -> None:
    """A slot is emptied: its phone can register no more, its link is dead. Raises NotFound."""

    def change() -> Link | None:
        account = visible(caller, account_id)
        slot = device(account, slot_number)
        if slot is None:
            raise NotFound("This account has no such device slot.", field="slot")
        link = find(account.tenant, account.id, slot.live_link) if slot.live_link else None
        ended = link if link is not None and link.state in OPEN else None
        changes: list[Step] = steps(ended, "revoked") if ended is not None else []
        changes += slots.emptied(slot)
        changes.append(history.step(account.tenant, account.id, "device.reset", slot=slot_number, by=caller.operator))
        changes.append(audit.entry(caller, "device.reset", f"account/{account_id}", after={"slot": slot_number}))
        told = told_of_reset(account, slot)
        commit([*changes, *(each.step for each in told)])
        _send(told)
        return ended

    ended = retried(change)
    if ended is not None:
        clean(ended)


def _send(told: Sequence[Composed]) -> None:
    outbox.enqueue([key for each in told for key in each.due_now])
