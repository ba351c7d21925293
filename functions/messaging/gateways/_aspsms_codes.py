"""ASPSMS's codes, and what each means for one attempt."""

from typing import Final

from functions.messaging.gateways import Outcome, Trouble

# `StatusCode`: https://github.com/tschiemer/aspsms-php. Codes that only other calls than ours answer with are `unknown`
# here, as is one that is not here: we do not guess whether it was sent.
OUTCOMES: Final[dict[str, Outcome]] = {
    "0": Outcome.unknown,  # success, seen with inquiries only
    "1": Outcome.accepted,
    "2": Outcome.not_sent_transient,  # connection failed, behind them
    "3": Outcome.rejected_config,  # authorization failed
    "4": Outcome.rejected_recipient,  # binary file: a parameter we do not send, as 12 to 16 and 21
    "5": Outcome.rejected_config,  # not enough credits
    "6": Outcome.unknown,  # time-out
    "7": Outcome.unknown,  # transmission error
    "8": Outcome.rejected_config,  # bad user key
    "9": Outcome.rejected_config,  # bad password
    "10": Outcome.rejected_config,  # bad originator
    "11": Outcome.rejected_recipient,  # bad message data
    "12": Outcome.rejected_recipient,  # binary file
    "13": Outcome.rejected_recipient,  # binary file
    "14": Outcome.rejected_recipient,  # network code of an operator's logo
    "15": Outcome.rejected_recipient,  # network code of an operator's logo
    "16": Outcome.rejected_recipient,  # transfer type
    "17": Outcome.rejected_config,  # address for "buffered"
    "18": Outcome.rejected_config,  # address for "delivered"
    "19": Outcome.rejected_config,  # address for "not delivered"
    "20": Outcome.rejected_recipient,  # no recipient
    "21": Outcome.rejected_recipient,  # binary header
    "22": Outcome.rejected_recipient,  # time of a deferred delivery
    "23": Outcome.unknown,  # TRN missing: of an inquiry
    "24": Outcome.not_sent_transient,  # service temporarily unavailable
    "25": Outcome.rejected_config,  # access denied
    "28": Outcome.unknown,  # originator not restricted: of its check, as 29 and 31
    "29": Outcome.unknown,  # originator's authorization is pending
    "30": Outcome.rejected_config,  # originator not authorized
    "31": Outcome.unknown,  # originator already authorized
    "32": Outcome.unknown,  # 32 to 35: management of notification recipients
    "33": Outcome.unknown,
    "34": Outcome.unknown,
    "35": Outcome.unknown,
    "36": Outcome.unknown,  # 36 to 39: security tokens
    "37": Outcome.unknown,
    "38": Outcome.unknown,
    "39": Outcome.unknown,
}

# With `rejected_config`; Trouble.other where it is not here.
TROUBLES: Final[dict[str, Trouble]] = {
    "3": Trouble.credentials,
    "5": Trouble.credit,
    "8": Trouble.credentials,
    "9": Trouble.credentials,
    "10": Trouble.sender,
    "30": Trouble.sender,
}

INQUIRED: Final = ("1", "0")  # success of an inquiry
SENDER_REFUSED: Final = ("29", "30")  # of an originator's check; any other code says nothing against it

# Only where the body says nothing. What is not here is `unknown`.
HTTP_OUTCOMES: Final[dict[int, Outcome]] = {
    301: Outcome.rejected_config,  # we follow nothing: the base address is out of date
    307: Outcome.rejected_config,
    308: Outcome.rejected_config,
    401: Outcome.rejected_config,
    403: Outcome.rejected_config,
    404: Outcome.rejected_config,
    405: Outcome.rejected_config,
    429: Outcome.not_sent_transient,
}
