"""A tenant's imports, for a tenant that goes. Their files lie in the bucket under the tenant's own name."""

import msgspec

from functions.common.types import Id, Moment
from functions.imports.models import Found, Import, ImportFields, State, imports_key


class ArchivedImport(msgspec.Struct, frozen=True, kw_only=True):
    """One import, as it is written to an archive."""

    id: Id
    state: State
    fields: ImportFields
    found: Found | None
    counts: dict[str, int] | None
    asked_by: Id
    created_at: Moment


def archived(tenant: str) -> list[ArchivedImport]:
    return [
        ArchivedImport(
            id=item.id,
            state=item.state,  # type: ignore[arg-type]
            fields=item.fields,
            found=item.found,
            counts=item.counts,
            asked_by=item.caller.operator,
            created_at=item.created_at,
        )
        for item in Import.query(imports_key(tenant), consistent_read=True)
    ]


def erase(tenant: str) -> int:
    """Deletes their records. -> how many. Repeatable."""
    found = list(Import.query(imports_key(tenant), consistent_read=True))
    with Import.batch_write() as batch:
        for item in found:
            batch.delete(item)
    return len(found)
