"""What a refused call of AWS End User Messaging SMS means: its code, and beneath it a reason or the field at fault.

Source: the service's own model, as botocore has it; what every AWS service may answer beside:
https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/CommonErrors.html
"""

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from functions.messaging.gateways import Answer, Outcome, Trouble
from functions.messaging.gateways._words import words

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

# Error code. One that is not here is `unknown`.
OUTCOMES: Final[dict[str, Outcome]] = {
    "ThrottlingException": Outcome.not_sent_transient,  # more parts a second than the sender or the account has
    "Throttling": Outcome.not_sent_transient,
    "TooManyRequestsException": Outcome.not_sent_transient,
    "InternalServerException": Outcome.unknown,
    "InternalFailure": Outcome.unknown,
    "ServiceUnavailable": Outcome.unknown,
    "ServiceUnavailableException": Outcome.unknown,
    "ServiceQuotaExceededException": Outcome.rejected_config,
    "AccessDeniedException": Outcome.rejected_config,  # our role may not, or the account is disabled
    "ResourceNotFoundException": Outcome.rejected_config,
    "ValidationException": Outcome.rejected_config,  # unless REASONS or FIELDS say otherwise
    "ConflictException": Outcome.rejected_config,  # likewise
    "ExpiredTokenException": Outcome.rejected_config,
    "IncompleteSignature": Outcome.rejected_config,
    "IncompleteSignatureException": Outcome.rejected_config,
    "InvalidClientTokenId": Outcome.rejected_config,
    "InvalidSignatureException": Outcome.rejected_config,
    "MissingAuthenticationToken": Outcome.rejected_config,
    "MissingAuthenticationTokenException": Outcome.rejected_config,
    "NotAuthorized": Outcome.rejected_config,
    "OptInRequired": Outcome.rejected_config,
    "RequestExpired": Outcome.rejected_config,  # our clock is wrong
    "SignatureDoesNotMatch": Outcome.rejected_config,
    "UnknownOperationException": Outcome.rejected_config,  # not in this region
    "UnrecognizedClientException": Outcome.rejected_config,
    "ValidationError": Outcome.rejected_config,
}

# With rejected_config, by code; any other is Trouble.other.
TROUBLES: Final[dict[str, Trouble]] = {
    "AccessDeniedException": Trouble.credentials,
    "ResourceNotFoundException": Trouble.sender,  # unless it is one of NO_SENDERS
    "ExpiredTokenException": Trouble.credentials,
    "IncompleteSignature": Trouble.credentials,
    "IncompleteSignatureException": Trouble.credentials,
    "InvalidClientTokenId": Trouble.credentials,
    "InvalidSignatureException": Trouble.credentials,
    "MissingAuthenticationToken": Trouble.credentials,
    "MissingAuthenticationTokenException": Trouble.credentials,
    "NotAuthorized": Trouble.credentials,
    "OptInRequired": Trouble.credentials,
    "SignatureDoesNotMatch": Trouble.credentials,
    "UnrecognizedClientException": Trouble.credentials,
}


class Meaning(NamedTuple):
    outcome: Outcome
    trouble: Trouble | None = None


_RECIPIENT: Final = Meaning(Outcome.rejected_recipient)
_SENDER: Final = Meaning(Outcome.rejected_config, Trouble.sender)
_CREDIT: Final = Meaning(Outcome.rejected_config, Trouble.credit)
_OTHER: Final = Meaning(Outcome.rejected_config, Trouble.other)

# `Reason` beneath a code. One that is not here leaves it to the fields, and to the code.
REASONS: Final[dict[str, Meaning]] = {
    # ServiceQuotaExceededException
    "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT": _CREDIT,
    # AccessDeniedException
    "ACCOUNT_DISABLED": _OTHER,
    "INSUFFICIENT_ACCOUNT_REPUTATION": _OTHER,
    # ConflictException
    "DESTINATION_PHONE_NUMBER_OPTED_OUT": _RECIPIENT,
    "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION": _RECIPIENT,  # a guard of the operator's own
    "DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE": _RECIPIENT,
    "DESTINATION_PHONE_NUMBER_NOT_VERIFIED": _OTHER,  # our account is in the sandbox
    "MESSAGE_TYPE_MISMATCH": _SENDER,
    "NO_ORIGINATION_IDENTITIES_FOUND": _SENDER,  # none of ours for this country
    "NUMBER_CAPABILITIES_MISMATCH": _SENDER,
    "RESOURCE_NOT_ACTIVE": _SENDER,
    # ValidationException
    "DESTINATION_COUNTRY_BLOCKED": _RECIPIENT,
    "MAXIMUM_SIZE_EXCEEDED": _RECIPIENT,  # the text
    "COUNTRY_NOT_ENABLED": _SENDER,
    "INTERNATIONAL_SENDING_NOT_SUPPORTED": _SENDER,
    "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY": _SENDER,
    "PRICE_OVER_THRESHOLD": _SENDER,  # to this country the message costs more than this gateway may spend
    "RESOURCE_NOT_ACCESSIBLE": _SENDER,
    "SENDER_ID_NOT_REGISTERED": _SENDER,
    "SENDER_ID_NOT_SUPPORTED": _SENDER,
    "SENDER_ID_REQUIRES_REGISTRATION": _SENDER,
}

# Name of a field that is at fault, where the reason does not say it; lower case.
FIELDS: Final[dict[str, Meaning]] = {
    "destinationphonenumber": _RECIPIENT,
    "messagebody": _RECIPIENT,
    "originationidentity": _SENDER,
}

# `ResourceType` of a resource that is not found and is none to send from.
NO_SENDERS: Final = frozenset({"account", "configuration-set", "opt-out-list", "protect-configuration", "policy"})

# Only where the body says nothing: then the code is the HTTP status. What is not here is `unknown`.
HTTP_OUTCOMES: Final[dict[str, Meaning]] = {
    "401": Meaning(Outcome.rejected_config, Trouble.credentials),
    "403": Meaning(Outcome.rejected_config, Trouble.credentials),
    "404": _OTHER,
    "405": _OTHER,
    "429": Meaning(Outcome.not_sent_transient),
}


class _Field(msgspec.Struct, rename="pascal"):
    name: str = ""
    message: str = ""


class _Refusal(msgspec.Struct, rename="pascal"):
    """What the service's errors hold beside code and message."""

    reason: str = ""
    resource_type: str = ""
    fields: list[_Field] = []


def read_error(error: "ClientError", sensitive: tuple[str, ...] = ()) -> Answer:
    """What a refused call means, in AWS's words without anything `sensitive`."""
    code, said = (_text(error.response.get("Error", {}).get(name)) for name in ("Code", "Message"))
    if code.isdigit() or not code:
        return _without_code(code)
    try:
        refusal = msgspec.convert(error.response, _Refusal)
    except msgspec.ValidationError:
        refusal = _Refusal()
    meaning = _meaning(code, refusal)
    detail = " · ".join(part for field in refusal.fields for part in (field.name, field.message) if part)
    return Answer(
        outcome=meaning.outcome,
        code="/".join(part for part in (code, refusal.reason) if part)[:100],
        words=words(" · ".join(part for part in (said, detail) if part), sensitive),
        trouble=meaning.trouble,
        suppress=refusal.reason == "DESTINATION_PHONE_NUMBER_OPTED_OUT",
        throttled=meaning.outcome is Outcome.not_sent_transient,
    )


def _text(found: object) -> str:
    """What stands there, when it is text: an answer of something between may have anything."""
    return found if isinstance(found, str) else ""


def _meaning(code: str, refusal: _Refusal) -> Meaning:
    if code in OUTCOMES and refusal.reason in REASONS:
        return REASONS[refusal.reason]
    for field in refusal.fields:
        name = field.name.lower().rpartition(".")[2]
        if code == "ValidationException" and name in FIELDS:
            return FIELDS[name]
    if code == "ResourceNotFoundException" and refusal.resource_type in NO_SENDERS:
        return _OTHER
    outcome = OUTCOMES.get(code, Outcome.unknown)
    return Meaning(outcome, TROUBLES.get(code, Trouble.other) if outcome is Outcome.rejected_config else None)


def _without_code(status: str) -> Answer:
    meaning = HTTP_OUTCOMES.get(status, Meaning(Outcome.unknown))
    return Answer(
        outcome=meaning.outcome,
        code=f"http-{status or 'none'}",
        words="AWS answered without an error of its own",
        trouble=meaning.trouble,
        throttled=meaning.outcome is Outcome.not_sent_transient,
    )
