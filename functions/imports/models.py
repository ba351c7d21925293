"""An import at rest: what was asked for, and how far it has come. Its rows lie in a bucket (`imports.files`)."""

from typing import Annotated, Final, Literal

import msgspec
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from functions.accounts.create import WantedMessage
from functions.accounts.people import SecurityModel
from functions.common import settings
from functions.common.caller import Caller
from functions.common.table import MomentAttribute, StructAttribute, Table, TableMeta, key
from functions.common.types import ClientName, Id, Language, Name
from functions.imports.dialect import Given
from functions.imports.limits import MOST_BYTES
from functions.messaging.timing import AtOnce, SendAt

LARGEST: Final = MOST_BYTES
LARGEST_INLINE: Final = 60_000  # characters of one that comes in the request
ROWS: Final = 200  # of a chunk: what one piece of work does
CHECKED_AT_ONCE: Final = 10  # chunks of a piece of a check

Mode = Annotated[
    Literal["create", "update", "sync", "adopt"],
    msgspec.Meta(
        description="create: people who are there already stay as they are. update: they become as the file says. "
        "sync: like update, and who is missing from the file is proposed for disabling. adopt: like create, for people "
        "whose phones work already: each row has their username and HA1"
    ),
]
State = Literal[
    "awaiting_file",
    "checking",
    "refused",
    "checked",
    "running",
    "cancelling",
    "cancelled",
    "done",
    "failed",
    "looking",  # whether it can be undone
    "undoing",
    "undone",
    "disabling",
]


class Missing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of whom a sync asks whether they are missing from the file."""

    scope: Annotated[
        Literal["group", "tenant"], msgspec.Meta(description="The import's group, or all accounts of the tenant")
    ] = "group"
    most_percent: Annotated[
        int,
        msgspec.Meta(
            ge=0, le=100, description="With more of them missing nobody can be disabled: a wrong file, rather"
        ),
    ] = 10


class ImportFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds for the whole file; a row that says otherwise in a column of its own goes first."""

    group_id: Id
    name: Annotated[Name | None, msgspec.Meta(description="What you call it: the file's name, perhaps")] = None
    mode: Mode = "create"
    profile_id: Id | None = None
    security_model: SecurityModel = "end-to-site"
    client: ClientName | None = None
    language: Language | None = None
    messages: Annotated[
        list[WantedMessage],
        msgspec.Meta(max_length=4, description="To each new person, by those of the channels that reach them"),
    ] = []
    messages_to: Annotated[
        Literal["new", "not_activated"],
        msgspec.Meta(
            description="not_activated: also to people who are there, enabled, and have not activated; their link is a "
            "new one"
        ),
    ] = "new"
    send_at: SendAt | None = None
    at_once: AtOnce = False
    ignore_unknown_columns: bool = False
    encoding: Annotated[
        Given | None,
        msgspec.Meta(description="Of the file. Left out: found out, or guessed (`found` says so)"),
    ] = None
    empty_cells: Annotated[
        Literal["keep", "clear"],
        msgspec.Meta(
            description="What an empty cell says of a person who is there already. keep: nothing. clear: that there is "
            "none, or the import's value, but for username, securityModel, group and externalId"
        ),
    ] = "keep"
    start: Annotated[
        Literal["by_hand", "when_clean"],
        msgspec.Meta(description="when_clean: begin by itself where the check finds no problem"),
    ] = "by_hand"
    missing: Missing = Missing()


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What the check has found. Counts are of rows; `messages` of messages that will be sent."""

    columns: list[str]  # as the file has them
    encoding: str
    encoding_guessed: Annotated[
        bool, msgspec.Meta(description="Look whether the samples are right; if not, import again with `encoding`")
    ] = False
    samples: Annotated[list[str], msgspec.Meta(description="Words with accents, as the guess reads them")] = []
    delimiter: str
    rows: int
    chunks: int
    create: int
    change: int
    unchanged: int
    problems: int
    changes: Annotated[dict[str, int], msgspec.Meta(description="Rows that would change somebody, by column")] = {}
    cleared: Annotated[
        dict[str, int], msgspec.Meta(description="Those of them that would leave nothing there, by column")
    ] = {}
    change_pages: int = 0
    not_enabled: Annotated[
        int, msgspec.Meta(description="Who is disabled or has expired, and stays so: the result file names them")
    ] = 0
    not_activated: Annotated[
        int, msgspec.Meta(description="Who is there and has not activated, and is sent the messages (`messages_to`)")
    ] = 0
    messages: int
    report_pages: int
    missing: int = 0
    missing_of: int = 0
    missing_pages: int = 0


class Import(Table):
    """One uploaded file of people. Keys: tenant, `import` | id."""

    class Meta(TableMeta):
        table_name = settings.table("jobs")

    tenant = UnicodeAttribute()
    id = UnicodeAttribute()
    state = UnicodeAttribute()
    fields = StructAttribute[ImportFields](ImportFields)
    caller = StructAttribute[Caller](Caller)  # on whose behalf its present stage is done
    scope = StructAttribute[frozenset[str] | None](
        frozenset[str] | None, null=True
    )  # groups its creator sees; none: all
    size = NumberAttribute()  # of the file, bytes
    read = NumberAttribute(null=True)  # rows the check has read so far
    found = StructAttribute[Found](Found, null=True)
    job = UnicodeAttribute(null=True)  # that does its present stage
    former = UnicodeAttribute(null=True)  # the stage before the present one, or that which failed
    problem = UnicodeAttribute(null=True)  # why it was refused, or failed
    counts = StructAttribute[dict[str, int]](dict[str, int], null=True)  # of the run, once it is over
    report_pages = NumberAttribute(null=True)  # of the run's own report
    created_at = MomentAttribute()
    changed_at = MomentAttribute()
    checked_at = MomentAttribute(null=True)
    ttl = NumberAttribute()


def imports_key(tenant: str) -> str:
    return key(tenant, "import")
