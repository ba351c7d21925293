"""Create an account: plain, or with its messages in the same call (the wizard). All of it is written, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec

from functions.accounts import history, lifecycle
from functions.accounts.groups import GROUPS, GroupFields
from functions.accounts.models import (
    Account,
    Device,
    ExternalHolder,
    NumberHolder,
    account_key,
    device_key,
    external_key,
    number_key,
    phones_key,
)
from functions.accounts.numbers import account_number, costly, country_of, mobile
from functions.accounts.people import SecurityModel, get
from functions.accounts.search import folded
from functions.accounts.spelling import spelt
from functions.common import audit, clock, ids
from functions.common.caller import Caller
from functions.common.errors import Conflict, Invalid
from functions.common.requests import Replayed, RequestMark
from functions.common.table import key
from functions.common.transaction import Step, commit, new
from functions.common.types import ClientName, Email, Id, Language, Moment, Name, Number, Text, TimeZone, Username
from functions.messaging.gateways import Channel
from functions.messaging.kinds import ACTIVATING, AskedFor, Kind
from functions.messaging.timing import AtOnce, SendAt
from functions.provisioning import profiles
from functions.provisioning.clients import client as client_module
from functions.provisioning.clients import clients
from functions.provisioning.fields import ProfileFields
from functions.provisioning.render import security_model, startable
from functions.tenants import tenants
from functions.tenants.tenants import TenantFields

if TYPE_CHECKING:
    from functions.messaging.outbox import MessageKey

USERNAME_DIGITS = 10
USERNAME_TRIES = 3


class WantedMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One message to send with the account's creation."""

    kind: AskedFor
    channel: Channel


class NewAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person who shall have an account. With `messages`, they are sent in the same step."""

    full_name: Name
    number: Number
    group_id: Id
    mobile: Number | msgspec.UnsetType | None = msgspec.UNSET  # left out: the number, when it is E.164
    email: Email | None = None
    username: Username | None = None  # left out: ten random digits
    security_model: SecurityModel = "end-to-site"
    obfuscation: bool = True
    obfuscation_key: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 9
    keep_alive: bool = True
    client: ClientName | None = None  # left out: the group's, else the tenant's
    language: Language | None = None
    time_zone: TimeZone | None = None
    description: Text = ""
    external_id: Text | None = None
    profile_id: Id | None = None
    expires_at: Moment | None = None
    messages: Annotated[list[WantedMessage], msgspec.Meta(max_length=4)] = []
    send_at: SendAt | None = None
    at_once: AtOnce = False


class NumberTaken(Conflict):
    code = "number_taken"
    message = "Another account has this number."


class UsernameTaken(Conflict):
    code = "username_taken"
    message = "This username is taken, or was once. Usernames are never given out again."


class ExternalIdTaken(Conflict):
    code = "external_id_taken"
    message = "Another account has this external id."


class Adopted(NamedTuple):
    """What a phone that works already registers with: HA1s, in hex. Who has no SHA-256 is asked for MD5 alone."""

    md5: str
    sha256: str | None


class Made(NamedTuple):
    """A new account, and what to enqueue."""

    account: Account
    keys: "Sequence[MessageKey]"


@dataclass(frozen=True)
class _Sending:
    """The wizard's second half: what goes into the transaction, and what is enqueued after it."""

    steps: Sequence[Step]
    keys: "Sequence[MessageKey]"
    link_id: str | None


class _House(NamedTuple):
    """What surrounds an account."""

    tenant: TenantFields
    group: GroupFields
    profile: ProfileFields


def create(caller: Caller, wanted: NewAccount, mark: RequestMark) -> Account:
    """The new account.

    Raises Invalid, NumberTaken, UsernameTaken, and NotReady where its messages could not be sent: then nothing is
    made."""
    account_id = mark.id("account")
    try:
        mark.check()
        made = make(caller, account_id, wanted, mark.steps(), counted=True)
    except Replayed:
        return get(caller.tenant, account_id)
    if made.keys:
        from functions.messaging import outbox

        outbox.enqueue(made.keys)
    return made.account


def make(
    caller: Caller,
    account_id: str,
    wanted: NewAccount,
    also: Sequence[Step],
    *,
    row: str | None = None,
    adopted: Adopted | None = None,
    counted: bool = False,
) -> Made:
    """The account under this id, committed together with `also`; its messages are to be enqueued. `row`: of which
    import; `counted`: its messages count for what the operator may ask for in a day. Raises like `create`; Changed
    where the account exists."""
    wanted = _spelt(wanted)
    for attempt in range(USERNAME_TRIES):
        try:
            return _make(caller, account_id, wanted, also, row, adopted, counted=counted)
        except UsernameTaken:
            if wanted.username is not None or attempt == USERNAME_TRIES - 1:
                raise
    raise AssertionError  # the last try has raised


def check(caller: Caller, wanted: NewAccount) -> Account:
    """The account as it would be made, written nowhere. Raises what `create` would, as far as one can tell: who has
    the number or the username is seen when it is made."""
    wanted = _spelt(wanted)
    account, house = _account(caller, "check", wanted)
    if wanted.messages:
        _check_sending(account, wanted, house)
    return account


def _spelt(wanted: NewAccount) -> NewAccount:
    return msgspec.structs.replace(wanted, **spelt(msgspec.structs.asdict(wanted)))


def _make(
    caller: Caller,
    account_id: str,
    wanted: NewAccount,
    also: Sequence[Step],
    row: str | None,
    adopted: Adopted | None,
    *,
    counted: bool,
) -> Made:
    account, house = _account(caller, account_id, wanted)
    account.import_row = row
    sending = _sending(caller, account, wanted, house, counted=counted)
    if adopted is not None:
        account.readiness = "active"
    elif sending.link_id is not None:
        account.readiness = "activating"
    lifecycle.schedule(account, house.tenant.retention)
    commit(
        [
            new(account),
            new(_number(account), NumberTaken(field="number")),
            *external(account),
            new(_device(account, sending.link_id, adopted), UsernameTaken(field="username")),
            *sending.steps,
            history.step(caller.tenant, account_id, "account.created", by=caller.operator),
            audit.entry(caller, "account.create", f"account/{account_id}", after=msgspec.to_builtins(wanted)),
            *also,
        ]
    )
    return Made(account, sending.keys)


def _account(caller: Caller, account_id: str, wanted: NewAccount) -> tuple[Account, _House]:
    """The account as it is wanted, and what surrounds it. Group and profile are read, and not checked once more in the
    transaction: two transactions that check one item conflict, so that a group could take one person at a time
    (docs/decisions/0013)."""
    if not caller.sees(wanted.group_id):
        raise Invalid("There is no group with this id.", field="group_id")
    tenant = tenants.get(caller.tenant)
    group = GROUPS.find(caller.tenant, wanted.group_id)
    if group is None:
        raise Invalid("There is no group with this id.", field="group_id")
    resolved = profiles.resolve(caller.tenant, wanted.profile_id, group.fields.profile_id)
    if wanted.profile_id is not None and resolved.level != "account":
        raise Invalid("There is no profile with this id.", field="profile_id")
    client = wanted.client or group.fields.client or tenant.fields.client
    check_client(client, security_model(resolved.fields, wanted.security_model))
    if wanted.expires_at is not None and wanted.expires_at <= clock.now():
        raise Invalid("This moment has passed.", field="expires_at")
    tenants.check_zone(wanted.time_zone)
    number = account_number(wanted.number, tenant.fields.extensions)
    now = clock.now()
    account = Account(
        pk=account_key(caller.tenant, account_id),
        sk="-",
        tenant=caller.tenant,
        id=account_id,
        full_name=wanted.full_name,
        number=number,
        mobile=_mobile(wanted.mobile, number),
        email=wanted.email,
        username=wanted.username or ids.digits(USERNAME_DIGITS),
        domain=resolved.domain,
        group_id=wanted.group_id,
        profile_id=wanted.profile_id,
        security_model=wanted.security_model,
        obfuscation=wanted.obfuscation,
        obfuscation_key=wanted.obfuscation_key,
        keep_alive=wanted.keep_alive,
        client=wanted.client,
        language=wanted.language,
        time_zone=wanted.time_zone,
        description=wanted.description,
        external_id=wanted.external_id,
        expires_at=wanted.expires_at,
        standing="enabled",
        readiness="pending",
        slots=1,
        version=1,
        created_at=now,
        changed_at=now,
    )
    index(account)
    return account, _House(tenant.fields, group.fields, resolved.fields)


def index(account: Account) -> None:
    """Sets what follows from the account's other fields: where its mobile is, and the keys by which it is found."""
    account.mobile_country = country_of(account.mobile) if account.mobile else None
    account.name_pk = account.tenant
    account.name_sk = key(folded(account.full_name), account.id)
    account.group_pk = key(account.tenant, account.group_id)
    account.email_pk = key(account.tenant, account.email.lower()) if account.email else None
    account.mobile_pk = key(account.tenant, account.mobile) if account.mobile else None


def check_client(name: str, security_model: str) -> None:
    """Raises Invalid for an app that does not exist or cannot keep the security model."""
    if name not in clients():
        raise Invalid(f"There is no client {name}. There are: {', '.join(clients())}.", field="client")
    if security_model not in client_module(name).SECURITY_MODELS:
        raise Invalid(f"The client {name} cannot keep the security model {security_model}.", field="security_model")


def _mobile(wanted: str | msgspec.UnsetType | None, number: str) -> str | None:
    if wanted is msgspec.UNSET:
        return number if number.startswith("+") and not costly(number) else None
    return mobile(wanted) if wanted else None


def _number(account: Account) -> NumberHolder:
    pk = number_key(account.tenant, account.domain, account.number)
    return NumberHolder(pk=pk, sk="-", account_id=account.id, username=account.username)


def external(account: Account) -> list[Step]:
    """The step that takes the account's external id, if it has one. Raises ExternalIdTaken."""
    if account.external_id is None:
        return []
    pk = external_key(account.tenant, account.external_id)
    return [new(ExternalHolder(pk=pk, sk="-", account_id=account.id), ExternalIdTaken(field="external_id"))]


def _device(account: Account, link_id: str | None, adopted: Adopted | None) -> Device:
    device = Device(
        pk=device_key(account.tenant, account.domain, account.username),
        sk="-",
        tenant=account.tenant,
        account_id=account.id,
        slot=1,
        username=account.username,
        domain=account.domain,
        number=account.number,
        standing=account.standing,
        expires_at=account.expires_at,
        epoch=0,
        live_link=link_id,
    )
    if adopted is not None:
        _adopt(account, device, adopted)
    return device


def _adopt(account: Account, device: Device, adopted: Adopted) -> None:
    """The slot is filled as if a phone had fetched its credentials here."""
    from functions.common import sealing

    key = tenants.data_key(account.tenant)
    device.epoch = 1
    context = (account.id, "1", "1")
    device.ha1_md5 = sealing.seal(account.tenant, key, adopted.md5, *context, "MD5")
    if adopted.sha256 is not None:
        device.ha1_sha256 = sealing.seal(account.tenant, key, adopted.sha256, *context, "SHA-256")
    device.phone_pk = phones_key(account.tenant, account.group_id)


def _sending(caller: Caller, account: Account, wanted: NewAccount, house: _House, *, counted: bool) -> _Sending:
    if not wanted.messages:
        return _Sending((), (), None)
    from functions.activation import issue
    from functions.messaging import send_limits, timing, waves

    _check_sending(account, wanted, house)
    tenant, group, profile = house
    if counted:
        send_limits.count_operator(caller, tenant, len(wanted.messages))
    policy = profile.link_policy
    plan = timing.plan(account, group, tenant, profile.message_policy, at_once=wanted.at_once)
    plan = issue.plan_for(policy, plan)
    moments = [moment for moment in (wanted.send_at, waves.turn(account, group, tenant)) if moment is not None]
    first = max(moments, default=None)
    asked = [(Kind(message.kind), message.channel) for message in wanted.messages]
    ordered = timing.ordered(asked, profile.message_policy, first)
    needs_link = any(each.kind in ACTIVATING for each in ordered)
    latest = max((each.send_at for each in ordered if each.send_at is not None), default=None)
    link = issue.new_link(account, 1, account.id, policy, policy.kind, send_at=latest) if needs_link else None
    link_id = link.id if link is not None else None
    composed = issue.compose(account, ordered, account.id, link_id, plan)
    steps: list[Step] = [each.step for each in composed]
    if link is not None:
        steps += [new(link), history.step(account.tenant, account.id, "link.issued", link=link.id, by=caller.operator)]
    return _Sending(steps, [key for each in composed for key in each.due_now], link_id)


def _check_sending(account: Account, wanted: NewAccount, house: _House) -> None:
    """Raises what stands against the messages that are to go out with the account."""
    from functions.activation import issue

    if len(set(wanted.messages)) < len(wanted.messages):
        raise Invalid("The same message is asked for twice.", field="messages")
    tenant, group, profile = house
    issue.sendable(account, tenant, [message.channel for message in wanted.messages])
    # Each kind that is wanted here becomes one with a link, or one without, whatever the order they are sent in.
    activating = [each.channel for each in wanted.messages if Kind(each.kind) in ACTIVATING]
    if activating:
        startable(account.client or group.client or tenant.client, profile)
        issue.check_policy(profile.link_policy, account, activating)
