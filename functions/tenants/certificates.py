"""The certificate of an off-boarding: what was archived and what is gone, under our own seal.

The seal is derived from the certificate's SHA-256 with the operators' keyring: who holds a copy may ask us whether it is
ours, and nobody else can make one."""

import hashlib
import hmac
from typing import Final

import msgspec

from functions.common import keyring
from functions.common.types import Id, Moment, Name
from functions.tenants.models import OffBoarding, off_boarding_key

RING: Final = "SECRET_OPERATORS"
PURPOSE: Final = "certificate"
MOST_NAMED: Final = 2000  # parts; an item holds no more, and the list of the parts is a part, too


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a tenant. `archived` counts things by kind; `parts` gives the SHA-256 of each file of the archive,
    where there are so many that they are not named here, that of `parts.jsonl` alone, which names them all."""

    tenant_id: Id
    tenant_name: Name
    asked_by: Id  # the operator's token
    asked_at: Moment
    archived_at: Moment
    deleted_at: Moment
    certified_at: Moment
    archived: dict[str, int]
    parts: dict[str, str]
    statement: list[str]


STATEMENT: Final = (
    "Everything that this installation kept of the tenant was written to the archive named here, and then deleted: "
    "accounts with numbers, devices and digest secrets, groups, profiles, gateways with their secrets, templates, "
    "downloads, packages with their files, hostnames, SIP domains, links, messages, histories, imports, tokens, and the "
    "audit trail.",
    "The tenant's data key was destroyed: what was sealed under it can be opened by nobody, in back-ups neither once "
    "these have ended.",
    "Not copied to the archive: passwords, digest secrets, secrets of gateways, files of packages.",
    "Ends by itself, and holds ids or hashes alone: look-up hashes of links (within 120 days), of phones' addresses for "
    "later changes (within two years), counters and idempotency records (within 40 days), logs (30 days); records of "
    "long work, with the names of the operators who asked for it (90 days).",
    "Back-ups of the tables end after 35 days, the archive itself after 7.",
)


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


def text_of(certificate: Certificate) -> str:
    return msgspec.json.encode(certificate, order="deterministic").decode()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
