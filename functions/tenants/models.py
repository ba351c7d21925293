"""Tenants, their data keys, SIP domains and hostnames at rest; and what stays of a tenant that has gone."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from functions.common import settings
from functions.common.caller import PROVIDER
from functions.common.records import RecordItem
from functions.common.table import MomentAttribute, StructAttribute, Table, TableMeta, key


class TenantsRecord(RecordItem):
    """A tenant, a domain or a hostname."""

    class Meta(TableMeta):
        table_name = settings.table("tenants")


class DataKey(Table):
    """A tenant's data key, encrypted by KMS. Keys: tenant and `key` | -."""

    class Meta(TableMeta):
        table_name = settings.table("tenants")

    data_key = UnicodeAttribute()


class Claimed(Table):
    """A name that exists once in the whole installation. Keys: `domain` or `host` and the name | -."""

    class Meta(TableMeta):
        table_name = settings.table("tenants")

    tenant = UnicodeAttribute()
    record_id = UnicodeAttribute()


class OffBoarding(Table):
    """A tenant that goes, or has gone: it stays for ever in the tenant's place. Keys: provider and `off_boarding` |
    tenant.

    States: closed → archiving → deleting → ending (the audit trail goes) → done; or failed."""

    class Meta(TableMeta):
        table_name = settings.table("tenants")

    id = UnicodeAttribute()
    name = UnicodeAttribute()  # of the tenant
    state = UnicodeAttribute()
    stage = UnicodeAttribute()  # where its work goes on when it is asked for again
    tries = NumberAttribute()  # how often it was asked for
    asked_by = UnicodeAttribute()  # the operator
    asked_at = MomentAttribute()
    founded_at = MomentAttribute()  # when the tenant was made
    archived_at = MomentAttribute(null=True)
    deleted_at = MomentAttribute(null=True)
    done_at = MomentAttribute(null=True)
    counts = StructAttribute[dict[str, int]](dict[str, int], null=True)  # what has been deleted, by kind
    certificate = UnicodeAttribute(null=True)  # JSON, as it was sealed
    seal = UnicodeAttribute(null=True)


class ArchivePart(Table):
    """One file of a gone tenant's archive. Keys: provider, `archive` and tenant | name."""

    class Meta(TableMeta):
        table_name = settings.table("tenants")

    kind = UnicodeAttribute()
    lines = NumberAttribute()
    size = NumberAttribute()  # bytes
    sha256 = UnicodeAttribute()


def off_boarding_key() -> str:
    return key(PROVIDER, "off_boarding")


def archive_key(tenant: str) -> str:
    return key(PROVIDER, "archive", tenant)
