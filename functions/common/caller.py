"""Who is asking: what the HTTP edge learned from the token, handed to every use case."""

import msgspec

PROVIDER = "provider"  # the tenant id under which the installation's own things lie


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """An authenticated operator. `groups` is None for one who may see the whole tenant."""

    tenant: str
    operator: str  # the token's id
    name: str
    role: str
    groups: frozenset[str] | None = None
    domains: frozenset[str] = frozenset()  # of a registrar's token
    address: str = ""  # where the request came from, as the gateway saw it

    def sees(self, group: str) -> bool:
        """Whether accounts of this group are in the caller's scope."""
        return self.groups is None or group in self.groups
