"""To which countries a tenant's SMS may go."""

from functions.tenants.tenants import TenantFields


def refused(tenant: TenantFields, country: str | None) -> str | None:
    """Why no SMS goes there, and what to do; None where it may."""
    if tenant.countries is None or country in tenant.countries:
        return None
    return f"SMS to {country or 'numbers of no country'} are not allowed: it is not among the tenant's countries."
