"""What a message can be, and what moves it: pure functions of what we did and of what providers said.

    queued → claimed → sending → sent → buffered → delivered | undelivered
                              ↘ failed | unknown                 queued, claimed → cancelled | failed | kept

A lost lease on `claimed` goes back to `queued`: nothing is on the wire. A lost lease on `sending` is `unknown`: a
receipt or the provider's answer to an inquiry settles it, or, where the account's profile says so, one more attempt;
nothing else ever sends it again. Receipts come early, late, twice and out of order: each moves its own attempt's part,
forward only, and the message's state is computed from the whole set, so their order does not matter."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from functions.messaging.gateways import Answer, Outcome, Receipt, ReceiptStatus, Trouble

LEASE: Final = 60  # seconds that a worker has; a provider has answered, or will not, within 20
BACK_OFF: Final = (60, 300, 900, 3600)  # seconds before the second, third, … try; the last one repeats
GIVE_UP: Final = timedelta(hours=4)  # after this time a message that could not be sent has failed
MOST_ATTEMPTS: Final = 60  # an attempt's number is one base62 character in the provider's reference
INQUIRIES: Final = (60, 300, 1800)  # seconds after an attempt at which its provider is asked what became of it
LAST_LOOK: Final = 300  # seconds after the last inquiry, should whoever made it have been cut short
WHOLE: Final = ""  # the key of what a receipt says of the whole message


class State(StrEnum):
    queued = "queued"
    claimed = "claimed"  # a worker prepares it; nothing is on the wire
    sending = "sending"  # the provider is being asked
    unknown = "unknown"  # asked, and no decisive answer came
    sent = "sent"  # the provider took it
    buffered = "buffered"  # the network waits for the phone
    delivered = "delivered"
    undelivered = "undelivered"
    failed = "failed"  # surely not sent, and not tried again
    cancelled = "cancelled"
    kept = "kept"  # a trial tenant's: in its inbox, and sent to nobody


PROVEN: Final = (State.sent, State.buffered, State.delivered, State.undelivered)  # a provider took it
UNSENT: Final = (State.queued, State.claimed)  # surely not on the wire: may still be cancelled

AFTER: Final[dict[Outcome, State]] = {  # what an attempt's outcome makes of its message
    Outcome.accepted: State.sent,
    Outcome.rejected_recipient: State.failed,
    Outcome.rejected_config: State.queued,
    Outcome.not_sent_transient: State.queued,
    Outcome.unknown: State.unknown,
}

_RANK: Final = {
    ReceiptStatus.sent: 1,
    ReceiptStatus.buffered: 2,
    ReceiptStatus.undelivered: 3,
    ReceiptStatus.delivered: 4,  # it was delivered after all: providers do correct themselves in this direction
}


class Report(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The furthest that receipts say of one part."""

    status: ReceiptStatus
    code: str | None = None
    words: str | None = None
    at: str | None = None  # RFC 3339, the provider's time


class Attempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One time that a provider was asked. Without `outcome` the answer has not come, or was lost."""

    number: int  # from 1
    gateway: str
    gateway_tenant: str  # the provider's gateways serve tenants that have none
    kind: str = ""  # of the gateway
    name: str = ""  # of the gateway
    sender: str | None = None  # where it was not the gateway's usual one
    started_at: datetime
    counted_parts: int = 1  # as we count the text
    outcome: Outcome | None = None
    provider_ids: tuple[str, ...] = ()
    parts: int | None = None  # as the provider counts
    refused_parts: int = 0  # of an accepted message
    price: str | None = None
    currency: str | None = None
    code: str | None = None
    words: str | None = None
    trouble: Trouble | None = None
    answered_at: datetime | None = None
    reports: dict[str, Report] = {}  # by the provider's id of the part


def settled(attempts: Sequence[Attempt], number: int, answer: Answer, at: datetime) -> tuple[Attempt, ...]:
    """The attempts with the provider's answer to one of them. An attempt is answered once."""
    return tuple(
        _answered(attempt, answer, at) if attempt.number == number and attempt.outcome is None else attempt
        for attempt in attempts
    )


def received(attempts: Sequence[Attempt], number: int, receipt: Receipt) -> tuple[Attempt, ...]:
    """The attempts with one more receipt for one of them. The same one again, or an older one, changes nothing."""
    return tuple(_reported(attempt, receipt) if attempt.number == number else attempt for attempt in attempts)


def state_of(own: State, attempts: Sequence[Attempt]) -> State:
    """The message's state: what providers prove, else `own`, which is what we did with it last."""
    proofs = [proof for attempt in attempts if (proof := proven(attempt)) is not None]
    if not proofs:
        return own
    return State.delivered if State.delivered in proofs else proofs[-1]


def proven(attempt: Attempt) -> State | None:
    """How far an attempt surely came; None when nothing says that the provider took it.

    A receipt proves that it did, whatever the answer was."""
    if not attempt.reports and attempt.outcome is not Outcome.accepted:
        return None
    statuses = [report.status for report in attempt.reports.values()]
    if attempt.refused_parts or ReceiptStatus.undelivered in statuses:
        return State.undelivered
    whole = attempt.reports.get(WHOLE)
    if whole is not None and whole.status is ReceiptStatus.delivered:
        return State.delivered
    # Part by part; before the answer only our own count of them is known.
    if statuses.count(ReceiptStatus.delivered) >= (len(attempt.provider_ids) or attempt.counted_parts):
        return State.delivered
    return State.buffered if ReceiptStatus.buffered in statuses else State.sent


def pause(retries: int, retry_after: int | None, jitter: float) -> int:
    """Seconds until the next try, after `retries` earlier ones; at least what the provider asks for. 0 ≤ jitter < 1."""
    base = BACK_OFF[min(retries, len(BACK_OFF) - 1)]
    return max(int(base * (0.8 + 0.4 * jitter)), retry_after or 0)


def _answered(attempt: Attempt, answer: Answer, at: datetime) -> Attempt:
    return msgspec.structs.replace(
        attempt,
        outcome=answer.outcome,
        provider_ids=answer.provider_ids,
        parts=answer.parts if answer.parts is not None else attempt.parts,
        refused_parts=answer.refused_parts,
        price=answer.price if answer.price is not None else attempt.price,
        currency=answer.currency if answer.price is not None else attempt.currency,
        code=answer.code,
        words=answer.words,
        trouble=answer.trouble,
        answered_at=at,
    )


def _reported(attempt: Attempt, receipt: Receipt) -> Attempt:
    part = receipt.provider_id if receipt.part and receipt.provider_id else WHOLE
    report = Report(status=receipt.status, code=receipt.code, words=receipt.words, at=receipt.at)
    known = attempt.reports.get(part)
    furthest = report if known is None else max(known, report, key=_order)
    return msgspec.structs.replace(
        attempt,
        reports={**attempt.reports, part: furthest},
        parts=attempt.parts if attempt.parts is not None else receipt.parts,
        price=attempt.price if attempt.price is not None else receipt.price,
        currency=attempt.currency if attempt.currency is not None else receipt.currency,
    )


def _order(report: Report) -> tuple[int, str, str, str]:
    """By status; beyond it only so that every order of arrival ends in the same report."""
    return _RANK[report.status], report.at or "", report.code or "", report.words or ""
