"""The archive of a tenant that goes: files in the bucket of transfers, each with its SHA-256, for a week.

    {tenant}/off-boarding/{id}/configuration.jsonl     what was set, and the operators' tokens, without secrets
    {tenant}/off-boarding/{id}/accounts-00001.csv      those that are enabled, as an import takes them
    {tenant}/off-boarding/{id}/accounts-00001.jsonl    with all fields, devices, and the installation link's visits
    {tenant}/off-boarding/{id}/history-00001.jsonl     links-, messages-: each line names its account
    {tenant}/off-boarding/{id}/audit-00001.jsonl
    {tenant}/off-boarding/{id}/parts.jsonl             the others, with their sums

A part that is written again has the same name and takes the place of the first."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

import msgspec

from functions.accounts import devices, history, many, removal
from functions.accounts.groups import GROUPS
from functions.accounts.people import Account, show, standing
from functions.activation import links
from functions.common import audit, aws, clock, paging, settings
from functions.common.records import Collection
from functions.common.table import key
from functions.imports import exporting
from functions.imports.leaving import archived as imports
from functions.imports.writing import encode
from functions.installation.downloads import DOWNLOADS
from functions.installation.links import clicked
from functions.installation.packages import PACKAGES
from functions.messaging import outbox
from functions.messaging.gateway_accounts import GATEWAYS
from functions.messaging.templates import TEMPLATES
from functions.operators import tokens
from functions.provisioning.profiles import PROFILES
from functions.tenants import tenants
from functions.tenants.domains import DOMAINS
from functions.tenants.hostnames import HOSTNAMES
from functions.tenants.models import ArchivePart, archive_key

PEOPLE: Final = 500  # accounts of a part
ENTRIES: Final = 5000  # of the audit trail in a part
RENEWED: Final = 50  # accounts after which the lease is renewed
PARTS: Final = "parts"  # the kind of the list of all others
CSV: Final = "csv"  # the kind of files that say what another says, too
COLLECTIONS: Final[Sequence[Collection[Any]]] = (
    GROUPS,
    PROFILES,
    GATEWAYS,
    TEMPLATES,
    DOWNLOADS,
    PACKAGES,
    HOSTNAMES,
    DOMAINS,
)


class Place(NamedTuple):
    """Whose archive, and which."""

    tenant: str
    id: str

    @property
    def folder(self) -> str:
        return f"{self.tenant}/off-boarding/{self.id}/"


def configuration(place: Place) -> None:
    """What was set for the tenant."""
    stored = tenants.get(place.tenant)
    lines: list[object] = [{"kind": "tenant", "id": stored.id, **_record(stored)}]
    for collection in COLLECTIONS:
        for each in collection.all(place.tenant):
            lines.append({"kind": collection.name, "id": each.id, **_record(each)})
    lines += [{"kind": "token", "token": token} for token in tokens.all_of(place.tenant)]
    lines += [{"kind": "import", "import": each} for each in imports(place.tenant)]
    _put(place, "configuration", "configuration", lines)


def people(place: Place, cursor: str | None, part: int, renew: Callable[[], None]) -> str | None:
    """A part of the accounts, in the order of their names. -> where the next begins."""
    page = many.page(place.tenant, None, cursor, PEOPLE)
    now = many.by_id(place.tenant, [each.id for each in page.items])
    found = [now[each.id] for each in page.items if each.id in now]
    accounts = [each for each in found if each.standing != removal.DELETED]
    name = f"{part:05}"
    _put_csv(place, f"accounts-{name}", accounts)
    _put(place, "accounts", f"accounts-{name}", map(_account, accounts))
    traces(place, name, [account.id for account in accounts], renew)
    return page.cursor


def traces(place: Place, name: str, account_ids: Sequence[str], renew: Callable[[], None]) -> None:
    """A part of the histories, links and messages."""
    kinds: dict[str, list[object]] = {"history": [], "links": [], "messages": []}
    for number, account_id in enumerate(account_ids, 1):
        for entry in history.everything(place.tenant, account_id):
            kinds["history"].append({"account_id": account_id, **msgspec.structs.asdict(entry)})
        for link in links.for_account(place.tenant, account_id):
            kinds["links"].append({"account_id": account_id, **msgspec.structs.asdict(links.show(link))})
        kinds["messages"] += outbox.for_account(place.tenant, account_id)
        if number % RENEWED == 0:
            renew()
    for kind, lines in kinds.items():
        _put(place, kind, f"{kind}-{name}", lines)


def trail(place: Place, cursor: str | None, part: int, founded: date) -> str | None:
    """A part of the audit trail. -> where the next begins."""
    day, within = _position(cursor, founded)
    lines: list[object] = []
    while day <= clock.now().date() and len(lines) < ENTRIES:
        page = audit.page(place.tenant, day.isoformat(), within, paging.MAX_LIMIT)
        lines += [_entry(entry) for entry in page.items]
        day, within = (day, page.cursor) if page.cursor is not None else (day + timedelta(days=1), None)
    _put(place, "audit", f"audit-{part:05}", lines)
    return _cursor(day, within) if day <= clock.now().date() else None


def deleted(tenant: str, cursor: str | None, founded: date) -> tuple[list[str], str | None]:
    """The ids of accounts that were deleted, by the audit trail, a part of them, and where the next begins."""
    day, within = _position(cursor, founded)
    found: list[str] = []
    gone = audit.Entry.action == "account.delete"
    while day <= clock.now().date() and len(found) < PEOPLE:
        page = paging.query(audit.Entry, key(tenant, day.isoformat()), cursor=within, limit=PEOPLE, only=gone)
        found += [entry.target.removeprefix("account/") for entry in page.items]
        day, within = (day, page.cursor) if page.cursor is not None else (day + timedelta(days=1), None)
    return found, _cursor(day, within) if day <= clock.now().date() else None


def manifest(place: Place) -> None:
    """The list of all parts."""
    _put(place, PARTS, PARTS, ({"name": each.sk, **_part(each)} for each in parts(place.tenant) if each.kind != PARTS))


def parts(tenant: str) -> list[ArchivePart]:
    """In order of their names."""
    return list(ArchivePart.query(archive_key(tenant), consistent_read=True))


def counts(found: Iterable[ArchivePart]) -> dict[str, int]:
    """How many things of each kind are in an archive."""
    sums: dict[str, int] = {}
    for part in found:
        if part.kind not in (CSV, PARTS):
            sums[part.kind] = sums.get(part.kind, 0) + int(part.lines)
    return sums


def _account(account: Account) -> Mapping[str, object]:
    click = clicked(account.tenant, account.id)
    return {
        **msgspec.structs.asdict(show(account)),
        "mobile_country": account.mobile_country,
        "devices": devices.show(account),
        "installation_opened": sorted(click.seen or ()) if click is not None else [],
        "installation_opened_at": click.at if click is not None else None,
    }


def _put_csv(place: Place, name: str, accounts: Sequence[Account]) -> None:
    """Those that are enabled: imported, they would be."""
    names = exporting.Names(place.tenant)
    rows = [exporting.cells(account, names) for account in accounts if standing(account) == "enabled"]
    if rows:
        content = b"".join(encode([exporting.NAMES, *rows], spreadsheet_safe=True))
        _put_part(place, CSV, f"{name}.csv", content, len(rows), "text/csv")


def _put(place: Place, kind: str, name: str, lines: Iterable[object]) -> None:
    """Lines of JSON; no file without a line."""
    encoder, content, number = msgspec.json.Encoder(), bytearray(), 0
    for line in lines:
        content += encoder.encode(line) + b"\n"
        number += 1
    if number:
        _put_part(place, kind, f"{name}.jsonl", bytes(content), number, "application/x-ndjson")


def _put_part(place: Place, kind: str, name: str, content: bytes, lines: int, type_: str) -> None:
    """The file first: what is listed is there."""
    bucket = settings.setting("BUCKET_TRANSFERS")
    aws.files().put_object(Bucket=bucket, Key=place.folder + name, Body=content, ContentType=type_)
    sha256 = hashlib.sha256(content).hexdigest()
    size = len(content)
    ArchivePart(pk=archive_key(place.tenant), sk=name, kind=kind, lines=lines, size=size, sha256=sha256).save()


def _part(part: ArchivePart) -> Mapping[str, object]:
    return {"kind": part.kind, "lines": int(part.lines), "bytes": int(part.size), "sha256": part.sha256}


def _record(stored: Any) -> Mapping[str, object]:
    return {"fields": stored.fields, "created_at": stored.created_at, "changed_at": stored.changed_at}


def _entry(entry: audit.Entry) -> Mapping[str, object]:
    names = ("at", "operator", "operator_name", "role", "action", "target", "address", "before", "after")
    return {name: getattr(entry, name) for name in names}


def _position(cursor: str | None, founded: date) -> tuple[date, str | None]:
    if cursor is None:
        return founded, None
    day, within = msgspec.json.decode(cursor, type=tuple[date, str | None])
    return day, within


def _cursor(day: date, within: str | None) -> str:
    return msgspec.json.encode((day, within)).decode()
