"""Whether messages can leave, and what is missing when they cannot."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from functions.common.caller import PROVIDER
from functions.common.errors import NotReady
from functions.messaging.gateway_accounts import GATEWAYS
from functions.messaging.gateway_fields import Gateway
from functions.messaging.gateways import Channel


class ChannelReadiness(msgspec.Struct, frozen=True, kw_only=True):
    """`stale`: there are gateways, and none of them is known to work. `cure` says what to do."""

    channel: Channel
    state: Literal["ok", "missing", "stale"]
    cure: str | None = None


def ready(tenant: str, channels: Sequence[Channel]) -> None:
    """Raises NotReady naming the gap: sending needs a gateway that was tested, the tenant's own or the provider's.

    The provider's are read only where the tenant's own do not suffice."""
    own = GATEWAYS.all(tenant)
    lacking = [channel for channel in channels if not any(_works(stored, channel) for stored in own)]
    inherited = GATEWAYS.all(PROVIDER) if lacking and tenant != PROVIDER else []
    for channel in lacking:
        found = _judged(channel, own, inherited)
        if found.cure is not None:
            raise NotReady(found.cure)


def check(tenant: str, channel: Channel) -> ChannelReadiness:
    return _judged(channel, GATEWAYS.all(tenant), GATEWAYS.all(PROVIDER) if tenant != PROVIDER else [])


def _works(stored: Gateway, channel: Channel) -> bool:
    return stored.fields.channel is channel and stored.fields.state == "ready"


def _judged(channel: Channel, own: Sequence[Gateway], inherited: Sequence[Gateway]) -> ChannelReadiness:
    if any(_works(stored, channel) for stored in (*own, *inherited)):
        return ChannelReadiness(channel=channel, state="ok")
    mine = [stored for stored in own if stored.fields.channel is channel]
    if not mine and not any(stored.fields.channel is channel for stored in inherited):
        cure = f"There is no gateway for {channel}. Create one under /v1/gateways and test it."
        return ChannelReadiness(channel=channel, state="missing", cure=cure)
    out = next((stored.fields for stored in mine if stored.fields.state == "out"), None)
    if out is not None:
        cure = f"The gateway {out.name} for {channel} is out: {out.reason} Correct it and test it."
    elif mine:
        cure = f"No gateway for {channel} was tested yet. Send a test: POST /v1/gateways/{mine[0].id}/test."
    else:
        cure = f"The provider's gateway for {channel} does not work at present."
    return ChannelReadiness(channel=channel, state="stale", cure=cure)
