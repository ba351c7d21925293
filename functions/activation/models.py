"""Activation links, what makes them findable, tickets and claim nonces at rest. None of them holds a token or a
password."""

from typing import Literal

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from functions.common import settings
from functions.common.keyring import fingerprint
from functions.common.table import Due, MomentAttribute, StructAttribute, Table, TableMeta, key
from functions.provisioning.stuck_fields import Waits

SHARDS = 4  # of the index that upkeep reads


class Link(Table):
    """One activation link. Keys: tenant, `links` and account | id.

    States: live → claimed → fetched → closed, or expired, revoked, superseded; locked until an operator unlocks it.
    Sent and opened are times, written once. Its policy is copied at issue, so that a later change of the profile does
    not move it."""

    class Meta(TableMeta):
        table_name = settings.table("links")

    id = UnicodeAttribute()
    tenant = UnicodeAttribute()
    account_id = UnicodeAttribute()
    slot = NumberAttribute()
    state = UnicodeAttribute()
    issued_at = MomentAttribute()
    policy = UnicodeAttribute(default="tap")  # tap, code, direct; desk, spoken, managed: see activation.issue
    key_version = UnicodeAttribute(null=True)  # of the token; set when it is first derived
    lifetime = NumberAttribute()  # seconds from the acceptance of the first message
    grace = NumberAttribute()  # seconds from the first fetch in which the same claim may fetch again
    ticket_seconds = NumberAttribute()
    ticket_fetches = NumberAttribute()
    fetches = NumberAttribute(default=0)  # of its file, by the claim that holds it
    code_seconds = NumberAttribute(default=600)  # how long a code is good for
    code_by = UnicodeAttribute(default="message")  # or operator
    ask_for_new = UnicodeAttribute(default="tell")  # or send
    codes = NumberAttribute(default=0)  # made so far; the last one counts
    code_hash = UnicodeAttribute(null=True)  # of the present code: scrypt, with salt and pepper
    code_until = NumberAttribute(null=True)  # epoch seconds
    code_tries = NumberAttribute(default=0)  # since the last unlocking
    unlocked = NumberAttribute(default=0)  # how often
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
    stuck = StructAttribute[Waits](Waits, null=True)  # when upkeep looks after it, see activation.stuck
    reminded = NumberAttribute(default=0)  # how many reminders its person was sent
    reminded_at = MomentAttribute(null=True)
    told = UnicodeAttribute(null=True)  # the step at which operators were told that it is stuck
    due_shard = UnicodeAttribute(null=True)
    due_at = NumberAttribute(null=True)
    ttl = NumberAttribute(null=True)

    due = Due()


class TokenHash(Table):
    """Finds a link by its token. Keys: `found_by("act", token)` | -."""

    class Meta(TableMeta):
        table_name = settings.table("links")

    tenant = UnicodeAttribute()
    account_id = UnicodeAttribute()
    link_id = UnicodeAttribute()
    ttl = NumberAttribute()


class SpokenCode(Table):
    """Finds a link by the code that an operator reads out. Keys: `found_by("spk", the code under the keyring)` | -."""

    class Meta(TableMeta):
        table_name = settings.table("links")

    tenant = UnicodeAttribute()
    account_id = UnicodeAttribute()
    link_id = UnicodeAttribute()
    ttl = NumberAttribute()


class ChangesToken(Table):
    """Finds a device by the address where it asks for changes. Keys: `found_by("cfg", token)` | -."""

    class Meta(TableMeta):
        table_name = settings.table("links")

    tenant = UnicodeAttribute()
    account_id = UnicodeAttribute()
    slot = NumberAttribute()
    epoch = NumberAttribute()
    number = NumberAttribute()
    before = UnicodeAttribute(null=True)  # the key of the one before it; None: it stood in the device's first file
    used = BooleanAttribute(default=False)  # its successor was used: good no more
    ttl = NumberAttribute()


class NotMeToken(Table):
    """Finds the link that a notice told of, by the token in it. Keys: `not` and SHA-256 of the token | -: as the token
    of the link itself it is unknown."""

    class Meta(TableMeta):
        table_name = settings.table("links")

    tenant = UnicodeAttribute()
    account_id = UnicodeAttribute()
    link_id = UnicodeAttribute()
    ttl = NumberAttribute()


class Ticket(Table):
    """Finds a claim by its ticket. Keys: `found_by("tkt", ticket)` | -."""

    class Meta(TableMeta):
        table_name = settings.table("links")

    tenant = UnicodeAttribute(null=True)
    account_id = UnicodeAttribute(null=True)
    link_id = UnicodeAttribute(null=True)
    claim = UnicodeAttribute(null=True)
    until = NumberAttribute(null=True)  # epoch seconds
    ttl = NumberAttribute(null=True)


class Nonce(Table):
    """What a claim's password is derived from, beside the keyring. Deleted when the link closes: then nobody, we
    included, can produce the password again. In a table without back-up and stream. Keys: tenant and link | claim."""

    class Meta(TableMeta):
        table_name = settings.table("nonces")

    nonce = UnicodeAttribute()
    key_version = UnicodeAttribute()
    ttl = NumberAttribute()


def found_by(purpose: Literal["act", "tkt", "cfg", "spk"], token: str) -> str:
    """The key of what finds something by a token: its SHA-256, apart by what the token is for, so that none opens what
    another one does."""
    return key(purpose, fingerprint(token))


def link_key(tenant: str, account_id: str) -> str:
    return key(tenant, "links", account_id)


def nonce_key(tenant: str, link_id: str) -> str:
    return key(tenant, link_id)
