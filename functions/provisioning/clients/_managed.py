"""Managed app configuration: what the management of a company's devices hands to a client, with no message sent.

One policy for a group, without anything of a person; and one line for each person, with the address at which the
client fetches that person's file. The keys are Linphone's: README of linphone-iphone, app_restrictions.xml of
linphone-android.
"""

import csv
import io
import plistlib
import re
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from functions.provisioning.clients import ClientFile

Format = Literal["plist", "json"]

COLUMNS: Final = ("fullName", "number", "username", "email", "configUri", "problem")

_NUMBER: Final = re.compile(r"\+[0-9]{1,15}")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # how spreadsheets know one


class ManagedPerson(msgspec.Struct, frozen=True, kw_only=True):
    """One person, as the management of devices needs to know them."""

    full_name: str
    number: str
    username: str
    email: str | None
    config_uri: str | None  # the address of an activation link for this device alone; None: see `problem`
    problem: str | None = None


def policy(format_: Format, xml_config: str, root_ca: str | None = None) -> ClientFile:
    """What all devices of a group get: the dictionary of an Apple managed app configuration, or the JSON object of an
    Android one. `root_ca`: a private certificate authority in PEM."""
    keys = {"xmlConfig": xml_config} | ({"rootCa": root_ca} if root_ca is not None else {})
    if format_ == "plist":
        return ClientFile("application/xml", "managed-configuration.plist", plistlib.dumps(keys))
    return ClientFile("application/json", "managed-configuration.json", msgspec.json.encode(keys))


def people_csv(people: Iterable[ManagedPerson]) -> ClientFile:
    """One line each, every value in quotation marks; what a spreadsheet would take for a formula gets an apostrophe in
    front."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for each in people:
        values = (each.full_name, each.number, each.username, each.email, each.config_uri, each.problem)
        writer.writerow([_plain(value or "") for value in values])
    return ClientFile("text/csv; charset=utf-8", "managed-links.csv", text.getvalue().encode())


def _plain(value: str) -> str:
    if value.startswith(_FORMULA) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value
