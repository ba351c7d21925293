"""Groups and accounts over HTTP: what is asked for most. What is done with accounts that exist is in `existing_routes`:
a process that creates one need not load how one is deleted."""

from functions.accounts import create as creating
from functions.accounts.create import NewAccount
from functions.accounts.groups import GROUPS, GroupFields, needed
from functions.accounts.people import ShownAccount, show, visible
from functions.accounts.search import AccountListing, page
from functions.common.errors import Conflict, NotFound, NotReady
from functions.common.http import Answer, Call, operation
from functions.common.resource import operations, page_type

groups = operations(GROUPS, GroupFields, "Group", spared=needed)


@operation(
    "Create an account; with `messages`, they are sent in the same step",
    body=NewAccount,
    answers={201: ShownAccount},
    problems=(Conflict, NotReady),
)
def create(call: Call[NewAccount, None]) -> Answer:
    account = creating.create(call.caller, call.body, call.mark)
    return Answer(status=201, body=show(account), headers={"Location": f"/v1/accounts/{account.id}"})


@operation("List and search accounts", query=AccountListing, answers={200: page_type("Account", ShownAccount)})
def list_accounts(call: Call[None, AccountListing]) -> Answer:
    found = page(call.caller, call.query)
    return Answer(body={"items": [show(account) for account in found.items], "cursor": found.cursor})


@operation("Read an account", answers={200: ShownAccount}, problems=(NotFound,))
def read(call: Call[None, None]) -> Answer:
    return Answer(body=show(visible(call.caller, call.path["account_id"])))
