"""Where a phone that asks at each start finds later changes of its configuration: an address of its own, a new one in
each answer.

It knows neither password nor nonce: what changes is everything else, and the file holds the HA1s that the SIP server
checks. An address is good until its successor was used, so that a lost answer costs nothing; it dies with the device's
credentials."""

from contextlib import suppress
from typing import Final

from functions.accounts import attention, devices
from functions.accounts.configuration import Effective, effective, person
from functions.accounts.people import Account, Device, device, find, standing
from functions.activation.links import RING
from functions.activation.models import ChangesToken, found_by
from functions.common import clock, keyring, limits
from functions.common.errors import Changed, Gone, NotFound
from functions.common.table import read, update
from functions.common.transaction import commit, new
from functions.provisioning import render
from functions.provisioning.clients import ClientFile, Credentials, Phone, asks_for_changes
from functions.tenants import hostnames

KEPT: Final = 30 * 86_400  # seconds for which an address that was used up says so
UNUSED: Final = 2 * 365 * 86_400  # seconds for which a phone may sleep and still find its address


def wanted(setup: Effective) -> bool:
    """Whether the account's phone is told where to ask for changes."""
    return setup.profile.fields.later_changes and asks_for_changes(setup.client)


def address(account: Account, slot: Device, *, number: int, version: str | None) -> str:
    """The device's address; `number` counts its answers, `version` is the keyring's."""
    return f"{hostnames.base_url(account.tenant, 'links')}/c/{_token(account, slot, number, version)}"


def findable(account: Account, slot: Device, *, number: int, version: str, before: str | None = None) -> None:
    """From now on the address is found; `before` is the key of the one before it. Repeatable; one that was used up
    stays so."""
    item = ChangesToken(
        pk=_key(account, slot, number, version),
        sk="-",
        tenant=account.tenant,
        account_id=account.id,
        slot=int(slot.slot),
        epoch=int(slot.epoch),
        number=number,
        before=before,
        ttl=clock.epoch() + UNUSED,
    )
    with suppress(Changed):
        commit([new(item)])


def file_for(token: str, *, counted: bool) -> ClientFile:
    """The device's file as it is today; when `counted`, the address before this one is good no more.

    Raises NotFound, and Gone when the device has lost its credentials or its account is not enabled."""
    found = read(ChangesToken, found_by("cfg", token))
    if found is None:
        raise NotFound("This address is not known.")
    account = find(found.tenant, found.account_id)
    slot = device(account, int(found.slot)) if account is not None else None
    if account is None or slot is None or standing(account) != "enabled" or int(slot.epoch) != int(found.epoch):
        raise Gone
    setup = effective(account)
    if not asks_for_changes(setup.client):
        raise Gone
    if found.used:  # another device has gone on from it: one of both is a copy
        if counted and limits.take(1, KEPT, "used up", found.pk) is None:
            attention.note(account.tenant, account.id, "second_device", slot=int(slot.slot))
        raise Gone
    following = int(found.number) + 1
    version = _version(account, slot, following, token[0])
    file = render.file_of(setup.client, _phone(account, setup, slot, following, version))
    if counted:
        findable(account, slot, number=following, version=version, before=found.pk)
        if found.before is not None:
            _use_up(found.before)
    return file


def _version(account: Account, slot: Device, number: int, before: str) -> str:
    """The keyring's version for an address that follows one of the version `before`: the current one; but an address
    that was given out before the key changed, and was perhaps lost on its way, stays what it was."""
    current = keyring.versions(RING)[0]
    if before == current:
        return current
    try:
        given = read(ChangesToken, _key(account, slot, number, before))
    except KeyError:  # that key is retired: no answer of its time is on its way any more
        return current
    return before if given is not None else current


def _use_up(pk: str) -> None:
    """The device has gone on from the address after this one."""
    actions = [ChangesToken.used.set(True), ChangesToken.ttl.set(clock.epoch() + KEPT)]
    with suppress(Changed):  # so long ago that it is known no more
        update(ChangesToken(pk=pk, sk="-"), actions, ChangesToken.pk.exists(), Changed())


def _key(account: Account, slot: Device, number: int, version: str) -> str:
    return found_by("cfg", _token(account, slot, number, version))


def _phone(account: Account, setup: Effective, slot: Device, following: int, version: str) -> Phone:
    profile = setup.profile.fields
    secrets = {algorithm: devices.ha1(slot, algorithm) for algorithm in devices.HA1}
    credentials = Credentials(
        username=slot.username,
        password="",
        realm=slot.domain,
        ha1_md5=secrets["MD5"],
        ha1_sha256=secrets["SHA-256"],
        algorithm=profile.digest_algorithm,
    )
    changes_url = address(account, slot, number=following, version=version) if wanted(setup) else None
    return render.phone_for(setup.client, profile, person(account, setup.language), credentials, changes_url)


def _token(account: Account, slot: Device, number: int, version: str | None) -> str:
    parts = (account.id, str(int(slot.slot)), str(int(slot.epoch)), str(number))
    return keyring.token(RING, "cfg", *parts, version=version).text
