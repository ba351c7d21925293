"""The shape of one language's texts."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from functions.messaging.kinds import Kind

Unit = Literal["minutes", "hours", "days"]
Count = Literal["one", "two", "few", "many", "other"]


class Mail(NamedTuple):
    """An e-mail's subject and plain text, each paragraph one line. Its HTML is made from it."""

    subject: str
    text: str


class Words(NamedTuple):
    """All that is shipped in one language.

    durations: how so many of a unit are said, `{n}` being the number. Forms that a language does not have are left
    out: "few" (Arabic: 3 to 10, 103 to 110, …) and "many" (11 to 99, …) are then "other".
    qr: the sentence before the QR code; qr_alt: what is said where pictures are not shown."""

    direction: Literal["ltr", "rtl"]
    durations: Mapping[Unit, Mapping[Count, str]]
    qr: str
    qr_alt: str
    sms: Mapping[Kind, str]
    mails: Mapping[Kind, Mail]
