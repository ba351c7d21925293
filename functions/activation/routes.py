"""Activation links for operators: issue, list, revoke, reset, and show at the desk."""

from typing import Annotated

import msgspec

from functions.accounts.people import visible
from functions.activation import ending, links
from functions.activation import issue as issuing
from functions.activation.issue import NewLink
from functions.activation.links import ShownLink
from functions.common.errors import Changed, Conflict, NotFound, NotReady, TooMany
from functions.common.http import Answer, Call, operation
from functions.common.page import qr_svg
from functions.common.types import Moment

Slot = Annotated[str, msgspec.Meta(pattern=r"^[1-5]$(?!\n)", description="The device slot, 1 to 5")]


@operation(
    "Issue a new activation link and send it; it supersedes the slot's present one",
    body=NewLink,
    answers={201: ShownLink},
    problems=(NotFound, Conflict, NotReady, TooMany),
)
def issue(call: Call[NewLink, None]) -> Answer:
    link = issuing.issue(call.caller, call.path["account_id"], call.body, call.mark)
    return Answer(status=201, body=links.show(link))


@operation(
    "The account's activation links, newest first; never their addresses",
    answers={200: list[ShownLink]},
    problems=(NotFound,),
)
def list_links(call: Call[None, None]) -> Answer:
    account = visible(call.caller, call.path["account_id"])
    return Answer(body=[links.show(link) for link in links.for_account(account.tenant, account.id)])


@operation(
    "Revoke a link; a fetched one takes its device's credentials with it",
    answers={204: None},
    problems=(NotFound, Conflict),
)
def revoke(call: Call[None, None]) -> Answer:
    ending.revoke(call.caller, call.path["account_id"], call.path["link_id"])
    return Answer(status=204)


@operation(
    "Reset a device slot: its phone can register no more",
    answers={204: None},
    problems=(NotFound, Changed),
    path={"slot": Slot},
)
def reset_device(call: Call[None, None]) -> Answer:
    ending.reset_device(call.caller, call.path["account_id"], int(call.path["slot"]))
    return Answer(status=204)


class DeskCode(msgspec.Struct, frozen=True, kw_only=True):
    """A fresh link for a person who stands before the CSR: as a QR code to point the phone at, and as its address."""

    url: str
    svg: str
    expires_at: Moment


@operation(
    "Show a fresh 15-minute activation link as a QR code (audited)",
    answers={201: DeskCode},
    problems=(NotFound, Conflict, NotReady),
)
def show_qr(call: Call[None, None]) -> Answer:
    link = issuing.for_desk(call.caller, call.path["account_id"])
    url = links.address(link.tenant, link.account_id, link.id)
    shown = links.show(link)
    return Answer(status=201, body=DeskCode(url=url, svg=qr_svg(url, "Activation code"), expires_at=shown.expires_at))
