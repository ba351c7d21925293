"""What the HTTP status of Orange's Contact Everyone means: the same for both of its APIs.

https://contact-everyone.orange-business.com/api/docs/guides; few error codes are published, so mostly the status
decides."""

from typing import Final

from functions.messaging.gateways import Answer, Outcome, Trouble
from functions.messaging.gateways._calls import retry_after
from functions.messaging.gateways._transport import Response

# What is not here, 5xx among them, is `unknown`.
HTTP_OUTCOMES: Final[dict[int, Outcome]] = {
    301: Outcome.rejected_config,  # we follow nothing: the base address is out of date
    307: Outcome.rejected_config,
    308: Outcome.rejected_config,
    400: Outcome.rejected_recipient,
    401: Outcome.rejected_config,
    402: Outcome.rejected_config,
    403: Outcome.rejected_config,
    404: Outcome.rejected_config,  # the group, or the base address
    405: Outcome.rejected_config,
    429: Outcome.not_sent_transient,
}

# With `rejected_config`; Trouble.other where it is not here.
HTTP_TROUBLES: Final[dict[int, Trouble]] = {
    401: Trouble.credentials,
    402: Trouble.credit,
    403: Trouble.credentials,
}


def by_status(response: Response, code: str | None = None, said: str | None = None) -> Answer:
    """The answer where only the HTTP status tells; `code` and `said` are the provider's, where it has any."""
    outcome = HTTP_OUTCOMES.get(response.status, Outcome.unknown)
    return Answer(
        outcome=outcome,
        code=code or f"http-{response.status}",
        words=said or f"HTTP {response.status} without words that we can read",
        trouble=HTTP_TROUBLES.get(response.status, Trouble.other) if outcome is Outcome.rejected_config else None,
        throttled=response.status == 429,
        retry_after=retry_after(response) if outcome is Outcome.not_sent_transient else None,
    )
