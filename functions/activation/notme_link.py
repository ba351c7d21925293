"""The address in a notice, under which a person says that it was not them. It is found by its token alone, and its
token is none of the link's own: who reads the notice gets no further."""

from typing import Final

from functions.activation.links import RING, TOMBSTONE
from functions.activation.models import NotMeToken
from functions.common import clock, keyring
from functions.common.keyring import fingerprint
from functions.common.table import key, read
from functions.tenants import hostnames

PURPOSE: Final = "not"


def address(tenant: str, account_id: str, link_id: str) -> str:
    """The URL to put into a notice about this link; from now on it is found. Repeatable. Raises NotReady."""
    base = hostnames.base_url(tenant, "links")
    token = keyring.token(RING, PURPOSE, link_id).text
    ttl = clock.epoch() + int(TOMBSTONE.total_seconds())
    NotMeToken(pk=_pk(token), sk="-", tenant=tenant, account_id=account_id, link_id=link_id, ttl=ttl).save()
    return f"{base}/n/{token}"


def find(token: str) -> NotMeToken | None:
    """What the notice with this token is about."""
    return read(NotMeToken, _pk(token))


def _pk(token: str) -> str:
    return key(PURPOSE, fingerprint(token))
