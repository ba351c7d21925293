"""The inbox of a tenant on trial: what people would have got, rendered when it is looked at. Nothing of it is kept."""

import msgspec

from functions.common import audit
from functions.common.errors import Conflict, NotFound, NotReady
from functions.common.http import Answer, Call, operation
from functions.common.transaction import commit
from functions.messaging import send
from functions.messaging.prepare import Pointless, prepare
from functions.messaging.state import State


class KeptText(msgspec.Struct, frozen=True, kw_only=True):
    """A message as its person would have got it, links included."""

    to: str
    subject: str
    text: str
    html: str | None


class NotKept(Conflict):
    code = "not_kept"
    message = "Only a trial tenant's messages that were kept back can be read. This one was not."


@operation(
    "Read what a message of a tenant on trial would have said; it was sent to nobody",
    answers={200: KeptText},
    problems=(NotFound, NotKept, NotReady),
)
def text(call: Call[None, None]) -> Answer:
    message = send.visible_message(call.caller, call.path["message_id"])
    if message.state != State.kept.value:
        raise NotKept
    try:
        prepared = prepare(message)
    except Pointless as pointless:
        raise NotKept(pointless.reason) from None
    commit([audit.entry(call.caller, "message.read_kept", f"message/{call.path['message_id']}")])
    return Answer(
        body=KeptText(to=prepared.to, subject=prepared.subject, text=prepared.text, html=prepared.html),
        headers={"Cache-Control": "no-store"},
    )
