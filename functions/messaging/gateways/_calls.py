"""What gateways need around the one request that sends: logins, balances and polls, and the time that is left for
them."""

import re
import time

from functions.messaging.gateways import Answer, Outcome
from functions.messaging.gateways._transport import Limits, Request, Response, ask


def heard(request: Request, limits: Limits) -> Response | Answer:
    """The response, whatever it says; or, where none came, the Answer that this means for the request."""
    responses: list[Response] = []

    def keep(response: Response) -> Answer:
        responses.append(response)
        return Answer(outcome=Outcome.accepted)

    answer = ask(request, keep, limits)
    return responses[0] if responses else answer


def left(limits: Limits, since: float) -> Limits:
    """What remains of `limits` when the first of several requests began at `since`, in time.monotonic()'s seconds.

    With nothing left the next request ends before it has left us."""
    seconds = max(limits.total - (time.monotonic() - since), 0.0)
    return limits._replace(connect=min(limits.connect, max(seconds, 0.01)), total=seconds)


def retry_after(response: Response) -> int | None:
    """The pause that a provider asks for, in seconds, where it names it so."""
    seconds = response.headers.get("retry-after", "")
    return int(seconds) if re.fullmatch(r"[0-9]{1,5}", seconds) else None
