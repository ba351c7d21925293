"""The certificate of an off-boarding: what was archived and what is gone, under our own seal.

The seal is derived from the certificate's SHA-256 with the operators' keyring: who holds a copy may ask us whether it
is ours, and nobody else can make one."""

import hashlib
import hmac
from collections.abc import Iterator
from typing import Final

import msgspec

from functions.common import clock, keyring
from functions.common.errors import Changed
from functions.common.table import update
from functions.common.types import Id, Moment, Name
from functions.tenants.models import OffBoarding as OffBoarding  # what this module gives has this type
from functions.tenants.models import off_boarding_key

RING: Final = "SECRET_OPERATORS"
PURPOSE: Final = "certificate"
MOST_NAMED: Final = 2000  # parts; an item holds no more, and the list of the parts is a part, too


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a tenant. `archived` counts things by kind; `parts` gives the SHA-256 of each file of the archive,
    where there are so many that they are not named here, that of `parts.jsonl` alone, which names them all."""

    tenant_id: Id
    tenant_name: Name
    operator_id: Id  # who asked for it
    asked_at: Moment
    archived_at: Moment
    deleted_at: Moment
    certified_at: Moment
    archived: dict[str, int]
    parts: dict[str, str]
    statement: list[str]


STATEMENT: Final = (
    "All that this installation kept of the tenant was written to the archive named here, and then deleted.",
    "Accounts went with their numbers, usernames, devices, digest secrets, links, messages and histories.",
    "Groups, profiles, templates, downloads, packages and their files, imports, hostnames and SIP domains went, too.",
    "So did gateways with their secrets, the operators' tokens, and at the end the audit trail.",
    "The tenant's data key was destroyed: nobody can open what was sealed with it.",
    "Not copied to the archive: passwords, digest secrets, secrets of gateways, the files of packages.",
    "Look-up hashes of links end by themselves within 120 days, of phones' addresses for changes within two years.",
    "Counters and idempotency records end within 40 days, logs within 30; all of these hold ids and hashes alone.",
    "Records of long work hold the names of the operators who asked for it, for 90 days.",
    "Back-ups of the tables end after 35 days, the archive itself after 7.",
)


def awaited() -> Iterator[OffBoarding]:
    """The off-boardings of tenants of whom the audit trail alone is left: their certificate comes when that is gone."""
    yield from OffBoarding.query(off_boarding_key(), filter_condition=OffBoarding.state == "ending")


def certify(off: OffBoarding) -> None:
    """Nothing is left of the tenant: its certificate is made, and the off-boarding is done. Raises Changed when it was
    done at this moment."""
    from functions.tenants import archive  # which knows every capability's things: seldom needed

    now, found = clock.now(), archive.parts(off.sk)
    assert off.archived_at is not None
    assert off.deleted_at is not None
    named = found if len(found) <= MOST_NAMED else [part for part in found if part.kind == archive.PARTS]
    certificate = Certificate(
        tenant_id=off.sk,
        tenant_name=off.name,
        operator_id=off.asked_by,
        asked_at=off.asked_at,
        archived_at=off.archived_at,
        deleted_at=off.deleted_at,
        certified_at=now,
        archived=archive.counts(found),
        parts={part.sk: part.sha256 for part in named},
        statement=list(STATEMENT),
    )
    text = msgspec.json.encode(certificate, order="deterministic").decode()
    actions = [
        OffBoarding.state.set("done"),
        OffBoarding.done_at.set(now),
        OffBoarding.certificate.set(text),
        OffBoarding.seal.set(seal(off.sk, text).text),
    ]
    update(off, actions, OffBoarding.state == "ending", Changed())


def seal(tenant: str, text: str) -> keyring.Derived:
    """The seal of a certificate, as text."""
    return keyring.token(RING, PURPOSE, tenant, _digest(text))


def genuine(tenant: str, text: str, sealed: str) -> bool:
    """Whether the seal is ours, and of this very text."""
    try:
        expected = keyring.token(RING, PURPOSE, tenant, _digest(text), version=sealed[:1]).text
    except KeyError:  # a key that was retired with force
        return False
    return hmac.compare_digest(expected, sealed)


def certified_with(version: str) -> list[str]:
    """The tenants whose certificate was sealed with this version of the keyring."""
    sealed = OffBoarding.seal.startswith(version)
    return [found.sk for found in OffBoarding.query(off_boarding_key(), filter_condition=sealed)]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
