"""A schema's fields as a table that people read: name, type, and what it may be."""

import re
from collections.abc import Iterator
from typing import Any, Final

from functions.common.page import escape
from functions.console.schemas import Schema

DEEPEST: Final = 4
_LIMITS: Final = (
    ("minimum", "from {}"),
    ("maximum", "up to {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("maxItems", "at most {}"),
)


def prose(text: str) -> str:
    """Text with `code` in it, as HTML."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def table(document: Schema, schema: Schema) -> str:
    """The fields of a body; of several kinds of body one table each."""
    found = _resolved(document, schema)
    if "anyOf" in found:
        return "".join(table(document, option) for option in found["anyOf"])
    about = f"<p>{prose(found['description'])}</p>" if "description" in found else ""
    return f"{about}<table>{''.join(_rows(document, found, '', 0))}</table>"


def _rows(document: Schema, schema: Schema, prefix: str, depth: int) -> Iterator[str]:
    for name, property_ in schema.get("properties", {}).items():
        own = _not_null(document, property_)
        needed = ", required" if name in schema.get("required", ()) else ""
        about = property_.get("description", own.get("description", ""))
        allowed = _allowed(own, property_)
        yield (
            f"<tr><td><code>{escape(prefix + name)}</code><small>{escape(_type(document, own))}{needed}</small>"
            f"<td>{prose(about)}{f'<small>{escape(allowed)}</small>' if allowed else ''}"
        )
        inner = _resolved(document, own.get("items", {})) if own.get("type") == "array" else own
        if inner.get("properties") and depth < DEEPEST:
            mark = "[]." if own.get("type") == "array" else "."
            yield from _rows(document, inner, f"{prefix}{name}{mark}", depth + 1)


def _type(document: Schema, schema: Schema) -> str:
    if "enum" in schema:
        return "one of"
    if "anyOf" in schema:
        return " or ".join(_type(document, _resolved(document, option)) for option in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(document, _resolved(document, schema.get('items', {})))}"
    return str(
        schema.get("format")
        or {"object": "object", "string": "text"}.get(schema.get("type", ""), schema.get("type", "any"))
    )


def _allowed(schema: Schema, property_: Schema) -> str:
    parts = [", ".join(str(each) for each in schema.get("enum", schema.get("items", {}).get("enum", ())))]
    parts += [form.format(schema[name]) for name, form in _LIMITS if name in schema]
    default = property_.get("default", schema.get("default"))
    if default not in (None, "", [], {}) and not isinstance(default, dict):
        parts.append(f"default {str(default).lower() if isinstance(default, bool) else default}")
    return "; ".join(part for part in parts if part)


def _not_null(document: Schema, schema: Schema) -> Schema:
    found = _resolved(document, schema)
    kept = [option for option in found.get("anyOf", ()) if option != {"type": "null"}]
    return _resolved(document, kept[0]) if len(kept) == 1 else found


def _resolved(document: Schema, schema: Schema) -> Schema:
    reference: Any = schema.get("$ref")
    return document["components"]["schemas"][reference.rsplit("/", 1)[1]] if reference else schema
