"""An account that an operator should look at, and why: at most one reason, the latest, beside the entry in its history.

A registration takes most reasons back: the person is ready to dial. Those that speak of somebody else stay until an
operator has looked (`HELD`), and no lesser reason covers them; what time alone brings (`LESSER`) covers nothing. That
an account expires soon waits behind another reason, and takes its place once that is taken back."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from msgspec.structs import replace
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from functions.accounts import history
from functions.accounts.lifecycle import LESSER
from functions.accounts.models import Account, account_key
from functions.accounts.models import Why as Why  # what this module takes has this type
from functions.common import audit, clock
from functions.common.caller import Caller
from functions.common.errors import Changed
from functions.common.transaction import Step, Update, commit

HELD: Final[frozenset[Why]] = frozenset({"not_me", "second_device"})


class Held(Exception):
    """The reason is an operator's to take back."""


def step(tenant: str, account_id: str, why: Why, /, **details: str | int | None) -> list[Step]:
    """The steps that ask for an operator's attention, for a transaction that does not write the account itself; they
    raise Changed when the account is gone."""
    held = why in HELD
    actions: list[Action] = [
        Account.attention.set(why if held else Account.attention_held | why),
        Account.attention_at.set(clock.now()),
        # The version moves with it: a change of the account that was begun before must not undo this.
        Account.version.add(1),
    ]
    if held:
        actions.append(Account.attention_held.set(why))
    flagged = Update(
        item=Account(pk=account_key(tenant, account_id), sk="-"),
        actions=actions,
        condition=Account.pk.exists() & (Account.standing != "deleted"),
        otherwise=Changed(),
    )
    return [flagged, history.step(tenant, account_id, "account.attention", why=why, **details)]


def ask(account: Account, why: Why, at: datetime) -> None:
    """Puts one of the lesser reasons into an account that is about to be written as it was read, unless it asks for
    attention with another one already."""
    if account.attention is None or account.attention in LESSER:
        account.attention, account.attention_at = why, at


def note(tenant: str, account_id: str, why: Why, /, **details: str | int | None) -> None:
    """Asks for attention, where nothing else changes. Of an account that is gone nothing is noted."""
    with suppress(Changed):
        commit(step(tenant, account_id, why, **details))


def because(why: Why) -> Condition:
    """Whether an account asks for attention for this reason; of `expires_soon`, behind another one, too."""
    asks: Condition = Account.attention == why
    return asks | Account.attention_expiring.exists() if why == "expires_soon" else asks


def at_registration(account: Update, others: Sequence[Step]) -> None:
    """Commits a registration's Update of its account with `others`, and takes the reason for attention back with it,
    unless that is an operator's to do. It keeps no account from expiring."""
    free, expiring = Account.attention_held.does_not_exist(), Account.attention_expiring.exists()
    other: Condition = Account.attention != "expires_soon"
    ways: tuple[tuple[list[Action], Condition], ...] = (
        (_taken_back(), free & ~expiring & (other | Account.attention.does_not_exist())),
        (_uncovered(clock.now()), free & expiring & other),
    )
    assert account.condition is not None
    for actions, condition in ways:
        both = replace(
            account,
            actions=[*account.actions, *actions],
            condition=account.condition & condition,
            otherwise=Held(),
        )
        with suppress(Held):
            return commit([both, *others])
    return commit([account, *others])


def clear(caller: Caller, account_id: str) -> Account:
    """An operator has looked; where the account expires soon as well, it asks for attention because of that now.
    Repeatable. Raises NotFound; Changed when another reason came at this moment, which nobody has seen."""
    from functions.accounts.people import visible  # which shows what is written here

    account = visible(caller, account_id)
    why = account.attention
    if why is None:
        return account
    seen = (Account.attention == why) & (Account.attention_at == account.attention_at)
    behind, now = account.attention_expiring is not None and why != "expires_soon", clock.now()
    actions = _uncovered(now) if behind else _taken_back()
    if not behind and why != "expires_soon":
        seen &= Account.attention_expiring.does_not_exist()
    commit(
        [
            Update(item=account, actions=[*actions, Account.version.add(1)], condition=seen),
            history.step(caller.tenant, account_id, "account.attention_cleared", why=why, by=caller.operator),
            audit.entry(caller, "account.attention_clear", f"account/{account_id}", before={"attention": why}),
        ]
    )
    account.attention, account.attention_at = ("expires_soon", now) if behind else (None, None)
    return account


def _taken_back() -> list[Action]:
    """For an Update of the account: nothing of it asks for attention any more."""
    fields = (Account.attention, Account.attention_at, Account.attention_held, Account.attention_expiring)
    return [field.remove() for field in fields]


def _uncovered(now: datetime) -> list[Action]:
    """The same, of an account that expires soon."""
    return [Account.attention.set("expires_soon"), Account.attention_at.set(now), Account.attention_held.remove()]
