"""The six digits that some taps need: asked for when needed, good for minutes, and never sent by the link's own way.

They are derived, so that a repeated sending repeats them, and kept as scrypt under a pepper that no table holds. A try
is reserved before it is compared, and given back when it was right: guesses made at once cannot pass the limits
together."""

import hashlib
import hmac
from contextlib import suppress
from typing import Final, Literal, NamedTuple

from pynamodb.expressions.condition import Condition

from functions.accounts import attention, history
from functions.accounts.people import visible
from functions.activation import links, stuck
from functions.activation.links import LIVE, RING, LinkNotLive
from functions.activation.models import Link
from functions.common import audit, clock, ids, keyring, limits
from functions.common.caller import Caller
from functions.common.errors import Changed, Conflict, NotFound, Problem, TooMany
from functions.common.table import update
from functions.common.transaction import Step, Update, commit, retried

DIGITS: Final = 6
ASKED_AN_HOUR: Final = 5  # codes for one link, by whoever is at its page
READ_OUT_AN_HOUR: Final = 20  # and by operators
TRIES_PER_NETWORK: Final = 5  # of one link
TRIES: Final = 20  # of one link, until an operator unlocks it
_WINDOW: Final = 24 * 3600  # seconds in which a network's tries are counted
_SCRYPT: Final = {"n": 2**14, "r": 8, "p": 1}  # 16 MB, some 40 ms


class Code(NamedTuple):
    """A code to be read out or sent, once `step` is committed; `number` is the how-many-eth of its link."""

    digits: str
    number: int
    until: int  # epoch seconds
    step: Step


class CodeNeeded(Problem):
    status, code = 400, "code_needed"
    message = "Type the code that you were given."


class WrongCode(Problem):
    status, code = 400, "wrong_code"
    message = "This code is not right."


class CodeOver(Problem):
    status, code = 400, "code_over"
    message = "This code is no longer good. Ask for a new one."


class TooManyTries(TooMany):
    code = "too_many_codes"
    message = "Too many wrong codes were typed."


class TooManyCodes(TooMany):
    """Codes were asked for too often."""


class NotLocked(Conflict):
    code = "not_locked"
    message = "No wrong code was typed for this link."


def make(link: Link, for_: Literal["page", "operator"]) -> Code:
    """A fresh code; the one before it is good no more. Raises TooMany, and LinkNotLive with the commit."""
    most = ASKED_AN_HOUR if for_ == "page" else READ_OUT_AN_HOUR
    wait = limits.take(most, 3600, "codes", for_, link.tenant, link.id, str(int(link.unlocked)))
    if wait is not None:
        raise TooManyCodes(f"{most} codes were made for this link within an hour.", retry_after=wait)
    number, until = int(link.codes) + 1, clock.epoch() + int(link.code_seconds)
    digits = _digits(link, number)
    actions = [Link.codes.set(number), Link.code_hash.set(_hash(link, number, digits)), Link.code_until.set(until)]
    usable = Link.state.is_in(*LIVE) & (Link.expires_at > clock.epoch()) & (Link.codes == int(link.codes))
    return Code(digits, number, until, Update(item=link, actions=actions, condition=usable, otherwise=LinkNotLive()))


def for_message(tenant: str, account_id: str, link_id: str) -> str:
    """The link's present code, for whoever sends it. Raises LinkNotLive when there is none that is good."""
    link = links.find(tenant, account_id, link_id)
    if link is None or not links.waiting(link) or int(link.code_until or 0) <= clock.epoch():
        raise LinkNotLive
    return _digits(link, int(link.codes))


def read_out(caller: Caller, account_id: str, link_id: str) -> Code:
    """A fresh code for an operator to read out to the person. Raises NotFound, LinkNotLive, TooMany."""
    link = _visible(caller, account_id, link_id)
    if link.key_version is None:
        raise LinkNotLive("This link has not been sent yet: nobody can be at its page.")
    code = make(link, "operator")
    commit(
        [
            code.step,
            audit.entry(caller, "link.code", f"account/{account_id}", after={"link": link_id}),
            history.step(link.tenant, account_id, "link.code_read_out", link=link_id, by=caller.operator),
        ]
    )
    return code


def check(link: Link, code: str, network: str) -> None:
    """Raises CodeNeeded, WrongCode, CodeOver, TooManyTries. The last try locks a link that always needs a code."""
    typed = "".join(character for character in code if character.isdigit())
    if not typed:
        raise CodeNeeded
    here = (link.tenant, link.id, str(int(link.unlocked)), network)
    wait = limits.take(TRIES_PER_NETWORK, _WINDOW, "code", *here)
    if wait is not None:
        if limits.take(1, _WINDOW, "codes refused", link.tenant, link.id, str(int(link.unlocked))) is None:
            attention.note(link.tenant, link.account_id, "codes_locked", link=link.id)
        raise TooManyTries(retry_after=wait)
    update(link, [Link.code_tries.add(1)], Link.code_tries < TRIES, TooManyTries(retry_after=_WINDOW))
    right = link.code_hash is not None and hmac.compare_digest(_hash(link, int(link.codes), typed), link.code_hash)
    if right and int(link.code_until or 0) > clock.epoch():
        limits.give_back("code", *here)
        update(link, [Link.code_tries.add(-1)], Link.code_tries > 0, Changed())
        return
    _failed(link, network)
    raise CodeOver if right else WrongCode


def unlock(caller: Caller, account_id: str, link_id: str) -> Link:
    """The link takes codes again, from every network. Raises NotFound, NotLocked where no wrong one was typed."""

    def change() -> Link:
        link = _visible(caller, account_id, link_id)
        if link.state != "locked" and int(link.code_tries) == 0:
            raise NotLocked
        actions = [
            Link.code_tries.set(0),
            Link.unlocked.add(1),
            Link.code_hash.remove(),
            Link.code_until.remove(),
            *([Link.state.set("live")] if link.state == "locked" else []),
            Link.due_at.set(stuck.next_look(link, state="live")),
        ]
        commit(
            [
                Update(item=link, actions=actions, condition=(Link.state == link.state) & _since_unlocking(link)),
                history.step(link.tenant, account_id, "link.unlocked", link=link_id, by=caller.operator),
                audit.entry(caller, "link.unlock", f"account/{account_id}", after={"link": link_id}),
            ]
        )
        return link

    retried(change)
    return _visible(caller, account_id, link_id)


def _failed(link: Link, network: str) -> None:
    if int(link.code_tries) < TRIES:
        history.add(link.tenant, link.account_id, "link.code_failed", link=link.id, network=network)
        return
    steps: list[Step] = [history.step(link.tenant, link.account_id, "link.locked", link=link.id, network=network)]
    if link.policy == "code":
        still = Link.state.is_in(*LIVE) & (Link.code_tries >= TRIES) & _since_unlocking(link)
        steps.append(Update(item=link, actions=[Link.state.set("locked")], condition=still))
    steps += attention.step(link.tenant, link.account_id, "codes_locked", link=link.id)
    with suppress(Changed):  # it has ended meanwhile
        commit(steps)


def _since_unlocking(link: Link) -> Condition:
    """No operator has unlocked it since it was read."""
    unmoved: Condition = Link.unlocked == int(link.unlocked)
    return unmoved


def _visible(caller: Caller, account_id: str, link_id: str) -> Link:
    visible(caller, account_id)
    link = links.find(caller.tenant, account_id, link_id)
    if link is None:
        raise NotFound("This account has no link with this id.", field="link_id")
    return link


def _digits(link: Link, number: int) -> str:
    material = keyring.mac(RING, str(link.key_version), "cod", link.id, str(number))
    return ids.encode(material, DIGITS, "0123456789")


def _hash(link: Link, number: int, digits: str) -> str:
    peppered = keyring.mac(RING, str(link.key_version), "pep", digits)
    salt = f"{link.id}|{number}".encode()
    return hashlib.scrypt(peppered, salt=salt, maxmem=2**26, dklen=32, **_SCRYPT).hex()
