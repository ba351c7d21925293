"""What Clickatell's Communicator HTTP API says of messages, code by code.

https://github.com/arnoesterhuizen/clickatell-overview-http, the vendor's own guide being out of print."""

from typing import Final

from functions.messaging.gateways import ReceiptStatus
from functions.messaging.gateways._clickatell_common import (
    ACCOUNT,
    CREDENTIALS,
    CREDIT,
    NOT_NOW,
    RECIPIENT,
    SENDER_REFUSED,
    Status,
    Verdict,
)

# `ERR: <code>, <words>`. A code that is not here is `unknown`: we do not guess whether it was sent.
ERRORS: Final[dict[str, Verdict]] = {
    "001": CREDENTIALS,  # authentication failed
    "002": CREDENTIALS,  # unknown user or wrong password
    "003": NOT_NOW,  # session expired: nothing was sent
    "004": ACCOUNT,  # account frozen
    "005": CREDENTIALS,  # no session, and the login was not taken for one
    "007": ACCOUNT,  # our IP address is not allowed
    "100": ACCOUNT,  # user data header: we send none
    "101": ACCOUNT,  # parameter missing or invalid; see PARAMETERS
    "102": ACCOUNT,  # message id unknown: no answer to a send
    "103": ACCOUNT,  # message id missing: no answer to a send
    "104": RECIPIENT,  # no text
    "105": RECIPIENT,  # bad number
    "106": SENDER_REFUSED,  # bad source address
    "107": RECIPIENT,  # empty message
    "108": CREDENTIALS,  # API id wrong or missing
    "109": CREDENTIALS,  # API id missing
    "113": RECIPIENT,  # too many parts
    "114": RECIPIENT,  # cannot be routed
    "115": NOT_NOW,  # expired in their queue, not charged: it was not sent
    "116": RECIPIENT,  # Unicode not readable
    "120": ACCOUNT,  # delivery time: we name none
    "121": RECIPIENT,  # number on their block list
    "122": RECIPIENT,  # opted out
    "123": SENDER_REFUSED,  # sender not registered (elsewhere: delivery time, and we name none)
    "128": RECIPIENT,  # number delisted
    "130": NOT_NOW,  # limit of messages reached; the words say until when, in Unix time
    "201": ACCOUNT,  # batch unknown: we use none
    "202": ACCOUNT,  # batch without a template
    "301": CREDIT,  # no credit
    "901": NOT_NOW,  # internal error, retry asked for
}
LIMIT_REACHED: Final = "130"

# With this code the error's words say which parameter it is: the message's own, or one from the settings.
PARAMETER_CODE: Final = "101"
PARAMETERS: Final[dict[str, Verdict]] = {"to": RECIPIENT, "text": RECIPIENT, "from": SENDER_REFUSED}

_SENT, _FAILED = ReceiptStatus.sent, ReceiptStatus.undelivered

# `status` of a callback and of an answer to querymsg.
STATUSES: Final[dict[str, Status]] = {
    "001": Status("MESSAGE_UNKNOWN", None),
    "002": Status("MESSAGE_QUEUED", ReceiptStatus.buffered, "not delivered yet, tried again"),
    "003": Status("DELIVERED_TO_GATEWAY", _SENT),
    "004": Status("RECEIVED_BY_RECIPIENT", ReceiptStatus.delivered),
    "005": Status("ERROR_WITH_MESSAGE", _FAILED, "error with the message, probably its content"),
    "006": Status("USER_CANCELLED_MESSAGE_DELIVERY", _FAILED, "cancelled"),
    "007": Status("ERROR_DELIVERING_MESSAGE", _FAILED, "delivery failed"),
    "008": Status("OK", _SENT),
    "009": Status("ROUTING_ERROR", _FAILED, "no route to this number"),
    "010": Status("MESSAGE_EXPIRED", _FAILED, "expired before it could be delivered"),
    "011": Status("MESSAGE_QUEUED_FOR_LATER_DELIVERY", _SENT),
    "012": Status("OUT_OF_CREDIT", _FAILED, "account trouble at Clickatell: no credit left"),
    "014": Status("MAXIMUM_MT_LIMIT_EXCEEDED", _FAILED, "account trouble at Clickatell: limit of messages reached"),
}
NAMES: Final[dict[str, Status]] = {status.name: status for status in STATUSES.values()}
