"""What both of Clickatell's interfaces have in common: how they say what is wrong, and who may bring a report."""

import base64
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, NamedTuple

from functions.common import clock
from functions.messaging.gateways import Answer, Delivery, Health, Outcome, ReceiptRefused, ReceiptStatus, Trouble
from functions.messaging.gateways._calls import heard, retry_after
from functions.messaging.gateways._transport import Limits, Request, Response

END: Final = r"$(?!\n)"
SENDER: Final = rf"^(\+?[0-9]{{3,15}}|[A-Za-z0-9 ]{{1,11}}){END}"
BASE_URL: Final = rf"^https?://[A-Za-z0-9.-]+(:[0-9]{{1,5}})?(/[A-Za-z0-9._~/-]*)?{END}"
SECRET: Final = rf"^[\x21-\x7e]{{1,200}}{END}"
CALLBACK_USER: Final = rf"^[\x21-\x39\x3b-\x7e]{{1,100}}{END}"  # HTTP Basic ends a user's name at the first colon

_LARGEST: Final = 12  # digits before the point of an amount that is one


class Verdict(NamedTuple):
    """What an error says of one attempt, and with `rejected_config` what is wrong."""

    outcome: Outcome
    trouble: Trouble | None = None


TAKEN: Final = Verdict(Outcome.accepted)
UNSURE: Final = Verdict(Outcome.unknown)
RECIPIENT: Final = Verdict(Outcome.rejected_recipient)
NOT_NOW: Final = Verdict(Outcome.not_sent_transient)
CREDENTIALS: Final = Verdict(Outcome.rejected_config, Trouble.credentials)
CREDIT: Final = Verdict(Outcome.rejected_config, Trouble.credit)
SENDER_REFUSED: Final = Verdict(Outcome.rejected_config, Trouble.sender)
ACCOUNT: Final = Verdict(Outcome.rejected_config, Trouble.other)


class Status(NamedTuple):
    """One status of a message: its name there, what it is to us (None: it changes nothing), and in words why."""

    name: str
    means: ReceiptStatus | None
    why: str | None = None


# Only where the body says nothing. What is not here is `unknown`.
HTTP_VERDICTS: Final[dict[int, Verdict]] = {
    301: ACCOUNT,  # we follow nothing: the base address is out of date
    307: ACCOUNT,
    308: ACCOUNT,
    401: CREDENTIALS,
    402: CREDIT,
    403: ACCOUNT,
    404: ACCOUNT,
    405: ACCOUNT,
    429: NOT_NOW,  # too fast
}


def named_parameter(said: str, names: Mapping[str, Verdict]) -> Verdict | None:
    """The verdict of the parameter that an error names, as "Invalid or missing parameter: to" or "'to' is missing".

    Only in such places: "to" is an English word as well."""
    for name, verdict in names.items():
        named = rf"\b(?:parameter|field|property)s?\b\W*(?:messages\W+\d*\W*)?{name}\b|[\"'`(\[.]{name}[\"'`)\]]"
        if re.search(named, said, re.IGNORECASE):
            return verdict
    return None


def health_of(request: Request, limits: Limits, read: Callable[[Response], Health]) -> Health:
    """What `read` makes of the answer, or what its absence means. Never raises."""
    response = heard(request, limits)
    if isinstance(response, Response):
        return read(response)
    if response.outcome is Outcome.rejected_config:  # the address is not https
        return Health(works=False, trouble=Trouble.other, code=response.code, words=response.words)
    return Health(works=None, words=response.words)


def health_by(answer: Answer) -> Health:
    """The health of an account whose call was refused so."""
    works = False if answer.outcome is Outcome.rejected_config else None
    return Health(works=works, trouble=answer.trouble, code=answer.code, words=answer.words)


def without_answer(response: Response, said: str | None = None) -> Answer:
    """What the HTTP status alone says."""
    verdict = HTTP_VERDICTS.get(response.status, UNSURE)
    return Answer(
        outcome=verdict.outcome,
        trouble=verdict.trouble,
        code=f"http-{response.status}",
        words=said or f"HTTP {response.status} without a Clickatell answer in it",
        throttled=verdict is NOT_NOW,
        retry_after=retry_after(response) if verdict is NOT_NOW else None,
    )


def funded(amount: Decimal, unit: str | None) -> Health | None:
    """The health of an account with so much left; None when it is no amount."""
    if not amount.is_finite() or not -_LARGEST < amount.adjusted() < _LARGEST:
        return None
    if amount <= 0:
        return Health(works=False, trouble=Trouble.credit, words="no credit left", credit=f"{amount:f}", unit=unit)
    return Health(works=True, credit=f"{amount:f}", unit=unit)


def check_login(delivery: Delivery, user: str | None, password: str | None) -> None:
    """Raises ReceiptRefused unless the report has the HTTP Basic login that is set for callbacks; none may be set."""
    if user is None and password is None:
        return
    expected = base64.b64encode(f"{user or ''}:{password or ''}".encode())
    kind, _, given = delivery.headers.get("authorization", "").partition(" ")
    known = hmac.compare_digest(given.strip().encode("utf-8", "replace"), expected)
    if not known or kind.lower() != "basic":
        raise ReceiptRefused("login missing or wrong")


def check_pair(user: str | None, password: str | None) -> None:
    """Raises ValueError when one of the two is set without the other."""
    if (user is None) != (password is None):
        raise ValueError("callback_user and callback_password go together")


def identifier(value: str | int | None) -> str | None:
    """An id or code as it may be kept; None for anything else."""
    text = "" if value is None else str(value)
    return text if re.fullmatch(r"[\x21-\x7e]{1,100}", text) else None


def moment(value: str | int | float | None) -> str | None:
    """Unix time, in seconds or in milliseconds, as RFC 3339; None for anything else."""
    if not re.fullmatch(r"[0-9]{9,13}", text := str(value)):
        return None
    seconds = int(text) / 1000 if len(text) > 11 else int(text)
    try:
        return clock.text(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return None
