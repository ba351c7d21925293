"""Which role may do what, as a table.

A permission is `thing:verb`; every route of `app.py` names one. To add one: use it in the route table, and give it
here to each role that needs it (alphabetical; a test fails for a permission that no role has)."""

from typing import Final

_CSR: Final = frozenset(
    {
        "accounts:create",
        "accounts:change",
        "accounts:delete",
        "accounts:import",
        "accounts:read",
        "accounts:send",
        "configuration:read",
        "messages:read",
        "readiness:read",
    }
)
_ADMIN: Final = _CSR | {
    "audit:read",
    "configuration:write",
    "gateways:read",
    "gateways:write",
    "operators:read",
    "operators:write",
    "tenant:read",
    "tenant:write",
}
_AUDITOR: Final = frozenset(
    {
        "accounts:read",
        "audit:read",
        "configuration:read",
        "messages:read",
        "operators:read",
        "readiness:read",
        "tenant:read",
    }
)
_REGISTRAR: Final = frozenset({"registrar:use"})
_EXPORTER: Final = frozenset({"registrar:export"})  # every digest secret of a SIP domain at once: nobody else has it
_PROVIDER: Final = (
    frozenset({"tenants:read", "tenants:write"}) | (_ADMIN - _CSR) | {"configuration:read", "readiness:read"}
)

ROLES: Final[dict[str, frozenset[str]]] = {
    # Enrol: live activation links of many people at once, for who runs their devices; or their digest secrets.
    # Personal: everything about one person, for who answers them.
    "admin": _ADMIN | {"accounts:enrol", "accounts:personal"},
    "auditor": _AUDITOR,
    "csr": _CSR,
    "exporter": _EXPORTER,
    "provider": _PROVIDER,
    "registrar": _REGISTRAR,
}


def allows(role: str, permission: str) -> bool:
    """Deny by default: an unknown role or permission is a no."""
    return permission in ROLES.get(role, frozenset())
