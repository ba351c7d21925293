"""A tenant on trial sends to its guests alone. Everything else stays in its own inbox, for people who learn."""

from functions.tenants.tenants import TenantFields


def keeps(tenant: TenantFields, to: str) -> bool:
    """Whether a message to this number or address is kept instead of sent."""
    return tenant.trial and to.lower() not in {guest.lower() for guest in tenant.guests}
