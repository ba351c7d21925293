"""Messages and templates over HTTP."""

from functions.accounts.people import AccountNotEnabled, visible
from functions.common.errors import NotFound, NotReady, TooMany
from functions.common.http import Answer, Call, operation
from functions.common.resource import operations, page_type
from functions.messaging import outbox
from functions.messaging import preview as previews
from functions.messaging import send as sending
from functions.messaging.preview import Preview, PreviewRequest
from functions.messaging.send import NewMessage, NoLiveLink, OnItsWay
from functions.messaging.shown import MessageView
from functions.messaging.templates import TEMPLATES, TemplateExists, TemplateFields

templates = operations(TEMPLATES, TemplateFields, "Template", problems=(TemplateExists,))


@operation(
    "The account's messages, newest first, all on one page",
    answers={200: page_type("Message", MessageView)},
    problems=(NotFound,),
)
def list_messages(call: Call[None, None]) -> Answer:
    account = visible(call.caller, call.path["account_id"])
    return Answer(body={"items": outbox.for_account(account.tenant, account.id), "cursor": None})


@operation(
    "Send the account's present link once more",
    body=NewMessage,
    answers={201: MessageView},
    problems=(NotFound, AccountNotEnabled, NoLiveLink, NotReady, TooMany),
)
def send(call: Call[NewMessage, None]) -> Answer:
    made = sending.send(call.caller, call.path["account_id"], call.body, call.mark)
    return Answer(status=201, body=made, headers={"Location": f"/v1/messages/{made.id}"})


@operation("Read a message", answers={200: MessageView}, problems=(NotFound,))
def read_message(call: Call[None, None]) -> Answer:
    return Answer(body=sending.read(call.caller, call.path["message_id"]))


@operation("Cancel a message that still waits", answers={200: MessageView}, problems=(NotFound, OnItsWay))
def cancel(call: Call[None, None]) -> Answer:
    return Answer(body=sending.cancel(call.caller, call.path["message_id"]))


@operation(
    "Render a template, or a draft of one, with given or sample values, and count its SMS parts",
    body=PreviewRequest,
    answers={200: Preview},
)
def preview_template(call: Call[PreviewRequest, None]) -> Answer:
    return Answer(body=previews.preview(call.caller, call.body))
