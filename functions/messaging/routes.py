"""Messages, gateways and templates over HTTP."""

from functions.accounts.people import AccountNotEnabled, visible
from functions.common.errors import Changed, Conflict, NotFound, NotReady, TooMany
from functions.common.http import Answer, Call, operation
from functions.common.resource import Listing, operations, page_type
from functions.messaging import gateway_accounts, outbox, trial
from functions.messaging import preview as previews
from functions.messaging import send as sending
from functions.messaging.gateway_fields import Gateway, GatewayChange
from functions.messaging.gateway_types import NewGateway, ShownGateway, show
from functions.messaging.preview import Preview, PreviewRequest
from functions.messaging.send import NewMessage, NoLiveLink, OnItsWay
from functions.messaging.shown import MessageView
from functions.messaging.templates import TEMPLATES, TemplateExists, TemplateFields
from functions.messaging.trial import GatewayBroken, TrialRequest, TrialResult

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
    "Create a gateway: test it before messages can leave",
    body=NewGateway,
    answers={201: ShownGateway},
    problems=(Conflict,),
)
def create_gateway(call: Call[NewGateway, None]) -> Answer:
    stored = gateway_accounts.create(call.caller, call.body, call.mark)
    return _gateway(201, stored)


@operation("List the caller's own gateways", query=Listing, answers={200: page_type("Gateway", ShownGateway)})
def list_gateways(call: Call[None, Listing]) -> Answer:
    page = gateway_accounts.GATEWAYS.page(call.caller.tenant, call.query.cursor, call.query.limit)
    return Answer(body={"items": [show(stored) for stored in page.items], "cursor": page.cursor})


@operation("Read a gateway", answers={200: ShownGateway}, problems=(NotFound,))
def read_gateway(call: Call[None, None]) -> Answer:
    return _gateway(200, gateway_accounts.GATEWAYS.get(call.caller.tenant, call.path["gateway_id"]))


@operation(
    "Change a gateway: settings and secrets, where sent, as a whole",
    body=GatewayChange,
    answers={200: ShownGateway},
    problems=(NotFound, Changed),
)
def change_gateway(call: Call[GatewayChange, None]) -> Answer:
    return _gateway(200, gateway_accounts.change(call.caller, call.path["gateway_id"], call.body))


@operation("Delete a gateway", answers={204: None}, problems=(NotFound, Changed))
def delete_gateway(call: Call[None, None]) -> Answer:
    gateway_accounts.delete(call.caller, call.path["gateway_id"])
    return Answer(status=204)


@operation(
    "Send a test message through a gateway now",
    body=TrialRequest,
    answers={200: TrialResult},
    problems=(NotFound, GatewayBroken, TooMany),
)
def test_gateway(call: Call[TrialRequest, None]) -> Answer:
    return Answer(body=trial.test(call.caller, call.path["gateway_id"], call.body, call.mark))


@operation(
    "Render a template, or a draft of one, with given or sample values, and count its SMS parts",
    body=PreviewRequest,
    answers={200: Preview},
)
def preview_template(call: Call[PreviewRequest, None]) -> Answer:
    return Answer(body=previews.preview(call.caller.tenant, call.body))


def _gateway(status: int, stored: Gateway) -> Answer:
    location = {"Location": f"/v1/gateways/{stored.id}"} if status == 201 else {}
    return Answer(status=status, body=show(stored), headers={**location})
