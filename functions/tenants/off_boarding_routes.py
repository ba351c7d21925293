"""The off-boarding of tenants over HTTP."""

from functions.common.errors import Changed, NotFound
from functions.common.http import Answer, Call, operation
from functions.tenants import off_boarding as going
from functions.tenants.off_boarding import Confirmation, PartListing, ShownOffBoarding


@operation(
    "Off-board a tenant: it is closed at once, archived, and deleted for good. Repeated, it goes on after a failure",
    body=Confirmation,
    answers={202: ShownOffBoarding},
    problems=(NotFound, Changed),
)
def off_board(call: Call[Confirmation, None]) -> Answer:
    return Answer(status=202, body=going.request(call.caller, call.path["tenant_id"], call.body))


@operation(
    "How far an off-boarding is, its archive, and at the end its certificate: for ever",
    query=PartListing,
    answers={200: ShownOffBoarding},
    problems=(NotFound,),
)
def off_boarding(call: Call[None, PartListing]) -> Answer:
    return Answer(body=going.show(call.path["tenant_id"], call.query.cursor))
