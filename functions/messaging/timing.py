"""When messages are sent: both at once or one after the other, and not while people sleep. Pure functions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from msgspec import Meta

from functions.common import clock
from functions.common.errors import Invalid
from functions.common.types import Moment
from functions.messaging.gateways import Channel
from functions.messaging.kinds import Kind
from functions.messaging.plan import INSTALLED, Plan, Quiet
from functions.provisioning.fields import MessagePolicy, QuietHours

if TYPE_CHECKING:
    from functions.accounts.groups import GroupFields
    from functions.accounts.people import Account, Contact
    from functions.tenants.tenants import TenantFields

SendAt = Annotated[Moment, Meta(description="Not before this moment, at most 60 days away; at once when left out")]
AtOnce = Annotated[bool, Meta(description="Also in quiet hours: the person is on the telephone")]

LATEST: Final = timedelta(days=60)


class Ordered(NamedTuple):
    """One message, when it is sent, and what may make it come sooner."""

    kind: Kind
    channel: Channel
    send_at: datetime | None
    waits_for: str | None = None


def ordered(
    wanted: Sequence[tuple[Kind, Channel]], policy: MessagePolicy, first: datetime | None = None
) -> list[Ordered]:
    """The messages to send so that `wanted` is told, in the profile's order, the first of them at `first`.

    An order needs an installation and an activation message: by itself each is sent as it is. Raises Invalid."""
    check_time(first)
    kinds = {kind for kind, _ in wanted}
    if not {Kind.installation, Kind.activation} <= kinds or policy.order == "both":
        return [Ordered(kind, channel, first) for kind, channel in wanted]
    if policy.order == "combined":
        both = [channel for kind, channel in wanted if (_other(kind), channel) in wanted]
        found = [Ordered(Kind.combined, channel, first) for channel in dict.fromkeys(both)]
        return found + [Ordered(kind, channel, first) for kind, channel in wanted if channel not in both]
    later = (first or clock.now()) + timedelta(hours=policy.after_hours)
    return [
        Ordered(kind, channel, first)
        if kind is Kind.installation
        else Ordered(kind, channel, later, waits_for=INSTALLED)
        for kind, channel in wanted
    ]


def check_time(send_at: datetime | None) -> None:
    """Raises Invalid for a moment too far away."""
    if send_at is not None and send_at > clock.now() + LATEST:
        raise Invalid(f"Messages are kept for at most {LATEST.days} days.", field="send_at")


def plan(
    account: "Account", group: "GroupFields", tenant: "TenantFields", policy: MessagePolicy, *, at_once: bool = False
) -> Plan:
    """How the account's messages are sent under this policy."""
    hours = None if at_once else policy.quiet_hours
    return Plan(
        quiet=quiet(hours, account, group, tenant) if hours is not None else None,
        other_channel=policy.other_channel,
        resend_unknown=policy.resend_unknown,
    )


def quiet(hours: QuietHours, account: "Account", group: "GroupFields", tenant: "TenantFields") -> Quiet:
    """These hours, where the person is."""
    return Quiet(start=_minutes(hours.start), end=_minutes(hours.end), zones=zones(account, group, tenant))


def local(moment: datetime, contact: "Contact", group: "GroupFields | None", tenant: "TenantFields") -> str:
    """A moment on the person's clock, the same in every language: 2026-01-31 12:34 (Europe/Zurich)."""
    from zoneinfo import ZoneInfo

    [zone, *others] = zones(contact, group, tenant)
    if others:  # nobody said in which of the country's zones
        zone = tenant.time_zone or "UTC"
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"


def zones(account: "Account | Contact", group: "GroupFields | None", tenant: "TenantFields") -> tuple[str, ...]:
    """The person's time zone: the account's, the group's, those of the mobile's country, the tenant's; else UTC."""
    if named := account.time_zone or (group.time_zone if group is not None else None):
        return (named,)
    if account.mobile_country and (found := of_country(account.mobile_country)):
        return found
    return (tenant.time_zone or "UTC",)


@cache
def _countries() -> dict[str, tuple[str, ...]]:
    """The time zones of each country, the most populous first, by the IANA data's own table."""
    from importlib.resources import files

    found: dict[str, tuple[str, ...]] = {}
    for line in files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, name = line.split("\t")[:3]
            found[country] = (*found.get(country, ()), name)
    return found


def of_country(country: str) -> tuple[str, ...]:
    return _countries().get(country, ())


def _other(kind: Kind) -> Kind:
    return Kind.activation if kind is Kind.installation else Kind.installation


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
