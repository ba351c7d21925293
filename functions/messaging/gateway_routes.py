"""Gateways over HTTP."""

import msgspec

from functions.common.errors import Changed, Conflict, NotFound, NotReady, TooMany
from functions.common.http import Answer, Call, operation
from functions.common.resource import Listing, page_type
from functions.messaging import gateway_accounts, gateway_trial, health
from functions.messaging.gateway_fields import Gateway, GatewayChange
from functions.messaging.gateway_trial import GatewayBroken, TrialRequest, TrialResult
from functions.messaging.gateway_types import NewGateway, ShownGateway, show
from functions.messaging.health import Standing


class ReceiptAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a provider reports."""

    url: str


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
    standings = health.of_all(call.caller.tenant)
    return Answer(
        body={
            "items": [show(stored, standings.get(stored.id, Standing())) for stored in page.items],
            "cursor": page.cursor,
        }
    )


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
    return Answer(body=gateway_trial.test(call.caller, call.path["gateway_id"], call.body, call.mark))


@operation(
    "Show the address at which a gateway's provider is to report, for its portal: whoever has it can report",
    answers={200: ReceiptAddress},
    problems=(NotFound, NotReady),
)
def receipt_address(call: Call[None, None]) -> Answer:
    return Answer(body=ReceiptAddress(url=gateway_accounts.receipt_address(call.caller, call.path["gateway_id"])))


def _gateway(status: int, stored: Gateway) -> Answer:
    location = {"Location": f"/v1/gateways/{stored.id}"} if status == 201 else {}
    return Answer(status=status, body=show(stored, health.of(stored)), headers={**location})
