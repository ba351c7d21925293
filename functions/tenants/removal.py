"""A tenant's end: only when it holds nothing any more, and with every token that was issued for it."""

from functions.common.caller import Caller
from functions.common.errors import Conflict
from functions.operators import tokens
from functions.tenants import needed
from functions.tenants.tenants import TENANTS, get


def remove(caller: Caller, tenant_id: str) -> None:
    """Deletes a tenant. Its tokens go first: what is cut short leaves a tenant that nobody can use.

    Raises NotFound, Conflict."""
    stored = get(tenant_id)
    if stored.fields.closed:
        raise Conflict("This tenant is being off-boarded.")
    needed.tenant(stored)
    tokens.revoke_all(caller, tenant_id)
    TENANTS.delete(caller, tenant_id, needed.tenant)
