"""From our types to JSON Schema."""

from typing import Any, Final

import msgspec

Schema = dict[str, Any]

REF: Final = "#/components/schemas/"


class Schemas:
    """The schemas of many types, each struct once under its own name.

    Raises ValueError when two different structs want one name."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}

    def of(self, type_: Any) -> Schema:
        """The schema of a type; structs by reference into `components`."""
        (schema,), components = msgspec.json.schema_components([type_], schema_hook=_any, ref_template=REF + "{name}")
        for name, component in components.items():
            own, written = _short(name), _with_short_names(component)
            if self.components.setdefault(own, written) != written:
                raise ValueError(f"two different types are called {own}")
        found: Schema = _with_short_names(schema)
        return found

    def fields(self, struct: Any) -> dict[str, tuple[Schema, bool]]:
        """A struct's fields with their schemas, and whether each is required. Null stands for leaving it out."""
        name = self.of(struct)["$ref"].removeprefix(REF)
        whole = self.components.pop(name)  # a query is no component: its fields are parameters
        return {field: (_not_null(schema), field in whole["required"]) for field, schema in whole["properties"].items()}

    def resolved(self, schema: Schema) -> Schema:
        """The schema itself, where it was given by reference."""
        return self.components[schema["$ref"].removeprefix(REF)] if "$ref" in schema else schema


def _any(type_: type) -> Schema:
    if type_ is object:
        return {"description": "Any JSON value"}
    raise NotImplementedError


def _short(name: str) -> str:
    """msgspec tells namesakes apart by their modules: `….vonage_sms.Settings` is VonageSmsSettings here."""
    if "." not in name:
        return name
    module, own = name.rsplit(".", 2)[-2:]
    return "".join(word.capitalize() for word in module.split("_")) + own


def _with_short_names(node: Any) -> Any:
    if isinstance(node, list):
        return [_with_short_names(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        key: REF + _short(value.removeprefix(REF)) if key == "$ref" else _with_short_names(value)
        for key, value in node.items()
    }


def _not_null(schema: Schema) -> Schema:
    kept = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    found = kept[0] if len(kept) == 1 else schema | ({"anyOf": kept} if kept else {})
    return {key: value for key, value in found.items() if not (key == "default" and value is None)}
