"""What is left of Orange's units, in the two forms in which it has been told."""

import re
from datetime import UTC, datetime
from typing import Final

import msgspec

from functions.common import clock
from functions.messaging.gateways import Health, Trouble
from functions.messaging.gateways._transport import Response

EXPIRED: Final = "EXPIRED"  # `status` of a contract that no longer counts

_UNITS: Final = re.compile(r"[0-9]{1,12}")


class _Contract(msgspec.Struct, rename="camel"):
    """The newer form, and a service contract of the older one."""

    available_units: str | int | None = None
    expiration_date: str | None = None
    expires: str | None = None
    status: str | None = None


class _Holder(msgspec.Struct, rename="camel"):
    service_contracts: list[_Contract] = []


class _Holders(msgspec.Struct):
    contracts: list[_Holder] = []


class _Older(msgspec.Struct, rename="camel"):
    partner_contracts: _Holders


def read_balance(response: Response) -> Health:
    """The units of all contracts that have not ended. An answer that we do not understand proves that we may ask."""
    contracts = _contracts(response.body)
    units = [str(contract.available_units) for contract in contracts or [] if _counts(contract)]
    readable = [int(number) for number in units if _UNITS.fullmatch(number)]
    if contracts is None or len(readable) < len(units):
        return Health(works=True, words="Orange answered, but not how many units are left")
    left = sum(readable)
    return Health(
        works=left > 0,
        trouble=None if left else Trouble.credit,
        words=None if left else "no units are left",
        credit=str(left),
        unit="units",
    )


def _contracts(body: bytes) -> list[_Contract] | None:
    try:
        found = msgspec.json.decode(body, type=_Older | list[_Contract])
    except (ValueError, RecursionError):
        return None
    if isinstance(found, list):
        return found
    return [contract for holder in found.partner_contracts.contracts for contract in holder.service_contracts]


def _counts(contract: _Contract) -> bool:
    """Whether it is in force. A date or a status that we cannot read does not speak against it."""
    try:
        ends = datetime.fromisoformat(contract.expiration_date or contract.expires or "")
    except ValueError:
        ends = None
    over = ends is not None and (ends if ends.tzinfo else ends.replace(tzinfo=UTC)) < clock.now()
    return not over and (contract.status or "").upper() != EXPIRED
