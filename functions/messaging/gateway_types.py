"""What the API takes and shows of gateways: one type per kind, made from what the kind's module declares.

A new provider's module is enough for its types, their validation and their place in `/openapi.json`."""

from typing import Annotated, Any, Final, Union

import msgspec
from msgspec import Meta

from functions.common.types import Id, Moment, Name
from functions.messaging.gateway_fields import Gateway, GatewayState, Routing
from functions.messaging.gateways import Channel, gateway, kinds
from functions.messaging.health import Standing


def body_type(kind: str) -> Any:
    """The body that creates a gateway of this kind."""
    module = gateway(kind)
    return msgspec.defstruct(
        f"New{_title(kind)}Gateway",
        [
            ("name", Name),
            _field("settings", module.Settings),
            _field("secrets", module.Secrets),
            *((field.name, field.type, _default(field)) for field in msgspec.structs.fields(Routing)),
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
            *((field.name, field.type) for field in msgspec.structs.fields(Routing)),
            ("state", GatewayState),
            ("reason", Annotated[str | None, Meta(description="Why it is out, or what its provider said last")]),
            ("tested_at", Moment | None),
            ("credit", Annotated[str | None, Meta(description="What the provider said is left, in `credit_unit`")]),
            ("credit_unit", str | None),
            ("granted_rate", Annotated[float | None, Meta(description="Messages a second, by the provider")]),
            ("checked_at", Moment | None),
            ("created_at", Moment),
            ("changed_at", Moment),
        ],
        tag_field="kind",
        tag=kind,
        frozen=True,
        kw_only=True,
    )


def show(stored: Gateway, standing: Standing) -> msgspec.Struct:
    """As the API shows it."""
    fields = stored.fields
    shown: msgspec.Struct = SHOWN[fields.kind](
        id=stored.id,
        name=fields.name,
        channel=fields.channel,
        settings=msgspec.convert(fields.settings, gateway(fields.kind).Settings),
        **{name: getattr(fields, name) for name in Routing.__struct_fields__},
        state=standing.state,
        reason=standing.reason,
        tested_at=standing.tested_at,
        credit=standing.credit,
        credit_unit=standing.unit,
        granted_rate=standing.rate,
        checked_at=standing.checked_at,
        created_at=stored.created_at,
        changed_at=stored.changed_at,
    )
    return shown


def _title(kind: str) -> str:
    return "".join(word.capitalize() for word in kind.split("_"))


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return msgspec.field(default_factory=field.default_factory)
    return field.default


def _field(name: str, struct: type[msgspec.Struct]) -> tuple[Any, ...]:
    """A field that may be left out when nothing in it is required."""
    if any(field.required for field in msgspec.structs.fields(struct)):
        return name, struct
    return name, struct, msgspec.field(default_factory=struct)


SHOWN: Final[dict[str, Any]] = {kind: shown_type(kind) for kind in kinds()}
NewGateway: Final[Any] = Union[tuple(body_type(kind) for kind in kinds())]  # noqa: UP007 - its members are computed
ShownGateway: Final[Any] = Union[tuple(SHOWN.values())]  # noqa: UP007
