"""Disable, enable, expire, delete. Leaving `enabled` ends the account's links, files and queued messages with it, and
the look-up refuses from the same moment; readiness stays as it is."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from pynamodb.expressions.update import Action

from functions.accounts import history, lifecycle, slots
from functions.accounts.models import Account, Device, ExternalHolder, NumberHolder, external_key, number_key
from functions.accounts.people import devices, devices_of, standing, visible
from functions.activation import ending
from functions.activation.links import OPEN, Link, several
from functions.common import audit, clock
from functions.common.caller import Caller
from functions.common.errors import Conflict
from functions.common.table import key, read
from functions.common.transaction import Delete, Put, Step, Update, commit, retried
from functions.messaging import outbox
from functions.tenants import tenants
from functions.tenants.retention import Retention


class Expired(Conflict):
    code = "account_expired"
    message = "This account has expired. Extend it first, or set a later expires_at (or null)."


class Whole(NamedTuple):
    """An account with its slots and those links of theirs that are open, as they were read."""

    account: Account
    slots: Sequence[Device]
    links: Sequence[Link]


def disable(caller: Caller, account_id: str) -> Account:
    """The account can neither call nor be called, nor be activated. Repeatable. Raises NotFound."""
    return retried(lambda: _set(caller, account_id, "disabled"))


def enable(caller: Caller, account_id: str) -> Account:
    """The account's phone may register again as it is. Repeatable. Raises NotFound, Expired."""
    return retried(lambda: _set(caller, account_id, "enabled"))


def delete(caller: Caller, account_id: str, check: Callable[[Whole], None] | None = None) -> None:
    """The account is gone: its number is free, its personal data erased. Its username is never given out again.

    `check` is asked after each reading, and ends it by what it raises: what comes about afterwards makes the deletion
    fail, and it is read and asked again. Raises NotFound."""

    def change() -> None:
        known = whole(visible(caller, account_id))
        if check is not None:
            check(known)
        delete_as_read(caller, known)

    retried(change)


def whole(account: Account) -> Whole:
    found = devices(account)
    return Whole(account, found, ending.open_links(account, found))


def wholes(accounts: Sequence[Account]) -> dict[str, Whole]:
    """The same for many accounts, by account: two reads for a hundred."""
    found = devices_of(accounts)
    wanted = [
        (slot.tenant, slot.account_id, slot.live_link)
        for of_account in found.values()
        for slot in of_account
        if slot.live_link
    ]
    links = [link for link in several(wanted) if link.state in OPEN]
    return {
        account.id: Whole(account, found[account.id], [link for link in links if link.account_id == account.id])
        for account in accounts
    }


def expire_as_read(
    caller: Caller, known: Whole, step: Literal["expire", "give_up"], retention: Retention, why: str | None = None
) -> None:
    """The account's time is over: written as it was read, or Changed is raised. One that was disabled stays so."""
    account, now = known.account, clock.now()
    before, version = account.standing, account.version
    lifecycle.done(account, step, retention, now)
    lifecycle.schedule(account, retention)
    steps = [*_ended(known), *_slots(known, "expired")] if before == "enabled" else []
    account.version, account.changed_at = version + 1, now
    assert account.expires_at is not None
    steps.append(Put(item=account, condition=Account.version == version))
    details = {"until": clock.text(account.expires_at), **({"why": why} if why else {})}
    steps.append(history.step(account.tenant, account.id, "account.expired", **details))
    old, new_ = {"standing": before}, {"standing": account.standing}
    steps.append(audit.entry(caller, "account.expire", f"account/{account.id}", before=old, after=new_))
    _write(steps, known)


def delete_as_read(caller: Caller, known: Whole) -> None:
    """Deletes the account as it was read. Raises Changed."""
    account, now = known.account, clock.now()
    number = NumberHolder(pk=number_key(account.tenant, account.domain, account.number), sk="-")
    steps = [*_ended(known), *_slots(known, "deleted"), Delete(item=number), *released(account, account.external_id)]
    erased = Account(
        pk=account.pk,
        sk=account.sk,
        tenant=account.tenant,
        id=account.id,
        full_name="",
        number="",
        username=account.username,
        domain=account.domain,
        group_id=account.group_id,
        security_model=account.security_model,
        obfuscation=account.obfuscation,
        obfuscation_key=account.obfuscation_key,
        keep_alive=account.keep_alive,
        description="",
        standing="deleted",
        readiness=account.readiness,
        slots=account.slots,
        version=account.version + 1,
        created_at=account.created_at,
        changed_at=now,
        name_pk=key(account.tenant, "deleted"),  # found when the whole tenant goes
        name_sk=account.id,
    )
    lifecycle.schedule(erased, Retention())  # of a deleted account nothing is kept any longer than of another
    steps.append(Put(item=erased, condition=Account.version == account.version))
    steps.append(history.step(account.tenant, account.id, "account.deleted", by=caller.operator))
    steps.append(audit.entry(caller, "account.delete", f"account/{account.id}"))
    _write(steps, known)


def released(account: Account, external_id: str | None) -> list[Step]:
    """The step by which the account no longer has this external id; none where it never had it for itself."""
    if external_id is None:
        return []
    held = read(ExternalHolder, external_key(account.tenant, external_id))
    if held is None or held.account_id != account.id:
        return []
    return [Delete(item=held, condition=ExternalHolder.account_id == account.id)]


def _set(caller: Caller, account_id: str, wanted: Literal["enabled", "disabled"]) -> Account:
    account = visible(caller, account_id)
    over = account.expires_at is not None and account.expires_at <= clock.now()
    if wanted == "enabled" and (over or standing(account) == "expired"):
        raise Expired
    if account.standing == wanted:
        return account
    known = whole(account) if wanted == "disabled" else Whole(account, devices(account), ())
    steps = _ended(known) if wanted == "disabled" else []
    steps += _slots(known, wanted)
    version = account.version
    before = account.standing
    account.standing, account.version, account.changed_at = wanted, version + 1, clock.now()
    lifecycle.schedule(account, tenants.retention(account.tenant))
    steps.append(Put(item=account, condition=Account.version == version))
    steps.append(history.step(account.tenant, account.id, f"account.{wanted}", by=caller.operator))
    target = f"account/{account_id}"
    action = "account.disable" if wanted == "disabled" else "account.enable"
    steps.append(audit.entry(caller, action, target, before={"standing": before}, after={"standing": wanted}))
    _write(steps, known)
    return account


def _write(steps: Sequence[Step], known: Whole) -> None:
    """Commits what ends the links, and then removes what they leave."""
    commit(steps)
    for link in known.links:
        ending.clean(link)


def _ended(known: Whole) -> list[Step]:
    """Every open link ends, and what is queued is not sent; one link's messages are cancelled with it."""
    account = known.account
    steps: list[Step] = []
    for link in known.links:
        steps += ending.steps(link, "revoked")
    cancelled = {step.item.sk for step in steps}
    steps += [step for step in outbox.cancel(account.tenant, account.id, None) if step.item.sk not in cancelled]
    return steps


def _slots(known: Whole, wanted: Literal["enabled", "disabled", "expired", "deleted"]) -> list[Step]:
    """The slots repeat the standing, forget ended links and, deleted, everything but their name."""
    ended = {link.id for link in known.links}
    steps: list[Step] = []
    for slot in known.slots:
        actions: list[Action] = [Device.standing.set(wanted)]
        if slot.live_link in ended or (wanted == "deleted" and slot.live_link):
            actions.append(Device.live_link.remove())
        if wanted == "deleted":
            actions += [Device.number.remove(), Device.contact.remove(), Device.user_agent.remove()]
            actions += slots.credentials_removed(slot)
        elif wanted != "enabled" and slot.registered_until is not None:
            actions.append(Device.registered_until.set(clock.now()))
        if wanted == "expired":
            actions.append(Device.expires_at.set(known.account.expires_at))
        steps.append(Update(item=slot, actions=actions, condition=Device.epoch == slot.epoch))
        steps += slots.told(slot, epoch=int(slot.epoch) if wanted == "enabled" else None, until=slot.expires_at)
    return steps
