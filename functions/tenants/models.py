"""Tenants, their data keys, SIP domains and hostnames at rest."""

from pynamodb.attributes import UnicodeAttribute

from functions.common import settings
from functions.common.records import RecordItem
from functions.common.table import Table, TableMeta


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
