"""Text that people and programs send us, as types: what each may contain, and how long it may be.

Every pattern ends in `$(?!\\n)`, because `$` alone lets one line feed through. C0 and C1 control characters are refused
everywhere (they break headers, XML and terminals); any other Unicode is welcome."""

from datetime import datetime
from typing import Annotated, Final

from msgspec import Meta

_END: Final = r"$(?!\n)"
_PRINTABLE: Final = r"[^\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff]"

Name = Annotated[
    str,
    Meta(min_length=1, max_length=200, pattern=rf"^(?!\s*$){_PRINTABLE}+{_END}", description="A name to show"),
]
Text = Annotated[str, Meta(max_length=1000, pattern=rf"^{_PRINTABLE}*{_END}", description="One line of free text")]
LongText = Annotated[
    str,
    Meta(max_length=4000, pattern=r"^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f]*$", description="Text with line feeds"),
]
Number = Annotated[
    str,
    Meta(
        max_length=24,
        pattern=rf"^[+0-9 ().\-/]{{2,24}}{_END}",
        description="A number with international prefix (+39 02 1234567), or an extension in the tenant's range",
        examples=["+12025550123"],
    ),
]
Email = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=rf"^[^\s@<>\"'(),:;\\\u0000-\u001f\u007f-\u009f]{{1,64}}@"
        rf"[^\s@<>\"'(),:;\\\u0000-\u001f\u007f-\u009f.]+(\.[^\s@<>\"'(),:;\\\u0000-\u001f\u007f-\u009f.]+)+{_END}",
        description="An e-mail address",
        examples=["person@example.net"],
    ),
]
Id = Annotated[str, Meta(max_length=64, pattern=rf"^[A-Za-z0-9_-]{{1,64}}{_END}", description="An opaque identifier")]
Username = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=32,
        pattern=rf"^[a-z0-9][a-z0-9._]{{2,31}}{_END}",
        description="The digest user: lower case; random when omitted",
    ),
]
Host = Annotated[
    str,
    Meta(
        max_length=253,
        pattern=rf"^[a-z0-9]([a-z0-9-]{{0,61}}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{{0,61}}[a-z0-9])?)*{_END}",
        description="A host name, lower case",
        examples=["sip.example.net"],
    ),
]
Language = Annotated[
    str,
    Meta(
        max_length=12,
        pattern=rf"^[a-z]{{2,3}}(-[A-Z]{{2}})?{_END}",
        description="BCP 47, like en or pt-BR",
        examples=["en"],
    ),
]
Country = Annotated[
    str, Meta(pattern=rf"^[A-Z]{{2}}{_END}", description="ISO 3166-1, two capital letters", examples=["CH"])
]
Currency = Annotated[
    str, Meta(pattern=rf"^[A-Z]{{3}}{_END}", description="ISO 4217, three capital letters", examples=["EUR"])
]
Money = Annotated[
    str,
    Meta(pattern=rf"^[0-9]{{1,9}}(\.[0-9]{{1,6}})?{_END}", description="A decimal number as text", examples=["0.05"]),
]
TimeZone = Annotated[
    str,
    Meta(
        max_length=64,
        pattern=rf"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){{0,2}}{_END}",
        description="A name of the IANA time zone database",
        examples=["Europe/Zurich"],
    ),
]
Port = Annotated[int, Meta(ge=1, le=65535)]
Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339, UTC in answers")]
ClientName = Annotated[
    str, Meta(max_length=32, pattern=rf"^[a-z][a-z0-9_]*{_END}", description="A softphone app", examples=["linphone"])
]
IdempotencyKey = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=255,
        pattern=rf"^[!-~]([ -~]{{0,253}}[!-~])?{_END}",
        description="Repeated with the same key and body within a day, the request takes effect once",
        examples=["0b61a3c2-2a3e-4a0f-9f63-4f4a4f1f2d11"],
    ),
]
