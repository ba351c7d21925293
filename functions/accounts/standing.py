"""Disable, enable, delete. Leaving `enabled` ends the account's links, files and queued messages with it, and the
look-up refuses from the same moment; readiness stays as it is."""

from typing import Literal

from pynamodb.expressions.update import Action

from functions.accounts import history, slots
from functions.accounts.models import Account, Device, NumberHolder, number_key
from functions.accounts.people import devices, standing, visible
from functions.activation import ending
from functions.activation.links import Link
from functions.common import audit, clock
from functions.common.caller import Caller
from functions.common.errors import Conflict
from functions.common.transaction import Delete, Put, Step, Update, commit, retried
from functions.messaging import outbox


class Expired(Conflict):
    code = "account_expired"
    message = "This account has expired. Set a later expires_at (or null) first."


def disable(caller: Caller, account_id: str) -> Account:
    """The account can neither call nor be called, nor be activated. Repeatable. Raises NotFound."""
    return retried(lambda: _set(caller, account_id, "disabled"))


def enable(caller: Caller, account_id: str) -> Account:
    """The account's phone may register again as it is. Repeatable. Raises NotFound, Expired."""
    return retried(lambda: _set(caller, account_id, "enabled"))


def delete(caller: Caller, account_id: str) -> None:
    """The account is gone: its number is free, its personal data erased. Its username is never given out again."""
    retried(lambda: _delete(caller, account_id))


def _set(caller: Caller, account_id: str, wanted: Literal["enabled", "disabled"]) -> Account:
    account = visible(caller, account_id)
    if wanted == "enabled" and standing(account) == "expired":
        raise Expired
    if account.standing == wanted:
        return account
    links = ending.open_links(account) if wanted == "disabled" else []
    steps = _ended(account, links) if wanted == "disabled" else []
    steps += _slots(account, wanted, links)
    version = account.version
    before = account.standing
    account.standing, account.version, account.changed_at = wanted, version + 1, clock.now()
    steps.append(Put(item=account, condition=Account.version == version))
    steps.append(history.step(account.tenant, account.id, f"account.{wanted}", by=caller.operator))
    target = f"account/{account_id}"
    action = "account.disable" if wanted == "disabled" else "account.enable"
    steps.append(audit.entry(caller, action, target, before={"standing": before}, after={"standing": wanted}))
    commit(steps)
    for link in links:
        ending.clean(link)
    return account


def _delete(caller: Caller, account_id: str) -> None:
    account = visible(caller, account_id)
    links = ending.open_links(account)
    version = account.version
    number = NumberHolder(pk=number_key(account.tenant, account.domain, account.number), sk="-")
    steps = [*_ended(account, links), *_slots(account, "deleted", links), Delete(item=number)]
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
        version=version + 1,
        created_at=account.created_at,
        changed_at=clock.now(),
    )
    steps.append(Put(item=erased, condition=Account.version == version))
    steps.append(history.step(account.tenant, account.id, "account.deleted", by=caller.operator))
    steps.append(audit.entry(caller, "account.delete", f"account/{account_id}"))
    commit(steps)
    for link in links:
        ending.clean(link)


def _ended(account: Account, links: list[Link]) -> list[Step]:
    """Every open link ends, and what is queued is not sent; one link's messages are cancelled with it."""
    steps: list[Step] = []
    for link in links:
        steps += ending.steps(link, "revoked")
    cancelled = {step.item.sk for step in steps}
    steps += [step for step in outbox.cancel(account.tenant, account.id, None) if step.item.sk not in cancelled]
    return steps


def _slots(account: Account, wanted: str, links: list[Link]) -> list[Step]:
    """The slots repeat the standing, forget ended links and, deleted, everything but their name."""
    ended = {link.id for link in links}
    steps: list[Step] = []
    for slot in devices(account):
        actions: list[Action] = [Device.standing.set(wanted)]
        if slot.live_link in ended or (wanted == "deleted" and slot.live_link):
            actions.append(Device.live_link.remove())
        if wanted == "deleted":
            actions += [Device.number.remove(), Device.contact.remove(), Device.user_agent.remove()]
            actions += slots.credentials_removed(slot)
        elif wanted == "disabled" and slot.registered_until is not None:
            actions.append(Device.registered_until.set(clock.now()))
        steps.append(Update(item=slot, actions=actions, condition=Device.epoch == slot.epoch))
        steps += slots.told(slot, epoch=int(slot.epoch) if wanted == "enabled" else None, until=slot.expires_at)
    return steps
