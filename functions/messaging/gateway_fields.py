"""A gateway at rest, and the body that changes one."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from functions.common.records import Stored
from functions.common.types import Name
from functions.messaging.gateways import Channel

Weight = Annotated[int, Meta(ge=1, le=100, description="Its share of the messages, among gateways of the channel")]
GatewayState = Literal["untested", "ready", "out"]


class GatewayFields(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway at rest. Its secrets are in Secrets Manager, in the version named here."""

    name: Name
    kind: str
    channel: Channel
    settings: dict[str, Any]
    weight: Weight = 1
    secret_version: str
    state: GatewayState = "untested"
    reason: str | None = None  # why it is out
    tested_at: datetime | None = None


class GatewayChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes of a gateway. `settings` and `secrets`, where given, are set as a whole."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    weight: Weight | msgspec.UnsetType = msgspec.UNSET
    settings: Annotated[dict[str, Any], Meta(description="As when it was created, of its kind")] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    secrets: Annotated[dict[str, Any], Meta(description="As when it was created, of its kind")] | msgspec.UnsetType = (
        msgspec.UNSET
    )


Gateway = Stored[GatewayFields]
