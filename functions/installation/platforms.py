"""Which package fits: the rule alone, without I/O."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple, get_args

import msgspec

from functions.common.agents import Platform, Version
from functions.common.caller import PROVIDER

PLATFORMS: Final[tuple[Platform, ...]] = get_args(Platform)


class Need(NamedTuple):
    """What an account's package must be for."""

    group_id: str
    client: str
    security_model: str


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A download: a package at a `url`, or one that we keep. None fits every need."""

    id: str
    owner: str  # the tenant, or the provider; the package is the same one's
    platform: Platform
    url: str | None
    package_id: str | None
    minimum_os: str | None
    security_model: str | None
    client: str | None
    group_id: str | None
    changed_at: datetime


def offers(found: Iterable[Offer], need: Need) -> list[Offer]:
    """Those that fit, the most specific first.

    In this order: the tenant's own; for the group; for the client; for the security model; for the newest system; the
    one changed last."""
    return sorted((offer for offer in found if _fits(offer, need)), key=_rank, reverse=True)


def choose(fitting: Sequence[Offer], platform: Platform, version: Version | None) -> Offer | None:
    """The first of `offers` for this platform that runs on this version; an unknown version is taken to be recent."""
    return next((o for o in fitting if o.platform == platform and runs_on(o.minimum_os, version)), None)


def needed(fitting: Sequence[Offer], platform: Platform) -> str | None:
    """The oldest version for which there is a package; None when any will do, or none is enough."""
    minimums = [offer.minimum_os or "0" for offer in fitting if offer.platform == platform]
    oldest = min(minimums, key=_version, default="0")
    return oldest if oldest != "0" else None


def runs_on(minimum: str | None, version: Version | None) -> bool:
    """Whether a package that needs `minimum` ("8.0") runs on a version; 8 is 8.0.0."""
    if minimum is None or version is None:
        return True
    return _padded(version) >= _version(minimum)


def _fits(offer: Offer, need: Need) -> bool:
    return (
        offer.group_id in (None, need.group_id)
        and offer.client in (None, need.client)
        and offer.security_model in (None, need.security_model)
    )


def _rank(offer: Offer) -> tuple[object, ...]:
    return (
        offer.owner != PROVIDER,
        offer.group_id is not None,
        offer.client is not None,
        offer.security_model is not None,
        _version(offer.minimum_os or "0"),
        offer.changed_at,
    )


def _version(text: str) -> Version:
    return _padded(tuple(int(part) for part in text.split(".")))


def _padded(version: Version) -> Version:
    return (*version, 0, 0, 0, 0)[:4]
