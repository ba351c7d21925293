"""Activation links for operators: issue, list, revoke, reset, and show at the desk."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec

from functions.accounts.people import visible
from functions.activation import desk, ending, links
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
    """A QR code to show to a person who stands before the CSR. `url` is the link it holds; null where it holds the
    configuration itself."""

    url: str | None
    svg: str
    expires_at: Moment


@operation(
    "Show a fresh 15-minute activation link as a QR code (audited)",
    body=desk.AtDesk,
    answers={201: DeskCode},
    problems=(NotFound, Conflict, NotReady),
)
def show_qr(call: Call[desk.AtDesk, None]) -> Answer:
    code = desk.show(call.caller, call.path["account_id"], call.body, call.mark)
    expires_at = links.show(code.link).expires_at
    return Answer(
        status=201, body=DeskCode(url=code.url, svg=qr_svg(code.text, "Activation code"), expires_at=expires_at)
    )


class SpokenLink(msgspec.Struct, frozen=True, kw_only=True):
    """What to read out to a person whom no message reaches: the code, and the address where it is typed."""

    code: Annotated[str, msgspec.Meta(examples=["BCDF-GHJK"])]
    url: str
    expires_at: Moment


@operation(
    "Make a code to read out, which the person types at /go (audited); the link behind it lives 15 minutes",
    body=issuing.Slot,
    answers={201: SpokenLink},
    problems=(NotFound, Conflict, NotReady),
)
def speak(call: Call[issuing.Slot, None]) -> Answer:
    from functions.activation import spoken

    made = spoken.code_for(call.caller, call.path["account_id"], call.body, call.mark)
    expires_at = links.show(made.link).expires_at
    return Answer(status=201, body=SpokenLink(code=made.code, url=made.url, expires_at=expires_at))


class ReadOut(msgspec.Struct, frozen=True, kw_only=True):
    """The six digits to read out to the person who stands at the link's page."""

    code: Annotated[str, msgspec.Meta(examples=["123456"])]
    expires_at: Moment


@operation(
    "Make a fresh code for a link that needs one, to read it out (audited)",
    answers={201: ReadOut},
    problems=(NotFound, Conflict, TooMany),
)
def read_out_code(call: Call[None, None]) -> Answer:
    from functions.activation import codes

    code = codes.read_out(call.caller, call.path["account_id"], call.path["link_id"])
    return Answer(status=201, body=ReadOut(code=code.digits, expires_at=datetime.fromtimestamp(code.until, UTC)))


@operation(
    "Let a link take codes again that wrong ones have locked", answers={200: ShownLink}, problems=(NotFound, Conflict)
)
def unlock(call: Call[None, None]) -> Answer:
    from functions.activation import codes

    return Answer(body=links.show(codes.unlock(call.caller, call.path["account_id"], call.path["link_id"])))
