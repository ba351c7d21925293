"""The digest users of a SIP domain, page by page: for a SIP server that cannot ask for each."""

from datetime import datetime

import msgspec

from functions.accounts.devices import ha1
from functions.accounts.models import Account, Device, device_key, digest_user
from functions.accounts.people import standing
from functions.common import paging


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """One digest user of an export. The digest secrets are as good as the password."""

    username: str
    domain: str
    ha1_md5: str
    ha1_sha256: str  # empty for a phone that was adopted without
    number: str
    epoch: int
    expires_at: datetime | None


def subscribers_of(tenant: str, domain: str, cursor: str | None, limit: int) -> tuple[list[Exported], str | None]:
    """The digest users of a page of the tenant's accounts who may register now, and the next page's cursor."""
    page = paging.query(Account, tenant, cursor=cursor, limit=limit, index=Account.by_name)
    keys = [
        (device_key(tenant, domain, digest_user(account.username, number)), "-")
        for account in page.items
        if account.domain == domain
        for number in range(1, int(account.slots) + 1)
    ]
    found = sorted(Device.batch_get(keys), key=lambda slot: slot.pk) if keys else []
    return [_exported(slot) for slot in found if slot.ha1_md5 is not None and standing(slot) == "enabled"], page.cursor


def _exported(slot: Device) -> Exported:
    return Exported(
        username=slot.username,
        domain=slot.domain,
        ha1_md5=ha1(slot, "MD5"),
        ha1_sha256=ha1(slot, "SHA-256") if slot.ha1_sha256 is not None else "",
        number=slot.number or "",
        epoch=int(slot.epoch),
        expires_at=slot.expires_at,
    )
