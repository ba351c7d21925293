"""Provisioning profiles at rest."""

from pynamodb.attributes import UnicodeAttribute

from functions.common import settings
from functions.common.records import RecordItem
from functions.common.table import Table, TableMeta, key


class ProvisioningRecord(RecordItem):
    """A profile."""

    class Meta(TableMeta):
        table_name = settings.table("provisioning")


class DefaultProfile(Table):
    """Which profile is a tenant's default: one item, so never two. Keys: tenant and `default` | -."""

    class Meta(TableMeta):
        table_name = settings.table("provisioning")

    profile_id = UnicodeAttribute()


def default_key(tenant: str) -> str:
    return key(tenant, "default")
