"""What is in force for an account, and from which level each value comes: account, group, tenant or provider."""

from typing import Any, Literal, NamedTuple

import msgspec

from functions.accounts.groups import GROUPS
from functions.accounts.models import Account
from functions.provisioning.profiles import Resolved, resolve
from functions.provisioning.render import Person
from functions.tenants import tenants

Level = Literal["account", "group", "tenant", "provider", "default"]


class Effective(NamedTuple):
    """The resolved configuration of one account."""

    profile: Resolved
    client: str
    client_level: Level
    language: str
    language_level: Level


class Sourced(msgspec.Struct, frozen=True, kw_only=True):
    """A value in force, and the level that set it."""

    value: Any
    level: Level
    id: str | None = None  # of the profile, where one set it


def effective(account: Account) -> Effective:
    """Resolves the account's profile, client and language. Raises NotReady when no profile resolves."""
    group = GROUPS.get(account.tenant, account.group_id).fields
    tenant = tenants.get(account.tenant).fields
    client, client_level = _first(account.client, group.client, tenant.client)
    language, language_level = _first(account.language, group.language, tenant.language)
    profile = resolve(account.tenant, account.profile_id, group.profile_id)
    return Effective(profile, client, client_level, language, language_level)


def person(account: Account, language: str) -> Person:
    """What of an account stands in its client's file."""
    return Person(
        full_name=account.full_name,
        number=account.number,
        domain=account.domain,
        security_model=account.security_model,  # type: ignore[arg-type]
        obfuscation=account.obfuscation,
        obfuscation_key=int(account.obfuscation_key),
        keep_alive=account.keep_alive,
        language=language,
    )


def explain(account: Account) -> dict[str, Sourced]:
    """Every value in force with the level it comes from."""
    found = effective(account)
    own = (
        "full_name",
        "number",
        "username",
        "domain",
        "security_model",
        "obfuscation",
        "obfuscation_key",
        "keep_alive",
    )
    values = {name: Sourced(value=getattr(account, name), level="account") for name in own}
    values["client"] = Sourced(value=found.client, level=found.client_level)
    values["language"] = Sourced(value=found.language, level=found.language_level)
    profile = found.profile
    for name, value in msgspec.to_builtins(profile.fields).items():
        values[f"profile.{name}"] = Sourced(value=value, level=profile.level, id=profile.stored.id)
    return values


def _first(own: str | None, group: str | None, tenant: str) -> tuple[str, Level]:
    if own is not None:
        return own, "account"
    if group is not None:
        return group, "group"
    return tenant, "tenant"
