"""Upkeep's visits: what time does to accounts (`accounts.lifecycle`), account by account, as each comes to be due.

Run each minute. A visit writes the account as it was read, in one transaction with all that changes with it, and only
if nobody else has changed it since: so two visits at once do it once, an account that is extended at that very moment
neither expires nor goes, and a visit that is cut short is made again. What a run does not reach is due at the next."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from functions.accounts import lifecycle
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

D = TypeVar("D")

Done = Mapping[str, int]
"""How many things of each kind a visit did."""


def run(enough: Callable[[], bool]) -> Report:
    """Visits the accounts that are due, until it is done or `enough()`."""
    report, until = Report(), clock.epoch()

    def one(whole: "Mapping[str, Whole]", account: Account) -> Done | None:
        return None if enough() else _visited(account, whole.get(account.id))

    with remembered(CONFIGURATION):
        for found in _due(until):
            accounts = _still_due(_read(found, report), until)
            whole = _together(accounts)
            for account, done in zip(accounts, _side_by_side(partial(one, whole), accounts), strict=True):
                report.done &= done is not None
                _add(report, account, done or {})
            if not report.done:
                break
    _count(report)
    return report


def foresee(enough: Callable[[], bool], days: int = 0, cursor: Mapping[str, Any] | None = None) -> Report:
    """What visits would do now, or within so many `days`, until that is all or `enough()`; with the cursor of such a
    report, the rest. Changes nothing."""
    report, moment = Report(), clock.now() + timedelta(days=days)
    until = int(moment.timestamp())
    with remembered(CONFIGURATION):
        for found, following in _due_after(until, cursor):
            accounts = _still_due(_read(found, report, dry_run=True), until)
            for account, done in zip(accounts, _side_by_side(partial(_foreseen, moment), accounts), strict=True):
                _add(report, account, done)
            if following and enough():
                report.done, report.cursor = False, following
                break
    return report


def _add(report: Report, account: Account, done: Done) -> None:
    for kind, number in done.items():
        report.add(kind, account.id, number)


def _side_by_side(one: Callable[[Account], D], accounts: Sequence[Account]) -> Iterable[D]:
    """What came of each, in their order."""
    if THREADS == 1:
        return map(one, accounts)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, accounts))


def _still_due(accounts: Iterable[Account], until: int) -> list[Account]:
    """Those that are due when they are read, and not only when their page was."""
    return [each for each in accounts if each.due_at is not None and each.due_at <= until]


def _due(until: int) -> Iterator[list[Account]]:
    """The keys of the accounts that are due, page by page."""
    for shard in lifecycle.shards(clock.epoch() // 60):
        found = iter(Account.due.query(shard, Account.due_at <= until, page_size=PAGE))
        while page := list(islice(found, PAGE)):
            yield page


def _due_after(until: int, cursor: Mapping[str, Any] | None) -> Iterator[tuple[list[Account], dict[str, Any]]]:
    """The same of every shard that there ever was, each page with where the next one begins, if there is one."""
    shard, key = (int(cursor["shard"]), cursor["key"]) if cursor is not None else (0, None)
    shards = max(lifecycle.SHARDS, lifecycle.SHARDS_EVER)
    while shard < shards:
        due = Account.due_at <= until
        found = Account.due.query(str(shard), due, limit=PAGE, page_size=PAGE, last_evaluated_key=key)
        page, key = list(found), found.last_evaluated_key
        shard += key is None
        yield page, {"shard": str(shard), "key": key} if shard < shards else {}


def _read(found: Sequence[Account], report: Report, *, dry_run: bool = False) -> list[Account]:
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
            if not dry_run:
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


def _foreseen(moment: datetime, account: Account) -> Done:
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
