"""What happens to an account's device slots when links come and go: steps for the transaction of whoever began it."""

from datetime import datetime

from pynamodb.expressions.update import Action

from functions.accounts.models import Account, Device, device_key, digest_user
from functions.common.errors import Invalid
from functions.common.transaction import Step, Update, new
from functions.registrar import changes


def linked(slot: Device, link_id: str) -> Step:
    """This link may fill the slot from now on; the present phone works until it does."""
    return _update(slot, [Device.live_link.set(link_id)])


def taken_back(slot: Device, link_id: str) -> list[Step]:
    """Like `linked`, and the present phone's credentials end at once: it is not the person's."""
    taken = _update(slot, [Device.live_link.set(link_id), *credentials_removed(slot)])
    return [taken, *told(slot, epoch=int(slot.epoch) + 1)]


def unlinked(slot: Device) -> Step:
    """The slot's link is dead; its phone works on."""
    return _update(slot, [Device.live_link.remove()])


def emptied(slot: Device) -> list[Step]:
    """Neither link nor credentials: no phone can register for the slot."""
    empty = _update(slot, [Device.live_link.remove(), *credentials_removed(slot)])
    return [empty, *told(slot, epoch=int(slot.epoch) + 1)]


def added(account: Account, number: int, allowed: int, link_id: str) -> Step:
    """A further slot, which this link may fill. Raises Invalid beyond `allowed`, or out of order."""
    if number > allowed or number != int(account.slots) + 1:
        raise Invalid(f"The profile allows {allowed} devices; slots are filled in order.", field="slot")
    username = digest_user(account.username, number)
    item = Device(
        pk=device_key(account.tenant, account.domain, username),
        sk="-",
        tenant=account.tenant,
        account_id=account.id,
        slot=number,
        username=username,
        domain=account.domain,
        number=account.number,
        standing=account.standing,
        expires_at=account.expires_at,
        epoch=0,
        live_link=link_id,
    )
    return new(item)


def awaited(account: Account, number: int) -> Step:
    """The account, as it was read, waits for a phone in this slot; its first link makes it `activating`."""
    actions = [Account.slots.set(max(int(account.slots), number)), Account.version.set(account.version + 1)]
    if account.readiness == "pending":
        actions.append(Account.readiness.set("activating"))
    return Update(item=account, actions=actions, condition=Account.version == account.version)


def credentials_removed(slot: Device) -> list[Action]:
    """The slot's credentials end at once: no HA1, a higher epoch, no registration."""
    return [
        Device.epoch.set(int(slot.epoch) + 1),
        Device.ha1_md5.remove(),
        Device.ha1_sha256.remove(),
        Device.registered_at.remove(),
        Device.registered_until.remove(),
        Device.phone_pk.remove(),
    ]


def told(slot: Device, *, epoch: int | None, until: datetime | None = None) -> list[Step]:
    """The steps by which SIP servers hear what has ended with the slot's present credentials (`registrar.changes`):
    none for a slot without, which no SIP server knows."""
    if slot.ha1_md5 is None or slot.number is None:
        return []
    return [changes.step(slot.tenant, slot.domain, slot.username, slot.number, epoch=epoch, until=until)]


def _update(slot: Device, actions: list[Action]) -> Step:
    """The slot must still be as it was read, else Changed."""
    unchanged = Device.epoch == slot.epoch
    unchanged &= Device.live_link == slot.live_link if slot.live_link else Device.live_link.does_not_exist()
    return Update(item=slot, actions=actions, condition=unchanged)
