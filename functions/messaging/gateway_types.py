"""What the API takes and shows of gateways: one type per kind, made from what the kind's module declares.

A new provider's module is enough for its types, their validation and their place in `/openapi.json`."""

from typing import Any, Final, Union

import msgspec

from functions.common.types import Id, Moment, Name
from functions.messaging.gateway_fields import Gateway, GatewayState, Weight
from functions.messaging.gateways import Channel, gateway, kinds


def body_type(kind: str) -> Any:
    """The body that creates a gateway of this kind."""
    module = gateway(kind)
    return msgspec.defstruct(
        f"New{_title(kind)}Gateway",
        [
            ("name", Name),
            _field("settings", module.Settings),
            _field("secrets", module.Secrets),
            ("weight", Weight, 1),
        ],
        tag_field="kind",
        tag=kind,
        forbid_unknown_fields=True,
        frozen=True,
        kw_only=True,
        namespace={"__doc__": (module.__doc__ or "").partition("\n")[0]},
    )


def shown_type(kind: str) -> Any:
    """A gateway of this kind as the API shows it: never with its secrets or its receipt address."""
    return msgspec.defstruct(
        f"{_title(kind)}Gateway",
        [
            ("id", Id),
            ("name", Name),
            ("channel", Channel),
            ("settings", gateway(kind).Settings),
            ("weight", Weight),
            ("state", GatewayState),
            ("reason", str | None),
            ("tested_at", Moment | None),
            ("created_at", Moment),
            ("changed_at", Moment),
        ],
        tag_field="kind",
        tag=kind,
        frozen=True,
        kw_only=True,
    )


def show(stored: Gateway) -> msgspec.Struct:
    """As the API shows it."""
    fields = stored.fields
    shown: msgspec.Struct = SHOWN[fields.kind](
        id=stored.id,
        name=fields.name,
        channel=fields.channel,
        settings=msgspec.convert(fields.settings, gateway(fields.kind).Settings),
        weight=fields.weight,
        state=fields.state,
        reason=fields.reason,
        tested_at=fields.tested_at,
        created_at=stored.created_at,
        changed_at=stored.changed_at,
    )
    return shown


def _title(kind: str) -> str:
    return "".join(word.capitalize() for word in kind.split("_"))


def _field(name: str, struct: type[msgspec.Struct]) -> tuple[Any, ...]:
    """A field that may be left out when nothing in it is required."""
    if any(field.required for field in msgspec.structs.fields(struct)):
        return name, struct
    return name, struct, msgspec.field(default_factory=struct)


SHOWN: Final[dict[str, Any]] = {kind: shown_type(kind) for kind in kinds()}
NewGateway: Final[Any] = Union[tuple(body_type(kind) for kind in kinds())]  # noqa: UP007 - its members are computed
ShownGateway: Final[Any] = Union[tuple(SHOWN.values())]  # noqa: UP007
