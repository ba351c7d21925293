"""What it means that a call of SES failed: https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html"""

import re
import ssl
from typing import TYPE_CHECKING, Final

from functions.messaging.gateways import Answer, Health, Outcome, Trouble
from functions.messaging.gateways._words import words

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

# Error code of a refused call. One that is not here and came as HTTP 4xx was not taken and is ours to mend; any other
# answer is `unknown`.
OUTCOMES: Final[dict[str, Outcome]] = {
    "TooManyRequestsException": Outcome.not_sent_transient,
    "ThrottlingException": Outcome.not_sent_transient,
    "Throttling": Outcome.not_sent_transient,
    "LimitExceededException": Outcome.not_sent_transient,
    "AccountSuspendedException": Outcome.rejected_config,
    "SendingPausedException": Outcome.rejected_config,
    "MailFromDomainNotVerifiedException": Outcome.rejected_config,
    "NotFoundException": Outcome.rejected_config,  # the configuration set
    "AccessDeniedException": Outcome.rejected_config,
    "ExpiredTokenException": Outcome.rejected_config,
    "IncompleteSignatureException": Outcome.rejected_config,
    "InvalidClientTokenId": Outcome.rejected_config,
    "InvalidSignatureException": Outcome.rejected_config,
    "MissingAuthenticationTokenException": Outcome.rejected_config,
    "SignatureDoesNotMatch": Outcome.rejected_config,
    "UnrecognizedClientException": Outcome.rejected_config,
    "MessageRejected": Outcome.rejected_recipient,
    "BadRequestException": Outcome.rejected_recipient,
    "InternalServiceErrorException": Outcome.unknown,
    "InternalFailure": Outcome.unknown,
    "ServiceUnavailable": Outcome.unknown,
}

# What is wrong with our account; where it is not here, something else.
TROUBLES: Final[dict[str, Trouble]] = {
    "MailFromDomainNotVerifiedException": Trouble.sender,
    "AccessDeniedException": Trouble.credentials,
    "ExpiredTokenException": Trouble.credentials,
    "IncompleteSignatureException": Trouble.credentials,
    "InvalidClientTokenId": Trouble.credentials,
    "InvalidSignatureException": Trouble.credentials,
    "MissingAuthenticationTokenException": Trouble.credentials,
    "SignatureDoesNotMatch": Trouble.credentials,
    "UnrecognizedClientException": Trouble.credentials,
    "NoCredentialsError": Trouble.credentials,
    "PartialCredentialsError": Trouble.credentials,
    "CredentialRetrievalError": Trouble.credentials,
}

# We were too fast, unless it is the daily quota that the message names.
THROTTLED: Final = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling"})

# The same code means several things; these words in its message tell them apart.
DAILY_QUOTA: Final = re.compile(r"\bdaily\b", re.IGNORECASE)
NOT_VERIFIED: Final = re.compile(r"\bnot verified\b", re.IGNORECASE)  # our sender, or any recipient in the sandbox

DAILY_QUOTA_PAUSE: Final = 1800  # seconds; the quota is a window of 24 hours that slides

# Errors of botocore by which nothing can have been sent. Any other is `unknown`.
NEVER_LEFT: Final[dict[str, Outcome]] = {
    "EndpointConnectionError": Outcome.not_sent_transient,
    "ConnectTimeoutError": Outcome.not_sent_transient,
    "NoCredentialsError": Outcome.rejected_config,
    "PartialCredentialsError": Outcome.rejected_config,
    "CredentialRetrievalError": Outcome.rejected_config,
    "NoRegionError": Outcome.rejected_config,
    "InvalidRegionError": Outcome.rejected_config,
    "ParamValidationError": Outcome.rejected_recipient,
}


def read_error(error: "ClientError") -> Answer:
    """What a refused call means; where one code stands for several things, its message decides."""
    code, said, status = _parts(error)
    outcome = OUTCOMES.get(code, Outcome.rejected_config if 400 <= status < 500 else Outcome.unknown)
    trouble = TROUBLES.get(code, Trouble.other)
    daily = outcome is Outcome.not_sent_transient and DAILY_QUOTA.search(said) is not None
    if code == "MessageRejected" and NOT_VERIFIED.search(said):
        outcome, trouble = Outcome.rejected_config, Trouble.sender
    return Answer(
        outcome=outcome,
        code=code or f"http-{status}",
        words=words(said),
        trouble=trouble if outcome is Outcome.rejected_config else None,
        throttled=code in THROTTLED and not daily,
        retry_after=DAILY_QUOTA_PAUSE if daily else None,
    )


def read_failure(error: Exception) -> Answer:
    """What it means that no answer came."""
    name = type(error).__name__
    outcome = NEVER_LEFT.get(name, Outcome.unknown)
    if name == "SSLError" and _certificate_refused(error):
        outcome = Outcome.not_sent_transient
    trouble = TROUBLES.get(name, Trouble.other) if outcome is Outcome.rejected_config else None
    return Answer(outcome=outcome, code=name, trouble=trouble)  # its text holds addresses and parameters


def health_by_error(error: "ClientError") -> Health:
    """What a refused GetAccount says of the account: only that our credentials are none, if that.

    That our role may not ask (it may be allowed to send, and no more) says nothing."""
    code, said, status = _parts(error)
    refused = TROUBLES.get(code) is Trouble.credentials and code != "AccessDeniedException"
    return Health(
        works=False if refused else None,
        trouble=Trouble.credentials if refused else None,
        code=code or f"http-{status}",
        words=words(said),
    )


def health_by_failure(error: Exception) -> Health:
    """What it says of the account that no answer came."""
    answer = read_failure(error)
    return Health(works=None if answer.trouble is None else False, trouble=answer.trouble, code=answer.code)


def _parts(error: "ClientError") -> tuple[str, str, int]:
    """Code, message, HTTP status."""
    told = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return told.get("Code", ""), told.get("Message", ""), status


def _certificate_refused(error: BaseException) -> bool:
    """Whether the cause is a certificate that we did not trust, so that no request followed."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
