"""What ASPSMS reports of a message: by GET at addresses that were given with it, or when asked.

https://json.aspsms.com/ for both; the reasons are from https://github.com/tschiemer/aspsms-php (CommonReasonCodes.txt).
Nothing is signed: an address that nobody can guess is all the proof there is."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from functions.common import clock
from functions.messaging.gateways import Asked, Receipt, ReceiptStatus
from functions.messaging.gateways._words import words

# `DeliveryStatus`. -1, "not yet submitted, or rejected", decides nothing, so it is not here.
STATUSES: Final[dict[str, ReceiptStatus]] = {
    "0": ReceiptStatus.delivered,
    "1": ReceiptStatus.buffered,  # the handset is off; tried again for about 24 h
    "2": ReceiptStatus.undelivered,
}

# `s` in our address: which of the three it is.
KINDS: Final[dict[str, ReceiptStatus]] = {
    "delivered": ReceiptStatus.delivered,
    "buffered": ReceiptStatus.buffered,
    "failed": ReceiptStatus.undelivered,
}

_FIELDS: Final = {
    "URLDeliveryNotification": "delivered",
    "URLBufferedMessageNotification": "buffered",
    "URLNonDeliveryNotification": "failed",
}

# `Reasoncode`, where it means something of its own; for people.
REASONS: Final[dict[str, str]] = {
    "000": "no reason given, or unknown subscriber",
    "010": "network time-out",
    "101": "unknown subscriber",
    "103": "barred",
    "107": "absent subscriber",
    "108": "delivery failed, or its time was over",
    "118": "system failure",
    "202": "message limit exceeded",
    "206": "bad destination",
    "207": "duplicate submit",
}
# The rest, first and last code of each family.
FAMILIES: Final = (
    ("001", "008", "service unavailable"),
    ("100", "127", "network or handset"),
    ("200", "208", "something about the message"),
)
TEMPORARY: Final = frozenset({"001", "002", "003", "004", "005", "006", "007", "008", "010", "107", "118"})

_TRN: Final = re.compile(r"[A-Za-z0-9._-]{1,30}")


class Notification(msgspec.Struct):
    """One entry of `DeliveryNotifications`. ASPSMS sends strings; a number is taken, too."""

    trn: str | int | None = msgspec.field(default=None, name="TransactionReferenceNumber")
    status: str | int | None = msgspec.field(default=None, name="DeliveryStatus")
    at: str | None = msgspec.field(default=None, name="NotificationDate")
    reason: str | int | None = msgspec.field(default=None, name="Reasoncode")
    reason_text: str | None = msgspec.field(default=None, name="ReasoncodeDescription")


def addresses(receipt_url: str) -> dict[str, str]:
    """The three fields that ask for reports.

    ASPSMS replaces the tags in an address, or appends the TRN to its end; which of both is not known for an address
    that invites to either, so `ref` catches what is appended."""
    return {field: f"{receipt_url}?s={kind}&rsn=<RSN>&at=<DSCTSUTC>&trn=<TRN>&ref=" for field, kind in _FIELDS.items()}


def reported(query: Mapping[str, str]) -> Receipt | None:
    """What a call of one of `addresses` changes; None when it names no message, or is none of the three."""
    trn = next((value for name in ("trn", "ref") if _TRN.fullmatch(value := query.get(name, ""))), None)
    status = KINDS.get(query.get("s", ""))
    if trn is None or status is None:
        return None
    code = _reason_code(query.get("rsn", ""))
    return Receipt(
        reference=None,
        provider_id=trn,
        status=status,
        code=code,
        words=None if status is ReceiptStatus.delivered else why(code),
        at=_moment(query.get("at", "")),
    )


def inquired(found: Notification, trn: str, asked: Asked, sensitive: tuple[str, ...]) -> Receipt | None:
    """What an entry says of the message that was asked about; None when nothing, or of another one."""
    status = STATUSES.get(str(found.status))
    if status is None or str(found.trn) != trn:
        return None
    code = _reason_code(str(found.reason))
    reason = why(code) or words(found.reason_text or "", sensitive)
    return Receipt(
        reference=asked.reference,
        # An attempt whose answer was never written knows no TRN: then the report is of the message as a whole.
        provider_id=trn if trn in asked.provider_ids else None,
        status=status,
        code=code,
        words=None if status is ReceiptStatus.delivered else reason,
        at=_moment(found.at or ""),
    )


def why(code: str | None) -> str | None:
    """A reason in words, and whether it passes by itself; None for one that nobody documented."""
    if code is None:
        return None
    text = REASONS.get(code) or next((text for first, last, text in FAMILIES if first <= code <= last), None)
    if text is None:
        return None
    return f"{text}, {'temporary' if code in TEMPORARY else 'permanent'}"


def _reason_code(text: str) -> str | None:
    return text.zfill(3) if re.fullmatch(r"[0-9]{1,3}", text) else None


def _moment(text: str) -> str | None:
    """UTC, written `22112026140000` in the older interfaces and ISO 8601 in the newer, as RFC 3339."""
    try:
        if re.fullmatch(r"[0-9]{14}", text):
            moment = datetime.strptime(text, "%d%m%Y%H%M%S").replace(tzinfo=UTC)
        else:
            moment = datetime.fromisoformat(text)
        return clock.text(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None
