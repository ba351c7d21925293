"""Whether messages can leave, and what is missing when they cannot."""

from typing import Literal

import msgspec

from functions.common.caller import PROVIDER
from functions.common.errors import NotReady
from functions.messaging.gateway_choice import of_channel
from functions.messaging.gateways import Channel


class ChannelReadiness(msgspec.Struct, frozen=True, kw_only=True):
    """`stale`: there are gateways, and none of them is known to work. `cure` says what to do."""

    channel: Channel
    state: Literal["ok", "missing", "stale"]
    cure: str | None = None


def ready(tenant: str, channel: Channel) -> None:
    """Raises NotReady naming the gap: sending needs a gateway that was tested, the tenant's own or the provider's."""
    found = check(tenant, channel)
    if found.cure is not None:
        raise NotReady(found.cure)


def check(tenant: str, channel: Channel) -> ChannelReadiness:
    gateways = [stored for owner in dict.fromkeys((tenant, PROVIDER)) for stored in of_channel(owner, channel)]
    own = [stored for stored in gateways if stored.tenant == tenant]
    if any(stored.fields.state == "ready" for stored in gateways):
        return ChannelReadiness(channel=channel, state="ok")
    if not gateways:
        cure = f"There is no gateway for {channel}. Create one under /v1/gateways and test it."
        return ChannelReadiness(channel=channel, state="missing", cure=cure)
    out = next((stored.fields for stored in own if stored.fields.state == "out"), None)
    if out is not None:
        cure = f"The gateway {out.name} for {channel} is out: {out.reason} Correct it and test it."
    elif own:
        cure = f"No gateway for {channel} was tested yet. Send a test: POST /v1/gateways/{own[0].id}/test."
    else:
        cure = f"The provider's gateway for {channel} does not work at present."
    return ChannelReadiness(channel=channel, state="stale", cure=cure)
