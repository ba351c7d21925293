"""How long a tenant's things are kept, and when its operators are told of what time does to accounts."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from functions.common.errors import Invalid

LONGEST: Final = 3650  # days


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long things are kept, in days. A change takes hold of an account at upkeep's next visit, within 30 days."""

    warn_days: Annotated[
        int,
        Meta(
            ge=0,
            le=90,
            description="So long before an account expires it asks for attention; 0: never. "
            "An expiry that is nearer when it is set is told after half of that time",
        ),
    ] = 14
    delete_after_days: Annotated[
        Annotated[int, Meta(ge=1, le=LONGEST)] | None,
        Meta(
            description="So long after it has expired an account is deleted, and its personal data erased; null: never"
        ),
    ] = 90
    never_activated_flag_days: Annotated[
        Annotated[int, Meta(ge=1, le=LONGEST)] | None,
        Meta(description="An account asks for attention when no phone has ever registered in so long; null: never"),
    ] = 30
    never_activated_expire_days: Annotated[
        Annotated[int, Meta(ge=1, le=LONGEST)] | None,
        Meta(description="And it expires after so long, later than it asks for attention; null: never"),
    ] = None
    messages_days: Annotated[
        int,
        Meta(ge=35, le=LONGEST, description="Messages that have ended; longer than any link lives that they carry"),
    ] = 180
    history_days: Annotated[
        int, Meta(ge=90, le=LONGEST, description="What happened to an account: longer than its dead links are known")
    ] = 730
    addresses_days: Annotated[
        int,
        Meta(
            ge=7,
            le=LONGEST,
            description="Then, within a day, networks are cut to /24 (IPv4) or /48 (IPv6), and what phones and "
            "browsers call themselves is forgotten, in histories, links and devices",
        ),
    ] = 30
    audit_days: Annotated[int, Meta(ge=365, le=LONGEST, description="What operators did")] = LONGEST


def check(retention: Retention) -> None:
    """Raises Invalid."""
    flag, expire = retention.never_activated_flag_days, retention.never_activated_expire_days
    if flag is not None and expire is not None and expire <= flag:
        raise Invalid(
            "An account that was never activated must ask for attention before it expires.",
            field="retention.never_activated_expire_days",
        )
