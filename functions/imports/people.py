"""From a row to a person: who they would be, who of the accounts they are already, and what of it is different."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from functions.accounts import many
from functions.accounts.create import NewAccount, WantedMessage
from functions.accounts.groups import GROUPS
from functions.accounts.people import Account, standing
from functions.common.caller import Caller
from functions.common.errors import Invalid, Problem
from functions.imports.columns import column_of
from functions.imports.kept import Difference
from functions.imports.models import ImportFields
from functions.imports.rows import CellProblem, Known, Values
from functions.imports.writing import cells_of
from functions.messaging.gateways import Channel
from functions.provisioning import profiles
from functions.provisioning.clients import clients
from functions.tenants import tenants

SECRETS: Final = frozenset({"ha1_md5", "ha1_sha256"})
DEFAULTED: Final = ("profile_id", "security_model", "client", "language")
"""What the import may say for all rows that do not."""
NEVER_CLEARED: Final = frozenset({"group_id", "external_id"})
"""What an empty cell takes from nobody: without a group nobody is, and by the other id others know the person."""


def language(tenant: str, fields: ImportFields) -> str:
    """Of most people in the file, as far as one can tell."""
    group = GROUPS.find(tenant, fields.group_id)
    of_group = group.fields.language if group is not None else None
    return fields.language or of_group or tenants.get(tenant).fields.language


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
        if value is not msgspec.UNSET and name != "empty" and name not in SECRETS
    }
    return said | {name: getattr(fields, name) for name in DEFAULTED if name in said and said[name] is None}


def wanted(fields: ImportFields, values: Values) -> NewAccount:
    """The new account that the row asks for, with those of the import's messages that can reach the person.

    Raises Invalid where none of them can."""
    said = {name: getattr(fields, name) for name in (*DEFAULTED, "group_id")} | _said(fields, values)
    new = NewAccount(**said, send_at=fields.send_at, at_once=fields.at_once)
    mobile = new.number.startswith("+") if new.mobile is msgspec.UNSET else bool(new.mobile)
    return msgspec.structs.replace(new, messages=_reaching(fields, mobile=mobile, email=bool(new.email)))


def again(fields: ImportFields, account: Account, different: Mapping[str, Any]) -> list[WantedMessage]:
    """The import's messages to somebody who is there already, `different` in this: if the import wants that, and they
    have not activated. Raises Invalid where none can reach them."""
    if fields.messages_to == "new" or account.readiness == "active" or standing(account) != "enabled":
        return []
    mobile, email = (different.get(name, getattr(account, name)) for name in ("mobile", "email"))
    return _reaching(fields, mobile=bool(mobile), email=bool(email))


def _reaching(fields: ImportFields, *, mobile: bool, email: bool) -> list[WantedMessage]:
    reached = {Channel.sms: mobile, Channel.email: email}
    messages = [message for message in fields.messages if reached[message.channel]]
    if fields.messages and not messages:
        raise Invalid("None of the import's messages reaches this person: give a mobile number or an e-mail address.")
    return messages


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
    numbers = many.holders_of_numbers(tenant, [(domain, values.number) for domain, values in rows])
    externals = many.holders_of_external_ids(tenant, [values.external_id for _, values in rows if values.external_id])
    accounts = many.by_id(tenant, {*numbers.values(), *externals.values()})

    def there(account_id: str | None) -> Account | None:
        account = accounts.get(account_id or "")
        return account if account is not None and account.standing != "deleted" else None

    def one(domain: str, values: Values) -> Present:
        named = there(externals.get(values.external_id or ""))
        if named is not None:
            return Present(named)
        numbered = there(numbers.get((domain, values.number)))
        if numbered is not None and values.external_id and numbered.external_id not in (None, values.external_id):
            return Present(None, taken=True)
        return Present(numbered)

    return [one(domain, values) for domain, values in rows]


def differing(account: Account, fields: ImportFields, values: Values) -> dict[str, Any]:
    """The fields in which the row says other than the account. An empty cell says nothing, unless the import clears."""
    clears = fields.empty_cells == "clear" and fields.mode in ("update", "sync")
    silent = NEVER_CLEARED.intersection(values.empty) if clears else values.empty
    said = _said(fields, values)
    return {name: value for name, value in said.items() if name not in silent and value != getattr(account, name)}


def not_enabled(account: Account, different: Mapping[str, Any]) -> CellProblem | None:
    """What to tell of a person who is there and cannot call, `different` in this neither."""
    now = standing(account)
    if now == "enabled" or (now == "expired" and "expires_at" in different):
        return None
    what = "has expired: extend the account." if now == "expired" else f"is {now}: enable the account."
    return CellProblem("", f"This person {what}")


def shown(known: Known, account: Account, different: Mapping[str, Any]) -> dict[str, Difference]:
    """The columns in which the row says other than the account, each as a file has it."""
    columns = [column_of(name) for name in different]

    def cells(values: Mapping[str, Any]) -> list[str]:
        named = {
            "group_id": known.groups.names.get(values.get("group_id", "")),
            "profile_id": known.profiles.names.get(values.get("profile_id") or ""),
        }
        return cells_of({**values, **{name: text for name, text in named.items() if text is not None}}, columns)

    before = cells({name: getattr(account, name) for name in different})
    return dict(zip(columns, map(Difference, before, cells(different)), strict=True))


def cell_problems(problem: Problem) -> list[CellProblem]:
    """What stands against a row, by column."""
    if problem.details:
        return [CellProblem(column_of(each["field"]), each["problem"]) for each in problem.details]
    return [CellProblem(column_of(problem.field or ""), problem.message)]
