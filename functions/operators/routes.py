"""Tokens and the audit trail over HTTP."""

from datetime import date
from typing import Annotated

import msgspec

from functions.common import audit, clock, paging
from functions.common.errors import Conflict, Forbidden, NotFound
from functions.common.http import Answer, Call, operation
from functions.common.resource import Cursor, Limit, Listing, page_type
from functions.common.types import Id, Moment
from functions.operators import tokens
from functions.operators.tokens import IssuedToken, NewToken, ShownToken


@operation(
    "Issue a token: the answer is the only one that shows it",
    body=NewToken,
    answers={201: IssuedToken},
    problems=(Conflict, Forbidden, NotFound),
)
def issue_token(call: Call[NewToken, None]) -> Answer:
    return Answer(status=201, body=tokens.issue(call.caller, call.body, call.mark))


@operation("List the tokens, without their secrets", query=Listing, answers={200: page_type("Token", ShownToken)})
def list_tokens(call: Call[None, Listing]) -> Answer:
    page = tokens.page(call.caller, call.query.cursor, call.query.limit)
    return Answer(body={"items": page.items, "cursor": page.cursor})


@operation("Revoke a token at once", answers={204: None}, problems=(NotFound,))
def revoke_token(call: Call[None, None]) -> Answer:
    tokens.revoke(call.caller, call.path["token_id"])
    return Answer(status=204)


class AuditListing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which day's entries (UTC; today when omitted), and which page of them."""

    day: Annotated[date, msgspec.Meta(description="YYYY-MM-DD, UTC")] | msgspec.UnsetType = msgspec.UNSET
    cursor: Cursor | None = None
    limit: Limit = paging.DEFAULT_LIMIT


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing an operator did. Personal values are named, not shown."""

    at: Moment
    operator_id: Id
    operator_name: str
    role: str
    action: str
    target: str
    address: str
    before: dict[str, object] | None
    after: dict[str, object] | None


@operation("What operators did on one day", query=AuditListing, answers={200: page_type("AuditEntry", AuditEntry)})
def list_audit(call: Call[None, AuditListing]) -> Answer:
    day = (call.query.day if call.query.day is not msgspec.UNSET else clock.now().date()).isoformat()
    page = audit.page(call.caller.tenant, day, call.query.cursor, call.query.limit)
    return Answer(body={"items": [_shown(entry) for entry in page.items], "cursor": page.cursor})


def _shown(entry: audit.Entry) -> AuditEntry:
    return AuditEntry(
        at=entry.at,
        operator_id=entry.operator,
        operator_name=entry.operator_name,
        role=entry.role,
        action=entry.action,
        target=entry.target,
        address=entry.address,
        before=entry.before,
        after=entry.after,
    )
