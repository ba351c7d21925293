"""A SIP domain's subscriber table, as Kamailio and OpenSIPS keep one: for a SIP server that cannot ask.

It is everybody's digest secrets in one answer, so it has a permission of its own and each page is in the audit trail.
What it says is old from the moment it is made."""

from typing import Final

import msgspec

from functions.accounts.exported import Exported, subscribers_of
from functions.common import audit
from functions.common.http import Answer, Call, operation
from functions.common.resource import Cursor
from functions.common.transaction import commit
from functions.registrar.directory import Word, serves

AT_ONCE: Final = 50  # accounts of a page
# Kamailio's table, with OpenSIPS' further column. `password` is empty, and `ha1b`, which needs the password.
COLUMNS: Final = ("username", "domain", "password", "ha1", "ha1b", "ha1_sha256", "number", "epoch", "expires_at")


class Export(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which SIP domain, and which page."""

    realm: Word
    cursor: Cursor | None = None


@operation(
    "A page of a SIP domain's subscriber table; the header Link leads to the next one",
    query=Export,
    answers={200: None},
    produces="text/csv",
)
def subscribers(call: Call[None, Export]) -> Answer:
    serves(call.caller, call.query.realm)
    rows, cursor = subscribers_of(call.caller.tenant, call.query.realm, call.query.cursor, AT_ONCE)
    lines = [",".join(COLUMNS), *(_line(row) for row in rows)]
    commit([audit.entry(call.caller, "subscribers.export", f"domain/{call.query.realm}", after={"users": len(rows)})])
    following = f'</registrar/subscribers?realm={call.query.realm}&cursor={cursor}>; rel="next"'
    headers: dict[str, str | list[str]] = {"Link": following} if cursor is not None else {}
    return Answer(text="\r\n".join(lines) + "\r\n", content_type="text/csv; charset=utf-8", headers=headers)


def _line(row: Exported) -> str:
    expires = row.expires_at.isoformat() if row.expires_at is not None else ""
    values = (row.username, row.domain, "", row.ha1_md5, "", row.ha1_sha256, row.number, str(row.epoch), expires)
    return ",".join(values)  # letters, digits and marks that CSV does not know
