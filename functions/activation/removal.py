"""All links of an account go, for a tenant that goes. What finds them by a hash of their address ends by its `ttl`."""

from functions.activation import links
from functions.activation.models import Link


def erase(tenant: str, account_id: str) -> None:
    """Files and nonces first: they are found by their link. Repeatable."""
    found = links.for_account(tenant, account_id)
    for link in found:
        links.forget_secrets(link)
    with Link.batch_write() as batch:
        for link in found:
            batch.delete(link)
