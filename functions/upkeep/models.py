"""How far upkeep has come with what it does in rounds, at rest."""

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute

from functions.common import settings
from functions.common.table import Table, TableMeta, key


class Round(Table):
    """A round through things of one kind, made once a day. Keys: `upkeep` and its name | -."""

    class Meta(TableMeta):
        table_name = settings.table("jobs")

    day = UnicodeAttribute()  # on which it began (UTC)
    after = UnicodeAttribute()  # the last thing that it has been through
    done = BooleanAttribute()


class AuditGone(Table):
    """Up to which day a tenant's audit trail is gone. Keys: `upkeep`, `audit` and tenant | -."""

    class Meta(TableMeta):
        table_name = settings.table("jobs")

    day = UnicodeAttribute()


def round_key(name: str) -> str:
    return key("upkeep", name)


def audit_gone_key(tenant: str) -> str:
    return key("upkeep", "audit", tenant)
