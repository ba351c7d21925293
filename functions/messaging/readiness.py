"""Whether messages can leave, and what is missing when they cannot."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from functions.common.caller import PROVIDER
from functions.common.errors import NotReady
from functions.messaging import health
from functions.messaging.gateway_accounts import GATEWAYS
from functions.messaging.gateway_fields import Gateway
from functions.messaging.gateways import Channel
from functions.messaging.health import Standing


class ChannelReadiness(msgspec.Struct, frozen=True, kw_only=True):
    """`stale`: there are gateways, and none of them is known to work. `cure` says what to do."""

    channel: Channel
    state: Literal["ok", "missing", "stale"]
    cure: str | None = None


def ready(tenant: str, channels: Sequence[Channel], country: str | None = None) -> None:
    """Raises NotReady naming the gap: sending needs a gateway that was tested, the tenant's own or the provider's, and
    for an SMS one that serves the country.

    The provider's are read only where the tenant's own do not suffice."""
    own = _all(tenant)
    lacking = [channel for channel in channels if not any(_works(each, channel, country) for each in own)]
    inherited = _all(PROVIDER) if lacking and tenant != PROVIDER else []
    for channel in lacking:
        found = _judged(channel, own, inherited, country if channel is Channel.sms else None)
        if found.cure is not None:
            raise NotReady(found.cure)


def check(tenant: str, channel: Channel) -> ChannelReadiness:
    return _judged(channel, _all(tenant), _all(PROVIDER) if tenant != PROVIDER else [], None)


class _Standing(msgspec.Struct, frozen=True):
    stored: Gateway
    standing: Standing


def _all(tenant: str) -> list[_Standing]:
    stored = GATEWAYS.all(tenant)
    standings = health.of_all(tenant) if stored else {}
    return [_Standing(each, standings.get(each.id, Standing())) for each in stored]


def _works(each: _Standing, channel: Channel, country: str | None) -> bool:
    return _is_for(each, channel, country) and each.standing.state == "ready"


def _is_for(each: _Standing, channel: Channel, country: str | None) -> bool:
    fields = each.stored.fields
    return fields.channel is channel and (country is None or not fields.countries or country in fields.countries)


def _judged(
    channel: Channel, own: Sequence[_Standing], inherited: Sequence[_Standing], country: str | None
) -> ChannelReadiness:
    if any(_works(each, channel, country) for each in (*own, *inherited)):
        return ChannelReadiness(channel=channel, state="ok")
    there = [each for each in (*own, *inherited) if each.stored.fields.channel is channel]
    if not there:
        cure = f"There is no gateway for {channel}. Create one under /v1/gateways and test it."
        return ChannelReadiness(channel=channel, state="missing", cure=cure)
    mine = [each for each in own if _is_for(each, channel, country)]
    if not mine and not any(_is_for(each, channel, country) for each in inherited):
        cure = f"No gateway sends SMS to {country}. Add the country to one under /v1/gateways."
        return ChannelReadiness(channel=channel, state="missing", cure=cure)
    out = next((each for each in mine if each.standing.state == "out"), None)
    if out is not None:
        name, reason = out.stored.fields.name, out.standing.reason
        cure = f"The gateway {name} for {channel} is out: {reason} Correct it and test it."
    elif mine:
        cure = f"No gateway for {channel} was tested yet. Send a test: POST /v1/gateways/{mine[0].stored.id}/test."
    else:
        cure = f"The provider's gateway for {channel} does not work at present."
    return ChannelReadiness(channel=channel, state="stale", cure=cure)
