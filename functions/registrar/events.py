"""What a SIP server told us, whatever its dialect."""

from typing import Final

from functions.accounts import devices, history
from functions.accounts.people import Device
from functions.activation import ending, links
from functions.common import limits
from functions.common.network import network

FAILURES_NOTED_EVERY: Final = 600  # seconds, per digest user: a guesser shall not fill the history


def registered(slot: Device, epoch: int | None, expires: int, user_agent: str, contact: str) -> None:
    """A phone registered. With the epoch of an open link's fetch, the link has done its work and closes.

    A registration of an older epoch is of a device that was replaced: it changes nothing."""
    if epoch is None or epoch != int(slot.epoch) or slot.ha1_md5 is None:
        return
    link = links.find(slot.tenant, slot.account_id, slot.live_link) if slot.live_link else None
    ours = link if link is not None and link.epoch is not None and int(link.epoch) == epoch else None
    if ours is not None and ours.state == "closed" and slot.registered_epoch != epoch:
        ending.registered_late(ours)
    devices.registered(slot, expires, _clean(user_agent), _clean(contact))
    if ours is not None:
        ending.registered(ours)


def unregistered(slot: Device, epoch: int | None) -> None:
    if epoch is None or epoch == int(slot.epoch):
        devices.unregistered(slot)


def auth_failed(slot: Device, source: str) -> None:
    """Somebody used a wrong password for this digest user. Of a deleted account nothing is noted any more."""
    if slot.standing == "deleted":
        return
    if limits.take(1, FAILURES_NOTED_EVERY, "auth failed", slot.tenant, slot.domain, slot.username) is None:
        history.add(slot.tenant, slot.account_id, "device.auth_failed", slot=int(slot.slot), network=network(source))


def _clean(text: str) -> str:
    """A header as phones send it, without what could break a page or a log."""
    return "".join(character for character in text if character.isprintable())[:256]
