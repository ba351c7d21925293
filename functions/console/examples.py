"""An example for every body: one that says something where it matters, else one made from the schema."""

from collections.abc import Mapping
from typing import Any, Final

from functions.console.schemas import REF, Schema, Schemas

BODIES: Final[Mapping[str, object]] = {
    "NewAccount": {
        "full_name": "Ada Example",
        "number": "+12025550123",
        "email": "ada@example.net",
        "group_id": "4Xk0b2mQ9sLw7P",
        "messages": [{"kind": "installation", "channel": "sms"}, {"kind": "activation", "channel": "sms"}],
    },
    "ProfileFields": {
        "name": "Standard",
        "default": True,
        "domain": "sip.example.net",
        "customer_service_phone": "+12025550100",
        "test_call_number": "*43",
    },
    "DownloadFields": {"platform": "android", "url": "https://play.example.com/app", "minimum_os": "8.0"},
    "TemplateFields": {
        "kind": "activation",
        "channel": "sms",
        "language": "en",
        "text": "Activate your phone:\n{link}",
    },
    "GatewayChange": {"weight": 2},
}

# What a field is called says more of a good example than its type does.
_BY_NAME: Final[Mapping[str, object]] = {
    "domain": "sip.example.net",
    "email": "ada@example.net",
    "fallback_sender": "+12025550100",
    "full_name": "Ada Example",
    "group_id": "4Xk0b2mQ9sLw7P",
    "host": "go.example.net",
    "id": "7aZq1LkR0xWv3B",
    "message": "Some fields are wrong: see details.",
    "name": "Standard",
    "number": "+12025550123",
    "password": "correct-horse-battery",
    "realm": "sip.example.net",
    "request_id": "0b61a3c2-2a3e-4a0f-9f63-4f4a4f1f2d11",
    "sender": "phones@example.net",
    "text": "Your phone: {link}",
    "to": "ada@example.net",
    "token": "a0123456789ABCDEFGHIJKL",
    "url": "https://downloads.example.net/app",
    "user_key": "ABCDEFGHJKLM",
    "username": "4820173956",
}
_BY_FORMAT: Final = {"date-time": "2030-01-31T12:00:00Z", "date": "2030-01-31"}


def example(schemas: Schemas, schema: Schema, name: str = "") -> object:
    """A value that fits the schema: of a request what it needs, of an answer all that is always there."""
    if "$ref" in schema and (own := schema["$ref"].removeprefix(REF)) in BODIES:
        return BODIES[own]
    found = schemas.resolved(schema)
    if "anyOf" in found:
        return example(schemas, found["anyOf"][0], name)
    if "enum" in found:
        return found["enum"][0]
    match found.get("type"):
        case "object":
            return {key: example(schemas, value, key) for key, value in _shown(found).items()}
        case "array":
            filled = found.get("minItems") or name == "items"
            return [example(schemas, found["items"], name)] if filled else []
        case "integer" | "number":
            return found.get("default", found.get("minimum", 1))
        case "boolean":
            return found.get("default", True)
        case "string":
            return _text(found, name)
    return None


def _shown(schema: Schema) -> dict[str, Any]:
    """The properties that must be there; the first where none must."""
    properties: dict[str, Any] = schema.get("properties", {})
    required = schema.get("required", ())
    return {name: value for name, value in properties.items() if name in required} or dict(list(properties.items())[:1])


def _text(schema: Schema, name: str) -> object:
    if schema.get("examples"):
        return schema["examples"][0]
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name.endswith("_id"):
        return _BY_NAME["id"]
    return _BY_FORMAT.get(schema.get("format", ""), schema.get("default") or "…")
