"""From a row to a person: who they would be, who of the accounts they are already, and what of it is different."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from functions.accounts.create import NewAccount, WantedMessage
from functions.accounts.groups import GROUPS
from functions.accounts.models import (
    Account,
    ExternalHolder,
    NumberHolder,
    account_key,
    external_key,
    number_key,
)
from functions.common.caller import Caller
from functions.common.errors import Invalid, Problem
from functions.imports.columns import column_of
from functions.imports.models import ImportFields
from functions.imports.rows import CellProblem, Known, Values
from functions.messaging.gateways import Channel
from functions.provisioning import profiles
from functions.provisioning.clients import clients
from functions.tenants import tenants

SECRETS: Final = frozenset({"ha1_md5", "ha1_sha256"})
DEFAULTED: Final = ("profile_id", "security_model", "client", "language")
"""What the import may say for all rows that do not."""


def known(caller: Caller, fields: ImportFields) -> Known:
    """What a row may name."""
    return Known.of(
        groups=[(each.id, each.fields.name) for each in GROUPS.all(caller.tenant) if caller.sees(each.id)],
        profiles=[(each.id, each.fields.name) for each in profiles.PROFILES.all(caller.tenant)],
        group_id=fields.group_id,
        extensions=tenants.get(caller.tenant).fields.extensions,
        clients=clients(),
    )


def _said(fields: ImportFields, values: Values) -> dict[str, Any]:
    """What the row says of the person: the fields whose columns are there; an empty cell says what the import does."""
    said = {
        name: value
        for name, value in msgspec.structs.asdict(values).items()
        if value is not msgspec.UNSET and name not in SECRETS
    }
    return said | {name: getattr(fields, name) for name in DEFAULTED if name in said and said[name] is None}


def wanted(fields: ImportFields, values: Values) -> NewAccount:
    """The new account that the row asks for, with those of the import's messages that can reach the person.

    Raises Invalid where none of them can."""
    said = {name: getattr(fields, name) for name in (*DEFAULTED, "group_id")} | _said(fields, values)
    new = NewAccount(**said, send_at=fields.send_at, at_once=fields.at_once)
    messages = _reaching(fields.messages, new)
    if fields.messages and not messages:
        raise Invalid("None of the import's messages reaches this person: give a mobile number or an e-mail address.")
    return msgspec.structs.replace(new, messages=messages)


def _reaching(messages: Sequence[WantedMessage], new: NewAccount) -> list[WantedMessage]:
    mobile = new.number.startswith("+") if new.mobile is msgspec.UNSET else bool(new.mobile)
    reached = {Channel.sms: mobile, Channel.email: bool(new.email)}
    return [message for message in messages if reached[message.channel]]


class Settings:
    """The SIP domains under which rows would live; each pair of group and profile is resolved once."""

    def __init__(self, tenant: str, fields: ImportFields) -> None:
        self._tenant, self._fields = tenant, fields
        self._domains: dict[tuple[str, str | None], str] = {}

    def domain(self, values: Values) -> str:
        """Raises Invalid, NotReady."""
        group_id = values.group_id or self._fields.group_id
        profile_id = values.profile_id or self._fields.profile_id
        pair = (group_id, profile_id)
        if pair not in self._domains:
            group = GROUPS.find(self._tenant, group_id)
            if group is None:
                raise Invalid("There is no such group.", field="group_id")
            self._domains[pair] = profiles.resolve(self._tenant, profile_id, group.fields.profile_id).domain
        return self._domains[pair]


class Present(NamedTuple):
    """Whom a row is about. `taken`: somebody else, whom another external id names, has the row's number."""

    account: Account | None
    taken: bool = False


def present(tenant: str, rows: Sequence[tuple[str, Values]]) -> list[Present]:
    """For each pair of SIP domain and values the account that is this person: by external id, else by number, where
    neither names another external id."""
    numbers = {(number_key(tenant, domain, values.number), "-") for domain, values in rows}
    externals = {(external_key(tenant, values.external_id), "-") for _, values in rows if values.external_id}
    holders: dict[str, str] = {
        each.pk: each.account_id for each in NumberHolder.batch_get(list(numbers), consistent_read=True)
    }
    if externals:
        found = ExternalHolder.batch_get(list(externals), consistent_read=True)
        holders |= {each.pk: each.account_id for each in found}
    ids = {(account_key(tenant, account_id), "-") for account_id in holders.values()}
    accounts = {each.id: each for each in Account.batch_get(list(ids), consistent_read=True)} if ids else {}

    def holder(key: str) -> Account | None:
        account = accounts.get(holders.get(key, ""))
        return account if account is not None and account.standing != "deleted" else None

    def one(domain: str, values: Values) -> Present:
        named = holder(external_key(tenant, values.external_id)) if values.external_id else None
        if named is not None:
            return Present(named)
        numbered = holder(number_key(tenant, domain, values.number))
        if numbered is not None and values.external_id and numbered.external_id not in (None, values.external_id):
            return Present(None, taken=True)
        return Present(numbered)

    return [one(domain, values) for domain, values in rows]


def differing(account: Account, fields: ImportFields, values: Values) -> dict[str, Any]:
    """The fields in which the row says other than the account."""
    return {name: value for name, value in _said(fields, values).items() if value != getattr(account, name)}


def cell_problems(problem: Problem) -> list[CellProblem]:
    """What stands against a row, by column."""
    if problem.details:
        return [CellProblem(column_of(each["field"]), each["problem"]) for each in problem.details]
    return [CellProblem(column_of(problem.field or ""), problem.message)]
