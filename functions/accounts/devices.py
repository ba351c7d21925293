"""An account's device slots: filled by a claim, asked for by a SIP server, seen by operators."""

import hashlib
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import msgspec

from functions.accounts import history, slots
from functions.accounts.models import (
    Account,
    Device,
    NumberHolder,
    account_key,
    device_key,
    number_key,
    phones_key,
)
from functions.accounts.people import device, devices, find, standing
from functions.common import clock, sealing
from functions.common.errors import Changed, Gone
from functions.common.table import read, update
from functions.common.transaction import Check, Step, Update
from functions.common.types import Moment
from functions.tenants import tenants

HA1: Final = {"MD5": "ha1_md5", "SHA-256": "ha1_sha256"}


class ShownDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A device slot as operators see it."""

    slot: int
    username: str
    filled: bool  # a phone has fetched its credentials
    registered: bool
    registered_at: Moment | None
    registered_until: Moment | None
    user_agent: str | None
    contact: str | None


class Subscriber(msgspec.Struct, frozen=True, kw_only=True):
    """What a SIP server needs to know of one digest user. `ha1` is as good as the password: never logged."""

    ha1: str
    epoch: int
    number: str
    account_id: str
    expires_at: datetime | None


def ha1s(username: str, realm: str, password: str) -> tuple[str, str]:
    """The digest secrets of RFC 8760: (MD5, SHA-256) of username:realm:password, in hex."""
    material = f"{username}:{realm}:{password}".encode()
    md5 = hashlib.md5(material, usedforsecurity=False)  # the SIP digest of clients that know no other
    return md5.hexdigest(), hashlib.sha256(material).hexdigest()


def works(slot: Device) -> bool:
    """Whether a phone has registered with the slot's present credentials."""
    return slot.ha1_md5 is not None and slot.registered_epoch == slot.epoch


def filled(
    account: Account, slot: Device, link_id: str, epoch: int, password: str, *, over_working: bool = True
) -> list[Step]:
    """The steps that give a slot new credentials, for as long as the account is enabled and this link its live one.

    They raise Changed. The previous device of the slot ends with them; not `over_working`: never one that works."""
    md5, sha256 = ha1s(slot.username, slot.domain, password)
    key = tenants.data_key(account.tenant)
    context = (account.id, str(int(slot.slot)), str(epoch))
    actions = [
        Device.epoch.set(epoch),
        Device.ha1_md5.set(sealing.seal(account.tenant, key, md5, *context, "MD5")),
        Device.ha1_sha256.set(sealing.seal(account.tenant, key, sha256, *context, "SHA-256")),
        Device.registered_at.remove(),
        Device.registered_until.remove(),
        Device.phone_pk.set(phones_key(account.tenant, account.group_id)),
    ]
    condition = (Device.epoch == epoch - 1) & (Device.live_link == link_id) & (Device.standing == "enabled")
    condition &= Device.expires_at.does_not_exist() | (Device.expires_at > clock.now())
    if not over_working:
        never = Device.ha1_md5.does_not_exist() | Device.registered_epoch.does_not_exist()
        condition &= never | (Device.registered_epoch != epoch - 1)
    update_ = Update(item=slot, actions=actions, condition=condition, otherwise=Changed())
    return [update_, *slots.told(slot, epoch=epoch)]


def event(account: Account, name: str, **details: str | int | None) -> Step:
    """A step for the account's history."""
    return history.step(account.tenant, account.id, name, **details)


def subscriber(tenant: str, domain: str, username: str, algorithm: str) -> Subscriber | None:
    """What a SIP server needs to check a digest; None for one that may not register now. One read."""
    slot = read(Device, device_key(tenant, domain, username))
    sealed = getattr(slot, HA1[algorithm]) if slot is not None else None
    if slot is None or sealed is None or slot.number is None or standing(slot) != "enabled":
        return None
    return Subscriber(
        ha1=ha1(slot, algorithm),
        epoch=int(slot.epoch),
        number=slot.number,
        account_id=slot.account_id,
        expires_at=slot.expires_at,
    )


def ha1(slot: Device, algorithm: str) -> str:
    """A slot's present digest secret. Raises Gone for an empty slot."""
    sealed = getattr(slot, HA1[algorithm])
    if sealed is None:
        raise Gone
    context = (slot.account_id, str(int(slot.slot)), str(int(slot.epoch)), algorithm)
    return sealing.unseal(slot.tenant, tenants.data_key(slot.tenant), sealed, *context)


def holder(tenant: str, domain: str, number: str) -> NumberHolder | None:
    """Who has a number."""
    return read(NumberHolder, number_key(tenant, domain, number))


def find_slot(tenant: str, domain: str, username: str) -> Device | None:
    return read(Device, device_key(tenant, domain, username))


def digest_users(account: Account) -> list[str]:
    """Those of the account's digest users that have credentials."""
    return [slot.username for slot in devices(account) if slot.ha1_md5 is not None]


def registered(slot: Device, expires: int, user_agent: str, contact: str) -> None:
    """A phone registered with this slot's present credentials: the first time makes the account active."""
    first = slot.registered_epoch is None or int(slot.registered_epoch) != int(slot.epoch)
    now = clock.now()
    actions = [
        Device.registered_at.set(now),
        Device.registered_until.set(now + timedelta(seconds=expires)),
        Device.registered_epoch.set(int(slot.epoch)),
        Device.user_agent.set(user_agent),
        Device.contact.set(contact),
    ]
    same = Device.epoch == int(slot.epoch)
    if not first:
        return update(slot, actions, same, Changed())
    from functions.accounts import attention  # at a phone's first registration alone

    account = Account(pk=account_key(slot.tenant, slot.account_id), sk="-")
    # The version moves with it: a change of the account that was begun before must not undo this.
    reached = [Account.readiness.set("active"), Account.version.add(1)]
    active = Update(item=account, actions=reached, condition=Account.pk.exists())
    note = history.step(
        slot.tenant,
        slot.account_id,
        "device.registered",
        slot=int(slot.slot),
        user_agent=user_agent,
        epoch=int(slot.epoch),
    )
    attention.at_registration(active, [Update(item=slot, actions=actions, condition=same), note])
    return None


def present_epoch_registered(tenant: str, account_id: str, slot_number: int) -> bool:
    """Whether the slot's present credentials have been registered with."""
    account = find(tenant, account_id)
    slot = device(account, slot_number) if account is not None else None
    return slot is not None and slot.registered_epoch is not None and int(slot.registered_epoch) == int(slot.epoch)


def unregistered_yet(slot: Device) -> Step:
    """The step that no phone has registered with the slot's present credentials. Raises Changed there."""
    never = Device.registered_epoch.does_not_exist() | (Device.registered_epoch != int(slot.epoch))
    return Check(item=slot, condition=(Device.epoch == int(slot.epoch)) & never)


def unregistered(slot: Device) -> None:
    """The registration has ended."""
    update(slot, [Device.registered_until.set(clock.now())], Device.epoch == int(slot.epoch), Changed())


def forget_addresses(account: Account, before: datetime, *, dry_run: bool = False) -> tuple[int, datetime | None]:
    """Forgets what phones that have not registered since then called themselves, and where they were; how many slots,
    and when the first of the others last registered. Repeatable."""
    silent = Device.registered_at.does_not_exist() | (Device.registered_at < before)
    forgotten, heard = 0, []
    for slot in devices(account):
        if slot.contact is None and slot.user_agent is None:
            continue
        if slot.registered_at is not None and slot.registered_at >= before:
            heard.append(slot.registered_at)
            continue
        forgotten += 1
        if not dry_run:
            with suppress(Changed):  # it has just registered
                update(slot, [Device.contact.remove(), Device.user_agent.remove()], silent, Changed())
    return forgotten, min(heard, default=None)


def show(account: Account) -> list[ShownDevice]:
    now = clock.now()
    return [_shown(slot, now) for slot in devices(account)]


def _shown(slot: Device, now: datetime) -> ShownDevice:
    until = slot.registered_until
    return ShownDevice(
        slot=int(slot.slot),
        username=slot.username,
        filled=slot.ha1_md5 is not None,
        registered=until is not None and until > now and standing(slot) == "enabled",
        registered_at=slot.registered_at,
        registered_until=until,
        user_agent=slot.user_agent,
        contact=slot.contact,
    )
