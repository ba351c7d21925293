"""Accounts that exist, over HTTP: changed, ended, extended, and looked into."""

import msgspec

from functions.accounts import attention, extend_many, personal, standing
from functions.accounts import change as changing
from functions.accounts import configuration as configured
from functions.accounts import devices as slots
from functions.accounts import extend as extending
from functions.accounts import history as past
from functions.accounts import registrations as live
from functions.accounts import state as progress
from functions.accounts.change import AccountChange
from functions.accounts.configuration import Sourced
from functions.accounts.devices import ShownDevice
from functions.accounts.extend import Extension
from functions.accounts.extend_many import Extensions, ShownExtensions
from functions.accounts.history import Happened
from functions.accounts.people import ShownAccount, show, visible
from functions.accounts.personal import PersonalData, PersonalDataQuery
from functions.accounts.registrations import RegistrationListing, ShownRegistration
from functions.accounts.state import AccountState
from functions.common.errors import Changed, Conflict, NotFound, NotReady
from functions.common.http import Answer, Call, operation
from functions.common.resource import Listing, page_type


@operation(
    "Change an account: only the fields that are sent",
    body=AccountChange,
    answers={200: ShownAccount},
    problems=(NotFound, Changed),
)
def change(call: Call[msgspec.Struct, None]) -> Answer:
    return Answer(body=show(changing.change(call.caller, call.path["account_id"], call.body)))


@operation("Delete an account and its personal data", answers={204: None}, problems=(NotFound, Changed))
def delete(call: Call[None, None]) -> Answer:
    standing.delete(call.caller, call.path["account_id"])
    return Answer(status=204)


@operation(
    "Disable an account: it can no longer register or be activated",
    answers={200: ShownAccount},
    problems=(NotFound, Changed),
)
def disable(call: Call[None, None]) -> Answer:
    return Answer(body=show(standing.disable(call.caller, call.path["account_id"])))


@operation("Enable an account again", answers={200: ShownAccount}, problems=(NotFound, Changed))
def enable(call: Call[None, None]) -> Answer:
    return Answer(body=show(standing.enable(call.caller, call.path["account_id"])))


@operation(
    "Extend an account: it expires later, or never; one that has expired is enabled again",
    body=Extension,
    answers={200: ShownAccount},
    problems=(NotFound, Conflict),
)
def extend(call: Call[Extension, None]) -> Answer:
    return Answer(body=show(extending.extend(call.caller, call.path["account_id"], call.body, call.mark)))


@operation(
    "Take back what asks for attention: an operator has looked",
    answers={200: ShownAccount},
    problems=(NotFound, Changed),
)
def clear_attention(call: Call[None, None]) -> Answer:
    return Answer(body=show(attention.clear(call.caller, call.path["account_id"])))


@operation("How far the account has come", answers={200: AccountState}, problems=(NotFound,))
def state(call: Call[None, None]) -> Answer:
    return Answer(body=progress.of(visible(call.caller, call.path["account_id"])))


@operation(
    "What happened to the account, newest first",
    query=Listing,
    answers={200: page_type("History", Happened)},
    problems=(NotFound,),
)
def history(call: Call[None, Listing]) -> Answer:
    account = visible(call.caller, call.path["account_id"])
    found = past.page(account.tenant, account.id, call.query.cursor, call.query.limit)
    return Answer(body={"items": found.items, "cursor": found.cursor})


@operation(
    "Everything that is kept about the person, why, and for how long: a copy for the person",
    query=PersonalDataQuery,
    answers={200: PersonalData},
    problems=(NotFound,),
)
def personal_data(call: Call[None, PersonalDataQuery]) -> Answer:
    return Answer(body=personal.of(call.caller, call.path["account_id"], call.query.cursor))


@operation(
    "Every value in force for the account, and where it comes from",
    answers={200: dict[str, Sourced]},
    problems=(NotFound, NotReady),
)
def configuration(call: Call[None, None]) -> Answer:
    return Answer(body=configured.explain(visible(call.caller, call.path["account_id"])))


@operation("The account's device slots", answers={200: list[ShownDevice]}, problems=(NotFound,))
def devices(call: Call[None, None]) -> Answer:
    return Answer(body=slots.show(visible(call.caller, call.path["account_id"])))


@operation(
    "The phones that are registered now",
    query=RegistrationListing,
    answers={200: page_type("Registration", ShownRegistration)},
)
def registrations(call: Call[None, RegistrationListing]) -> Answer:
    found = live.page(call.caller, call.query)
    return Answer(body={"items": found.items, "cursor": found.cursor})


@operation("Extend many accounts", body=Extensions, answers={201: ShownExtensions})
def extend_accounts(call: Call[Extensions, None]) -> Answer:
    made = extend_many.create(call.caller, call.body, call.mark)
    return Answer(status=201, body=made, headers={"Location": f"/v1/extensions/{made.id}"})


@operation("How far an extension of many accounts is", answers={200: ShownExtensions}, problems=(NotFound,))
def extensions(call: Call[None, None]) -> Answer:
    return Answer(body=extend_many.show(call.caller, call.path["extension_id"]))
