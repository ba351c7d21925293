"""What a Kamailio asks for each digest and number, and what it tells us of its registrations."""

from typing import Annotated, Literal

import msgspec

from functions.accounts import devices
from functions.accounts.people import standing
from functions.common.errors import NotFound
from functions.common.http import Answer, Call, operation
from functions.registrar import seen
from functions.registrar.directory import PLAIN, NoSuchUser, Word, serves, valid_seconds


class Lookup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who wants to register or call: the digest's username and realm, and the algorithm of the challenge."""

    username: Word
    realm: Word
    algorithm: Literal["MD5", "SHA-256"] = "MD5"


class NumberLookup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which account a number belongs to."""

    realm: Word
    number: Word


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happened to a registration. `epoch` is the one that the look-up gave out."""

    event: Literal["registered", "unregistered", "auth_failed"]
    username: Word
    realm: Word
    epoch: int | None = None
    contact: Annotated[str, msgspec.Meta(max_length=512)] = ""
    user_agent: Annotated[str, msgspec.Meta(max_length=256)] = ""
    expires: Annotated[int, msgspec.Meta(ge=0, le=31_536_000)] = 0  # seconds
    source: Annotated[str, msgspec.Meta(max_length=64)] = ""


@operation(
    "`HA1 EPOCH NUMBER CALLER_ID VALID_SECONDS` of a digest user who may register now",
    query=Lookup,
    answers={200: None},
    problems=(NoSuchUser,),
    produces="text/plain",
)
def lookup(call: Call[None, Lookup]) -> Answer:
    serves(call.caller, call.query.realm)
    seen.note(call.caller.tenant, call.query.realm)
    found = devices.subscriber(call.caller.tenant, call.query.realm, call.query.username, call.query.algorithm)
    if found is None:
        raise NoSuchUser
    valid = valid_seconds(found.expires_at)
    line = f"{found.ha1} {found.epoch} {found.number} {found.number} {valid}\n"
    return Answer(text=line, content_type=PLAIN)


@operation(
    "`USERNAME ACCOUNT_ID VALID_SECONDS` of the account that has a number and may be called",
    query=NumberLookup,
    answers={200: None},
    problems=(NoSuchUser,),
    produces="text/plain",
)
def number(call: Call[None, NumberLookup]) -> Answer:
    serves(call.caller, call.query.realm)
    found = devices.holder(call.caller.tenant, call.query.realm, call.query.number)
    slot = devices.find_slot(call.caller.tenant, call.query.realm, found.username) if found is not None else None
    if found is None or slot is None or standing(slot) != "enabled":
        raise NoSuchUser
    valid = valid_seconds(slot.expires_at)
    return Answer(text=f"{found.username} {found.account_id} {valid}\n", content_type=PLAIN)


@operation(
    "Tell of a registration, its end, or a failed authentication", body=Event, answers={204: None}, problems=(NotFound,)
)
def event(call: Call[Event, None]) -> Answer:
    serves(call.caller, call.body.realm)
    from functions.registrar import events  # what only this view needs

    told = call.body
    slot = devices.find_slot(call.caller.tenant, told.realm, told.username)
    if slot is None:
        raise NotFound("No such user.")
    match told.event:
        case "registered":
            events.registered(slot, told.epoch, told.expires, told.user_agent, told.contact)
        case "unregistered":
            events.unregistered(slot, told.epoch)
        case "auth_failed":
            events.auth_failed(slot, told.source)
    return Answer(status=204)
