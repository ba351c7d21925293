"""A link for somebody whom no message reaches: an operator reads out eight letters, which are typed at /go."""

from typing import Final, NamedTuple

from functions.activation import issue, links
from functions.activation.guessing import locked, unknown
from functions.activation.issue import Slot
from functions.activation.links import RING
from functions.activation.models import Link, SpokenCode, found_by
from functions.common import ids, keyring, limits
from functions.common.caller import Caller
from functions.common.errors import NotFound, TooMany
from functions.common.requests import RequestMark
from functions.common.table import read
from functions.tenants import hostnames

LENGTH: Final = 8  # of 20 letters: 34 bits, for fifteen minutes
WRONG: Final = 1000  # codes from everywhere together
WINDOW: Final = 600  # seconds


class Spoken(NamedTuple):
    """What the operator reads out: the letters in two groups, and where they are typed."""

    code: str
    url: str
    link: Link


def code_for(caller: Caller, account_id: str, slot: Slot, mark: RequestMark) -> Spoken:
    """A fresh link of fifteen minutes and its code; the same again when the request is repeated. Raises NotFound,
    Conflict, Invalid, NotReady."""
    link = issue.unsent(caller, account_id, "spoken", slot, mark)
    links.address(link.tenant, link.account_id, link.id)
    version = keyring.versions(RING)[0]
    letters = ids.encode(keyring.mac(RING, version, "say", link.id), LENGTH, ids.SPOKEN)
    SpokenCode(
        pk=_found_by(letters, version),
        sk="-",
        tenant=link.tenant,
        account_id=link.account_id,
        link_id=link.id,
        ttl=int(link.expires_at) + 3600,
    ).save()
    url = f"{hostnames.base_url(link.tenant, 'links')}/go"
    return Spoken(f"{letters[:4]}-{letters[4:]}", url, link)


def typed(code: str, address: str) -> Link | NotFound | TooMany:
    """The link whose code was typed, whatever its state; or what is wrong. Unlike a link's token a code can be guessed:
    a network that was told to wait is told so whatever it types, and so is everybody while too many are wrong."""
    wait = locked(address) or limits.over(WRONG, "spoken codes")
    if wait is not None:
        return TooMany(retry_after=wait)
    link = _link(code)
    if link is not None:
        return link
    limits.take(WRONG, WINDOW, "spoken codes")
    return unknown(address)


def _link(code: str) -> Link | None:
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
    return found_by("spk", keyring.token(RING, "spk", letters, version=version).text)
