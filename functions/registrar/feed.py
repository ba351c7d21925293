"""What every SIP server can ask and tell, whatever its dialect: every few seconds, whose credentials and registrations
have ended; and who has registered."""

from typing import Annotated

import msgspec

from functions.common.errors import NotFound
from functions.common.http import Answer, Call, operation
from functions.registrar import changes as entries
from functions.registrar.changes import Change
from functions.registrar.directory import PLAIN, Word, serves
from functions.registrar.kamailio import Event, event

Place = Annotated[str, msgspec.Meta(max_length=64, description="The cursor of the answer before; omitted at the start")]


class Since(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which SIP domain, and where the answer before ended."""

    realm: Word
    since: Place | None = None


@operation(
    "`CURSOR STATE`, then a line `ID USERNAME EPOCH NUMBER UNTIL` for each change since the cursor",
    query=Since,
    answers={200: None},
    produces="text/plain",
)
def changes(call: Call[None, Since]) -> Answer:
    serves(call.caller, call.query.realm)
    heard = entries.since(call.caller.tenant, call.query.realm, call.query.since or None)
    lines = [f"{heard.cursor} {heard.state}", *map(_line, heard.changes)]
    return Answer(text="\n".join(lines) + "\n", content_type=PLAIN)


@operation(
    "Tell of a registration, its end, or a failed authentication, at any SIP server",
    body=Event,
    answers={204: None},
    problems=(NotFound,),
)
def tell(call: Call[Event, None]) -> Answer:
    return event(call)


def _line(change: Change) -> str:
    epoch = int(change.epoch) if change.epoch is not None else "-"
    until = int(change.until.timestamp()) if change.until is not None else "-"
    return f"{change.sk} {change.username} {epoch} {change.number} {until}"
