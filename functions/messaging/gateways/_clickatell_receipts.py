"""Clickatell's delivery reports: the One API's events, and the flat report of the API before it, which is still met.

One id stands for all parts of a message. A report that names our reference is therefore of the message as a whole and
is given without the provider's id, which would make it the report of one part."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from functions.messaging.gateways import Delivery, Receipt, ReceiptRefused
from functions.messaging.gateways._clickatell_common import Status, identifier, moment
from functions.messaging.gateways._clickatell_tables import BY_NAME, OLDER, STATUSES

_NONE: Final = Status("", None)


class _Update(msgspec.Struct):
    """One report, its names in lower case: sources disagree on theirs."""

    messageid: str | int | None = None
    clientmessageid: str | int | None = None
    timestamp: str | int | float | None = None  # milliseconds since 1970
    statuscode: str | int | None = None
    status: str | None = None
    statusdescription: str | None = None


def receipts(delivery: Delivery) -> list[Receipt]:
    """What the reports in it change. Raises ReceiptRefused for a body that is none."""
    found = []
    for update, codes in _updates(delivery):
        known = _status(update, codes)
        if (read := receipt(update, known)) is not None:
            found.append(read)
    return found


def receipt(update: _Update, known: Status) -> Receipt | None:
    reference, provider_id = identifier(update.clientmessageid), identifier(update.messageid)
    if known.means is None or (reference is None and provider_id is None):
        return None
    return Receipt(
        reference=reference,
        provider_id=None if reference else provider_id,
        status=known.means,
        code=identifier(update.statuscode) or known.name,
        words=known.why,
        at=moment(update.timestamp),
    )


def polled(status: str, timestamp: str | int | float | None, reference: str) -> Receipt | None:
    """The receipt that a status asked for by the provider's id amounts to, if any."""
    update = _Update(clientmessageid=reference, timestamp=timestamp, status=status)
    return receipt(update, BY_NAME.get(status.upper(), _NONE))


def _status(update: _Update, codes: dict[str, Status]) -> Status:
    """By its name, which both APIs keep apart; else by its code."""
    for name in (update.status, update.statusdescription):
        if name and (known := BY_NAME.get("_".join(name.upper().split()))) is not None:
            return known
    return codes.get(str(update.statuscode), _NONE)


def _updates(delivery: Delivery) -> Iterator[tuple[_Update, dict[str, Status]]]:
    """Each report in it, and the table for its codes."""
    report = _fields(delivery)
    event = report.get("event")
    if isinstance(event, dict):
        entries = event.get("messagestatusupdate")
        codes = STATUSES
    else:
        entries, codes = [report], OLDER
    for entry in entries if isinstance(entries, list) else [entries]:
        try:
            yield msgspec.convert(entry, type=_Update), codes
        except msgspec.ValidationError:
            continue


def _fields(delivery: Delivery) -> dict[str, object]:
    """Everything in the report, its names in lower case, however it was posted."""
    if delivery.method == "GET":
        return {name.lower(): value for name, value in delivery.query.items()}
    try:
        if "form" in delivery.content_type.lower():
            form = parse_qsl(delivery.body.decode("utf-8"), keep_blank_values=True, max_num_fields=100)
            return {name.lower(): value for name, value in form}
        report = _lower(msgspec.json.decode(delivery.body))
    except (ValueError, RecursionError) as problem:
        raise ReceiptRefused("the body is neither a JSON object nor a form") from problem
    if not isinstance(report, dict):
        raise ReceiptRefused("the body is no JSON object")
    return report


def _lower(value: object) -> object:
    if isinstance(value, dict):
        return {str(name).lower(): _lower(each) for name, each in value.items()}
    return [_lower(each) for each in value] if isinstance(value, list) else value
