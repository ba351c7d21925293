"""What was left behind when something was cut short, once a day.

Looked for, because nothing else ends it:
- packages that were announced and never completed: record and bytes, a day after. Their upload address is good for
  15 minutes;
- bytes in the packages' bucket that no package has: its deletion stopped between record and bytes, or an upload came
  after it;
- secrets of gateways that no gateway has: its creation stopped before its record, or its deletion after it.

What ends by itself, and how:
- provisioning files: deleted when their link ends, once more 15 minutes later, again each 5 minutes until that works
  (`activation.tidy`), and by the bucket's own rule within a day, which also ends signed profiles for iPhones;
- uploads, rows and exports: by their bucket's rule within a week; stuck imports: `jobs.work.sweep`;
- delivery reports whose message nobody knows: parked ten times, then dropped and counted (`ReceiptDropped`);
- claims' nonces, tickets, look-up hashes, counters, idempotency records: by their `ttl`.

What cannot be, because both are written in one transaction: a number or an external id held by no account, a slot
without its account (slots outlive accounts on purpose: no username is given out twice), a default that is no profile, a
name that is claimed by no domain or hostname, a token without its `Presented`, a receipt address without its
gateway."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from functions.common import clock
from functions.common.errors import Changed, Conflict, NotFound
from functions.common.observability import count, logger
from functions.common.records import Stored
from functions.installation import storage
from functions.installation.packages import PACKAGES, PackageFields
from functions.messaging import gateway_secrets
from functions.messaging.gateway_accounts import GATEWAYS
from functions.upkeep.report import Report
from functions.upkeep.rounds import system, tenants, through

AGE: Final = timedelta(days=1)  # of what is taken for left behind; a request lasts for seconds

UNFINISHED: Final = "package.unfinished"
BYTES: Final = "package.bytes"
SECRET: Final = "gateway.secret"  # noqa: S105 - what is counted

Found = Iterator[tuple[str, str, Callable[[], None]]]
"""What is left behind: its kind, its name, and what removes it."""


def run(report: Report, enough: Callable[[], bool], *, dry_run: bool) -> None:
    """Removes what is left behind."""
    rounds: tuple[tuple[str, Callable[[str], Iterable[str]], Callable[[str], Found]], ...] = (
        ("packages", tenants, _unfinished),
        ("package-bytes", _objects, _bytes),
        ("gateway-secrets", _secrets, _secret),
    )
    for name, things, look in rounds:
        for thing in through(name, things, report, enough, dry_run=dry_run):
            try:
                _remove(look(thing), report, dry_run=dry_run)
            except Exception:  # one must not keep upkeep from the others
                logger.exception("orphan not removed", extra={"round": name, "thing": thing})
                count("NotRetained")


def _remove(found: Found, report: Report, *, dry_run: bool) -> None:
    for kind, name, remove in found:
        if not dry_run:
            remove()
            logger.info("orphan removed", extra={"kind": kind, "name_": name})
        report.add(kind, name)


def _unfinished(tenant: str) -> Found:
    for stored in PACKAGES.all(tenant):
        if stored.fields.state == "awaited" and _old(stored.created_at):
            yield UNFINISHED, f"{tenant}/{stored.id}", _removal(stored)


def _removal(stored: Stored[PackageFields]) -> Callable[[], None]:
    def remove() -> None:
        with suppress(NotFound, Changed, Conflict):  # somebody has deleted, or completed, it at this moment
            PACKAGES.delete(system(stored.tenant), stored.id, _awaited)
            storage.remove(stored.tenant, stored.id)

    return remove


def _awaited(stored: Stored[PackageFields]) -> None:
    if stored.fields.state != "awaited":
        raise Conflict


def _objects(after: str) -> Iterable[str]:
    return (name for name, at in storage.every(after) if _old(at))


def _bytes(name: str) -> Found:
    tenant, _, package_id = name.partition("/")
    if PACKAGES.find(tenant, package_id) is None:
        yield BYTES, name, lambda: storage.remove(tenant, package_id)


def _secrets(after: str) -> Iterable[str]:
    return sorted(name for name, at in gateway_secrets.every() if name > after and _old(at))


def _secret(name: str) -> Found:
    tenant, _, gateway_id = name.partition("/")
    if GATEWAYS.find(tenant, gateway_id) is None:
        yield SECRET, name, lambda: gateway_secrets.destroy(tenant, gateway_id)


def _old(at: datetime) -> bool:
    return at < clock.now() - AGE
