"""New keys for the two keyrings, once a year and on demand, and old ones retired. Nothing that was given out before
stops working, and nothing is derived anew: what was derived stores its version, or is found by its hash, which needs
no key.

A key comes in two steps, so that nobody meets a token that cannot be checked. It is added first. Half an hour later it
becomes the current one: by then no process goes by a keyring that it read before. A process that is behind goes on
deriving with the key it knows, and the key's version stands before what it derives. Each step is one write, made only
where nobody has written since the keyring was read; a run that is cut short is made again by the next.

What needs a key of `links`, and for how long:
    link's address, code, spoken code   until the link has ended (its own version)
    claim id, ticket, password          until the link closes, an hour at most after the tap (the nonce's version)
    pages' claim ids                    while somebody has the page of an open link before them
and what was derived with it, but is found by its hash for as long as it is good for:
    installation link                   as long as the account (`installation.links`)
    address for later changes           as long as the phone's credentials (`activation.changes`)
    *it was not me*                     90 days
So a version retires by itself when it has not been current for the longest that a link can be open, and a week more,
and no open link bears it.

What needs a key of `operators`:
    token                               found by its hash, until it is revoked or expires; its issuing can be repeated
                                        for a day
    the installation's first token      whenever `make token` shows it again
    certificate of an off-boarding      for ever: whoever holds one may ask whether it is ours
So none of its versions retires by itself; an operator who wants one retired is told what ends with it.

Receipt addresses are random, not derived: no keyring has anything to do with them."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from functions.activation import links
from functions.common import aws, clock, ids, settings
from functions.common.caller import PROVIDER
from functions.common.errors import Changed
from functions.common.observability import count, logger
from functions.messaging.timing import LATEST
from functions.operators import tokens
from functions.tenants.tenants import TENANTS
from functions.upkeep.report import Report

Ring = Literal["links", "operators"]

RINGS: Final[dict[Ring, str]] = {"links": "SECRET_LINKS", "operators": "SECRET_OPERATORS"}
KEY_LENGTH: Final = 64  # letters and digits, as the template makes the first
DAYS: Final = 365  # for which a key is current, unless KEYRING_DAYS says otherwise
SPREAD: Final = timedelta(minutes=30)  # from a key's adding to its use; processes read anew after `keyring.KEPT`
LIFETIME: Final = timedelta(days=30)  # the longest that a profile gives a link
# It may wait for its sending, then for the first provider to take it, and live on from there; then come grace, ticket,
# and processes that are behind. A week more, as for everything that must not be too early.
LONGEST: Final = LATEST + links.UNSENT + 2 * LIFETIME + timedelta(days=1) + timedelta(days=7)


class Full(Exception):
    """Every version of the keyring is in use: one must be retired before another key can come."""


class Rotated(msgspec.Struct, frozen=True, kw_only=True):
    """A keyring as it is now, without its keys. `breaks`: what keeps a version from being retired."""

    ring: Ring
    current: str
    next: str | None
    next_from: str | None  # when the next key becomes current, at the earliest
    versions: dict[str, dict[str, str]]  # each with when it was added, became current and ceased to be
    breaks: list[str] = []


class _Kept(msgspec.Struct):
    """A keyring's secret, as it was read. Notes are named `<what> <version>`."""

    ring: Ring
    read_as: str  # the secret's own version
    current: str
    next: str | None
    keys: dict[str, str]
    notes: dict[str, str]

    def __repr__(self) -> str:
        return f"_Kept({self.ring})"

    def noted(self, what: Literal["added", "since", "until"], version: str) -> datetime | None:
        text = self.notes.get(f"{what} {version}")
        return clock.read(text) if text is not None else None

    def note(self, what: Literal["added", "since", "until"], version: str) -> None:
        self.notes[f"{what} {version}"] = clock.text(clock.now())

    @property
    def old(self) -> list[str]:
        return [version for version in self.keys if version not in (self.current, self.next)]


def run(report: Report, enough: Callable[[], bool], *, dry_run: bool) -> None:
    """What is due with each keyring: a key is added, or becomes current; of `links`, old ones are retired."""
    for ring in RINGS:
        kept = _read(ring)
        changed = _moved_on(kept, report)
        for version in _over(kept) if ring == "links" else ():
            if not links.bearing(version, enough):
                del kept.keys[version]
                report.add("keyring.retired", f"{ring}/{version}")
                changed = True
        if changed and not dry_run:
            with suppress(Changed):  # an operator was faster: the next run looks again
                _write(kept)


def rotate(ring: Ring) -> Rotated:
    """The next step of a new key, at once: it is added; or, half an hour after that, becomes current. Raises Full,
    and Changed when somebody else has written the keyring at this moment."""
    kept = _read(ring)
    if kept.next is None:
        _add(kept)
        _write(kept)
    elif _spread(kept):
        _make_current(kept)
        _write(kept)
    return _shown(kept)


def retire(ring: Ring, version: str, *, force: bool = False) -> Rotated:
    """Removes a key, unless something ends with it (`breaks`); with `force` even then. Never the current or the next
    one. Raises Changed."""
    kept = _read(ring)
    if version not in kept.old:
        known = "in use" if version in kept.keys else "unknown"
        return _shown(kept, [f"The version {version} is {known}."])
    found = list(_breaks(kept, version))
    if found and not force:
        return _shown(kept, found)
    del kept.keys[version]
    _write(kept)
    return _shown(kept)


def _moved_on(kept: _Kept, report: Report) -> bool:
    """Whether the schedule's step was due, and is now taken in memory."""
    if kept.next is not None:
        if not _spread(kept):
            return False
        _make_current(kept)
        report.add("keyring.current", f"{kept.ring}/{kept.current}")
        return True
    since = kept.noted("since", kept.current)
    assert since is not None  # of the first key, when it was made
    if clock.now() < since + timedelta(days=int(settings.optional("KEYRING_DAYS") or DAYS)):
        return False
    try:
        _add(kept)
    except Full:
        logger.error("no version is free", extra={"keyring": kept.ring})
        count("KeyringFull")
        report.add("keyring.full", kept.ring)
        return False
    report.add("keyring.added", f"{kept.ring}/{kept.next}")
    return True


def _add(kept: _Kept) -> None:
    """The version after the newest that is free, so that the one which was retired last is used last again."""
    newest = max(kept.keys, key=lambda each: kept.notes.get(f"added {each}", ""))  # the first has none
    place = ids.ALPHABET.index(newest)
    free = [each for each in ids.ALPHABET[place + 1 :] + ids.ALPHABET[:place] if each not in kept.keys]
    if not free:
        raise Full
    kept.next = free[0]
    kept.keys[kept.next] = ids.new_id(KEY_LENGTH)
    for what in ("since", "until"):  # of the key that bore this version before
        kept.notes.pop(f"{what} {kept.next}", None)
    kept.note("added", kept.next)


def _spread(kept: _Kept) -> bool:
    """Whether every process knows the next key."""
    assert kept.next is not None
    added = kept.noted("added", kept.next)
    return added is None or clock.now() >= added + SPREAD


def _make_current(kept: _Kept) -> None:
    assert kept.next is not None
    kept.note("until", kept.current)
    kept.current, kept.next = kept.next, None
    kept.note("since", kept.current)


def _over(kept: _Kept) -> list[str]:
    """Versions of `links` with which nothing open can have been derived."""
    ended = {version: kept.noted("until", version) for version in kept.old}
    return [version for version, until in ended.items() if until is not None and clock.now() >= until + LONGEST]


def _breaks(kept: _Kept, version: str) -> Iterator[str]:
    """What ends with a version, for people."""
    if kept.ring == "links":
        if version not in _over(kept):
            until = kept.noted("until", version) or clock.now()
            yield f"Links may be open that bear it, until {clock.text(until + LONGEST)}."
        if links.bearing(version, lambda: False):
            yield "Open links bear it: they could not be sent again, nor opened to their end."
        return
    from functions.tenants.certificates import certified_with

    issued = [token for tenant in _tenants() for token in tokens.derived_with(tenant, version)]
    if any(token.id == tokens.FIRST for token in issued):
        yield "The installation's first token: it works on, but `make token` could not show it again."
    lately = [token for token in issued if token.created_at > clock.now() - timedelta(days=1)]
    if lately:
        yield f"{len(lately)} tokens of the last day: they work on, but requests for them could not be repeated."
    certified = certified_with(version)
    if certified:
        yield f"Certificates of tenants that are gone could not be proven ours any more: {', '.join(certified)}."


def _tenants() -> list[str]:
    return [PROVIDER, *(stored.id for stored in TENANTS.all(PROVIDER))]


def _shown(kept: _Kept, breaks: list[str] | None = None) -> Rotated:
    added = kept.noted("added", kept.next) if kept.next is not None else None
    return Rotated(
        ring=kept.ring,
        current=kept.current,
        next=kept.next,
        next_from=clock.text(added + SPREAD) if added is not None else None,
        versions={
            version: {
                name.partition(" ")[0]: moment for name, moment in kept.notes.items() if name.endswith(f" {version}")
            }
            for version in sorted(kept.keys)
        },
        breaks=breaks or [],
    )


def _read(ring: Ring) -> _Kept:
    answer = aws.client("secretsmanager").get_secret_value(SecretId=settings.setting(RINGS[ring]))
    content = msgspec.json.decode(answer["SecretString"], type=dict[str, str])
    current = content.pop("current")
    content.setdefault(f"since {current}", clock.text(answer["CreatedDate"]))  # the first, as it was made
    return _Kept(
        ring=ring,
        read_as=answer["VersionId"],
        current=current,
        next=content.pop("next", None),
        keys={name: text for name, text in content.items() if len(name) == 1},
        notes={name: text for name, text in content.items() if len(name) > 1},
    )


def _write(kept: _Kept) -> None:
    """Raises Changed where somebody else has written since it was read: the version that follows another has one name,
    and Secrets Manager refuses it a second content."""
    content = {"current": kept.current, **({"next": kept.next} if kept.next else {}), **kept.keys, **kept.notes}
    client = aws.client("secretsmanager")
    try:
        client.put_secret_value(
            SecretId=settings.setting(RINGS[kept.ring]),
            SecretString=msgspec.json.encode(content).decode(),
            ClientRequestToken=hashlib.sha256(f"after {kept.read_as}".encode()).hexdigest(),
        )
    except client.exceptions.ResourceExistsException:
        raise Changed from None
    logger.info("keyring written", extra={"keyring": kept.ring, "current": kept.current, "next": kept.next})
