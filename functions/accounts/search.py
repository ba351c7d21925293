"""Accounts by index: a page by name, a group's page, or the one with a number, username, address or mobile."""

import unicodedata
from functools import reduce
from operator import and_, or_
from typing import Annotated

import msgspec
from pynamodb.expressions.condition import Condition

from functions.accounts import attention
from functions.accounts.models import Account, Device, NumberHolder, Why, device_key, number_key
from functions.accounts.numbers import e164
from functions.accounts.people import find
from functions.common import paging
from functions.common.caller import Caller
from functions.common.errors import Invalid
from functions.common.resource import Cursor, Limit
from functions.common.table import key, read
from functions.common.types import Email, Host, Id, Name, Number, Username
from functions.tenants.domains import DOMAINS

SORTED_LENGTH = 100  # characters of a name that order a list
_ALTERNATIVES = 100  # operands that DynamoDB takes in one IN


class AccountListing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which accounts. At most one of number, username, email and mobile; `name` is how a full name begins."""

    group_id: Id | None = None
    name: Name | None = None
    number: Number | None = None
    username: Username | None = None
    email: Email | None = None
    mobile: Number | None = None
    domain: Host | None = None  # with number or username, where the tenant has several SIP domains
    attention: Annotated[
        bool | Why,
        msgspec.Meta(
            description="Only those that ask for attention (`true`), or for this reason, newest first; `group_id` may "
            "go with it. `expires_soon`: those, too, that ask with another reason and will expire soon"
        ),
    ] = False
    cursor: Cursor | None = None
    limit: Limit = paging.DEFAULT_LIMIT


def folded(name: str) -> str:
    """A name as it is sorted and searched: without case, accents and doubled spaces."""
    plain = unicodedata.normalize("NFKD", name)
    bare = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(bare.casefold().split())[:SORTED_LENGTH]


def page(caller: Caller, listing: AccountListing) -> paging.Page[Account]:
    """One page of what the caller may see. Raises Invalid for criteria that do not go together."""
    exact = [name for name in ("number", "username", "email", "mobile") if getattr(listing, name) is not None]
    if len(exact) > 1 or (exact and listing.name is not None):
        raise Invalid("Search by one of name, number, username, email and mobile.", field=exact[-1])
    if listing.attention is not False:
        if exact or listing.name is not None:
            raise Invalid("This goes with group_id alone.", field="attention")
        return _asking(caller, listing)
    if not exact:
        return _by_name(caller, listing)
    found = _exact(caller.tenant, exact[0], listing)
    shown = [each for each in found if caller.sees(each.group_id) and listing.group_id in (None, each.group_id)]
    return paging.Page(shown, None)


def any_in_group(tenant: str, group_id: str) -> bool:
    return bool(paging.query(Account, key(tenant, group_id), cursor=None, limit=1, index=Account.by_group).items)


def in_use(tenant: str, group_id: str, most: int) -> set[tuple[str | None, str]]:
    """The pairs of client (None: the group's) and security model that a group's accounts have; `most` are looked at."""
    found = Account.by_group.query(key(tenant, group_id), limit=most, attributes_to_get=["client", "security_model"])
    return {(account.client, account.security_model) for account in found}


def any_in_domain(tenant: str, domain: str) -> bool:
    """Whether accounts live under a SIP domain: reads the tenant's accounts, for the rare change that asks."""
    return next(iter(Account.by_name.query(tenant, filter_condition=Account.domain == domain)), None) is not None


def _asking(caller: Caller, listing: AccountListing) -> paging.Page[Account]:
    """Those that ask for attention: few at any time, so reason and groups are a filter of the read."""
    groups = caller.groups
    if listing.group_id is not None:
        groups = frozenset({listing.group_id} if caller.sees(listing.group_id) else ())
    if groups is not None and not groups:
        return paging.Page([], None)
    only = [_of(sorted(groups))] if groups is not None else []
    if listing.attention is not True and listing.attention is not False:
        only.append(attention.because(listing.attention))
    return paging.query(
        Account,
        caller.tenant,
        cursor=listing.cursor,
        limit=listing.limit,
        index=Account.by_attention,
        only=reduce(and_, only) if only else None,
        newest_first=True,
    )


def _of(groups: list[str]) -> Condition:
    parts = [groups[start : start + _ALTERNATIVES] for start in range(0, len(groups), _ALTERNATIVES)]
    return reduce(or_, (Account.group_id.is_in(*part) for part in parts))


def _by_name(caller: Caller, listing: AccountListing) -> paging.Page[Account]:
    if listing.group_id is not None:
        if not caller.sees(listing.group_id):
            return paging.Page([], None)
        return _query(caller.tenant, listing.group_id, listing, listing.cursor)
    if caller.groups is None:
        return _query(caller.tenant, None, listing, listing.cursor)
    return _scoped(caller, listing)


def _scoped(caller: Caller, listing: AccountListing) -> paging.Page[Account]:
    """Group after group of a caller's scope; the cursor says in which group the next page begins."""
    groups = sorted(caller.groups or ())
    group, _, cursor = (listing.cursor or "").partition(".")
    if listing.cursor is not None and group not in groups:
        raise Invalid("This cursor is not of this list.", field="cursor")
    start = groups.index(group) if group else 0
    for position in range(start, len(groups)):
        found = _query(caller.tenant, groups[position], listing, cursor or None)
        cursor = ""
        if found.cursor is not None:
            return paging.Page(found.items, f"{groups[position]}.{found.cursor}")
        if found.items:
            following = groups[position + 1] + "." if position + 1 < len(groups) else None
            return paging.Page(found.items, following)
    return paging.Page([], None)


def _query(tenant: str, group_id: str | None, listing: AccountListing, cursor: str | None) -> paging.Page[Account]:
    index = Account.by_name if group_id is None else Account.by_group
    begins = Account.name_sk.startswith(folded(listing.name)) if listing.name is not None else None
    pk = tenant if group_id is None else key(tenant, group_id)
    return paging.query(Account, pk, cursor=cursor, limit=listing.limit, range_=begins, index=index)


def _exact(tenant: str, by: str, listing: AccountListing) -> list[Account]:
    match by:
        case "email":
            return list(Account.by_email.query(key(tenant, (listing.email or "").lower())))
        case "mobile":
            return list(Account.by_mobile.query(key(tenant, e164(listing.mobile or "", "mobile"))))
    domains = [listing.domain] if listing.domain else [each.fields.name for each in DOMAINS.all(tenant)]
    ids = [_holder(tenant, domain, by, listing) for domain in domains]
    accounts = [find(tenant, account_id) for account_id in ids if account_id is not None]
    return [account for account in accounts if account is not None]


def _holder(tenant: str, domain: str, by: str, listing: AccountListing) -> str | None:
    if by == "username":
        device = read(Device, device_key(tenant, domain, listing.username or ""))
        return None if device is None else device.account_id
    compact = (listing.number or "").replace(" ", "")
    number = e164(compact, "number") if compact.startswith("+") else compact
    holder = read(NumberHolder, number_key(tenant, domain, number))
    return None if holder is None else holder.account_id
