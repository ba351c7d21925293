"""A person who has no such address any more, or wants no messages there: nothing is sent there until somebody sets it
anew."""

from contextlib import suppress
from typing import Literal

from functions.accounts import history
from functions.accounts.models import Account, account_key
from functions.common.errors import Changed
from functions.common.transaction import Update, commit


def note(tenant: str, account_id: str, where: Literal["mobile", "email"], why: str) -> None:
    """Notes it once, with an entry in the account's history."""
    problem = Account.mobile_problem if where == "mobile" else Account.email_problem
    step = Update(
        item=Account(pk=account_key(tenant, account_id), sk="-"),
        actions=[problem.set(why), Account.version.add(1)],
        condition=Account.pk.exists() & problem.does_not_exist(),
        otherwise=Changed(),
    )
    with suppress(Changed):  # it is known already, or the account is gone
        commit([step, history.step(tenant, account_id, "account.unreachable", where=where, why=why)])
