"""A device's hold on a link: the tap.

Nothing has been given away before the first fetch, so until then a later tap replaces an earlier one, whose ticket
dies; a scanner's POST, a double tap or a dropped connection cost nobody the link. After it only the claim that
fetched may come again, while its grace lasts."""

import hmac
from typing import Final, NamedTuple

from pynamodb.exceptions import PutError

from functions.accounts import history
from functions.activation import stuck
from functions.activation.links import LIVE, RING, restored, waiting
from functions.activation.models import Link, Nonce, Ticket, found_by, nonce_key
from functions.common import agents, clock, ids, keyring
from functions.common.errors import Gone, Problem
from functions.common.keyring import fingerprint
from functions.common.table import CONDITION_FAILED, read, update

_RANDOM: Final = 16  # characters of a claim id that are its own; the rest is the signature
_SIGNED: Final = keyring.TOKEN_LENGTH + 1
_KEPT: Final = 3600  # seconds after which an unused nonce may go


class Claimed(NamedTuple):
    """What a tap gives: the ticket with which the client fetches its file."""

    ticket: str
    link: Link


class BadClaim(Problem):
    """The claim id is missing, or was not made by us for this link. Nothing has changed."""

    status, code = 400, "bad_claim"
    message = "Open the link again and tap the button."


class _Beaten(Exception):
    """The link changed between reading and writing."""


def new_claim_id(link: Link) -> str:
    """A claim id for this link, signed: what the page carries in its form."""
    return _signed_id(link, ids.new_id(_RANDOM))


def claim_id_of(link: Link, cause: str) -> str:
    """The claim id that this cause always has for this link."""
    return _signed_id(link, ids.derived_id("claim", link.id, cause, length=_RANDOM))


def _signed_id(link: Link, random: str) -> str:
    return random + _signature(link, random, None)


def tap(link: Link, claim_id: str, agent: str, network: str) -> Claimed:
    """Takes the link for this claim and gives its ticket, the same at each repetition.

    Raises BadClaim for a claim id that is not ours, Gone when the link is dead or another device's."""
    if not ours(link, claim_id):
        raise BadClaim
    return _taken(link, fingerprint(claim_id), agent, network)


def _taken(link: Link, mine: str, agent: str, network: str) -> Claimed:
    for _ in range(3):
        try:
            return _tap(link, mine, agent, network)
        except _Beaten:
            found = read(Link, link.pk, link.sk)
            if found is None:
                raise Gone from None
            link = found
    raise Gone


def may_fetch_again(link: Link, claim: str) -> bool:
    """Whether this claim has fetched and its grace is not over."""
    within = (link.grace_until or 0) > clock.epoch()
    return link.state == "fetched" and link.claim == claim and within and not restored(link)


def holds(link: Link, claim_id: str) -> bool:
    """Whether this claim id is ours, and holds the link or may still take it."""
    mine = fingerprint(claim_id)
    return ours(link, claim_id) and (may_fetch_again(link, mine) or (waiting(link) and link.claim == mine))


def for_whoever_opens(link: Link, agent: str, network: str) -> Claimed:
    """Takes a link that is its own ticket: all who open it share one claim. Raises Gone."""
    return _taken(link, of_whoever_opens(link), agent, network)


def of_whoever_opens(link: Link) -> str:
    """The fingerprint of the claim that all who open such a link share."""
    return fingerprint(f"direct|{link.id}")


def ticket_of(link: Link, claim: str, version: str) -> str:
    """The one ticket of a claim."""
    return keyring.token(RING, "tkt", link.id, claim, version=version).text


def _tap(link: Link, mine: str, agent: str, network: str) -> Claimed:
    until = clock.epoch() + int(link.ticket_seconds)
    if may_fetch_again(link, mine):
        nonce = read(Nonce, nonce_key(link.tenant, link.id), mine)
        if nonce is None:  # never a second one: it would give another password than the one that was made
            raise Gone
        return _ticket(link, mine, nonce.key_version, min(until, int(link.grace_until or 0)))
    if not waiting(link):
        raise Gone
    version = _nonce(link, mine)
    again, now = link.claim == mine, clock.now()
    actions = [
        Link.state.set("claimed"),
        Link.claim.set(mine),
        Link.claimed_at.set(now),
        Link.claimed_by.set(agent[:200]),
        Link.claimed_from.set(network),
        Link.due_at.set(stuck.next_look(link, claimed_at=now)),
    ]
    update(link, actions, Link.state.is_in(*LIVE) & (Link.expires_at > clock.epoch()), _Beaten())
    if not again:
        kind = agents.platform(agent) or agents.kind(agent)
        history.add(link.tenant, link.account_id, "link.claimed", link=link.id, device=kind, network=network)
    return _ticket(link, mine, version, until)


def _nonce(link: Link, claim: str) -> str:
    """Fixes the claim's nonce and key version at its first write; later ones find them, and keep them for longer.

    -> the version."""
    pk = nonce_key(link.tenant, link.id)
    found = read(Nonce, pk, claim)
    ttl = clock.epoch() + int(link.ticket_seconds) + int(link.grace) + _KEPT
    if found is not None:
        update(found, [Nonce.ttl.set(ttl)], Nonce.pk.exists(), Gone())
        return found.key_version
    version = keyring.token(RING, "ver", link.id).version
    item = Nonce(pk=pk, sk=claim, nonce=ids.new_id(22), key_version=version, ttl=ttl)
    try:
        item.save(Nonce.pk.does_not_exist())
    except PutError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
        return _nonce(link, claim)
    return version


def _ticket(link: Link, claim: str, version: str, until: int) -> Claimed:
    ticket = ticket_of(link, claim, version)
    item = Ticket(pk=found_by("tkt", ticket), sk="-")
    item.update(
        [
            Ticket.tenant.set(link.tenant),
            Ticket.account_id.set(link.account_id),
            Ticket.link_id.set(link.id),
            Ticket.claim.set(claim),
            Ticket.until.set(until),
            Ticket.ttl.set(until + 86400),
        ]
    )
    return Claimed(ticket=ticket, link=link)


def _signature(link: Link, random: str, version: str | None) -> str:
    return keyring.token(RING, "clm", link.id, random, version=version).text


def ours(link: Link, claim_id: str) -> bool:
    """Whether we made this claim id for this link."""
    random, signature = claim_id[:_RANDOM], claim_id[_RANDOM:]
    if len(signature) != _SIGNED or not claim_id.isascii() or not claim_id.isalnum():
        return False
    try:
        return hmac.compare_digest(_signature(link, random, signature[0]), signature)
    except KeyError:  # a key version that never was, or is retired
        return False
