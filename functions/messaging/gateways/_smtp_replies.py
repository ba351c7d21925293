"""What an SMTP server's replies mean, and what it means that none came.

A reply before the final dot, or a refusal after it, is certain: the mail was not taken. So the tables only tell who has
to mend it, and whether to come again.
"""

import re
import smtplib
import socket
import ssl
from enum import StrEnum
from typing import Final, NamedTuple

from functions.messaging.gateways import Answer, Outcome, Trouble
from functions.messaging.gateways._words import words


class Stage(StrEnum):
    """How far the dialogue had come."""

    greeting = "greeting"
    hello = "EHLO"
    encryption = "STARTTLS"
    login = "AUTH"
    ready = "NOOP"
    sender = "MAIL"
    recipient = "RCPT"
    data = "DATA"
    content = "content"  # the final dot has been sent


class Meaning(NamedTuple):
    outcome: Outcome
    trouble: Trouble | None = None


RECIPIENT: Final = Meaning(Outcome.rejected_recipient)
CREDENTIALS: Final = Meaning(Outcome.rejected_config, Trouble.credentials)
SENDER: Final = Meaning(Outcome.rejected_config, Trouble.sender)
OTHER: Final = Meaning(Outcome.rejected_config, Trouble.other)
LATER: Final = Meaning(Outcome.not_sent_transient)
UNKNOWN: Final = Meaning(Outcome.unknown)

# What a 5xx reply means at each stage. 4xx is always LATER, 2xx after the final dot accepted.
REFUSALS: Final[dict[Stage, Meaning]] = {
    Stage.greeting: OTHER,
    Stage.hello: OTHER,
    Stage.encryption: OTHER,
    Stage.login: CREDENTIALS,
    Stage.ready: OTHER,
    Stage.sender: SENDER,
    Stage.recipient: RECIPIENT,
    Stage.data: RECIPIENT,
    Stage.content: RECIPIENT,
}

# Replies that mean the same at every stage.
CODES: Final[dict[int, Meaning]] = {
    530: CREDENTIALS,  # authentication required
    534: CREDENTIALS,  # 5.7.9: an app password is needed
    535: CREDENTIALS,  # 5.7.8, Microsoft's 5.7.3: bad credentials
    538: CREDENTIALS,  # encryption required
    552: RECIPIENT,  # too large
}

# 5xx replies whose words say more than their code, at whatever stage; the first that is found counts.
SAYINGS: Final[tuple[tuple[re.Pattern[str], Meaning], ...]] = (
    # Microsoft, only once it has seen the mail: this account may not write from this address.
    (re.compile(r"SendAsDenied|\b5\.7\.60\b"), SENDER),
    # Microsoft: the account's own mailbox is full, its licence ended, or it made such errors for too long
    # (https://learn.microsoft.com/en-us/exchange/mail-flow-best-practices/continuous-error-throttling-smtp-auth-submissions)
    (re.compile(r"STOREDRV\.Submission\S*Quota|\b5\.2\.25[1-5]\b|\b5\.1\.8\b"), OTHER),
    # Google Workspace's relay does not know the address that we come from.
    (re.compile(r"Invalid credentials for relay", re.IGNORECASE), CREDENTIALS),
)
NO_RELAY: Final = re.compile(r"\brelay(?:ing)?\b", re.IGNORECASE)  # at RCPT, "Relay access denied": to all alike

# The account's day is used up: nothing is wrong with the recipient, nor with the gateway tomorrow. GMail says 550 5.4.5
# (https://support.google.com/a/answer/3726730), Microsoft 554 with the name of its exception.
DAILY_LIMIT: Final = re.compile(
    r"\b5\.4\.5\b|SubmissionQuotaExceeded|\bdaily\b[\w ]*\b(?:limit|quota)\b", re.IGNORECASE
)
DAILY_LIMIT_PAUSE: Final = 3600  # seconds; the limit is a window of 24 hours that slides

# 4xx because we were too fast: GMail's 4.7.28 and "too many login attempts", Microsoft's 432 "concurrent connections
# limit exceeded" and "submission rate for this client". Greylisting is none of it, nor is a mailbox that others fill.
TOO_FAST: Final = re.compile(
    r"\b4\.7\.28\b|\brate\b|\btoo (?:many|fast|quickly)\b"
    r"|\b(?:relay|connections?|thread|second|minute|hour|sending) (?:limits?|quota)\b",
    re.IGNORECASE,
)
OTHERS_TOO_FAST: Final = re.compile(r"\buser you are trying to contact\b", re.IGNORECASE)  # GMail's 450 4.2.1

LONGEST: Final = 2000  # characters of a reply that are searched: a server may talk as long as the time lasts


class ReplyRefused(Exception):
    """The server said no, or something that is neither yes nor no."""

    def __init__(self, stage: Stage, code: int, said: bytes) -> None:
        super().__init__(stage, code)
        self.stage, self.code, self.said = stage, code, said.decode("utf-8", errors="replace")


class NotPossible(Exception):
    """The server cannot do what the settings or the address need; nothing was sent."""

    def __init__(self, meaning: Meaning, why: str) -> None:
        super().__init__(why)
        self.meaning = meaning


def read_reply(stage: Stage, code: int, said: str, sensitive: tuple[str, ...] = ()) -> Answer:
    """What a reply means that is not the one hoped for; its words without anything `sensitive`."""
    shown = words(f"{stage}: {said}", sensitive)
    said = said[:LONGEST]
    if not 400 <= code < 600:  # no reply at all, by the protocol
        return Answer(outcome=(UNKNOWN if stage is Stage.content else LATER).outcome, words=shown)
    if DAILY_LIMIT.search(said):
        return Answer(outcome=LATER.outcome, code=str(code), words=shown, retry_after=DAILY_LIMIT_PAUSE)
    if code < 500:
        throttled = TOO_FAST.search(said) is not None and OTHERS_TOO_FAST.search(said) is None
        return Answer(outcome=LATER.outcome, code=str(code), words=shown, throttled=throttled)
    meaning = _refusal(stage, code, said)
    return Answer(outcome=meaning.outcome, trouble=meaning.trouble, code=str(code), words=shown)


def read_failure(stage: Stage, problem: OSError | smtplib.SMTPException) -> Answer:
    """What a lost connection means: nothing was taken, unless the final dot was already sent."""
    match problem:
        case ssl.SSLCertVerificationError():
            why = f"the server's certificate is not trusted: {problem.verify_message}"
        case ssl.SSLError():
            why = f"TLS failed: {problem.reason}"
        case socket.gaierror():
            why = "the server's name does not resolve"
        case _:
            why = "no connection" if stage is Stage.greeting else "the connection was lost"
    outcome = Outcome.unknown if stage is Stage.content else Outcome.not_sent_transient
    return Answer(outcome=outcome, words=words(f"{stage}: {why}"))


def _refusal(stage: Stage, code: int, said: str) -> Meaning:
    if (meaning := CODES.get(code)) is not None:
        return meaning
    for pattern, meaning in SAYINGS:
        if pattern.search(said):
            return meaning
    return OTHER if stage is Stage.recipient and NO_RELAY.search(said) else REFUSALS[stage]
