"""What Clickatell's One API says of messages, code by code.

https://docs.clickatell.com/channels/one-api/one-api-errors-table/
https://docs.clickatell.com/channels/one-api/one-api-message-status-table/"""

from typing import Final

from functions.messaging.gateways import ReceiptStatus
from functions.messaging.gateways._clickatell_common import (
    ACCOUNT,
    CREDENTIALS,
    CREDIT,
    NOT_NOW,
    RECIPIENT,
    SENDER_REFUSED,
    UNSURE,
    Status,
    Verdict,
)
from functions.messaging.gateways._clickatell_http_tables import NAMES as LEGACY_NAMES
from functions.messaging.gateways._clickatell_http_tables import STATUSES as LEGACY

# `error.code`, of the message or of the request. A code that is not here is `unknown`: we do not guess whether it was
# sent.
ERRORS: Final[dict[str, Verdict]] = {
    "1": CREDENTIALS,  # key invalid or missing
    "2": ACCOUNT,  # account not active
    "3": ACCOUNT,  # integration not active
    "7": ACCOUNT,  # our IP address is not allowed
    "18": UNSURE,  # internal error
    "19": NOT_NOW,  # internal error, retry asked for
    "20": CREDIT,  # no credit
    "21": ACCOUNT,  # payload malformed; see PARAMETERS
    "22": ACCOUNT,  # too many messages in a request; see PARAMETERS
    "23": ACCOUNT,  # parameter missing or invalid; see PARAMETERS
    "24": RECIPIENT,  # content too large
    "25": RECIPIENT,  # bad number
    "26": RECIPIENT,  # opted out
    "27": RECIPIENT,  # not reachable by this channel
    "28": ACCOUNT,  # number not listed in the sandbox
    "30": ACCOUNT,  # content type not supported: we send text alone
    "31": ACCOUNT,  # media file too large
    "32": ACCOUNT,  # media too large
    "33": ACCOUNT,  # media not found
    "38": ACCOUNT,  # channel not active on the integration
    "39": ACCOUNT,  # channel not available on the integration
    "40": RECIPIENT,  # character set not supported
    "41": ACCOUNT,  # no such resource: the base address is wrong
    "42": ACCOUNT,  # HTTP method not supported there
    "43": NOT_NOW,  # too fast; with HTTP 400
    "44": SENDER_REFUSED,  # sender number suspended
    "45": SENDER_REFUSED,  # sender number not of this integration
    "46": ACCOUNT,  # demo access has ended
    "100": RECIPIENT,  # more parts than the portal allows
    "101": SENDER_REFUSED,  # this country takes no two-way messages
    "110": SENDER_REFUSED,  # USA: the integration must be a two-way one
    "111": SENDER_REFUSED,  # USA: the integration must know STOP and SUBSCRIBE
}
TOO_FAST: Final = "43"

# With these codes the error's words say which parameter it is: the message's own, or one from the settings.
PARAMETER_CODES: Final = ("21", "22", "23")
PARAMETERS: Final[dict[str, Verdict]] = {"to": RECIPIENT, "content": RECIPIENT, "from": SENDER_REFUSED}

_DELIVERED, _SENT, _FAILED = ReceiptStatus.delivered, ReceiptStatus.sent, ReceiptStatus.undelivered

# `statusCode` of a report. 130 and above concern another channel.
STATUSES: Final[dict[str, Status]] = {
    "1": Status("UNKNOWN", None),
    "2": Status("QUEUED", _SENT),
    "3": Status("SCHEDULED", _SENT),
    "4": Status("SENT_TO_SUPPLIER", _SENT),
    "5": Status("DEVICE_ACK", _DELIVERED),
    "6": Status("READ", _DELIVERED),
    "20": Status("EXPIRED", _FAILED, "expired before the phone could be reached"),
    "21": Status("STOPPED_BY_USER", _FAILED, "stopped by user"),
    "22": Status("STOPPED_BY_ADMIN", _FAILED, "stopped by an administrator"),
    "23": Status("DELIVERY_FAILURE", _FAILED, "delivery failed"),
    "24": Status("EMULATED", _DELIVERED, "emulated: a test account reaches no phone"),
    "25": Status("INSUFFICIENT_ACCOUNT_BALANCE", _FAILED, "account trouble at Clickatell: no credit left"),
    "26": Status("VOLUME_LIMIT", _FAILED, "account trouble at Clickatell: volume limit reached"),
    "27": Status("VOLUME_LIMIT_DAILY", _FAILED, "account trouble at Clickatell: daily volume limit reached"),
    "28": Status("VOLUME_LIMIT_MONTHLY", _FAILED, "account trouble at Clickatell: monthly volume limit reached"),
    "29": Status("RECIPIENT_DOES_NOT_EXIST", _FAILED, "recipient does not exist"),
    "60": Status("ENCRYPTION_ACCESS_DENIED", _FAILED, "encryption: access denied"),
    "61": Status("ENCRYPTION_CONTENT_ERROR", _FAILED, "encryption: content not readable"),
    "80": Status("MEDIA_NOT_FOUND", _FAILED, "media not found"),
    "81": Status("MEDIA_SIZE_ERROR", _FAILED, "media of the wrong size"),
    "82": Status("MEDIA_CHECKSUM_FAILURE", _FAILED, "media checksum wrong"),
    "83": Status("MEDIA_REJECTED_BY_SUPPLIER", _FAILED, "media rejected by the network"),
    "84": Status("MEDIA_METADATA_ERROR", _FAILED, "media metadata wrong"),
    "85": Status("MEDIA_ACCESS_ERROR", _FAILED, "media not accessible"),
    "100": Status("ROUTING_ERROR", _FAILED, "no route to this number"),
}

# By name, today's and the older API's.
BY_NAME: Final[dict[str, Status]] = LEGACY_NAMES | {status.name: status for status in STATUSES.values()}

# The older API's reports have codes of its own, as 004 or as 4. Where both tables have a number for different things
# (4 is "sent" here and "received" there) it says nothing without its name.
OLDER: Final[dict[str, Status]] = (
    LEGACY
    | {code: status for code, status in STATUSES.items() if code.zfill(3) not in LEGACY}
    | {
        short: status
        for code, status in LEGACY.items()
        if (short := code.lstrip("0")) not in STATUSES or STATUSES[short].means is status.means
    }
)
