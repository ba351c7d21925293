"""From bytes to our types, with every wrong field named at once.

msgspec decodes in a microsecond but stops at the first error; only then is the JSON walked field by field."""

from typing import Annotated, Any, TypeVar, get_args, get_origin

import msgspec

from functions.common.errors import Invalid

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)


def decode(raw: bytes, type_: type[T]) -> T:
    """`raw` as `type_`.

    Raises Invalid listing each wrong, missing and unknown field as {"field": "a.b[0]", "problem": "…"}."""
    try:
        return msgspec.json.decode(raw, type=type_)
    except (msgspec.ValidationError, UnicodeDecodeError) as error:
        first = str(error)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _not_json(error) from None
    try:
        value: object = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_json(error) from None
    raise Invalid(details=_problems(value, type_, "") or [{"field": "", "problem": first}])


def _not_json(error: Exception) -> Invalid:
    return Invalid("The body is not valid JSON.", details=[{"field": "", "problem": str(error)}])


def convert(values: dict[str, str], type_: type[T]) -> T:
    """Query parameters (all text) as `type_`; raises Invalid like `decode`."""
    try:
        return msgspec.convert(values, type_, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(
            details=_problems(values, type_, "", strict=False) or [{"field": "", "problem": str(error)}]
        ) from None


def _problems(value: object, type_: Any, path: str, *, strict: bool = True) -> list[dict[str, str]]:
    struct = _struct_of(type_, value)
    if struct is not None and isinstance(value, dict):
        found = _struct_problems(value, struct, path, strict=strict)
        if found:
            return found
    item = _item_of(type_)
    if item is not None and isinstance(value, list) and value:
        found = [p for i, each in enumerate(value) for p in _problems(each, item, f"{path}[{i}]", strict=strict)]
        if found:
            return found
    try:
        msgspec.convert(value, type_, strict=strict)
    except msgspec.ValidationError as error:
        problem, _, where = str(error).partition(" - at `$")
        return [{"field": f"{path}{where.rstrip('`')}".lstrip("."), "problem": _plain(problem, type_)}]
    return []


def _plain(problem: str, type_: Any) -> str:
    """The problem without the pattern, which tells nobody what to write: the type's own description does."""
    if "matching regex" not in problem:
        return problem
    wanted = _description(type_)
    return (
        f"not in the right form. Wanted: {wanted}" if wanted else "in another form, or with characters not taken here"
    )


def _description(type_: Any) -> str | None:
    """What a type says of itself; of a union, what its first member that says anything does."""
    for each in get_args(type_):
        found = each.description if isinstance(each, msgspec.Meta) else _description(each)
        if found is not None:
            return found
    return None


def _struct_problems(
    value: dict[str, object], struct: type[msgspec.Struct], path: str, *, strict: bool
) -> list[dict[str, str]]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    dot = f"{path}." if path else ""
    tag = struct.__struct_config__.tag_field
    found = [
        {"field": f"{dot}{name}", "problem": "unknown field"} for name in value if name not in fields and name != tag
    ]
    for name, field in fields.items():
        if name in value:
            found += _problems(value[name], field.type, f"{dot}{name}", strict=strict)
        elif field.required:
            found.append({"field": f"{dot}{name}", "problem": "required"})
    return found


def _struct_of(type_: Any, value: object) -> type[msgspec.Struct] | None:
    """The struct that `type_` is, or the one member of a union that `value`'s tag names."""
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return type_
    members = [m for m in get_args(type_) if isinstance(m, type) and issubclass(m, msgspec.Struct)]
    if len(members) == 1:
        return members[0]
    for member in members:
        config = member.__struct_config__
        if isinstance(value, dict) and config.tag is not None and value.get(str(config.tag_field)) == config.tag:
            return member
    return None


def _item_of(type_: Any) -> Any:
    if get_origin(type_) is Annotated:
        type_ = get_args(type_)[0]
    return get_args(type_)[0] if get_origin(type_) in (list, tuple, set, frozenset) else None


def partial(struct: type[S], name: str) -> type[msgspec.Struct]:
    """The same fields, each of which may be left out: the body of a PATCH. What is left out is UNSET."""
    return msgspec.defstruct(
        name,
        [
            (field.encode_name, field.type | msgspec.UnsetType, msgspec.UNSET)
            for field in msgspec.structs.fields(struct)
        ],
        forbid_unknown_fields=True,
        frozen=True,
        kw_only=True,
        module=struct.__module__,
    )


def merged(current: S, change: msgspec.Struct) -> S:
    """`current` with the fields that `change` sets."""
    return msgspec.structs.replace(current, **given(change))


def given(change: msgspec.Struct) -> dict[str, Any]:
    """The fields that a PATCH's body sets."""
    return {name: value for name in change.__struct_fields__ if (value := getattr(change, name)) is not msgspec.UNSET}
