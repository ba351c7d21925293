"""Download addresses, and who opened their installation link, at rest."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from functions.common import settings
from functions.common.records import RecordItem
from functions.common.table import MomentAttribute, Table, TableMeta, key


class InstallationRecord(RecordItem):
    """A download."""

    class Meta(TableMeta):
        table_name = settings.table("installation")


class TokenHash(Table):
    """Whose installation link a token is. Keys: hash of the token | -."""

    class Meta(TableMeta):
        table_name = settings.table("installation")

    tenant = UnicodeAttribute()
    account_id = UnicodeAttribute()


class Given(Table):
    """That an account was given a link with this token. Keys: tenant, `given` and account | hash of the token."""

    class Meta(TableMeta):
        table_name = settings.table("installation")


class Click(Table):
    """That a person opened the installation link. Keys: tenant, `click` and account | -."""

    class Meta(TableMeta):
        table_name = settings.table("installation")

    at = MomentAttribute()  # the first time, written once
    last_at = MomentAttribute()
    platform = UnicodeAttribute()  # the last one, or `unknown`
    os_version = UnicodeAttribute(null=True)  # the last one, where its browser tells it truly
    download_id = UnicodeAttribute(null=True)  # what it was led to; None while nothing was chosen, or nothing fits
    seen = UnicodeSetAttribute(null=True)  # each platform with each download: what stands in the history
    clicks = NumberAttribute()


def given_key(tenant: str, account_id: str) -> str:
    return key(tenant, "given", account_id)


def click_key(tenant: str, account_id: str) -> str:
    return key(tenant, "click", account_id)
