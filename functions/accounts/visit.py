"""Upkeep's visits: what time does to accounts (`accounts.lifecycle`), account by account, as each comes to be due.

Run each minute. A visit writes the account as it was read, in one transaction with all that changes with it, and only
if nobody else has changed it since: so two visits at once do it once, an account that is extended at that very moment
neither expires nor goes, and a visit that is cut short is made again. What a run does not reach is due at the next."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from functions.accounts.lifecycle import SHARDS
from functions.accounts.models import Account
from functions.common import clock
from functions.common.errors import Changed
from functions.common.observability import count, logger
from functions.common.records import remembered
from functions.common.table import read
from functions.upkeep.report import Report

if TYPE_CHECKING:
    from functions.accounts.standing import Whole

THREADS = 4  # most of a visit is waiting for answers; tests set it
PAGE: Final = 100  # accounts that are read at once
AGAIN: Final = 600  # seconds after which an account is looked at again that could not be visited
CONFIGURATION: Final = 60.0  # seconds for which a tenant's retention is remembered

NOT_VISITED: Final = "account.not_visited"
METRICS: Final = {  # each with the kinds of a report that it counts
    "AccountsExpired": ("account.expired",),
    "AccountsDeleted": ("account.deleted",),
    "AccountsWarned": ("account.expires_soon",),
    "EntriesTrimmed": ("history.trimmed", "messages.trimmed", "addresses.forgotten"),
    "NotVisited": (NOT_VISITED,),
}

Done = Mapping[str, int]
"""How many things of each kind a visit did."""


def run(enough: Callable[[], bool], dry_run: bool = False, days: int = 0) -> Report:
    """Visits the accounts that are due, until it is done or `enough()`.

    dry_run: changes nothing, and reports what would happen now, or within so many `days`."""
    report = Report()
    ahead = timedelta(days=days) if dry_run else timedelta()

    def one(whole: "Mapping[str, Whole]", account: Account) -> Done | None:
        if enough():
            return None
        return _foreseen(account, clock.now() + ahead) if dry_run else _visited(account, whole.get(account.id))

    with remembered(CONFIGURATION):
        for accounts in _pages(clock.now() + ahead, report):
            whole = {} if dry_run else _together(accounts)
            for account, done in zip(accounts, _side_by_side(partial(one, whole), accounts), strict=True):
                report.done &= done is not None
                for kind, number in (done or {}).items():
                    report.add(kind, account.id, number)
            if not report.done:
                break
    if not dry_run:
        _count(report)
    return report


def _side_by_side(one: Callable[[Account], Done | None], accounts: Sequence[Account]) -> Iterable[Done | None]:
    """What came of each, in their order."""
    if THREADS == 1:
        return map(one, accounts)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, accounts))


def _pages(moment: datetime, report: Report) -> Iterator[list[Account]]:
    """What is due then, as it is when its page is read."""
    until = int(moment.timestamp())
    for found in _due(until):
        yield [each for each in _read(found, report) if each.due_at is not None and each.due_at <= until]


def _due(until: int) -> Iterator[list[Account]]:
    """The keys of the accounts that are due, page by page; each minute another shard first, so that none starves."""
    first = clock.epoch() // 60
    for offset in range(SHARDS):
        found = iter(Account.due.query(str((first + offset) % SHARDS), Account.due_at <= until, page_size=PAGE))
        while page := list(islice(found, PAGE)):
            yield page


def _read(found: Sequence[Account], report: Report) -> list[Account]:
    """The accounts of these keys, as they are now: an index may lag behind its table. One that cannot be read does not
    keep upkeep from the others."""
    try:
        return list(Account.batch_get([(each.pk, each.sk) for each in found], consistent_read=True))
    except Exception:
        logger.warning("accounts read one by one", exc_info=True)
    accounts = []
    for each in found:
        try:
            account = read(Account, each.pk, each.sk)
        except Exception:
            logger.exception("account not read", extra={"account": each.pk})
            _put_off(each, each.due_at)
            report.add(NOT_VISITED, each.pk.rpartition("|")[2])
        else:
            accounts += [account] if account is not None else []
    return accounts


def _together(accounts: Sequence[Account]) -> "dict[str, Whole]":
    """What the ends of some of these accounts need, read at once; what is missing here is read account by account."""
    from functions.accounts import visiting  # most minutes have nothing that is due: they need not know how

    try:
        return visiting.wholes(accounts)
    except Exception:
        logger.warning("slots read one by one", exc_info=True)
        return {}


def _visited(account: Account, whole: "Whole | None") -> Done:
    """One visit. Never raises: what goes wrong with one account is tried again later."""
    from functions.accounts import visiting

    due_at = account.due_at  # a visit begins by changing the account in memory
    try:
        return visiting.visit(account, whole)
    except Changed:  # somebody has just changed it, or another visit was faster: next time
        return {}
    except Exception:
        logger.exception("account not visited", extra={"account": account.id})
        _put_off(account, due_at)
        return {NOT_VISITED: 1}


def _foreseen(account: Account, moment: datetime) -> Done:
    """What a visit would do then. Never raises."""
    from functions.accounts import visiting

    try:
        return visiting.foreseen(account, moment)
    except Exception:
        logger.exception("account not foreseen", extra={"account": account.id})
        return {NOT_VISITED: 1}


def _put_off(account: Account, due_at: float | None) -> None:
    """An account that fails is looked at again later, so that it is not in the way."""
    from functions.common.transaction import Update, commit

    later = Update(
        item=Account(pk=account.pk, sk=account.sk),
        actions=[Account.due_at.set(clock.epoch() + AGAIN)],
        condition=Account.due_at == due_at,
    )
    try:
        commit([later])  # which reads nothing of what may not be readable
    except Exception:
        logger.warning("account not put off", extra={"account": account.pk}, exc_info=True)


def _count(report: Report) -> None:
    for name, kinds in METRICS.items():
        if number := sum(report.counts.get(kind, 0) for kind in kinds):
            count(name, number)
