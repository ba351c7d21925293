"""What every dialect asks of the directory: whose SIP domain it is, and how long an answer may be remembered."""

from datetime import datetime
from typing import Annotated, Final

from msgspec import Meta

from functions.common import clock
from functions.common.caller import Caller
from functions.common.errors import Forbidden, NotFound

PLAIN: Final = "text/plain; charset=utf-8"
FORM: Final = "application/x-www-form-urlencoded"
REMEMBERED: Final = 86_400  # seconds: while we are away, a SIP server may use an answer for so long

Word = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\s\u0000-\u001f\u007f-\u009f|]+$(?!\n)")]


class NoSuchUser(NotFound):
    """The directory's own no. Any other 404 is a server that is not us, and refuses nobody."""

    code = "no_such_user"
    message = "No such user may register or be called now."


def serves(caller: Caller, realm: str) -> None:
    """Raises Forbidden."""
    if realm not in caller.domains:
        raise Forbidden("This token is not for that SIP domain.")


def valid_seconds(expires_at: datetime | None) -> int:
    """How long an answer about an account may be remembered: never beyond the account's end."""
    if expires_at is None:
        return REMEMBERED
    return max(0, min(REMEMBERED, int((expires_at - clock.now()).total_seconds())))
