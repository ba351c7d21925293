"""How many messages an operator may cause, and how many go unasked: so that nobody is flooded, by mistake or on
purpose."""

from typing import Final

from functions.accounts.people import Account
from functions.common import limits
from functions.common.caller import Caller
from functions.common.errors import TooMany
from functions.common.keyring import fingerprint
from functions.common.transaction import Step
from functions.messaging import caps
from functions.messaging.gateways import Channel
from functions.messaging.kinds import Kind
from functions.messaging.models import Message
from functions.tenants.tenants import TenantFields

PER_ACCOUNT: Final = 3  # messages of a kind by a channel within an hour
COOL_DOWN: Final = 30  # seconds between two that are the same
UNASKED: Final[dict[str, int]] = {  # to one address about one account within an hour
    Kind.code: 5,
    Kind.reminder: 2,
    Kind.activated: 3,
    Kind.reset: 3,
    Kind.changed: 3,
}


class TooManyNotices(Exception):
    """Enough was said for now. The message says of what, for people."""


def count(account: Account, kind: Kind, channel: Channel) -> None:
    """One more message that an operator asks for. Raises TooMany with the seconds to wait."""
    to = account.mobile if channel is Channel.sms else account.email
    check_address(account.tenant, to or "")
    what = (account.tenant, account.id, kind.value, channel.value)
    wait = limits.take(1, COOL_DOWN, "just-sent", *what)
    if wait is not None:
        raise TooMany("The same message was asked for a moment ago.", retry_after=wait)
    wait = limits.take(PER_ACCOUNT, 3600, "sent", *what)
    if wait is not None:
        raise TooMany(f"{PER_ACCOUNT} such messages were sent to this account within an hour.", retry_after=wait)


def count_operator(caller: Caller, tenant: TenantFields, messages: int) -> None:
    """So many more messages that one operator asks for today. Raises TooMany."""
    if limits.take_today(tenant.messages_per_operator, *_asked_by(caller), by=messages) is not None:
        raise _too_many(tenant)


def counted(caller: Caller, tenant: TenantFields, messages: int) -> Step:
    """The same as a step: with what is asked for they are counted, or not at all. Committing it raises TooMany."""
    return limits.step_today(tenant.messages_per_operator, _too_many(tenant), *_asked_by(caller), by=messages)


def count_notice(message: Message, to: str) -> None:
    """One more message that nobody asked for. Raises TooManyNotices; never for those that operators ask for."""
    most = UNASKED.get(message.kind)
    if most is None:
        return
    address = fingerprint(f"{message.tenant}|{to}")
    if limits.take(most, 3600, "unasked", message.tenant, message.account_id, message.kind, address) is not None:
        raise TooManyNotices(f"{most} of the kind {message.kind} went to this address about this account in an hour.")


def check_address(tenant: str, to: str) -> None:
    """Raises TooMany while this person is to be left in peace. Counted when a message is sent."""
    wait = caps.per_address(tenant, to)
    if wait is not None:
        raise TooMany(f"{caps.PER_ADDRESS} messages went to this person today.", retry_after=wait)


def _asked_by(caller: Caller) -> tuple[str, ...]:
    return (caller.tenant, "asked-by", caller.operator)


def _too_many(tenant: TenantFields) -> TooMany:
    most = tenant.messages_per_operator
    return TooMany(
        f"With these you would have asked for more than {most} messages today.", retry_after=limits.left_today()
    )
