"""How Vonage's newer APIs say what went wrong (RFC 7807): https://developer.vonage.com/en/api-errors"""

import re
from typing import Final

import msgspec

from functions.messaging.gateways import Outcome, Trouble
from functions.messaging.gateways._words import words

# What stands at the end of an error's `type`: https://developer.vonage.com/en/api-errors/messages and, for those
# without a number, https://developer.vonage.com/en/api-errors. For one that is not here the HTTP status decides.
OUTCOMES: Final[dict[str, Outcome]] = {
    "1000": Outcome.not_sent_transient,  # throttled
    "1010": Outcome.rejected_recipient,  # a parameter is missing; ours to answer for when OUR_PARAMETERS has it
    "1020": Outcome.rejected_recipient,  # a parameter is invalid; likewise
    "1021": Outcome.rejected_recipient,  # invalid tag
    "1022": Outcome.rejected_recipient,  # invalid template
    "1030": Outcome.unknown,  # internal error: who knows how far it came
    "1040": Outcome.rejected_recipient,  # invalid message, e.g. unknown prefix
    "1050": Outcome.rejected_recipient,  # number barred
    "1060": Outcome.rejected_config,  # account barred
    "1070": Outcome.rejected_config,  # no credit
    "1080": Outcome.rejected_config,  # account not for REST
    "1090": Outcome.rejected_recipient,  # too long
    "1100": Outcome.not_sent_transient,  # "not submitted because there was a communication failure"
    "1120": Outcome.rejected_config,  # sender not allowed
    "1130": Outcome.rejected_config,  # invalid TTL: it comes from the settings
    "1140": Outcome.rejected_config,  # facility not enabled
    "1150": Outcome.rejected_recipient,  # invalid message class
    "1160": Outcome.rejected_config,  # demo account, number not listed
    "1170": Outcome.rejected_recipient,  # bad number
    "1180": Outcome.not_sent_transient,  # absent for now
    "1190": Outcome.rejected_recipient,  # absent for good
    "1200": Outcome.rejected_recipient,  # portability
    "1210": Outcome.rejected_recipient,  # spam filter
    "1220": Outcome.not_sent_transient,  # handset busy
    "1230": Outcome.not_sent_transient,  # network error
    "1240": Outcome.rejected_recipient,  # opted out
    "1241": Outcome.rejected_recipient,  # too many to this number
    "1250": Outcome.rejected_recipient,  # unroutable
    "1260": Outcome.rejected_recipient,  # unreachable
    "1270": Outcome.rejected_recipient,  # age restriction
    "1280": Outcome.rejected_recipient,  # blocked by the carrier
    "unauthorized": Outcome.rejected_config,
    "forbidden": Outcome.rejected_config,
    "invalid-api-key": Outcome.rejected_config,
    "invalid-signature": Outcome.rejected_config,
    "jwt-expired": Outcome.rejected_config,
    "jwt-revoked": Outcome.rejected_config,
    "unprovisioned": Outcome.rejected_config,
    "account-suspended": Outcome.rejected_config,
    "low-balance": Outcome.rejected_config,
    "not-found": Outcome.rejected_config,
    "invalid-params": Outcome.rejected_recipient,  # as 1020
}

# What is wrong with our account; where it is not here, something else.
TROUBLES: Final[dict[str, Trouble]] = {
    "1070": Trouble.credit,
    "1120": Trouble.sender,
    "unauthorized": Trouble.credentials,
    "forbidden": Trouble.credentials,
    "invalid-api-key": Trouble.credentials,
    "invalid-signature": Trouble.credentials,
    "jwt-expired": Trouble.credentials,
    "jwt-revoked": Trouble.credentials,
    "low-balance": Trouble.credit,
    "http-401": Trouble.credentials,
    "http-402": Trouble.credit,
    "http-403": Trouble.credentials,
}

# Parameters that come from the gateway's settings, as `invalid_parameters` names them.
OUR_PARAMETERS: Final[dict[str, Trouble]] = {
    "from": Trouble.sender,
    "ttl": Trouble.other,
    "webhook_url": Trouble.other,
    "webhook_version": Trouble.other,
}

# Only where the body says nothing that we know. What is not here is `unknown`.
HTTP_OUTCOMES: Final[dict[int, Outcome]] = {
    301: Outcome.rejected_config,  # we follow nothing: the base address is out of date
    307: Outcome.rejected_config,
    308: Outcome.rejected_config,
    401: Outcome.rejected_config,
    402: Outcome.rejected_config,  # no credit
    403: Outcome.rejected_config,
    404: Outcome.rejected_config,
    405: Outcome.rejected_config,
    422: Outcome.rejected_recipient,
    429: Outcome.not_sent_transient,
}

_CODE: Final = re.compile(r"[#/]([0-9]{4})$|#([a-z-]{1,40})$")


class _Parameter(msgspec.Struct):
    name: str | None = None
    field: str | None = None  # other APIs of Vonage call it so


class Problem(msgspec.Struct):
    """What is the same in an answer and in a report."""

    type: str | None = None
    title: str | None = None
    detail: str | None = None
    invalid_parameters: list[_Parameter] | None = None

    @property
    def code(self) -> str | None:
        match = _CODE.search(self.type or "")
        return (match[1] or match[2]) if match else None

    @property
    def ours(self) -> Trouble | None:
        """What is wrong when a parameter that comes from the settings is."""
        if self.code not in ("1010", "1020", "invalid-params"):
            return None
        named = [parameter.name or parameter.field or "" for parameter in self.invalid_parameters or ()]
        return next((OUR_PARAMETERS[name] for name in named if name in OUR_PARAMETERS), None)

    def words(self, sensitive: tuple[str, ...] = ()) -> str | None:
        return words(": ".join(part for part in (self.title, self.detail) if part), sensitive)


def meaning(problem: Problem, status: int) -> tuple[Outcome, Trouble | None]:
    """Of an answer with this HTTP status, which decides alone where there is no code that we know."""
    if (ours := problem.ours) is not None:
        return Outcome.rejected_config, ours
    by_status = f"http-{status}"
    code = problem.code if problem.code in OUTCOMES else by_status
    outcome = OUTCOMES.get(code or "", HTTP_OUTCOMES.get(status, Outcome.unknown))
    if outcome is not Outcome.rejected_config:
        return outcome, None
    return outcome, TROUBLES.get(code or "") or TROUBLES.get(by_status, Trouble.other)
