"""The columns that an import file may have, and a file's own header."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

import msgspec

from functions.imports.formulas import bare
from functions.imports.limits import MOST_COLUMNS, Refused, too_many_columns


class Column(NamedTuple):
    """One known column. `name` is how we write it; it is read without case, spaces, underscores and dashes."""

    name: str
    field: str  # of `rows.Values`
    about: str  # what to write in it
    also: tuple[str, ...] = ()  # other names that people give it


COLUMNS: Final[dict[str, Column]] = {
    column.name: column
    for column in (
        Column("fullName", "full_name", "the person's name", ("name",)),
        Column(
            "gsmNumber",
            "number",
            "with international prefix, like +12025550123, or an extension",
            ("number", "phone", "phoneNumber", "gsm"),
        ),
        Column("email", "email", "an e-mail address", ("emailAddress", "mail")),
        Column("securityModel", "security_model", "end-to-end or end-to-site"),
        Column("description", "description", "one line of free text"),
        Column(
            "mobile",
            "mobile",
            "where SMS go; without this column gsmNumber, with an empty cell nowhere",
            ("mobileNumber", "mobilePhone"),
        ),
        Column("username", "username", "the digest user; empty: ten random digits"),
        Column("group", "group_id", "the name or id of a group; empty: the import's", ("groupId", "groupName")),
        Column(
            "profile", "profile_id", "the name or id of a profile; empty: the group's", ("profileId", "profileName")
        ),
        Column("client", "client", "a softphone app, like linphone; empty: the group's"),
        Column("language", "language", "like en or pt-BR; empty: the group's"),
        Column("timeZone", "time_zone", "like Europe/Zurich; empty: the number's"),
        Column(
            "expiresAt",
            "expires_at",
            "like 2027-03-31T12:00:00Z; 2027-03-31 is the end of that day in UTC",
            ("expires",),
        ),
        Column("externalId", "external_id", "what another system knows the person by"),
        Column("obfuscation", "obfuscation", "yes or no; empty: yes"),
        Column("obfuscationKey", "obfuscation_key", "a whole number; empty: 9"),
        Column("keepAlive", "keep_alive", "yes or no; empty: yes"),
        Column("ha1", "ha1_md5", "MD5 of username:realm:password in hexadecimal", ("ha1Md5",)),
        Column("ha1Sha256", "ha1_sha256", "SHA-256 of username:realm:password in hexadecimal"),
    )
}
ADOPTING: Final = ("ha1", "ha1Sha256")  # taken only where existing accounts are adopted
RESULTS: Final = ("result", "problem", "accountId")  # what a result file appends; passed over when it is read again
NEEDED: Final = ("fullName", "gsmNumber")
NEEDED_TO_ADOPT: Final = (*NEEDED, "username", "ha1")

_SHOWN: Final = 40  # characters of a strange column's name


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-]", "", unicodedata.normalize("NFKC", name)).casefold()


_BY_NAME: Final = {_plain(name): column for column in COLUMNS.values() for name in (column.name, *column.also)}
_BY_FIELD: Final = {column.field: column.name for column in COLUMNS.values()}
_RESULTS: Final = frozenset(map(_plain, RESULTS))
_DIGEST: Final = re.compile(r"[0-9A-Fa-f]{32}")


class Header(msgspec.Struct, frozen=True):
    """A file's header, and what its rows may be shown as."""

    columns: tuple[str, ...]  # its cells, as the file has them
    names: tuple[str | None, ...]  # the known column at each position; None where the cells are passed over
    adopt: bool = False  # the rows bring existing credentials

    def shown(self, cells: Sequence[str]) -> dict[str, str]:
        """A row's cells by column, without HA1s and what is passed over."""
        return {name: cell for name, cell in zip(self.names, self.harmless(cells), strict=False) if name is not None}

    def harmless(self, cells: Sequence[str]) -> list[str]:
        """A row's cells without HA1s: they may stand in the wrong column."""
        if not self.adopt:
            return list(cells)
        return [
            "" if name in ADOPTING or _DIGEST.search(cell) else cell
            for name, cell in zip_longest(self.names[: len(cells)], cells)
        ]

    def without_results(self, cells: Sequence[str]) -> list[str]:
        """A row's cells, or the header's own, as a result file repeats them: as many as the header has, without HA1s,
        what a former result file has appended, and the apostrophes that writing it puts there anew."""
        kept = self.harmless(cells)[: len(self.columns)]
        kept += [""] * (len(self.columns) - len(kept))
        return [bare(cell) for name, cell in zip(self.columns, kept, strict=True) if not is_result(name)]


def column_of(field: str) -> str:
    """The column of a field of an account; the field itself where it has none."""
    return _BY_FIELD.get(field, field)


def is_result(name: str) -> bool:
    """Whether a column is one of those that our own result file appends."""
    return _plain(name) in _RESULTS


def known(name: str) -> Column | None:
    """The column that is meant, whoever wrote it; None for one we do not know."""
    return _BY_NAME.get(_plain(name))


def header(cells: Sequence[str], *, adopt: bool, ignore_unknown: bool, line: int | None = None) -> Header:
    """What stands in which column.

    adopt: existing accounts with their HA1. ignore_unknown: columns that are not known are passed over. Raises Refused,
    for `line`, where a column is unknown, missing, there twice or not allowed."""
    if len(cells) > MOST_COLUMNS:
        raise too_many_columns(line)
    found = [known(cell) for cell in cells]
    if not any(found):
        raise Refused(
            f"No column is known here. The first line must name them, like {','.join(list(COLUMNS)[:5])}.", line=line
        )
    if not ignore_unknown:
        _must_be_known(cells, found, adopt, line)
    names = tuple(column.name if column is not None else None for column in found)
    _must_be_once(names, line)
    _must_be_there(names, adopt, line)
    return Header(tuple(cells), names, adopt)


def _must_be_known(cells: Sequence[str], found: Sequence[Column | None], adopt: bool, line: int | None) -> None:
    strange = [
        cell
        for cell, column in zip(cells, found, strict=True)
        if column is None and cell.strip() and not is_result(cell)
    ]
    if strange:
        offered = [name for name in COLUMNS if adopt or name not in ADOPTING]
        raise Refused(
            f"There is no column {_shown(strange[0])}. Rename or remove it, or import without the columns that are not "
            f"known. There are: {', '.join(offered)}.",
            line=line,
        )


def _must_be_once(names: Sequence[str | None], line: int | None) -> None:
    for name in COLUMNS:
        if names.count(name) > 1:
            raise Refused(f"The column {name} is there twice. Leave one of them.", line=line)


def _must_be_there(names: Sequence[str | None], adopt: bool, line: int | None) -> None:
    missing = [name for name in (NEEDED_TO_ADOPT if adopt else NEEDED) if name not in names]
    if missing:
        why = " To adopt accounts, their username and HA1 are needed." if adopt else ""
        raise Refused(f"The header names no {' and no '.join(missing)}. Add it.{why}", line=line)
    if not adopt and any(name in names for name in ADOPTING):
        raise Refused(
            f"{' and '.join(ADOPTING)} are taken only when accounts are adopted. Remove them, or adopt.", line=line
        )


def _shown(name: str) -> str:
    clean = "".join(character if character.isprintable() else "�" for character in name.strip())
    return f"“{clean if len(clean) <= _SHOWN else clean[:_SHOWN] + '…'}”"
