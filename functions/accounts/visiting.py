"""One visit of upkeep to one account: what `accounts.lifecycle` says is due, and when to come again. Each writes the
account once, as it was read, or raises Changed; what it does beside that may be done again."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from pynamodb.expressions.update import Action

from functions.accounts import attention, devices, history, lifecycle, standing
from functions.accounts.models import Account
from functions.accounts.standing import Whole
from functions.activation.links import forget_browsers
from functions.common import clock
from functions.common.caller import Caller
from functions.common.errors import Changed
from functions.common.table import update
from functions.common.transaction import Put, Step, commit
from functions.installation import links as installation
from functions.messaging import outbox, trim
from functions.messaging.kinds import ACTIVATING, Kind
from functions.messaging.state import State
from functions.tenants import tenants
from functions.tenants.retention import Retention

PIECE: Final = 500  # entries of a kind that one visit removes
ONCE_MORE: Final = timedelta(hours=1)  # after which upkeep comes again to a deleted account
LEADING: Final = ACTIVATING | {Kind.installation}  # kinds of messages after which a phone may come

_TOLD: Final[Mapping[lifecycle.Step, str]] = {
    "erase": "account.erased",
    "delete": "account.deleted",
    "expire": "account.expired",
    "give_up": "account.expired",
    "flag": "account.never_activated",
    "warn": "account.expires_soon",
}
_NEEDING_ALL: Final[frozenset[lifecycle.Step]] = frozenset({"delete", "expire", "give_up"})

Done = dict[str, int]
"""How many things of each kind a visit did."""


def wholes(accounts: Sequence[Account]) -> dict[str, Whole]:
    """Those of the accounts that end now, with their slots and links, by account."""
    now = clock.now()
    ending = [each for each in accounts if _NEEDING_ALL & set(_due(each, now))]
    return standing.wholes(ending) if ending else {}


def visit(account: Account, known: Whole | None) -> Done:
    """`known`: what was read of it already. Raises Changed."""
    retention, now = tenants.retention(account.tenant), clock.now()
    steps, known = _due_after_all(account, known, retention, now)
    system = Caller(tenant=account.tenant, operator="system", name="upkeep", role="system")
    match steps:
        case ["erase"]:
            return _erase(account, retention, now)
        case ["delete"]:
            standing.delete_as_read(system, known or standing.whole(account))
        case ["expire"]:
            standing.expire_as_read(system, known or standing.whole(account), "expire", retention)
        case ["give_up"]:
            standing.expire_as_read(
                system, known or standing.whole(account), "give_up", retention, why="never_activated"
            )
        case _:
            return _go_on(account, steps, retention, now)
    return {_TOLD[steps[0]]: 1}


def foreseen(account: Account, moment: datetime) -> Done:
    """What a visit would do then."""
    done: Done = {}
    retention = tenants.retention(account.tenant)
    steps, _ = _due_after_all(account, None, retention, moment)
    for step in steps:
        if step == "trim":
            done |= _trim(account, retention, moment, dry_run=True)
        else:
            done[_TOLD[step]] = 1
    return done


def _due(account: Account, moment: datetime) -> list[lifecycle.Step]:
    return lifecycle.due(account, tenants.retention(account.tenant), moment)


def _due_after_all(
    account: Account, known: Whole | None, retention: Retention, moment: datetime
) -> tuple[list[lifecycle.Step], Whole | None]:
    """What is due of an account once its messages and links have been looked at, where it waits for its first phone:
    its time begins when its person was written to last, or is to be; and what was read of it."""
    steps = lifecycle.due(account, retention, moment)
    if lifecycle.IDLE.isdisjoint(steps) and ("trim" not in steps or account.readiness == "active"):
        return steps, known
    if "give_up" in steps and known is None:
        known = standing.whole(account)
    for at in [*_written(account), *(link.issued_at for link in (known.links if known is not None else ()))]:
        lifecycle.used_again(account, at)
    return lifecycle.due(account, retention, moment), known


def _written(account: Account) -> Iterator[datetime]:
    """When its person was, or is to be, sent what leads to a phone. Those messages may be old enough to go."""
    for message in outbox.all_of(account.tenant, account.id):
        if message.kind in LEADING and message.state != State.cancelled.value:
            yield message.wanted_at if message.sent_at is None else max(message.wanted_at, message.sent_at)


def _go_on(account: Account, steps: Sequence[lifecycle.Step], retention: Retention, now: datetime) -> Done:
    """What does not end the account: operators are told, and old entries go."""
    done: Done = {}
    notes: list[Step] = []
    for step in steps:
        lifecycle.done(account, step, retention, now)
        match step:
            case "flag":
                attention.ask(account, "never_activated", now)
                notes.append(history.step(account.tenant, account.id, "account.attention", why="never_activated"))
                done[_TOLD[step]] = 1
            case "warn":
                attention.ask(account, "expires_soon", now)
                assert account.expires_at is not None
                until = clock.text(account.expires_at)
                notes.append(history.step(account.tenant, account.id, "account.expires_soon", until=until))
                done[_TOLD[step]] = 1
            case "trim":
                done |= _trim(account, retention, now)
    _write(account, notes, retention)
    return done


def _trim(account: Account, retention: Retention, now: datetime, *, dry_run: bool = False) -> Done:
    """Removes what is too old, and cuts addresses. Where there is more than a piece, the rest is due at once."""
    tenant, account_id = account.tenant, account.id
    messages = trim.trim(tenant, account_id, now - _days(retention.messages_days), PIECE, dry_run=dry_run)
    entries = history.trim(tenant, account_id, now - _days(retention.history_days), PIECE, dry_run=dry_run)
    if messages.more or entries == PIECE:
        lifecycle.again(account, now)
    return _found(entries, messages.number, _cut_addresses(account, retention, now, dry_run=dry_run))


def _cut_addresses(account: Account, retention: Retention, now: datetime, *, dry_run: bool) -> int:
    """How many entries, slots and links hold less now. The account is due when the next of them may hold no more."""
    before, after = now - _days(retention.addresses_days), lifecycle.bare_to(account)
    entries = history.forget_addresses(account.tenant, account.id, after, before, PIECE, dry_run=dry_run)
    slots, heard_at = devices.forget_addresses(account, before, dry_run=dry_run)
    links = forget_browsers(account.tenant, account.id, before, dry_run=dry_run)
    lifecycle.bare(account, max(entries.bare_to, after))
    for at in (entries.next_at, heard_at):
        if at is not None:
            lifecycle.again(account, max(lifecycle.addresses_go(at, retention), now))
    return entries.number + slots + links


def _erase(account: Account, retention: Retention, now: datetime) -> Done:
    """Nothing personal is left of a deleted account, wherever it was kept. What messages on their way may yet leave
    goes once they have ended; what was being written while it was deleted, in the next pass: the last one is made an
    hour after the deletion, and finds nothing."""
    tenant, account_id = account.tenant, account.id
    messages = trim.trim(tenant, account_id, None, PIECE)
    entries = history.erase(tenant, account_id, PIECE)
    forget_browsers(tenant, account_id, None)
    installation.forget(tenant, account_id)
    if messages.more or entries == PIECE:
        lifecycle.again(account, now)
    elif messages.under_way or messages.number or entries or now < account.changed_at + ONCE_MORE:
        lifecycle.again(account, now + ONCE_MORE)
    else:
        lifecycle.done(account, "erase", retention, now)
    _write(account, (), retention)
    done = _found(entries, messages.number, 0)
    return done if account.due_at is not None else done | {_TOLD["erase"]: 1}


def _found(entries: int, messages: int, addresses: int) -> Done:
    counts = {"history.trimmed": entries, "messages.trimmed": messages, "addresses.forgotten": addresses}
    return {kind: number for kind, number in counts.items() if number}


def _write(account: Account, notes: Sequence[Step], retention: Retention) -> None:
    """The account, which was changed in memory, with entries for its history. Raises Changed."""
    lifecycle.schedule(account, retention)
    version = account.version
    account.version = version + 1
    if notes:
        commit([Put(item=account, condition=Account.version == version), *notes])
        return
    actions: list[Action] = [Account.version.set(account.version)]
    for attribute in (Account.upkeep, Account.due_at, Account.due_shard):
        value = getattr(account, attribute.attr_name)
        actions.append(attribute.set(value) if value is not None else attribute.remove())
    update(account, actions, Account.version == version, Changed())


def _days(days: int) -> timedelta:
    return timedelta(days=days)
