"""Errors a user can cause, in one shape. Raised where known; the HTTP edge turns them into answers."""

from collections.abc import Mapping, Sequence


class Problem(Exception):
    """Something the user must know. Subclasses are words of the domain; `message` says what to do."""

    status = 400
    code = "invalid"
    message = "The request is not valid."

    def __init__(
        self,
        message: str | None = None,
        *,
        field: str | None = None,
        details: Sequence[Mapping[str, str]] | None = None,
        retry_after: int | None = None,
    ) -> None:
        self.message = message or self.message
        self.field = field
        self.details = details
        self.retry_after = retry_after
        super().__init__(self.message)


class Invalid(Problem):
    """One or more fields are wrong; `details` lists every one as {"field", "problem"}."""

    message = "Some fields are wrong: see details."


class Unauthenticated(Problem):
    status, code = 401, "unauthenticated"
    message = "Send a valid token: Authorization: Bearer <token>."


class Forbidden(Problem):
    status, code = 403, "forbidden"
    message = "Your role may not do this."


class NotFound(Problem):
    """Also for another tenant's things: nobody learns what others have."""

    status, code = 404, "not_found"
    message = "There is no such thing."


class MethodNotAllowed(Problem):
    """`allow`: the methods that the address takes, as the header of that name has them."""

    status, code = 405, "method_not_allowed"
    message = "This address does not take that method."

    def __init__(self, allow: str) -> None:
        self.allow = allow
        super().__init__()


class Conflict(Problem):
    status, code = 409, "conflict"
    message = "The change conflicts with the present state."


class KeyReused(Conflict):
    code = "idempotency_key_reused"
    message = "This Idempotency-Key was used with another request body. Use a new key."


class Changed(Conflict):
    code = "changed_meanwhile"
    message = "This was changed by somebody else at the same moment. Read it again and repeat."


class NotReady(Conflict):
    """A pre-requirement of sending is missing; the message names it."""

    code = "not_ready"
    message = "Something that is needed for it is missing."


class Gone(Problem):
    status, code = 410, "gone"
    message = "This link is no longer valid. Ask for a new one."


class TooLarge(Problem):
    status, code = 413, "too_large"
    message = "The request body is larger than 64 KB."


class UnsupportedType(Problem):
    status, code = 415, "unsupported_media_type"
    message = "Send JSON: Content-Type: application/json."


class UnreadableFile(Problem):
    """An uploaded file that cannot be read as what it should be; the message says what to do."""

    status, code = 422, "unreadable_file"
    message = "This file cannot be read."


class TooMany(Problem):
    status, code = 429, "too_many"
    message = "Too many requests of this kind. Wait and repeat."


class Unavailable(Problem):
    """Throttling or a conflict that outlasted our retries; nothing was done."""

    status, code = 503, "unavailable"
    message = "The service is busy. Nothing was done: repeat in a moment."

    def __init__(self, message: str | None = None, *, retry_after: int = 2) -> None:
        super().__init__(message, retry_after=retry_after)
