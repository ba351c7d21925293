"""People, their numbers, their device slots and their groups at rest. One partition per thing, the tenant first."""

from datetime import datetime
from typing import Any, Literal

import msgspec
from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection

from functions.common import settings
from functions.common.keyring import fingerprint
from functions.common.records import RecordItem
from functions.common.table import Due, MomentAttribute, StructAttribute, Table, TableMeta, key

Why = Literal[  # an operator should look at an account
    "not_me",
    "asked_for_new",
    "second_device",
    "codes_locked",
    "not_opened",
    "not_claimed",
    "not_registered",
    "undelivered",
    "not_ready",
    "expires_soon",
    "never_activated",
]


class AccountsRecord(RecordItem):
    """A group."""

    class Meta(TableMeta):
        table_name = settings.table("accounts")


class ByName(GlobalSecondaryIndex[Any]):
    """A tenant's accounts in order of name."""

    class Meta:
        index_name = "by_name"
        projection = AllProjection()

    name_pk = UnicodeAttribute(hash_key=True)
    name_sk = UnicodeAttribute(range_key=True)


class ByGroup(GlobalSecondaryIndex[Any]):
    """A group's accounts in order of name."""

    class Meta:
        index_name = "by_group"
        projection = AllProjection()

    group_pk = UnicodeAttribute(hash_key=True)
    name_sk = UnicodeAttribute(range_key=True)


class ByEmail(GlobalSecondaryIndex[Any]):
    class Meta:
        index_name = "by_email"
        projection = AllProjection()

    email_pk = UnicodeAttribute(hash_key=True)
    pk = UnicodeAttribute(range_key=True)


class ByMobile(GlobalSecondaryIndex[Any]):
    class Meta:
        index_name = "by_mobile"
        projection = AllProjection()

    mobile_pk = UnicodeAttribute(hash_key=True)
    pk = UnicodeAttribute(range_key=True)


class ByAttention(GlobalSecondaryIndex[Any]):
    """A tenant's accounts that ask for attention, in order of time (sparse)."""

    class Meta:
        index_name = "by_attention"
        projection = AllProjection()

    tenant = UnicodeAttribute(hash_key=True)
    attention_at = MomentAttribute(range_key=True)


class Phones(GlobalSecondaryIndex[Any]):
    """A group's slots that a phone has filled (sparse). Keys alone: they stay as they are while the phone registers
    again and again, so that this costs the index nothing."""

    class Meta:
        index_name = "phones"
        projection = KeysOnlyProjection()

    phone_pk = UnicodeAttribute(hash_key=True)
    pk = UnicodeAttribute(range_key=True)


class DueAccounts(Due):
    """Accounts that upkeep visits at a known time. Keys alone: the account itself is read when it comes."""

    class Meta:
        index_name = "due"
        projection = KeysOnlyProjection()


class Upkeep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What upkeep remembers of an account from one visit to the next: see `accounts.lifecycle`."""

    expiry_set_at: datetime | None = None  # None: with the account
    warned_of: datetime | None = None  # the expiry that operators were told of beforehand
    expired_at: datetime | None = None  # when its expiry was seen to have passed
    idle_since: datetime | None = None  # since when it waits for its first phone; None: since it was made
    flagged_at: datetime | None = None  # when operators were told that none ever came
    trim_at: datetime | None = None  # when what is old in its partitions goes next; None: a while after it was made
    bare_to: datetime | None = None  # its history holds no addresses up to here
    erased: bool = False  # deleted, and nothing personal is left of it


class Account(Table):
    """One person's VoIP account. Keys: tenant, `account` and id | -.

    `standing` is enabled, disabled, expired or deleted (an expiry that has passed counts before upkeep has written it
    down); `readiness` pending, activating or active: two fields, because a change of standing leaves readiness."""

    class Meta(TableMeta):
        table_name = settings.table("accounts")

    tenant = UnicodeAttribute()
    id = UnicodeAttribute()
    full_name = UnicodeAttribute()
    number = UnicodeAttribute()  # E.164 with +, or an extension: the SIP address's user part
    mobile = UnicodeAttribute(null=True)  # E.164
    mobile_country = UnicodeAttribute(null=True)  # ISO 3166-1, by the mobile's prefix
    mobile_problem = UnicodeAttribute(null=True)  # why nothing is sent there any more
    email = UnicodeAttribute(null=True)
    email_problem = UnicodeAttribute(null=True)
    username = UnicodeAttribute()
    domain = UnicodeAttribute()
    group_id = UnicodeAttribute()
    profile_id = UnicodeAttribute(null=True)
    security_model = UnicodeAttribute()
    obfuscation = BooleanAttribute()
    obfuscation_key = NumberAttribute()
    keep_alive = BooleanAttribute()
    client = UnicodeAttribute(null=True)
    language = UnicodeAttribute(null=True)
    time_zone = UnicodeAttribute(null=True)  # IANA
    description = UnicodeAttribute()
    external_id = UnicodeAttribute(null=True)
    expires_at = MomentAttribute(null=True)
    standing = UnicodeAttribute()
    readiness = UnicodeAttribute()
    slots = NumberAttribute()  # device slots made so far: 1 to n
    attention = UnicodeAttribute(null=True)  # Why
    attention_at = MomentAttribute(null=True)
    attention_held = UnicodeAttribute(null=True)  # the reason that only an operator takes back
    attention_expiring = BooleanAttribute(null=True)  # it expires soon, whatever else it asks for attention with
    import_row = UnicodeAttribute(null=True)  # the import and the row that made or last changed it
    due_shard = UnicodeAttribute(null=True)
    due_at = NumberAttribute(null=True)  # epoch seconds: upkeep visits it then
    upkeep = StructAttribute[Upkeep](Upkeep, null=True)
    version = NumberAttribute()
    created_at = MomentAttribute()
    changed_at = MomentAttribute()
    name_pk = UnicodeAttribute(null=True)
    name_sk = UnicodeAttribute(null=True)
    group_pk = UnicodeAttribute(null=True)
    email_pk = UnicodeAttribute(null=True)
    mobile_pk = UnicodeAttribute(null=True)

    by_name = ByName()
    by_group = ByGroup()
    by_email = ByEmail()
    by_mobile = ByMobile()
    by_attention = ByAttention()
    due = DueAccounts()


class NumberHolder(Table):
    """Who has a number. Keys: tenant, `number`, domain and number | -."""

    class Meta(TableMeta):
        table_name = settings.table("accounts")

    account_id = UnicodeAttribute()
    username = UnicodeAttribute()


class ExternalHolder(Table):
    """Who is known elsewhere by an external id: one account of a tenant. Keys: tenant, `external` and that id | -."""

    class Meta(TableMeta):
        table_name = settings.table("accounts")

    account_id = UnicodeAttribute()


class Device(Table):
    """One slot of an account that a softphone fills, and all that a SIP server asks, in one item.

    Keys: tenant, `user`, domain and digest user | -. It repeats the account's standing, expiry and number, so that a
    look-up is one read; whoever changes those changes them here in the same transaction. It outlives its account: a
    digest user is never given out twice. Both HA1s are sealed (`common.sealing`) for account, slot and epoch."""

    class Meta(TableMeta):
        table_name = settings.table("accounts")

    tenant = UnicodeAttribute()
    account_id = UnicodeAttribute()
    slot = NumberAttribute()
    username = UnicodeAttribute()  # the digest user
    domain = UnicodeAttribute()
    number = UnicodeAttribute(null=True)
    standing = UnicodeAttribute()
    expires_at = MomentAttribute(null=True)
    epoch = NumberAttribute()  # how often this slot was given new credentials or had them taken
    ha1_md5 = UnicodeAttribute(null=True)  # whoever has credentials has this
    ha1_sha256 = UnicodeAttribute(null=True)  # not so a phone that was adopted without
    live_link = UnicodeAttribute(null=True)  # the one link that may fill this slot
    registered_at = MomentAttribute(null=True)
    registered_until = MomentAttribute(null=True)
    registered_epoch = NumberAttribute(null=True)
    user_agent = UnicodeAttribute(null=True)
    contact = UnicodeAttribute(null=True)
    phone_pk = UnicodeAttribute(null=True)  # tenant and group, as long as it has credentials

    phones = Phones()


class HistoryEntry(Table):
    """One thing that happened to an account. Keys: tenant and account | time and id."""

    class Meta(TableMeta):
        table_name = settings.table("history")

    at = MomentAttribute()
    event = UnicodeAttribute()
    details = UnicodeAttribute()  # JSON


def account_key(tenant: str, account_id: str) -> str:
    return key(tenant, "account", account_id)


def number_key(tenant: str, domain: str, number: str) -> str:
    return key(tenant, "number", domain, number)


def external_key(tenant: str, external_id: str) -> str:
    return key(tenant, "external", fingerprint(external_id))  # any text may be one: a key holds no separator


def device_key(tenant: str, domain: str, username: str) -> str:
    return key(tenant, "user", domain, username)


def phones_key(tenant: str, group_id: str) -> str:
    return key(tenant, "phones", group_id)


def digest_user(username: str, slot: int) -> str:
    """The digest user of a slot: the account's own for the first, then with a suffix that no username can have."""
    return username if slot == 1 else f"{username}-{slot}"
