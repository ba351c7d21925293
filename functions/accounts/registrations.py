"""Which phones are registered now.

The index holds the slots that a phone has filled, by group; whether one is registered at this moment stands in the slot
alone. So a phone that registers again each hour writes one item and no index entry."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from functions.accounts.groups import GROUPS
from functions.accounts.models import Account, Device, account_key, phones_key
from functions.accounts.people import standing
from functions.common import clock, paging
from functions.common.caller import Caller
from functions.common.errors import Invalid
from functions.common.resource import Cursor, Limit
from functions.common.types import Id, Moment

LOOKS: Final = 10  # into the index, for one page


class RegistrationListing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose registrations, and which page of them. A page may hold fewer than asked for, and yet not be the last."""

    group_id: Id | None = None
    cursor: Cursor | None = None
    limit: Limit = paging.DEFAULT_LIMIT


class ShownRegistration(msgspec.Struct, frozen=True, kw_only=True):
    """A phone that a SIP server has told us of, and whose registration has not ended."""

    account_id: Id
    full_name: str
    group_id: Id
    number: str
    domain: str
    slot: int
    username: str
    user_agent: str | None
    contact: str | None
    registered_at: Moment | None
    registered_until: Moment


def page(caller: Caller, listing: RegistrationListing) -> paging.Page[ShownRegistration]:
    """One page of what the caller may see, group after group. Raises Invalid for a cursor of another list."""
    groups = _groups(caller, listing.group_id)
    group, _, cursor = (listing.cursor or "").partition(".")
    if listing.cursor is not None and group not in groups:
        raise Invalid("This cursor is not of this list.", field="cursor")
    shown: list[ShownRegistration] = []
    position = groups.index(group) if group else 0
    for _ in range(LOOKS):
        if position >= len(groups) or len(shown) == listing.limit:
            break
        found = paging.query(
            Device,
            phones_key(caller.tenant, groups[position]),
            cursor=cursor or None,
            limit=listing.limit - len(shown),
            index=Device.phones,
        )
        shown += _registered(caller, found.items)
        cursor = found.cursor or ""
        position += not cursor
    return paging.Page(shown, f"{groups[position]}.{cursor}" if position < len(groups) else None)


def _groups(caller: Caller, wanted: str | None) -> list[str]:
    if wanted is not None:
        return [wanted] if caller.sees(wanted) else []
    if caller.groups is not None:
        return sorted(caller.groups)
    return sorted(group.id for group in GROUPS.all(caller.tenant))


def _registered(caller: Caller, keys: Sequence[Device]) -> list[ShownRegistration]:
    """Those of the slots whose phone is registered, in their order."""
    now = clock.now()
    slots = [slot for slot in Device.batch_get([(each.pk, each.sk) for each in keys]) if _is_registered(slot, now)]
    accounts = _accounts(slots)
    shown = (_shown(slot, accounts.get(slot.account_id)) for slot in sorted(slots, key=lambda slot: slot.pk))
    return [each for each in shown if each is not None and caller.sees(each.group_id)]


def _is_registered(slot: Device, now: datetime) -> bool:
    until = slot.registered_until
    return until is not None and until > now and slot.number is not None and standing(slot) == "enabled"


def _accounts(slots: Iterable[Device]) -> dict[str, Account]:
    keys = {(account_key(slot.tenant, slot.account_id), "-") for slot in slots}
    return {account.id: account for account in Account.batch_get(sorted(keys))} if keys else {}


def _shown(slot: Device, account: Account | None) -> ShownRegistration | None:
    if account is None or slot.number is None or slot.registered_until is None:
        return None
    return ShownRegistration(
        account_id=account.id,
        full_name=account.full_name,
        group_id=account.group_id,
        number=slot.number,
        domain=slot.domain,
        slot=int(slot.slot),
        username=slot.username,
        user_agent=slot.user_agent,
        contact=slot.contact,
        registered_at=slot.registered_at,
        registered_until=slot.registered_until,
    )
