"""Tokens at rest: found by the hash of what the operator shows, listed per tenant."""

from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute

from functions.common import settings
from functions.common.table import MomentAttribute, Table, TableMeta


class Token(Table):
    """One operator's token. Keys: tenant and `token` | id."""

    class Meta(TableMeta):
        table_name = settings.table("operators")

    name = UnicodeAttribute()
    role = UnicodeAttribute()
    groups = UnicodeSetAttribute(null=True)
    domains = UnicodeSetAttribute(null=True)
    key_version = UnicodeAttribute()
    found_by = UnicodeAttribute()  # the hash under which it is `Presented`: to revoke it needs no key
    expires_at = MomentAttribute(null=True)
    created_at = MomentAttribute()


class Presented(Table):
    """What authorises a request, in one read. Keys: hash of the token | -. Never without its `Token`."""

    class Meta(TableMeta):
        table_name = settings.table("operators")

    tenant = UnicodeAttribute()
    token_id = UnicodeAttribute()
    name = UnicodeAttribute()
    role = UnicodeAttribute()
    groups = UnicodeSetAttribute(null=True)
    domains = UnicodeSetAttribute(null=True)
    expires_at = MomentAttribute(null=True)
