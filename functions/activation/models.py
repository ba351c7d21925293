"""Activation links, what makes them findable, tickets and claim nonces at rest. None of them holds a token or a
password."""

from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from functions.common import settings
from functions.common.table import MomentAttribute, Table, TableMeta, key

SHARDS = 4  # of the index that upkeep reads


class Due(GlobalSecondaryIndex[Any]):
    """Links for which something is to be done at a known time (sparse)."""

    class Meta:
        index_name = "due"
        projection = AllProjection()

    due_shard = UnicodeAttribute(hash_key=True)
    due_at = NumberAttribute(range_key=True)


class Link(Table):
    """One activation link. Keys: tenant, `links` and account | id.

    States: live → claimed → fetched → closed, or expired, revoked, superseded. Sent and opened are times, written once.
    Its policy is copied at issue, so that a later change of the profile does not move it."""

    class Meta(TableMeta):
        table_name = settings.table("links")

    id = UnicodeAttribute()
    tenant = UnicodeAttribute()
    account_id = UnicodeAttribute()
    slot = NumberAttribute()
    state = UnicodeAttribute()
    issued_at = MomentAttribute()
    key_version = UnicodeAttribute(null=True)  # of the token; set when it is first derived
    lifetime = NumberAttribute()  # seconds from the acceptance of the first message
    grace = NumberAttribute()  # seconds from the first fetch in which the same claim may fetch again
    ticket_seconds = NumberAttribute()
    ticket_fetches = NumberAttribute()
    expires_at = NumberAttribute()  # epoch seconds: conditions compare it
    sent_at = MomentAttribute(null=True)
    opened_at = MomentAttribute(null=True)
    claim = UnicodeAttribute(null=True)  # fingerprint of the claim id that holds the link
    claimed_at = MomentAttribute(null=True)
    claimed_by = UnicodeAttribute(null=True)  # the browser, as it calls itself
    claimed_from = UnicodeAttribute(null=True)  # its network, shortened
    fetched_at = MomentAttribute(null=True)
    grace_until = NumberAttribute(null=True)  # epoch seconds
    epoch = NumberAttribute(null=True)  # of the device slot, from the first fetch on
    file = UnicodeAttribute(null=True)  # the object that was put for download
    ended_at = MomentAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = NumberAttribute(null=True)
    ttl = NumberAttribute(null=True)

    due = Due()


class TokenHash(Table):
    """Finds a link by its token. Keys: SHA-256 of the token | -."""

    class Meta(TableMeta):
        table_name = settings.table("links")

    tenant = UnicodeAttribute()
    account_id = UnicodeAttribute()
    link_id = UnicodeAttribute()
    ttl = NumberAttribute()


class Ticket(Table):
    """Finds a claim by its ticket, and counts its fetches. Keys: SHA-256 of the ticket | -."""

    class Meta(TableMeta):
        table_name = settings.table("links")

    tenant = UnicodeAttribute(null=True)
    account_id = UnicodeAttribute(null=True)
    link_id = UnicodeAttribute(null=True)
    claim = UnicodeAttribute(null=True)
    until = NumberAttribute(null=True)  # epoch seconds
    fetches = NumberAttribute(null=True)
    ttl = NumberAttribute(null=True)


class Nonce(Table):
    """What a claim's password is derived from, beside the keyring. Deleted when the link closes: then nobody, we
    included, can produce the password again. In a table without back-up and stream. Keys: tenant and link | claim."""

    class Meta(TableMeta):
        table_name = settings.table("nonces")

    nonce = UnicodeAttribute()
    key_version = UnicodeAttribute()
    ttl = NumberAttribute()


def link_key(tenant: str, account_id: str) -> str:
    return key(tenant, "links", account_id)


def nonce_key(tenant: str, link_id: str) -> str:
    return key(tenant, link_id)
