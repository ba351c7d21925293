"""How many messages an operator may cause: so that nobody is flooded, by mistake or on purpose."""

from typing import Final

from functions.accounts.people import Account
from functions.common import limits
from functions.common.errors import TooMany
from functions.common.keyring import fingerprint
from functions.messaging.gateways import Channel
from functions.messaging.kinds import Kind

PER_ACCOUNT: Final = 3  # messages of a kind by a channel within an hour
PER_ADDRESS: Final = 10  # messages to a number or address within a day


def count(account: Account, kind: Kind, channel: Channel) -> None:
    """One more message that an operator asks for. Raises TooMany with the seconds to wait."""
    wait = limits.take(PER_ACCOUNT, 3600, account.tenant, "sent", account.id, kind.value, channel.value)
    if wait is not None:
        raise TooMany(f"{PER_ACCOUNT} such messages were sent to this account within an hour.", retry_after=wait)
    to = account.mobile if channel is Channel.sms else account.email
    count_address(account.tenant, to or "")


def count_address(tenant: str, to: str) -> None:
    """One more message to this number or address within a day. Raises TooMany."""
    wait = limits.take(PER_ADDRESS, 86_400, tenant, "sent-to", fingerprint(to))
    if wait is not None:
        raise TooMany(f"{PER_ADDRESS} messages went to this person within a day.", retry_after=wait)
