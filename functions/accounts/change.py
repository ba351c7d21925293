"""Change an account: its person, number and settings; never its username or SIP domain."""

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from functions.accounts import history, lifecycle, slots
from functions.accounts.create import NumberTaken, check_client, external, index
from functions.accounts.groups import GROUPS
from functions.accounts.models import Account, Device, NumberHolder, number_key, phones_key
from functions.accounts.numbers import account_number, mobile
from functions.accounts.people import SecurityModel, device, standing, visible
from functions.accounts.spelling import spelt
from functions.accounts.standing import released
from functions.common import audit, clock
from functions.common.caller import Caller
from functions.common.errors import Changed, Invalid
from functions.common.transaction import Delete, Put, Step, Update, commit, new, retried
from functions.common.types import ClientName, Email, Id, Language, Moment, Name, Number, Text, TimeZone
from functions.common.validate import given, partial
from functions.messaging.gateways import Channel
from functions.messaging.kinds import Kind
from functions.provisioning import profiles
from functions.provisioning.render import security_model
from functions.tenants import tenants
from functions.tenants.tenants import TenantFields

if TYPE_CHECKING:
    from functions.messaging.outbox import Composed

CONTACT = frozenset({"number", "mobile", "email"})
ADDRESSES = {Channel.sms: "mobile", Channel.email: "email"}
REPEATED = frozenset({"number", "expires_at", "group_id"})  # what the slots repeat


class AccountFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of an account may change."""

    full_name: Name
    number: Number
    mobile: Number | None
    email: Email | None
    group_id: Id
    profile_id: Id | None
    security_model: SecurityModel
    obfuscation: bool
    obfuscation_key: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
    keep_alive: bool
    client: ClientName | None
    language: Language | None
    time_zone: TimeZone | None
    description: Text
    external_id: Text | None
    expires_at: Moment | None


AccountChange = partial(AccountFields, "AccountChange")


def change(caller: Caller, account_id: str, wanted: msgspec.Struct, row: str | None = None) -> Account:
    """Sets the fields that are sent. A new number, mobile or e-mail ends the account's open links: whoever has the
    old one shall not activate, and is told. A later expiry brings an account back that had expired. `row`: of which
    import. Raises NotFound, Invalid, NumberTaken,
    ExternalIdTaken, Changed."""
    return retried(lambda: _change(caller, account_id, wanted, row))


def check(caller: Caller, account: Account, wanted: msgspec.Struct) -> None:
    """Raises Invalid for what `change` would refuse, as far as one can tell: who has the number is seen then."""
    _checked(caller, tenants.get(caller.tenant).fields, account, given(wanted))


def _change(caller: Caller, account_id: str, wanted: msgspec.Struct, row: str | None) -> Account:
    from functions.activation import ending
    from functions.messaging import outbox

    account = visible(caller, account_id)
    tenant = tenants.get(caller.tenant).fields
    before = dict(account.attribute_values)
    values = _checked(caller, tenant, account, given(wanted))
    changed = {name for name, value in values.items() if value != before.get(name)}
    for name in ("mobile", "email"):  # whoever sets it, to the same too, knows that it works again
        if name in values and getattr(account, f"{name}_problem") is not None:
            values[f"{name}_problem"] = None
            changed.add(f"{name}_problem")
    if not changed:
        return account
    for name in changed:
        setattr(account, name, values[name])
    index(account)
    account.import_row = row or account.import_row
    account.changed_at = clock.now()
    if "expires_at" in changed:
        lifecycle.expiry_set(account, account.changed_at)
    lifecycle.schedule(account, tenant.retention)
    version = account.version
    account.version = version + 1
    links = ending.open_links(account) if changed & CONTACT else []
    steps: list[Step] = [Put(item=account, condition=Account.version == version, otherwise=Changed())]
    steps += _number_steps(account, str(before["number"])) if "number" in changed else []
    steps += _external_steps(account, before.get("external_id")) if "external_id" in changed else []
    steps += repeated(account, ended={link.id for link in links}) if changed & REPEATED or links else []
    for link in links:
        steps += ending.steps(link, "revoked")
    told = _told(account, before, changed) if changed & CONTACT else []
    steps += [each.step for each in told]
    steps += _references(account, changed)
    steps.append(history.step(caller.tenant, account_id, "account.changed", fields=", ".join(sorted(changed))))
    old = {name: msgspec.to_builtins(before.get(name)) for name in changed}
    new_ = {name: msgspec.to_builtins(values[name]) for name in changed}
    steps.append(audit.entry(caller, "account.change", f"account/{account_id}", before=old, after=new_))
    commit(steps)
    outbox.enqueue([key for each in told for key in each.due_now])
    for link in links:
        ending.clean(link)
    return account


def _checked(caller: Caller, tenant: TenantFields, account: Account, values: dict[str, object]) -> dict[str, object]:
    """The new values as they are kept. Raises Invalid."""
    values = {**values, **spelt(values)}
    if "number" in values:
        values["number"] = account_number(str(values["number"]), tenant.extensions)
    if values.get("mobile"):
        values["mobile"] = mobile(str(values["mobile"]))
    if values.get("time_zone"):
        tenants.check_zone(str(values["time_zone"]))
    if "group_id" in values and not caller.sees(str(values["group_id"])):
        raise Invalid("There is no group with this id.", field="group_id")
    group = GROUPS.find(caller.tenant, str(values.get("group_id", account.group_id)))
    if group is None:
        raise Invalid("There is no group with this id.", field="group_id")
    if values.keys() & {"client", "security_model", "group_id", "profile_id"}:
        profile_id = values.get("profile_id", account.profile_id)
        resolved = profiles.resolve(caller.tenant, str(profile_id) if profile_id else None, group.fields.profile_id)
        if resolved.domain != account.domain:
            raise Invalid(
                f"That profile is of another SIP domain ({resolved.domain}); the account lives under {account.domain}.",
                field="profile_id" if "profile_id" in values else "group_id",
            )
        client = values.get("client", account.client) or group.fields.client or tenant.client
        model = str(values.get("security_model", account.security_model))
        check_client(str(client), security_model(resolved.fields, model))
    return values


def _told(account: Account, before: dict[str, Any], changed: set[str]) -> "list[Composed]":
    """The notices of changed contacts: to each address that went away; of a new number, to those that stay."""
    from functions.messaging import notices

    cause = f"{account.id}|contact|{int(before['version'])}"
    found = []
    for channel, name in ADDRESSES.items():
        if name in changed and before.get(name) and not before.get(f"{name}_problem"):
            former = notices.Former(channel, str(before[name]))
            found += notices.compose(account, Kind.changed, cause, to_former=former)
    if "number" in changed:
        new_ones = {channel for channel, name in ADDRESSES.items() if name in changed}
        found += notices.compose(account, Kind.changed, cause, avoid=new_ones)
    return found


def _references(account: Account, changed: set[str]) -> list[Step]:
    """Steps that hold what the account now names in place until the commit."""
    steps: list[Step] = []
    if "group_id" in changed:
        steps.append(
            GROUPS.exists(
                account.tenant, account.group_id, Invalid("There is no group with this id.", field="group_id")
            )
        )
    if "profile_id" in changed:
        steps += profiles.must_exist(account.tenant, account.profile_id)
    return steps


def _number_steps(account: Account, old: str) -> list[Step]:
    holder = NumberHolder(
        pk=number_key(account.tenant, account.domain, account.number),
        sk="-",
        account_id=account.id,
        username=account.username,
    )
    former = NumberHolder(pk=number_key(account.tenant, account.domain, old), sk="-")
    return [new(holder, NumberTaken(field="number")), Delete(item=former)]


def _external_steps(account: Account, old: str | None) -> list[Step]:
    """The former external id is free, and the new one taken."""
    return [*released(account, old), *external(account)]


def repeated(account: Account, ended: set[str]) -> list[Step]:
    """The slots repeat the number, the standing, the expiry and the group, and forget the links that end."""
    steps: list[Step] = []
    for number in range(1, int(account.slots) + 1):
        slot = device(account, number)
        if slot is None:
            continue
        actions = [Device.number.set(account.number), Device.standing.set(account.standing)]
        actions.append(
            Device.expires_at.set(account.expires_at) if account.expires_at is not None else Device.expires_at.remove()
        )
        if slot.phone_pk is not None:
            actions.append(Device.phone_pk.set(phones_key(account.tenant, account.group_id)))
        if slot.live_link in ended:
            actions.append(Device.live_link.remove())
        steps.append(Update(item=slot, actions=actions, condition=Device.epoch == slot.epoch))
        if slot.number != account.number:
            steps += slots.told(slot, epoch=None)  # what is registered under the former number
        elif slot.expires_at != account.expires_at:
            enabled = standing(account) == "enabled"
            steps += slots.told(slot, epoch=int(slot.epoch) if enabled else None, until=account.expires_at)
    return steps
