"""A link for somebody whom no message reaches: an operator reads out eight letters, which are typed at /go."""

from typing import Final, NamedTuple

from functions.activation import issue, links
from functions.activation.issue import Slot
from functions.activation.links import RING
from functions.activation.models import Link, SpokenCode
from functions.common import ids, keyring
from functions.common.caller import Caller
from functions.common.keyring import fingerprint
from functions.common.table import read
from functions.tenants import hostnames

LENGTH: Final = 8  # of 20 letters: 34 bits, guessed ten times per network at most


class Spoken(NamedTuple):
    """What the operator reads out: the letters in two groups, and where they are typed."""

    code: str
    url: str
    link: Link


def code_for(caller: Caller, account_id: str, slot: Slot) -> Spoken:
    """A fresh link of fifteen minutes and its code. Raises NotFound, Conflict, Invalid, NotReady."""
    link = issue.unsent(caller, account_id, "spoken", slot)
    links.address(link.tenant, link.account_id, link.id)
    letters = ids.new_id(LENGTH, ids.SPOKEN)
    SpokenCode(
        pk=_found_by(letters, keyring.versions(RING)[0]),
        sk="-",
        tenant=link.tenant,
        account_id=link.account_id,
        link_id=link.id,
        ttl=int(link.expires_at) + 3600,
    ).save()
    url = f"{hostnames.base_url(link.tenant, 'links')}/go"
    return Spoken(f"{letters[:4]}-{letters[4:]}", url, link)


def typed(code: str) -> Link | None:
    """The link whose code was typed, whatever its state; None for an unknown one."""
    letters = "".join(character for character in code.upper() if character.isalnum())
    if len(letters) != LENGTH or not set(letters) <= set(ids.SPOKEN):
        return None
    for version in keyring.versions(RING):
        found = read(SpokenCode, _found_by(letters, version))
        if found is not None:
            return links.find(found.tenant, found.account_id, found.link_id)
    return None


def _found_by(letters: str, version: str) -> str:
    """The key that nobody can compute from the letters alone: eight of them could be tried out."""
    return fingerprint(keyring.token(RING, "spk", letters, version=version).text)
