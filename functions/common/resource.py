"""The five operations of a configured record over HTTP, for every collection alike: create, list, read, change,
delete."""

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple, TypeVar

import msgspec

from functions.common import paging
from functions.common.errors import Changed, Conflict, NotFound, Problem
from functions.common.http import Answer, Call, View, operation
from functions.common.records import Collection, Spared, Stored
from functions.common.types import Id, Moment
from functions.common.validate import partial

F = TypeVar("F", bound=msgspec.Struct)

Limit = Annotated[int, msgspec.Meta(ge=1, le=paging.MAX_LIMIT, description="How many things a page holds at most")]
Cursor = Annotated[str, msgspec.Meta(min_length=1, max_length=4000, description="From the page before")]


class Listing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which page of a list."""

    cursor: Cursor | None = None
    limit: Limit = paging.DEFAULT_LIMIT


class Operations(NamedTuple):
    """The views of a collection, in the order of the route table."""

    create: View
    list: View
    read: View
    change: View
    delete: View


def page_type(name: str, item: Any) -> Any:
    """The type of a page of `item`: {"items": […], "cursor": "…" | null}."""
    return msgspec.defstruct(f"{name}Page", [("items", list[item]), ("cursor", str | None)], frozen=True)


def shown_type(name: str, fields: type[msgspec.Struct]) -> Any:
    """The type of a record as the API shows it: its id, its fields, and when it was made and changed."""
    return msgspec.defstruct(
        name,
        [("id", Id)]
        + [(field.encode_name, field.type) for field in msgspec.structs.fields(fields)]
        + [("created_at", Moment), ("changed_at", Moment)],
        frozen=True,
        kw_only=True,
    )


def present(stored: Stored[Any], shown: Any) -> msgspec.Struct:
    """A record as the API shows it; `shown` is its `shown_type`."""
    values = {name: getattr(stored.fields, name) for name in stored.fields.__struct_fields__}
    result: msgspec.Struct = shown(id=stored.id, created_at=stored.created_at, changed_at=stored.changed_at, **values)
    return result


def operations(
    collection: Collection[F],
    fields: type[F],
    shown_name: str,
    *,
    problems: Sequence[type[Problem]] = (Conflict,),
    spared: Spared[F] | None = None,
) -> Operations:
    """The five views of `collection`; its path parameter is `<name>_id`. `spared` raises for what is still needed."""
    singular = collection.name
    shown = shown_type(shown_name, fields)
    change_body = partial(fields, f"{shown_name}Change")
    id_name = f"{singular}_id"

    @operation(f"Create a {singular}", body=fields, answers={201: shown}, problems=problems)
    def create(call: Call[F, None]) -> Answer:
        stored = collection.create(call.caller, call.body, call.mark)
        return Answer(status=201, body=present(stored, shown), headers={"Location": f"{call.route.path}/{stored.id}"})

    @operation(f"List the {singular} records", query=Listing, answers={200: page_type(shown_name, shown)})
    def list_(call: Call[None, Listing]) -> Answer:
        page = collection.page(call.caller.tenant, call.query.cursor, call.query.limit)
        return Answer(body={"items": [present(stored, shown) for stored in page.items], "cursor": page.cursor})

    @operation(f"Read a {singular}", answers={200: shown}, problems=(NotFound,))
    def read(call: Call[None, None]) -> Answer:
        return Answer(body=present(collection.get(call.caller.tenant, call.path[id_name]), shown))

    @operation(
        f"Change a {singular}: only the fields that are sent",
        body=change_body,
        answers={200: shown},
        problems=(NotFound, Changed, *problems),
    )
    def change(call: Call[msgspec.Struct, None]) -> Answer:
        return Answer(body=present(collection.change(call.caller, call.path[id_name], call.body), shown))

    @operation(f"Delete a {singular}", answers={204: None}, problems=(NotFound, Changed, *problems))
    def delete(call: Call[None, None]) -> Answer:
        collection.delete(call.caller, call.path[id_name], spared)
        return Answer(status=204)

    return Operations(create, list_, read, change, delete)
