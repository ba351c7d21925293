"""What happens to a message, chosen by the last four digits of its recipient, alike for every SMS provider.

Each fake says it in its own dialect. A number with any other ending behaves like 0001.
"""

from enum import Enum


class Scenario(Enum):
    delivered = "accepted, then delivered"
    undeliverable = "accepted, then a permanent failure"
    expires = "accepted, buffered, then expired"
    no_receipt = "accepted, never a receipt"
    receipt_first = "receipt before the answer"
    out_of_order = "receipts out of order"
    delivered_twice = "delivered receipt comes twice"
    bad_number = "refused: bad number"
    no_credit = "refused: no credit"
    bad_sender = "refused: sender not allowed"
    throttled = "throttled at first, then accepted"
    temporary = "refused for now"
    no_answer = "taken, but no answer comes"
    reset = "taken, but the connection is reset"
    server_error = "HTTP 500 with an HTML page, not taken"
    truncated = "taken, but the answer breaks off"
    drip = "taken, but the answer comes one byte a second"


BY_SUFFIX = {
    "0001": Scenario.delivered,
    "0002": Scenario.undeliverable,
    "0003": Scenario.expires,
    "0004": Scenario.no_receipt,
    "0005": Scenario.receipt_first,
    "0006": Scenario.out_of_order,
    "0007": Scenario.delivered_twice,
    "0010": Scenario.bad_number,
    "0011": Scenario.no_credit,
    "0012": Scenario.bad_sender,
    "0013": Scenario.throttled,
    "0014": Scenario.temporary,
    "0020": Scenario.no_answer,
    "0021": Scenario.reset,
    "0022": Scenario.server_error,
    "0023": Scenario.truncated,
    "0024": Scenario.drip,
}


def scenario_of(number: str) -> Scenario:
    return BY_SUFFIX.get(number[-4:], Scenario.delivered)


def words_of(number: str) -> str:
    """What the inbox says of a number that was chosen for its behaviour; nothing of any other."""
    found = BY_SUFFIX.get(number[-4:])
    return "" if found is None else found.value
