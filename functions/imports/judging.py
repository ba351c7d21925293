"""What a row would do, or what stands against it: asked by the check, and once more when the row's turn comes."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from functions.accounts import change as changing
from functions.accounts import create as creating
from functions.accounts.change import CONTACT, AccountChange
from functions.accounts.create import WantedMessage
from functions.accounts.people import Account
from functions.activation import issue
from functions.common import clock
from functions.common.caller import Caller
from functions.common.errors import Invalid, Problem, Unavailable
from functions.imports import people
from functions.imports.columns import column_of
from functions.imports.kept import Judgement
from functions.imports.models import ImportFields
from functions.imports.people import Present
from functions.imports.rows import CellProblem, Values
from functions.messaging.gateways import Channel
from functions.messaging.kinds import Kind


class Verdict(NamedTuple):
    """`different`: the fields that would change, and to what; `messages`: those of the import's that would be sent."""

    would: Judgement
    problems: Sequence[CellProblem] = ()
    different: Mapping[str, Any] = {}
    messages: Sequence[WantedMessage] = ()


def judge(caller: Caller, fields: ImportFields, found: Values, present: Present) -> Verdict:
    account = present.account
    if present.taken:
        return _against(CellProblem("gsmNumber", "Another person has this number: one with another externalId."))
    if account is not None and not caller.sees(account.group_id):
        return _against(CellProblem("", "This person is in a group that you do not see."))
    try:
        if account is None:
            wanted = people.wanted(fields, found)
            creating.check(caller, wanted)
            return Verdict("create", messages=wanted.messages)
        different = people.differing(account, fields, found)
        _must_be_changeable(caller, fields, account, different)
        messages = people.again(fields, account, different)
        if messages and not CONTACT & different.keys():
            issue.check_repeat(account, pairs(messages))
    except Unavailable:
        raise
    except Problem as problem:
        return _against(*people.cell_problems(problem))
    return Verdict("change" if different else "unchanged", (), different, messages)


def pairs(messages: Sequence[WantedMessage]) -> list[tuple[Kind, Channel]]:
    return [(Kind(each.kind), each.channel) for each in messages]


def _must_be_changeable(caller: Caller, fields: ImportFields, account: Account, different: Mapping[str, Any]) -> None:
    """Raises Invalid."""
    if not different:
        return
    if "username" in different:
        raise Invalid("This person is here with another one; it never changes.", field="username")
    if fields.mode in ("create", "adopt"):
        names = ", ".join(column_of(name) for name in different)
        what = f"This person is here already, with other values ({names}). The mode update changes them."
        raise Invalid(what, field=next(iter(different)))
    until = different.get("expires_at")
    if until is not None and until <= clock.now():
        raise Invalid(
            "This has passed: the person would be switched off at once. Write a later one; disable people instead.",
            field="expires_at",
        )
    changing.check(caller, account, AccountChange(**different))


def _against(*problems: CellProblem) -> Verdict:
    return Verdict("problem", problems)
