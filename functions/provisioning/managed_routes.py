"""Managed app configuration over HTTP."""

import msgspec

from functions.common.errors import Conflict, NotFound, NotReady
from functions.common.http import Answer, Call, operation
from functions.common.resource import Cursor, page_type
from functions.provisioning import managed
from functions.provisioning.clients import ClientFile
from functions.provisioning.clients._managed import Format, ManagedPerson, people_csv

CSV = "text/csv"


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """plist: for Apple's devices; json: for Android."""

    format: Format = "plist"


class People(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of a group's people: the first fifty, or those after the cursor."""

    cursor: Cursor | None = None


@operation(
    "What the management of devices gives to all phones of a group; nothing of a person is in it",
    query=Wanted,
    answers={200: dict[str, str]},
    problems=(NotFound, Conflict, NotReady),
    produces="application/xml",
)
def configuration(call: Call[None, Wanted]) -> Answer:
    return _download(managed.configuration(call.caller, call.path["group_id"], call.query.format))


@operation(
    "Fresh activation links for the management of a group's devices, fifty people a call (audited); "
    "Accept: text/csv gives a CSV file, whose header Cursor leads to the next people",
    body=People,
    answers={200: page_type("ManagedPeople", ManagedPerson)},
    problems=(NotFound, Conflict, NotReady),
    produces=CSV,
)
def links(call: Call[People, None]) -> Answer:
    found = managed.links(call.caller, call.path["group_id"], call.body.cursor, call.mark)
    if CSV not in call.headers.get("accept", ""):
        return Answer(body={"items": found.items, "cursor": found.cursor})
    answer = _download(people_csv(found.items))
    return msgspec.structs.replace(answer, headers=answer.headers | ({"Cursor": found.cursor} if found.cursor else {}))


def _download(file: ClientFile) -> Answer:
    return Answer(
        text=file.body.decode(),
        content_type=file.content_type,
        headers={"Content-Disposition": f'attachment; filename="{file.file_name}"'},
    )
