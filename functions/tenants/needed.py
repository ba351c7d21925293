"""What must not be deleted because others need it: asked when somebody wants to, by the routes alone."""

from functions.accounts.groups import GROUPS
from functions.accounts.search import any_in_domain
from functions.common.errors import Conflict
from functions.common.records import Stored
from functions.installation.packages import PACKAGES
from functions.provisioning.profiles import using_domain
from functions.tenants.domains import DOMAINS, DomainFields
from functions.tenants.hostnames import HOSTNAMES
from functions.tenants.tenants import TenantFields


def tenant(stored: Stored[TenantFields]) -> None:
    """Raises Conflict while the tenant has groups, files, or names that nobody else could have."""
    if any(each.page(stored.id, limit=1).items for each in (GROUPS, DOMAINS, HOSTNAMES, PACKAGES)):
        raise Conflict(
            "This tenant still has groups, SIP domains, hostnames or packages. Delete them first, with its accounts."
        )


def domain(stored: Stored[DomainFields]) -> None:
    """Raises Conflict while profiles lead to the SIP domain, or accounts live under it."""
    if using_domain(stored.tenant, stored.fields.name):
        raise Conflict("A provisioning profile uses this SIP domain. Change or delete the profile first.")
    if any_in_domain(stored.tenant, stored.fields.name):
        raise Conflict("Accounts live under this SIP domain. Delete them first.")
