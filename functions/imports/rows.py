"""A row's cells as the values of an account, or what is wrong with them, cell by cell.

Nothing of a cell is repeated in what is said of it: it may be a secret in the wrong column."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from functions.accounts.numbers import account_number
from functions.accounts.numbers import mobile as mobile_number
from functions.accounts.people import SecurityModel
from functions.common import clock, texts, validate
from functions.common.errors import Invalid
from functions.common.types import ClientName, Email, Id, Language, Moment, Name, Number, Text, TimeZone, Username
from functions.imports.columns import COLUMNS, NEEDED, NEEDED_TO_ADOPT, Column, Header, column_of
from functions.imports.formulas import bare, begins_like_one, is_guarded
from functions.imports.reading import Row
from functions.tenants.tenants import ExtensionRange, check_zone

Ha1Md5 = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$(?!\n)", description="32 hexadecimal digits")]
Ha1Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)", description="64 hexadecimal digits")]


class Values(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a row says of a person, with the limits of the API. UNSET: it says nothing. `empty`: the fields whose cells
    are there and empty, which have the value of a new account."""

    full_name: Name
    number: Number  # E.164, or an extension
    email: Email | UnsetType | None = UNSET
    mobile: Number | UnsetType | None = UNSET  # E.164
    username: Username | UnsetType = UNSET
    security_model: SecurityModel | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    group_id: Id | UnsetType = UNSET
    profile_id: Id | UnsetType | None = UNSET
    client: ClientName | UnsetType | None = UNSET
    language: Language | UnsetType | None = UNSET
    time_zone: TimeZone | UnsetType | None = UNSET
    expires_at: Moment | UnsetType | None = UNSET  # UTC, to the millisecond
    external_id: Text | UnsetType | None = UNSET
    obfuscation: bool | UnsetType = UNSET
    obfuscation_key: Annotated[int, Meta(ge=0, le=2**31 - 1)] | UnsetType = UNSET
    keep_alive: bool | UnsetType = UNSET
    ha1_md5: Ha1Md5 | UnsetType = UNSET
    ha1_sha256: Ha1Sha256 | UnsetType | None = UNSET
    empty: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "Values(…)"  # tracebacks and logs keep neither people nor secrets


class CellProblem(msgspec.Struct, frozen=True):
    """What is wrong with a cell, and what to do; the column is empty where it is the row as a whole."""

    column: str
    problem: str


def fold(name: str) -> str:
    """A name as it is compared: without case and doubled spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


@dataclass(frozen=True)
class Names:
    """Things that a cell may name: their names by id, and their ids by folded name."""

    names: dict[str, str]
    by_name: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> "Names":
        """From (id, name)."""
        names = dict(pairs)
        by_name = defaultdict(list)
        for id_, name in names.items():
            by_name[fold(name)].append(id_)
        return cls(names, {name: tuple(ids) for name, ids in by_name.items()})

    def find(self, text: str, what: str) -> str:
        """The id of the `what` of this name or id. Raises Invalid for none, and for several."""
        if text in self.names:
            return text
        found = self.by_name.get(fold(text), ())
        if len(found) > 1:
            raise Invalid(f"There are {len(found)} {what}s of this name: write the id of the one you mean.")
        if not found:
            raise Invalid(f"There is no {what} with this name or id. Create it first, or write another.")
        return found[0]


@dataclass(frozen=True)
class Known:
    """What rows may name: `groups` are those that the caller may see."""

    groups: Names
    profiles: Names
    group_id: str | None  # of rows that leave their group empty
    extensions: ExtensionRange | None
    clients: tuple[str, ...]

    @classmethod
    def of(
        cls,
        *,
        groups: Iterable[tuple[str, str]],
        profiles: Iterable[tuple[str, str]],
        group_id: str | None,
        extensions: ExtensionRange | None,
        clients: Iterable[str],
        visible: frozenset[str] | None = None,
    ) -> "Known":
        """groups and profiles as (id, name). visible: the ids of the groups that the caller may see; None for all."""
        seen = [(id_, name) for id_, name in groups if visible is None or id_ in visible]
        return cls(Names.of(seen), Names.of(profiles), group_id, extensions, tuple(clients))


def values(header: Header, row: Row, known: Known) -> Values | list[CellProblem]:
    """What the row says, or every problem it has.

    An empty cell says what a new account has where nothing is said: no e-mail, no mobile, the default group,
    obfuscation; for username and security model it says nothing. What it says of a person who is there already, whether
    `expires_at` has passed, and whether the client keeps the security model, is for the caller to see."""
    cells = row.cells
    problems = _shape(header, cells)
    said: dict[str, object] = {}
    empty: list[str] = []
    for position, column, needed in _plan(header):
        if position >= len(cells):
            break
        try:
            text = _text(cells[position], column.name)
            if text:
                said[column.field] = _READERS[column.field](text, known)
            elif needed:
                raise Invalid(f"Needed here: {column.about}.")
            elif (value := _empty(column.field, known)) is not UNSET:
                said[column.field] = value
                empty.append(column.field)
        except Invalid as problem:
            problems.append(CellProblem(column.name, problem.message))
    if not problems:
        try:
            return msgspec.convert(said | {"empty": empty}, Values)
        except msgspec.ValidationError:
            pass
    return problems + _beyond_limits(said)


@lru_cache(maxsize=16)
def _plan(header: Header) -> tuple[tuple[int, Column, bool], ...]:
    """(position, column, whether its cells may not be empty) of each column that is read."""
    needed = NEEDED_TO_ADOPT if header.adopt else NEEDED
    return tuple(
        (position, COLUMNS[name], name in needed) for position, name in enumerate(header.names) if name is not None
    )


def _shape(header: Header, cells: list[str]) -> list[CellProblem]:
    """What is wrong with the count of cells, and data without a column."""
    width = len(header.names)
    if len(cells) < width:
        return [
            CellProblem("", f"This row has {len(cells)} cells, the header {width}: add those that are missing, empty.")
        ]
    if any(cell.strip() for cell in cells[width:]):
        return [
            CellProblem(
                "",
                f"This row has {len(cells)} cells, the header {width}: put a text that contains the delimiter between "
                f"double quotes.",
            )
        ]
    return [
        CellProblem("", f"Column {position + 1} has no name in the header: name it, or empty its cells.")
        for position in _nameless(header)
        if cells[position].strip()
    ]


@lru_cache(maxsize=16)
def _nameless(header: Header) -> tuple[int, ...]:
    return tuple(position for position, column in enumerate(header.columns) if not column.strip())


def _beyond_limits(said: dict[str, object]) -> list[CellProblem]:
    """What the types refuse, of the cells that could be read."""
    try:
        validate.decode(msgspec.json.encode(said), Values)
    except Invalid as problem:
        return [
            CellProblem(column_of(each["field"]), _plainly(each["problem"]))
            for each in problem.details or ()
            if each["field"] in said
        ]
    return []


def _plainly(problem: str) -> str:
    """A limit as a person says it."""
    if found := re.fullmatch(r"Expected `str` of length (<=|>=) (\d+)", problem):
        return (
            f"Longer than {found[2]} characters: shorten it."
            if found[1] == "<="
            else f"Shorter than {found[2]} characters: write more."
        )
    return problem[:1].upper() + problem[1:] + ("" if problem.endswith(".") else ".")


_CONTROL: Final = re.compile(r"[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff]")
_SIGNED: Final = re.compile(r"[+＋-][\d\s().,/-]*\d[\d\s().,/-]*(?:[eE][+-]?\d+)?")
_SHORTENED: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE]\+\d+")  # with its sign: 12e4 may be somebody's id
_NUMBERS: Final = ("gsmNumber", "mobile")
_CODES: Final = (*_NUMBERS, "username", "externalId", "obfuscationKey")  # what spreadsheets take for quantities


def _text(cell: str, column: str) -> str:
    """A cell as text: bare of the apostrophe that kept it from being calculated, trimmed and composed (NFC)."""
    if cell.isalnum() and cell.isascii() and column not in _CODES:
        return cell
    cell, written = cell.strip(texts.SPACES), cell
    text = bare(cell).strip(texts.SPACES)
    if _CONTROL.search(text):
        raise Invalid("There is a line break or another control character in this cell: remove it.")
    kept = is_guarded(cell)
    if not kept and column in _CODES and _SHORTENED.fullmatch(text):
        raise Invalid(
            "A spreadsheet has shortened this number, and its digits are lost. Format the column as text, and write it "
            "again."
        )
    if not kept and _is_formula(written, text, column):
        raise Invalid(
            "This begins like a formula. Write the value itself; a text that really begins so needs an apostrophe (') "
            "before it."
        )
    return unicodedata.normalize("NFC", text)


def _is_formula(cell: str, text: str, column: str) -> bool:
    if not begins_like_one(text):
        return begins_like_one(cell)  # a tab before it
    return text[0] in "=@＝＠" or (column not in _NUMBERS and not _SIGNED.fullmatch(text))


_DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_DECIMAL: Final = re.compile(r".*[.,]0")


def _dialled(text: str) -> str:
    """A number as people and spreadsheets write it, in the characters that the API takes."""
    plain = unicodedata.normalize("NFKC", text).translate(texts.INVISIBLE).translate(_DASHES)
    plain = " ".join(plain.split())
    if _DECIMAL.fullmatch(plain):
        raise Invalid("A spreadsheet has made this a decimal number. Format the column as text, and write it again.")
    if plain.startswith("00"):
        plain = "+" + plain[2:].lstrip()
    try:
        return msgspec.convert(plain, Number)
    except msgspec.ValidationError:
        raise Invalid("This is not a telephone number. Write digits, beginning with + and the country.") from None


def _number(text: str, known: Known) -> str:
    return account_number(_dialled(text), known.extensions)


def _mobile(text: str, _known: Known) -> str:
    return mobile_number(_dialled(text))


def _address(text: str, _known: Known) -> str:
    return text.translate(texts.INVISIBLE)


def _as_it_is(text: str, _known: Known) -> str:
    return text


def _hexadecimal(text: str, _known: Known) -> str:
    return text.lower()


def _group(text: str, known: Known) -> str:
    return known.groups.find(text, "group")


def _profile(text: str, known: Known) -> str:
    return known.profiles.find(text, "profile")


_MODELS: Final = {"endtoend": "end-to-end", "endtosite": "end-to-site"}


def _security_model(text: str, _known: Known) -> str:
    found = _MODELS.get(re.sub(r"[\s_-]", "", text).casefold())
    if found is None:
        raise Invalid("Write end-to-end or end-to-site.")
    return found


def _client(text: str, known: Known) -> str:
    name = fold(text)
    if name not in known.clients:
        raise Invalid(f"There is no such client. There are: {', '.join(known.clients)}.")
    return name


def _language(text: str, _known: Known) -> str:
    found = re.fullmatch(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2}))?", text)
    if found is None:
        return text
    return found[1].lower() + (f"-{found[2].upper()}" if found[2] else "")


def _time_zone(text: str, _known: Known) -> str:
    check_zone(text)
    return text


_MOMENT: Final = "Write a date like 2027-03-31, which is the end of that day in UTC, or 2027-03-31T18:00:00+02:00."


def _moment(text: str, _known: Known) -> datetime:
    """A moment with its zone (RFC 3339), or a date: the last second of that day in UTC."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        text += "T23:59:59Z"
    try:
        found = msgspec.convert(text, Moment).astimezone(UTC)
    except (msgspec.ValidationError, OverflowError):
        raise Invalid(_MOMENT) from None
    return clock.read(clock.text(found))  # as it is kept


_YES_OR_NO: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def _yes_or_no(text: str, _known: Known) -> bool:
    found = _YES_OR_NO.get(text.casefold())
    if found is None:
        raise Invalid("Write yes or no.")
    return found


def _key(text: str, _known: Known) -> int:
    if not re.fullmatch(r"[0-9]{1,10}", text) or int(text) >= 2**31:
        raise Invalid("Write a whole number from 0 to 2147483647.")
    return int(text)


_READERS: Final[dict[str, Callable[[str, Known], object]]] = {
    "full_name": _as_it_is,
    "number": _number,
    "email": _address,
    "mobile": _mobile,
    "username": _as_it_is,
    "security_model": _security_model,
    "description": _as_it_is,
    "group_id": _group,
    "profile_id": _profile,
    "client": _client,
    "language": _language,
    "time_zone": _time_zone,
    "expires_at": _moment,
    "external_id": _as_it_is,
    "obfuscation": _yes_or_no,
    "obfuscation_key": _key,
    "keep_alive": _yes_or_no,
    "ha1_md5": _hexadecimal,
    "ha1_sha256": _hexadecimal,
}

# What an empty cell says, where that is not None. UNSET: nothing.
_EMPTY: Final[dict[str, Any]] = {
    "username": UNSET,
    "security_model": UNSET,
    "description": "",
    "obfuscation": True,
    "obfuscation_key": 9,
    "keep_alive": True,
}


def _empty(field: str, known: Known) -> object:
    if field != "group_id":
        return _EMPTY.get(field)
    if known.group_id is None:
        raise Invalid("Write the name or id of a group.")
    return known.group_id
